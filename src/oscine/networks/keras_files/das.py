"""Models of DAS: read as models of Oscine, and models of Oscine written for DAS.

What DAS calls *noise*, the class of what is not song, is `oscine.annotations.labels.BACKGROUND` here, and the other way
round in what is written. All else keeps its name and its order.

A model that was read scores sound as DAS does: in windows of T samples (DAS's nb_hist) that are padded with zeros
inside, without scores for the p = kernel × blocks samples at either end, and with no more than the sound itself to tell
what is loud. ``model.scores(window)`` of T samples gives T - 2p frames; DAS lays windows T - 2p apart, the first at
sample 0. `oscine.prediction` lays the same windows p samples earlier, so that the first samples have scores too.

Models of DAS 0.28 to 0.32.11 may end in a closing and an opening of the probabilities, which then do not add up to one.
Here they are brought to a sum of one, and such a model cannot be written for DAS again.

Nothing in a file is ever run: see `das_layers` and `plain_yaml`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from oscine.annotations.labels import BACKGROUND
from oscine.core.artifacts import atomic
from oscine.core.errors import InputError
from oscine.networks.architectures.das import Das
from oscine.networks.frontends.trainable_stft import TrainableStft
from oscine.networks.frontends.waveform import Waveform
from oscine.networks.keras_files.archive import read_archive
from oscine.networks.keras_files.contents import Contents
from oscine.networks.keras_files.das_layers import Sizes, layers_of, sizes_of
from oscine.networks.keras_files.das_weights import check_shapes, fill, weights_of
from oscine.networks.keras_files.hdf5 import read_hdf5, write_hdf5
from oscine.networks.keras_files.names import PARAMS_SUFFIX, find_keras_model, find_params, stem_of
from oscine.networks.keras_files.plain_yaml import read_params
from oscine.networks.layers.das import DasNetwork
from oscine.networks.model import Model
from oscine.networks.specification import Specification
from oscine.networks.targets.exclusive import Exclusive

NOISE = "noise"
"""DAS's name of the class of what is not song, always the first."""


# -- reading -------------------------------------------------------------------------------------------------------


def read_das(path: str | Path) -> Model:
    """A model of DAS.

    Parameters
    ----------
    path
        ``X_model.h5``, ``X_model.keras``, or the stem ``X``; ``X_params.yaml`` stands beside it.

    Returns
    -------
    Model
        With DAS's classes as labels (*noise* as *background*), its events, and what its parameter file says under
        ``model.training["das"]``.

    Raises
    ------
    InputError
        Where there is none, the parameter file is missing or says otherwise than the network, a weight is missing,
        left over or of another shape, or it is another kind of network.
    """
    found = find_keras_model(path)
    if found is None:
        raise InputError("there is no such model of DAS", path=path, allowed="X_model.keras, X_model.h5 or the stem X")
    contents = read_contents(found)
    sizes = sizes_of(contents, found)
    check_shapes(contents, sizes, found)
    params_path = find_params(found)
    params = read_params(params_path)
    labels, events, rate = _task(params, sizes, params_path)
    specification = Specification(labels, rate, sizes.n_channels)
    boundary = _boundary(params, sizes, params_path)
    try:
        architecture = architecture_of(sizes, rate, boundary)
        network = architecture.build(specification)
    except InputError as error:
        raise InputError(f"this model cannot be used here: {error}", path=found) from error
    if not isinstance(network, DasNetwork):  # pragma: no cover  (what Das builds)
        raise TypeError(network)
    fill(network, contents, sizes, found)
    network.tile = (sizes.n_samples - 1 - sum(network.context)) // network.hop + 1
    training = {"das": _jsonable(params), "keras": contents.version}
    return Model(network.eval(), architecture, Exclusive(), events=events, training=training, path=found)


def read_contents(path: Path) -> Contents:
    """The layers and weights of a file of Keras 2 or 3."""
    return read_archive(path) if path.suffix == ".keras" else read_hdf5(path)


def architecture_of(sizes: Sizes, sample_rate: float, boundary: int) -> Das:
    """The architecture of a network of DAS.

    Parameters
    ----------
    sizes
        Of the network.
    sample_rate
        Hz.
    boundary
        Samples at either end of a window that DAS gives no scores to.
    """
    n_blocks, dilations, separable = sizes.blocks()
    stft = TrainableStft(window=sizes.window / sample_rate, stride=sizes.hop / sample_rate, normalise="window")
    return Das(
        n_filters=sizes.n_filters,
        kernel_size=sizes.kernel_size,
        n_blocks=n_blocks,
        dilations=dilations,
        separable=separable,
        n_lstm_units=sizes.n_lstm_units,
        morphology=sizes.morphology,
        dropout=sizes.dropout,
        representation=stft if sizes.window > 1 else Waveform(),
        upsample=sizes.upsample > 1,
        causal=sizes.causal,
        padding="zeros",
        boundary=boundary,
        standardise=False,
    )


