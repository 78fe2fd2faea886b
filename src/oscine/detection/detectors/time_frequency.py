"""Loud moments and pure tones: what stands out in time, or in frequency, and what does neither.

Pulses are loud and short, hums are soft and long: one threshold does not find both. This detector, known as
SongExplorer's time-freq-threshold, applies two tests to each channel and gives three labels:

- `time`       samples over so many deviations away from the centre of all samples (`background`); nearby ones
               joined: [first, last + 1) samples
- `frequency`  windows, half overlapping, in which Thomson's F-test finds a spectral line (`multitaper`); lone
               windows dropped, gaps closed. Window i stands for the half of it around its first samples,
               [i N/2 - N/4, i N/2 + N/4), and a run of windows for N/2 more behind; clipped to the recording.
- `neither`    where *both* tests are silent even at their lower, noise, thresholds, between the first and the
               last thing that exceeds them: first to last quiet sample. Examples for a background label.

On SongExplorer's five bundled recordings its counts and times are reproduced exactly. Three things differ, where it
has defects: every channel is searched for itself, `neither` included; windows go on across its chunks of 2^20
samples, which cut what lies across their edges in two; a sample rate at which the window is no power of two
samples is no error, the window is lengthened.

References
----------
Arthur BJ, Ding Y, Sosale M, et al (2021). SongExplorer: a deep learning workflow for discovery and segmentation of
animal acoustic communication signals. bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor, Task
from oscine.core.params import Field, Hertz, Seconds
from oscine.detection.background import GRAIN, Background, mean_and_deviation, median_and_mad
from oscine.detection.detector import BLOCK_SIZE, Detector, Found, blocks
from oscine.detection.multitaper import OVERSAMPLING, LinePower, bin_range, critical_ratio, has_line, line_tapers
from oscine.detection.runs import RunCollector, Runs, closed, opened, quiet_between
from oscine.recordings.recording import Recording

_BATCH = 1 << 14
"""Bins of spectrum computed at once for one taper: it all stays in the processor's cache."""


