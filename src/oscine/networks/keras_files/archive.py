"""Models of Keras 3: a zip of ``config.json``, ``metadata.json`` and ``model.weights.h5``, read without unpacking.

A weight lies at ``layers/<class in snake case>[_<n>]/vars/<i>``, where classes are counted in the order of the layers.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.networks.keras_files.contents import WEIGHTS, Contents, Layer
from oscine.networks.keras_files.hdf5 import checked, datasets, layers_config, left_over, open_hdf5

_CURE = "Choose a file that DAS wrote, or copy it again"
_LARGEST = 2 * 2**30  # bytes of one member; DAS's networks have some megabytes


def read_archive(path: str | Path) -> Contents:
    """Layers and weights of a model of Keras 3; every weight in the file belongs to a layer, or it is an error.

    Raises
    ------
    InputError
        For a file that is not one, is cut off, or lacks a weight or has one too many.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("there is no such model", path=path, cure=_CURE)
    try:
        with zipfile.ZipFile(path) as archive:
            config = _member(archive, "config.json", path).decode("utf-8")
            metadata = json.loads(_member(archive, "metadata.json", path))
            content = _member(archive, "model.weights.h5", path)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("not a model of Keras, or cut off", path=path, cure=_CURE) from error
    with open_hdf5(io.BytesIO(content), path) as file:
        weights = datasets(file, path)
    layers, counts = [], dict[str, int]()
    for kind, name, settings in layers_config(config, path):
        snake = _snake_case(kind)
        number = counts[snake] = counts.get(snake, -1) + 1
        place = f"layers/{snake}_{number}" if number else f"layers/{snake}"
        layers.append(checked(Layer(kind, name, settings, _taken(weights, place, kind)), path))
    if weights:
        raise left_over(weights, path)
    return Contents(tuple(layers), str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else "")


def _taken(weights: dict[str, NDArray[np.float32]], place: str, kind: str) -> dict[str, NDArray[np.float32]]:
    """The weights of one layer, taken out of all, by name."""
    names = WEIGHTS.get(kind, ())
    if kind == "Bidirectional":
        places = [f"{place}/{way}_layer/cell/vars/{i}" for way in ("forward", "backward") for i in range(3)]
    else:
        places = [f"{place}/vars/{i}" for i in range(len(names))]
    return {name: weights.pop(where) for name, where in zip(names, places, strict=True) if where in weights}


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise InputError(f"this model of Keras has no {name}", path=path, cure=_CURE) from None
    if info.file_size > _LARGEST:
        raise InputError(f"{name} is larger than any network of DAS", path=path, found=f"{info.file_size} bytes")
    return archive.read(info)


def _snake_case(name: str) -> str:
    """As Keras names layers.

    Examples
    --------
    >>> [_snake_case(name) for name in ("Conv1D", "SeparableConv1D", "UpSampling1D", "Dense", "InputLayer")]
    ['conv1d', 'separable_conv1d', 'up_sampling1d', 'dense', 'input_layer']
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
