"""A portable network (`oscine.networks.exporting.portable`) as the bytes of a file, and those bytes as a function.

Both formats keep one entry ``oscine`` of JSON beside the graph: in ONNX among the model's metadata, in torch's archive
as the extra file ``oscine.json``. Batch size and length are free; lengths are whole blocks of frames beyond the
context.
"""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oscine.networks.exporting.portable import Portable

ENTRY = "oscine"
INPUT, OUTPUT = "waveform", "scores"
"""Names of what goes in and what comes out."""

_MOST = 2**24  # of items in a batch, and of blocks in a length
_EXAMPLE = (
    2,
    7,
)  # items and blocks of the input that is traced; unequal and not one, so that neither is taken as fixed
_TALKATIVE = ("torch.onnx", "torch.export", "torch._export", "torch.fx", "onnxscript", "onnx_ir")

Function = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def as_torch_export(network: Portable, block: int, rest: int, n_channels: int, about: Mapping[str, Any]) -> bytes:
    """A file of `torch.export`.

    Parameters
    ----------
    network
        The network.
    block, rest
        Lengths are ``block * n + rest`` samples, n at least 2.
    n_channels
        Of the sound.
    about
        What else is to be known of it.
    """
    program = _traced(network, block, rest, n_channels)
    stream = io.BytesIO()
    with _quiet():
        torch.export.save(program, stream, extra_files={f"{ENTRY}.json": json.dumps(about)})
    return stream.getvalue()


def as_onnx(network: Portable, block: int, rest: int, n_channels: int, about: Mapping[str, Any]) -> bytes:
    """A file of ONNX, with parameters as for `as_torch_export`."""
    import onnx_ir

    program = _traced(network, block, rest, n_channels)
    with _quiet():
        made = torch.onnx.export(
            program, verbose=False, input_names=[INPUT], output_names=[OUTPUT], external_data=False, optimize=False
        )
        assert made is not None
        for node in made.model.graph:  # behind recurrence, lengths are noted that hold for the example alone
            for value in node.outputs:
                value.shape = None
        made.model.graph.inputs[0].shape = onnx_ir.Shape(["batch", n_channels, "sample"])
        made.model.graph.outputs[0].shape = onnx_ir.Shape(["batch", network.n_outputs, "frame"])
        made.optimize()
    model = made.model_proto
    model.producer_name = "oscine"
    entry = model.metadata_props.add()
    entry.key, entry.value = ENTRY, json.dumps(about)
    content: bytes = model.SerializeToString()
    return content


def open_torch_export(content: bytes) -> tuple[Function, dict[str, Any]]:
    """The function of a file of `torch.export`, and what is to be known of it."""
    extra = {f"{ENTRY}.json": ""}
    with _quiet():
        module = torch.export.load(io.BytesIO(content), extra_files=extra).module()

    def function(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            return np.asarray(module(torch.from_numpy(sound)).numpy())

    return function, json.loads(extra[f"{ENTRY}.json"])


def open_onnx(content: bytes) -> tuple[Function, dict[str, Any]]:
    """The function of a file of ONNX, run by onnxruntime, and what is to be known of it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4  # errors come as exceptions
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def function(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(session.run([OUTPUT], {INPUT: sound})[0])

    return function, json.loads(session.get_modelmeta().custom_metadata_map[ENTRY])


def _traced(network: Portable, block: int, rest: int, n_channels: int) -> torch.export.ExportedProgram:
    n_items, n_blocks = _EXAMPLE
    example = torch.zeros((n_items, n_channels, n_blocks * block + rest))
    batch = torch.export.Dim("batch", min=1, max=_MOST)
    length: Any = torch.export.Dim("blocks", min=2, max=_MOST)
    if block > 1:
        length = block * length
    if rest:
        length = length + rest
    with _quiet(), torch.no_grad(), _shapes_of_recurrence():
        program = torch.export.export(
            network,
            (example,),
            dynamic_shapes={"waveform": {0: batch, 2: length}},
            strict=False,
            prefer_deferred_runtime_asserts_over_guards=True,
        )
    return _unasserted(program)


def _unasserted(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """The same without assertions about lengths.

    Where an operator is written in C++, tracing takes the example's lengths for the only ones and asserts them, though
    what it traced holds for all. That it does is checked by computing.
    """
    graph = program.graph_module.graph
    for node in list(graph.nodes):
        if node.op == "call_function" and node.target is torch.ops.aten._assert_scalar.default:
            graph.erase_node(node)
    graph.eliminate_dead_code()
    program.graph_module.recompile()
    return program


@contextmanager
def _shapes_of_recurrence() -> Iterator[None]:
    """While tracing, a recurrent layer says its shapes only; torch's own way would fix its length to the example's."""
    operator, key = torch.ops.aten.lstm.input, torch._C.DispatchKey.CompositeImplicitAutograd
    before = operator.py_kernels.get(key)

    def shapes(
        x: Tensor,
        states: list[Tensor],
        params: list[Tensor],
        has_biases: bool,
        n_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        size = states[0].shape[-1] * (2 if bidirectional else 1)
        return x.new_empty((*x.shape[:2], size)), torch.empty_like(states[0]), torch.empty_like(states[1])

    operator.py_kernels[key] = shapes
    operator._dispatch_cache.clear()
    try:
        yield
    finally:
        if before is None:
            del operator.py_kernels[key]
        else:
            operator.py_kernels[key] = before
        operator._dispatch_cache.clear()


@contextmanager
def _quiet() -> Iterator[None]:
    """What these libraries say of themselves is not for users."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
