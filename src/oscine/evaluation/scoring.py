"""Judging one model on one part of a dataset: its scores where somebody has looked, against what is there.

A recording is read in *pieces*: the tiles that the covered stretches touch (`oscine.prediction.tiles`), so that a few
annotations in hours of sound take no hours, and the scores are those of prediction to the last bit. Of each piece

- the *frames* of known truth are counted: which label is taken for which, what every threshold would do, how probable
  each label is where another is true. A frame of which nothing is known counts nowhere;
- the *sounds* are decoded as `segment` does it, and compared within a tolerance;
- every annotated *row* is called by a label.

Frames are tied to the coverage as the target encodes it, sounds to the stretches in which somebody has looked for
every label. Of a segment that was marked by itself nobody knows what is around it: it is left out of sounds.

Memory grows with what is covered of one recording; of all others only counts are kept, and curves of at most
`MOST_POINTS` thresholds a label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage, exhaustive
from oscine.annotations.intervals import intersect, merge, total
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.evaluation.curve_pooling import CurvePool
from oscine.evaluation.densities import Densities, densities_of
from oscine.evaluation.evaluation import Evaluation, assemble
from oscine.evaluation.frame_sample import FrameSample
from oscine.evaluation.pieces import pieces_of
from oscine.evaluation.recording_counts import RecordingCounts
from oscine.evaluation.segmentation import SegmentationScore, score_segmentation
from oscine.evaluation.verdicts import judge_rows
from oscine.metrics.calibration import Calibration, fit_temperature, reliability, reliability_of, with_temperature
from oscine.metrics.counts import pool
from oscine.metrics.curves import OperatingCurve, operating_curve
from oscine.metrics.events import EventScores, score_events
from oscine.metrics.frames import ConfusionMatrix, confusion_matrix
from oscine.metrics.segments import SegmentScores, score_segments
from oscine.networks.model import Model
from oscine.prediction.decoding import say_decoding
from oscine.prediction.segment import SegmentParams, thresholds_of
from oscine.recordings.recording import Recording

_MOST_FITTED = 2**17
"""Frames that a temperature is fitted to; where there are more, evenly spaced ones."""


def score_model(
    model: Model,
    part: Annotations,
    recordings: Mapping[str, Recording],
    decoding: SegmentParams,
    *,
    tolerance: float = 0.01,
    ratios: Sequence[float] = (1.0,),
    name: str = "",
    monitor: Monitor = SILENT,
    title: str = "Evaluating",
) -> Evaluation:
    """Compare what a model says with the truth.

    Parameters
    ----------
    model
        One that says something of labels.
    part
        What is true, and where that is known; its labels are the model's.
    recordings
        Those of the part, at the model's sample rate.
    decoding
        How scores become sounds.
    tolerance
        How far an event, or the bounds of a segment, may be off, in seconds.
    ratios
        Wished ratios of precision to recall, the foremost first.
    name
        Of the part.
    title
        What is said while it lasts.

    Raises
    ------
    InputError
        Where a label of the part is not the model's.
    """
    check_labels(model, part)
    say_decoding(monitor, decoding, model.decoding)
    curves = {label: CurvePool() for label in model.outputs}
    counts: dict[str, RecordingCounts] = {}
    rows: list[pd.DataFrame] = []
    frames: list[_Frames] = []
    sample = FrameSample(_MOST_FITTED)
    with monitor.task(title, total=len(recordings), unit="recordings") as task:
        for recording_name, recording in recordings.items():
            one = _judge_recording(
                model, part.select(recordings=[recording_name]), recording, recording_name, decoding, tolerance, monitor
            )
            counts[recording_name] = one.counts
            frames = [pool([*frames, one.frames])]
            sample.add(*one.fitted)
            rows.append(one.rows)
            for label, curve in one.curves.items():
                curves[label].add(curve)
            task.advance()
    fitted = _fit(model, sample)
    return assemble(
        model.outputs,
        counts,
        {label: collected.curve() for label, collected in curves.items()},
        part=name,
        ratios=ratios,
        in_use=dict(thresholds_of(model.outputs, model.thresholds, decoding)),
        densities=frames[0].densities,
        calibration=frames[0].calibration,
        temperature=model.temperature,
        fitted_temperature=model.temperature * fitted,
        calibrated=_calibrated(model, sample, fitted),
        judged=pd.concat(rows, ignore_index=True),
    )


def _fit(model: Model, sample: FrameSample) -> float:
    """The temperature, as a multiple of the model's, at which its probabilities would mean what they say."""
    values, present, known = (sample.columns(place) for place in range(3))
    with np.errstate(divide="ignore"):
        logarithms = np.log(values.astype(np.float64))
    if model.target.rivals(model.labels):
        return fit_temperature(logarithms, present.argmax(axis=0))
    return fit_temperature(logarithms, present, known)


