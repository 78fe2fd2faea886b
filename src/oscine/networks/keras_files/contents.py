"""What the file of a model of Keras holds: its layers in order, with their settings and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes
    ----------
    kind
        Its class, such as ``Conv1D``.
    name
        In the file.
    settings
        What Keras calls its config; code in it is never looked at.
    weights
        By name, in order, such as ``kernel`` and ``bias``.
    """

    kind: str
    name: str
    settings: Mapping[str, Any]
    weights: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """The layers of a model, in order.

    Attributes
    ----------
    layers
        In the order of the file.
    version
        Of the Keras that wrote it.
    """

    layers: tuple[Layer, ...]
    version: str = ""


WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "Conv1D": ("kernel", "bias"),
    "SeparableConv1D": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "Dense": ("kernel", "bias"),
    "Spectrogram": ("real_kernels", "imag_kernels"),
    "Closing2D": ("kernel",),
    "Opening2D": ("kernel",),
    "Bidirectional": (
        "forward kernel",
        "forward recurrent_kernel",
        "forward bias",
        "backward kernel",
        "backward recurrent_kernel",
        "backward bias",
    ),
}
"""Names of the weights of each kind of layer, in the order in which Keras stores them."""
