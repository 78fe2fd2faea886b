"""Print the tables of networks in the docs, or write them there: parameters, frames, what a frame sees.

    python docs/make_tables.py            # prints them
    python docs/make_tables.py --write    # puts them between their marks in docs/*.md

Nothing is trained. A test compares the pages with what is printed.
"""
# ruff: noqa: T201 - a script speaks to who runs it

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from oscine.networks.architecture import ARCHITECTURES, Architecture
from oscine.networks.network import Network
from oscine.networks.specification import Specification
from oscine.training.params import TrainParams
from oscine.training.task import receptive_field

HERE = Path(__file__).parent

HOMES = {
    "oscine": (32000, 12),
    "songexplorer": (2500, 3),
    "res-net1": (2500, 3),
    "u-net": (2500, 3),
    "autoencoder": (2500, 3),
    "das": (10000, 3),
    "tweetynet": (32000, 12),
    "conv-tcn": (32000, 12),
    "tcn": (32000, 12),
    "ed-tcn": (32000, 12),
}
"""Sample rate (Hz) and number of labels that each network is shown with."""

CONFIGURED = {
    "songexplorer": (2500, 3),
    "das": (10000, 3),
    "das-gui": (10000, 3),
    "das-fly": (10000, 3),
    "das-fly-multi": (10000, 3),
    "das-mouse": (300000, 2),
    "das-marmoset": (44100, 5),
    "das-bengalese": (32000, 7),
    "das-zebra": (32000, 7),
    "tweetynet": (32000, 12),
    "conv-tcn": (32000, 12),
    "tcn": (32000, 12),
    "ed-tcn": (32000, 12),
}
"""The same for the named configurations."""

N_CHANNELS = {"das-fly-multi": 9}
SEES_ALL = {"tweetynet", "ed-tcn"}
"""They read a window forwards and backwards, or divide by its largest value."""


def networks() -> Iterator[str]:
    """Every architecture with its defaults."""
    yield "| network | shown at | parameters | hop | a frame sees | exact |"
    yield "|---|---|--:|--:|--:|---|"
    for name, (rate, n_labels) in HOMES.items():
        architecture = ARCHITECTURES.make(name)
        network = build(name, architecture, rate, n_labels)
        exact = "yes" if network.is_exact else "no"
        if network.step > 1:
            exact += f", in steps of {network.step} frames"
        yield (
            f"| `{name}` | {rate / 1000:g} kHz, {n_labels} labels | {thousands(network.n_parameters)} | "
            f"{seconds(network.hop / rate)} | {sees(name, network, architecture)} | {exact} |"
        )


def configurations() -> Iterator[str]:
    """Every named configuration."""
    yield "| `--params` | shown at | parameters | hop | a frame sees | window | windows a batch |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for name, (rate, n_labels) in CONFIGURED.items():
        params = TrainParams.named(name)
        network = build(name, params.architecture, rate, n_labels, N_CHANNELS.get(name, 1))
        channels = f", {N_CHANNELS[name]} channels" if name in N_CHANNELS else ""
        yield (
            f"| `{name}` | {rate / 1000:g} kHz, {n_labels} labels{channels} | {thousands(network.n_parameters)} | "
            f"{seconds(network.hop / rate)} | {sees(name, network, params.architecture)} | "
            f"{seconds(params.window or 0)} | {params.batch_size} |"
        )


TABLES = {"networks": networks, "configurations": configurations}


def build(name: str, architecture: Architecture, rate: float, n_labels: int, n_channels: int = 1) -> Network:
    """The network for so many labels."""
    labels = tuple(f"label{number}" for number in range(n_labels))
    n_outputs = n_channels if name == "autoencoder" else n_labels
    task = Specification(labels=labels, sample_rate=float(rate), n_channels=n_channels, n_outputs=n_outputs)
    return architecture.build(task)


def sees(name: str, network: Network, architecture: Architecture) -> str:
    """How much sound decides what a frame is said to be."""
    return "its window" if name in SEES_ALL else seconds(receptive_field(network, architecture))


def seconds(value: float) -> str:
    """A duration with three digits.

    Examples
    --------
    >>> seconds(0.8640), seconds(0.00005)
    ('864 ms', '0.05 ms')
    """
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"


def thousands(number: int) -> str:
    """A whole number in groups of three digits."""
    return f"{number:,}".replace(",", " ")


def main() -> None:
    """Print or write all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    for name, table in TABLES.items():
        lines = "\n".join(table())
        print(f"{lines}\n")
        if arguments.write:
            for page in HERE.glob("*.md"):
                text = page.read_text(encoding="utf-8")
                marks = rf"(<!-- table: {name} -->\n).*?(<!-- /table -->)"
                page.write_text(re.sub(marks, rf"\g<1>{lines}\n\g<2>", text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