def _calibrated(model: Model, sample: FrameSample, temperature: float) -> Calibration:
    """How often probabilities come true that are taken at another temperature, a multiple of the model's."""
    values, present, known = (sample.columns(place) for place in range(3))
    exclusive = bool(model.target.rivals(model.labels))
    values = with_temperature(values, temperature, exclusive=exclusive)
    return reliability(values, present.argmax(axis=0)) if exclusive else reliability_of(values, present, known)


@dataclass(frozen=True)
class _Judged:
    """What came of one recording."""

    counts: RecordingCounts
    curves: dict[str, OperatingCurve]
    frames: _Frames
    fitted: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]
    rows: pd.DataFrame


def _judge_recording(
    model: Model,
    part: Annotations,
    recording: Recording,
    name: str,
    decoding: SegmentParams,
    tolerance: float,
    monitor: Monitor,
) -> _Judged:
    n_outputs = len(model.outputs)
    nothing = np.empty((n_outputs, 0), bool)
    table = part.to_pandas()
    values, judged, found, rows = [nothing.astype(np.float32)], [(nothing, nothing)], [], []
    for piece in pieces_of(model, part, recording, name, decoding, tolerance):
        monitor.check()
        values.append(piece.scores)
        judged.append(model.target.judge(piece.truth, n_outputs))
        found.append(piece.sounds(model, name, decoding, tolerance))
        rows.append(piece.rows(model, table, thresholds_of(model.outputs, model.thresholds, decoding), tolerance))
    score, present, known = (
        np.concatenate(parts, axis=1) for parts in (values, [pair[0] for pair in judged], [pair[1] for pair in judged])
    )
    sounds = pd.concat(found or [pd.DataFrame(_NO_SOUNDS)])
    for bound in ("onset", "offset"):  # the last frame reaches beyond the end
        sounds[bound] = sounds[bound].clip(upper=recording.duration)
    frames = _Frames.of(model, score, present, known)
    counts = RecordingCounts(
        frames.confusion,
        *_score_sounds(part, Annotations(sounds), model, name, recording.duration, tolerance),
        _score_segmentation(part, sounds, model, name, recording.duration),
    )
    curves = {
        label: operating_curve(score[i, there], present[i, there])
        for i, (label, there) in enumerate(zip(model.outputs, known, strict=True))
    }
    rows_of_all = pd.concat(rows, ignore_index=True) if rows else judge_rows(table.iloc[:0], score, (), 1.0)
    return _Judged(counts, curves, frames, _known_frames(model, score, present, known), rows_of_all)


