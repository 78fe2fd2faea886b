"""A detector in one file: moments at which the waveform changes faster than background noise does.

It is the example of CONTRIBUTING.md, "Adding a plug-in". Copy it, rename it (the file's name is the plug-in's name),
and change what it looks for. Three ways to use it without touching Oscine:

    oscine detect song.wav --detector examples/plugins/detectors/clicks.py     # the path of the file
    OSCINE_PLUGINS=examples/plugins oscine detect song.wav --detector clicks   # a folder of plug-ins
    [project.entry-points."oscine.detectors"]                                  # a package, see CONTRIBUTING.md

Its contract test, which every detector must pass:

    OSCINE_PLUGINS=examples/plugins pytest tests/contracts/test_detectors.py -k clicks
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from oscine.core.monitor import SILENT, Monitor
from oscine.core.params import Field, Seconds
from oscine.detection.detector import BLOCK_SIZE, Detector, Found
from oscine.detection.runs import RunCollector
from oscine.recordings.recording import Recording


class Clicks(Detector):
    """Moments at which the waveform changes fast, such as clicks and the starts of pulses."""

    steepness: float = Field(50.0, gt=0)
    """Change of the waveform to exceed, in full scales per second; lower finds softer sounds."""
    max_gap: Seconds = Field(0.005, ge=0)
    """Gaps shorter than this are filled, so that one click is one row."""
    label: str = Field("click", min_length=1)
    """What to call them."""

    def detect(
        self, recording: Recording, *, block_size: int = BLOCK_SIZE, monitor: Monitor = SILENT
    ) -> Iterator[Found]:
        """Find fast changes in each channel, block by block."""
        rate = recording.sample_rate
        step = self.steepness / rate  # from one sample to the next
        runs = [RunCollector(closing=max(1, round(self.max_gap * rate))) for _ in range(recording.n_channels)]
        with monitor.task(f"Searching {recording.name}", recording.duration, "s") as task:
            for block in recording.blocks(block_size, left=1):  # one sample of context: no edge between two blocks
                steep = np.abs(np.diff(block.sound, axis=1)) > step  # (channel, sample), of each sample but the first
                for channel, collector in enumerate(runs):
                    collector.feed(steep[channel], block.start + 1 - block.left)
                task.advance((block.stop - block.start) / rate)
        for channel, collector in enumerate(runs):
            found = collector.runs()  # (run, 2), in samples
            yield Found(self.label, channel, found[:, 0] / rate, found[:, 1] / rate)
