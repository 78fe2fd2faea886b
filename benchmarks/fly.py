"""Pulses of fly song, learnt from sparse annotations of two recordings, found in two others.

    python benchmarks/fly.py [--seeds 5] [--network songexplorer | oscine | das]

Trains on the annotations of PS_20130625111709_ch3 and 20161207T102314_ch1 (one person's; and where another list
says that there is no pulse), and predicts 20190122T093303a-7 and 20190122T132554a-14, in which two people marked
every pulse. Prints F1 within ±10 ms (maximum one-to-one matching) against each person, and of the two people
against each other. The threshold is chosen by cross-validation between the two annotated recordings (learn from one,
find the annotated pulses of the other, where it is known what is there); the test recordings have no say in it.
The untuned threshold ½ is shown beside it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

import oscine
from oscine.datasets.prepare import cover_trains
from oscine.datasets.splitters.hash import Hash
from oscine.metrics.counts import Counts
from oscine.metrics.events import score_times

LEARNT = ("PS_20130625111709_ch3.wav", "20161207T102314_ch1.wav")
TESTED = ("20190122T093303a-7.wav", "20190122T132554a-14.wav")
TOLERANCE = 0.010
TRAIN_GAP = 0.1
PULSE = "mel-pulse"
N_CHOOSE = 3
"""Models of each direction of the cross-validation: with one, chance chooses among thresholds that are nearly alike."""


def load(folder: Path) -> tuple[oscine.Recordings, oscine.Annotations]:
    """Recordings to learn from, and all that is known of them; quiet stretches are ambient."""
    recordings = oscine.Recordings([folder / name for name in LEARNT])
    files = [folder / f"{name}-annotated-{who}.csv" for name in LEARNT for who in ("person1", "notsong")]
    known = [oscine.Annotations.load(file) for file in files]
    useful = [[label for label in one.label_names if label != "not_mel-sine"] for one in known]
    known = [one.select(labels=labels).with_coverage("rows") for one, labels in zip(known, useful, strict=True)]
    known += [quiet(oscine.detect(recording)) for recording in recordings]
    return recordings, known[0].concat(*known[1:])


def quiet(detected: oscine.Annotations, shortest: float = 0.0256) -> oscine.Annotations:
    """Where the detector hears nothing at all, for a while."""
    rows = detected.to_pandas()
    rows = rows[(rows["label"] == "neither") & (rows["offset"] - rows["onset"] >= shortest)]
    return oscine.Annotations(rows).with_coverage("rows")


def dataset(recordings: oscine.Recordings, known: oscine.Annotations, seed: int) -> oscine.Dataset:
    """Pulse, sine, ambient, and what is none of them."""
    params = oscine.PrepareParams(
        labels=(PULSE, "mel-sine", "ambient", "background"),
        kinds=("annotated", "detected"),
        relabel={"not_mel-pulse": "background", "neither": "ambient"},
        train_gap=TRAIN_GAP,
        splitter=Hash(validation=0),
        seed=seed,
    )
    return oscine.prepare(recordings, known, params)


NETWORKS: dict[str, dict[str, Any]] = {
    # two convolutions over a log spectrogram, 51 ms of context, trained without any refinement
    "songexplorer": {
        "architecture": {"name": "songexplorer", "context": 0.0512, "features": [32, 32]}
        | {"representation": {"name": "spectrogram", "scale": "log"}},
        "target": {"name": "exclusive", "event_width": 0.0096},
        "window": 0.0512, "learning_rate": 1e-3, "optimizer": "adam", "schedule": "constant",
        "weight_decay": 0.0, "clip": None, "ema": None, "augmentations": [], "loss": "cross-entropy",
        "smoothing": {"name": "tmse", "weight": 0.0},
    },
    "oscine": {},  # the default
    "das": {"architecture": {"name": "das"}, "batch_size": 8, "learning_rate": 1e-3},  # on the waveform as it is
}  # fmt: skip
"""Networks, and how they are trained where that is not the default."""


def training(network: str, seed: int, n_steps: int) -> oscine.TrainParams:
    """How a network is trained."""
    options = {"n_steps": n_steps, "period": n_steps, "unvalidated": True, "seed": seed}
    return oscine.TrainParams.model_validate(NETWORKS[network] | options)


def fit(dataset: oscine.Dataset, params: oscine.TrainParams) -> oscine.Model:
    """One model; its folder is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        run = oscine.train(dataset, params, out=Path(folder, "run"))
        return run.model


