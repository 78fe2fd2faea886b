"""`oscine das train`: a training of Oscine's on a dataset of DAS, written as DAS writes it.

- ``X_model.h5``     the network with the lowest validation loss, in the layout of Keras, which DAS 0.32 opens
- ``X_params.yaml``  all options, what follows from them, and what the test gave; plain values
- ``X_results.h5``   losses, and what is true and said of each sample of the test part, if there is one

X is ``SAVE_DIR/[PREFIX_]NAME``, the name being the time, or ``--save-name``. While it trains, everything is in
``X_training``, from which the same command goes on after an interruption.

An epoch is as many steps as DAS's: as many batches of windows as fit into the training data side by side, 1000 at most.
Windows are drawn from anywhere, not from a grid. Every epoch is validated; 20 epochs without a lower validation loss
end the training. Other than in DAS, everything drawn by chance has a seed, features are standardised (which is worked
into the weights that are written), ``--balance`` holds with and without boundaries, and an event is a class, not a
probability: it holds for the width of its Gaussian at half of its height.
"""

from __future__ import annotations

import importlib.util
import math
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import BACKGROUND
from oscine.compat.das import flammkuchen
from oscine.compat.das.evaluate import Arrays, judge
from oscine.compat.das.optimise import Judge, optimise
from oscine.compat.das.options import Network, TrainOptions, plain
from oscine.compat.das.predict import classes_of, score
from oscine.compat.das.reports import Report
from oscine.compat.das.segments import label_samples
from oscine.core.artifacts import write_text
from oscine.core.errors import Cancelled, InputError, unknown
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.dataset import Dataset
from oscine.datasets.store import SPLITS, Contents, store_for, store_suffixes, version_hash
from oscine.datasets.store_writing import EVENT_WIDTH
from oscine.networks.architectures.das import Das
from oscine.networks.frontends.trainable_stft import TrainableStft
from oscine.networks.frontends.waveform import Waveform
from oscine.networks.keras_files.das import NOISE, read_das, write_das
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.model import Model
from oscine.networks.smoothings.tmse import Tmse
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive
from oscine.training.params import TrainParams
from oscine.training.run import Run
from oscine.training.schedules.constant import Constant
from oscine.training.schedules.plateau import Plateau
from oscine.training.subset import choose_subset
from oscine.training.train import train as train_model

LEARNING_RATE = 0.0005
PATIENCE = 20
MOST_STEPS = 1000
"""DAS's: rate where none is given, epochs without gain, steps of an epoch at most."""

MODELS = ("tcn", "tcn_stft")
_GONE = (
    *("stft_res_dense", "tcn_stft_morph", "cnn", "cnn2D", "fcn", "fcn2D"),
    *("tcn_seq", "tcn_tcn", "tcn_small", "tcn_multi"),
)
"""Networks of DAS's that cannot be trained here."""
_HALF_HEIGHT = 2 * math.sqrt(2 * math.log(2))
"""Width of a Gaussian at half of its height, in standard deviations."""


def train(options: TrainOptions, monitor: Monitor = SILENT) -> tuple[Path, Report | None]:
    """Train a network of DAS on a dataset of DAS's.

    Returns
    -------
    path, report
        ``X_model.h5``, and how good it is on the test part, if there is one.

    Raises
    ------
    InputError
        Before anything is trained: where there is no such dataset, it lacks a validation part, the windows are too
        short, or a network is asked for that cannot be trained here.
    """
    path = check(options)
    stem = stem_for(options)
    dataset = cut(load(options, monitor), options)
    work = stem.with_name(stem.name + "_training")
    with _kind(path).reading(path) as contents:
        run = learn(options, dataset, contents, work, monitor, stem=stem)
        written, report = deliver(options, dataset, contents, run, stem, monitor)
    shutil.rmtree(work, ignore_errors=True)
    return written, report


def deliver(
    options: Network, dataset: Dataset, contents: Contents, run: Run, stem: Path, monitor: Monitor = SILENT
) -> tuple[Path, Report | None]:
    """Write the best model of a training for DAS, and what the test gives."""
    path = dataset_path(options)
    values = values_for(options, path, stem, contents, dataset)
    written = write_das(_with_events(run.model, events_of(dataset)), stem, values)
    _keep_logs(run.path, stem)
    return written, _finish(options, path, written, values, contents, _history(run), monitor)


