"""The poster's grid, small: one network, one window, two losses, two replicates, on seconds of synthetic song."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from oscine.annotations.annotations import Annotations
from oscine.training import many
from oscine.training.runs import Runs

FILE = Path(__file__).parents[2] / "benchmarks" / "poster.py"
PITCHES = {"a": 2000.0, "b": 3000.0, "c": 5000.0}


@pytest.fixture(scope="module")
def poster():
    sys.path.insert(0, str(FILE.parent))  # its neighbour `machine`
    spec = importlib.util.spec_from_file_location("poster", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(FILE.parent))


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """Tones of 80 ms in the order a b c, at 16 kHz: four files to learn from, and two."""
    folder = tmp_path_factory.mktemp("song")
    random = np.random.default_rng(0)
    for part, n in (("train", 4), ("val", 2)):
        (folder / part).mkdir()
        for number in range(n):
            sound = 0.01 * random.standard_normal(16000 * 2)
            rows = []
            for place in range(12):
                onset, label = 0.1 + 0.15 * place, "abc"[place % 3]
                at = np.arange(round(onset * 16000), round((onset + 0.08) * 16000))
                sound[at] += 0.3 * np.sin(2 * np.pi * PITCHES[label] * at / 16000)
                rows.append({"recording": f"{number}.wav", "onset": onset, "offset": onset + 0.08, "label": label})
            soundfile.write(folder / part / f"{number}.wav", sound, 16000)
            Annotations(rows).save(folder / part / f"{number}_annotations.csv")
    return folder


def given(song: Path, out: Path) -> list[str]:
    text = f"--data {song} --out {out} --families tcn --windows 64 --losses ce tmse --replicates 2"
    return f"{text} --seconds 4 --steps 8 --period 4 --batch 4 --at-once 1 --device cpu".split()


def test_a_small_grid_is_trained_scored_drawn_and_resumed(poster, song, tmp_path, monkeypatch, capsys):
    torch.set_num_threads(1)
    out = tmp_path / "poster"
    assert poster.main(given(song, out)) == 0
    runs = Runs.load(out)
    assert len(runs.finished) == 4
    assert runs.missing == ()
    results = pd.read_csv(out / "results.csv")
    assert len(results) == 4
    assert results["raw_frame_error"].between(0, 1).all()
    one, other = (runs.runs[f"tcn-w64-ce-r{i}"].params for i in (1, 2))
    assert (one["seed"], other["seed"], one["seconds"]) == (0, 1, 4.0)
    assert one["smoothing"]["weight"] == 0.0
    assert runs.runs["tcn-w64-tmse-r1"].params["smoothing"] == {"name": "tmse", **one["smoothing"], "weight": 0.15}
    table = pd.read_csv(out / "summary.csv")
    assert (table["n"] == 2).all()
    mine = results[(results["family"] == "tcn") & (results["loss"] == "ce")]
    row = table[(table["family"] == "tcn") & (table["loss"] == "ce") & (table["cleaned"] == "yes")].iloc[0]
    assert row["frame_error"] == pytest.approx(100 * mine["cleaned_frame_error"].mean())
    assert row["frame_error_sd"] == pytest.approx(100 * mine["cleaned_frame_error"].std(ddof=1))
    assert (out / "windows.png").stat().st_size > 10_000
    assert (out / "losses.png").exists()
    printed = capsys.readouterr().out
    assert "| tcn | 64 | ce | no |" in printed
    assert "3.62 / 130.29 / 72.42" in printed

    monkeypatch.setattr(many, "run_here", None)  # nothing is trained again
    monkeypatch.setattr(poster, "score", None)  # nor scored
    before = (out / "results.csv").read_bytes()
    assert poster.main(given(song, out)) == 0
    assert (out / "results.csv").read_bytes() == before


def test_the_published_values(poster):
    """Those that the issue names as targets (vak.md §5.1-5.2)."""
    table = poster.published()
    assert len(table) == 42
    cleaned = table[table["cleaned"] == "yes"]
    assert cleaned["frame_error"].min() == 1.42
    assert cleaned["syllable_error"].min() == 1.24
    assert cleaned["boundary_f1"].max() == 96.65
    assert table[table["cleaned"] == "no"]["syllable_error"].min() == 3.37
    f1 = 2 * table["precision"] * table["recall"] / (table["precision"] + table["recall"])
    assert (abs(f1 - table["boundary_f1"]) < 0.7).all()  # means of F1 are not F1 of means, but nearly


def test_the_whole_grid_is_that_of_the_poster(poster):
    options = poster.arguments([])
    assert len(poster.cells(options.families, options.windows, options.losses, shown_only=False)) == 45
    shown = poster.cells(options.families, options.windows, options.losses, shown_only=True)
    assert len(shown) == 19  # fifteen windows with cross-entropy; two losses of two families at 2000 frames
    params = poster.parameters(("tweetynet", 4000, "gaussian-tmse"), 3, options)
    assert (params.window, params.batch_size, params.seed, params.patience) == (8.0, 16, 2, 4)
    assert (params.smoothing.plugin_name, params.smoothing.weight) == ("gaussian-tmse", 0.15)
