"""Song of a Bengalese finch: networks trained for the same time, or as many steps, on the same ten minutes of song.

    python benchmarks/bengalese.py                       the table of networks
    python benchmarks/bengalese.py --table windows       TweetyNet and TCNs by the length of their windows
    python benchmarks/bengalese.py --table losses        the smoothing terms
    python benchmarks/bengalese.py --table long          ours alone, trained for as long as it takes
    python benchmarks/bengalese.py --model runs/finch    a run that there is, trained on the same files
    python benchmarks/bengalese.py --only oscine tcn     some rows
    python benchmarks/bengalese.py --budget 60           seconds of training for each network
    python benchmarks/bengalese.py --steps 500           steps of training for each row

Ten minutes of `train` (chosen by a seed, every syllable among them) are learnt from, other files of it (about 80 s)
choose the best step, and the nine files of `val` are scored, which have no say in anything. Scored is the most
probable label of each frame as it is (raw), after the clean-up of the TweetyNet paper (a run of sound lasts 20 ms at
least and takes the label that most of its frames have), and as `oscine postprocess` chooses on the validation files
(tuned): frame error, on frames of 1 ms; syllable error rate; F1 of the boundaries at ±4 ms; all pooled over files.
Frames of 2 ms that are all right have a frame error of 0.59 % there, since people's boundaries lie between them;
`frames` is the share of the network's own frames that is wrong. Every row runs in a process of its own, for its peak
memory. Speeds are seconds of sound per second, of training without validation.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import machine

import oscine
from oscine.datasets.sampler import FrameGrid
from oscine.evaluation.segmentation import score_segmentation
from oscine.prediction.decoders.majority import Majority
from oscine.prediction.decoders.maximum import Maximum
from oscine.training.examples import find_truth

FRAME = 0.002
"""Seconds from one frame of vak's spectrogram to the next, at the rate of these recordings."""

LONG = {"oscine-long": 2000, "oscine-fine": 900}
"""Rows with steps of their own, whatever the others have: the default, and one with frames of 1 ms, windows of 8 ms for
them and dropout 0.1; the model with the least frame error in validation is taken, of one every tenth of the steps."""

_FINE = {
    "name": "oscine",
    "dropout": 0.1,
    "representation": {"name": "log-mel", "window": 0.008, "stride": 0.001},
    "dilations": (1, 2, 4, 8, 16, 32, 64, 1, 2, 4),
}

VAK = ("tweetynet", "conv-tcn", "tcn")
TABLES = {
    "networks": ("oscine", *VAK, "ed-tcn", "das-bengalese", "songexplorer"),
    "windows": tuple(f"{name}:{n}" for name in VAK for n in (64, 176, 1000, 2000)),
    "long": tuple(LONG),
    "losses": tuple(f"{name}:1000{term}" for name in VAK[:2] for term in ("", ":tmse", ":gaussian-tmse")),
}
"""Rows: a named configuration; or a network of vak with windows of so many frames, padded with zeros as vak pads them,
in training and prediction alike, and perhaps with a smoothing term. Whatever the window, a batch has 4000 frames, so
that rows differ in what a frame can see and not in how much is learnt from at once; the learning rate is the poster's,
0.003."""