class TimeFrequency(Detector):
    """Loud moments (in multiples of the background's spread) and spectral lines (Thomson's F-test)."""

    time_sigma: float = Field(9.0, gt=0)
    """How many deviations from the centre a sample of a sound is; lower finds softer sounds."""
    time_sigma_noise: float = Field(4.0, gt=0)
    """How many deviations from the centre a sample may at most be to be called neither."""
    time_smooth: Seconds = Field(0.0064, ge=0)
    """Gaps shorter than this are filled."""
    robust: Literal["median", "mean"] = "median"
    """Centre and deviation: median and median absolute deviation, or mean and standard deviation."""
    frequency_window: Seconds = Field(0.0256, gt=0)
    """Length of the window; lengthened to the next power of two samples."""
    frequency_nw: int = Field(4, ge=2, le=64)
    """Time-bandwidth product of the tapers: higher averages over a wider band."""
    frequency_rho: float = Field(0.1, gt=0)
    """Significance of a line, in units of 1 / number of frequencies; lower finds clearer tones only."""
    frequency_rho_noise: float = Field(1.0, gt=0)
    """Significance of the faintest line that keeps a window from being called neither."""
    frequency_low: Hertz = Field(0.0, ge=0)
    """Lowest frequency of a line."""
    frequency_high: Hertz | None = Field(None, gt=0)
    """Highest frequency of a line; half the sample rate by default."""
    frequency_smooth: Seconds = Field(0.0256, ge=0)
    """Tones shorter than this are dropped, then gaps shorter than this are filled; at least the window."""

    def detect(
        self, recording: Recording, *, block_size: int = BLOCK_SIZE, monitor: Monitor = SILENT
    ) -> Iterator[Found]:
        """Find loud moments, spectral lines, and stretches with neither (see the module)."""
        rate, n_samples = recording.sample_rate, recording.n_samples
        lines = _LineSearch(self, recording, self._window(rate, monitor))
        n_passes = 5 if self.robust == "median" else 3
        with monitor.task(f"Searching {recording.name}", n_passes * recording.duration, "s") as task:
            background = self._background(recording, block_size, task)
            loud = [
                [_Threshold(centre, sigma * spread, round(self.time_smooth * rate)) for sigma in self._sigmas]
                for centre, spread in zip(*background, strict=True)
            ]
            tonal = [[RunCollector() for _ in lines.ratios] for _ in loud]
            for block in blocks(recording, block_size, lines.grain, right=lines.hop):
                length = block.stop - block.start
                for channel, sound in enumerate(block.sound):
                    for threshold in loud[channel]:
                        threshold.feed(sound[:length], block.start)
                    for collector, mask in zip(tonal[channel], lines.masks(sound, block.start, length), strict=True):
                        collector.feed(mask, block.start // lines.hop)
                task.advance(length / rate)
        for channel in range(recording.n_channels):
            time, time_noise = (threshold.runs(n_samples) for threshold in loud[channel])
            tone, tone_noise = (lines.clean(collector.runs()) for collector in tonal[channel])
            if len(time) and background.spread[channel] == 0:
                monitor.warning(
                    f"{recording.name}, channel {channel}: more than half of the samples are alike, so that every "
                    "other one is detected; choose robust = 'mean'"
                )
            quiet = quiet_between(time_noise, tone_noise)
            for label, samples in (("time", time), ("frequency", tone), ("neither", quiet)):
                yield Found(label, channel, samples[:, 0] / rate, samples[:, 1] / rate)

    @property
    def _sigmas(self) -> tuple[float, float]:
        return self.time_sigma, self.time_sigma_noise

    def _background(self, recording: Recording, block_size: int, task: Task) -> Background:
        def stream() -> Iterator[NDArray[np.float32]]:
            for block in blocks(recording, block_size, GRAIN):
                yield block.sound
                task.advance((block.stop - block.start) / recording.sample_rate)

        measure = median_and_mad if self.robust == "median" else mean_and_deviation
        return measure(stream, recording.n_channels)

    def _window(self, sample_rate: float, monitor: Monitor) -> int:
        """Samples of a window: a power of two, and enough for the tapers."""
        wished = round(self.frequency_window * sample_rate)
        n_samples = 1 << (max(wished, 2 * self.frequency_nw + 1) - 1).bit_length()
        if n_samples != wished:
            monitor.message(
                f"windows of {wished} samples are lengthened to {n_samples} ({1000 * n_samples / sample_rate:.4g} ms)"
            )
        return n_samples


class _Threshold:
    """Samples of one channel further than `distance` from `centre`, gaps shorter than `size` filled."""

    def __init__(self, centre: float, distance: float, size: int) -> None:
        self.size = size
        self.collector = RunCollector(closing=max(1, size))
        self.low, self.high = -_float32_at_most(distance - centre), _float32_at_most(centre + distance)

    def feed(self, sound: NDArray[np.float32], start: int) -> None:
        """Add the sound (sample,) of a block that begins at sample `start`."""
        self.collector.feed((sound > self.high) | (sound < self.low), start)

    def runs(self, length: int) -> Runs:
        """Runs in a recording of `length`, in samples."""
        return closed(self.collector.runs(), self.size, length)


class _LineSearch:
    """Windows with a spectral line, at the threshold of signal and at that of noise.

    Windows are computed in batches at fixed places of the recording, the last one filled up with silence: rounding
    may differ between places of a batch, but a window's place does not depend on how the recording is read.
    """

    def __init__(self, options: TimeFrequency, recording: Recording, n_samples: int) -> None:
        rate = recording.sample_rate
        self.length = recording.n_samples
        self.n_samples, self.hop = n_samples, n_samples // 2
        self.n_windows = max(0, 2 * (self.length // n_samples) - 1)
        tapers = line_tapers(n_samples, options.frequency_nw)
        self.n_tapers = len(tapers)
        self.bins = _bins(options, recording, n_samples)
        n_bins = OVERSAMPLING * n_samples
        self.ratios = tuple(
            critical_ratio(min(1.0, rho / n_bins), self.n_tapers)
            for rho in (options.frequency_rho, options.frequency_rho_noise)
        )
        self.batch = np.zeros((max(1, _BATCH // n_bins), n_samples), np.float32)
        self.power = LinePower(tapers, len(self.batch))
        self.grain = len(self.batch) * self.hop
        self.smooth = max(round(options.frequency_smooth * rate), n_samples) // self.hop

    def masks(self, sound: NDArray[np.float32], start: int, length: int) -> NDArray[np.bool_]:
        """Which windows hold a line, of those that begin in a block.

        Parameters
        ----------
        sound
            Shape (sample,): the block's `length` samples, and half a window more where the recording goes on.
        start
            First sample of the block, a multiple of `grain`.

        Returns
        -------
        masks
            Shape (threshold, window).
        """
        n_windows = max(0, min(-(-length // self.hop), self.n_windows - start // self.hop))
        masks = np.zeros((len(self.ratios), n_windows), bool)
        if not n_windows:
            return masks
        windows = np.lib.stride_tricks.sliding_window_view(sound, self.n_samples)[:: self.hop]
        for first in range(0, n_windows, len(self.batch)):
            count = min(len(self.batch), n_windows - first)
            self.batch[:count] = windows[first : first + count]
            self.batch[count:] = 0
            line, rest = self.power(self.batch)
            for mask, ratio in zip(masks, self.ratios, strict=True):
                mask[first : first + count] = has_line(line, rest, ratio, self.n_tapers, self.bins)[:count]
        return masks

    def clean(self, runs: Runs) -> Runs:
        """Runs of windows without the lone ones and the gaps, in samples."""
        runs = closed(opened(runs, self.smooth, self.n_windows), self.smooth, self.n_windows)
        quarter = self.hop // 2
        return np.asarray(np.clip(runs * self.hop + np.array([-quarter, quarter]), 0, self.length))


def _bins(options: TimeFrequency, recording: Recording, n_samples: int) -> tuple[int, int]:
    """The range of frequencies as bins of the spectrum."""
    nyquist = recording.sample_rate / 2
    high = nyquist if options.frequency_high is None else options.frequency_high
    if not options.frequency_low < high <= nyquist:
        raise InputError(
            "frequency_low to frequency_high: impossible at this sample rate",
            path=recording.path,
            found=f"{options.frequency_low:g} to {high:g} Hz",
            allowed=f"0 ≤ low < high ≤ {nyquist:g} Hz",
        )
    return bin_range(options.frequency_low, high, recording.sample_rate, n_samples)


def _float32_at_most(value: float) -> np.float32:
    """The largest float32 that is not larger: a float32 exceeds it just when it exceeds `value`."""
    nearest = np.float32(value)
    return nearest if float(nearest) <= value else np.nextafter(nearest, np.float32(-np.inf))
