"""What vak's tables on a model, its spectrogram and its training mean as our parameters.

- *Windows* are counted in frames, which are `step_size` samples long: 176 frames of 64 samples at 32 kHz are 0.352 s.
- *Epochs*: vak draws a window at every frame, so that each frame is seen as often as a window is long; in ours windows
  lie side by side. `num_epochs` times `window_size` of ours are as many steps; `patience` ends it much earlier.
- *Frames* are always standardised here, as by `standardize_frames = true`.
- *log_spect*: vak takes the logarithm of the power density of 16-bit samples above `thresh`; ours has a floor relative
  to the noise of the recording (see `oscine.networks.frontends.spectrogram`).
- *Clean-up*: `majority_vote` is the decoder `majority`, `min_segment_dur` its shortest sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oscine.compat.vak.config import Config
from oscine.core.errors import InputError, unknown
from oscine.core.monitor import Monitor
from oscine.networks.frontends.spectrogram import Spectrogram
from oscine.networks.losses.cross_entropy import CrossEntropy
from oscine.networks.losses.dice import Dice
from oscine.networks.smoothings.gaussian_tmse import GaussianTmse
from oscine.networks.smoothings.tmse import Tmse
from oscine.prediction.decoders.majority import Majority
from oscine.prediction.decoders.maximum import Maximum
from oscine.prediction.segment import SegmentParams
from oscine.training.params import TrainParams

FFT_SIZE, STEP_SIZE = 512, 64
"""Samples, where vak's file does not say."""
_RATE = 0.003
"""vak's learning rate, where its file gives none."""
_WEIGHT = 0.15
"""Of vak's smoothing terms."""

_MODELS = {
    "tweetynet": "tweetynet",
    "teenytweetynet": "tweetynet",
    "ed_tcn": "ed-tcn",
    "edtcn": "ed-tcn",
    "convtemporalconvnet": "conv-tcn",
    "convtcn": "conv-tcn",
    "temporalconvnet": "tcn",
    "tcn": "tcn",
}
"""Our architectures by vak's names, in small letters."""

_TEENY = {"conv_filters": (8, 16), "conv_pool": 4, "hidden_size": 32, "conv_kernel": (5, 5)}
"""What makes a TweetyNet teeny."""


def train_params(config: Config, command: str, model: str, sample_rate: float, monitor: Monitor) -> TrainParams:
    """Parameters of a training.

    Parameters
    ----------
    config, command
        The file, and the table in it.
    model
        vak's name of the network, of those in the table.
    sample_rate
        Of the recordings, Hz: vak counts in samples.
    monitor
        Is told what differs here.

    Raises
    ------
    InputError
        For what cannot be meant here; it names the key.
    """
    table, parts = config.table(command), config.models(command)[model]
    name = _MODELS.get(model.lower())
    if name is None:
        raise InputError(
            f"{config.title(command)} model {model}: there is no such network of frames here",
            path=config.path,
            found=model,
            allowed="TweetyNet, TeenyTweetyNet, ED_TCN, ConvTemporalConvNet, TemporalConvNet",
            cure="Choose one of these, or train another architecture with: oscine train",
        )
    base = TrainParams.named(name)
    spectrogram = representation(config, sample_rate, monitor)
    options = {**base.architecture.to_dict(), **(_TEENY if model.lower().startswith("teeny") else {})}
    options |= _network(config, command, model, name, parts["network"])
    options["representation"] = spectrogram.to_dict()
    window = config.window_size(command)
    values = {
        "architecture": options,
        "window": window * spectrogram.stride,
        "n_steps": None,
        "n_epochs": float(_number(config, command, "num_epochs", 1) * window),
        "batch_size": int(_number(config, command, "batch_size", 1)),
        "learning_rate": _learning_rate(config, command, model, parts["optimizer"]),
        "period": _whole(config, command, "val_step"),
        "patience": _whole(config, command, "patience"),
        **_loss(config, command, model, parts["loss"]),
        "device": "cpu" if _on_cpu(table) else "auto",
        "start_from": table.get("checkpoint_path"),
    }
    _tell(config, command, parts, table, window, monitor)
    return TrainParams.parse({**base.to_dict(), **values})


