"""What crowsetta reads and writes, held against ours, on real files and on what we write."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.recordings.recordings import Recordings

crowsetta = pytest.importorskip("crowsetta")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # crowsetta calls pandas in an old way

REAL = {
    "aud-seq": "100_marron1_May_24_2016_62101389.audacity.txt",
    "aud-bbox": "spinetail.txt",
    "notmat": "or60yw70_300912_0725.437.cbin.not.mat",
}

WRITTEN = ["simple-seq", "generic-seq", "aud-seq", "aud-bbox", "raven", "textgrid", "timit", "notmat"]


@pytest.mark.parametrize("name", REAL)
def test_real_files_read_alike(data, name):
    path = data / "formats" / REAL[name]
    ours = Annotations.load(path)
    theirs = crowsetta.formats.by_name(name).from_file(path)
    if name == "aud-bbox":
        boxes = theirs.to_bbox()
        table = ours.to_pandas()
        assert ours.onsets.tolist() == [box.onset for box in boxes]
        assert table["low"].tolist() == [box.low_freq for box in boxes]
        assert table["high"].tolist() == [box.high_freq for box in boxes]
        labels = [box.label for box in boxes]
    else:
        sequence = theirs.to_seq(round_times=False)
        # crowsetta has its numbers from pandas, which may miss the last bit
        assert np.allclose(ours.onsets, sequence.onsets_s, rtol=1e-15, atol=0)
        assert np.allclose(ours.offsets, sequence.offsets_s, rtol=1e-15, atol=0)
        labels = sequence.labels.tolist()
    assert ours.to_pandas()["label"].tolist() == labels


def test_real_raven(data):
    path = data / "formats/Recording_1_Segment_15.Table.1.selections.txt"
    table = Annotations.load(path).to_pandas()
    boxes = crowsetta.formats.by_name("raven").from_file(path, annot_col="Species").to_bbox()
    assert table["label"].tolist() == [box.label for box in boxes]
    assert np.allclose(table["onset"], [box.onset for box in boxes], rtol=1e-15, atol=0)
    assert np.allclose(table["high"], [box.high_freq for box in boxes], rtol=1e-15, atol=0)
    assert set(table["channel"]) == {0}


def test_real_textgrid(data):
    path = data / "formats/ObjectFocusLeilani.TextGrid"
    ours = Annotations.load(path)
    tiers = crowsetta.formats.by_name("textgrid").from_file(path).tiers
    assert [tier.name for tier in tiers] == ["tones", "words", "gloss"]
    for tier in tiers:
        rows = ours.to_pandas().query("tier == @tier.name")
        if hasattr(tier, "points"):
            assert rows["onset"].tolist() == [point.number for point in tier.points]
            assert rows["label"].tolist() == [
                point.mark.strip() for point in tier.points
            ]  # blanks around it do not count
        else:
            assert rows["onset"].tolist() == [interval.xmin for interval in tier.intervals]
            assert rows["offset"].tolist() == [interval.xmax for interval in tier.intervals]


def test_real_birdsong_recognition(data):
    path = data / "formats/birdsong-recognition-Annotation.xml"
    ours = Annotations.load(path, recordings=Recordings(data / "bengalese_finch/train"))
    theirs = crowsetta.formats.by_name("birdsong-recognition-dataset").from_file(path)
    annotations = theirs.to_annot(round_times=False, samplerate=32000)
    assert ours.recordings == sorted(annotation.notated_path.name for annotation in annotations)
    for annotation in annotations:
        rows = ours.select(recordings=[annotation.notated_path.name])
        assert rows.onsets.tolist() == annotation.seq.onsets_s.tolist()
        assert rows.offsets.tolist() == annotation.seq.offsets_s.tolist()


@pytest.mark.parametrize("name", WRITTEN)
def test_crowsetta_reads_what_we_write(tmp_path, name):
    from oscine.annotations.formats import FORMATS

    soundfile.write(tmp_path / "a.wav", np.zeros(3000), 1000)
    rows = [
        {"recording": "a.wav", "onset": 0.5, "offset": 0.75, "label": "x", "low": 10.5, "high": 20.25},
        {"recording": "a.wav", "onset": 1.125, "offset": 2.5, "label": "y", "low": 10.0, "high": 200.0},
    ]
    path = tmp_path / FORMATS.get(name)().file_name("a.wav")
    Annotations(rows).save(path, format=name)
    theirs = crowsetta.formats.by_name(name).from_file(path)
    found = theirs.to_annot()[0] if name == "generic-seq" else theirs.to_annot()
    if name in ("aud-bbox", "raven"):
        assert [(box.onset, box.offset, box.label) for box in found.bboxes] == [(0.5, 0.75, "x"), (1.125, 2.5, "y")]
        assert [(box.low_freq, box.high_freq) for box in found.bboxes] == [(10.5, 20.25), (10, 200)]
    else:
        assert found.seq.onsets_s.tolist() == [0.5, 1.125]
        assert found.seq.offsets_s.tolist() == [0.75, 2.5]
        assert [str(label) for label in found.seq.labels] == ["x", "y"]


def test_we_read_what_crowsetta_writes(tmp_path):
    path = tmp_path / "a.csv"
    sequence = crowsetta.formats.by_name("simple-seq")(
        onsets_s=np.array([0.1 + 0.2]), offsets_s=np.array([1 / 3]), labels=np.array(["x"]), annot_path=path
    )
    sequence.to_file(path)
    found = Annotations.load(path)
    assert found.onsets.tolist() == [0.1 + 0.2]
    assert found.offsets.tolist() == [1 / 3]
    generic = crowsetta.formats.by_name("generic-seq")([sequence.to_annot(round_times=False)])
    generic.to_file(tmp_path / "all_generic.csv")
    assert Annotations.load(tmp_path / "all_generic.csv").onsets.tolist() == [0.1 + 0.2]