def _task(params: Mapping[str, Any], sizes: Sizes, path: Path) -> tuple[tuple[str, ...], tuple[str, ...], float]:
    """Labels, those of them that are events, and sample rate."""
    names, kinds, rate = (params.get(name) for name in ("class_names", "class_types", "samplerate_x_Hz"))
    if not isinstance(names, list) or len(names) != sizes.n_classes:
        raise InputError(
            "the class names do not fit the network", path=path, found=names, allowed=f"{sizes.n_classes} class_names"
        )
    if kinds is None:
        kinds = ["segment"] * len(names)
    if not isinstance(kinds, list) or len(kinds) != len(names):
        raise InputError("there are not as many class_types as class_names", path=path, found=kinds)
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < math.inf:
        raise InputError("the sample rate is not a number", path=path, found=rate, allowed="samplerate_x_Hz, in Hz")
    names = [str(name) for name in names]
    if NOISE in names and BACKGROUND not in names:
        names[names.index(NOISE)] = BACKGROUND
    events = tuple(name for name, kind in zip(names, kinds, strict=True) if kind == "event")
    return tuple(names), events, float(rate)


def _boundary(params: Mapping[str, Any], sizes: Sizes, path: Path) -> int:
    """Samples at either end of a window without scores: ``data_padding``, or what DAS computes it from."""
    boundary = params.get("data_padding")
    if boundary is None:
        n_blocks = params.get("nb_conv") or sizes.blocks()[0]
        boundary = math.ceil(sizes.kernel_size * n_blocks) if params.get("ignore_boundaries") else 0
    if not isinstance(boundary, (int, float)) or boundary != int(boundary) or not 0 <= 2 * boundary < sizes.n_samples:
        raise InputError(
            "data_padding does not fit the windows of the network",
            path=path,
            found=boundary,
            allowed=f"0 to {(sizes.n_samples - 1) // 2}",
        )
    return int(boundary)


def _jsonable(value: Any) -> Any:
    """Plain values as JSON can hold them; dates and bytes as text."""
    if isinstance(value, Mapping):
        return {str(name): _jsonable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_jsonable(item) for item in value]
    if isinstance(value, (date, bytes)):
        return str(value)
    return value


# -- writing -------------------------------------------------------------------------------------------------------


def write_das(model: Model, path: str | Path, params: Mapping[str, Any] | None = None) -> Path:
    """Write a model for DAS: ``X_model.h5`` and ``X_params.yaml``, which DAS 0.32 loads and scores alike.

    Parameters
    ----------
    model
        Of the architecture ``das``, on the waveform or behind a ``trainable-stft`` with ``normalise="window"``, with
        one label per frame, of which one is *background* (or *noise*). One that sees real sound at the ends of its
        windows is written with windows so long that all frames that get scores do in DAS, too.
    path
        The stem ``X``, or ``X_model.h5``.
    params
        More for the parameter file, such as ``data_hash``; plain values.

    Returns
    -------
    Path
        ``X_model.h5``.

    Raises
    ------
    InputError
        For a model that DAS has no words for.
    """
    stem = stem_of(path)
    sizes, boundary = _sizes_for(model)
    order = _order(model)
    network = model.network
    if not isinstance(network, DasNetwork):
        raise _inexpressible("its architecture", model.architecture.plugin_name, "das")
    described = layers_of(sizes)
    filled = weights_of(network, [layer for layer, _ in described], sizes, order)
    target = stem.with_name(stem.name + "_model.h5")
    values = {**_params(model, sizes, boundary, order, stem), **(params or {})}
    with atomic(stem.with_name(stem.name + PARAMS_SUFFIX)) as temporary, atomic(target) as file:
        temporary.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8", newline="\n")
        write_hdf5(file, [(layer, inputs) for layer, (_, inputs) in zip(filled, described, strict=True)])
    return target


