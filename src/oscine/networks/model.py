"""Models: a trained network and everything that prediction needs, in one self-contained file.

The file is in the safetensors format [1]_: the weights, and in its header one entry, ``oscine``, of JSON with the
version of the layout, the architecture and its options, the task, the target, the labels' thresholds, how scores are
decoded, the training and the provenance. Nothing in it is ever executed. `X_params.yaml` is written beside
`X_model.safetensors`, for people to read; nothing reads it back.

A model in memory is a value: `with_thresholds` and the like give another one that shares the network.

References
----------
.. [1] https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from oscine.core.artifacts import Provenance, atomic, write_text
from oscine.core.errors import InputError, unknown
from oscine.core.folders import did_you_mean, is_recording
from oscine.core.params import explain
from oscine.networks.architecture import ARCHITECTURES, Architecture
from oscine.networks.keras_files.names import find_keras_model
from oscine.networks.specification import Specification
from oscine.networks.target import TARGETS, Target

if TYPE_CHECKING:
    from torch import Tensor

    from oscine.networks.network import Network

FORMAT_VERSION = 1
"""Of the layout of the header; a file of a newer one is refused."""

SUFFIX = "_model.safetensors"
_ENTRY = "oscine"
_CHANGEABLE = ("events", "thresholds", "decoding", "temperature", "training", "provenance", "path")
_CURE = "Choose a file that `oscine train` wrote"


class Model:
    """A network, what it is for, and how its scores are to be read.

    Parameters
    ----------
    network
        The network.
    architecture
        What built it.
    target
        What its outputs mean.
    events
        Labels whose sounds are events, instants without length; the others are segments.
    thresholds
        Probability above which each label is taken to be there; labels without a finite one are left out.
    decoding
        How its scores become annotations where nobody says otherwise: parameters of `oscine.segment` as plain values,
        chosen by `oscine.postprocess`; none where nobody chose.
    temperature
        Number by which the network's outputs are divided before they become probabilities: 1 leaves them as they are
        (see `oscine.metrics.calibration`).
    training
        How it was trained, as plain values: steps, losses, numbers of examples.
    provenance
        The operation that made it.

    Examples
    --------
    >>> from oscine.networks.architectures.songexplorer import SongExplorer
    >>> from oscine.networks.targets.exclusive import Exclusive
    >>> architecture, task = SongExplorer(), Specification(labels=("pulse", "ambient"), sample_rate=2500.0)
    >>> model = Model(architecture.build(task), architecture, Exclusive())
    >>> model.scores(np.zeros((1, 512 + 9 * 4), dtype=np.float32)).shape
    (2, 10)
    """

    def __init__(
        self,
        network: Network,
        architecture: Architecture,
        target: Target,
        *,
        events: Sequence[str] = (),
        thresholds: Mapping[str, float] | None = None,
        decoding: Mapping[str, Any] | None = None,
        temperature: float = 1.0,
        training: Mapping[str, Any] | None = None,
        provenance: Provenance | None = None,
        path: Path | None = None,
    ) -> None:
        self.network, self.architecture, self.target = network, architecture, target
        self.specification = network.specification
        self.events = tuple(events)
        self.thresholds = {name: float(value) for name, value in (thresholds or {}).items() if math.isfinite(value)}
        self.decoding, self.training = dict(decoding or {}), dict(training or {})
        self.provenance, self.path = provenance, path
        self.temperature = float(temperature)
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise InputError("the temperature of a model is out of range", found=temperature, allowed="above 0")
        for label in (*self.events, *self.thresholds):
            if label not in (*self.labels, *self.outputs):
                raise unknown("label of a threshold or event", label, (*self.labels, *self.outputs))

    def __repr__(self) -> str:
        name = self.architecture.plugin_name
        return f"<Model {name}: {', '.join(self.labels)} at {self.sample_rate:g} Hz, {self.frame_rate:g} frames/s>"

    # -- what it is --------------------------------------------------------------------------------------------

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, in the order of the scores."""
        return self.specification.labels

    @property
    def sample_rate(self) -> float:
        """Of the sound that it scores, Hz."""
        return self.specification.sample_rate

    @property
    def n_channels(self) -> int:
        """Of the sound that it scores."""
        return self.specification.n_channels

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the scores, one for each output of the network; in most targets they are the labels."""
        return self.target.outputs(self.labels, self.n_channels)

    @property
    def aside(self) -> tuple[str, ...]:
        """The outputs that are of no label, such as boundaries: they are not annotated unless that is asked for."""
        labels = (*self.labels, *self.target.rivals(self.labels))
        return tuple(output for output in self.outputs if output not in labels)

    @property
    def tile(self) -> int:
        """Frames that prediction computes at once."""
        return self.network.tile

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return self.network.hop

    @property
    def context(self) -> tuple[int, int]:
        """Samples needed before and after the sample at a frame's centre."""
        return self.network.context

    @property
    def frame_rate(self) -> float:
        """Frames per second, Hz."""
        return self.network.frame_rate

    def n_frames(self, n_samples: int) -> int:
        """Frames that cover a recording of `n_samples` samples, its padded ends included."""
        return self.network.n_frames(n_samples)

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all that its scores depend on: weights, architecture, task, target. 16 hexadecimal digits.

        It does not depend on thresholds, decoding or where the model is stored.
        """
        state = hashlib.blake2b(digest_size=8)
        made_of = {name: self.to_dict()[name] for name in ("architecture", "specification", "target")}
        if self.temperature != 1:
            made_of["temperature"] = self.temperature
        state.update(json.dumps(made_of, sort_keys=True).encode())
        for name, weights in sorted(self.network.state_dict().items()):
            state.update(name.encode())
            state.update(weights.detach().cpu().contiguous().numpy().tobytes())
        return state.hexdigest()

    def identity(self) -> dict[str, Any]:
        """Name, path, digest, thresholds and decoding, for the provenance of what it predicts."""
        path = self.path
        return {
            "name": path.name if path else self.architecture.plugin_name,
            "path": str(path) if path else None,
            "digest": self.digest,
            "thresholds": self.thresholds,
            **({"decoding": _plain(self.decoding)} if self.decoding else {}),
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything but the weights, as plain values: the header of its file."""
        return {
            "format_version": FORMAT_VERSION,
            "architecture": self.architecture.to_dict(),
            "specification": self.specification.to_dict(),
            "target": self.target.to_dict(),
            "hop": self.hop,
            "context": list(self.context),
            "frame_rate": self.frame_rate,
            "tile": self.network.tile,
            "events": list(self.events),
            "thresholds": self.thresholds,
            "decoding": _plain(self.decoding),
            "temperature": self.temperature,
            "training": _plain(self.training),
            "provenance": self.provenance.model_dump(mode="json") if self.provenance else None,
        }

    def describe(self) -> str:
        """The network's layers, context, frames and number of parameters, in a few lines."""
        return self.network.describe()

    # -- scores ------------------------------------------------------------------------------------------------

    @property
    def device(self) -> str:
        """Where the weights are, such as "cpu" or "cuda:0"."""
        return str(next(self.network.parameters()).device)

    def to(self, device: str) -> Self:
        """Move the weights to a device, in place, and return itself.

        Parameters
        ----------
        device
            As torch names it, such as "cpu", "cuda", "cuda:1" or "mps"; "auto" is the fastest that is here.

        Raises
        ------
        InputError
            Where it is not here.
        """
        import torch

        if device == "auto":
            has_mps = torch.backends.mps.is_available()
            device = "cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu"
        try:
            self.network.to(device)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(
                f"this device cannot be used ({reason})", found=device, cure="Choose auto or cpu"
            ) from error
        return self

    def scores(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of each label in each frame that the waveform has the whole context of.

        Parameters
        ----------
        waveform
            Sound (channel, sample) or (batch, channel, sample), at the model's sample rate.

        Returns
        -------
        NDArray
            (label, frame) or (batch, label, frame), float32. The first frame is centred on sample ``context[0]``; there
            are none where the waveform is shorter than the context.

        Raises
        ------
        InputError
            For another number of channels.
        """
        import torch

        if waveform.ndim < 2 or waveform.shape[-2] != self.n_channels:
            raise InputError(
                "the sound has another number of channels than the model",
                found=waveform.shape[-2] if waveform.ndim >= 2 else "no axis of channels",
                allowed=self.n_channels,
                cure="Choose channels of the recording, or train on such recordings",
            )
        if not self.network.n_valid_frames(waveform.shape[-1]):
            return np.empty((*waveform.shape[:-2], self.specification.n_outputs, 0), dtype=np.float32)
        sound = torch.from_numpy(np.ascontiguousarray(waveform, dtype=np.float32))
        self.network.eval()
        with torch.inference_mode():
            logits = self.network(sound.reshape(-1, *waveform.shape[-2:]).to(self.device)).float().cpu().numpy()
        if self.temperature != 1:
            logits = logits / np.float32(self.temperature)
        return self.target.decode(logits if waveform.ndim == 3 else logits[0])

    # -- other models with the same network --------------------------------------------------------------------

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Self:
        """The same model with other thresholds."""
        return self._with(thresholds=thresholds)

    def with_decoding(self, decoding: Mapping[str, Any]) -> Self:
        """The same model with other parameters of turning scores into annotations."""
        return self._with(decoding=decoding)

    def with_temperature(self, temperature: float) -> Self:
        """The same model whose outputs are divided by this number; thresholds belong to the old one no longer."""
        return self._with(temperature=temperature)

    def with_training(self, training: Mapping[str, Any]) -> Self:
        """The same model with another account of its training."""
        return self._with(training=training)

    def with_provenance(self, provenance: Provenance) -> Self:
        """The same model with the story of how it came to be."""
        return self._with(provenance=provenance)

    def _with(self, **changed: Any) -> Self:
        values = {name: getattr(self, name) for name in _CHANGEABLE}
        return type(self)(self.network, self.architecture, self.target, **(values | changed))

    # -- on disk -----------------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the file, and `X_params.yaml` beside it; a killed process leaves the old files or the new ones.

        Parameters
        ----------
        path
            By custom `X_model.safetensors`.

        Returns
        -------
        Path
            Where it was written.
        """
        import yaml
        from safetensors.torch import save

        path = Path(path)
        if path.suffix != ".safetensors":
            path = path.with_name(path.name + ".safetensors")
        header = self.to_dict()
        weights = {name: value.detach().cpu().contiguous() for name, value in self.network.state_dict().items()}
        content = save(weights, metadata={_ENTRY: json.dumps(header, sort_keys=True, allow_nan=False)})
        with atomic(path) as temporary:
            temporary.write_bytes(content)
        text = yaml.safe_dump(header, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
        write_text(params_path(path), f"# What {path.name} is; to read, nothing reads it back\n{text}")
        self.path = path
        return path

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Read a model, onto the CPU.

        Parameters
        ----------
        path
            Its file, or the folder of a run: then its best model, or else the newest. A model of DAS is read, too:
            ``X_model.h5``, ``X_model.keras``, or ``X``, with ``X_params.yaml`` beside it.

        Raises
        ------
        InputError
            Where there is none; for a file that is cut off, is not one, is of a newer version of Oscine, or needs a
            plug-in that is not here.
        """
        if find_keras_model(path):
            from oscine.networks.keras_files.das import read_das

            return read_das(path)
        path = find_model(path)
        header, weights = _read(path)
        try:
            architecture = ARCHITECTURES.make(header["architecture"])
            target = TARGETS.make(header["target"])
            network = architecture.build(Specification.from_dict(header["specification"]))
            provenance = Provenance.model_validate(header["provenance"]) if header["provenance"] else None
            network.tile = int(header.get("tile", network.tile))
            _fill(network, weights)
            return cls(
                network.eval(),
                architecture,
                target,
                events=header["events"],
                thresholds=header["thresholds"],
                decoding=header["decoding"] if "decoding" in header else header["decoder"],  # as it was called in 0.1
                temperature=header.get("temperature", 1.0),
                training=header["training"],
                provenance=provenance,
                path=path,
            )
        except InputError as error:
            raise InputError(f"this model cannot be used here: {error}", path=path) from error
        except ValidationError as error:
            raise InputError(f"this model cannot be used here: {explain(error)}", path=path) from error
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"the header of this model is damaged ({type(error).__name__}: {error})", path=path, cure=_CURE
            ) from error


def find_model(path: str | Path) -> Path:
    """The file of a model, given that or the folder of a run.

    In a folder it is `best_model.safetensors`, or else the newest file whose name ends in `_model.safetensors`.

    Raises
    ------
    InputError
        Where there is none.
    """
    path = Path(path)
    if path.is_dir():
        best = path / f"best{SUFFIX}"
        if best.is_file():
            return best
        files = sorted(path.glob(f"*{SUFFIX}"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        if not files and (path / "run.json").is_file():
            cure = f"Give its train command again, with --out {path}"
            raise InputError("this training is not finished, and has no best model yet", path=path, cure=cure)
        if not files and (path / "dataset.json").is_file():
            raise InputError("this is a dataset, not a model", path=path, cure=f"Train one on it: oscine train {path}")
        if not files:
            runs = sorted(str(card.parent) for card in path.glob("*/run.json"))
            cure = f"Give one of the runs in it, such as {runs[0]}" if runs else _CURE
            raise InputError(f"there is no model in this folder, no *{SUFFIX}", path=path, cure=cure)
        return files[-1]
    if not path.is_file():
        raise InputError("there is no such model, neither file nor folder", path=path, cure=did_you_mean(path) or _CURE)
    return path


def params_path(path: Path) -> Path:
    """Where the readable copy of a model's header stands.

    Examples
    --------
    >>> params_path(Path("bird7_model.safetensors")).name, params_path(Path("bird7.safetensors")).name
    ('bird7_params.yaml', 'bird7_params.yaml')
    """
    return path.with_name(path.name.removesuffix(".safetensors").removesuffix("_model") + "_params.yaml")


def _plain(value: Any) -> Any:
    """A value as JSON can hold it: arrays and tuples as lists, numbers that are not finite as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and weights of a file."""
    from safetensors import SafetensorError, safe_open

    if path.stat().st_size == 0:
        raise InputError("this file is empty", path=path, cure=_CURE)
    try:
        with safe_open(path, framework="pt") as file:
            entry = (file.metadata() or {}).get(_ENTRY)
            if entry is None:
                raise InputError("these are weights, but not a model of Oscine", path=path, cure=_CURE)
            header = json.loads(entry)
            version = header["format_version"]
            if not isinstance(version, int) or version > FORMAT_VERSION:
                raise InputError(
                    "this model was written by a newer Oscine",
                    path=path,
                    found=f"format {version}",
                    allowed=f"up to {FORMAT_VERSION}",
                    cure="Update Oscine",
                )
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except (SafetensorError, OSError) as error:
        if is_recording(path):
            raise InputError("this is a recording, not a model", path=path, cure=_CURE) from None
        raise InputError(f"not a model, or cut off ({error})", path=path, cure=_CURE) from error
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the header of this model is damaged", path=path, cure=_CURE) from error


def _fill(network: Network, weights: Mapping[str, Tensor]) -> None:
    """Put weights into a network, which must have the same."""
    try:
        network.load_state_dict(dict(weights))
    except RuntimeError as error:
        raise InputError(f"the weights do not fit the architecture ({str(error).splitlines()[-1].strip()})") from error
