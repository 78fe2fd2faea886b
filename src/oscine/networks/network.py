"""Networks: waveform in, a score of each label in each frame out.

A `Network` is made of a front end, a standardisation of what that gives, and a body:

    waveform (batch, channel, sample) -> features (batch, map, frequency, time) -> logits (batch, label, frame)

An input of ``left + 1 + right + (n - 1) * hop`` samples gives exactly `n` frames, and one network serves training on
windows of any length and streaming alike. Three things differ between networks, and each says so of itself:

- `is_exact`: each frame depends on its own ``left + 1 + right`` samples alone, as in every convolutional network that
  pads nothing. Prediction over blocks with context then equals prediction over the whole. A recurrent layer, or a
  normalisation over time, sees all that it is given; its network is not exact. Nor is one whose front end says of
  itself that it is not (`is_exact`), such as a spectrogram whose level is counted from the loudest of the input.
- `step`: blocks that begin on multiples of so many frames equal the whole. More than one where sound is pooled and
  brought back to its length.
- `is_windowed`: it pads with zeros inside its input, as the peers' networks do, so that the frames near the ends are
  worse. Prediction then computes tiles that are as long as the windows it was trained on.

The front end's features are standardised per map and frequency by numbers that are measured on training data
(`standardise`) and stored with the weights. Sound is often faint, fly song some thousandth of full scale, and a
network started on numbers that small learns slowly or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from oscine.networks.frames import TILE, n_frames, n_input_samples, n_valid_frames
from oscine.networks.layers.standardisation import Standardisation
from oscine.networks.specification import Specification


class Network(nn.Module):
    """Base of every network.

    Attributes
    ----------
    is_exact
        Whether a frame depends on its context alone.
    step
        Frames at whose multiples blocks may begin, to equal the whole.
    is_windowed
        Whether it pads within its input.
    tile
        Frames that prediction computes at once.

    Parameters
    ----------
    specification
        The task.
    front_end
        Layer that makes features (batch, map, frequency, time) of the waveform.
    n_maps, n_bins
        Feature maps and frequencies that it gives.
    hop
        Samples from one frame to the next.
    context
        Samples needed before and after the sample at a frame's centre.
    step_of_features
        Samples that one step of the front end sees, and from one step to the next; those of a frame by default.
    """

    is_exact: bool = True
    step: int = 1
    is_windowed: bool = False
    tile: int = TILE

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        n_maps: int,
        n_bins: int,
        hop: int,
        context: tuple[int, int],
        step_of_features: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.specification, self.hop, self.context = specification, hop, context
        self.is_exact = type(self).is_exact and self.has_exact_front_end(front_end)
        self.step_of_features = step_of_features or (hop, hop)
        self.front_end = front_end
        self.standardisation = Standardisation(n_maps, n_bins)

    # -- what an architecture says -----------------------------------------------------------------------------

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time).

        Appends its hidden layers to `hidden`, in order, where a list is given.
        """
        raise NotImplementedError

    def describe(self) -> str:
        """What there is to know of it, in a few lines: layers, context, frames, parameters."""
        return "\n".join(self._facts())

    @staticmethod
    def has_exact_front_end(front_end: nn.Module) -> bool:
        """Whether features depend on the samples of their own step alone; a layer that does not say otherwise is so."""
        return bool(getattr(front_end, "is_exact", True))

    @property
    def depends_on_length(self) -> bool:
        """Whether all frames change with the length of the input, so that prediction is to take that of training."""
        return self.is_windowed or not self.has_exact_front_end(self.front_end)

    # -- what every network does -------------------------------------------------------------------------------

    def forward(self, waveform: Tensor, edit: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Logits of each label in each frame.

        Parameters
        ----------
        waveform
            Sound (batch, channel, sample), at the specification's sample rate.
        edit
            Is given the standardised features (batch, map, frequency, time), and gives those that the body shall see:
            for masking some of them in training, or for looking at them.

        Returns
        -------
        Tensor
            (batch, label, frame); the first frame is centred on sample ``context[0]``.
        """
        features = self.features(waveform)
        logits: Tensor = self.body(edit(features) if edit else features)
        return logits

    def columns(self, features: Tensor, n_frames: int) -> Tensor:
        """The features at the centre of each frame, one below the other.

        Parameters
        ----------
        features
            (batch, map, frequency, time), as `features` gives them for an input of `n_frames` frames.
        n_frames
            Frames of that input.

        Returns
        -------
        Tensor
            (batch, map × frequency, frame).
        """
        window, stride = self.step_of_features
        first, every = max(0, (self.context[0] - window // 2) // stride), max(1, self.hop // stride)
        return features.flatten(1, 2)[..., first::every][..., :n_frames]

    def hidden(self, waveform: Tensor) -> list[Tensor]:
        """The hidden layers, in order, before their nonlinearity.

        Each is (batch, map, frequency, time). For an input of one context window all are centred on its frame.
        """
        layers: list[Tensor] = []
        self.body(self.features(waveform), layers)
        return layers

    def features(self, waveform: Tensor) -> Tensor:
        """Standardised features (batch, map, frequency, time) of the waveform (batch, channel, sample).

        Samples at the end that no frame is whole with are left out.
        """
        n_samples = self.n_input_samples(self.n_valid_frames(waveform.shape[-1]))
        features: Tensor = self.standardisation(self.front_end(waveform[..., :n_samples]))
        return features

    @property
    def frame_rate(self) -> float:
        """Frames per second, Hz."""
        return self.specification.sample_rate / self.hop

    def n_frames(self, n_samples: int) -> int:
        """Frames that cover a recording of `n_samples` samples, its padded ends included."""
        return n_frames(n_samples, self.hop)

    def n_valid_frames(self, n_samples: int) -> int:
        """Frames that `forward` gives for `n_samples` samples."""
        return n_valid_frames(n_samples, self.hop, self.context)

    def n_input_samples(self, n_frames: int) -> int:
        """Samples of which `forward` makes exactly `n_frames` frames."""
        return n_input_samples(n_frames, self.hop, self.context)

    @property
    def n_parameters(self) -> int:
        """Number of trainable weights."""
        return sum(weights.numel() for weights in self.parameters() if weights.requires_grad)

    def initialise(self, seed: int) -> Self:
        """Draw all weights anew: Glorot's uniform distribution [1]_, biases zero. The same seed gives the same weights.

        Parameters
        ----------
        seed
            Of the weights; the global random state is neither used nor changed.

        References
        ----------
        .. [1] X. Glorot & Y. Bengio (2010), Understanding the difficulty of training deep feedforward neural networks,
           AISTATS, 249-256.
        """
        generator = torch.Generator().manual_seed(seed)
        for module in self.body_modules():
            _initialise(module, generator)
        return self

    def body_modules(self) -> Iterable[nn.Module]:
        """The modules that `initialise` draws the weights of: all but the standardisation."""
        return (module for module in self.modules() if module is not self.standardisation)

    @torch.no_grad()
    def standardise(self, waveforms: Iterable[Tensor | NDArray[np.float32]]) -> Self:
        """Measure mean and standard deviation of the features on training data, and use them from here on.

        Parameters
        ----------
        waveforms
            Sounds (channel, sample) or (batch, channel, sample), each at least one window of the front end long.
        """
        device = self.standardisation.mean.device
        self.standardisation.measure(
            self.front_end(torch.as_tensor(waveform, device=device).reshape(-1, *waveform.shape[-2:]))
            for waveform in waveforms
        )
        return self

    def _facts(self) -> list[str]:
        rate, (left, right) = self.specification.sample_rate, self.context
        return [
            f"input            {self.specification.n_channels} channel(s) at {rate:g} Hz",
            f"context          {left + 1 + right} samples ({(left + 1 + right) / rate:.6g} s): "
            f"{left} before and {right} after a frame's centre",
            f"hop              {self.hop} samples ({self.hop / rate:.6g} s)",
            f"frame rate       {self.frame_rate:g} Hz",
            f"outputs          {self.specification.n_outputs}: {', '.join(self.specification.labels)}",
            f"parameters       {self.n_parameters}",
        ]


def _initialise(module: nn.Module, generator: torch.Generator) -> None:
    if isinstance(module, (nn.modules.conv._ConvNd, nn.Linear)):
        nn.init.xavier_uniform_(module.weight, generator=generator)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif callable(reset := getattr(module, "reset_parameters", None)):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
            reset()
