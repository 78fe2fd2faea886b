"""The plan of a stack of convolutions without padding: every size, computed before any layer is made.

SongExplorer's networks [1]_ see one context window of the front end's features, `time` steps by `frequency` bins.
Layers, counted from 1, are added while they fit:

1. `kernel_2d` convolutions (time × frequency) while time and frequency are at least as long as the (dilated) kernel,
2. then convolutions of `kernel_1d` steps over all frequencies that are left, while time is long enough.

Each layer takes ``extent -> ceil((extent - dilated kernel + 1) / stride)``. What is left of the window is seen by the
dense layers at once. Because nothing is padded, an input that is longer by ``downsampling`` steps of the front end
gives one output more, which is what makes the network fully convolutional.

A residual connection adds the input of layer 2 to the output of layer 3, that of 4 to 5, and so on, cropped to the
steps that the output is centred on. Where one of the two layers strides, the kept input is thinned likewise (in
SongExplorer it is not, and output would depend on how many frames are computed at once).

References
----------
.. [1] B.J. Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal
   acoustic communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

Pair = tuple[int, int]
"""A number for time, and one for frequency."""


@dataclass(frozen=True)
class Skip:
    """A residual connection into a layer.

    Attributes
    ----------
    source
        The layer whose input is added, counted from 1.
    start, stride
        First position of that input that is added, and distance to the next, (time, frequency).
    """

    source: int
    start: Pair
    stride: Pair


@dataclass(frozen=True)
class Convolution:
    """One layer of the stack; pairs are (time, frequency).

    Attributes
    ----------
    n_in, n_out
        Feature maps.
    extent
        What is left of one context window after the layer.
    pan_frequency
        Whether it is one of the layers over all frequencies.
    skip
        The residual connection into it, where there is one.
    """

    kernel: Pair
    stride: Pair
    dilation: Pair
    n_in: int
    n_out: int
    extent: Pair
    pan_frequency: bool = False
    skip: Skip | None = None


@dataclass(frozen=True)
class Stack:
    """The plan of a stack.

    Attributes
    ----------
    convolutions
        Layers that fit, in order.
    pool
        Size and stride of the pooling behind them; (1, 1) for none.
    extent
        What is left of one context window for the dense layers (time, frequency).
    n_maps
        Feature maps there.
    """

    convolutions: tuple[Convolution, ...]
    pool: Pair
    extent: Pair
    n_maps: int

    @property
    def downsampling(self) -> int:
        """Steps of the front end from one output to the next."""
        product = self.pool[0]
        for layer in self.convolutions:
            product *= layer.stride[0]
        return product

    @property
    def receptive_field(self) -> Pair:
        """Steps and bins that one output of the convolutions sees; layers over all frequencies do not count."""
        field, distance = [1, 1], [1, 1]
        for layer in self.convolutions:
            for axis in (0, 1):
                if axis == 0 or not layer.pan_frequency:
                    field[axis] += layer.dilation[axis] * (layer.kernel[axis] - 1) * distance[axis]
                distance[axis] *= layer.stride[axis]
        return field[0] + (self.pool[0] - 1) * distance[0], field[1] + (self.pool[1] - 1) * distance[1]


def plan_stack(
    extent: Pair,
    n_maps: int,
    *,
    n_layers: int,
    kernel_2d: Pair,
    kernel_1d: int,
    features: Pair,
    strided: tuple[Collection[int], Collection[int]] = ((), ()),
    dilated: tuple[Collection[int], Collection[int]] = ((), ()),
    residual: bool = False,
    pool: Pair = (1, 1),
) -> Stack:
    """Plan the convolutions for one context window.

    Parameters
    ----------
    extent
        Size of the window's features: time steps, bins.
    n_maps
        Their feature maps.
    n_layers
        Most convolutions; fewer are made where no more fit.
    kernel_2d, kernel_1d
        Size in time and frequency of the first convolutions, and in time of those over all frequencies.
    features
        Feature maps of both kinds.
    strided, dilated
        Numbers of the layers that stride by 2, and at which dilation doubles from there on, in (time, frequency).
    residual
        Whether there are residual connections.
    pool
        Size of the pooling; cut down to what is left of the window.

    Examples
    --------
    >>> stack = plan_stack((125, 7), 1, n_layers=2, kernel_2d=(5, 5), kernel_1d=3, features=(64, 64))
    >>> [layer.kernel for layer in stack.convolutions], stack.extent, stack.receptive_field
    ([(5, 5), (3, 3)], (119, 1), (7, 5))
    """
    layers: list[Convolution] = []
    inputs: list[tuple[Pair, int]] = []  # extent and maps of each layer's input
    while len(layers) < n_layers:
        number = len(layers) + 1
        # every listed layer doubles the dilation from there on
        dilation = (2 ** sum(d <= number for d in dilated[0]), 2 ** sum(d <= number for d in dilated[1]))
        stride = (2 if number in strided[0] else 1, 2 if number in strided[1] else 1)
        pan = any(layer.pan_frequency for layer in layers) or not _fits(kernel_2d, dilation, extent)
        kernel = (kernel_1d, extent[1]) if pan else kernel_2d
        if pan:
            dilation, stride = (dilation[0], 1), (stride[0], 1)
        if not _fits(kernel, dilation, extent):
            break
        inputs.append((extent, n_maps))
        extent = (
            _shrunk(extent[0], kernel[0], dilation[0], stride[0]),
            _shrunk(extent[1], kernel[1], dilation[1], stride[1]),
        )
        n_in, n_maps = n_maps, features[1 if pan else 0]
        layer = Convolution(kernel, stride, dilation, n_in, n_maps, extent, pan)
        if residual and number % 2 == 1 and number > 1:
            layer = replace(layer, skip=_skip(number - 1, layers[-1], layer, *inputs[-2]))
        layers.append(layer)
    pool = (min(pool[0], extent[0]), min(pool[1], extent[1]))
    return Stack(tuple(layers), pool, (extent[0] // pool[0], extent[1] // pool[1]), n_maps)


def _fits(kernel: Pair, dilation: Pair, extent: Pair) -> bool:
    return all(d * (k - 1) + 1 <= e for k, d, e in zip(kernel, dilation, extent, strict=True))


def _shrunk(extent: int, kernel: int, dilation: int, stride: int) -> int:
    return -(-(extent - dilation * (kernel - 1)) // stride)


def _skip(source: int, first: Convolution, second: Convolution, source_extent: Pair, source_maps: int) -> Skip | None:
    """The connection around the layers `first` and `second`, where feature maps (and frequencies) agree."""
    if source_maps != second.n_out or (second.pan_frequency and source_extent[1] != second.extent[1]):
        return None
    starts, strides = [], []
    for axis in (0, 1):
        before = first.dilation[axis] * (first.kernel[axis] - 1)
        after = first.stride[axis] * second.dilation[axis] * (second.kernel[axis] - 1)
        starts.append((before + after) // 2)
        strides.append(first.stride[axis] * second.stride[axis])
    return Skip(source, (starts[0], starts[1]), (strides[0], strides[1]))
