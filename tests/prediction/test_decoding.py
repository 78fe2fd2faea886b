"""What is given, what a model has stored, and what holds where neither says anything."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.prediction.decoders.majority import Majority
from oscine.prediction.decoders.semi_markov import SemiMarkov
from oscine.prediction.decoding import (
    PLAIN,
    SegmentParams,
    describe_decoding,
    is_told_by_model,
    reach_of,
    say_decoding,
    settled,
    stored_decoding,
)
from oscine.prediction.predict import PredictParams
from oscine.prediction.segment import segment

STORED = {
    "decoder": {"name": "majority", "min_duration": 0.1},
    "min_durations": {"pulse": 0.3},
    "max_gap": 0.2,
    "interpolate": True,
}


def test_nothing_said_is_plain():
    assert settled(SegmentParams(), {}) == PLAIN
    assert not is_told_by_model(SegmentParams(), {})


def test_what_is_given_wins_option_by_option():
    chosen = settled(SegmentParams(max_gap=0.0, min_durations={"sine": 0.4}), STORED)
    assert chosen.decoder == Majority(min_duration=0.1)
    assert (chosen.max_gap, chosen.interpolate) == (0.0, True)
    assert chosen.min_durations == {"pulse": 0.3, "sine": 0.4}
    assert reach_of(chosen, {}) == 0.4


def test_a_decoder_that_is_given_sets_all_aside_but_what_was_learnt():
    assert settled(SegmentParams(decoder="threshold"), STORED) == PLAIN
    learnt = {"decoder": {"name": "semi-markov", "durations": {"sine": (0.2, 0.1)}, "duration_weight": 5}}
    given = settled(SegmentParams(decoder={"name": "semi-markov", "slack": 1}), learnt)
    assert given.decoder == SemiMarkov(durations={"sine": (0.2, 0.1)}, slack=1)


def test_what_is_stored_comes_back():
    params = settled(SegmentParams(labels=("sine",), thresholds={"sine": 0.2}), STORED)
    assert set(stored_decoding(params)) == {
        "decoder",
        "max_gap",
        "min_duration",
        "min_durations",
        "event_distance",
        "interpolate",
    }
    assert settled(SegmentParams(), stored_decoding(params)) == settled(SegmentParams(), STORED)


def test_survives_the_params_of_prediction():
    """A mapping for the inner parameters is completed by defaults, which must not count as given."""
    params = PredictParams.parse({"segment": {"min_duration": 0.5}}).segment
    assert settled(params, STORED).max_gap == 0.2
    assert settled(PredictParams.parse(PredictParams().to_dict()).segment, STORED) == settled(SegmentParams(), STORED)


def test_durations_and_gaps_of_single_labels(scores):
    values = [[0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9], [0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.1]]
    one = scores(values)
    found = segment(one, SegmentParams(min_durations={"pulse": 0.25}))
    assert [(row.label, row.onset) for row in found] == [("sine", 0.05), ("sine", 0.45), ("pulse", 0.45)]
    both = SegmentParams(min_duration=0.15, min_durations={"sine": 0.0}, max_gaps={"pulse": 0.1})
    found = segment(one, both)
    expected = [("pulse", 0.0, 0.25), ("sine", 0.05, 0.15), ("sine", 0.45, 0.65), ("pulse", 0.45, 0.8)]
    assert [(row.label, *(round(time, 6) for time in (row.onset, row.offset))) for row in found] == expected
    with pytest.raises(InputError, match="pulses"):
        segment(one, SegmentParams(min_durations={"pulses": 0.1}))


def test_says_once_what_a_model_has_it():
    said = []

    class Listening(Monitor):
        def message(self, text):
            said.append(text)

        warning = message

    monitor = Listening()
    for _ in range(3):
        say_decoding(monitor, SegmentParams(), STORED)
    say_decoding(monitor, SegmentParams(decoder="threshold"), STORED)
    say_decoding(SILENT, SegmentParams(), STORED)
    words = "majority (min_duration 0.1), max_gap 0.2 s, min_durations pulse 0.3 s, interpolate"
    assert said == [f"decoded as the model has it: {words}"]
    say_decoding(monitor, SegmentParams(thresholds={"sine": 0.2}), STORED)
    assert said[1:] == ["the decoder that the model has, majority, heeds no thresholds; add --decoder threshold"]


def test_what_is_not_understood_is_one_line():
    with pytest.raises(InputError, match=r"is not understood here.*--decoder threshold"):
        settled(SegmentParams(), {"decoder": {"name": "of-the-future"}})


def test_words():
    assert describe_decoding(PLAIN) == "threshold"
    assert describe_decoding(SegmentParams()) == "as nobody has said"
