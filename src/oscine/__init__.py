"""Oscine finds, names and measures the sounds that animals make.

Conventions, everywhere: time is seconds (float64), half-open ``[onset, offset)``, an event has
``onset == offset``; frequency is hertz; sound is float32 in [-1, 1] with axes ``(channel, sample)``; scores have
axes ``(label, frame)``. Every operation takes its inputs, a frozen ``params`` object and a ``monitor``.

The public names stand in `__init__.pyi` beside this file, and are imported when they are first used.
"""

import lazy_loader

__version__ = "0.1.0"

OPERATIONS = {
    "info": "oscine.evaluation.info:info",
    "fetch": "oscine.datasets.fetch:fetch",
    "detect": "oscine.detection.detect:detect",
    "convert": "oscine.annotations.convert:convert",
    "prepare": "oscine.datasets.prepare:prepare",
    "inspect": "oscine.datasets.inspect:inspect",
    "train": "oscine.training.train:train",
    "tune": "oscine.training.tune:tune",
    "prune": "oscine.training.prune:prune",
    "postprocess": "oscine.evaluation.postprocess:postprocess",
    "evaluate": "oscine.evaluation.evaluate:evaluate",
    "cross-validate": "oscine.evaluation.cross_validate:cross_validate",
    "generalize": "oscine.evaluation.generalize:generalize",
    "compare": "oscine.evaluation.compare:compare",
    "learning-curve": "oscine.evaluation.learning_curve:learning_curve",
    "predict": "oscine.prediction.predict:predict",
    "segment": "oscine.prediction.segment:segment",
    "agreement": "oscine.evaluation.agreement:agreement",
    "metrics": "oscine.evaluation.score:score",
    "mistakes": "oscine.evaluation.mistakes:mistakes",
    "misses": "oscine.evaluation.misses:misses",
    "review": "oscine.evaluation.review:review",
    "export": "oscine.networks.export:export",
    "demo": "oscine.demonstration:demo",
}
"""Every command and the operation that it runs, `module:function`, in the order of the workflow."""

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
