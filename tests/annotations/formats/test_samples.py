"""Formats that count samples: TIMIT's transcriptions and the BirdsongRecognition data set's XML."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.formats.birdsong_recognition_dataset import BirdsongRecognitionDataset
from oscine.annotations.formats.generic_seq import GenericSeq
from oscine.annotations.formats.timit import Timit
from oscine.core.errors import InputError
from oscine.recordings.recordings import Recordings

XML = (
    "<Sequences><NumSequence>1</NumSequence><Sequence><WaveFileName>0.wav</WaveFileName><Position>1000</Position>"
    "<Length>500</Length><NumNote>1</NumNote><Note><Position>100</Position><Length>50</Length><Label>7</Label></Note>"
    "</Sequence></Sequences>"
)


@pytest.mark.parametrize("name", ["a.phn", "A.WRD"])
def test_timit(tmp_path, name):
    soundfile.write(tmp_path / f"{name[0]}.wav", np.zeros(8000), 16000)
    (tmp_path / name).write_text("0 3050 h#\n3050 4559 two words\n\n4559 5000 nan\n")
    found = Annotations.load(tmp_path / name)
    assert found.onsets.tolist() == [0, 3050 / 16000, 4559 / 16000]
    assert found.to_pandas()["label"].tolist() == ["h#", "two words", "nan"]
    found.save(tmp_path / name)
    assert (tmp_path / name).read_text() == "0 3050 h#\n3050 4559 two words\n4559 5000 nan\n"


def test_timit_needs_a_rate(tmp_path):
    (tmp_path / "a.phn").write_text("0 3050 h#\n")
    with pytest.raises(InputError, match=r"counts samples.*a\.wav"):
        Annotations.load(tmp_path / "a.phn")
    assert Annotations.load(tmp_path / "a.phn", format=Timit(sample_rate=1000)).offsets.tolist() == [3.05]


@pytest.mark.parametrize("line", ["0 h#", "zero 5 h#", "0 5.5 h#", "-1 5 h#"])
def test_mistakes_of_timit_are_named_with_their_line(tmp_path, line):
    (tmp_path / "a.phn").write_text(f"0 1 x\n{line}\n")
    with pytest.raises(InputError, match="line 2: is no transcription"):
        Annotations.load(tmp_path / "a.phn", format=Timit(sample_rate=1000))


def test_notes_count_from_their_sequence_which_is_what_is_covered(tmp_path):
    (tmp_path / "Annotation.xml").write_text(XML)
    (tmp_path / "Wave").mkdir()
    soundfile.write(tmp_path / "Wave/0.wav", np.zeros(2000), 1000)
    found = Annotations.load(tmp_path / "Annotation.xml")
    assert [(row.recording, row.onset, row.offset, row.label) for row in found] == [("0.wav", 1.1, 1.15, "7")]
    assert found.coverage.intervals("0.wav", 2).tolist() == [[1.0, 1.5]]


def test_real_birdsong_agrees_with_its_new_annotation(data):
    recordings = Recordings(data / "bengalese_finch/train")
    old = Annotations.load(data / "formats/birdsong-recognition-Annotation.xml", recordings=recordings)
    new = Annotations.load(data / "bengalese_finch/train/0_annotations.csv")
    old = old.select(recordings=["0.wav"])
    assert old.onsets[0] == 34240 / 32000
    nearest = [np.abs(new.onsets - onset).min() for onset in old.onsets]
    assert np.median(nearest) < 0.005  # boundaries of the two differ by up to 10 ms


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (XML[:100], "line 1: .*no well-formed XML|is no well-formed XML"),
        (XML.replace("<Position>1000</Position>", ""), "lacks an element or a number"),
        (XML.replace(">50<", ">fifty<"), "lacks an element or a number"),
        (XML.replace(">50<", ">-50<"), "starts after it stops"),
    ],
)
def test_mistakes_of_the_xml_are_named(tmp_path, text, message):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(InputError, match=message):
        Annotations.load(tmp_path / "a.xml", format=BirdsongRecognitionDataset(sample_rate=1000))


def test_generic_seq_in_samples(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text(
        "label,onset_sample,offset_sample,notated_path,annot_path,sequence,annotation\n"
        "01,100,200,C:\\birds\\a.wav,x.csv,0,0\nNA,300,400,birds/b.wav,x.csv,0,1\n"
    )
    found = Annotations.load(path, format=GenericSeq(sample_rate=1000))
    assert [(row.recording, row.onset, row.label) for row in found] == [("a.wav", 0.1, "01"), ("b.wav", 0.3, "NA")]
    path.write_text("label,notated_path,annot_path,sequence,annotation\nx,a.wav,x.csv,0,0\n")
    with pytest.raises(InputError, match="has no times"):
        Annotations.load(path)
