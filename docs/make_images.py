"""Draw the pictures of the README and the docs, from the demonstration's synthetic fly.

    python docs/make_images.py            # writes docs/images/*.png; a minute

The model is the demonstration's: trained on some sounds of two recordings, shown on a third.
"""
# ruff: noqa: T201 - a script speaks to who runs it

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

import oscine
from oscine.figures.evaluation_report import report_evaluation
from oscine.testing import LABELS, fly_song

HERE = Path(__file__).parent
STRETCH = (52.4, 56.0)
"""Seconds shown: a stretch with trains of pulses, sines and ambient noise."""
DEMO_SEED = 0
REPORT_HEIGHT = 1520
"""Pixels of the report that are shown, down to the confusion matrix."""


def main() -> None:
    """Draw all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "images")
    parser.add_argument("--start", type=float, default=STRETCH[0])
    parser.add_argument("--stop", type=float, default=STRETCH[1])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "demo")
        print(oscine.demo(out=folder))
        draw_ethogram(folder, arguments.out / "ethogram.png", arguments.start, arguments.stop)
        draw_report(folder, arguments.out / "report.png")


def draw_ethogram(folder: Path, path: Path, start: float, stop: float) -> None:
    """Sound, spectrogram, scores, truth and prediction of the recording that the model has not seen."""
    recording = oscine.Recording(folder / "fly3.wav")
    _, truth = fly_song(recording.duration, seed=DEMO_SEED + 3, name=recording.name)
    model = oscine.Run.load(folder / "run1").model
    figure = oscine.plot_ethogram(
        recording,
        start=start,
        stop=stop,
        scores=oscine.predict(model, recording),
        labels=LABELS,
        lanes={"truth": truth, "predicted": oscine.Annotations.load(folder / "fly3_predicted.csv")},
        heading="Song of a synthetic fly that the model has not heard before",
    )
    figure.savefig(path, dpi=130)
    print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")


def draw_report(folder: Path, path: Path) -> None:
    """The head of the report of an evaluation, as a browser shows it; where there is no browser the picture stays."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print(f"{path} stays: no chromium")
        return
    result = oscine.evaluate(oscine.Run.load(folder / "run1"), out=folder / "run1.evaluation")
    page = report_evaluation(result).save(folder / "report_of_run.html")
    shot = folder / "report.png"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               "--hide-scrollbars", f"--user-data-dir={folder / 'browser'}", f"--window-size=1280,{REPORT_HEIGHT}",
               f"--screenshot={shot}", page.resolve().as_uri()]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - a browser of this machine
    with Image.open(shot) as image:
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=96).save(path, optimize=True)
    print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