def pulses(scores: oscine.Scores, threshold: float) -> oscine.Annotations:
    """Peaks of the score, at least 15 ms apart."""
    params = oscine.SegmentParams(labels=(PULSE,), thresholds={PULSE: threshold}, event_distance=0.015)
    return oscine.segment(scores, params)


def choose_threshold(recordings: oscine.Recordings, known: oscine.Annotations, network: str, n_steps: int) -> float:
    """The threshold of highest F1, each recording predicted by a model that learnt from the other.

    Of several equally good ones, the middle.
    """
    grid = np.round(np.arange(0.1, 0.96, 0.05), 2)
    counts = {threshold: Counts() for threshold in grid}
    for tested in recordings:
        others = known.select(recordings=[name for name in known.recordings if name != tested.name])
        learnt = (fit(dataset(recordings, others, seed), training(network, seed, n_steps)) for seed in range(N_CHOOSE))
        predicted = [oscine.predict(model, tested) for model in learnt]
        truth = cover_trains({"": known.select(recordings=[tested.name])}, TRAIN_GAP)[""]
        covered = truth.coverage.intervals(tested.name, tested.duration)
        for threshold in grid:
            for scores in predicted:
                found = pulses(scores, threshold).onsets
                score = score_times(truth.select(labels=[PULSE]).onsets, found, TOLERANCE, coverage=covered)
                counts[threshold] += score.counts
    best = max(count.f1 for count in counts.values())
    return float(np.median([threshold for threshold in grid if counts[threshold].f1 >= best - 1e-9]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "fly")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--network", choices=NETWORKS, default="songexplorer")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # a training leaves a note beside its recordings
        for file in (*arguments.data.glob("*.wav"), *arguments.data.glob("*.csv")):
            shutil.copy(file, folder)
        measure(Path(folder), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Choose the threshold, train with every seed, and print what was found."""
    people = {
        name: {who: oscine.Annotations.load(folder / f"{name}-annotated-{who}.csv") for who in ("person2", "person3")}
        for name in TESTED
    }
    print(f"{machine()}; F1 of pulses at ±10 ms")
    for name in TESTED:
        between = score_times(people[name]["person2"].onsets, people[name]["person3"].onsets, TOLERANCE)
        print(f"{name}: the two people against each other {between.f1:.3f}")
    recordings, known = load(folder)
    chosen = choose_threshold(recordings, known, arguments.network, arguments.steps)
    print(f"threshold chosen by cross-validation between the annotated recordings: {chosen:g}")
    found: dict[tuple[str, str, float], list[float]] = {}
    for seed in range(arguments.seeds):
        started = time.monotonic()
        model = fit(dataset(recordings, known, seed), training(arguments.network, seed, arguments.steps))
        seconds = time.monotonic() - started
        for name in TESTED:
            scores = oscine.predict(model, oscine.Recording(folder / name))
            for threshold in (chosen, 0.5):
                predicted = pulses(scores, threshold)
                for who, truth in people[name].items():
                    score = score_times(truth.onsets, predicted.onsets, TOLERANCE)
                    found.setdefault((name, who, threshold), []).append(score.f1)
                    rates = f"precision {score.precision:.3f} recall {score.recall:.3f} F1 {score.f1:.3f}"
                    print(f"seed {seed} ({seconds:.0f} s) {name} {who} threshold {threshold:g}: {rates}")
    for (name, who, threshold), values in found.items():
        spread = np.std(values, ddof=1) if len(values) > 1 else 0.0
        print(f"{name} {who} threshold {threshold:g}: F1 {np.mean(values):.3f} ± {spread:.3f} over {len(values)} seeds")


if __name__ == "__main__":
    main()
