from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.datasets.songexplorer_augmentations import from_songexplorer


def test_neutral_values_are_left_out():
    assert from_songexplorer() == ()
    assert from_songexplorer(volume="1, 1.0", noise="0,0", dc="0", reverse="no", invert="no") == ()


def test_all_five_in_its_order():
    gain, noise, offset, reverse, invert = from_songexplorer(
        volume="0.5,2", noise="0,0.1", dc="-0.1,0.1", reverse="yes", invert="yes"
    )
    assert (str(gain.factor), gain.each_channel) == ("0.5,2", True)
    assert str(noise.deviation) == "0,0.1"
    assert str(offset.amount) == "-0.1,0.1"
    assert (reverse.plugin_name, reverse.share, invert.plugin_name, invert.share) == ("reverse", 0.5, "invert", 0.5)


def test_errors():
    with pytest.raises(InputError, match="volume is not a number to draw; found 'loud'"):
        from_songexplorer(volume="loud")
    with pytest.raises(InputError, match="reverse is neither yes nor no; found 'maybe'"):
        from_songexplorer(reverse="maybe")