def representation(config: Config, sample_rate: float, monitor: Monitor) -> Spectrogram:
    """The spectrogram of `[vak.prep.spect_params]`."""
    given = dict(config.prep.get("spect_params", {}))
    low, high = 0.0, None
    if (cutoffs := given.get("freq_cutoffs")) is not None:
        if not (_are_numbers(cutoffs) and 0 <= cutoffs[0] < cutoffs[1]):
            raise config.wrong(
                "prep", "spect_params.freq_cutoffs", "is not two frequencies", found=cutoffs, allowed="[500, 10000]"
            )
        low, high = float(cutoffs[0]), min(float(cutoffs[1]), sample_rate / 2)
    kind = given.get("transform_type")
    if kind not in (None, "log_spect", "log_spect_plus_one"):
        raise config.wrong(
            "prep", "spect_params.transform_type", "is unknown", found=kind, allowed="log_spect, log_spect_plus_one"
        )
    if kind is not None:
        monitor.warning(
            f"{config.path}: {kind} becomes the logarithm of the magnitude above a floor that follows each recording's "
            "noise" + (", and thresh is left out" if "thresh" in given else "")
        )
    elif "thresh" in given:
        monitor.warning(f"{config.path}: spect_params.thresh without log_spect is left out")
    return Spectrogram(
        window=_samples(config, given, "fft_size", FFT_SIZE) / sample_rate,
        stride=_samples(config, given, "step_size", STEP_SIZE) / sample_rate,
        low=low,
        high=high,
        scale="power" if kind is None else "log",
    )


def segment_params(config: Config, command: str) -> SegmentParams:
    """How scores become sounds: vak's clean-up, if there is any."""
    table = config.table(command)
    given = table.get("post_tfm_kwargs", {})
    if command == "predict":
        given = {"majority_vote": table.get("majority_vote", True), "min_segment_dur": table.get("min_segment_dur")}
    for key in given:
        if key not in {"majority_vote", "min_segment_dur"}:
            raise unknown("key of post_tfm_kwargs", key, ["majority_vote", "min_segment_dur"], path=config.path)
    shortest = given.get("min_segment_dur") or 0.0
    if not isinstance(shortest, (int, float)) or shortest < 0:
        raise config.wrong(command, "min_segment_dur", "is not a duration in seconds", found=shortest)
    if given.get("majority_vote"):
        return SegmentParams(decoder=Majority(min_duration=float(shortest)), min_duration=0, max_gap=0)
    return SegmentParams(decoder=Maximum(), min_duration=float(shortest), max_gap=0)


# -- parts of a model ------------------------------------------------------------------------------------------------


def _network(config: Config, command: str, model: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of our architecture from those of vak's network."""
    given = dict(given)
    options: dict[str, Any] = {}
    for key in ("num_classes", "num_input_channels", "num_freqbins", "input_shape"):
        given.pop(key, None)  # follow from the data
    if str(given.pop("padding", "SAME")).upper() != "SAME":
        raise config.wrong(command, f"model.{model}.network.padding", "only SAME keeps frames where they are")
    if name in {"tweetynet", "conv-tcn"}:
        options |= _convolutions(config, command, model, given)
    renamed = _RENAMED[name]
    for key, value in given.items():
        if key not in renamed:
            raise unknown(f"key of the network {model}", key, sorted([*renamed, *_CONVOLUTIONS]), path=config.path)
        ours, kind = renamed[key]
        try:
            options[ours] = kind(value)
        except (TypeError, ValueError):
            raise config.wrong(command, f"model.{model}.network.{key}", "is none", found=value) from None
    return options


_TEMPORAL: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "out_channels": ("n_filters", int),
    "num_channels": ("n_filters", int),
    "kernel_size": ("kernel_size", int),
    "num_layers": ("n_layers", int),
    "dropout": ("dropout", float),
}
_RENAMED: dict[str, dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "tweetynet": {
        "hidden_size": ("hidden_size", int),
        "rnn_dropout": ("dropout", float),
        "num_layers": ("n_layers", int),
        "bidirectional": ("bidirectional", bool),
    },
    "ed-tcn": {
        "num_filters": ("n_filters", tuple),
        "kernel_size": ("kernel_size", int),
        "dropout": ("dropout", float),
    },
    "conv-tcn": _TEMPORAL,
    "tcn": _TEMPORAL,
}
"""Of each of our architectures, vak's options, what they are called here, and their type."""

_CONVOLUTIONS = (
    "conv1_filters", "conv1_kernel_size", "conv2_filters", "conv2_kernel_size", "pool1_size", "pool1_stride",
    "pool2_size", "pool2_stride",
)  # fmt: skip


