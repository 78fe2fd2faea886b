"""From a few annotated sounds to an annotated recording: the whole workflow in one page of Python.

    python examples/train_and_predict.py                    # writes into ./flies
    python examples/train_and_predict.py --folder elsewhere --steps 300

It makes its own recordings of a synthetic fly, of which all is known. With recordings of your own, leave out
`make_recordings` and point `Recordings` and `Annotations.load` to your folder.
"""
# ruff: noqa: T201 - a script speaks to who runs it

from __future__ import annotations

import argparse
from pathlib import Path

import soundfile

import oscine
from oscine.metrics.events import score_times
from oscine.testing import fly_song


def make_recordings(folder: Path, duration: float) -> oscine.Annotations:
    """Three recordings; a few sounds of two of them are annotated. Gives the truth of the third."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in (1, 2, 3):
        name = f"fly{number}.wav"
        sound, truth = fly_song(duration, seed=number, name=name)
        soundfile.write(folder / name, sound.T, 2500, "PCM_16")
        if number < 3:
            rows = truth.to_pandas().sample(frac=1, random_state=number)
            few = rows.groupby("label").head(30).sort_values("onset")
            # somebody marked single sounds: what is between them is unknown, not background
            annotations = oscine.Annotations(few, labels=truth.labels).with_coverage("rows")
            annotations.save(folder / f"fly{number}_annotations.csv")
    return truth


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("flies"))
    parser.add_argument("--duration", type=float, default=60.0, help="of each recording, s")
    parser.add_argument("--steps", type=int, default=150, help="of training")
    arguments = parser.parse_args()
    folder = arguments.folder
    truth = make_recordings(folder, arguments.duration)

    # learn from two recordings
    recordings = oscine.Recordings([folder / "fly1.wav", folder / "fly2.wav"])
    dataset = oscine.prepare(recordings, oscine.Annotations.load(folder))
    print(dataset)
    run = oscine.train(dataset, oscine.TrainParams(n_steps=arguments.steps), out=folder / "run")
    print(run)

    # how good is it on what was kept apart?
    print(oscine.evaluate(run.model, dataset))

    # annotate the third
    scores = oscine.predict(run.model, oscine.Recording(folder / "fly3.wav"))
    found = oscine.segment(scores, oscine.SegmentParams(max_gap=0.05, min_duration=0.05))
    found.save(folder / "fly3_predicted.csv")
    print(found)

    # here the truth is known
    pulses = (part.select(labels=["pulse"]).onsets for part in (truth, found))
    score = score_times(*pulses, 0.010)
    print(f"pulses within 10 ms: precision {score.precision:.3f}, recall {score.recall:.3f}, F1 {score.f1:.3f}")


if __name__ == "__main__":
    main()
