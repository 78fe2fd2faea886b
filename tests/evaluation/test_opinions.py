"""Who says what, and where each has looked."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.core.errors import InputError
from oscine.evaluation.opinions import NOBODY, Opinions, Said, looked_at

HEADER = "name,start_seconds,stop_seconds\n"


def said(*spans, label="pulse", stretches=()):
    table = Annotations([{"onset": a, "offset": b, "label": label} for a, b in spans]).to_pandas()
    return Said(
        table[["onset", "offset", "label"]],
        stretches if stretches is None else np.array(stretches, float).reshape(-1, 2),
    )


def sparse(*spans, label="pulse"):
    return said(*spans, label=label, stretches=spans)


def portion(*parties, everyone=False, known=True, reach=0.0, label="pulse"):
    found = looked_at(parties, label, everyone=everyone, known=known, reach=reach)
    return None if found is None else found.tolist()


def test_parties_of_a_folder(tmp_path):
    (tmp_path / "a_annotations-ann.csv").write_text(HEADER + "pulse,1,1\n")
    (tmp_path / "a_annotations-ben.csv").write_text(HEADER)
    (tmp_path / "a_predicted.csv").write_text(HEADER + "pulse,2,2\n")
    (tmp_path / "a_detected.csv").write_text(HEADER + "time,3,4\n")
    (tmp_path / "b_annotations.csv").write_text(HEADER + "pulse,1,1\n")
    found = Opinions.load(tmp_path)
    assert {who: list(told) for who, told in found.people.items()} == {
        "ann": ["a.wav"], "ben": ["a.wav"], NOBODY: ["b.wav"]}  # fmt: skip
    assert len(found.people["ben"]["a.wav"].rows) == 0
    assert found.people["ben"]["a.wav"].dense is None  # looked at all of it
    assert list(found.machines[""]) == ["a.wav"]
    assert found.recordings == ["a.wav", "b.wav"]
    assert found.identity()["path"] == str(tmp_path)


def test_namesakes_in_several_folders_are_told_apart(tmp_path):
    for day in ("day1", "day2"):
        (tmp_path / day).mkdir()
        soundfile.write(tmp_path / day / "a.wav", np.zeros(1000), 1000)
        for who in ("ann", "ben"):
            (tmp_path / day / f"a_annotations-{who}.csv").write_text(HEADER + "pulse,0.1,0.1\n")
    assert Opinions.load(tmp_path).recordings == ["day1/a.wav", "day2/a.wav"]


def test_one_file_with_a_column_of_annotators(tmp_path):
    text = "name,start_seconds,stop_seconds,annotator\npulse,1,1,ann\npulse,2,2,ben\n"
    (tmp_path / "a_annotations.csv").write_text(text)
    found = Opinions.load(tmp_path / "a_annotations.csv")
    assert {who: len(told["a.wav"].rows) for who, told in found.people.items()} == {"ann": 1, "ben": 1}


def test_several_paths(tmp_path):
    for who in ("ann", "ben"):
        (tmp_path / f"{who}.csv").write_text(HEADER + "pulse,1,1\n")
    paths = [tmp_path / "ann.csv", tmp_path / "ben.csv"]
    assert list(Opinions.load_all(paths).people) == ["ann", "ben"]
    assert list(Opinions.load(",".join(map(str, paths))).people) == ["ann", "ben"]
    with pytest.raises(InputError, match="no such annotation file"):
        Opinions.load_all([tmp_path / "nobody.csv"])


def test_what_is_wrong_with_several_files_is_kept_for_whoever_tells_it(tmp_path):
    (tmp_path / "a_annotations.csv").write_text(HEADER + "pulse,1,1\n")
    (tmp_path / "b_annotations.csv").write_text(HEADER + "pulse,x,1\n")
    assert any("b_annotations.csv" in text for text in Opinions.load_all([tmp_path]).warnings)


def test_two_files_of_one_annotator_are_added():
    parts = [Annotations([{"recording": "a.wav", "onset": t, "offset": t, "label": "pulse", "annotator": "ann"}],
                         coverage=Coverage({"a.wav": [(t, t)]}, whole=False)) for t in (1.0, 2.0)]  # fmt: skip
    together = Opinions.of(*parts).people["ann"]["a.wav"]
    assert together.spans("pulse").tolist() == [[1, 1], [2, 2]]
    assert together.stretches.tolist() == [[1, 1], [2, 2]]


def test_where_files_say_where_somebody_looked():
    whole, some = said((1, 1), stretches=None), said((5, 6), stretches=[(4, 9)])
    assert portion(whole, some) is None
    assert portion(whole, some, everyone=True) == [[4, 9]]
    assert portion(some) == [[4, 9]]
    assert portion(some, said((11, 11), stretches=[(10, 12)]), everyone=True) == []


def test_sparse_files_count_from_the_first_to_the_last_sound():
    ann, ben = sparse((1, 1), (8, 8)), sparse((3, 4), (10, 10))
    assert portion(ann, ben) == [[1, 10]]
    assert portion(ann, ben, everyone=True) == [[3, 8]]
    assert portion(ann, ben, reach=0.5) == [[0.5, 10.5]]
    assert portion(ann, sparse((20, 20)), everyone=True) == []
    assert portion(ann, sparse((20, 20), label="sine"), everyone=True) == [[1, 8]]  # of those who have any


def test_a_label_without_a_row():
    ann = sparse((1, 1), (8, 8), label="sine")
    assert portion(ann, known=True) == [[1, 8]]
    assert portion(ann, known=False) == []
    assert portion(sparse(), known=True) == []


def test_a_pattern_means_its_files(tmp_path):
    for who in ("ann", "ben"):
        (tmp_path / f"a_annotations-{who}.csv").write_text(HEADER + "pulse,1,1\n")
    (tmp_path / "a_predicted.csv").write_text(HEADER + "pulse,2,2\n")
    found = Opinions.load(tmp_path / "a_annotations-*.csv")
    assert (sorted(found.people), found.machines) == (["ann", "ben"], {})
    with pytest.raises(InputError, match="no annotation file fits this pattern"):
        Opinions.load(tmp_path / "b_*.csv")


def test_a_recording_is_no_annotation(tmp_path):
    soundfile.write(tmp_path / "a-7.wav", np.zeros(100), 1000)
    with pytest.raises(InputError, match=r"this is a recording, where annotations are wanted. Give its annot") as error:
        Opinions.load(tmp_path / "a-7.wav")
    assert "format" not in str(error.value)
