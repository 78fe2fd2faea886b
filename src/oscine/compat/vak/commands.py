"""What vak's commands do here: each reads its table, and calls the operations of this house."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from oscine.compat.vak.config import Config
from oscine.compat.vak.data import dataset_of, place_of, recordings_of
from oscine.compat.vak.networks import segment_params, train_params
from oscine.core.artifacts import write_text
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.datasets.dataset import Dataset
from oscine.evaluation.evaluate import EvaluateParams, evaluate
from oscine.evaluation.learning_curve import LearningCurveParams, errors_of, learning_curve
from oscine.evaluation.learning_curve_result import LearningCurve
from oscine.figures.draw import draw
from oscine.networks.model import Model
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.predict import PredictParams, predict
from oscine.prediction.segment import SegmentParams, segment
from oscine.training.run import Run
from oscine.training.train import train

MODELS = (".safetensors",)


def prep(config: Config, monitor: Monitor) -> tuple[Path, Dataset]:
    """Make the dataset of `[vak.prep]`."""
    if not config.prep:
        raise InputError(f"has no table {config.title('prep')}", path=config.path)
    command = next(iter(config.commands), "prep")
    if command in config.commands and "dataset" in config.commands[command]:
        table = {key: value for key, value in config.commands[command].items() if key != "dataset"}
        config = Config(config.path, config.old, config.prep, {**config.commands, command: table})
    return place_of(config), dataset_of(config, command, monitor)


def train_models(config: Config, monitor: Monitor) -> list[Run]:
    """Train every network of `[vak.train]`."""
    dataset = dataset_of(config, "train", monitor)
    runs = []
    for name, out in _places(config, "train").items():
        params = train_params(config, "train", name, _rate(dataset), monitor)
        run = train(dataset, params, out=out, monitor=monitor)
        draw(run, out)
        runs.append(run)
    return runs


def learncurve(config: Config, monitor: Monitor) -> list[LearningCurve]:
    """A learning curve of every network of `[vak.learncurve]`."""
    durations, n_replicates = _durations(config)
    dataset = dataset_of(config, "learncurve", monitor)
    curves = []
    for name, out in _places(config, "learncurve").items():
        params = learning_curve_params(config, name, _rate(dataset), monitor, durations, n_replicates)
        curve = learning_curve(dataset, params, out=out, monitor=monitor)
        draw(curve, out)
        curves.append(curve)
    return curves


def learning_curve_params(
    config: Config,
    model: str,
    sample_rate: float,
    monitor: Monitor,
    durations: tuple[float, ...] | None = None,
    n_replicates: int | None = None,
) -> LearningCurveParams:
    """Parameters of a learning curve, as `[vak.learncurve]` and `[vak.prep]` say.

    Parameters
    ----------
    config
        The file.
    model
        vak's name of the network.
    sample_rate
        Of the recordings, Hz.
    monitor
        Is told what differs here.
    durations, n_replicates
        In place of those of the file.
    """
    if durations is None or n_replicates is None:
        durations, n_replicates = _durations(config)
    return LearningCurveParams(
        durations=durations,
        n_replicates=n_replicates,
        train=train_params(config, "learncurve", model, sample_rate, monitor),
        segment=segment_params(config, "learncurve"),
        raw=bool(config.table("learncurve").get("post_tfm_kwargs")),
    )


def evaluate_model(config: Config, monitor: Monitor) -> tuple[Path, dict[str, float | None]]:
    """Judge the model of `[vak.eval]`, raw and cleaned, in vak's columns."""
    model = _model(config, "eval")
    dataset = dataset_of(config, "eval", monitor)
    part = "test" if "test" in dataset.parts else "validation" if "validation" in dataset.parts else "train"
    raw, tuned = SegmentParams(decoder=Maximum(), min_duration=0, max_gap=0), segment_params(config, "eval")
    found = errors_of(evaluate(model, dataset, EvaluateParams(part=part, segment=raw), monitor=monitor), clean=False)
    if config.table("eval").get("post_tfm_kwargs"):
        params = EvaluateParams(part=part, segment=tuned)
        cleaned = errors_of(evaluate(model, dataset, params, monitor=monitor), clean=True)
        found |= {name: value for name, value in cleaned.items() if name.endswith("_tfm")}
    name = next(iter(config.models("eval")))
    place = config.place(str(config.table("eval").get("output_dir", "."))) / f"eval_{name}.csv"
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(found)
    writer.writerow(["" if value is None else value for value in found.values()])
    write_text(place, stream.getvalue())
    return place, found


