"""Whether a model's decoding was chosen on the very recordings that it is judged on.

`oscine postprocess` chooses among a hundred ways of decoding the one that is best on the validation part. On that part
it is better than it deserves, and a syllable error of 0.00 % says little of the next recording. So the model remembers,
beside its decoding, on what that was chosen, and how well recordings were decoded whose share in the choice was left
out; and whoever judges it there says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from oscine.networks.model import Model
from oscine.prediction.decoding import SegmentParams, is_told_by_model

_KEY = "decoding_chosen_on"


def remember(model: Model, decoding: Mapping[str, Any], part: str, dataset: str, unseen: Mapping[str, float]) -> Model:
    """A model with this decoding, and a note of where it was chosen.

    Parameters
    ----------
    decoding
        As `Model.decoding` keeps it.
    part, dataset
        Name of the part, and the digest of the dataset.
    unseen
        Figures of recordings that had no say, by their names.
    """
    known = {name: float(value) for name, value in unseen.items() if math.isfinite(value)}
    note = {"part": part, "dataset": dataset, "unseen": known}
    return model.with_decoding(decoding).with_training({**model.training, _KEY: note})


def warn_of_choice(model: Model, params: SegmentParams, part: str, dataset: str) -> str:
    """What is to be said where a model is judged on what its decoding was chosen on; nothing elsewhere.

    Parameters
    ----------
    params
        How scores become sounds; where they leave nothing to the model, nothing was chosen.
    part, dataset
        What it is judged on: name of the part, and the digest of the dataset.
    """
    note = model.training.get(_KEY)
    if not isinstance(note, Mapping) or (note.get("part"), note.get("dataset")) != (part, dataset):
        return ""
    if not is_told_by_model(params, model.decoding):
        return ""
    unseen = note.get("unseen") or {}
    figures = [f"a {name} of {unseen[name]:.2%}" for name in ("syllable error", "frame error") if name in unseen]
    text = "the decoding was chosen by postprocess on this very part, so that its sounds look better than they are"
    return f"{text}; of recordings that had no say, it expects {' and '.join(figures)}" if figures else text
