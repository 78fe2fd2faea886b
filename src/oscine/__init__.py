"""Oscine finds, names and measures the sounds that animals make.

Conventions, everywhere: time is seconds (float64), half-open ``[onset, offset)``, an event has
``onset == offset``; frequency is hertz; sound is float32 in [-1, 1] with axes ``(channel, sample)``; scores have
axes ``(label, frame)``. Every operation takes its inputs, a frozen ``params`` object and a ``monitor``.

The public names stand in `__init__.pyi` beside this file, and are imported when they are first used.
"""

import lazy_loader

__version__ = "0.1.0"

OPERATIONS = {
    "info": "oscine.evaluation.info",
    "detect": "oscine.detection.detect",
    "convert": "oscine.annotations.convert",
    "prepare": "oscine.datasets.prepare",
    "inspect": "oscine.datasets.inspect",
    "train": "oscine.training.train",
    "tune": "oscine.training.tune",
    "evaluate": "oscine.evaluation.evaluate",
    "predict": "oscine.prediction.predict",
    "segment": "oscine.prediction.segment",
    "misses": "oscine.evaluation.misses",
    "export": "oscine.networks.export",
    "demo": "oscine.demonstration",
}
"""Every operation and the module that declares it, in the order of the workflow."""

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
