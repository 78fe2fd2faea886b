"""The layers of DAS's network in a file of Keras, to and from sizes.

A network of DAS is a sequence, whatever its layers are called::

    input, [spectrogram, reshape], projection, units, add, relu, [bidirectional LSTM], dense (softmax),
    [closing, opening], [upsampling]

where a unit is a dilated convolution (plain or separable), relu, division by the largest map (a Lambda layer, whose
code is never looked at), dropout and a convolution of one tap, and all but the last are followed by the addition of
its input. Anything else is refused, since it would be another network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oscine.core.errors import InputError
from oscine.networks.keras_files.contents import Contents, Layer

_CURE = "Only networks of DAS's models tcn and tcn_stft can be read"


@dataclass(frozen=True)
class Sizes:
    """What a network of DAS is, apart from its weights.

    Attributes
    ----------
    n_samples
        Length of the windows of sound, DAS's nb_hist.
    n_channels, n_classes
        Of the sound, and of the scores.
    n_filters, kernel_size
        Maps, and taps of each convolution.
    dilations, separable
        Of each unit.
    causal
        Whether convolutions see the past only.
    dropout
        Share of maps.
    window, hop
        Of the spectrogram, samples; (1, 1) without one.
    n_lstm_units
        Of the recurrent layer in either direction; 0 without one.
    morphology
        Steps of the closing and the opening; 0 without.
    upsample
        How often each step is repeated at the end.
    """

    n_samples: int
    n_channels: int
    n_classes: int
    n_filters: int
    kernel_size: int
    dilations: tuple[int, ...]
    separable: tuple[bool, ...]
    causal: bool = False
    dropout: float = 0.0
    window: int = 1
    hop: int = 1
    n_lstm_units: int = 0
    morphology: int = 0
    upsample: int = 1

    @property
    def n_bins(self) -> int:
        """Frequencies of each channel."""
        return self.window // 2 + 1 if self.window > 1 else 1

    def blocks(self) -> tuple[int, tuple[int, ...], tuple[bool, ...]]:
        """Number of blocks, the dilations of one, and which blocks are separable: the most blocks that fit.

        Examples
        --------
        >>> sizes = Sizes(64, 1, 2, 4, 4, dilations=(1, 2, 1, 2), separable=(True, True, False, False))
        >>> sizes.blocks()
        (2, (1, 2), (True, False))
        """
        n = len(self.dilations)
        for length in range(1, n + 1):
            if n % length or self.dilations != self.dilations[:length] * (n // length):
                continue
            kinds = [self.separable[i : i + length] for i in range(0, n, length)]
            if all(len(set(kind)) == 1 for kind in kinds):
                return n // length, self.dilations[:length], tuple(kind[0] for kind in kinds)
        raise InputError("separable and plain convolutions alternate within a block of this network", cure=_CURE)


class _Cursor:
    """The layers one by one, each of an expected kind."""

    def __init__(self, layers: Sequence[Layer], path: Path) -> None:
        self.layers, self.place, self.path = layers, 0, path

    def sees(self, *kinds: str) -> bool:
        """Whether the next layer is of one of these kinds."""
        return self.place < len(self.layers) and self.layers[self.place].kind in kinds

    def take(self, *kinds: str, **settings: Any) -> Layer:
        """The next layer, which must be of one of these kinds and have these settings."""
        if (layer := self.maybe(*kinds)) is None:
            found = self.layers[self.place].kind if self.place < len(self.layers) else "the end"
            raise InputError(
                "the layers of this model are not those of DAS",
                path=self.path,
                found=f"{found} as layer {self.place + 1}",
                allowed=kinds,
                cure=_CURE,
            )
        for name, allowed in settings.items():
            value = layer.settings.get(name, allowed)
            if _plain(value) != _plain(allowed):
                raise InputError(
                    f"setting {name} of layer {layer.name} is not one of DAS's",
                    path=self.path,
                    found=value,
                    allowed=str(allowed),
                    cure=_CURE,
                )
        return layer

    def maybe(self, *kinds: str) -> Layer | None:
        """The next layer if it is of one of these kinds."""
        if not self.sees(*kinds):
            return None
        self.place += 1
        return self.layers[self.place - 1]


_SAME_LENGTH: Mapping[str, Any] = {
    "strides": 1, "groups": 1, "activation": "linear", "use_bias": True, "data_format": "channels_last"
}  # fmt: skip


def sizes_of(contents: Contents, path: Path) -> Sizes:
    """Sizes of a network, from its layers alone.

    Raises
    ------
    InputError
        Where they are not those of DAS.
    """
    cursor = _Cursor(contents.layers, path)
    try:
        return _sizes(cursor)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the description of the layers is damaged", path=path, cure=_CURE) from error


def _sizes(cursor: _Cursor) -> Sizes:
    entry = cursor.take("InputLayer").settings
    _, n_samples, n_channels = entry.get("batch_input_shape") or entry["batch_shape"]
    window, hop = 1, 1
    if cursor.sees("Spectrogram"):
        stft = cursor.take(
            "Spectrogram",
            padding="same",
            power_spectrogram=1.0,
            return_decibel_spectrogram=True,
            image_data_format="channels_last",
        )
        window, hop = int(stft.settings["n_dft"]), int(stft.settings["n_hop"])
        n_features = (window // 2 + 1) * int(n_channels)
        cursor.take("Reshape", target_shape=(-(-int(n_samples) // hop), n_features))
    n_filters = int(cursor.take("Conv1D", kernel_size=1, **_SAME_LENGTH).settings["filters"])
    kernels, dilations, separable, paddings, rates = [], [], [], [], []
    n_sums = 0
    while cursor.sees("Conv1D", "SeparableConv1D"):
        convolution = cursor.take("Conv1D", "SeparableConv1D", filters=n_filters, depth_multiplier=4, **_SAME_LENGTH)
        kernels.append(_one(convolution.settings["kernel_size"]))
        dilations.append(_one(convolution.settings["dilation_rate"]))
        separable.append(convolution.kind == "SeparableConv1D")
        paddings.append(convolution.settings["padding"])
        cursor.take("Activation", activation="relu")
        cursor.take("Lambda")
        rates.append(float(cursor.take("SpatialDropout1D").settings.get("rate", 0)))
        cursor.take("Conv1D", kernel_size=1, filters=n_filters, **_SAME_LENGTH)
        n_sums += cursor.maybe("Add") is not None
    cursor.take("Activation", activation="relu")
    if not kernels or n_sums != len(kernels) or len({*kernels}) > 1 or len({*paddings, "causal"}) > 2:
        raise InputError("the layers of this model are not those of DAS", path=cursor.path, cure=_CURE)
    n_lstm_units = 0
    if recurrent := cursor.maybe("Bidirectional"):
        cell = recurrent.settings["layer"]
        gates = {name: cell["config"].get(name) for name in ("activation", "recurrent_activation", "return_sequences")}
        wanted = {"activation": "tanh", "recurrent_activation": "sigmoid", "return_sequences": True}
        if cell["class_name"] != "LSTM" or gates != wanted or recurrent.settings.get("merge_mode") != "concat":
            raise InputError("the recurrent layer of this model is not DAS's", path=cursor.path, cure=_CURE)
        n_lstm_units = int(cell["config"]["units"])
    dense = cursor.take("Dense", use_bias=True)
    if dense.settings["activation"] != "softmax":
        cursor.take("Activation", activation="softmax")
    morphology = 0
    if cursor.maybe("SlicingOpLambda"):  # an axis is put in, and taken out again behind the two
        plain = {"num_filters": 1, "strides": [1, 1], "padding": "same", "dilation_rate": [1, 1]}
        morphology = int(cursor.take("Closing2D", **plain).settings["kernel_size"][0])
        cursor.take("Opening2D", kernel_size=[morphology, 1], **plain)
        cursor.take("SlicingOpLambda")
    upsampling = cursor.maybe("UpSampling1D")
    upsample = _one(upsampling.settings["size"]) if upsampling else 1
    if cursor.place < len(cursor.layers) or upsample not in (1, hop):
        raise InputError(
            "the layers of this model are not those of DAS",
            path=cursor.path,
            found=cursor.layers[min(cursor.place, len(cursor.layers) - 1)].kind,
            cure=_CURE,
        )
    return Sizes(
        n_samples=int(n_samples),
        n_channels=int(n_channels),
        n_classes=int(dense.settings["units"]),
        n_filters=n_filters,
        kernel_size=kernels[0],
        dilations=tuple(dilations),
        separable=tuple(separable),
        causal=paddings[0] == "causal",
        dropout=max(rates),
        window=window,
        hop=hop,
        n_lstm_units=n_lstm_units,
        morphology=morphology,
        upsample=upsample,
    )


def layers_of(sizes: Sizes) -> list[tuple[Layer, tuple[str, ...]]]:
    """The layers of a network as Keras 2 describes them, without weights, each with those that it takes its input from.

    The layer that divides by the largest map is described by the name of DAS's own function, not by its code as DAS
    does. Keras then cannot make the layers of this description, as it cannot make those of DAS's own files in another
    version of Python; in both cases DAS makes them of its parameter file, and takes the weights in this order.
    """
    names = _Names()
    layers: list[tuple[Layer, tuple[str, ...]]] = []

    def add(kind: str, name: str, sources: Sequence[str], **settings: Any) -> str:
        layers.append((Layer(kind, name, settings), tuple(sources)))
        return name

    def convolution(kind: str, source: str, n_taps: int, dilation: int = 1, **settings: Any) -> str:
        name = names.next("separable_conv1d" if kind == "SeparableConv1D" else "conv1d")
        return add(
            kind,
            name,
            [source],
            filters=sizes.n_filters,
            kernel_size=[n_taps],
            strides=[1],
            data_format="channels_last",
            dilation_rate=[dilation],
            groups=1,
            activation="linear",
            use_bias=True,
            **{"padding": "same"} | settings,
        )

    last = add(
        "InputLayer",
        "input_1",
        [],
        batch_input_shape=[None, sizes.n_samples, sizes.n_channels],
        sparse=False,
        ragged=False,
    )
    if sizes.window > 1:
        last = add(
            "Spectrogram",
            "trainable_stft",
            [last],
            n_dft=sizes.window,
            n_hop=sizes.hop,
            padding="same",
            power_spectrogram=1.0,
            return_decibel_spectrogram=True,
            trainable_kernel=True,
            image_data_format="channels_last",
        )
        shape = [-(-sizes.n_samples // sizes.hop), sizes.n_bins * sizes.n_channels]
        last = add("Reshape", "reshape", [last], target_shape=shape)
    stream = convolution("Conv1D", last, 1)
    added = []
    for number, (dilation, separable) in enumerate(zip(sizes.dilations, sizes.separable, strict=True), start=1):
        settings: dict[str, Any] = {"padding": "causal" if sizes.causal else "same"}
        if separable:
            settings["depth_multiplier"] = 4
        kind = "SeparableConv1D" if separable else "Conv1D"
        last = convolution(kind, stream, sizes.kernel_size, dilation, **settings)
        last = add("Activation", names.next("activation"), [last], activation="relu")
        last = add(
            "Lambda",
            names.next("lambda"),
            [last],
            function="channel_normalization",
            function_type="function",
            module="das.tcn.tcn",
            output_shape=None,
            output_shape_type="raw",
            output_shape_module=None,
            arguments={},
        )
        last = add(
            "SpatialDropout1D",
            names.next("spatial_dropout1d"),
            [last],
            rate=sizes.dropout,
            noise_shape=None,
            seed=None,
        )
        added.append(convolution("Conv1D", last, 1))
        if number < len(sizes.dilations):
            stream = add("Add", names.next("add"), [stream, added[-1]])
    last = add("Add", names.next("add"), added)
    last = add("Activation", names.next("activation"), [last], activation="relu")
    if sizes.n_lstm_units:
        cell = {
            "name": "lstm",
            "trainable": True,
            "dtype": "float32",
            "return_sequences": True,
            "return_state": False,
            "go_backwards": False,
            "stateful": False,
            "unroll": False,
            "time_major": False,
            "units": sizes.n_lstm_units,
            "activation": "tanh",
            "recurrent_activation": "sigmoid",
            "use_bias": True,
            "unit_forget_bias": True,
            "dropout": 0.0,
            "recurrent_dropout": 0.0,
        }
        last = add(
            "Bidirectional",
            "bidirectional",
            [last],
            layer={"module": "keras.layers", "class_name": "LSTM", "config": cell, "registered_name": None},
            merge_mode="concat",
        )
    last = add("Dense", "dense", [last], units=sizes.n_classes, activation="softmax", use_bias=True)
    if sizes.upsample > 1:
        add("UpSampling1D", "up_sampling1d", [last], size=sizes.upsample)
    return layers


class _Names:
    """conv1d, conv1d_1, conv1d_2 and so on."""

    def __init__(self) -> None:
        self._counts: dict[str, Iterator[int]] = {}

    def next(self, kind: str) -> str:
        number = next(self._counts.setdefault(kind, iter(range(10**6))))
        return f"{kind}_{number}" if number else kind


def _one(value: Any) -> int:
    """A size that Keras writes as 3, [3] or (3,)."""
    if isinstance(value, (list, tuple)):
        (value,) = value
    return int(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return value[0] if len(value) == 1 else list(value)
    return value