def _sizes_for(model: Model) -> tuple[Sizes, int]:
    """Sizes of a network in DAS's words, and the samples at either end of a window without scores."""
    architecture, specification = model.architecture, model.specification
    if not isinstance(architecture, Das):
        raise _inexpressible("its architecture", architecture.plugin_name, "das")
    if not isinstance(model.target, Exclusive):
        raise _inexpressible("its target", model.target.plugin_name, "exclusive")
    if specification.normalise:
        raise _inexpressible("its sound", "brought to one level of noise before", "as it is")
    front_end = architecture.representation
    if isinstance(front_end, TrainableStft):
        if front_end.normalise != "window" or front_end.span != 80:
            raise _inexpressible("its spectrogram", f"normalise {front_end.normalise!r}", "normalise 'window', span 80")
    elif not isinstance(front_end, Waveform):
        raise _inexpressible("its front end", front_end.plugin_name, "waveform or trainable-stft")
    if architecture.morphology:  # neither in DAS from 0.32.12 on
        raise _inexpressible("its morphology", architecture.morphology, 0)
    if architecture.causal:  # DAS's layers can, its models cannot
        raise _inexpressible("its convolutions", "causal", "such as see past and future")
    plan = architecture.plan(specification)
    if len(plan.units) < 2:
        raise _inexpressible("its depth", "one residual unit", "two or more")
    stride = plan.geometry.stride
    boundary = max(model.context)
    n_samples = (model.tile - 1) * model.hop + 1 + sum(model.context)
    if architecture.padding == "context":
        n_samples = model.tile * model.hop + 2 * boundary
    elif model.hop > 1:
        boundary = plan.boundary * model.hop
    return Sizes(
        n_samples=-(-n_samples // stride) * stride,
        n_channels=specification.n_channels,
        n_classes=specification.n_outputs,
        n_filters=architecture.n_filters,
        kernel_size=architecture.kernel_size,
        dilations=tuple(unit.dilation for unit in plan.units),
        separable=tuple(unit.separable for unit in plan.units),
        causal=architecture.causal,
        dropout=architecture.dropout,
        window=plan.geometry.window if isinstance(front_end, TrainableStft) else 1,
        hop=stride,
        n_lstm_units=architecture.n_lstm_units,
        upsample=plan.repeat,
    ), boundary


def _order(model: Model) -> list[int]:
    """The outputs in DAS's order: what is not song first."""
    labels = list(model.labels)
    noise = next((label for label in (BACKGROUND, NOISE) if label in labels), None)
    if noise is None:
        raise _inexpressible("its labels", ", ".join(labels), f"{BACKGROUND}, and others")
    return [labels.index(noise), *(place for place, label in enumerate(labels) if label != noise)]


def _params(model: Model, sizes: Sizes, boundary: int, order: list[int], stem: Path) -> dict[str, Any]:
    """The parameter file: what DAS needs to load the network, to lay windows and to name what it finds."""
    n_blocks, dilations, separable = sizes.blocks()
    names = [model.labels[place] for place in order]
    return {
        "model_name": "tcn",
        "nb_filters": sizes.n_filters,
        "kernel_size": sizes.kernel_size,
        "nb_conv": n_blocks,
        "use_separable": list(separable),
        "dilations": list(dilations),
        "nb_hist": sizes.n_samples,
        "nb_freq": sizes.n_channels,
        "nb_channels": sizes.n_channels,
        "nb_classes": sizes.n_classes,
        "nb_pre_conv": sizes.hop.bit_length() - 1 if sizes.window > 1 else 0,
        "pre_nb_dft": sizes.window if sizes.window > 1 else 64,
        "nb_lstm_units": sizes.n_lstm_units,
        "upsample": sizes.upsample == sizes.hop,
        "output_stride": sizes.hop // sizes.upsample,
        "ignore_boundaries": boundary > 0,
        "data_padding": boundary,
        "stride": sizes.n_samples - 2 * boundary,
        "y_offset": 0,
        "return_sequences": True,
        "sample_weight_mode": "temporal",
        "with_y_hist": True,
        "batch_norm": True,
        "batch_size": 32,
        "morph_nb_kernels": 0,
        "class_names": [NOISE, *names[1:]],
        "class_types": ["event" if name in model.events else "segment" for name in names],
        "class_weights": None,
        "samplerate_x_Hz": model.sample_rate,
        "samplerate_y_Hz": model.sample_rate,
        "x_suffix": "",
        "y_suffix": "",
        "post_opt": False,
        "save_name": stem.name,
    }


def _inexpressible(what: str, found: object, allowed: object) -> InputError:
    return InputError(
        f"this model cannot be written for DAS because of {what}",
        found=found,
        allowed=allowed,
        cure="Train with `das` and the options that DAS has",
    )