def parameters(row: str) -> oscine.TrainParams:
    """How a row is trained, but for the number of steps."""
    name, *rest = row.split(":")
    if name == "oscine":
        return oscine.TrainParams()
    if row == "oscine-long":
        return oscine.TrainParams(criterion="frame-error")
    if row == "oscine-fine":
        return oscine.TrainParams.model_validate({"architecture": _FINE, "criterion": "frame-error"})
    values = oscine.TrainParams.named(name).to_dict()
    if name == "songexplorer":  # windows of 6.4 ms are no power of two at 32 kHz
        values["architecture"]["representation"] |= {
            "window": 0.008,
            "stride": 0.002,
            "n_mel": 40,
            "n_coefficients": 40,
        }
    if rest:
        n_frames = int(rest[0])
        values |= {"window": n_frames * FRAME, "batch_size": max(1, 4000 // n_frames), "learning_rate": 0.003}
        values["architecture"]["padding"] = "zeros"
    if len(rest) > 1:
        values["smoothing"] = {"name": rest[1], "weight": 0.15}
    return oscine.TrainParams.model_validate(values)


def load(folder: Path, seconds: float, seed: int) -> oscine.Dataset:
    """Files to learn from, and others to choose the best step by."""
    recordings, truth = oscine.Recordings(folder), oscine.Annotations.load(folder)
    random = np.random.default_rng(seed)
    names = [recordings[int(place)].name for place in random.permutation(len(recordings))]
    total = np.cumsum([recordings.by_name(name).duration for name in names])
    n_train = int(np.searchsorted(total, seconds)) + 1
    n_used = int(np.searchsorted(total, total[n_train - 1] + 80.0)) + 1
    parts = {
        "train": truth.select(recordings=names[:n_train]),
        "validation": truth.select(recordings=names[n_train:n_used]),
    }
    missing = set(truth.label_names) - set(parts["train"].label_names)
    assert not missing, f"choose another --seed: no {missing} among these files"
    used = oscine.Recordings([recordings.by_name(name) for name in names[:n_used]])
    return oscine.Dataset(used, oscine.LabelSet(("background", *sorted(truth.label_names))), parts)


def run(row: str, folder: Path, seconds: float, budget: float, steps: int, seed: int) -> dict[str, Any]:
    """Train, predict and score one row."""
    dataset = load(folder / "train", seconds, seed)
    params = parameters(row).model_copy(update={"seed": seed})
    with tempfile.TemporaryDirectory() as out:
        n_steps = LONG.get(row, steps)
        if not n_steps:
            trial = params.model_copy(update={"n_steps": 12, "n_epochs": None, "period": 100, "patience": None})
            step = step_seconds(oscine.train(dataset, trial, out=Path(out, "trial")))
            n_steps = max(20, round(budget / step))
        period = -(-n_steps // (10 if row in LONG else 5))
        chosen = params.model_copy(update={"n_steps": n_steps, "n_epochs": None, "period": period, "patience": None})
        started = time.monotonic()
        result = oscine.train(dataset, chosen, out=Path(out, "run"))
        elapsed, step = time.monotonic() - started, step_seconds(result)
        model = result.model
        window = model.training["params"]["window"]
        tuned = oscine.postprocess(model, dataset)  # on the validation files; kept in the model
        values = score(model.with_decoding(tuned.decoding), folder / "val")
        values["decoding"] = tuned.words[1]
    return {
        "row": row,
        "parameters": model.network.n_parameters,
        "window": window,
        "hop": model.hop / model.sample_rate,
        "steps": n_steps,
        "elapsed": elapsed,
        "training speed": model.training["params"]["batch_size"] * window / step,
        **values,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def score_model(path: Path, folder: Path, seconds: float, seed: int) -> dict[str, Any]:
    """The scores of a model that there is, with the decoding that its validation files choose; it stays as it is."""
    model = oscine.Model.load(path)
    tuned = oscine.postprocess(model, load(folder / "train", seconds, seed), oscine.PostprocessParams(store=False))
    return {**score(model.with_decoding(tuned.decoding), folder / "val"), "decoding": tuned.words[1]}


def step_seconds(run: oscine.Run) -> float:
    """Median seconds of a step, validations left out."""
    lines = [json.loads(line) for line in (run.path / "replicate-1" / "metrics.jsonl").read_text().splitlines()]
    times = [line["seconds"] for line in lines if "loss" in line]
    return float(np.median(np.diff(times)))


def score(model: oscine.Model, folder: Path) -> dict[str, Any]:
    """How well the model labels recordings that it never saw, raw and cleaned."""
    recordings, truth = oscine.Recordings(folder), oscine.Annotations.load(folder)
    durations = {recording.name: recording.duration for recording in recordings}
    started = time.perf_counter()
    scores = {recording.name: oscine.predict(model, recording) for recording in recordings}
    values: dict[str, Any] = {"prediction speed": sum(durations.values()) / (time.perf_counter() - started)}
    grid = FrameGrid(model.hop, model.context, model.sample_rate)
    by_name = {recording.name: recording for recording in recordings}
    true = find_truth(truth, by_name, oscine.LabelSet(model.labels), model.target, grid)
    wrong = [scores[name].values.argmax(0) != true(name, 0, scores[name].n_frames) for name in durations]
    values["frames"] = float(np.concatenate(wrong).mean())
    ways: dict[str, dict[str, Any]] = {
        "raw": {"decoder": Maximum()},
        "cleaned": {"decoder": Majority(min_duration=0.020)},
        "tuned": {},  # as the model has it
    }
    for kind, way in ways.items():
        found = [oscine.segment(scores[name], oscine.SegmentParams(**way)) for name in durations]
        pooled = score_segmentation(truth, found[0].concat(*found[1:]), durations).pooled
        values |= {
            f"{kind} frame error": pooled.frame_error,
            f"{kind} syllable error": pooled.syllable_error_rate,
            f"{kind} boundary f1": pooled.boundaries[0.004].pooled.f1,
            f"{kind} boundary precision": pooled.boundaries[0.004].pooled.precision,
            f"{kind} boundary recall": pooled.boundaries[0.004].pooled.recall,
        }
    return values


def lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """The table, as Markdown."""
    yield (
        "| network | parameters | window s | steps | frames wrong | raw: frame error / syllable error / boundary F1 | "
        "cleaned | tuned | training ×  | prediction × | memory GB |"
    )
    yield "|---|--:|--:|--:|--:|---|---|---|--:|--:|--:|"
    for row in rows:
        raw, cleaned, tuned = (
            f"{row[f'{kind} frame error']:.2%} / {row[f'{kind} syllable error']:.2%} / {row[f'{kind} boundary f1']:.4f}"
            for kind in ("raw", "cleaned", "tuned")
        )
        yield (
            f"| {row['row']} | {row['parameters']:,} | {row['window']:.3g} | {row['steps']} | {row['frames']:.2%} | "
            f"{raw} | {cleaned} | {tuned} | "
            f"{row['training speed']:.3g} | {row['prediction speed']:.3g} | {row['memory'] / 1e9:.2f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(__file__).parents[2] / "shared" / "data" / "bengalese_finch"
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--table", choices=TABLES, default="networks")
    parser.add_argument("--only", nargs="+", help="rows to run")
    parser.add_argument("--seconds", type=float, default=600, help="of sound to learn from")
    parser.add_argument("--budget", type=float, default=600, help="seconds of training for each row")
    parser.add_argument("--steps", type=int, default=0, help="of training for each row, whatever time they take")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="file that finished rows are kept in, and not run again")
    parser.add_argument("--model", type=Path, help="score this run instead, trained on the same files before")
    parser.add_argument("--row", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    settings = {name: getattr(arguments, name) for name in ("seconds", "budget", "steps", "seed")}
    if arguments.row:
        print(json.dumps(run(arguments.row, arguments.data, **settings)))
        return
    if arguments.model:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(arguments.data, folder, dirs_exist_ok=True)
            print(json.dumps(score_model(arguments.model, Path(folder), arguments.seconds, arguments.seed), indent=1))
        return
    kept = json.loads(arguments.json.read_text()) if arguments.json and arguments.json.exists() else {}
    with tempfile.TemporaryDirectory() as folder:  # a training leaves a note beside its recordings
        shutil.copytree(arguments.data, folder, dirs_exist_ok=True)
        rows = []
        for row in arguments.only or TABLES[arguments.table]:
            if row not in kept:
                options = [str(item) for name, value in settings.items() for item in (f"--{name}", value)]
                command = [sys.executable, __file__, "--row", row, "--data", folder, *options]
                process = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                kept[row] = json.loads(process.stdout.splitlines()[-1])
                if arguments.json:
                    arguments.json.write_text(json.dumps(kept, indent=1) + "\n")
            rows.append(kept[row])
    print(f"{machine()}, {torch.get_num_threads()} thread(s) for the network")
    length = f"{arguments.steps} steps" if arguments.steps else f"{arguments.budget:g} s"
    print(f"{arguments.seconds:g} s of song, {length} of training each, seed {arguments.seed}\n")
    print("\n".join(lines(rows)))


if __name__ == "__main__":
    main()
