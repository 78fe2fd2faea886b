"""Models for other programs: ONNX, which runs without Python, and `torch.export`, which runs without Oscine.

A file holds the whole way from sound to scores: front end, standardisation, network, probabilities. What has to be
done around it, and is not in it, is to bring a recording to the model's sample rate and, where `normalise` says so, to
its level (median absolute deviation 0.01), and to give the context of the first and the last frame:

    waveform (batch, channel, context[0] + 1 + context[1] + (n - 1) * hop) -> scores (batch, output, n)

with any batch size, and any n that is a multiple of `block`, which is 1 for most networks. All of these numbers, the
names of the outputs, thresholds and target are in the file, as JSON: `oscine` among the metadata of an ONNX file,
`oscine.json` among the extra files of `torch.export`. What is made is computed and compared with the model, for
several batch sizes and lengths, before anything is written.
"""

from __future__ import annotations

import importlib.util
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from oscine.core.artifacts import Provenance, atomic, describe
from oscine.core.errors import InputError, OscineError
from oscine.core.monitor import SILENT, Monitor
from oscine.core.operations import operation
from oscine.core.params import Field, OperationParams
from oscine.networks.model import Model

SUFFIXES = {"onnx": ".onnx", "torch-export": ".pt2"}
"""How the names of files end, by format."""

_NEEDED = {"onnx": ("onnx", "onnxscript", "onnxruntime"), "torch-export": ()}
_FEWEST = {"onnx": 1, "torch-export": 2}  # blocks: torch takes a size of one for fixed
_ITEMS, _BLOCKS = (1, 3), (0, 1, 6)  # batch sizes and further blocks that are compared
_LEVELS = (0.01, 0.001, 0.1)  # of the noise that is compared


class ExportParams(OperationParams):
    """For whom a model is written."""

    to: Literal["onnx", "torch-export"] = "onnx"
    """Format: ONNX for other languages and devices, torch-export for Python with torch alone."""
    logits: bool = False
    """Give the network's outputs as they are, not as probabilities."""
    tolerance: float = Field(1e-4, gt=0)
    """Largest difference allowed between a score of the file and of the model; of logits, relative to the largest."""


@dataclass(frozen=True)
class Exported:
    """A model in another format.

    Attributes
    ----------
    content
        The file.
    about
        What stands beside the graph in it, as plain values.
    difference
        Largest one from the model's scores, over all inputs compared.
    """

    content: bytes = field(repr=False)
    about: dict[str, Any]
    difference: float

    def save(self, path: str | Path) -> Path:
        """Write the file; the suffix of its format is added where there is none.

        Raises
        ------
        InputError
            Where the name has the suffix of the other format.
        """
        path, suffix = Path(path), SUFFIXES[self.about["format"]]
        if path.suffix != suffix:
            if path.suffix in SUFFIXES.values():
                raise InputError(
                    f"a file of {self.about['format']} has another suffix", path=path, found=path.suffix, allowed=suffix
                )
            path = path.with_name(path.name + suffix)
        with atomic(path) as temporary:
            temporary.write_bytes(self.content)
        return path

    def summary(self) -> dict[str, Any]:
        """What is to be known of it, for machines."""
        return {**self.about, "difference": self.difference, "n_bytes": len(self.content)}

    def __str__(self) -> str:
        about = self.about
        return (
            f"{about['gives']} of {', '.join(about['outputs'])}, {len(self.content) / 1e6:.3g} MB; differs from the "
            f"model by {self.difference:.2g} at most"
        )


