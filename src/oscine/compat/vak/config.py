"""A TOML file of vak: read, brought into one form, and refused where a key is none of vak's.

    vak 1.x                                  vak 0.x
    [vak.prep]                               [PREP]
    [vak.prep.spect_params]                  [SPECT_PARAMS]
    [vak.learncurve]                         [LEARNCURVE]
    [vak.learncurve.dataset.params]          [DATALOADER], or [LEARNCURVE.train_dataset_params]
    [vak.learncurve.model.TweetyNet.…]       [LEARNCURVE] models = "TweetyNet", and [TweetyNet.…]

The form is that of 1.x. Keys that only say how vak does its work (workers, checkpoints in between) are passed over
without a word; those that would change the result are used, or named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscine.core.errors import InputError, unknown
from oscine.core.params import read_toml

COMMANDS = ("prep", "train", "eval", "predict", "learncurve")
"""vak's commands, each with a table of its name."""

_PREP = {
    "dataset_type", "input_type", "data_dir", "output_dir", "audio_format", "spect_format", "annot_format",
    "annot_file", "labelset", "audio_dask_bag_kwargs", "train_dur", "val_dur", "test_dur", "train_set_durs",
    "num_replicates", "spect_params", "spect_output_dir",
}  # fmt: skip
_SPECT = {
    "fft_size", "step_size", "freq_cutoffs", "thresh", "transform_type", "spect_key", "freqbins_key", "timebins_key",
    "audio_path_key",
}  # fmt: skip
_COMMON = {
    "model", "dataset", "trainer", "batch_size", "num_workers", "device", "train_dataset_params",
    "val_transform_params", "transform_params", "dataset_params", "frames_standardizer_path", "spect_scaler_path",
    "standardize_frames", "normalize_spectrograms", "train_transform_params",
}  # fmt: skip
_TRAIN = _COMMON | {
    "num_epochs", "root_results_dir", "shuffle", "val_step", "ckpt_step", "patience", "checkpoint_path",
    "results_dir_made_by_main_script", "labelmap_path",
}  # fmt: skip
_KEYS = {
    "train": _TRAIN,
    "learncurve": _TRAIN | {"post_tfm_kwargs", "train_set_durs", "num_replicates"},
    "eval": _COMMON | {"checkpoint_path", "labelmap_path", "output_dir", "post_tfm_kwargs"},
    "predict": _COMMON
    | {
        "checkpoint_path", "labelmap_path", "output_dir", "annot_csv_filename", "min_segment_dur", "majority_vote",
        "save_net_outputs",
    },
}  # fmt: skip
_TABLES = {
    "spect_params", "model", "dataset", "trainer", "post_tfm_kwargs", "train_dataset_params", "val_transform_params",
    "transform_params", "dataset_params", "train_transform_params",
}  # fmt: skip
"""Keys whose value is a table."""
_OLD_DATASET = ("dataset_path", "csv_path")
"""Where 0.x says which dataset."""


