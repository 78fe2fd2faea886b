"""Which frames belong to a sound: the step between scores and annotations."""

from __future__ import annotations

from collections.abc import Mapping

from oscine.core.plugins import Plugin, PluginKind
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores


class Decoder(Plugin):
    """Base of every decoder."""

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs of frames that belong to each label, reading the scores block by block.

        Parameters
        ----------
        scores
            Of one recording.
        thresholds
            Of each label, in [0, 1].
        """
        raise NotImplementedError


DECODERS: PluginKind[Decoder] = PluginKind("decoders", Decoder, "oscine.prediction.decoders")
