"""How far two people agree on every pulse of two recordings of fly song, and a model with each of them.

    python benchmarks/agreement.py [--seed 0] [--threshold 0.575] [--model FILE] [--out FOLDER]

Trains as `benchmarks/fly.py` does (SongExplorer's network, sparse annotations of two other recordings), predicts
20190122T093303a-7 and 20190122T132554a-14, in which two people marked every pulse, runs `oscine agreement`, and prints
the table of docs/evaluation.md. Pulses stand for the same within 10 ms; recordings count from end to end, since both
people looked at all of them. The threshold is that of `benchmarks/fly.py`, by cross-validation between the two
recordings that were learnt from. Takes less than a minute on one core.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import fly
from machine import machine

import oscine
from oscine.evaluation.opinions import Opinions

THRESHOLD = 0.575
"""Chosen by `benchmarks/fly.py`, without the recordings of this comparison."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "fly")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--model", type=Path, help="a model of fly pulses, instead of training one")
    parser.add_argument("--out", type=Path, help="write the comparison there, with its figures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # a training leaves a note beside its recordings
        for file in (*arguments.data.glob("*.wav"), *arguments.data.glob("*.csv")):
            shutil.copy(file, folder)
        measure(Path(folder), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Train, compare, print."""
    started = time.monotonic()
    if arguments.model is not None:
        model = oscine.Model.load(arguments.model)
    else:
        dataset = fly.dataset(*fly.load(folder), arguments.seed)
        model = fly.fit(dataset, fly.training("songexplorer", arguments.seed, arguments.steps))
    print(f"{machine()}; {time.monotonic() - started:.0f} s for training")
    decoding = {"thresholds": {fly.PULSE: arguments.threshold}, "event_distance": 0.015}
    params = oscine.AgreementParams.model_validate(
        {"labels": (fly.PULSE,), "portion": "whole", "tolerance": fly.TOLERANCE, "segment": decoding}
    )
    recordings = oscine.Recordings([folder / name for name in fly.TESTED])
    result = oscine.agreement(Opinions.load(folder), model, recordings, params=params)
    print(result, end="\n\n")
    print(table(result))
    if arguments.out is not None:
        from oscine.figures.draw import draw

        result.save(arguments.out)
        draw(result, arguments.out)


def table(result: oscine.Agreement) -> str:
    """Every two parties in every recording, as Markdown."""
    lines = [
        "| recording | first | second | matched | F1 | kappa | onsets differ by |",
        "|---|---|---|---|--:|--:|--:|",
    ]
    (one,) = result.labels.values()
    for name in result.recordings:
        for first, second in result.pairs:
            score = one.pairs[first, second][name]
            counts, errors = score.counts, score.to_dict()["onset"]
            matched = f"{counts.tp} of {counts.n_true} and {counts.n_predicted}"
            times = f"{1000 * errors['median']:.1f} ms (95 %: {1000 * errors['within_95']:.1f} ms)"
            words = [name.removesuffix(".wav"), first, second, matched, f"{score.f1:.3f}", f"{score.kappa:.3f}", times]
            lines.append(f"| {' | '.join(words)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