def _known_frames(
    model: Model, values: NDArray[np.float32], present: NDArray[np.bool_], known: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Scores, truth, and whether it is known, of the outputs of labels, (output, frame), where anything is known."""
    names = model.target.rivals(model.labels) or [name for name in model.outputs if name not in model.aside]
    rows = [model.outputs.index(name) for name in names]
    there = known[rows].all(axis=0) if model.target.rivals(model.labels) else known[rows].any(axis=0)
    return values[rows][:, there], present[rows][:, there], known[rows][:, there]


@dataclass(frozen=True)
class _Frames:
    """Frames by what is there, and how probable the model finds it."""

    confusion: ConfusionMatrix
    densities: Densities
    calibration: Calibration

    def __add__(self, other: _Frames) -> _Frames:
        return _Frames(
            self.confusion + other.confusion,
            self.densities + other.densities,
            self.calibration + other.calibration,
        )

    @classmethod
    def of(
        cls, model: Model, values: NDArray[np.float32], present: NDArray[np.bool_], known: NDArray[np.bool_]
    ) -> _Frames:
        """Which label is taken for which; where none excludes another, whether each is there, and is said to be.

        Parameters
        ----------
        values, present, known
            Scores, whether each output is there, and whether that is known, all (output, frame).
        """
        rivals = model.target.rivals(model.labels)
        if rivals:
            rows = [model.outputs.index(output) for output in rivals]
            there = known[rows].all(axis=0)
            true, guess = present[rows][:, there].argmax(0), values[rows][:, there].argmax(0)
            among = np.arange(len(rivals))[:, None] == true
            return cls(
                confusion_matrix(true, guess, rivals),
                densities_of(values[:, there], model.outputs, among, rivals),
                reliability(values[rows][:, there], true),
            )
        said = model.target.is_present(values)
        sounds = [(i, label) for i, label in enumerate(model.outputs) if label not in model.aside]
        trues = [2 * place + ~present[i, known[i]] for place, (i, _) in enumerate(sounds)]
        guesses = [2 * place + ~said[i, known[i]] for place, (i, _) in enumerate(sounds)]
        names = [name for _, label in sounds for name in (label, f"not_{label}")]
        holds = [mask for i, _ in sounds for mask in (known[i] & present[i], known[i] & ~present[i])]
        places = [i for i, _ in sounds]
        return cls(
            confusion_matrix(np.concatenate(trues), np.concatenate(guesses), names),
            densities_of(values, model.outputs, np.array(holds).reshape(len(names), -1), names),
            reliability_of(values[places], present[places], known[places]),
        )


_NO_SOUNDS: dict[str, list[object]] = {"recording": [], "onset": [], "offset": [], "label": []}


def _score_sounds(
    truth: Annotations, found: Annotations, model: Model, name: str, duration: float, tolerance: float
) -> tuple[EventScores, SegmentScores]:
    """Scores of events and of segments, each of the labels that are such."""
    sounds = [output for output in model.outputs if output not in model.aside]
    pulses = [label for label in sounds if label in model.events]
    lasting = [label for label in sounds if label not in pulses]
    covered = truth.coverage.intervals(name, duration)

    def of(annotations: Annotations, labels: list[str]) -> pd.DataFrame:
        table = annotations.to_pandas()
        return table[table["label"].isin(labels)]

    true, guessed = of(truth, pulses), of(found, pulses)
    events = score_events(
        true["onset"],
        true["label"],
        guessed["onset"],
        guessed["label"],
        tolerance,
        labels=pulses,
        coverage=covered,
    )
    true, guessed = of(truth, lasting), of(found, lasting)
    judged = can_be_judged(true[["onset", "offset"]].to_numpy(), covered, duration, tolerance)
    unjudged = merge(true.loc[~judged, ["onset", "offset"]].to_numpy())
    apart = [
        total(intersect([span], unjudged)) == 0
        for span in guessed[["onset", "offset"]].itertuples(index=False, name=None)
    ]
    true, guessed = true[judged], guessed[np.array(apart, bool)]
    segments = score_segments(
        true[["onset", "offset"]],
        true["label"],
        guessed[["onset", "offset"]],
        guessed["label"],
        onset_tolerance=tolerance,
        offset_tolerance=tolerance,
        labels=lasting,
        coverage=covered,
    )
    return events, segments


def _score_segmentation(
    truth: Annotations, found: pd.DataFrame, model: Model, name: str, duration: float
) -> SegmentationScore | None:
    """Frames, order and boundaries of segments, where labels exclude each other and somebody looked for all of them."""
    sounds = [label for label in model.target.rivals(model.labels) if label not in (*model.aside, BACKGROUND)]
    lasting = [label for label in sounds if label not in model.events]
    table = truth.to_pandas()
    covered = truth.coverage.intervals(name, duration)
    looked = exhaustive(covered, table[["onset", "offset"]].to_numpy(float), duration)
    if not lasting or not len(looked):
        return None
    complete = Annotations(table, coverage=Coverage({name: looked}, whole=False))
    guessed = Annotations(found[found["label"].isin(lasting)].assign(recording=name))
    return score_segmentation(complete, guessed, {name: duration}, labels=lasting).pooled


def can_be_judged(
    spans: NDArray[np.float64], covered: NDArray[np.float64], duration: float, tolerance: float
) -> NDArray[np.bool_]:
    """Whether it is known where each segment ends: somebody has looked on both sides of its bounds.

    A segment that was marked by itself, with nothing known around it, bears no witness against a longer prediction.

    Parameters
    ----------
    spans, covered
        Onsets and offsets (n, 2) of segments, and of the covered stretches, in seconds.
    duration
        Of the recording, beyond which there is nothing to know.
    tolerance
        How far a bound may be off, in seconds.
    """
    wide = np.stack([np.maximum(spans[:, 0] - tolerance, 0), np.minimum(spans[:, 1] + tolerance, duration)], axis=1)
    return np.array([total(intersect([span], covered)) >= span[1] - span[0] - 1e-9 for span in wide], bool)


def check_labels(model: Model, part: Annotations) -> None:
    """Refuse a part with labels that the model knows nothing of.

    Raises
    ------
    InputError
        It names the label, and what the model knows.
    """
    for label in part.label_names:
        if label not in model.labels:
            raise unknown_label(model, label)


def unknown_label(model: Model, label: str) -> InputError:
    """The error for a label of a dataset that a model knows nothing of."""
    return InputError(
        "the model does not know a label of the dataset",
        path=model.path,
        found=label,
        allowed=model.labels,
        cure="Prepare the dataset with the model's --labels, or train on all of them",
    )
