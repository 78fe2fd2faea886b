"""How long it takes to score an hour of annotation with 20 000 segments by every measure there is.

    python benchmarks/metrics.py [--segments 20000] [--repeat 3]

Three hours are made up, each of 20 000 annotated and about as many predicted segments in 30 labels, and a click in each
tenth of them: one in which predictions are a few milliseconds off (what a good network does), one in which they have
nothing to do with the truth, and a crowd, in which segments overlap and everything is within reach of everything near.
Every metric is timed by itself, then all of them as `oscine.score` does, with a thousand draws over recordings: the
hour as one recording, and in a hundred pieces.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from machine import machine

import oscine
from oscine.metrics.bootstrap import bootstrap
from oscine.metrics.boundaries import score_boundaries
from oscine.metrics.calibration import fit_temperature, reliability
from oscine.metrics.counts import Counts
from oscine.metrics.curves import operating_curves
from oscine.metrics.events import score_events
from oscine.metrics.frame_runs import compare_frames
from oscine.metrics.kappa import cohen_kappa, fleiss_kappa
from oscine.metrics.legacy import score_das, score_vocalpy
from oscine.metrics.overlaps import score_overlaps
from oscine.metrics.segments import score_segments
from oscine.metrics.sequences import score_sequences
from oscine.metrics.whisperseg import score_whisperseg

HOUR = 3600.0
LABELS = [f"{i:02d}" for i in range(30)]


def segments(n: int, case: str, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Annotated and predicted rows of an hour."""
    rng = np.random.default_rng(seed)
    onsets = np.sort(rng.uniform(0, HOUR - 1, n))
    durations = np.minimum(rng.uniform(0.02, 0.15, n), np.diff(onsets, append=HOUR))
    labels = rng.integers(0, len(LABELS), n)
    truth = np.column_stack([onsets, onsets + durations])
    if case == "chance":
        other = np.sort(rng.uniform(0, HOUR - 1, n))
        guess = np.column_stack([other, other + rng.uniform(0.02, 0.15, n)])
        said = rng.integers(0, len(LABELS), n)
    else:
        spread = 0.003 if case == "close" else 0.5
        if case == "crowd":
            truth[:, 1] = truth[:, 0] + 1
        guess = np.sort(np.abs(truth + rng.normal(0, spread, truth.shape)), axis=1)
        said = np.where(rng.uniform(size=n) < 0.05, rng.integers(0, len(LABELS), n), labels)
    sides = []
    for spans, codes in ((truth, labels), (guess, said)):
        table = pd.DataFrame(
            {"recording": "hour.wav", "onset": spans[:, 0], "offset": spans[:, 1], "label": np.array(LABELS)[codes]}
        )
        clicks = table[::10].assign(label="click")
        sides.append(pd.concat([table, clicks.assign(offset=clicks["onset"])], ignore_index=True))
    return sides[0], sides[1]


def pieces(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """The hour cut into recordings of equal length."""
    length = HOUR / n
    index = (table["onset"] // length).astype(int)
    shifted = table[["onset", "offset"]].sub(index * length, axis=0)
    return table.assign(recording=[f"{i:03d}.wav" for i in index], onset=shifted["onset"], offset=shifted["offset"])


def timed(run: Callable[[], Any], repeat: int) -> float:
    """The best of several times of the processor, in seconds: others on the same machine disturb it less."""
    best = np.inf
    for _ in range(repeat):
        begin = time.process_time()
        run()
        best = min(best, time.process_time() - begin)
    return best


def each_metric(truth: pd.DataFrame, guess: pd.DataFrame, tolerance: float) -> dict[str, Callable[[], Any]]:
    """Every metric by its name."""
    sides = []
    for table in (truth, guess):
        lasting = table[table["offset"] > table["onset"]]
        codes = pd.Index(LABELS).get_indexer(pd.Index(lasting["label"]))
        clicks = table.loc[table["offset"] == table["onset"], "onset"].to_numpy()
        sides.append((lasting[["onset", "offset"]].to_numpy(), lasting["label"].to_numpy(object), codes, clicks))
    (a, la, ca, ea), (b, lb, cb, eb) = sides
    names = [*LABELS, "background"]
    matrix = compare_frames(a, ca, b, cb, names, 3_600_000)
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 31, (3, 360_000))
    scores = rng.dirichlet(np.ones(5), 360_000).T
    return {
        "frames: confusion matrix of 3.6 million": lambda: compare_frames(a, ca, b, cb, names, 3_600_000),
        "kappa: Cohen's": lambda: cohen_kappa(matrix),
        "kappa: Fleiss', 3 annotators, 360 000 frames": lambda: fleiss_kappa(frames, names),
        "sequences: syllable error rate": lambda: score_sequences(a, ca, b, cb),
        "boundaries": lambda: score_boundaries(a, b, 0.004),
        "segments, with and without label": lambda: score_segments(
            a, la, b, lb, onset_tolerance=tolerance, offset_tolerance=tolerance
        ),
        "overlaps at 3 thresholds": lambda: score_overlaps(a, la, b, lb),
        "events": lambda: score_events(ea, ["click"] * len(ea), eb, ["click"] * len(eb), 0.004),
        "WhisperSeg's": lambda: score_whisperseg(a, la, b, lb, tolerance),
        "VocalPy's": lambda: score_vocalpy(a, b, 0.004),
        "DAS's": lambda: score_das(ea, eb, 0.010),
        "curves: PR and ROC areas, 5 labels, 360 000 frames": lambda: [
            (curve.average_precision, curve.auc)
            for curve in operating_curves(scores, frames[0] % 5, None, "abcde").values()
        ],
        "calibration: bins": lambda: reliability(scores, frames[0] % 5),
        "calibration: temperature": lambda: fit_temperature(np.log(scores), frames[0] % 5),
        "bootstrap: 1000 draws over 100 recordings": lambda: bootstrap(
            [Counts(8, 10, 9)] * 100, lambda score: score.f1
        ),
    }


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print(f"machine: {machine()}; seconds of the processor")
    for case in ("close", "chance", "crowd"):
        truth, guess = segments(options.segments, case)
        print(f"\n{case}: {options.segments} segments an hour")
        tolerance = 0.5 if case == "crowd" else 0.020
        total = 0.0
        for name, run in each_metric(truth, guess, tolerance).items():
            seconds = timed(run, options.repeat)
            total += seconds
            print(f"  {name:55} {seconds:7.3f} s")
        print(f"  {'sum':55} {total:7.3f} s")
        for n in (1, 100):
            one, two = (oscine.Annotations(pieces(side, n)) for side in (truth, guess))
            params = oscine.ScoreParams(segment_tolerance=tolerance)

            def everything(one: oscine.Annotations = one, two: oscine.Annotations = two) -> None:
                oscine.score(one, two, params).summary()  # noqa: B023

            print(
                f"  {f'oscine.score, {n} recordings, with its summary':55} {timed(everything, options.repeat):7.3f} s"
            )


if __name__ == "__main__":
    main()
