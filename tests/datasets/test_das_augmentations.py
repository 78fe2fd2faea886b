"""DAS's files of augmentations."""

from __future__ import annotations

import numpy as np
import pytest

from oscine.core.errors import InputError
from oscine.datasets.augmentation import AUGMENTATIONS, Batch, augment, read_augmentations
from oscine.datasets.das_augmentations import from_das
from oscine.datasets.sampler import FrameGrid

EVERYTHING = """
Gain: {gain: {Normal: {mean: 1, std: 0.2}}}
Gain-1:
  gain:
    Uniform:
      lower: 0.5
      upper:
NormalizeMax:
NormalizePercentile: {percentile: 90}
NormalizeStd: {}
Offset: {offset: {Constant: {value: 0.1}}}
HorizontalFlip: {flip: {Uniform: null}}
Upsampling: {factor: {Uniform: {lower: 1, upper: 1.5}}}
MaskNoise: {std: 0.01}
MaskNoise-1: {std: {Normal: }, duration: 20}
MaskNoise-2: {add: false, mean: 1, duration: {Uniform: {lower: 0, upper: 100}}}
MaskMean: {duration: 100}
CircShift: {shift: {Uniform: {lower: -50, upper: 50}}}
NotchFilter: {freq: 500, Q: null, samplerate_Hz: 1000}
"""


def test_every_name_has_its_counterpart(tmp_path):
    path = tmp_path / "augmentations.yaml"
    path.write_text(EVERYTHING)
    members = [AUGMENTATIONS.make(value) for value in read_augmentations(path)]
    assert [member.plugin_name for member in members] == [
        "gain", "gain", "normalise", "normalise", "normalise", "offset", "invert", "stretch", "noise", "noise", "mask",
        "mask", "shift", "filter",
    ]  # fmt: skip
    first, second = members[:2]
    assert str(first.factor) == "normal,1,0.2"
    assert str(second.factor) == "0.5,1"  # null: the default
    assert members[6].share == 0.5
    assert (str(members[9].deviation), str(members[9].duration), members[9].unit) == ("normal,0,1", "20", "samples")
    assert (members[10].fill, str(members[10].mean)) == ("noise", "1")
    assert (members[12].unit, str(members[12].amount)) == ("samples", "-50,50")
    assert str(members[13].quality) == "30"
    batch = Batch(np.random.default_rng(0).normal(0, 0.1, (3, 1, 999)).astype(np.float32), np.zeros((3, 999), int),
                  FrameGrid(1, (0, 0), 1000.0))  # fmt: skip
    assert np.isfinite(augment(batch, members, 0, 0).sound).all()


def test_labels_move_along():
    """A defect of DAS: its shift and its stretch leave labels where they were."""
    grid = FrameGrid(1, (0, 0), 1000.0)
    sound = np.zeros((1, 1, 400), np.float32)
    sound[0, 0, 190:211] = np.hanning(21)
    truth = np.zeros((1, 400), np.int64)
    truth[0, 200] = 1
    for values in ({"CircShift": {"shift": 50}}, {"Upsampling": {"factor": 1.5}, "CircShift": {"shift": 30}}):
        members = [AUGMENTATIONS.make(value) for value in from_das(values)]
        changed = augment(Batch(sound, truth, grid), members, 0, 0)
        (labelled,) = np.flatnonzero(changed.truth[0] == 1)[:1]
        assert labelled != 200
        assert abs(labelled - changed.sound[0, 0].argmax()) <= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Gain: {gain: !!python/object/apply:os.system ['touch owned']}", "line 1: holds an object, which is not made"),
        ("!!python/name:os.system :", "holds an object"),
        ("Gain: !!python/tuple [1, 2]", "holds an object"),
        ("Gain: !custom {gain: 1}", "holds an object"),
        ("Gain: {gain: [1, 2", "not a YAML file"),
        ("Gains: {gain: 1}", "unknown augmentation of DAS; found 'Gains'.*Did you mean 'Gain'"),
        ("Gain: {gian: 1}", "unknown argument of Gain; found 'gian'.*Did you mean 'gain'"),
        ("Gain:", "Gain: the argument gain is missing"),
        ("Gain: 3", "Gain: arguments are no mapping; found 3"),
        ("Gain: {gain: {Gauss: {mean: 1}}}", "Gain: unknown distribution; found 'Gauss'"),
        ("Gain: {gain: {Normal: {sd: 1}}}", "Gain: unknown argument of Normal; found 'sd'"),
        ("Gain: {gain: {Normal: {std: -1}}}", "Gain: the standard deviation is negative"),
        ("Gain: {gain: loud}", "Gain: is not a number to draw; found 'loud'"),
        ("Gain: {gain: .nan}", "Gain: is not a number to draw"),
        ("MaskMean: {duration: {Uniform: }}", "MaskMean: its sign cannot be either"),
        ("just text", "holds no list of augmentations"),
        ("", "holds no list of augmentations"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_augmentations(path)
    assert "bad.yaml" in str(error.value)
    assert "\n" not in str(error.value)
    assert [found.name for found in tmp_path.iterdir()] == ["bad.yaml"]
