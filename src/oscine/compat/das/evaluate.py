"""`oscine das evaluate`: how well a model labels the samples of the test part of its dataset, as ``X_results.h5``.

What is true and what the network says stand row by row side by side, one row for each sample (or, without upsampling,
for each frame). DAS shifts them by as many samples as a window's ends have no scores, so that in its own report even a
network without fault looks bad; ``--das-compat`` has that, for comparison with reports of DAS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oscine.compat.das import flammkuchen
from oscine.compat.das.options import EvaluateOptions
from oscine.compat.das.predict import classes_of, load_model, score
from oscine.compat.das.reports import Report
from oscine.compat.das.windows import Windows, score_windows
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor
from oscine.datasets.store import Contents, StoredRecording, store_for
from oscine.networks.keras_files.names import stem_of
from oscine.networks.model import Model

_BLOCK = 2**18


@dataclass(frozen=True)
class Arrays:
    """One part of a dataset of DAS, as it lies on disk.

    Attributes
    ----------
    x, y
        Sound (sample, channel) and truth (sample, class), which are read slice by slice.
    recording
        The sound, for prediction.
    """

    x: Any
    y: Any
    recording: StoredRecording

    @classmethod
    def of(cls, path: Path, contents: Contents, split: str, x: str, y: str, sample_rate: float) -> Arrays | None:
        """A part of an opened store; none where it is not there."""
        if f"{split}/{x}" not in contents.arrays or f"{split}/{y}" not in contents.arrays:
            return None
        recording = StoredRecording(path, f"{split}/{x}", sample_rate, f"{path.stem}_{split}")
        return cls(contents.arrays[f"{split}/{x}"], contents.arrays[f"{split}/{y}"], recording)


@dataclass(frozen=True)
class Results:
    """What a network says of one part of a dataset, beside what is true.

    Attributes
    ----------
    arrays
        The part.
    values
        Probabilities (class, row).
    report
        How many rows were labelled rightly.
    rows
        Which samples (first, last + 1, step) are the truth of these rows.
    said
        Label of each row of `values`.
    """

    arrays: Arrays
    values: Any
    report: Report
    rows: tuple[int, int, int]
    said: NDArray[np.int64]

    def contents(self, params: Mapping[str, Any], history: Mapping[str, Any]) -> dict[str, Any]:
        """What DAS's file of results holds."""
        first, last, step = self.rows
        n_rows = len(range(first, last, step))
        x = self.arrays.x
        width = x.shape[1] if len(x.shape) > 1 else 1
        truth = [np.argmax(block, axis=1) for block in self._blocks(self.arrays.y, step)]
        n_said = len(self.said)

        def said() -> Iterator[NDArray[Any]]:
            for begin in range(0, n_said, _BLOCK):
                yield np.asarray(self.values[:, begin : min(begin + _BLOCK, n_said)], np.float64).T

        return {
            "fit_hist": {name: np.asarray(values, float) for name, values in history.items()},
            "confusion_matrix": self.report.counts,
            "classification_report": self.report.rates(),
            "x_test": flammkuchen.Rows((last - first, width), np.float64, self._blocks(x, 1)),
            "y_test": flammkuchen.Rows((n_rows, self.arrays.y.shape[1]), np.float64, self._blocks(self.arrays.y, step)),
            "labels_test": np.concatenate([np.empty(0, np.int64), *truth]),
            "params": {name: value for name, value in params.items() if name != "data_splits"},
            "y_pred": flammkuchen.Rows((n_said, len(self.report.names)), np.float64, said()),
            "labels_pred": self.said,
        }

    def _blocks(self, array: Any, step: int) -> Iterator[NDArray[np.float64]]:
        first, last, _ = self.rows
        for begin in range(first, last, _BLOCK * step):
            block = np.asarray(array[begin : min(begin + _BLOCK * step, last)], np.float64)
            yield block[::step] if block.ndim > 1 else block[::step, None]


def judge(
    model: Model, arrays: Arrays, *, device: Any = "auto", compat: bool = False, monitor: Monitor = SILENT
) -> Results:
    """What a model says of a part of a dataset, beside what is true.

    Parameters
    ----------
    model
        Of the classes of the dataset, in the same order.
    arrays
        The part.
    device
        Where to compute.
    compat
        Misaligned, as in DAS.
    monitor
        Is told how far it has come.

    Raises
    ------
    InputError
        Where model and data have other numbers of classes.
    """
    classes = classes_of(model)
    if arrays.y.shape[1] != len(classes.names):
        raise InputError(
            "the dataset has other classes than the model",
            path=arrays.recording.path,
            found=f"{arrays.y.shape[1]} classes",
            allowed=", ".join(classes.names),
        )
    n_samples = arrays.x.shape[0]
    values: Any
    if compat:
        windows = Windows.of_model(model.to(device))
        values = score_windows(model, arrays.recording.read(0, n_samples), windows, monitor)
        n_rows = windows.n_batches(n_samples) * windows.batch_size * windows.stride
        rows = (windows.boundary, windows.boundary + n_rows, 1)
    else:
        values, _ = score(model, arrays.recording, device, monitor=monitor)
        rows = (0, n_samples, model.hop)
    report = Report(np.zeros((len(classes.names),) * 2, np.int64), classes.names)
    n_said = values.shape[1]
    said = [np.argmax(values[:, begin : min(begin + _BLOCK, n_said)], axis=0) for begin in range(0, n_said, _BLOCK)]
    results = Results(arrays, values, report, rows, np.concatenate([np.empty(0, np.int64), *said]))
    begin = 0
    for block in results._blocks(arrays.y, rows[2]):
        report += Report.of(np.argmax(block, axis=1), results.said[begin : begin + len(block)], classes.names)
        begin += len(block)
    return replace(results, report=report)


def evaluate(options: EvaluateOptions, monitor: Monitor = SILENT) -> tuple[Path, Report]:
    """Judge a model by the test part of the dataset that it was trained with, and write the results beside it.

    Returns
    -------
    path, report
        What was written, and how good the model is.

    Raises
    ------
    InputError
        Where there is no such model, it does not say its dataset, or that is not there or has no test part.
    """
    model = load_model(options.model_save_name)
    params = dict(model.training.get("das", {}))
    if not params.get("data_dir"):
        raise InputError("the parameters of this model do not say its dataset", path=model.path, allowed="data_dir")
    path = Path(str(params["data_dir"]).rstrip("/"))
    kind = store_for(path)
    if kind is None or not path.exists():
        raise InputError(
            "the dataset of this model is not where it was", path=path, cure="Move it back, or change data_dir"
        )
    x, y = (f"{name}_{suffix}" if (suffix := params.get(f"{name}_suffix")) else name for name in ("x", "y"))
    with kind.reading(path) as contents:
        arrays = Arrays.of(path, contents, "test", x, y, model.sample_rate)
        if arrays is None or arrays.x.shape[0] < int(params.get("nb_hist") or 1):
            raise InputError("the dataset has no test part, or less than a window of it", path=path)
        results = judge(model, arrays, device=options.device, compat=options.das_compat, monitor=monitor)
        stem = stem_of(options.model_save_name)
        written = flammkuchen.write(stem.with_name(stem.name + "_results.h5"), results.contents(params, {}))
    return written, results.report
