"""Which files make up a model of DAS.

DAS names a model by its stem, such as ``runs/20200101_120000``: the network is in ``…_model.keras`` (from 0.33 on) or
``…_model.h5``, class names and sample rate are in ``…_params.yaml``.
"""

from __future__ import annotations

from pathlib import Path

from oscine.core.errors import InputError

SUFFIXES = ("_model.keras", "_model.h5")
"""Of the file of a model, the one that DAS looks for first first."""

PARAMS_SUFFIX = "_params.yaml"


def find_keras_model(path: str | Path) -> Path | None:
    """The file of Keras that a path means, or `None` if it means something else.

    Parameters
    ----------
    path
        A file whose name ends in .keras, .h5 or .hdf5, or the stem of a model of DAS.

    Examples
    --------
    >>> find_keras_model("fly_model.h5")
    PosixPath('fly_model.h5')
    >>> find_keras_model("fly_model.safetensors") is None
    True
    """
    path = Path(path)
    if path.suffix in (".keras", ".h5", ".hdf5"):
        return path
    if path.is_file() or path.is_dir() or not path.name:
        return None
    return next((file for suffix in SUFFIXES if (file := path.with_name(path.name + suffix)).is_file()), None)


def stem_of(path: str | Path) -> Path:
    """The stem of a model, of the path of its file or of the stem itself.

    Examples
    --------
    >>> stem_of("runs/fly_model.h5").as_posix(), stem_of("runs/fly").as_posix(), stem_of("fly.h5").as_posix()
    ('runs/fly', 'runs/fly', 'fly')
    """
    path = Path(path)
    for suffix in (*SUFFIXES, PARAMS_SUFFIX, ".keras", ".hdf5", ".h5"):
        if path.name.endswith(suffix):
            return path.with_name(path.name.removesuffix(suffix))
    return path


def find_params(path: Path) -> Path:
    """The parameter file of a model, given its file or its stem.

    Raises
    ------
    InputError
        Where there is none.
    """
    stem = stem_of(path)
    params = stem.with_name(stem.name + PARAMS_SUFFIX)
    if not params.is_file():
        raise InputError(
            "this model of DAS comes without its parameter file, which has class names and sample rate",
            path=path,
            allowed=params.name,
            cure=f"Put {params.name} beside it",
        )
    return params
