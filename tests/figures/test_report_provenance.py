from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from oscine.core.artifacts import Provenance
from oscine.evaluation.evaluate import EvaluateParams
from oscine.evaluation.run_evaluation import RunEvaluation
from oscine.figures.report import Report
from oscine.figures.report_provenance import add_provenance, command_of
from oscine.training.run import DIGESTS, Run


def told(**params: object) -> Provenance:
    values = EvaluateParams().to_dict() | params
    return Provenance(operation="evaluate", version="1.2", params=values, inputs={"model": {"path": "my runs/fly"}})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, ""),
        ({"part": "test", "tolerance": 0.004}, " --part test --tolerance 0.004"),
        ({"ratios": [1.0, 3.0]}, " --ratios 1,3"),
    ],
)
def test_the_command_has_the_options_that_are_not_defaults(params: dict[str, object], words: str) -> None:
    assert command_of(told(**params)) == f"oscine evaluate 'my runs/fly'{words}"


def test_models_and_dataset_are_told_by_their_digests(one_model: RunEvaluation, tmp_path: Path) -> None:
    replicate = tmp_path / "replicate-1"
    replicate.mkdir()
    (replicate / DIGESTS).write_text(json.dumps({"step-000030_model.safetensors": "d1ce"}))
    Run(tmp_path, {}, ("a", "b"), dataset_digest="da7a").save()
    result = replace(one_model, path=tmp_path).with_provenance(told())
    report = Report("x")
    add_provenance(report, result)
    html = report.to_html()
    assert "replicate-1/step-000030_model.safetensors" in html
    assert "<td>d1ce</td>" in html
    assert "<td>da7a</td>" in html
    assert "<pre>oscine evaluate &#39;my runs/fly&#39;</pre>" in html


def test_without_a_record_that_is_said(one_model: RunEvaluation) -> None:
    report = Report("x")
    add_provenance(report, one_model)
    assert "without a record" in report.to_html()
