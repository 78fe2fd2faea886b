"""Draw the pictures of the README and the docs, from the demonstration's synthetic fly.

    python docs/make_images.py            # writes docs/images/*.png; a minute

The model is the demonstration's: trained on some sounds of two recordings, shown on a third.
"""
# ruff: noqa: T201 - a script speaks to who runs it

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import oscine
from oscine.testing import LABELS, fly_song

HERE = Path(__file__).parent
STRETCH = (52.4, 56.0)
"""Seconds shown: a stretch with trains of pulses, sines and ambient noise."""
DEMO_SEED = 0


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


if __name__ == "__main__":
    main()
