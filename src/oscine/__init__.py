"""Oscine finds, names and measures the sounds that animals make.

Conventions, everywhere: time is seconds (float64), half-open ``[onset, offset)``, an event has
``onset == offset``; frequency is hertz; sound is float32 in [-1, 1] with axes ``(channel, sample)``; scores have
axes ``(label, frame)``. Every operation takes its inputs, a frozen ``params`` object and a ``monitor``.

The public names below, in the order of the workflow, are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

OPERATIONS = {
    "info": "oscine.evaluation.info",
    "detect": "oscine.detection.detect",
    "prepare": "oscine.datasets.prepare",
    "train": "oscine.training.train",
    "evaluate": "oscine.evaluation.evaluate",
    "predict": "oscine.prediction.predict",
    "segment": "oscine.prediction.segment",
    "misses": "oscine.evaluation.misses",
    "convert": "oscine.annotations.convert",
    "demo": "oscine.demo",
}
"""Every operation and the module that declares it, in the order of the workflow."""
