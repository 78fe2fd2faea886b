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
    "convert": "oscine.annotations.convert",
    "prepare": "oscine.datasets.prepare",
    "train": "oscine.training.train",
    "evaluate": "oscine.evaluation.evaluate",
    "predict": "oscine.prediction.predict",
    "segment": "oscine.prediction.segment",
    "misses": "oscine.evaluation.misses",
    "demo": "oscine.demo",
}
"""Every operation and the module that declares it, in the order of the workflow."""

_NAMES = {
    **OPERATIONS,
    "Recording": "oscine.recordings.recording",
    "Recordings": "oscine.recordings.recordings",
    "spectrogram": "oscine.recordings.spectrogram",
    "SpectrogramParams": "oscine.recordings.spectrogram",
    "Annotations": "oscine.annotations.annotations",
    "LabelSet": "oscine.annotations.labels",
    "Coverage": "oscine.annotations.coverage",
    "Session": "oscine.annotations.session",
    "DetectParams": "oscine.detection.detect",
    "ConvertParams": "oscine.annotations.convert",
    "Dataset": "oscine.datasets.dataset",
    "PrepareParams": "oscine.datasets.prepare",
    "Model": "oscine.networks.model",
    "SongExplorer": "oscine.networks.architectures.songexplorer",
    "TrainParams": "oscine.training.train",
    "Run": "oscine.training.run",
    "EvaluateParams": "oscine.evaluation.evaluate",
    "Evaluation": "oscine.evaluation.evaluate",
    "PredictParams": "oscine.prediction.predict",
    "Scores": "oscine.prediction.scores",
    "SegmentParams": "oscine.prediction.segment",
    "MissesParams": "oscine.evaluation.misses",
    "plot_confusion_matrix": "oscine.figures.confusion_matrix",
    "plot_precision_recall": "oscine.figures.precision_recall",
    "plot_learning_curves": "oscine.figures.learning_curves",
    "plot_ethogram": "oscine.figures.ethogram",
    "Monitor": "oscine.core.monitor",
    "InputError": "oscine.core.errors",
    "OscineError": "oscine.core.errors",
}

__all__ = ["OPERATIONS", "__version__", *_NAMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'oscine' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_NAMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
