"""Models of Keras 2: one HDF5 file, read and written.

Layout. Attributes of the root: ``model_config`` (JSON: the layers in order, with their settings), ``keras_version``,
``backend``, ``training_config``. The group ``model_weights`` has the attribute ``layer_names`` and a group for each
layer, with the attribute ``weight_names``; a weight lies at ``model_weights/<layer>/<weight name>``, such as
``model_weights/conv1d_2/conv1d_2/kernel:0``. What the optimizer remembers is not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.networks.keras_files.contents import WEIGHTS, Contents, Layer

_CURE = "Choose a file that DAS wrote, or copy it again"
_MOST = 10**8  # numbers in one weight; the largest networks of DAS have some millions in all


def read_hdf5(path: str | Path) -> Contents:
    """Layers and weights of a model of Keras 2; every weight in the file belongs to a layer, or it is an error.

    Raises
    ------
    InputError
        For a file that is not one, is cut off, or lacks a weight or has one too many.
    """
    path = Path(path)
    with open_hdf5(path, path) as file:
        if "model_config" not in file.attrs:
            raise InputError("these are not a model of Keras, or weights without their layers", path=path, cure=_CURE)
        found = datasets(file, path)
        weights = {name: values for name, values in found.items() if name.startswith("model_weights/")}
        if "model_weights" not in file:
            raise InputError("this model of Keras has no weights", path=path, cure=_CURE)
        config = layers_config(_text(file.attrs["model_config"]), path)
        group = file["model_weights"]
        layers = []
        for kind, name, settings in config:
            members: dict[str, NDArray[np.float32]] = {}
            if name in group and isinstance(group[name], h5py.Group):
                for weight in _names(group[name].attrs.get("weight_names", ())):
                    values = weights.pop(f"model_weights/{name}/{weight}", None)
                    if values is None:
                        raise missing(f"{name}/{weight}", path)
                    members[_short(weight, kind)] = values
            layers.append(checked(Layer(kind, name, settings, members), path))
        if weights:
            raise left_over(weights, path)
        return Contents(tuple(layers), _text(file.attrs.get("keras_version", "")))


def write_hdf5(path: str | Path, layers: Sequence[tuple[Layer, Sequence[str]]]) -> None:
    """Write a model as Keras 2 does, so that Keras 2.13 and DAS 0.32 load it.

    Parameters
    ----------
    path
        The file, overwritten; callers write atomically.
    layers
        In order, each with the names of the layers that it takes its input from.
    """
    entries: list[dict[str, Any]] = [
        {
            "class_name": layer.kind,
            "name": layer.name,
            "config": {"name": layer.name, "dtype": "float32", **dict(layer.settings)},
            "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else [],
        }
        for layer, sources in layers
    ]
    config = {
        "class_name": "Functional",
        "config": {
            "name": "TCN",
            "trainable": True,
            "layers": entries,
            "input_layers": [[layers[0][0].name, 0, 0]],
            "output_layers": [[layers[-1][0].name, 0, 0]],
        },
    }
    training = {
        "loss": "categorical_crossentropy",
        "metrics": None,
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.0005}},
    }
    with h5py.File(path, "w") as file:
        file.attrs["backend"] = "tensorflow"
        file.attrs["keras_version"] = "2.13.1"
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights")
        group.attrs["backend"] = "tensorflow"
        group.attrs["keras_version"] = "2.13.1"
        group.attrs["layer_names"] = [layer.name for layer, _ in layers]
        for layer, _ in layers:
            member = group.create_group(layer.name)
            names = [_long(layer, name) for name in layer.weights]
            member.attrs["weight_names"] = names or np.empty(0)
            for name, values in zip(names, layer.weights.values(), strict=True):
                member[name] = np.asarray(values, dtype=np.float32)


# -- shared with Keras 3 -------------------------------------------------------------------------------------------


def open_hdf5(source: Path | BinaryIO, path: Path) -> h5py.File:
    """An HDF5 file, to read."""
    try:
        return h5py.File(source, "r")
    except FileNotFoundError as error:
        raise InputError("there is no such model", path=path, cure=_CURE) from error
    except OSError as error:
        raise InputError("not an HDF5 file, or cut off", path=path, cure=_CURE) from error


def datasets(file: h5py.File, path: Path) -> dict[str, NDArray[np.float32]]:
    """All arrays of numbers in a file by path, but those of the optimizer; links to other files are not followed."""
    found: dict[str, NDArray[np.float32]] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            if item.dtype.kind != "f" or item.external or item.is_virtual:
                raise InputError("a weight is not an array of numbers", path=path, found=name, cure=_CURE)
            if item.size > _MOST:
                raise InputError("a weight is larger than any of DAS's", path=path, found=f"{name} {item.shape}")
            found[name] = np.asarray(item[()], dtype=np.float32)

    try:
        file.visititems(visit)
    except (OSError, RuntimeError) as error:
        raise InputError("this file is damaged", path=path, cure=_CURE) from error
    return found


def layers_config(text: str, path: Path) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Class, name and settings of each layer, in order, of the JSON of a model."""
    try:
        config = json.loads(text)
        if config["class_name"] not in ("Functional", "Model"):
            raise InputError("this is not a network of DAS", path=path, found=config["class_name"])
        return [
            (str(entry["class_name"]), str(entry["config"]["name"]), dict(entry["config"]))
            for entry in config["config"]["layers"]
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the description of the layers is damaged", path=path, cure=_CURE) from error


def checked(layer: Layer, path: Path) -> Layer:
    """A layer that has the weights of its kind, no more and no less."""
    wanted = WEIGHTS.get(layer.kind, ())
    for name in wanted:
        if name not in layer.weights:
            raise missing(f"{layer.name}/{name}", path)
    extra = [name for name in layer.weights if name not in wanted]
    if extra:
        raise left_over([f"{layer.name}/{name}" for name in extra], path)
    return layer


def missing(name: str, path: Path) -> InputError:
    """The error for a weight that is not there."""
    return InputError("a weight of this model is missing", path=path, found=f"no {name}", cure=_CURE)


def left_over(names: Sequence[str] | Mapping[str, Any], path: Path) -> InputError:
    """The error for weights that no layer has."""
    return InputError("this model has a weight that belongs to no layer", path=path, found=sorted(names)[0])


def _short(name: str, kind: str) -> str:
    """The name of a weight without its path: ``conv1d_2/kernel:0`` -> ``kernel``."""
    *folders, last = name.split("/")
    last = last.split(":")[0]
    if kind != "Bidirectional":
        return last
    way = "backward" if any(folder.startswith("backward") for folder in folders) else "forward"
    return f"{way} {last}"


def _long(layer: Layer, name: str) -> str:
    """The way back: ``kernel`` -> ``conv1d_2/kernel:0``."""
    if layer.kind == "Bidirectional":
        way, name = name.split()
        return f"{layer.name}/{way}_lstm/lstm_cell/{name}:0"
    return f"{layer.name}/{name}:0"


def _names(values: Any) -> list[str]:
    return [_text(value) for value in np.asarray(values).ravel()]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