# -- before --------------------------------------------------------------------------------------------------------


def check(options: Network) -> Path:
    """Refuse what is not there any longer, and what cannot be; the path of the dataset."""
    name = options.model_name
    if name in _GONE:
        raise InputError("this network of DAS's cannot be trained here", found=name, allowed=MODELS)
    if name not in MODELS:
        raise unknown("model", name, MODELS)
    for field in ("morph_nb_kernels", "resnet_compute", "resnet_train"):
        if getattr(options, field, False):
            raise InputError(
                "this belongs to a network of DAS's that cannot be trained here",
                found="--" + field.replace("_", "-"),
                cure="Leave it out",
            )
    if not options.with_y_hist:
        raise InputError(
            "networks that score the middle of a window alone cannot be trained any longer",
            found="--no-with-y-hist",
            cure="Leave it out",
        )
    if options.nb_hist <= 2 * boundary(options):
        raise InputError(
            "nothing is left of a window but its boundaries",
            found=f"nb-hist {options.nb_hist}, {boundary(options)} samples at either end",
            allowed="nb-hist > 2 × kernel-size × nb-conv",
            cure="Use a longer --nb-hist, a smaller --kernel-size or fewer --nb-conv, or --no-ignore-boundaries",
        )
    hop = 2**options.nb_pre_conv
    if options.nb_pre_conv and options.nb_hist % hop:
        raise InputError(
            "a window is no whole number of spectra",
            found=f"nb-hist {options.nb_hist}",
            allowed=f"multiples of {hop}, which is 2^nb-pre-conv",
        )
    if options.nb_pre_conv and options.nb_hist < options.pre_nb_dft:
        raise InputError("a window is shorter than that of its spectrogram", found=f"nb-hist {options.nb_hist}",
                         allowed=f"pre-nb-dft {options.pre_nb_dft} or more")  # fmt: skip
    path = dataset_path(options)
    _kind(path)
    if options.augmentations is not None:
        read_augmentations(options.augmentations)
    return path


def dataset_path(options: Network) -> Path:
    """Where the dataset is, without a slash at the end."""
    return Path(str(options.data_dir).rstrip("/\\"))


def boundary(options: Network) -> int:
    """Samples at either end of a window without scores, DAS's data_padding."""
    return options.kernel_size * options.nb_conv if options.ignore_boundaries else 0


def _kind(path: Path) -> Any:
    kind = store_for(path)
    if kind is None or not path.exists():
        problem = "this is no dataset of DAS's" if path.exists() else "there is no such dataset"
        raise InputError(
            problem,
            path=path,
            allowed=f"names that end in {', '.join(sorted(store_suffixes()))}",
            cure="Make one with oscine prepare --out X.npy",
        )
    return kind


def stem_for(options: Network) -> Path:
    """What the names of all files begin with."""
    name = options.save_name or datetime.now().strftime("%Y%m%d_%H%M%S")
    prefix = f"{options.save_prefix.rstrip('_')}_" if options.save_prefix else ""
    return options.save_dir / f"{prefix}{name}"


def load(options: Network, monitor: Monitor = SILENT) -> Dataset:
    """The dataset, with the sound and the truth that were chosen."""
    return Dataset.load(dataset_path(options), x_suffix=options.x_suffix, y_suffix=options.y_suffix, monitor=monitor)


def cut(dataset: Dataset, options: Network) -> Dataset:
    """The part of training and validation data that was asked for; test data are never cut.

    All four of first and last samples must be given, and go before the fraction, as in DAS. A fraction is one stretch
    from a random place, no shorter than two windows more than a batch has.
    """
    bounds = [getattr(options, f"{end}_sample_{part}", None) for part in ("train", "val") for end in ("first", "last")]
    explicit = all(bound is not None for bound in bounds)
    fraction, seed = options.fraction_data, options.seed or 0
    if not explicit and fraction is None:
        return dataset
    recordings = {name: dataset.recordings.by_name(name) for name in dataset.names()}
    if not explicit and fraction is not None and fraction > 1:
        there = recordings[dataset.train.recordings[0]].duration
        fraction = min(1.0, fraction / there)
    parts = dict(dataset.parts)
    for place, part in enumerate(("train", "validation")):
        if part not in parts:
            continue
        recording = recordings[parts[part].recordings[0]]
        n = recording.n_samples
        if explicit:
            first, last = bounds[2 * place] or 0, min(bounds[2 * place + 1] or 0, n)
            if last <= first:
                raise InputError(
                    f"nothing is left of the {part} data", found=f"samples {first} to {last}", allowed=f"0 to {n}"
                )
        elif options.batch_level_subsampling:
            parts[part] = choose_subset(parts[part], recordings, fraction=fraction, seed=seed)
            continue
        else:
            length = min(n, max(math.ceil((fraction or 1.0) * n), options.nb_hist * (options.batch_size + 2)))
            first = int(np.random.default_rng(seed).integers(max(1, n - length)))
            last = first + length
        parts[part] = _stretch(parts[part], recording.name, first / recording.sample_rate, last / recording.sample_rate)
    return replace(dataset, parts=parts)


