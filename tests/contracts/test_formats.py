"""Every format keeps what it says it keeps, to the last bit, and says what it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oscine.annotations.annotations import DEFAULTS, Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.formats import FORMATS, Format
from oscine.annotations.reading import recognise
from oscine.annotations.sources import Sources
from oscine.core.errors import InputError

RATE, DURATION = 32000, 4.0
RECORDING = "bird 1.wav"
WRITABLE = [name for name in FORMATS.names() if FORMATS.get(name).writable]
IN_SAMPLES = ("songexplorer", "timit")
MAY_BE_EMPTY = ("aud-bbox", "aud-seq", "songexplorer")
READ_ONLY_IF_INSISTED = ("das",)  # Oscine's own format reads what it writes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("formats")
    soundfile.write(place / RECORDING, np.zeros(int(RATE * DURATION)), RATE)
    return place


def text(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=6).map(str.strip).filter(bool)


def labels_for(name: str) -> st.SearchStrategy[str]:
    if name == "notmat":
        return st.sampled_from("abc01-é")
    if name == "timit":
        return st.sampled_from(["h#", "nan", "NA", "01", "two words", "null"])
    return st.one_of(text("ab0é,;\"'- \\"), st.sampled_from(["NA", "nan", "01", "1e5", "None", "-", "#x", "!", "a<b>"]))


def tables(name: str) -> st.SearchStrategy[list[dict]]:
    times = st.floats(0, DURATION)
    if name in IN_SAMPLES:
        times = st.integers(0, int(RATE * DURATION)).map(lambda sample: sample / RATE)
    if name == "notmat":
        times = st.floats(0, DURATION * 1000).map(lambda ms: ms / 1000)
    hertz = st.one_of(st.just(np.nan), st.floats(0, RATE / 2))
    row = st.fixed_dictionaries(
        {
            "times": st.tuples(times, times).map(sorted)
            if name == "notmat"
            else st.tuples(times, times, st.booleans()),
            "label": labels_for(name),
            "kind": st.sampled_from(["annotated", "predicted", "missed"]),
            "channel": st.integers(0 if name == "raven" else -1, 7),
            "low": hertz,
            "high": hertz,
            "annotator": st.sampled_from(["", "ann", "b,c"]),
            "score": st.one_of(st.just(np.nan), st.floats(0, 1)),
            "mood": st.sampled_from(["good", "bad, very", ""]),
        }
    )
    return st.lists(row, max_size=6)


def annotations_from(rows: list[dict]) -> Annotations:
    made = []
    for row in rows:
        onset, *rest = row["times"]
        offset = onset if rest[-1] is True else rest[0]
        rest = {key: value for key, value in row.items() if key != "times"}
        made.append({"recording": RECORDING, "onset": min(onset, offset), "offset": max(onset, offset), **rest})
    return Annotations(made, coverage=Coverage({RECORDING: None}, whole=False))


def kept(annotations: Annotations, chosen: Format) -> list[list]:
    """Rows as far as the format holds them."""
    table = annotations.to_pandas()
    columns = ["recording", "onset", "offset", "label", *(name for name in DEFAULTS if name in chosen.holds)]
    if "more" in chosen.holds and "mood" in table:
        columns.append("mood")
    rows = [["nan" if value != value else value for value in row] for row in table[columns].to_numpy().tolist()]
    # Praat's tiers are in order of time
    return sorted(rows, key=repr) if chosen.plugin_name == "textgrid" else rows


@pytest.mark.parametrize("name", WRITABLE)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_to_the_bit(name, folder, data):
    annotations = annotations_from(data.draw(tables(name)))
    chosen = FORMATS.get(name)()
    if not chosen.many and not annotations.recordings:
        return
    path = folder / chosen.file_name(RECORDING)
    annotations.save(path, format=chosen)
    again = Annotations.load(path, format=chosen)
    assert kept(again, chosen) == kept(annotations, chosen)
    if again.recordings and name not in ("songexplorer", "generic-seq"):
        assert again.coverage.is_whole(RECORDING)
    if name not in READ_ONLY_IF_INSISTED and (len(annotations) or path.suffix not in (".csv", ".txt")):
        recognised = recognise(path).plugin_name
        boxless = not annotations.to_pandas()[["low", "high"]].notna().any(axis=None)
        assert recognised == name or (name == "aud-bbox" and boxless) or (name == "aud-seq")


@pytest.mark.parametrize("name", FORMATS.names())
def test_what_cannot_be_held_is_said(name):
    full = Annotations(
        [{
            "recording": RECORDING, "onset": 1.0, "offset": 1.0 + 1e-5, "label": "a", "kind": "predicted", "channel": 1,
            "low": 1.0, "high": 2.0, "annotator": "ann", "score": 0.5, "mood": "good",
        }],
        coverage=Coverage({RECORDING: [(0, 2)]}, whole=False),
        labels=["a", "unused"],
    )  # fmt: skip
    chosen = FORMATS.get(name)()
    said = " ".join(chosen.losses(full, Sources()))
    words = {"channel": "channels", "low": "low freq", "high": "high freq", "kind": "kinds", "score": "scores",
             "annotator": "annotators", "more": "mood", "coverage": "coverage"}  # fmt: skip
    for part, word in words.items():
        assert (word in said) == (part not in chosen.holds), (part, said)
    plain = Annotations([{"recording": RECORDING, "onset": 0.5, "offset": 1.0, "label": "a"}])
    assert [phrase for phrase in chosen.losses(plain, Sources()) if "coverage" not in phrase] == []


@pytest.mark.parametrize("name", FORMATS.names())
def test_it_is_described(name):
    chosen = FORMATS.get(name)
    assert chosen.suffixes
    assert chosen.__doc__
    assert all(field.description for field in chosen.model_fields.values())
    assert chosen.model_validate(chosen().model_dump()) == chosen()


@pytest.mark.parametrize("name", FORMATS.names())
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"hello\nworld\n", b"a,b,c\n1,2\n", b"\xff\xfe\x00"])
def test_rubbish_is_refused_in_one_line(name, content, tmp_path):
    chosen = FORMATS.get(name)()
    path = tmp_path / f"x{chosen.suffixes[0]}"
    path.write_bytes(content)
    if content == b"" and name in MAY_BE_EMPTY:
        assert len(Annotations.load(path, format=name)) == 0
        return
    with pytest.raises(InputError) as caught:
        Annotations.load(path, format=name)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", FORMATS.names())
def test_a_missing_file_is_named(name, tmp_path):
    with pytest.raises(InputError, match="no such annotation file"):
        Annotations.load(tmp_path / "none.csv", format=name)


@pytest.mark.parametrize("name", [name for name in FORMATS.names() if not FORMATS.get(name).writable])
def test_what_can_only_be_read_is_not_written(name, tmp_path):
    with pytest.raises(InputError, match="only be read"):
        Annotations().save(tmp_path / "x", format=name)
    assert list(Path(tmp_path).iterdir()) == []
