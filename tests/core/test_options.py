"""Parameters as flat options, and back."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest

from oscine.core.errors import InputError
from oscine.core.options import assemble, choose, flatten, shown
from oscine.core.params import Field, OperationParams, Params, Seconds
from oscine.detection.detector import DETECTORS, Detector
from oscine.detection.detectors.envelope import Envelope
from oscine.detection.detectors.time_frequency import TimeFrequency


class Clean(OperationParams):
    min_gap: Seconds = Field(0.01, ge=0)
    """Shorter gaps are filled [1]_.

    [1] A paper.
    """


class Everything(OperationParams):
    detector: Annotated[Detector, DETECTORS] = TimeFrequency(time_sigma=6)
    """What counts as a sound."""
    second: Annotated[Detector, DETECTORS] | None = None
    clean: Clean = Clean(min_gap=0.02)
    labels: tuple[str, ...] = ()
    sizes: list[int] | None = None
    weights: dict[str, float] = Field(default_factory=dict)
    part: Literal["train", "test"] = "train"
    high: Seconds | None = Field(None, gt=0, lt=9.5)
    join: bool = False
    n_steps: int


def _options(given=None):
    return {option.name: option for option in flatten(Everything, given)}


def _read(texts, start=None):
    paths = {tuple(name.replace("-", "_").split(".")): text for name, text in texts.items()}
    return Everything.parse({"n_steps": 1, **assemble(paths, Everything, start or {})})


def test_options_stand_in_order_with_those_of_the_chosen_plugin_behind_it():
    names = list(_options())
    assert names[:3] == ["seed", "detector", "detector.time-sigma"]
    assert names[-8:] == ["clean.min-gap", "labels", "sizes", "weights", "part", "high", "join", "n-steps"]
    assert "second" in names
    assert not [name for name in names if name.startswith("second.")]
    assert "clean.seed" not in names


def test_defaults_are_those_of_the_field_not_of_the_class():
    options = _options()
    assert options["detector"].default == "time-frequency"
    assert options["detector.time-sigma"].default == "6"
    assert options["clean.min-gap"].default == "0.02"
    assert options["second"].default == "none"
    assert options["n-steps"].default == ""


def test_what_help_needs():
    options = _options()
    gap, high = options["clean.min-gap"], options["high"]
    assert (gap.type, gap.unit, gap.bounds, gap.help) == ("number", "s", "≥ 0", "Shorter gaps are filled [1]_.")
    assert (high.bounds, high.unit, high.default, high.optional) == ("> 0, < 9.5", "s", "none", True)
    assert options["part"].choices == ("train", "test")
    assert options["detector"].choices == tuple(DETECTORS.names())
    forms = {name: options[name].form for name in ("detector", "labels", "sizes", "weights", "join", "part", "n-steps")}
    assert forms == {
        "detector": "plugin",
        "labels": "list",
        "sizes": "list",
        "weights": "mapping",
        "join": "flag",
        "part": "value",
        "n-steps": "value",
    }


@pytest.mark.parametrize("given", ["envelope", {"name": "envelope"}, {"name": "Envelope", "smooth": 1}])
def test_another_plugin_brings_other_options(given):
    options = _options({"detector": given, "second": given})
    assert "detector.min-distance" in options
    assert "second.min-distance" in options
    assert "detector.time-sigma" not in options
    assert options["detector.smooth"].default == "0.002"


def test_a_plugin_that_is_none_has_no_options():
    class Optional(Params):
        detector: Annotated[Detector, DETECTORS] | None = Envelope()

    assert len(flatten(Optional)) > 1
    assert [option.name for option in flatten(Optional, {"detector": "none"})] == ["detector"]
    assert [option.name for option in flatten(Optional, {"detector": None})] == ["detector"]


def test_an_unknown_plugin_is_refused():
    with pytest.raises(InputError, match="Did you mean 'envelope'"):
        flatten(Everything, {"detector": "envelop"})


def test_texts_become_values():
    params = _read(
        {
            "detector": "envelope",
            "detector.smooth": "0.5",
            "second": "time_frequency",
            "second.time-sigma": "3",
            "clean.min-gap": "0",
            "labels": "a, b,",
            "sizes": "3,4",
            "weights": "a=1, b=2.5",
            "part": "test",
            "high": "2",
            "join": True,
            "n-steps": "7",
        }
    )
    assert params.detector == Envelope(smooth=0.5)
    assert params.second == TimeFrequency(time_sigma=3)
    assert params.clean.min_gap == 0
    assert params.labels == ("a", "b")
    assert params.sizes == [3, 4]
    assert params.weights == {"a": 1.0, "b": 2.5}
    assert (params.part, params.high, params.join, params.n_steps) == ("test", 2.0, True, 7)


def test_none():
    start = {"sizes": [1], "high": 2.0, "second": {"name": "envelope"}}
    params = _read({"sizes": "none", "high": "None", "second": "none"}, start)
    assert (params.sizes, params.high, params.second) == (None, None, None)
    with pytest.raises(InputError, match="unknown detector; found 'none'"):
        _read({"detector": "none"})


def test_options_without_their_plugin_mean_the_fields_default():
    params = _read({"detector.time-smooth": "0"})
    assert params.detector == TimeFrequency(time_sigma=6, time_smooth=0)


def test_options_lie_on_top_of_a_file():
    start = {"detector": {"name": "envelope", "smooth": 0.5, "max_gap": 1}, "labels": ["a"]}
    before = {"detector": dict(start["detector"]), "labels": ["a"]}
    params = _read({"detector.max-gap": "2"}, start)
    assert params.detector == Envelope(smooth=0.5, max_gap=2)
    assert params.labels == ("a",)
    assert _read({"detector": "envelope"}, start).detector.smooth == 0.5
    assert _read({"detector": "Envelope"}, start).detector.smooth == 0.5
    assert _read({"detector": "time-frequency"}, start).detector == TimeFrequency(time_sigma=6)
    assert start == before
    assert _read({"detector.max-gap": "2"}, {"detector": "envelope"}).detector == Envelope(max_gap=2)
    assert _read({"detector": "time-frequency"}, {"detector": {"time_smooth": 0}}).detector.time_smooth == 0


def test_choose_takes_plugins_only():
    texts = {("detector",): "envelope", ("detector", "smooth"): "1", ("nonsense",): "x", ("labels",): "a"}
    assert choose(texts, Everything, {"part": "test"}) == {"detector": {"name": "envelope"}, "part": "test"}


def test_what_is_no_option_is_refused():
    with pytest.raises(InputError, match=r"unknown option; found 'detector.time_sigmo'. Did you mean 'detector.time_s"):
        _read({"detector.time-sigmo": "1"})
    with pytest.raises(InputError, match="option weights: no '=' in it; found 'a'; allowed: name=value,name=value"):
        _read({"weights": "a"})


def test_values_are_shown_as_typed():
    shows = [
        (None, "none"),
        (True, "on"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (5.0, "5"),
        ((1, 2), "1,2"),
        ({"a": 1}, "a=1"),
    ]
    for value, text in shows:
        assert shown(value) == text
    assert float(shown(0.123456789)) == 0.123456789
