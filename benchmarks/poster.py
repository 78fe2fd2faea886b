"""Families of networks by window and loss: the poster of Nicholson & Cohen (2023) on the song of a Bengalese finch.

    python benchmarks/poster.py                                   all of it: 225 trainings, for a GPU or many cores
    python benchmarks/poster.py --published                       only what the poster shows: 95 trainings
    python benchmarks/poster.py --families tcn --windows 64 176 --losses ce --replicates 1 --steps 500
    python benchmarks/poster.py --data FOLDER --seconds 1800      other song: FOLDER/train, FOLDER/val

Three families (`tweetynet`, `conv-tcn`, `tcn`) learn with windows of 64 to 4000 frames of 2 ms, with cross-entropy
alone (ce) or with a term against changes from frame to frame (tmse, gaussian-tmse), five replicates each: other
weights, and another random part of the training song that holds every syllable. As in the poster: Adam at a rate of
0.003, 16 windows a batch, windows padded with zeros in training and prediction alike, validation every 1000 steps, a
stop after four without gain in frame error. Scored are whole songs that have no say in anything, as their most probable
labels (raw) and after the majority vote with segments of 10 ms at least (cleaned): means over songs, as there.

Everything goes to `--out`, `runs/poster` by default, and the same command goes on where it was interrupted:

    runs.json, tcn-w64-ce-r1/ …      the trainings, several at a time; each with its score.json
    results.csv, summary.csv         a row for each training, and for each cell of the grid
    windows.png, losses.png          the poster's figures: ours, and the published values (`poster.csv`) in grey

The published figures are of four birds and 1800 s of song; the data here are of one other bird and 600 s by default, so
what is to be compared is how they go with window and loss.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import machine
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

import oscine
from oscine.core.artifacts import write_json, write_text
from oscine.core.errors import Cancelled, OscineError
from oscine.evaluation.segmentation import score_segmentation
from oscine.figures.style import INK, MUTED, NORMAL, SMALL, dress, new_figure
from oscine.prediction.decoders.majority import Majority
from oscine.prediction.decoders.maximum import Maximum
from oscine.terminal import TerminalMonitor
from oscine.training.many import Training, train_many
from oscine.training.runs import Runs

FRAME = 0.002
"""Seconds from one frame of vak's spectrogram to the next."""
FAMILIES = ("tweetynet", "conv-tcn", "tcn")
WINDOWS = (64, 176, 1000, 2000, 4000)
LOSSES = ("ce", "tmse", "gaussian-tmse")
WEIGHT = 0.15
"""Of the term against changes, as in the poster."""
TOLERANCE = 0.004
MEASURES = {"frame_error": "frame error, %", "syllable_error": "syllable error, %", "boundary_f1": "boundary F1, %"}
PUBLISHED = Path(__file__).with_suffix(".csv")
COLOURS = dict(zip(FAMILIES, ("#0072b2", "#d55e00", "#009e73"), strict=True))

Cell = tuple[str, int, str]


def published() -> pd.DataFrame:
    """The poster's values, in percent."""
    return pd.read_csv(PUBLISHED, comment="#")


def cells(families: Sequence[str], windows: Sequence[int], losses: Sequence[str], *, shown_only: bool) -> list[Cell]:
    """The cells of the grid, family by family."""
    shown = {(row.family, row.window, row.loss) for row in published().itertuples()}
    grid = [(family, window, loss) for family in families for window in windows for loss in losses]
    return [cell for cell in grid if cell in shown] if shown_only else grid


def parameters(cell: Cell, replicate: int, options: argparse.Namespace) -> oscine.TrainParams:
    """How one model is trained."""
    family, window, loss = cell
    values = oscine.TrainParams.named(family).to_dict()
    values |= {
        "window": window * FRAME,
        "batch_size": options.batch,
        "learning_rate": 0.003,
        "n_steps": options.steps,
        "n_epochs": None,
        "period": min(options.period, options.steps),
        "patience": 4,
        "criterion": "frame-error",
        "seconds": options.seconds,
        "seed": options.seed + replicate - 1,
        "device": options.device,
        "smoothing": {"name": "tmse" if loss == "ce" else loss, "weight": 0.0 if loss == "ce" else WEIGHT},
    }
    values["architecture"]["padding"] = "zeros"
    return oscine.TrainParams.model_validate(values)


