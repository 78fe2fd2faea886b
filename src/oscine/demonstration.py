"""The whole workflow on a synthetic fly, in a few minutes: a tour for newcomers, and a test of an installation.

It makes three recordings of song whose truth is known, and plays the biologist: it marks a few sounds in two of
them, trains, and lets the model loose on the third, which it has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.core.artifacts import atomic, write_text
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams, Seconds
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.blocks import Blocks
from oscine.detection.detect import detect
from oscine.evaluation.evaluate import Evaluation, evaluate
from oscine.evaluation.misses import MissesParams, misses
from oscine.figures.confusion_matrix import plot_confusion_matrix
from oscine.figures.ethogram import plot_ethogram
from oscine.figures.learning_curves import plot_learning_curves
from oscine.figures.precision_recall import plot_precision_recall
from oscine.figures.report import Report
from oscine.figures.style import label_colours
from oscine.metrics.counts import Counts
from oscine.metrics.events import score_times
from oscine.prediction.predict import predict
from oscine.prediction.scores import Scores
from oscine.prediction.segment import SegmentParams, segment
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.testing import LABELS, fly_song
from oscine.training.params import TrainParams
from oscine.training.run import Run
from oscine.training.train import train

TOLERANCE = 0.010
"""Seconds that a predicted pulse may be off."""

_CLEAN = SegmentParams(max_gap=0.02, min_duration=0.08)


class DemoParams(OperationParams):
    """How much of a demonstration."""

    duration: Seconds = Field(60.0, ge=10)
    """Length of each recording."""
    n_annotations: int = Field(30, ge=5)
    """Sounds of each label that are marked in each of the two recordings to learn from."""
    n_steps: int = Field(200, ge=1)
    """Steps of training."""


@dataclass(frozen=True)
class Demo:
    """What the demonstration found.

    Attributes
    ----------
    counts
        Of each label: sounds that are there, that were predicted, and that are right.
    report
        The page to look at.
    """

    folder: Path
    counts: Mapping[str, Counts]
    report: Path
    facts: Mapping[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The same, as plain values."""
        by_label = {label: counts.to_dict() for label, counts in self.counts.items()}
        return {"folder": str(self.folder), "report": str(self.report), "labels": by_label}

    def __str__(self) -> str:
        lines = ["sounds of a recording that the model has not seen:", "label    precision  recall     F1"]
        for label, counts in self.counts.items():
            lines.append(f"{label:8} {counts.precision:9.3f}  {counts.recall:6.3f}  {counts.f1:5.3f}")
        return "\n".join([*lines, f"report: {self.report}"])


@operation(out="demo")
def demo(params: DemoParams = DemoParams(), *, out: Path | None = None, monitor: Monitor = SILENT) -> Demo:  # noqa: B008
    """Try everything on a synthetic fly: detect, annotate, train, predict, compare, report.

    Parameters
    ----------
    params
        Length of the recordings, number of annotations, steps of training.
    out
        Folder of the little project; "demo" if none is given.
    """
    folder = Path("demo") if out is None else Path(out)
    monitor.message("1. three recordings of a synthetic fly")
    truths = {f"fly{number}.wav": _record(folder, number, params) for number in (1, 2, 3)}
    learnt = Recordings([folder / "fly1.wav", folder / "fly2.wav"])
    unseen = Recording(folder / "fly3.wav")

    monitor.message("2. detect: where is any sound?")
    detected = detect(unseen, monitor=monitor)
    detected.save(folder / "fly3_detected.csv")
    monitor.message(f"   {detected}")

    monitor.message("3. annotate: a few sounds of each kind, in two recordings")
    annotated = [_annotate(truths[recording.name], params) for recording in learnt]
    for recording, marked in zip(learnt, annotated, strict=True):
        marked.save(folder / f"{recording.path.stem}_annotations.csv")
    dataset = prepare(
        learnt,
        annotated[0].concat(annotated[1]),
        PrepareParams(labels=LABELS, train_gap=0.1, splitter=Blocks(block=2.0, guard=0.1), seed=params.seed),
        monitor=monitor,
    )

    monitor.message("4. train")
    how = TrainParams(n_steps=params.n_steps, seed=params.seed)
    run = train(dataset, how, out=_fresh(folder / "run"), monitor=monitor)
    evaluation = evaluate(run.model, dataset, monitor=monitor)

    monitor.message("5. predict a recording that it has not seen")
    scores = predict(run.model, unseen, monitor=monitor)
    predicted = segment(scores, _CLEAN)
    predicted.save(folder / "fly3_predicted.csv")
    missed = misses(detected, predicted, MissesParams(labels=LABELS[:2]))
    missed.save(folder / "fly3_missed.csv")

    monitor.message("6. compare with the truth")
    truth = truths["fly3.wav"]
    counts = _compare(truth, predicted)
    report = _report(folder, unseen, truth, annotated, detected, predicted, missed, scores, run, evaluation, counts)
    return Demo(folder, counts, report)


