"""What DAS's commands can be told: its names, its defaults, and ours beside them.

Names have underscores here and hyphens on the command line. Bounds are checked where the line is read, so that no time
is lost. `Options` says what else a line may contain: old names, short names, and options that are of no use any longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from oscine.core.params import Field, Hertz, Params, Seconds

Device = Literal["auto", "cpu", "cuda", "mps"]


class Options(Params):
    """Base of the options of a command."""

    positionals: ClassVar[tuple[str, ...]] = ()
    """Fields that are given without a name, in order."""
    shorts: ClassVar[Mapping[str, str]] = {}
    """Short names of fields."""
    aliases: ClassVar[Mapping[str, str]] = {}
    """Other names of fields."""
    unused: ClassVar[Mapping[str, str]] = {}
    """Fields, or names of no field, that are accepted and do nothing, and why."""


class Network(Options):
    """Options that training and tuning share."""

    aliases: ClassVar[Mapping[str, str]] = {
        "nb_kernels": "nb_filters",
        "pre_nb_conv": "nb_pre_conv",
        "pre_nb_kernels": "pre_nb_filters",
        "wandb_token": "wandb_api_token",
        "fill_gaps_min": "post_opt_fill_gaps_min",
        "fill_gaps_max": "post_opt_fill_gaps_max",
        "fill_gaps_steps": "post_opt_fill_gaps_steps",
        "min_len_min": "post_opt_min_len_min",
        "min_len_max": "post_opt_min_len_max",
        "min_len_steps": "post_opt_min_len_steps",
    }
    shorts: ClassVar[Mapping[str, str]] = {
        "d": "data_dir",
        "x": "x_suffix",
        "y": "y_suffix",
        "m": "model_name",
        "k": "kernel_size",
        "u": "use_separable",
        "i": "ignore_boundaries",
        "a": "augmentations",
        "f": "fraction_data",
        "t": "tensorboard",
        "w": "with_y_hist",
    }
    unused: ClassVar[Mapping[str, str]] = {
        "pre_kernel_size": "DAS does not use it either",
        "pre_nb_filters": "DAS does not use it either",
        "batch_norm": "it has no effect on DAS's networks",
        "nb_stacks": "it belongs to networks that DAS cannot train any longer",
        "log_messages": "messages are always shown; --verbose 0 hides them",
        "neptune_api_token": "DAS has given up Neptune",
        "neptune_project": "DAS has given up Neptune",
    }

    data_dir: Path
    """Dataset: a folder X.npy, X.zarr or X.h5."""
    x_suffix: str = ""
    """Take x_SUFFIX of the dataset for x."""
    y_suffix: str = ""
    """Take y_SUFFIX of the dataset for y: one song type against the rest."""
    save_dir: Path = Path()
    """Folder to write to; it is made."""
    save_prefix: str | None = None
    """Put before the names of what is written, with an underscore."""
    save_name: str | None = None
    """Stem of what is written, in place of the time."""
    model_name: str = "tcn"
    """tcn, or tcn_stft, which is the same."""
    nb_filters: int = Field(16, ge=1)
    """Feature maps of each layer."""
    kernel_size: int = Field(16, ge=1)
    """Taps of each convolution."""
    nb_conv: int = Field(3, ge=1)
    """Blocks, each of which passes through the dilations."""
    use_separable: tuple[bool, ...] = (False,)
    """For each block, whether its convolutions are separable; the last value holds for all further ones."""
    nb_hist: int = Field(1024, ge=1)
    """Samples of a window."""
    ignore_boundaries: bool = True
    """Leave kernel-size × nb-conv samples at either end of a window without scores."""
    batch_norm: bool = True
    """No effect."""
    nb_pre_conv: int = Field(0, ge=0, le=16)
    """Above 0: begin with a spectrogram that is trained, one spectrum every 2^N samples."""
    pre_nb_dft: int = Field(64, ge=2)
    """Samples of its window, a power of two."""
    pre_kernel_size: int = 3
    """No effect."""
    pre_nb_filters: int = 16
    """No effect."""
    upsample: bool = True
    """Bring the scores back to the rate of the sound."""
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Of the convolutions of a block."""
    nb_lstm_units: int = Field(0, ge=0)
    """Units of a bidirectional LSTM in either direction, 0 for none."""
    verbose: int = Field(2, ge=0)
    """0 says nothing but warnings."""
    batch_size: int = Field(32, ge=1)
    """Windows of a batch."""
    nb_epoch: int = Field(400, ge=1)
    """Epochs at most."""
    learning_rate: float | None = Field(None, gt=0)
    """Of Adam; 0.0005 where none is given."""
    reduce_lr: bool = False
    """Divide the learning rate by ten where the validation loss does not fall any longer."""
    reduce_lr_patience: int = Field(5, ge=1)
    """Epochs to wait for that."""
    fraction_data: float | None = Field(None, gt=0)
    """Up to 1: share of the training and validation data to use; above: seconds of training data, and as large a share
    of validation data."""
    seed: int | None = Field(None, ge=0)
    """Of all that is drawn by chance; 0 where none is given."""
    batch_level_subsampling: bool = False
    """Choose the fraction here and there, not in one piece."""
    augmentations: Path | None = None
    """YAML file of DAS's augmentations."""
    tensorboard: bool = False
    """Write logs for TensorBoard."""
    wandb_api_token: str | None = None
    """For Weights & Biases, which is used where token and project are given; it is stored nowhere."""
    wandb_project: str | None = None
    """For Weights & Biases."""
    wandb_entity: str | None = None
    """For Weights & Biases."""
    log_messages: bool = False
    """No effect."""
    nb_stacks: int = 2
    """No effect."""
    with_y_hist: bool = True
    """Score each sample of a window; the networks that score its middle alone cannot be trained any longer."""
    balance: bool = False
    """Let every class weigh the same in the loss, however rare it is."""
    version_data: bool = True
    """Note the fingerprint of the dataset."""
    resnet_compute: bool = False
    """Of a network that cannot be trained here."""
    resnet_train: bool = False
    """Of a network that cannot be trained here."""
    tmse_weight: float = Field(0.0, ge=0)
    """Weight of a term for scores that change seldom."""
    device: Device = "auto"
    """Where to compute (Oscine's)."""
    das_compat: bool = False
    """Do as DAS does even where it is wrong (Oscine's)."""