def _stretch(part: Annotations, name: str, onset: float, offset: float) -> Annotations:
    rows = part.to_pandas()
    inside = (rows["onset"] < offset) & (rows["offset"] >= onset)
    return part.with_rows(rows[inside], coverage=Coverage({name: [(onset, offset)]}, whole=False))


def architecture_for(options: Network, dataset: Dataset) -> Das:
    """The network that is asked for."""
    rate = dataset.sample_rates()[0]
    stft = TrainableStft(window=options.pre_nb_dft / rate, stride=2**options.nb_pre_conv / rate, normalise="window")
    return Das(
        n_filters=options.nb_filters,
        kernel_size=options.kernel_size,
        n_blocks=options.nb_conv,
        dilations=options.dilations,
        separable=options.use_separable[: options.nb_conv] or (False,),
        n_lstm_units=options.nb_lstm_units,
        representation=stft if options.nb_pre_conv else Waveform(),
        upsample=options.upsample and options.nb_pre_conv > 0,
        padding="zeros",
        boundary=boundary(options),
        standardise=not options.das_compat,
    )


def params_for(
    options: Network, dataset: Dataset, architecture: Das, contents: Contents, monitor: Monitor = SILENT
) -> TrainParams:
    """The training that is asked for, in Oscine's words."""
    name = dataset.train.recordings[0]
    recording = dataset.recordings.by_name(name)
    plan = architecture.plan(Specification(tuple(dataset.labels), recording.sample_rate, recording.n_channels))
    n_frames = (options.nb_hist - 1 - sum(plan.context)) // plan.hop + 1
    covered = dataset.train.coverage.intervals(name, recording.duration)
    n_samples = round(float((covered[:, 1] - covered[:, 0]).sum()) * recording.sample_rate)
    longest = round(float((covered[:, 1] - covered[:, 0]).max(initial=0.0)) * recording.sample_rate)
    if options.nb_hist > longest:
        raise InputError(
            "a window is longer than the training data",
            path=dataset_path(options),
            found=f"nb-hist {options.nb_hist}",
            allowed=f"up to {longest}",
            cure="Use a shorter --nb-hist, or more data",
        )
    steps = steps_per_epoch(n_samples, options)
    return TrainParams(
        architecture=architecture,
        target=Exclusive(event_width=_HALF_HEIGHT * event_width(contents)),
        loss=CrossEntropy(balanced=options.balance),
        smoothing=Tmse(weight=options.tmse_weight),
        normalise=False,
        augmentations=() if options.augmentations is None else str(options.augmentations),
        window=n_frames * plan.hop / recording.sample_rate,
        sampling="uniform",
        n_steps=options.nb_epoch * steps,
        period=steps,
        patience=PATIENCE,
        criterion="loss",
        batch_size=options.batch_size,
        learning_rate=options.learning_rate or LEARNING_RATE,
        schedule=Plateau(patience=options.reduce_lr_patience) if options.reduce_lr else Constant(),
        optimizer="adam",
        weight_decay=0.0,
        clip=1.0,
        ema=None,
        seed=options.seed or 0,
        device=options.device,
        logger=_logger(options, monitor),
    )


