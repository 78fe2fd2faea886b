"""Whoever judges a model on what its decoding was chosen on is told so, and nobody else."""

from __future__ import annotations

from dataclasses import replace

from oscine.evaluation.chosen_on import remember, warn_of_choice
from oscine.evaluation.evaluate import evaluate
from oscine.evaluation.keeping import find_kept, keep, read_kept
from oscine.figures.evaluation_report import report_evaluation
from oscine.networks.model import Model
from oscine.prediction.segment import SegmentParams

DECODING = {"decoder": {"name": "majority"}, "min_duration": 0.3}
GUESSED = SegmentParams(decoder={"name": "maximum"})


def test_only_the_very_part_and_only_where_the_choice_is_used(oracle, tmp_path):
    unseen = {"syllable error": 0.0082, "frame error": 0.011, "boundary F1, 4 ms": float("nan")}
    made = oracle()
    made.save(tmp_path / "x_model.safetensors")
    remember(made, DECODING, "validation", "abc", unseen).save(tmp_path / "x_model.safetensors")
    model = Model.load(tmp_path / "x_model.safetensors")
    assert model.decoding == DECODING
    assert model.digest == made.digest, "scores of it stay what they were"
    said = warn_of_choice(model, SegmentParams(), "validation", "abc")
    assert "chosen by postprocess on this very part" in said
    assert said.endswith("that had no say, it expects a syllable error of 0.82% and a frame error of 1.10%")
    assert not warn_of_choice(model, SegmentParams(), "test", "abc")
    assert not warn_of_choice(model, SegmentParams(), "validation", "other")
    assert not warn_of_choice(model, GUESSED, "validation", "abc")
    assert not warn_of_choice(made, SegmentParams(), "validation", "abc")


def test_it_is_said_in_text_file_and_page(oracle, dataset, tmp_path):
    scores = [[0.9] * 20 + [0.1] * 20, [0.1] * 20 + [0.9] * 20]
    data = dataset(a=(scores, [(0.0, 2.0, "pulse"), (2.0, 4.0, "sine")], [(0.0, 4.0)]))
    model = remember(oracle(), DECODING, "validation", data.digest, {"syllable error": 0.5})
    result = evaluate(model, data)
    (note,) = result.notes
    assert f"note: {note}" in str(result)
    assert "expects a syllable error of 50.00%" in note
    assert result.summary()["notes"] == [note]
    keep(result, tmp_path / "counts.npz", {})
    assert find_kept(tmp_path / "counts.npz", {})
    assert read_kept(tmp_path / "counts.npz").notes == (note,)
    assert "chosen by postprocess on this very part" in report_evaluation(result).to_html()
    assert "very part" not in report_evaluation(replace(result, notes=())).to_html()