def load(folder: Path, seed: int, validated: float = 80.0) -> oscine.Dataset:
    """All song of a folder: files of about 80 s (a quarter, where that is less) to choose the best step by."""
    recordings, truth = oscine.Recordings(folder), oscine.Annotations.load(folder)
    random = np.random.default_rng(seed)
    names = [recordings[int(place)].name for place in random.permutation(len(recordings))]
    total = np.cumsum([recordings.by_name(name).duration for name in names])
    n = max(1, int(np.searchsorted(total, min(validated, total[-1] / 4))))
    parts = {"train": truth.select(recordings=names[n:]), "validation": truth.select(recordings=names[:n])}
    if missing := set(truth.label_names) - set(parts["train"].to_pandas()["label"]):
        raise oscine.InputError("no training song has a syllable", found=sorted(missing), cure="Choose another --seed")
    labels = oscine.LabelSet(("background", *sorted(truth.label_names)))
    same = {name: part.with_rows(part.to_pandas(), labels=labels) for name, part in parts.items()}
    return oscine.Dataset(recordings, labels, same)


def score(model: oscine.Model, folder: Path) -> dict[str, float]:
    """How well a model labels songs that it never saw, raw and cleaned: means over songs, as shares."""
    recordings, truth = oscine.Recordings(folder), oscine.Annotations.load(folder)
    durations = {recording.name: recording.duration for recording in recordings}
    scores = [oscine.predict(model, recording) for recording in recordings]
    values = {}
    for kind, decoder in (("raw", Maximum()), ("cleaned", Majority(min_duration=0.010))):
        found = [oscine.segment(one, oscine.SegmentParams(decoder=decoder)) for one in scores]
        songs = score_segmentation(truth, found[0].concat(*found[1:]), durations, tolerances=(TOLERANCE,)).by_recording
        rates = {
            "frame_error": [song.frame_error for song in songs.values()],
            "syllable_error": [song.syllable_error_rate for song in songs.values()],
            "boundary_f1": [song.boundaries[TOLERANCE].pooled.f1 for song in songs.values()],
        }
        values |= {f"{kind}_{name}": float(np.nanmean(rate)) for name, rate in rates.items()}
    return values