class TrainOptions(Network):
    """Options of `oscine das train`."""

    first_sample_train: int | None = Field(0, ge=0)
    """First sample of the training data to use; all four bounds must be given, and override the fraction."""
    last_sample_train: int | None = Field(None, ge=0)
    """Last."""
    first_sample_val: int | None = Field(0, ge=0)
    """First of the validation data."""
    last_sample_val: int | None = Field(None, ge=0)
    """Last."""
    post_opt: bool = False
    """Search for the best shortest pause and shortest segment when the network is trained."""
    post_opt_nb_workers: int = -1
    """No effect: the search takes a moment."""
    post_opt_fill_gaps_min: Seconds = Field(0.0005, gt=0)
    """Shortest pause to try."""
    post_opt_fill_gaps_max: Seconds = Field(1.0, gt=0)
    """Longest."""
    post_opt_fill_gaps_steps: int = Field(20, ge=1)
    """How many."""
    post_opt_min_len_min: Seconds = Field(0.0005, gt=0)
    """Shortest segment to try."""
    post_opt_min_len_max: Seconds = Field(1.0, gt=0)
    """Longest."""
    post_opt_min_len_steps: int = Field(20, ge=1)
    """How many."""
    morph_nb_kernels: int = Field(0, ge=0)
    """Above 0: of a network that cannot be trained here."""
    morph_kernel_duration: int = 32
    """Of a network that cannot be trained here."""


class TuneOptions(Network):
    """Options of `oscine das tune`."""

    tune_config: Path | None = None
    """YAML file of what to try: names of options with lists of values."""
    nb_tune_trials: int = Field(1000, ge=1)
    """How many trainings at most."""


class PredictOptions(Options):
    """Options of `oscine das predict`."""

    positionals: ClassVar[tuple[str, ...]] = ("path", "model_save_name")
    shorts: ClassVar[Mapping[str, str]] = {"v": "verbose", "b": "batch_size", "r": "resample"}

    path: Path
    """A recording, or a folder of WAV files."""
    model_save_name: Path
    """A model: the stem X of X_model.h5 or X_model.keras, its file, or a model of Oscine."""
    save_filename: Path | None = None
    """Where to write, for a single recording; beside it where nothing is given."""
    save_format: Literal["csv", "h5"] = "csv"
    """X_annotations.csv, or X_das.h5, which holds the probabilities too."""
    verbose: int = Field(1, ge=0)
    """0 says nothing but warnings."""
    batch_size: int | None = Field(None, ge=1)
    """Windows of a batch; it changes the numbers with --das-compat only."""
    event_thres: float = Field(0.5, ge=0, le=1)
    """Probability above which an event is one."""
    event_dist: Seconds = Field(0.01, ge=0)
    """Shortest distance of two peaks."""
    event_dist_min: Seconds = Field(0.0, ge=0)
    """Events nearer than this to another one are left out."""
    event_dist_max: Seconds | None = Field(None, ge=0)
    """Events farther than this from any other one are left out; none: no such limit."""
    segment_thres: float = Field(0.5, ge=0, le=1)
    """Probability above which a sample is part of a segment."""
    segment_use_optimized: bool = True
    """Use what --post-opt of the training has found, where nothing is given here."""
    segment_minlen: Seconds | None = Field(None, ge=0)
    """Shorter segments are left out."""
    segment_fillgap: Seconds | None = Field(None, ge=0)
    """Shorter pauses are filled."""
    bandpass_low_freq: Hertz | None = Field(None, gt=0)
    """Take out what is lower."""
    bandpass_up_freq: Hertz | None = Field(None, gt=0)
    """Take out what is higher."""
    resample: bool = True
    """Resample recordings to the rate of the model."""
    device: Device = "auto"
    """Where to compute (Oscine's)."""
    das_compat: bool = False
    """Do as DAS does even where it is wrong (Oscine's)."""


class EvaluateOptions(Options):
    """Options of `oscine das evaluate`."""

    positionals: ClassVar[tuple[str, ...]] = ("model_save_name", "verbose")
    shorts: ClassVar[Mapping[str, str]] = {"v": "verbose"}

    model_save_name: Path
    """Stem of the model; its parameters say where its dataset is."""
    verbose: int = Field(1, ge=0)
    """0 says nothing but warnings."""
    device: Device = "auto"
    """Where to compute (Oscine's)."""
    das_compat: bool = False
    """Do as DAS does even where it is wrong (Oscine's)."""


class VersionOptions(Options):
    """`oscine das version` has none."""


def plain(options: Options) -> dict[str, Any]:
    """Options as DAS's parameter file has them: paths as text, tuples as lists, no secrets, none of ours."""
    ours = {"device", "das_compat", "wandb_api_token", "tune_config", "nb_tune_trials"}
    return {name: value for name, value in options.to_dict().items() if name not in ours}