@operation(each="model", out="{folder}/{stem}", save=lambda result, path, params: [result.save(path)])
def export(model: Model, params: ExportParams = ExportParams(), *, monitor: Monitor = SILENT) -> Exported:  # noqa: B008
    """Write a model as ONNX or with torch.export, for programs that have no Oscine.

    Batch size and length are free. The file is checked against the model before it is written.

    Parameters
    ----------
    model
        File of a model, or folder of a run.

    Returns
    -------
    exported
        The file's content, and what it says of itself.

    Raises
    ------
    InputError
        Where packages of the extra `export` are missing, the format cannot hold the network, or what comes out of it
        differs from the model.
    """
    missing = [name for name in _NEEDED[params.to] if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"to write {params.to}, packages are needed that are not here",
            found=", ".join(missing),
            cure="Install them (pip install 'oscine[export]'), or choose --to torch-export",
        )
    from oscine.networks.exporting import formats
    from oscine.networks.exporting.portable import Portable, frames_of_block

    network = model.network
    block = frames_of_block(network)
    provenance = Provenance.now("export", params.to_dict(), {"model": describe(model)})
    about = _about(model, params, block) | {"provenance": provenance.model_dump(mode="json")}
    rest = network.n_input_samples(block) - block * network.hop
    arguments = (block * network.hop, rest, model.n_channels, about)
    with monitor.task(f"Exporting to {params.to}", total=3, unit="steps") as task:
        portable = Portable(model, logits=params.logits, transforms=params.to != "onnx")
        task.advance()
        try:
            if params.to == "onnx":
                content = formats.as_onnx(portable, *arguments)
                function, _ = formats.open_onnx(content)
            else:
                content = formats.as_torch_export(portable, *arguments)
                function, _ = formats.open_torch_export(content)
            task.advance()
            difference = _difference(model, portable.network.n_input_samples, function, params, block)
        except OscineError:
            raise
        except Exception as error:  # whatever these libraries raise of their own
            reason = " ".join(str(error).split())[:200]
            other = next(name for name in SUFFIXES if name != params.to)
            raise InputError(
                f"this format cannot hold the network ({type(error).__name__}: {reason})",
                path=model.path,
                found=params.to,
                cure=f"Choose --to {other}",
            ) from error
        task.advance()
    if not difference <= params.tolerance:
        raise InputError(
            "what was exported gives other scores than the model",
            path=model.path,
            found=f"a difference of {difference:.2g}",
            allowed=f"{params.tolerance:g}",
            cure="Give --logits if the target has a decoding of its own, or allow more with --tolerance",
        )
    return Exported(content, about, difference)


def _about(model: Model, params: ExportParams, block: int) -> dict[str, Any]:
    """What a program must know to use the file, as plain values."""
    network = model.network
    return {
        "format": params.to,
        "gives": "logits" if params.logits else "probabilities",
        "outputs": list(model.outputs),
        "labels": list(model.labels),
        "events": list(model.events),
        "thresholds": model.thresholds,
        "temperature": model.temperature,
        "target": model.target.to_dict(),
        "sample_rate": model.sample_rate,
        "n_channels": model.n_channels,
        "normalise": model.specification.normalise,
        "hop": model.hop,
        "context": list(model.context),
        "frame_rate": model.frame_rate,
        "block": block,
        "shortest": network.n_input_samples(_FEWEST[params.to] * block),
        "is_exact": network.is_exact,
        "tile": model.tile,
        "digest": model.digest,
    }


def _difference(
    model: Model,
    n_input_samples: Callable[[int], int],
    function: Callable[[Any], Any],
    params: ExportParams,
    block: int,
) -> float:
    """Largest difference between a file's scores and a model's, of noise at several levels."""
    import torch

    random, largest = np.random.default_rng(params.seed), 0.0
    for n_items in _ITEMS:
        for more in _BLOCKS:
            shape = (n_items, model.n_channels, n_input_samples((_FEWEST[params.to] + more) * block))
            levels = np.resize(_LEVELS, n_items)[:, None, None]
            sound = (levels * random.standard_normal(shape)).astype(np.float32)
            if params.logits:
                with torch.inference_mode():
                    mine = model.network.eval()(torch.from_numpy(sound).to(model.device)).cpu().numpy()
            else:
                mine = model.scores(sound)
            theirs = function(sound)
            if theirs.shape != mine.shape:
                raise ValueError(f"shape {theirs.shape} in place of {mine.shape}")
            scale = max(1.0, float(np.abs(mine).max())) if params.logits or model.target.encodes == "values" else 1.0
            difference = float(np.abs(theirs - mine).max()) / scale
            if not np.isfinite(difference):
                return float("inf")
            largest = max(largest, difference)
    return largest


def read_about(path: str | Path) -> Mapping[str, Any]:
    """What stands in an exported file beside its graph.

    Raises
    ------
    InputError
        Where it was not exported by Oscine.
    """
    path = Path(path)
    try:
        if path.suffix == SUFFIXES["onnx"]:
            import onnx

            entries = {item.key: item.value for item in onnx.load_model(path).metadata_props}
            text = entries["oscine"]
        else:  # an archive, of which nothing but this is opened
            with zipfile.ZipFile(path) as archive:
                name = next(name for name in archive.namelist() if name.endswith("extra/oscine.json"))
                text = archive.read(name).decode("utf-8")
        return dict(json.loads(text))
    except Exception as error:  # a file may be anything
        raise InputError("not a model that `oscine export` wrote", path=path) from error