@dataclass(frozen=True)
class Config:
    """A TOML file of vak in the form of 1.x.

    Attributes
    ----------
    path
        Of the file.
    old
        Whether it is of vak 0.x.
    prep
        Of the table on the dataset, `spect_params` in it.
    commands
        The other tables, by the names of the commands.
    """

    path: Path
    old: bool
    prep: dict[str, Any]
    commands: dict[str, dict[str, Any]]

    @classmethod
    def load(cls, path: str | Path) -> Config:
        """Read a file.

        Raises
        ------
        InputError
            Where it is none of vak's, a table or a key is unknown, or a table that is needed is missing.
        """
        path = Path(path)
        values = read_toml(path)
        if "vak" in values:
            tables = values["vak"]
            if not isinstance(tables, dict):
                raise InputError("is not a table", path=path, found=f"vak = {tables!r}")
            old = False
        elif any(name.upper() in values for name in COMMANDS):
            tables, old = _renewed(values, path), True
        else:
            raise InputError(
                "not a configuration of vak", path=path, found=", ".join(values)[:80] or "an empty file",
                allowed="tables such as [vak.prep] and [vak.learncurve]",
            )  # fmt: skip
        for name, table in tables.items():
            if name not in COMMANDS:
                raise unknown("table of vak", name, COMMANDS, path=path)
            _check_table(name, table, path)
        config = cls(
            path, old, dict(tables.get("prep", {})), {name: dict(tables[name]) for name in tables if name != "prep"}
        )
        config._check()
        return config

    def table(self, command: str) -> dict[str, Any]:
        """The table of a command; an `InputError` where it is missing."""
        if command not in self.commands:
            raise InputError(
                f"has no table {self.title(command)}",
                path=self.path,
                found=", ".join(self.title(name) for name in self.commands) or "none of any command",
                cure=f"Add it, or run: oscine vak {next(iter(self.commands), 'prep')} {self.path.name}",
            )
        return self.commands[command]

    def title(self, table: str) -> str:
        """How a table is written in this file."""
        return f"[{table.upper()}]" if self.old else f"[vak.{table}]"

    def wrong(self, table: str, key: str, problem: str, **more: Any) -> InputError:
        """The error for a key of a table."""
        return InputError(f"{self.title(table)} {key}: {problem}", path=self.path, **more)

    def place(self, text: str) -> Path:
        """A path as it is written: from here, or where there is none, from the file's folder."""
        path = Path(text).expanduser()
        beside = self.path.parent / path
        return beside if not path.is_absolute() and not path.exists() and beside.exists() else path

    def models(self, command: str) -> dict[str, dict[str, Any]]:
        """Tables on the networks of a command, by vak's names for them."""
        found = self.table(command).get("model")
        if not isinstance(found, Mapping) or not found:
            name = "models" if self.old else "model.TweetyNet"
            raise self.wrong(command, name, "says which network is meant, and is missing")
        models = {}
        for name, table in found.items():
            if not isinstance(table, Mapping):
                raise self.wrong(command, f"model.{name}", "is not a table", found=table)
            for key, value in table.items():
                _check_table(f"model.{name}.{key}", value, self.path)
                if key not in {"network", "optimizer", "loss", "metrics"}:
                    allowed = ["network", "optimizer", "loss", "metrics"]
                    raise unknown(f"table of the model {name}", key, allowed, path=self.path)
            models[str(name)] = {key: dict(table.get(key, {})) for key in ("network", "optimizer", "loss", "metrics")}
        return models

    def window_size(self, command: str) -> int:
        """Frames of a window in training."""
        table = self.table(command)
        params = dict(table.get("dataset", {}).get("params", {})) | dict(table.get("train_dataset_params", {}))
        size = params.get("window_size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            key = "train_dataset_params.window_size" if self.old else "dataset.params.window_size"
            raise self.wrong(command, key, "says how long windows are, and is missing or no whole number", found=size)
        return size

    def _check(self) -> None:
        _known(self, "prep", self.prep, _PREP)
        if self.prep and not isinstance(self.prep.get("data_dir"), str):
            raise self.wrong("prep", "data_dir", "is missing, or no text", found=self.prep.get("data_dir"))
        _known(self, "prep.spect_params", self.prep.get("spect_params", {}), _SPECT)
        for name, table in self.commands.items():
            _known(self, name, table, _KEYS[name])
            _check_table(f"{name}.dataset.params", table.get("dataset", {}).get("params", {}), self.path)


def _known(config: Config, name: str, table: Mapping[str, Any], keys: set[str]) -> None:
    for key in table:
        if key not in keys:
            raise unknown(f"key of {config.title(name)}", key, sorted(keys), path=config.path)
        if key in _TABLES:
            _check_table(f"{name}.{key}", table[key], config.path)


def _check_table(name: str, value: Any, path: Path) -> None:
    if not isinstance(value, Mapping):
        raise InputError("is not a table", path=path, found=f"{name} = {value!r}")


def _renewed(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A file of 0.x in the form of 1.x."""
    values = dict(values)
    upper = {name.upper(): name for name in COMMANDS}
    for name in {*upper, "DATALOADER", "SPECT_PARAMS"} & set(values):
        _check_table(name, values[name], path)
    window = values.pop("DATALOADER", {}).get("window_size")
    spectrogram = values.pop("SPECT_PARAMS", None)
    tables = {upper[name]: dict(values.pop(name)) for name in list(values) if name in upper}
    if spectrogram is not None:
        tables.setdefault("prep", {})["spect_params"] = dict(spectrogram)
    for name, table in tables.items():
        if name == "prep":
            continue
        named = table.pop("models", table.pop("model", ""))
        if isinstance(named, str):
            named = [item.strip() for item in named.split(",") if item.strip()]
        if not isinstance(named, list):
            raise InputError("names no models", path=path, found=f"models = {named!r}", allowed='such as "TweetyNet"')
        table["model"] = {str(model): values.get(str(model), {}) for model in named}
        for key in _OLD_DATASET:
            if key in table:
                table.setdefault("dataset", {})["path"] = table.pop(key)
        if window is not None:
            table.setdefault("train_dataset_params", {"window_size": window})
    used = {model for table in tables.values() for model in table.get("model", {})}
    for name in values:
        if name not in used:
            raise unknown("table of vak", name, [*upper, "SPECT_PARAMS", "DATALOADER", *sorted(used)], path=path)
    return tables