def _convolutions(config: Config, command: str, model: str, given: dict[str, Any]) -> dict[str, Any]:
    """The convolutions of the spectrogram, taken out of what is given; ours are alike in all but their filters."""
    taken = {key: given.pop(key) for key in _CONVOLUTIONS if key in given}
    for key, value in taken.items():
        pair = not key.endswith("filters")
        if not (_are_numbers(value) if pair else isinstance(value, int)):
            raise config.wrong(
                command, f"model.{model}.network.{key}", "is none", found=value, allowed="[5, 5]" if pair else "32"
            )
    options: dict[str, Any] = {}
    defaults = (8, 16) if model.lower().startswith("teeny") else (32, 64)
    if {"conv1_filters", "conv2_filters"} & set(taken):
        options["conv_filters"] = (taken.get("conv1_filters", defaults[0]), taken.get("conv2_filters", defaults[1]))
    kernels = {tuple(taken[key]) for key in ("conv1_kernel_size", "conv2_kernel_size") if key in taken}
    pools = {tuple(taken[key]) for key in taken if key.startswith("pool")}
    for what, found in (("kernel_size", kernels), ("size and stride of the pooling", pools)):
        if len(found) > 1:
            raise config.wrong(
                command, f"model.{model}.network", f"both convolutions have one {what} here",
                found=" and ".join(map(str, sorted(found))), cure="Give both the same",
            )  # fmt: skip
    if kernels:
        height, width = kernels.pop()
        options["conv_kernel"] = (width, height)  # vak's axes are (frequency, time)
    if pools:
        height, width = pools.pop()
        if width != 1:
            raise config.wrong(
                command, f"model.{model}.network", "pooling over time would lose frames",
                found=f"({height}, {width})", allowed=f"({height}, 1)",
            )  # fmt: skip
        options["conv_pool"] = height
    return options


def _loss(config: Config, command: str, model: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Loss and smoothing."""
    given = dict(given)
    name = str(given.pop("name", "ce"))
    weight = given.pop("lmbda", given.pop("lambda", _WEIGHT))
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight < 0:
        raise config.wrong(command, f"model.{model}.loss.lmbda", "is no weight", found=weight, allowed="0 or more")
    plain, none = CrossEntropy(balanced=False), Tmse(weight=0.0)
    kinds: dict[str, tuple[Any, Any]] = {
        "ce": (plain, none),
        "crossentropyloss": (plain, none),
        "ce-tmse": (plain, Tmse(weight=weight)),
        "ce-gstmse": (plain, GaussianTmse(weight=weight)),
        "dice": (Dice(), none),
        "diceloss": (Dice(), none),
    }
    if name.lower() not in kinds:
        raise config.wrong(
            command, f"model.{model}.loss.name", "is unknown", found=name, allowed="ce, ce-tmse, ce-gstmse, dice"
        )
    if given.pop("weight", None) is not None:
        raise config.wrong(
            command, f"model.{model}.loss.weight", "labels are not weighted one by one here",
            cure="Leave it out, and balance them all: oscine train --loss cross-entropy --loss.balanced",
        )  # fmt: skip
    for key in given:
        raise unknown(f"key of the loss of {model}", key, ["name", "lmbda"], path=config.path)
    loss, smoothing = kinds[name.lower()]
    return {"loss": loss.to_dict(), "smoothing": smoothing.to_dict()}


def _learning_rate(config: Config, command: str, model: str, given: Mapping[str, Any]) -> float:
    for key in given:
        if key != "lr":
            raise unknown(f"key of the optimizer of {model}", key, ["lr"], path=config.path)
    rate = given.get("lr", _RATE)
    if not isinstance(rate, (int, float)) or not rate > 0:
        raise config.wrong(command, f"model.{model}.optimizer.lr", "is not a learning rate", found=rate, allowed="> 0")
    return float(rate)


def _are_numbers(value: Any) -> bool:
    """Whether something is a list of two numbers."""
    return isinstance(value, list) and len(value) == 2 and all(isinstance(item, (int, float)) for item in value)


def _on_cpu(table: Mapping[str, Any]) -> bool:
    return table.get("trainer", {}).get("accelerator") == "cpu" or table.get("device") == "cpu"


def _number(config: Config, command: str, key: str, least: float) -> float:
    value = config.table(command).get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < least:
        raise config.wrong(command, key, "is missing or no number", found=value, allowed=f"at least {least:g}")
    return float(value)


def _whole(config: Config, command: str, key: str) -> int | None:
    return None if config.table(command).get(key) is None else int(_number(config, command, key, 1))


def _samples(config: Config, given: Mapping[str, Any], key: str, default: int) -> int:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise config.wrong("prep", f"spect_params.{key}", "is not a number of samples", found=value)
    return value


def _tell(
    config: Config, command: str, parts: Mapping[str, Any], table: Mapping[str, Any], window: int, monitor: Monitor
) -> None:
    """What differs, where it may matter."""
    told = (table.get("val_transform_params") or table.get("transform_params") or {}).get("window_size")
    if told not in (None, window):
        monitor.warning(
            f"{config.path}: models predict with windows as long as in training, {window} frames, not {told}"
        )
    if table.get("shuffle") is False:
        monitor.warning(f"{config.path}: windows are always drawn by chance; shuffle = false is left out")
    if parts["metrics"]:
        monitor.message(f"{config.path}: all metrics are measured, whatever stands in the table on metrics")
    if table.get("patience") is None:
        monitor.warning(
            f"{config.path}: vak's epoch has a window at every frame, so {table.get('num_epochs')} epochs are "
            f"{window} times as many of ours; patience would end the training when it no longer gets better"
        )
