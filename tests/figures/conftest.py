"""Results made by hand: evaluations of models that are as skilled as one wants, and sounds behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oscine.evaluation.densities import densities_of
from oscine.evaluation.evaluation import Evaluation
from oscine.evaluation.recording_counts import RecordingCounts
from oscine.evaluation.run_evaluation import ModelEvaluation, RunEvaluation
from oscine.metrics.calibration import reliability
from oscine.metrics.curves import best_threshold, operating_curve
from oscine.metrics.events import score_events
from oscine.metrics.frames import confusion_matrix
from oscine.metrics.segments import score_segments
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings

STEPS = (0, 30, 60)


def evaluation_of(labels: Sequence[str], skill: float, seed: int = 0, n: int = 600) -> Evaluation:
    """A model whose logits of what is there are higher by `skill`, on two recordings of `n` frames together."""
    random = np.random.default_rng(seed)
    k = len(labels)
    truth = random.integers(0, k, n)
    logits = random.normal(size=(k, n))
    logits[truth, np.arange(n)] += skill
    scores = np.exp(2 * logits)
    scores /= scores.sum(axis=0)
    guess = scores.argmax(axis=0)
    curves = {label: operating_curve(scores[i], truth == i) for i, label in enumerate(labels)}
    nothing = score_events([], [], [], [], 0.01), score_segments(np.empty((0, 2)), [], np.empty((0, 2)), [])
    counts = {
        name: RecordingCounts(confusion_matrix(truth[part], guess[part], labels), *nothing)
        for name, part in (("a.wav", slice(0, n // 2)), ("b.wav", slice(n // 2, n)))
    }
    rows = np.arange(0, n, 10)
    judged = pd.DataFrame(
        {
            "recording": np.where(rows < n // 2, "a.wav", "b.wav"),
            "onset": rows % (n // 2) / 100,
            "offset": rows % (n // 2) / 100 + 0.05,
            "label": [labels[i] for i in guess[rows]],
            "annotated": [labels[i] for i in truth[rows]],
            "kind": np.where(guess[rows] == truth[rows], "correct", "mistaken"),
            "score": scores.max(axis=0)[rows],
        }
    )
    return Evaluation(
        labels=tuple(labels),
        confusion_matrix=confusion_matrix(truth, guess, labels),
        curves=curves,
        thresholds={label: best_threshold(curve) for label, curve in curves.items()},
        events=nothing[0],
        segments=nothing[1],
        part="validation",
        by_recording=counts,
        densities=densities_of(scores.astype(np.float32), labels, np.arange(k)[:, None] == truth, labels),
        calibration=reliability(scores, truth),
        judged=judged,
    )


def run_evaluation_of(labels: Sequence[str], n_models: int, steps: Sequence[int] = STEPS) -> RunEvaluation:
    """Models of which the last checkpoint but one is the best."""
    models = []
    for number in range(1, n_models + 1):
        skill = dict(zip(steps, np.linspace(0, 2, len(steps)), strict=True))
        best = steps[max(len(steps) - 2, 0)]
        skill[best] += 1.5
        by_step = {step: evaluation_of(labels, skill[step], 100 * number + step) for step in steps}
        metrics: list[dict[str, float]] = [
            {"step": step, "loss": 1 / (1 + step), "accuracy": 1 - 1 / (1 + step), "seconds": 2.0 * step}
            for step in range(1, steps[-1] + 1)
        ]
        metrics += [
            {"step": step, "validation_loss": 2 / (1 + step), "validation_recall": 0.8, "seconds": 2.0 * step}
            for step in steps
        ]
        metrics.sort(key=lambda line: line["step"])
        models.append(ModelEvaluation(f"replicate-{number}", by_step, best, metrics))
    return RunEvaluation(Path("runs/fly"), tuple(labels), tuple(models), "validation", (1.0,))


@pytest.fixture(scope="session")
def evaluation() -> Callable[..., Evaluation]:
    """Makes evaluations of one model."""
    return evaluation_of


@pytest.fixture(scope="session")
def one_model() -> RunEvaluation:
    """One model, three labels."""
    return run_evaluation_of(("pulse", "sine", "ambient"), 1)


@pytest.fixture(scope="session")
def three_models() -> RunEvaluation:
    """Three models, four labels."""
    return run_evaluation_of(("a", "b", "c", "background"), 3)


@pytest.fixture(scope="session")
def sounds() -> Recordings:
    """The recordings that the evaluations are of: tones in noise, 5 s at 8 kHz."""
    random = np.random.default_rng(1)
    time = np.arange(40_000) / 8000
    found = []
    for name, frequency in (("a.wav", 1000), ("b.wav", 2000)):
        sound = 0.3 * np.sin(2 * np.pi * frequency * time) + 0.01 * random.normal(size=time.size)
        found.append(Recording.from_sound(sound[None].astype(np.float32), 8000.0, name=name))
    return Recordings(found)
