"""The hyper-parameters of a training, apart from the operation so that the loop can know them too."""

from __future__ import annotations

from typing import Annotated, Literal

from oscine.core.params import Field, Hertz, OperationParams, Seconds
from oscine.networks.architecture import ARCHITECTURES, Architecture
from oscine.networks.architectures.songexplorer import SongExplorer
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.networks.loss import LOSSES, Loss
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.smoothing import SMOOTHINGS, Smoothing
from oscine.networks.smoothings.tmse import Tmse
from oscine.networks.target import TARGETS, Target
from oscine.networks.targets.exclusive import Exclusive
from oscine.training.optimizers import OptimizerName


class TrainParams(OperationParams):
    """Hyper-parameters of one training run."""

    architecture: Annotated[Architecture, ARCHITECTURES] = SongExplorer(
        context=0.0512, representation=Spectrogram(scale="log"), features=(32, 32)
    )
    """Network to train."""
    target: Annotated[Target, TARGETS] = Exclusive(event_width=0.0096)
    """What a frame can be."""
    loss: Annotated[Loss, LOSSES] = CrossEntropy()
    """What is made small."""
    smoothing: Annotated[Smoothing, SMOOTHINGS] = Tmse(weight=0.0)
    """What makes scores change seldom from frame to frame, beside the loss."""
    normalise: bool = True
    """Bring every recording to the same level of background noise, since recorders differ in gain."""
    sample_rate: Hertz | None = Field(None, gt=0)
    """Rate to resample to, for recordings that differ; none: that of the recordings, which must agree."""
    window: Seconds = Field(0.05, gt=0)
    """Stretch around an annotation whose frames are learnt together."""
    balance: bool = True
    """Draw every label equally often, however rare it is."""
    n_steps: int = Field(300, ge=0)
    """Batches to train on; 0 keeps the random weights."""
    batch_size: int = Field(32, ge=1)
    """Windows in a batch."""
    optimizer: OptimizerName = "adam"
    """How the weights follow the gradient."""
    learning_rate: float = Field(1e-3, gt=0)
    """How far they follow it."""
    weight_decay: float = Field(0.0, ge=0)
    """How strongly weights are pulled to zero."""
    clip: float | None = Field(None, gt=0)
    """Largest norm of the gradient."""
    period: int = Field(30, ge=1)
    """Steps between validations; each keeps a model and the state to resume from."""
    patience: int | None = Field(None, ge=1)
    """Stop after this many validations without gain; none: never."""
    n_replicates: int = Field(1, ge=1)
    """Models to train, which differ in their seeds."""
    weights_seed: int | None = Field(None, ge=0)
    """Seed of the initial weights, if not `seed`."""
    batches_seed: int | None = Field(None, ge=0)
    """Seed of the windows drawn, if not `seed`."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute."""
    precision: Literal["32-true", "16-mixed", "bf16-mixed"] = "32-true"
    """Of the arithmetic."""