def steps_per_epoch(n_samples: int, options: Network) -> int:
    """Batches of windows side by side in so many samples, 1 to 1000."""
    stride = options.nb_hist - 2 * boundary(options)
    span = stride * options.batch_size
    return min(MOST_STEPS, max(1, (n_samples - (span - stride) - options.nb_hist) // span + 1))


def event_width(contents: Contents) -> float:
    """Standard deviation in seconds of the Gaussians that events are in a dataset."""
    try:
        width = float(contents.attributes.get("event_std_seconds", EVENT_WIDTH))
    except (TypeError, ValueError):
        return EVENT_WIDTH
    return width if 0 < width < math.inf else EVENT_WIDTH


def events_of(dataset: Dataset) -> tuple[str, ...]:
    """Labels that are events, as the dataset says, whether there are any of them or not."""
    return tuple(label for label in dataset.labels if dataset.labels.category(label) == "event")


def read_augmentations(path: Path) -> dict[str, Any]:
    """A file of augmentations, checked."""
    from oscine.datasets.das_augmentations import from_das, read_yaml

    values = read_yaml(path)
    if not isinstance(values, Mapping):
        raise InputError("this is no mapping of augmentations to arguments", path=path)
    from_das(values, path)
    return dict(values)


def _logger(options: Network, monitor: Monitor) -> Any:
    if options.tensorboard:
        return "tensorboard"
    if options.wandb_api_token and options.wandb_project:
        if importlib.util.find_spec("wandb") is not None:
            return "wandb"
        monitor.warning("the package wandb is not installed, so that nothing goes to Weights & Biases")
    return "none"


# -- during --------------------------------------------------------------------------------------------------------


def learn(
    options: Network,
    dataset: Dataset,
    contents: Contents,
    work: Path,
    monitor: Monitor = SILENT,
    *,
    stem: Path | None = None,
    patience: int = PATIENCE,
) -> Run:
    """Train in a folder, or go on with what was begun in it.

    Parameters
    ----------
    options
        Checked.
    dataset
        Cut.
    contents
        Of the opened store.
    work
        The folder.
    stem
        Whose name is told where the training is interrupted.
    patience
        Epochs without a lower validation loss that end it.
    """
    params = params_for(options, dataset, architecture_for(options, dataset), contents, monitor)
    try:
        run: Run = train_model(dataset, params.model_copy(update={"patience": patience}), out=work, monitor=monitor)
    except Cancelled:
        if stem is not None:
            monitor.warning(f"that is: the same oscine das command with --save-name {stem.name} and no --save-prefix")
        raise
    except InputError as error:
        if error.path is None or Path(error.path) != work:
            raise
        cure = "Choose another --save-name, or give the same options"
        raise InputError(error.problem, path=error.path, found=error.found, cure=cure) from error
    return run


def _with_events(model: Model, events: tuple[str, ...]) -> Model:
    return Model(
        model.network, model.architecture, model.target, events=events, thresholds=model.thresholds,
        training=model.training, provenance=model.provenance, path=model.path,
    )  # fmt: skip


def _history(run: Run) -> dict[str, list[float]]:
    """Mean loss of the batches of each epoch, and its validation loss."""
    losses: list[float] = []
    history: dict[str, list[float]] = {"loss": [], "val_loss": []}
    for line in run.metrics():
        if "loss" in line:
            losses.append(line["loss"])
        elif "validation_loss" in line and losses:
            history["loss"].append(float(np.mean(losses)))
            history["val_loss"].append(line["validation_loss"])
            losses = []
    return history


def _keep_logs(work: Path, stem: Path) -> None:
    for logs in sorted(work.glob("replicate-1/tensorboard")):
        target = stem.with_name(stem.name + "_tensorboard")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(logs, target)


# -- after ---------------------------------------------------------------------------------------------------------


def values_for(options: Network, path: Path, stem: Path, contents: Contents, dataset: Dataset) -> dict[str, Any]:
    """What the parameter file holds besides what describes the network: all options, and what the dataset says."""
    values = plain(options)
    names = [NOISE if label == BACKGROUND else label for label in dataset.labels]
    events = events_of(dataset)
    values |= {name: to_plain(value) for name, value in contents.attributes.items()}
    values |= {
        "data_dir": str(path),
        "save_name": str(stem),
        "save_prefix": f"{options.save_prefix.rstrip('_')}_" if options.save_prefix else "",
        "nb_kernels": options.nb_filters,
        "pre_nb_kernels": options.pre_nb_filters,
        "class_names": names,
        "class_types": ["event" if label in events else "segment" for label in dataset.labels],
        "class_weights": _class_weights(contents, options) if options.balance else None,
        "wandb_run_name": None,
        "unpack_channels": False,
    }
    if options.learning_rate is None:
        del values["learning_rate"]
    if options.augmentations is not None:
        values["augmentations"] = to_plain(read_augmentations(options.augmentations))
    if options.version_data:
        values["data_hash"] = version_hash(path)
    return values


def _class_weights(contents: Contents, options: Network) -> list[float]:
    """The inverse of how common each class is in the training data."""
    truth = contents.arrays[f"train/y_{options.y_suffix}" if options.y_suffix else "train/y"]
    block = 2**18
    total = sum(
        np.asarray(truth[first : min(first + block, truth.shape[0])], np.float64).sum(axis=0)
        for first in range(0, truth.shape[0], block)
    )
    shares = np.asarray(total) / np.sum(total)
    return [float(1 / share) if share else 0.0 for share in shares]


def to_plain(value: Any) -> Any:
    """A value as YAML has it without tags: mappings, lists, text, numbers.

    Examples
    --------
    >>> to_plain({"a": (np.float64(1.5), np.array([1, 2])), 3: b"x"})
    {'a': [1.5, [1, 2]], '3': 'x'}
    """
    if isinstance(value, Mapping):
        return {str(name): to_plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [to_plain(item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _finish(
    options: Network,
    path: Path,
    written: Path,
    values: dict[str, Any],
    contents: Contents,
    history: Mapping[str, list[float]],
    monitor: Monitor,
) -> Report | None:
    """Search for the best cleaning, judge by the test data, and write what came of it."""
    model = read_das(written)
    x, y = (
        f"{array}_{suffix}" if suffix else array for array, suffix in (("x", options.x_suffix), ("y", options.y_suffix))
    )
    parts = {part: Arrays.of(path, contents, split, x, y, model.sample_rate) for part, split in SPLITS.items()}
    found: dict[str, Any] = {}
    if isinstance(options, TrainOptions) and options.post_opt:
        found["post_opt"] = _cleaning(options, model, parts, monitor)
    test, report = parts.get("test"), None
    results = None
    if test is not None and test.x.shape[0] >= options.nb_hist:
        results = judge(model, test, device=options.device, compat=options.das_compat, monitor=monitor)
        report = results.report
        found |= {"conf_mat": report.counts.tolist(), "report": report.rates()}
    params_path = written.with_name(written.name.removesuffix("_model.h5") + "_params.yaml")
    if found:
        text = yaml.safe_load(params_path.read_text(encoding="utf-8"))
        write_text(params_path, yaml.safe_dump({**text, **found}, allow_unicode=True))
    if results is not None:
        target = written.with_name(written.name.removesuffix("_model.h5") + "_results.h5")
        flammkuchen.write(target, results.contents({**values, **found}, history))
    return report


def _cleaning(
    options: TrainOptions, model: Model, parts: Mapping[str, Arrays | None], monitor: Monitor
) -> dict[str, float]:
    """The best pause and length, searched on validation data (in DAS on training data), as DAS stores it."""
    classes = classes_of(model)
    rows = classes.segments
    judges: dict[str, Judge] = {}
    rate = model.frame_rate
    for part in ("train", "validation"):
        arrays = parts[part]
        if arrays is None:
            continue
        values, rate = score(model, arrays.recording, options.device, monitor=monitor)
        truth = np.asarray(arrays.y[:], np.float32).T[rows, :: model.hop]
        said = label_samples(np.asarray(values[:, 0 : values.shape[1]])[rows], 0.5)
        judges[part] = Judge(label_samples(truth, 0.5), said, len(rows))
    grid = [
        np.geomspace(*(getattr(options, f"post_opt_{what}_{end}") for end in ("min", "max", "steps")))
        for what in ("fill_gaps", "min_len")
    ]
    best = optimise(judges["train" if options.das_compat else "validation"], rate, *grid)
    monitor.message(
        f"best: pauses below {best.gap:.4g} s filled, segments below {best.shortest:.4g} s removed; mean F1 of samples "
        f"{best.score:.3f} (without {best.before:.3f})"
    )
    steps = int(best.gap * rate + 0.5), int(best.shortest * rate + 0.5)
    scores = {part: judge_.score(*steps) for part, judge_ in judges.items()}
    return {
        "gap_dur": best.gap,
        "min_len": best.shortest,
        "score_train": scores["train"],
        "score_val": scores["validation"],
    }
