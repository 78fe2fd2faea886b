from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from oscine.figures.clips import cut, cut_clips
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings


def decoded(uri: str, kind: str) -> io.BytesIO:
    head, _, body = uri.partition(",")
    assert head == f"data:{kind};base64"
    return io.BytesIO(base64.b64decode(body, validate=True))


def rows(*items: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(items, columns=["annotated", "label", "score"])
    return table.assign(
        recording="a.wav",
        onset=np.arange(len(table)) * 0.1,
        offset=np.arange(len(table)) * 0.1 + 0.05,
        kind=np.where(table["annotated"] == table["label"], "correct", "mistaken"),
    )


def test_a_snippet_is_seen_and_heard(sounds) -> None:
    clip = cut(sounds.by_name("a.wav"), 7, 1.0, 1.1)
    heard, rate = soundfile.read(decoded(clip.sound, "audio/flac"))
    assert rate == 8000
    assert len(heard) / rate == pytest.approx(clip.duration) == pytest.approx(0.4)
    assert (clip.begin, clip.end) == pytest.approx((0.375, 0.625))
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * rate / len(heard) == pytest.approx(1000, abs=3)
    picture = Image.open(decoded(clip.picture, "image/png"))
    levels = np.asarray(picture)
    brightest = np.bincount(levels.argmax(axis=0)).argmax()  # row of the tone, from above
    assert (1 - brightest / picture.height) * clip.top == pytest.approx(1000, abs=120)
    assert clip.row == 7


def test_ends_of_a_recording_are_no_trouble(sounds) -> None:
    recording = sounds.by_name("a.wav")
    first, last = cut(recording, 0, 0.0, 0.0), cut(recording, 0, 4.99, 5.0)
    assert first.begin == 0
    assert last.end == 1
    assert first.duration == pytest.approx(0.15)


def test_ultrasound_is_slowed_down() -> None:
    sound = np.random.default_rng(0).normal(size=(1, 25_000)).astype(np.float32) / 10
    clip = cut(Recording.from_sound(sound, 250_000.0, name="bat.wav"), 0, 0.05, 0.06)
    assert clip.speed == 0.1
    heard, rate = soundfile.read(decoded(clip.sound, "audio/flac"))
    assert len(heard) / rate == pytest.approx(clip.duration * 10, rel=0.01)


def test_cells_take_turns_and_sure_mistakes_come_first(sounds) -> None:
    table = rows(("a", "a", 0.9), ("a", "b", 0.6), ("a", "b", 0.8), ("b", "a", 0.5), ("a", "b", 0.7), ("b", "b", 0.4))
    clips = cut_clips(table, sounds, per_cell=2)
    assert list(clips.by_row) == [2, 3, 4, 0, 5]
    assert not clips.full


def test_there_is_an_end_to_the_size(sounds) -> None:
    table = rows(*(("a", "b", 0.5) for _ in range(10)))
    one = cut_clips(table, sounds, per_cell=1).by_row[0].size
    clips = cut_clips(table, sounds, per_cell=10, size_limit=round(2.5 * one))
    assert len(clips.by_row) == 2
    assert clips.full
    assert sum(clip.size for clip in clips.by_row.values()) <= 2.5 * one


def test_absent_recordings_are_left_out_and_said(sounds) -> None:
    table = pd.concat([rows(("a", "b", 0.5)), rows(("a", "b", 0.5)).assign(recording="gone.wav")], ignore_index=True)
    clips = cut_clips(table, sounds)
    assert list(clips.by_row) == [0]
    assert clips.absent == ("gone.wav",)
    assert "gone.wav" in clips.reason
    assert cut_clips(table, None).reason == "the recordings are not known"
    assert cut_clips(table.iloc[:0], Recordings([])).by_row == {}


def test_a_sound_outside_its_recording_is_left_out_alone(sounds) -> None:
    table = rows(("a", "b", 0.9), ("a", "b", 0.8), ("b", "a", 0.5)).assign(onset=[99.0, 1.0, 2.0])
    clips = cut_clips(table.assign(offset=table["onset"] + 0.05), sounds)
    assert sorted(clips.by_row) == [1, 2]
    assert (clips.absent, clips.reason) == ((), "1 sound lies outside the recording")
