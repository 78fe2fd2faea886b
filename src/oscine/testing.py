"""Synthetic songs with known truth, for the demonstration, for tests, and for trying a method.

`fly_song` imitates the courtship song of *Drosophila melanogaster* in rough outline: trains of short pulses some
35 ms apart, hums of a sine ("sine song") near 150 Hz, and background noise with a fly's walking in it, which makes
it no gift to a detector. Values follow Bennet-Clark & Ewing (1969), Anim. Behav. 17: 755-759, and Arthur et al.
(2013), BMC Biology 11: 11.

It needs nothing of the package but the table of annotations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError

LABELS = ("pulse", "sine", "ambient")
"""Labels of a synthetic song, in the order in which networks give their scores."""


def fly_song(
    duration: float = 60.0, sample_rate: float = 2500.0, *, seed: int = 0, name: str = "song.wav", noise: float = 0.002
) -> tuple[NDArray[np.float32], Annotations]:
    """Sound like a courting fly's, and all that is in it.

    Parameters
    ----------
    duration
        In seconds.
    sample_rate
        In hertz, at least 1000.
    seed
        The same seed gives the same song.
    name
        Of the recording in the annotations.
    noise
        Standard deviation of the background noise.

    Returns
    -------
    sound
        Float32 (channel, sample), one channel.
    truth
        Every pulse (an event at its peak), every sine, and between the bouts "ambient"; it covers the whole.

    Raises
    ------
    InputError
        For a duration or a sample rate at which there can be no song.

    Examples
    --------
    >>> sound, truth = fly_song(10, seed=1)
    >>> sound.shape, truth.label_names
    ((1, 25000), ['pulse', 'sine', 'ambient'])
    """
    if duration <= 0 or sample_rate < 1000:
        found = f"{duration:g} s at {sample_rate:g} Hz"
        raise InputError("there can be no song", found=found, allowed="> 0 s at 1000 Hz or more")
    random = np.random.default_rng(seed)
    times = np.arange(round(duration * sample_rate)) / sample_rate
    sound = noise * _pink(len(times), random)
    rows: list[tuple[float, float, str]] = []
    onset = random.uniform(0.5, 1.5)
    while onset < duration - 1:
        begin = onset
        for _ in range(random.integers(1, 4)):
            if random.random() < 0.6:
                onset = _add_train(sound, times, onset, random, rows, duration)
            else:
                onset = _add_sine(sound, times, onset, random, rows, duration)
        pause = random.uniform(0.8, 2.5)
        _add_steps(sound, times, onset, pause, random)
        margin = 0.08  # what is near a bout is nobody's guess
        if onset + pause < duration and pause > 4 * margin:
            rows.append((onset + margin, onset + pause - margin, "ambient"))
        onset += pause
        assert onset > begin
    table = [{"recording": name, "onset": a, "offset": b, "label": label} for a, b, label in sorted(rows)]
    truth = Annotations(table, labels=LABELS, coverage=Coverage({name: None}, whole=False))
    return sound[None].clip(-1, 1).astype(np.float32), truth


def _add_train(
    sound: NDArray[np.float64], times: NDArray[np.float64], onset: float, random: np.random.Generator,
    rows: list[tuple[float, float, str]], duration: float,
) -> float:  # fmt: skip
    """A train of pulses, each two cycles or so of a Gabor function; says where it ends."""
    loudness, interval = random.uniform(0.03, 0.08), random.normal(0.036, 0.003)
    frequency = random.normal(230, 15)
    for _ in range(random.integers(4, 16)):
        if onset > duration - 0.1:
            break
        near = slice(*np.searchsorted(times, [onset - 0.02, onset + 0.02]))
        t = times[near] - onset
        envelope = np.exp(-((t / 0.0035) ** 2))
        sound[near] += loudness * random.uniform(0.6, 1.2) * envelope * np.cos(2 * np.pi * frequency * t)
        rows.append((onset, onset, "pulse"))
        onset += max(0.02, random.normal(interval, 0.002))
    return onset + 0.03


def _add_sine(
    sound: NDArray[np.float64], times: NDArray[np.float64], onset: float, random: np.random.Generator,
    rows: list[tuple[float, float, str]], duration: float,
) -> float:  # fmt: skip
    """A hum that drifts a little in pitch and swells a little; says where it ends."""
    offset = min(onset + random.uniform(0.2, 0.9), duration - 0.1)
    if offset - onset < 0.1:
        return onset
    near = slice(*np.searchsorted(times, [onset, offset]))
    t = times[near] - onset
    length = offset - onset
    pitch = random.normal(150, 8) * (1 + 0.03 * np.sin(2 * np.pi * random.uniform(1, 3) * t))
    edges = np.minimum(1, np.minimum(t, length - t) / 0.02).clip(0)
    swell = 1 + 0.3 * np.sin(2 * np.pi * 2 * t + random.uniform(0, 6))
    sound[near] += random.uniform(0.008, 0.02) * edges * swell * np.sin(2 * np.pi * np.cumsum(pitch) * (t[1] - t[0]))
    rows.append((onset, offset, "sine"))
    return offset + 0.03


def _add_steps(
    sound: NDArray[np.float64], times: NDArray[np.float64], onset: float, pause: float, random: np.random.Generator
) -> None:
    """A walking fly: low thuds and faint clicks, which are no song."""
    for _ in range(random.poisson(2 * pause)):
        at = onset + random.uniform(0.1, pause - 0.1)
        near = slice(*np.searchsorted(times, [at - 0.03, at + 0.03]))
        t = times[near] - at
        thud = np.exp(-((t / 0.012) ** 2)) * np.sin(2 * np.pi * random.uniform(20, 60) * t)
        click = np.where(np.abs(t) < 0.0012, random.normal(0, 1, len(t)), 0)
        sound[near] += random.uniform(0.005, 0.03) * thud + random.uniform(0.0, 0.015) * click


def _pink(n: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Noise whose power falls with frequency, of unit variance."""
    spectrum = np.fft.rfft(random.normal(size=n))
    spectrum /= np.sqrt(np.arange(len(spectrum)) + n / 50)
    coloured = np.fft.irfft(spectrum, n)
    return np.asarray(coloured / coloured.std())
