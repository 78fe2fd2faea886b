"""What a detector is.

A detector looks at a recording and says where, in each channel, something is. It knows no examples. To add one,
put a file with one subclass of `Detector` into `detectors/` (or anywhere else that `oscine.core.plugins` looks): its
fields become options of the command and of the form, and it is tested by `tests/contracts/test_detectors.py`.

The rules that every detector keeps:

- it reads the recording in blocks and its memory does not grow with the recording, but for what it finds;
- what it finds does not depend on the size of the blocks, to the last bit;
- each channel is looked at by itself: a recording of two channels gives what two recordings of one would;
- silence gives nothing, and a recording of any length, of no samples at all too, is no error;
- all times lie within the recording.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from oscine.core.monitor import SILENT, Monitor
from oscine.core.plugins import Plugin, PluginKind
from oscine.recordings.recording import Block, Recording

BLOCK_SIZE = 1 << 18
"""Samples read at a time, per channel."""


class Found(NamedTuple):
    """What a detector found in one channel under one label.

    Attributes
    ----------
    label
        What kind of thing, in the detector's own words.
    channel
        Row of the recording's sound.
    onsets, offsets
        Shape (sound,), seconds; equal for events.
    """

    label: str
    channel: int
    onsets: NDArray[np.float64]
    offsets: NDArray[np.float64]


class Detector(Plugin, ABC):
    """Base of all detectors."""

    @abstractmethod
    def detect(
        self, recording: Recording, *, block_size: int = BLOCK_SIZE, monitor: Monitor = SILENT
    ) -> Iterator[Found]:
        """Find sounds in each channel of a recording.

        Parameters
        ----------
        recording
            Any length, sample rate and number of channels.
        block_size
            Samples to read at a time; the detector may round it to what suits it. The result does not depend on it.
        monitor
            Told how far it is, and of anything that was derived from the data.
        """


def blocks(recording: Recording, block_size: int, grain: int, *, left: int = 0, right: int = 0) -> Iterator[Block]:
    """Blocks of a whole number of grains, so that whatever is computed grain by grain is so in the same grains."""
    return recording.blocks(max(1, round(block_size / grain)) * grain, left, right)


DETECTORS: PluginKind[Detector] = PluginKind("detectors", Detector, "oscine.detection.detectors")  # type: ignore[type-abstract]
"""All detectors."""