def predict_files(config: Config, monitor: Monitor) -> list[Path]:
    """Annotate the recordings of `[vak.prep]` with the model of `[vak.predict]`, into one CSV of crowsetta's."""
    table = config.table("predict")
    model, recordings = _model(config, "predict"), recordings_of(config)
    params, parts = segment_params(config, "predict"), []
    folder = config.place(str(table.get("output_dir", ".")))
    if folder.exists() and not folder.is_dir():
        raise config.wrong("predict", "output_dir", "is no folder", found=str(folder))
    name = str(table.get("annot_csv_filename") or f"{place_of(config).stem}.annot.csv")
    written = []
    with monitor.task("Predicting", total=len(recordings), unit="recordings") as task:
        for recording in recordings:
            scores = predict(model, recording, PredictParams(segment=params))
            if table.get("save_net_outputs"):
                written.append(Path(scores.save(folder / f"{recording.path.stem}_scores.h5")))
            parts.append(segment(scores, params))
            task.advance()
    first, *others = parts
    written.insert(0, first.concat(*others).save(folder / name, format="generic-seq"))
    return written


def _places(config: Config, command: str) -> dict[str, Path]:
    """The folder of each network of a command: the same when the command is given again, so that it goes on."""
    names = list(config.models(command))
    root = config.table(command).get("root_results_dir")
    if not isinstance(root, str):
        raise config.wrong(command, "root_results_dir", "is missing", found=root)
    top = config.place(root) / config.path.stem
    return {name: top / name if len(names) > 1 else top for name in names}


def _durations(config: Config) -> tuple[tuple[float, ...], int]:
    """Training durations and replicates: in `[vak.prep]`, in older files in `[LEARNCURVE]`."""
    table = config.table("learncurve")
    sources = {"prep": config.prep, "learncurve": table}
    where = next((name for name, source in sources.items() if "train_set_durs" in source), "prep")
    given = sources[where].get("train_set_durs")
    if (
        not isinstance(given, list)
        or not given
        or not all(isinstance(value, (int, float)) and value > 0 for value in given)
    ):
        raise config.wrong(where, "train_set_durs", "is missing or no list of seconds", found=given, allowed="[30, 60]")
    number = config.prep.get("num_replicates", table.get("num_replicates"))
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise config.wrong(where, "num_replicates", "is missing or no whole number", found=number, allowed="1 or more")
    return tuple(float(value) for value in given), number


def _rate(dataset: Dataset) -> float:
    rates = dataset.sample_rates()
    if len(rates) > 1:
        raise InputError(
            "the recordings differ in sample rate, and vak counts in samples", path=dataset.path,
            found=", ".join(f"{rate:g} Hz" for rate in rates), cure="Put those of one rate into data_dir",
        )  # fmt: skip
    return rates[0]


def _model(config: Config, command: str) -> Model:
    """The model that a command uses: a file of ours, or the folder of a run."""
    given = config.table(command).get("checkpoint_path")
    if not isinstance(given, str):
        raise config.wrong(command, "checkpoint_path", "is missing", found=given)
    place = config.place(given)
    if place.suffix not in MODELS and not place.is_dir():
        raise config.wrong(
            command, "checkpoint_path", "vak's own checkpoints hold programs (pickle), which are not run here",
            found=given, allowed="a .safetensors file, or the folder of a run",
            cure=f"Train it again, which takes the same file: oscine vak train {config.path.name}",
        )  # fmt: skip
    return Model.load(place)
