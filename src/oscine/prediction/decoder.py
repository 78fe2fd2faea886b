"""Which frames belong to a sound: the step between scores and annotations.

A decoder reads scores block by block, so that its memory does not grow with the recording, and gives the same runs
whatever the block. Frames whose score nobody has computed (−∞) belong to none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from oscine.core.plugins import Plugin, PluginKind
from oscine.prediction.runs import Runs
from oscine.prediction.scores import Scores


class Decoder(Plugin):
    """Base of every decoder."""

    heeds_thresholds: ClassVar[bool] = True
    """Whether a sound must exceed its label's threshold."""

    def runs(self, scores: Scores, thresholds: Mapping[str, float]) -> dict[str, Runs]:
        """Runs of frames that belong to each label, reading the scores block by block.

        Parameters
        ----------
        scores
            Of one recording.
        thresholds
            Of each label, in [0, 1].

        Returns
        -------
        runs
            Of every label of the scores, in order of time.
        """
        raise NotImplementedError

    def bars(self, thresholds: Mapping[str, float]) -> Mapping[str, float] | None:
        """The score above which a frame belongs to each label, so that bounds can be laid between two frames.

        None, as by default, where labels compete: then a bound is where one of them overtakes another.
        """
        return None

    def informed(self, stored: Decoder) -> Decoder:
        """The same, knowing what a model's own decoder of this sort has learnt; by default nothing."""
        return self


DECODERS: PluginKind[Decoder] = PluginKind("decoders", Decoder, "oscine.prediction.decoders")
