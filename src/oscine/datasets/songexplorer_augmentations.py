"""SongExplorer's augmentation plug-in, volume-noise-dc-reverse-invert, as a list of ours.

Its five parameters are texts, as its page gives them; a neutral value leaves its step out. They apply in this order,
and mean the same, but for `reverse`, with which truth is reversed here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oscine.core.errors import InputError
from oscine.datasets.augmentation import AUGMENTATIONS, Augmentation
from oscine.datasets.draw import Draw


def from_songexplorer(
    *, volume: str = "1,1", noise: str = "0,0", dc: str = "0,0", reverse: str = "no", invert: str = "no"
) -> tuple[Augmentation, ...]:
    """Our augmentations for SongExplorer's parameters.

    Parameters
    ----------
    volume
        Range of the factor of each sound and channel; neutral "1,1".
    noise
        Range of the standard deviation of Gaussian noise; neutral "0,0".
    dc
        Range of what is added; neutral "0,0".
    reverse, invert
        "yes": half of the sounds backwards, or upside down; neutral "no".

    Raises
    ------
    InputError
        Where a range is none, or a choice is neither yes nor no.

    Examples
    --------
    >>> [member.plugin_name for member in from_songexplorer(volume="0.5,2", invert="yes")]
    ['gain', 'invert']
    >>> from_songexplorer()
    ()
    """
    ranges: Mapping[str, tuple[str, float, dict[str, Any]]] = {
        "volume": (volume, 1.0, {"name": "gain", "factor": volume}),
        "noise": (noise, 0.0, {"name": "noise", "deviation": noise}),
        "dc": (dc, 0.0, {"name": "offset", "amount": dc}),
    }
    values = []
    for name, (text, neutral, value) in ranges.items():
        try:
            ends = Draw.make(text).ends
        except InputError as error:
            raise InputError(f"{name} {error.problem}", found=text, allowed="two numbers, such as 0.5,2") from None
        if ends != (neutral, neutral):
            values.append(value)
    for name, text in (("reverse", reverse), ("invert", invert)):
        if text not in {"yes", "no"}:
            raise InputError(f"{name} is neither yes nor no", found=text, allowed="yes, no")
        if text == "yes":
            values.append({"name": name, "share": 0.5})
    return tuple(AUGMENTATIONS.make(value) for value in values)
