"""The loader alone: how fast windows are drawn and augmented, beside how fast networks learn from them.

    python benchmarks/loader.py                      both kinds of data, beside the speed at which networks learn here
    python benchmarks/loader.py --only-loader        the loader alone, on the frames of one network
    python benchmarks/loader.py --networks das tcn   some networks
    python benchmarks/loader.py --data FOLDER        where `bengalese_finch` and `fly` are

Dense: song of a Bengalese finch, 32 kHz, windows of 2 s with the context of each network, eight in a batch. Sparse:
fly song, 2500 Hz, windows of 0.05 s, 32 in a batch. Speeds are seconds of sound (of the frames that are learnt, context
left out) per second: of the loader on one thread, of networks on all, a whole step with its loss and its optimizer on a
batch that is there already. GB/s are bytes of sound in batches handed out. Of several steps the median is taken, since
others may work on the machine. The loader has to be twenty times as fast as the fastest network.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from machine import machine

import oscine
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT
from oscine.core.params import Params
from oscine.datasets.augmentation import Augmentations, Batch, augment, find_margin
from oscine.datasets.sampler import Sampler
from oscine.training.examples import find_examples, find_truth
from oscine.training.optimizers import make_optimizer
from oscine.training.stretches import find_stretches
from oscine.training.task import Task, prepare_task

WANTED = 20
NETWORKS = ("oscine", "songexplorer", "tcn", "ed-tcn", "conv-tcn", "tweetynet", "das-bengalese", "das-fly")
SETS = {
    "nothing": "",
    "gain, noise": "gain,noise",
    "SongExplorer's five": "gain,noise,offset,reverse,invert",
    "gain, noise, shift, mask": "gain,noise,shift,mask",
    "filter": "filter",
    "mix-up": "mix-up",
    "stretch": "stretch",
}
USUAL = "gain, noise"


class Given(Params):
    """Augmentations given as text."""

    augmentations: Augmentations = ()
    """In order."""


def median_time(function: Callable[[int], object], budget: float) -> float:
    """Seconds that a function of the step takes."""
    begun = time.perf_counter()
    function(0)
    if (first := time.perf_counter() - begun) > budget:
        return first
    times: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < budget or len(times) < 3:
        before = time.perf_counter()
        function(len(times) + 1)
        times.append(time.perf_counter() - before)
    return float(np.median(times))


def dataset_of(folder: Path, seconds: float, *, dense: bool) -> oscine.Dataset:
    """Some recordings to learn from, and one more for the validation, which does not take place."""
    recordings, truth = oscine.Recordings(folder), oscine.Annotations.load(folder)
    annotated = [recording for recording in recordings if recording.name in set(truth.recordings)]
    total = np.cumsum([recording.duration for recording in annotated])
    n_train = min(len(annotated) - 1, int(np.searchsorted(total, seconds)) + 1)
    used = [recording.name for recording in annotated[: n_train + 1]]
    parts = {"train": truth.select(recordings=used[:n_train])}
    parts["validation"] = truth.select(recordings=used[n_train:], labels=parts["train"].label_names)
    names = ("background",) * dense + tuple(sorted(parts["train"].label_names))
    chosen = oscine.Recordings([recordings.by_name(name) for name in used])
    return oscine.Dataset(chosen, oscine.LabelSet(names), parts)


def sampler_of(task: Task, margin: int) -> Sampler:
    """As the training's own, with a margin."""
    recordings, labels, params = dict(task.recordings), task.dataset.labels, task.params
    if params.sampling == "uniform":
        examples = find_stretches(task.train, recordings, task.n_frames / task.grid.frame_rate)
    else:
        examples = find_examples(task.train, recordings, labels)
    truth = find_truth(task.train, recordings, labels, params.target, task.grid)
    return Sampler(examples, recordings, truth, task.grid, n_frames=task.n_frames, seed=0, margin=margin)


def loader_of(task: Task, text: str) -> Callable[[int], Batch]:
    """A function of the step that gives a batch."""
    members = Given(augmentations=text).augmentations
    margin = find_margin(members, task.grid, task.n_frames)
    sampler, size = sampler_of(task, margin), task.params.batch_size
    n_outputs = task.specification.n_outputs

    def load(step: int) -> Batch:
        batch = Batch(*sampler.batch(step, size, margin=margin), task.grid, margin=margin, n_outputs=n_outputs)
        return augment(batch, members, 0, step)

    return load


def learn_time(task: Task, budget: float) -> float:
    """Seconds of a step of learning, the batch being there."""
    batch = loader_of(task, "")(0)
    sound, truth = torch.from_numpy(batch.sound), torch.from_numpy(batch.truth)
    network = task.build().initialise(0)
    network.standardise(iter([batch.sound]))
    network.train()
    optimizer = make_optimizer(task.params.optimizer, list(network.parameters()), 1e-4, 0.0)

    def step(_: int) -> None:
        optimizer.zero_grad()
        task.loss(network(sound), truth).backward()
        optimizer.step()

    return median_time(step, budget)


def compare(
    title: str, dataset: oscine.Dataset, window: float, size: int, frames: str, options: argparse.Namespace
) -> None:
    """Print the tables of one kind of data."""
    common = {"window": window, "batch_size": size, "n_epochs": None, "patience": None}
    first = oscine.TrainParams.named(frames) if frames else oscine.TrainParams()
    task = prepare_task(dataset, first.model_copy(update=common), SILENT)
    amount = size * task.n_frames / task.grid.frame_rate
    context = (sum(task.grid.context) + 1) / task.grid.sample_rate
    print(f"\n{title}: {size} windows of {window:g} s, context {context:.3f} s (as {frames or 'the default'})")
    print(f"{'augmentations':28}{'windows/s':>12}{'s of sound/s':>14}{'GB/s':>8}")
    for name, text in SETS.items():
        load = loader_of(task, text)
        seconds = median_time(load, 1.0)
        n_bytes = load(0).sound.nbytes
        print(f"{name:28}{size / seconds:12,.0f}{amount / seconds:14,.0f}{n_bytes / seconds / 1e9:8.2f}")
    if options.only_loader:
        return
    print(f"\n{'network':20}{'context s':>10}{'learns':>10}{'loads':>10}{'augmented':>10}{'times':>8}")
    for name in options.networks:
        try:
            is_file = name in oscine.TrainParams.configuration_names()
            named = oscine.TrainParams.named(name) if is_file else oscine.TrainParams(architecture=name)
            task = prepare_task(dataset, named.model_copy(update=common), SILENT)
        except InputError as error:
            print(f"{name:20}{error}")
            continue
        amount = size * task.n_frames / task.grid.frame_rate
        learnt = amount / learn_time(task, 3.0)
        loaded, augmented = (amount / median_time(loader_of(task, SETS[key]), 1.0) for key in ("nothing", USUAL))
        context = (sum(task.grid.context) + 1) / task.grid.sample_rate
        row = f"{name:20}{context:10.3f}{learnt:10,.0f}{loaded:10,.0f}{augmented:10,.0f}{augmented / learnt:8.0f}"
        print(row + "  too slow" * (augmented < WANTED * learnt), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--only-loader", action="store_true")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    options = parser.parse_args()
    print(f"{machine()}, {torch.get_num_threads()} threads for networks")
    compare(
        "Dense", dataset_of(options.data / "bengalese_finch" / "train", 300.0, dense=True), 2.0, 8, "conv-tcn", options
    )
    compare("Sparse", dataset_of(options.data / "fly", 1e4, dense=False), 0.05, 32, "", options)


if __name__ == "__main__":
    main()
