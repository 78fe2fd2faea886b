"""Our own network, the default: quick to train on an ordinary computer, accurate, and exact however sound is cut.

    log-mel spectrogram -> two small convolutions over frequency and time, each thinned in frequency
    -> nine residual blocks of separable dilated convolutions over time -> labels per frame

It descends from the networks of the field: the spectrogram windows of TweetyNet [1]_, the dilated convolutions over
time of DAS [2]_ and of temporal convolutional networks [3]_, in the blocks of ConvNeXt [4]_, which give a wide view at
a small cost. All of it is free of padding, so that a frame is judged by real sound on either side, in training too.

What is left open follows from the data: the hop from the shortest sounds, the window from the hop, the frequencies from
where the sounds are.

References
----------
.. [1] Y. Cohen et al. (2022), Automated annotation of birdsong with a neural network that segments spectrograms, eLife
   11:e63853.
.. [2] E. Steinfath et al. (2021), Fast and accurate annotation of acoustic signals with deep neural networks, eLife
   10:e68837.
.. [3] S. Bai, J. Z. Kolter & V. Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks
   for sequence modeling, arXiv:1803.01271.
.. [4] Z. Liu et al. (2022), A ConvNet for the 2020s, CVPR.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Self

from oscine.core.params import Field
from oscine.networks.architecture import Architecture
from oscine.networks.frontend import FRONTENDS, FrontEnd, nearest_stride, nearest_window, stride_samples
from oscine.networks.frontends.log_mel import LogMel
from oscine.networks.specification import Specification
from oscine.networks.traits import Traits

if TYPE_CHECKING:
    from oscine.networks.network import Network

Count = Annotated[int, Field(ge=1)]

_DENSE, _SPARSE = (1, 2, 4, 8, 16, 32, 1, 2, 4), (1, 2, 4, 1)
"""Dilations for sound annotated from end to end, and for single sounds: few of them do not teach a wide view."""

STRIDE = 0.002
"""Hop where the data ask for none, s."""

_SHORTEST, _LONGEST = 0.0005, 0.016
"""Hops that the data may ask for, s."""


class Oscine(Architecture):
    """Convolutions over a log-mel spectrogram, then separable dilated convolutions that see most of a second.

    Examples
    --------
    >>> task = Specification(labels=("a", "b", "background"), sample_rate=32000.0)
    >>> network = Oscine().build(task)
    >>> network.frame_rate, network.is_exact
    (500.0, True)
    """

    representation: Annotated[FrontEnd, FRONTENDS] = LogMel()
    """What the first layer makes of the waveform."""

    features: tuple[Count, Count] = (16, 32)
    """Feature maps of the two convolutions over frequency and time."""

    strides: tuple[Count, Count] = (4, 4)
    """Bins from one output of each of them to the next."""

    n_channels: Count = 96
    """Channels of the blocks."""

    dilations: tuple[Count, ...] | None = None
    """Frames between the taps of each block's kernel, a block for each; none: nine blocks for sound annotated from end
    to end, which see most of a second, and four for single sounds, which see a tenth of it."""

    kernel_size: int = Field(7, ge=1)
    """Taps of each block's kernel."""

    expansion: Count = 2
    """How many times more channels there are inside a block."""

    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the values that are zeroed at random while training."""

    causal: bool = False
    """Look back only (but for the first convolutions and the window), for use while an animal sings."""

    def suited(self, traits: Traits) -> Self:
        """The same with what was left open in the front end taken from the data.

        There are 24 hops in the shortest segments and three in the shortest gaps (all but 5 % are longer), but the hop
        is no shorter than 0.5 ms and no longer than 16 ms, or 2 ms where there are events; without segments it is 2 ms.
        The window has about eight hops, or four where there are events. The frequencies are those of the
        sounds, and half as low and half as high again.
        """
        changes: dict[str, object] = {}
        if self.dilations is None:
            changes["dilations"] = _DENSE if len(traits.gaps) else _SPARSE
        if isinstance(self.representation, LogMel):
            changes["representation"] = _suited(self.representation, traits)
        return self.model_copy(update=changes)

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.oscine import KERNEL_TIME, OscineNetwork

        geometry = self.representation.geometry(specification)
        dilations = self.dilations or _DENSE
        reach = (self.kernel_size - 1) * sum(dilations)
        before, after = (reach, 0) if self.causal else (0, 0)
        if not self.causal:
            before = sum((self.kernel_size - 1) * dilation // 2 for dilation in dilations)
            after = reach - before
        margin = KERNEL_TIME - 1  # of both convolutions together, on either side
        half = geometry.window // 2
        context = (
            half + (before + margin) * geometry.stride,
            geometry.window - 1 - half + (after + margin) * geometry.stride,
        )
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            network = OscineNetwork(
                specification,
                self.representation.build(specification),
                geometry,
                context,
                features=self.features,
                strides=self.strides,
                n_channels=self.n_channels,
                kernel_size=self.kernel_size,
                dilations=dilations,
                expansion=self.expansion,
                dropout=self.dropout,
                causal=self.causal,
            )
        return network.initialise(0)


def _suited(front_end: LogMel, traits: Traits) -> LogMel:
    """A front end with a hop for the shortest sounds, a window of some hops, and the frequencies of the sounds."""
    rate = traits.sample_rate
    times = [traits.shortest() / 24, traits.shortest_gap() / 3]
    if traits.has_events or not len(traits.durations):
        times.append(STRIDE)
    wished = min(max(min(time for time in times if math.isfinite(time)), _SHORTEST), _LONGEST)
    stride = nearest_stride(rate, wished) if front_end.stride is None else stride_samples(front_end.stride, rate)
    window = (
        nearest_window(rate, (4 if traits.has_events else 8) * stride / rate)
        if front_end.window is None
        else round(front_end.window * rate)
    )
    changes = {"stride": stride / rate, "window": window / rate, "n_bands": min(front_end.n_bands, max(1, window // 2))}
    if front_end.high is None and front_end.low == 0 and traits.low < traits.high:
        # sounds begin and end with faint traces beyond where most of their power is
        changes |= {"low": traits.low / 2, "high": min(1.5 * traits.high, rate / 2)}
    return front_end.model_copy(update=changes)
