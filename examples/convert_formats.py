"""The same annotations in every format that can be written, and what each of them cannot hold.

    python examples/convert_formats.py                           # of a synthetic fly, into ./formats
    python examples/convert_formats.py bird7/may01_annotations.csv --out formats/

On the command line, one at a time: oscine convert may01_annotations.csv --to raven --out may01.txt
"""
# ruff: noqa: T201 - a script speaks to who runs it

from __future__ import annotations

import argparse
from pathlib import Path

import soundfile

import oscine
from oscine.annotations.formats import FORMATS
from oscine.testing import fly_song


class Telling(oscine.Monitor):
    """Operations never print; what they have to say, they tell their monitor."""

    def warning(self, text: str) -> None:
        """Print what may be wrong."""
        print(f"  {text}")


def make_example(folder: Path) -> Path:
    """A synthetic recording with its annotations beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    sound, truth = fly_song(20, seed=1, name="fly.wav")
    soundfile.write(folder / "fly.wav", sound.T, 2500, "PCM_16")
    return truth.save(folder / "fly_annotations.csv")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path("formats"))
    arguments = parser.parse_args()
    path = arguments.annotations or make_example(arguments.out)
    annotations = oscine.Annotations.load(path)
    print(annotations)
    # formats that count samples need the sample rate: from the recordings beside the annotations
    recordings = oscine.Recordings(path if path.is_dir() else path.parent)
    for name, member in FORMATS.members().items():
        if not member.writable:
            print(f"{name}: can only be read")
            continue
        print(f"{name}:")
        try:
            converted = oscine.convert(annotations, oscine.ConvertParams(to=name), monitor=Telling())
            folder = arguments.out / name
            folder.mkdir(parents=True, exist_ok=True)
            converted.save(folder, format=name, recordings=recordings)
        except oscine.InputError as error:
            print(f"  not written: {error}")
            continue
        again = oscine.Annotations.load(folder, format=name, recordings=recordings)
        print(f"  {len(again)} rows in {', '.join(sorted(file.name for file in folder.iterdir()))}")


if __name__ == "__main__":
    main()