def _record(folder: Path, number: int, params: DemoParams) -> Annotations:
    """Write a recording; says what is in it."""
    name = f"fly{number}.wav"
    sound, truth = fly_song(params.duration, seed=params.seed + number, name=name)
    with atomic(folder / name) as temporary:
        soundfile.write(temporary, sound.T, 2500, "PCM_16")
    write_text(folder / "oscine.toml", 'coverage = "rows"  # a few sounds are marked; the rest is unknown\n')
    return truth


def _annotate(truth: Annotations, params: DemoParams) -> Annotations:
    """What a person marks: the first sounds of each label, one after another."""
    rows = truth.to_pandas()
    marked = pd.concat([rows[rows["label"] == label].head(params.n_annotations) for label in LABELS])
    return Annotations(marked.sort_values("onset", ignore_index=True), labels=LABELS).with_coverage("rows")


def _compare(truth: Annotations, predicted: Annotations) -> dict[str, Counts]:
    """Pulses within the tolerance; sines and ambient by whether they overlap one to one."""
    counts = {}
    for label in LABELS:
        true, found = truth.select(labels=[label]), predicted.select(labels=[label])
        if label == "pulse":
            counts[label] = score_times(true.onsets, found.onsets, TOLERANCE).counts
        else:
            counts[label] = _overlaps(true, found)
    return counts


def _overlaps(true: Annotations, found: Annotations) -> Counts:
    from oscine.metrics.matching import match_overlapping

    pairs = match_overlapping(_spans(true), _spans(found))
    return Counts(len(pairs), len(true), len(found))


def _spans(annotations: Annotations) -> np.ndarray:
    return np.stack([annotations.onsets, annotations.offsets], axis=1)


def _fresh(folder: Path) -> Path:
    """A folder name that is not taken."""
    number = 1
    while (name := folder.with_name(f"{folder.name}{number}")).exists():
        number += 1
    return name


def _report(
    folder: Path, unseen: Recording, truth: Annotations, annotated: list[Annotations], detected: Annotations,
    predicted: Annotations, missed: Annotations, scores: Scores, run: Run, evaluation: Evaluation,
    counts: Mapping[str, Counts],
) -> Path:  # fmt: skip
    """One page with all that is worth looking at."""
    colours = label_colours(LABELS)
    sounds = detected.select(labels=[label for label in detected.label_names if label != "neither"])
    start = _lively(truth)
    stop = min(start + 4, unseen.duration)
    marked = sum(len(one) for one in annotated)
    report = Report(
        "A synthetic fly, from sound to ethogram", f"Learnt from {marked} annotated sounds in two recordings"
    )
    report.add_section("What was found", "In a recording that the model has not seen.")
    rows = [
        {"label": label, "there": item.n_true, "predicted": item.n_predicted, "right": item.tp,
         "precision": item.precision, "recall": item.recall, "F1": item.f1}
        for label, item in counts.items()
    ]  # fmt: skip
    report.add_table(
        rows,
        f"A pulse is right within {TOLERANCE * 1000:g} ms of a true one, each matched once; a sine or a stretch of "
        "ambient noise where it overlaps a true one.",
        rates=["precision", "recall", "F1"],
        colours=colours,
    )
    figure = plot_ethogram(
        unseen, start=start, stop=stop, scores=scores, labels=LABELS, colours=colours,
        lanes={"truth": truth, "predicted": predicted, "detected": sounds},
    )  # fmt: skip
    report.add_figure(
        figure,
        "Four seconds of it: the sound, its spectrogram, how probable each label is, and below what is there, what "
        "the model says, and what a plain detector hears.",
        "Waveform, spectrogram, scores and annotations over time",
    )
    sound = unseen.read(round(start * unseen.sample_rate), round(stop * unseen.sample_rate))
    report.add_audio(sound / np.abs(sound).max() * 0.8, unseen.sample_rate, "Listen to these four seconds.")
    report.add_section("How sure that is", "Measured on stretches of the two recordings that were kept apart.")
    report.add_figure(
        plot_confusion_matrix(evaluation),
        "Which labels are taken for which.",
        "Confusion matrix of frames",
        beside=True,
    )
    report.add_figure(
        plot_precision_recall(evaluation, colours=colours),
        "What every threshold would do; marked is where precision equals recall.",
        "Precision against recall for each label",
        beside=True,
    )
    report.add_section("How it learnt")
    report.add_figure(plot_learning_curves(run), "Loss and accuracy of every step.", "Learning curves")
    report.add_section("What to look at next")
    report.add_text(
        f"{len(missed)} detected sounds are not predicted (fly3_missed.csv): a person would look at those next, and "
        "train again with them."
    )
    report.add_details("The network", run.model.describe())
    return report.save(folder / "report.html")


def _lively(truth: Annotations) -> float:
    """Where four seconds hold the most different sounds."""
    rows = truth.to_pandas()
    starts = np.arange(0.0, max(rows["onset"].max() - 4, 0.1), 0.5)
    kinds = [rows[(rows["onset"] >= start) & (rows["offset"] < start + 4)]["label"].value_counts() for start in starts]
    return float(
        starts[int(np.argmax([len(counts) * 1000 + counts.get("sine", 0) * 20 + counts.sum() for counts in kinds]))]
    )