def scored(run: oscine.Run, folder: Path) -> dict[str, float]:
    """The same, kept beside the run; made anew where its model is another."""
    kept, digest = run.path / "score.json", run.model.digest
    if kept.exists() and (card := json.loads(kept.read_text(encoding="utf-8")))["model"] == digest:
        return dict(card["score"])
    found = score(run.model, folder)
    write_json(kept, {"model": digest, "score": found})
    return found


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over replicates of every cell, in percent, raw and cleaned; as in `poster.csv`."""
    rows = []
    for (family, window, loss), mine in results.groupby(["family", "window", "loss"], sort=False):
        for cleaned, kind in (("no", "raw"), ("yes", "cleaned")):
            row: dict[str, Any] = {"family": family, "window": window, "loss": loss, "cleaned": cleaned, "n": len(mine)}
            for name in MEASURES:
                values = 100 * mine[f"{kind}_{name}"]
                row |= {name: values.mean(), f"{name}_sd": values.std(ddof=1) if len(values) > 1 else 0.0}
            rows.append(row)
    return pd.DataFrame(rows)


def plot(table: pd.DataFrame, by: str, chosen: dict[str, Any]) -> Figure:
    """Each measure by window or by loss, raw above and cleaned below, beside the published values.

    Parameters
    ----------
    table
        From `summary`.
    by
        "window" or "loss".
    chosen
        The other one's value, such as {"loss": "ce"}.
    """
    (fixed, value) = next(iter(chosen.items()))
    places = [str(one) for one in (WINDOWS if by == "window" else LOSSES)]
    figure = new_figure(10.0, 5.6)
    grid = figure.subplots(2, len(MEASURES), sharex=True, squeeze=False)
    theirs = published()
    theirs = theirs[theirs["experiment"] == f"{by}s" if by == "window" else theirs["experiment"] == "losses"]
    for row, (cleaned, kind) in enumerate((("no", "raw"), ("yes", "cleaned"))):
        for axes, (name, heading) in zip(grid[row], MEASURES.items(), strict=True):
            dress(axes, grid="y")
            for source, ours in ((theirs, False), (table[table[fixed] == value], True)):
                for shift, (family, colour) in enumerate(COLOURS.items()):
                    mine = source[(source["family"] == family) & (source["cleaned"] == cleaned)]
                    if len(mine) == 0:
                        continue
                    x = np.array([places.index(str(one)) for one in mine[by]]) + 0.08 * (shift - 1)
                    order = np.argsort(x)
                    axes.errorbar(
                        x[order], mine[name].to_numpy()[order], mine[f"{name}_sd"].to_numpy()[order],
                        color=colour, alpha=1.0 if ours else 0.35, marker="o" if ours else "s", markersize=4.5,
                        linewidth=1.6 if ours else 1.0, linestyle="-" if ours else "--", elinewidth=1,
                    )  # fmt: skip
            if name == "syllable_error" and axes.lines:
                axes.set_yscale("log")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.yaxis.set_minor_locator(NullLocator())
                axes.yaxis.set_major_formatter(lambda number, _: f"{number:g}")
            axes.set_title(f"{heading}, {kind}", loc="left", fontsize=NORMAL, color=INK)
            axes.set_xticks(range(len(places)), places)
            axes.set_xlim(-0.4, len(places) - 0.6)
            if row == 1:
                axes.set_xlabel("window, frames of 2 ms" if by == "window" else "loss")
    handles = [
        *(axes.plot([], [], "o-", color=colour, label=family)[0] for family, colour in COLOURS.items()),
        axes.plot([], [], "o-", color=MUTED, label="here")[0],
        axes.plot([], [], "s--", color=MUTED, alpha=0.5, label="Nicholson & Cohen (2023)")[0],
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize=SMALL, labelcolor=INK)
    return figure


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(__file__).parents[2] / "shared" / "data" / "bengalese_finch"
    parser.add_argument("--data", type=Path, default=data, help="folder with train/ and val/")
    parser.add_argument("--out", type=Path, default=Path("runs", "poster"))
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=FAMILIES)
    parser.add_argument("--windows", nargs="+", type=int, choices=WINDOWS, default=WINDOWS)
    parser.add_argument("--losses", nargs="+", choices=LOSSES, default=LOSSES)
    parser.add_argument("--published", action="store_true", help="only the cells that the poster shows")
    parser.add_argument("--replicates", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=600.0, help="of song to learn from")
    parser.add_argument("--steps", type=int, default=20000, help="at most, of each training")
    parser.add_argument("--period", type=int, default=1000, help="steps between validations")
    parser.add_argument("--batch", type=int, default=16, help="windows in a batch")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--at-once", type=int, help="trainings at a time; as many as there are cores or GPUs")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(given)


def run(options: argparse.Namespace, monitor: oscine.Monitor) -> pd.DataFrame:
    """Train, score, and draw; returns the summary."""
    song = options.out / "data"
    if not song.exists():  # a training leaves a note beside its recordings
        part = song.with_name(".data.partial")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(options.data, part)
        part.rename(song)
    dataset = load(song / "train", options.seed)
    grid = cells(options.families, options.windows, options.losses, shown_only=options.published)
    plan = {
        f"{family}-w{window}-{loss}-r{replicate}": ((family, window, loss), replicate)
        for replicate in range(1, options.replicates + 1)  # a first replicate of all, before the second of any
        for family, window, loss in grid
    }
    trainings = [
        Training(name, dataset, parameters(cell, replicate, options), options.out / name)
        for name, (cell, replicate) in plan.items()
    ]
    Runs(options.out, "poster", tuple(plan)).save()
    trained = train_many(trainings, at_once=options.at_once, monitor=monitor)
    rows = []
    with monitor.task("Scoring", total=len(trained), unit="models") as task:
        for name, one in trained.items():
            (family, window, loss), replicate = plan[name]
            about = {"family": family, "window": window, "loss": loss, "replicate": replicate}
            rows.append({**about, **scored(one, song / "val")})
            task.advance()
    results = pd.DataFrame(rows)
    table = summary(results)
    write_text(options.out / "results.csv", results.to_csv(index=False, lineterminator="\n"))
    write_text(options.out / "summary.csv", table.to_csv(index=False, lineterminator="\n"))
    plot(table, "window", {"loss": "ce"}).savefig(options.out / "windows.png", dpi=150)
    plot(table, "loss", {"window": 2000}).savefig(options.out / "losses.png", dpi=150)
    return table


def lines(table: pd.DataFrame) -> list[str]:
    """The summary as Markdown, beside what is published."""
    keys = ["family", "window", "loss", "cleaned"]
    theirs = published().drop_duplicates(keys).set_index(keys)
    found = [
        "| network | window | loss | cleaned | frame error | syllable error | boundary F1 | published |",
        "|---|--:|---|---|--:|--:|--:|---|",
    ]
    for _, row in table.iterrows():
        cell = tuple(row[key] for key in keys)
        there = [f"{theirs.loc[cell, name]:.2f}" for name in MEASURES] if cell in theirs.index else ["–"]
        ours = [f"{row[name]:.2f} ± {row[f'{name}_sd']:.2f}" for name in MEASURES]
        found.append(f"| {' | '.join([*map(str, cell), *ours, ' / '.join(there)])} |")
    return found


def main(given: Sequence[str] | None = None) -> int:
    options = arguments(given)
    try:
        with TerminalMonitor() as monitor:
            table = run(options, monitor)
    except Cancelled:
        return 130
    except OscineError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{machine()}\n{options.seconds:g} s of song, up to {options.steps} steps, {options.replicates} replicates\n")
    print("\n".join(lines(table)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
