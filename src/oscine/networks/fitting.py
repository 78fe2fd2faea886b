"""A recording as a network wants it: its channels, its sample rate, its level; for training and prediction alike."""

from __future__ import annotations

from oscine.core.errors import InputError
from oscine.networks.specification import Specification
from oscine.recordings.recording import Recording


def fit_recording(recording: Recording, specification: Specification, *, resample: bool = False) -> Recording:
    """The recording at the network's sample rate and level.

    Parameters
    ----------
    recording
        With the channels to use.
    specification
        What the network expects.
    resample
        Resample where the rate differs.

    Raises
    ------
    InputError
        Where the number of channels differs, or the sample rate does and `resample` is not asked for.
    """
    if recording.n_channels != specification.n_channels:
        first = ",".join(map(str, range(specification.n_channels)))
        raise InputError(
            "the recording has not as many channels as the model",
            path=recording.path,
            found=recording.n_channels,
            allowed=specification.n_channels,
            cure=f"Choose channels, such as --channels {first}",
        )
    if recording.sample_rate != specification.sample_rate:
        if not resample:
            raise InputError(
                "the recording has not the sample rate of the model",
                path=recording.path,
                found=f"{recording.sample_rate:g} Hz",
                allowed=f"{specification.sample_rate:g} Hz",
                cure="Add --resample",
            )
        recording = recording.resample(specification.sample_rate)
    return recording.normalise() if specification.normalise else recording
