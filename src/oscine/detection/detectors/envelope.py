"""Loud moments of the smoothed energy envelope: DAS's threshold mode, for whole recordings.

The envelope (`energy`) is compared with a threshold; what exceeds it is marked

- as *events*, one at each peak of the envelope, no two nearer than `min_distance` (the higher one stays), or
- as *segments*, from where it rises above the threshold to where it falls below it again.

Where no threshold is given it is derived from the recording, for each channel: the median of the envelope plus
`n_deviations` standard deviations of it, estimated robustly (1.4826 times the median absolute deviation), over all
samples that are not digital silence. DAS has the user drag a line on the screen; the value is said through the
monitor, so that it can be adjusted. Unlike DAS, segments that go over the recording's ends are kept, cut there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oscine.core.monitor import SILENT, Monitor
from oscine.core.params import Field, Seconds
from oscine.detection.background import median_and_mad
from oscine.detection.detector import BLOCK_SIZE, Detector, Found
from oscine.detection.energy import EnvelopeFilter
from oscine.detection.peaks import PeakCollector
from oscine.detection.runs import RunCollector
from oscine.recordings.recording import Recording

_DEVIATIONS_PER_MAD = 1.4826
"""For Gaussian noise."""


class Envelope(Detector):
    """Peaks, or stretches, of the smoothed energy above a threshold (as DAS's threshold mode)."""

    mark: Literal["events", "segments"] = "events"
    """Mark peaks as events, or what exceeds the threshold as segments."""
    smooth: Seconds = Field(0.002, gt=0)
    """Standard deviation of the Gaussian that smoothes the energy."""
    threshold: float | None = Field(None, ge=0)
    """Level of the envelope to exceed, on the scale of the sound; derived from each channel by default."""
    n_deviations: float = Field(8.0, gt=0)
    """The derived threshold: how many deviations above the median; lower finds softer sounds."""
    min_distance: Seconds = Field(0.020, ge=0)
    """Events nearer to a higher peak than this are dropped."""
    max_gap: Seconds = Field(0.0, ge=0)
    """Gaps between segments shorter than this are filled."""
    min_duration: Seconds = Field(0.0, ge=0)
    """Segments shorter than this are then dropped."""
    label: str = Field("envelope", min_length=1)
    """What to call them."""

    def detect(
        self, recording: Recording, *, block_size: int = BLOCK_SIZE, monitor: Monitor = SILENT
    ) -> Iterator[Found]:
        """Find loud moments of the envelope (see the module)."""
        rate = recording.sample_rate
        envelope = EnvelopeFilter(recording, self.smooth)
        n_passes = 5 if self.threshold is None else 1
        with monitor.task(f"Searching {recording.name}", n_passes * recording.duration, "s") as task:

            def stream() -> Iterator[tuple[int, NDArray[np.float32]]]:
                for start, values in envelope(block_size):
                    yield start, values
                    task.advance(values.shape[1] / rate)

            thresholds = self._thresholds(recording, stream, monitor)
            peaks = [PeakCollector(level, _at_least(self.min_distance * rate)) for level in thresholds]
            loud = [RunCollector(closing=max(1, _at_least(self.max_gap * rate))) for _ in thresholds]
            for start, values in stream():
                for channel, level in enumerate(thresholds):
                    if self.mark == "events":
                        peaks[channel].feed(values[channel], start)
                    else:
                        loud[channel].feed(values[channel] > level, start)
        for channel in range(len(thresholds)):
            if self.mark == "events":
                runs = np.repeat(peaks[channel].peaks()[:, None], 2, axis=1)
            else:
                runs = loud[channel].runs()
                runs = runs[runs[:, 1] - runs[:, 0] >= _at_least(self.min_duration * rate)]
            yield Found(self.label, channel, runs[:, 0] / rate, runs[:, 1] / rate)

    def _thresholds(
        self, recording: Recording, stream: Callable[[], Iterator[tuple[int, NDArray[np.float32]]]], monitor: Monitor
    ) -> list[float]:
        """The threshold of each channel."""
        if self.threshold is not None:
            return [self.threshold] * recording.n_channels

        def sounding() -> Iterator[list[NDArray[np.float32]]]:
            for _, values in stream():
                yield [channel[channel > 0] for channel in values]

        median, deviation = median_and_mad(sounding, recording.n_channels)
        levels = np.nan_to_num(median + self.n_deviations * _DEVIATIONS_PER_MAD * deviation)
        shown = ", ".join(f"{level:.4g}" for level in levels)
        monitor.message(f"{recording.name}: threshold of the envelope, derived from the recording: {shown}")
        return [float(level) for level in levels]


def _at_least(samples: float) -> int:
    """The fewest whole samples that are not shorter than a duration; what rounding adds to a product is no sample."""
    return int(np.ceil(samples - 1e-6))
