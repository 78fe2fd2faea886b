"""DAS's network: a temporal convolutional network, with residual units of ever wider dilation.

A projection of the features to `n_filters` maps is followed by `n_blocks` passes over `dilations`. Each residual unit
convolves over time, rectifies, divides by the largest of its maps, and adds a linear combination of them to what it
got [1]_ [2]_. The scores are a linear function of the rectified sum of what all units added. The parameter counts of
DAS's networks are unit tests, and DAS's own model files can be read and written (`oscine.networks.keras_files`).

What differs from DAS (0.32) by default:

- nothing is padded with zeros: a frame is judged by real sound on either side, and alike in windows of any length.
  DAS's windows (1024 samples) are mostly shorter than what a frame sees (1396 samples, or 22384 with a spectrogram);
  ``padding="zeros"`` has that for comparison;
- features are standardised, since DAS's scores depend on how loud a recording is; ``standardise=False`` does not;
- scores stay at the frame rate of the front end; ``upsample=True`` repeats them to the sample rate.

References
----------
.. [1] E. Steinfath et al. (2021), Fast and accurate annotation of acoustic signals with deep neural networks,
   eLife 10: e68837.
.. [2] S. Bai, J.Z. Kolter & V. Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks
   for sequence modeling, arXiv 1803.01271.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import field_validator, model_validator

from oscine.core.errors import InputError
from oscine.core.params import Field
from oscine.networks.architecture import Architecture
from oscine.networks.frames import is_whole_rate
from oscine.networks.frontend import FRONTENDS, FrontEnd, Geometry
from oscine.networks.frontends.waveform import Waveform
from oscine.networks.specification import Specification

if TYPE_CHECKING:
    from oscine.networks.network import Network

Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class Unit:
    """One residual unit.

    Attributes
    ----------
    dilation
        Steps between the taps of its kernel.
    separable
        Whether each map is convolved on its own before they are combined.
    before, after
        Steps that its convolution sees before and after the one it gives.
    """

    dilation: int
    separable: bool
    before: int
    after: int


@dataclass(frozen=True)
class Plan:
    """Sizes of a network, in samples and in steps of the front end.

    Attributes
    ----------
    geometry
        Of the front end.
    units
        The residual units.
    hop, context, step
        As of `Network`.
    repeat
        How often each step is repeated in the output.
    boundary
        With zeros: frames at either end of a window that are left out.
    """

    geometry: Geometry
    units: tuple[Unit, ...]
    hop: int
    context: tuple[int, int]
    step: int
    repeat: int
    boundary: int

    @property
    def reach(self) -> tuple[int, int]:
        """Steps of the front end that all units together see before and after a step."""
        return sum(unit.before for unit in self.units), sum(unit.after for unit in self.units)


class Das(Architecture):
    """A temporal convolutional network: sees far, finds both pulses and syllables, and works on the waveform itself.

    Examples
    --------
    >>> task = Specification(labels=("noise", "pulse", "sine"), sample_rate=10000.0)
    >>> network = Das().build(task)
    >>> network.n_parameters, network.hop, network.context
    (65843, 1, (696, 699))
    """

    n_filters: Count = 16
    """Number of feature maps."""

    kernel_size: Count = 16
    """Taps of each convolution, in samples or, behind a spectrogram, in its steps."""

    n_blocks: Count = 3
    """How often the dilations are passed through."""

    dilations: tuple[Count, ...] = Field((1, 2, 4, 8, 16), min_length=1)
    """Steps between taps, one residual unit each."""

    separable: tuple[bool, ...] = (False,)
    """For each block, whether each map is convolved on its own; the last value holds for all further blocks."""

    n_lstm_units: int = Field(0, ge=0)
    """Size of a bidirectional recurrent layer behind the blocks, for either direction; 0 for none."""

    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the maps that are zeroed at random while training."""

    representation: Annotated[FrontEnd, FRONTENDS] = Waveform()
    """What the first layer makes of the waveform."""

    upsample: bool = False
    """Repeat the scores, so that there is one for each sample."""

    causal: bool = False
    """Convolve over the past only."""

    padding: Literal["context", "zeros"] = "context"
    """See real sound on either side, or zeros at the ends of each window, as DAS does."""

    boundary: int | None = Field(None, ge=0)
    """With zeros: samples at either end of a window that get no scores; kernel_size × n_blocks where none is given."""

    morphology: int = Field(0, ge=0)
    """With zeros: steps of a closing and an opening of the probabilities, as in some models of DAS up to 0.32.11; 0 for
    none."""

    standardise: bool = True
    """Bring the features to zero mean and unit variance by what is measured on training data."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.morphology and self.padding != "zeros":
            raise ValueError("morphology is there for models of DAS, and goes with padding zeros only")
        return self

    @field_validator("separable", mode="before")
    @classmethod
    def _broadcast(cls, value: object) -> object:
        return (value,) if isinstance(value, (bool, str)) else value

    def plan(self, specification: Specification) -> Plan:
        """Sizes of everything for a task, without torch.

        Raises
        ------
        InputError
            Where the options do not fit the sample rate.
        """
        geometry = self.representation.geometry(specification)
        units = tuple(
            _unit(self.kernel_size, dilation, self._is_separable(block), self.causal)
            for block in range(self.n_blocks)
            for dilation in self.dilations
        )
        window, stride = geometry.window, geometry.stride
        repeat = stride if self.upsample else 1
        hop = stride // repeat
        _check_rate(hop, specification.sample_rate)
        if self.padding == "context":
            before, after = (sum(getattr(unit, side) for unit in units) * stride for side in ("before", "after"))
            if repeat == 1:
                context = before + window // 2, after + window - 1 - window // 2
            else:  # all repeats of a step see the same sound, and are centred where it is
                left = before + max(window - stride, 0) // 2
                context = left + repeat - 1, before + after + window - 1 - left
            return Plan(geometry, units, hop, context, step=repeat, repeat=repeat, boundary=0)
        samples = self.kernel_size * self.n_blocks if self.boundary is None else self.boundary
        if hop == 1:
            return Plan(geometry, units, hop, (samples, samples), step=1, repeat=repeat, boundary=samples)
        frames = -(-samples // hop)
        left = frames * hop + hop // 2
        context = left, (2 * frames + 1) * hop - 1 - left
        return Plan(geometry, units, hop, context, step=1, repeat=repeat, boundary=frames)

    def build(self, specification: Specification) -> Network:
        """The network for a task, its weights initialised with seed 0."""
        import torch

        from oscine.networks.layers.das import DasNetwork

        plan = self.plan(specification)
        with torch.random.fork_rng(devices=[]):  # torch's layers draw weights when they are made
            network = DasNetwork(
                specification,
                self.representation.build(specification),
                plan,
                n_filters=self.n_filters,
                kernel_size=self.kernel_size,
                n_lstm_units=self.n_lstm_units,
                morphology=self.morphology,
                dropout=self.dropout,
                pads=self.padding == "zeros",
                standardises=self.standardise,
            )
        return network.initialise(0)

    def _is_separable(self, block: int) -> bool:
        return bool(self.separable) and self.separable[min(block, len(self.separable) - 1)]


def _unit(kernel_size: int, dilation: int, separable: bool, causal: bool) -> Unit:
    """A unit that sees half of its reach on either side; of an odd reach, the larger half comes after (TensorFlow)."""
    reach = (kernel_size - 1) * dilation
    before = reach if causal else reach // 2
    return Unit(dilation, separable, before, reach - before)


def _check_rate(hop: int, sample_rate: float) -> None:
    if not is_whole_rate(sample_rate, hop):
        raise InputError(
            f"{sample_rate:g} Hz gives no whole number of frames per second",
            found=f"a stride of {hop} samples",
            cure="Change the stride of the front end, or set --architecture.upsample true",
        )
