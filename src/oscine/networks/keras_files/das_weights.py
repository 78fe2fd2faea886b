"""The weights of DAS's network, between Keras and torch.

Keras stores kernels of convolutions as (tap, in, out), torch as (out, in, tap). A separable one of Keras has a
depthwise kernel (tap, in, 4), whose map ``4 · in + m`` is torch's grouped convolution, and a pointwise one
(1, 4 · in, out). Both order the gates of an LSTM as input, forget, cell, output; Keras has one bias where torch has
two that are added.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.networks.keras_files.contents import Contents, Layer
from oscine.networks.keras_files.das_layers import Sizes
from oscine.networks.layers.das import DEPTH, DasNetwork
from oscine.networks.layers.trainable_stft import windowed_transform

Array = NDArray[np.float32]
WEIGHTED = ("Spectrogram", "Conv1D", "SeparableConv1D", "Bidirectional", "Dense", "Closing2D", "Opening2D")
"""Kinds of layers that have weights."""


def check_shapes(contents: Contents, sizes: Sizes, path: Path) -> None:
    """Refuse weights of other shapes than their layers say, before a network of that size is made.

    Raises
    ------
    InputError
        Naming the first of them.
    """
    for layer, place in _placed(contents, sizes):
        for name, values in layer.weights.items():
            wanted = _shape(layer, name, sizes, place)
            if values.shape != wanted:
                raise InputError(
                    "a weight of this model has another shape than its layer",
                    path=path,
                    found=f"{layer.name}/{name} {values.shape}",
                    allowed=str(wanted),
                    cure="Choose a file that DAS wrote, or copy it again",
                )


def fill(network: DasNetwork, contents: Contents, sizes: Sizes, path: Path) -> None:
    """Put the weights of a file, of checked shapes, into a network of its sizes; each is used exactly once.

    Raises
    ------
    InputError
        For a weight that is not a number; the kernels of a spectrogram that are not numbers are replaced by those of
        the Fourier transform, as DAS 0.33 does, with a warning.
    """
    taken = {name: value for name, value in network.state_dict().items() if name.startswith("standardisation.")}
    for layer, place in _placed(contents, sizes):
        for name, values in _to_torch(layer, place, path).items():
            taken[name] = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
    network.load_state_dict(taken)


def _placed(contents: Contents, sizes: Sizes) -> Iterator[tuple[Layer, str]]:
    """The layers that have weights, each with where these lie in the network."""
    return zip((layer for layer in contents.layers if layer.kind in WEIGHTED), _places(sizes), strict=True)


def weights_of(network: DasNetwork, layers: Sequence[Layer], sizes: Sizes, order: Sequence[int]) -> list[Layer]:
    """The layers of `das_layers.layers_of` with the weights of a network, its standardisation worked into the first.

    Parameters
    ----------
    network
        With the sizes of the layers.
    layers
        Without weights.
    sizes
        Of the network.
    order
        Which output comes first, second and so on.
    """
    state = {name: value.detach().cpu().double().numpy() for name, value in network.state_dict().items()}
    mean, scale = (state.pop(f"standardisation.{name}")[..., 0].T.ravel() for name in ("mean", "scale"))
    kernel = state["projection.weight"][..., 0] / scale  # features of one frequency lie side by side
    state["projection.weight"] = kernel[..., None]
    state["projection.bias"] = state["projection.bias"] - kernel @ mean
    for name in ("head.weight", "head.bias"):
        state[name] = state[name][list(order)]
    places = _places(sizes)
    return [
        Layer(layer.kind, layer.name, layer.settings, _to_keras(layer, next(places), state))
        if layer.kind in WEIGHTED
        else layer
        for layer in layers
    ]


def _places(sizes: Sizes) -> Iterator[str]:
    """Where the weights of each layer lie in the network, in the order of the file."""
    if sizes.window > 1:
        yield "front_end"
    yield "projection"
    for number in range(len(sizes.dilations)):
        yield f"units.{number}.convolution"
        yield f"units.{number}.combination"
    if sizes.n_lstm_units:
        yield "recurrent"
    yield "head"
    if sizes.morphology:
        yield "morphology.closing"
        yield "morphology.opening"


def _shape(layer: Layer, name: str, sizes: Sizes, place: str) -> tuple[int, ...]:
    """Of a weight in the file."""
    n_filters, units = sizes.n_filters, sizes.n_lstm_units
    n_in = sizes.n_bins * sizes.n_channels if place == "projection" else n_filters
    n_taps = sizes.kernel_size if place.endswith("convolution") else 1
    shapes: dict[str, dict[str, tuple[int, ...]]] = {
        "Spectrogram": dict.fromkeys(("real_kernels", "imag_kernels"), (sizes.window, 1, 1, sizes.n_bins)),
        "Conv1D": {"kernel": (n_taps, n_in, n_filters), "bias": (n_filters,)},
        "SeparableConv1D": {
            "depthwise_kernel": (n_taps, n_filters, DEPTH),
            "pointwise_kernel": (1, DEPTH * n_filters, n_filters),
            "bias": (n_filters,),
        },
        "Bidirectional": {
            f"{way} {name}": shape
            for way in ("forward", "backward")
            for name, shape in {
                "kernel": (n_filters, 4 * units),
                "recurrent_kernel": (units, 4 * units),
                "bias": (4 * units,),
            }.items()
        },
        "Closing2D": {"kernel": (sizes.morphology, 1, sizes.n_classes, 1)},
        "Opening2D": {"kernel": (sizes.morphology, 1, sizes.n_classes, 1)},
        "Dense": {"kernel": (2 * units or n_filters, sizes.n_classes), "bias": (sizes.n_classes,)},
    }
    return shapes[layer.kind][name]


def _to_torch(layer: Layer, place: str, path: Path) -> dict[str, Array]:
    """Weights of a layer of the file, under the names of the network."""
    weights = layer.weights
    if layer.kind == "Spectrogram":
        return dict(zip((f"{place}.real", f"{place}.imaginary"), _kernels(layer, path), strict=True))
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise InputError(
                "a weight of this model is not a number",
                path=path,
                found=f"{layer.name}/{name}",
                cure="Train it again, with a lower learning rate",
            )
    if layer.kind in ("Closing2D", "Opening2D"):
        return {place: weights["kernel"][:, 0, :, 0].T}
    if layer.kind == "Conv1D":
        return {f"{place}.weight": weights["kernel"].transpose(2, 1, 0), f"{place}.bias": weights["bias"]}
    if layer.kind == "SeparableConv1D":
        depthwise = weights["depthwise_kernel"]
        pointwise = place.replace("convolution", "pointwise")
        return {
            f"{place}.weight": depthwise.transpose(1, 2, 0).reshape(-1, 1, len(depthwise)),
            f"{pointwise}.weight": weights["pointwise_kernel"].transpose(2, 1, 0),
            f"{pointwise}.bias": weights["bias"],
        }
    if layer.kind == "Bidirectional":
        found = {}
        for way, ending in (("forward", ""), ("backward", "_reverse")):
            found[f"{place}.weight_ih_l0{ending}"] = weights[f"{way} kernel"].T
            found[f"{place}.weight_hh_l0{ending}"] = weights[f"{way} recurrent_kernel"].T
            found[f"{place}.bias_ih_l0{ending}"] = weights[f"{way} bias"]
            found[f"{place}.bias_hh_l0{ending}"] = np.zeros_like(weights[f"{way} bias"])
        return found
    return {f"{place}.weight": weights["kernel"].T[..., None], f"{place}.bias": weights["bias"]}


def _kernels(layer: Layer, path: Path) -> Iterator[Array]:
    """Kernels of the spectrogram (frequency, 1, sample)."""
    kernels = [layer.weights[name][:, 0, 0].T for name in ("real_kernels", "imag_kernels")]
    if not all(np.isfinite(kernel).all() for kernel in kernels):
        warnings.warn(
            f"{path}: the spectrogram of this model is not a number; the Fourier transform is taken in its place",
            stacklevel=2,
        )
        kernels = [kernel.astype(np.float32) for kernel in windowed_transform(kernels[0].shape[1])]
    return (kernel[:, None] for kernel in kernels)


def _to_keras(layer: Layer, place: str, state: dict[str, NDArray[np.float64]]) -> dict[str, Array]:
    """Weights of the network, as a layer of the file has them: `_to_torch`, backwards."""
    found: dict[str, NDArray[np.float64]]
    if layer.kind == "Spectrogram":
        found = {
            name: state[f"{place}.{mine}"].transpose(2, 1, 0)[:, None]
            for name, mine in (("real_kernels", "real"), ("imag_kernels", "imaginary"))
        }
    elif layer.kind == "Conv1D":
        found = {"kernel": state[f"{place}.weight"].transpose(2, 1, 0), "bias": state[f"{place}.bias"]}
    elif layer.kind == "SeparableConv1D":
        depthwise, pointwise = state[f"{place}.weight"], place.replace("convolution", "pointwise")
        found = {
            "depthwise_kernel": depthwise.reshape(-1, DEPTH, depthwise.shape[-1]).transpose(2, 0, 1),
            "pointwise_kernel": state[f"{pointwise}.weight"].transpose(2, 1, 0),
            "bias": state[f"{pointwise}.bias"],
        }
    elif layer.kind == "Bidirectional":
        found = {}
        for way, ending in (("forward", ""), ("backward", "_reverse")):
            found[f"{way} kernel"] = state[f"{place}.weight_ih_l0{ending}"].T
            found[f"{way} recurrent_kernel"] = state[f"{place}.weight_hh_l0{ending}"].T
            found[f"{way} bias"] = state[f"{place}.bias_ih_l0{ending}"] + state[f"{place}.bias_hh_l0{ending}"]
    else:
        found = {"kernel": state[f"{place}.weight"][..., 0].T, "bias": state[f"{place}.bias"]}
    return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in found.items()}
