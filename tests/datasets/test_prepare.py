from __future__ import annotations

import numpy as np
import pytest
import soundfile

from oscine.annotations.annotations import Annotations
from oscine.annotations.coverage import Coverage
from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.datasets.prepare import PrepareParams, prepare
from oscine.datasets.splitters.blocks import Blocks
from oscine.datasets.splitters.files import Files
from oscine.datasets.splitters.hash import Hash
from oscine.recordings.recording import Recording
from oscine.recordings.recordings import Recordings
from oscine.testing import fly_song


def params(**options):
    return PrepareParams(**{"splitter": Hash(validation=30), "few": 1, **options})


def test_counts_are_printed_and_few_are_warned_of(sparse, told):
    recordings, annotations = sparse
    dataset = prepare(recordings, annotations, params(few=50), monitor=told)
    counts = dataset.counts()
    assert counts.to_numpy().sum() == 120
    text = str(dataset)
    for label in ("x", "y"):
        assert f"{label} {counts.loc[label, 'train']}" in " ".join(text.split())
        n = counts.loc[label, "train"]
        expected = f"label '{label}' has only {n} training annotations; 50 or more are better"
        assert (expected in told.warnings) == (n < 50)
    assert any(counts["train"] < 50)
    assert list(dataset.labels) == ["x", "y"]  # what is annotated sparsely has no background


def test_a_label_that_cannot_be_validated_is_warned_of(silence, rows, told):
    annotations = Annotations([*rows("a.wav", (1, 1, "x"), (2, 2, "y")), *rows("b.wav", (1, 1, "x"))])
    chosen = params(splitter=Files(validation_recordings=("b.wav",)))
    prepare(silence(a=5, b=5), annotations.with_coverage("rows"), chosen, monitor=told)
    assert told.warnings == ["label 'y' has no validation annotation: how well it is found cannot be said"]


def test_unknown_words_are_refused_with_the_nearest(sparse, silence, rows):
    recordings, _ = sparse
    annotations = Annotations(rows("a.wav", (1, 1, "pulse"), (2, 2, "sine")))
    for options, message in (
        ({"labels": ("puls",)}, r"unknown label.*found 'puls'; allowed: pulse, sine. Did you mean 'pulse'"),
        ({"relabel": {"sin": "other"}}, r"unknown label; found 'sin'; allowed: pulse, sine. Did you mean 'sine'"),
        ({"kinds": ("annotated", "mised")}, r"unknown kind.*found 'mised'; allowed: annotated"),
        ({"kinds": ("detected",)}, r"no annotation to learn from.*2 rows of kinds \['annotated'\].*detected"),
        ({"labels": ("pulse", "pulse")}, "a label is named twice; found 'pulse'"),
    ):
        with pytest.raises(InputError, match=message) as error:
            prepare(recordings, annotations, params(**options))
        assert "\n" not in str(error.value)


def test_a_label_without_training_example_is_refused(silence, rows):
    annotations = Annotations([*rows("a.wav", (1, 1, "x")), *rows("b.wav", (1, 1, "x"), (2, 2, "y"))])
    chosen = params(splitter=Files(validation_recordings=("b.wav",)))
    with pytest.raises(InputError, match=r"a label has no training example; found 'y'. Annotate it"):
        prepare(silence(a=5, b=5), annotations, chosen)
    with pytest.raises(InputError, match="a label has no training example; found 'background'"):
        prepare(
            silence(a=5),
            Annotations(rows("a.wav", (1, 2, "x"))),
            params(labels=("x", BACKGROUND), splitter=Hash(validation=0)),
        )


def test_annotations_of_what_is_not_there_are_left_out(silence, rows, told):
    annotations = Annotations([*rows("a.wav", (1, 2, "x"), (4, 7, "x"), (9, 9, "x")), *rows("gone.wav", (1, 1, "x"))])
    dataset = prepare(silence(a=5), annotations, params(splitter=Hash(validation=0)), monitor=told)
    assert len(dataset.train) == 2
    assert told.warnings[:2] == [
        "annotations of 1 recordings are left out, since there is no 'gone.wav'",
        "1 annotations are left out, since they begin after the end of their recording: "
        "the first at 9 s of a.wav (5 s)",
    ]
    assert dataset.train.coverage.intervals("a.wav", 5).tolist() == [[1, 2], [4, 5]]
    with pytest.raises(InputError, match=r"belongs to a recording that is here; found 'gone.wav'; allowed: a.wav"):
        prepare(silence(a=5), annotations.select(recordings=["gone.wav"]), params())


def test_background_where_coverage_is_more_than_annotations(silence, rows, told):
    annotations = Annotations(rows("a.wav", *((float(i), i + 0.5, "x") for i in range(40))), coverage=Coverage())
    dataset = prepare(silence(a=40), annotations, PrepareParams(few=1), monitor=told)
    assert list(dataset.labels) == [BACKGROUND, "x"]
    assert told.messages == ["covered but unannotated sound becomes the label 'background'"]
    # a split that covers nothing but the annotations leaves no background to learn
    assert list(prepare(silence(a=40), annotations, params()).labels) == ["x"]
    # nor is there any where every moment bears a label
    everything = Annotations(rows("a.wav", *((float(i), i + 1.0, "xy"[i % 2]) for i in range(40))))
    assert list(prepare(silence(a=40), everything, PrepareParams(few=1)).labels) == ["x", "y"]


def test_relabel_and_kinds(silence, rows):
    annotations = Annotations(
        [
            *rows("a.wav", (1, 2, "x"), (3, 4, "not_x"), (5, 6, "y")),
            *rows("a.wav", (7, 8, "other"), kind="missed"),
            *rows("a.wav", (8.5, 9, "x"), kind="detected"),
        ]
    ).with_coverage("rows")
    whole = {"splitter": Hash(validation=0)}
    dataset = prepare(silence(a=9), annotations, params(relabel={"not_x": "other", "y": "other"}, **whole))
    assert dataset.counts()["train"].to_dict() == {"other": 2, "x": 1}
    dataset = prepare(silence(a=9), annotations, params(kinds=("annotated", "missed"), labels=("y", "other"), **whole))
    assert dataset.counts()["train"].to_dict() == {"y": 1, "other": 1}
    assert dataset.train.coverage.intervals("a.wav", 9).tolist() == [[5, 6], [7, 8]]  # what is left out is unknown


def test_labels_stand_in_the_order_of_the_project(silence, rows):
    annotations = Annotations(rows("a.wav", (1, 2, "x"), (3, 4, "b")), labels=["z", "x", "b"]).with_coverage("rows")
    assert list(prepare(silence(a=9), annotations, params(splitter=Hash(validation=0))).labels) == ["x", "b"]


def test_annotations_beside_the_recordings(tmp_path):
    for seed in range(2):
        sound, truth = fly_song(20, seed=seed, name=f"{seed}.wav")
        soundfile.write(tmp_path / f"{seed}.wav", sound[0], 2500)
        truth.save(tmp_path / f"{seed}_annotations.csv")
    dataset = prepare(Recordings(tmp_path), params=params())
    assert dataset.names() == ["0.wav", "1.wav"]
    assert set(dataset.labels) == {"pulse", "sine", "ambient"}
    with pytest.raises(InputError, match="there are no recordings"):
        prepare(Recordings([]), params=params())


def test_the_fly_annotations(fly, told):
    dataset = prepare(
        Recordings([fly / "PS_20130625111709_ch3.wav"]), params=params(splitter=Hash(validation=40)), monitor=told
    )
    counts = dataset.counts()
    labels = ["ambient", "mel-pulse", "mel-sine"]
    assert counts.loc[labels, "validation"].tolist() == [6, 25, 2]
    assert counts.loc[labels, "train"].tolist() == [9, 48, 9]
    assert BACKGROUND not in dataset.labels
    assert "mel-pulse" in dataset.events()
    assert "mel-sine" not in dataset.events()


def test_the_result_says_how_it_came_to_be(sparse):
    recordings, annotations = sparse
    dataset = prepare(recordings, annotations, params(seed=3))
    assert dataset.provenance is not None
    assert (dataset.provenance.operation, dataset.provenance.seed) == ("prepare", 3)
    assert np.isfinite(dataset.train.onsets).all()


def test_people_to_use(silence, rows):
    marked = [rows("a.wav", (i, i + 0.5, "x"), annotator=who)[0] for i, who in enumerate(["ann", "bob", ""] * 4)]
    annotations = Annotations(marked).with_coverage("rows")
    train = prepare(silence(a=12), annotations, params(annotators=("ann",), splitter=Hash(validation=0))).train
    assert set(train.to_pandas()["annotator"]) == {"ann", ""}
    assert [1.0, 1.5] not in train.coverage.intervals("a.wav", 12).tolist(), "what bob marked is unknown"


def test_a_detector_covers_its_own_rows_where_they_are_used(silence, rows):
    people = Annotations(rows("a.wav", (1, 2, "x"), (3, 4, "y"))).with_coverage("rows")
    detector = Annotations(rows("a.wav", (5, 6, "neither"), (7, 8, "time"), kind="detected"))
    both = people.concat(detector).with_coverage(people.coverage)  # as a folder of both is read
    used = params(
        kinds=("annotated", "detected"), relabel={"neither": "y"}, labels=("x", "y"), splitter=Blocks(validation=0)
    )
    covered = prepare(silence(a=9), both, used).train.coverage
    assert covered.intervals("a.wav", 9).tolist() == [[1, 2], [3, 4], [5, 6]]
    alone = prepare(silence(a=9), both, params(splitter=Blocks(validation=0))).train.coverage
    assert alone.intervals("a.wav", 9).tolist() == [[1, 2], [3, 4]]


def test_seconds_of_background_are_told(silence, rows):
    annotations = Annotations(rows("a.wav", *((float(i), i + 0.5, "x") for i in range(40))), coverage=Coverage())
    dataset = prepare(silence(a=40), annotations, params(splitter=Blocks(validation=0)))
    assert dataset.background("train") == 20
    assert str(dataset).endswith("background, what is covered but not annotated: train 20 s")
    assert "background" not in str(dataset).splitlines()[3]


def test_what_two_people_annotated_alike_counts_once(silence, rows, told):
    spans = [(1, 2, "x"), (3, 4, "y")]
    both = Annotations([*rows("a.wav", *spans, annotator="ann"), *rows("a.wav", *spans, annotator="bob")])
    chosen = params(splitter=Hash(validation=0))
    assert len(prepare(silence(a=9), both.with_coverage("rows"), chosen, monitor=told).train) == 2
    assert told.warnings == [
        "1 recordings are annotated by several people; their sounds are united; choose with --annotators"
    ]


def test_coverage_that_the_hash_drops_is_told(silence, rows, told):
    whole = Annotations(rows("a.wav", (1, 2, "x"), (3, 4, "y")))
    prepare(silence(a=9), whole, params(splitter=Hash(validation=0)), monitor=told)
    assert [warning for warning in told.warnings if "'hash' keeps the annotated sounds alone" in warning]


def test_one_song_type_against_the_rest(silence, rows):
    spans = [(float(i), i + 0.5, "xyz"[i % 3]) for i in range(60)]
    chosen = params(only=("y",), splitter=Blocks(validation=20, block=5))
    dataset = prepare(silence(a=60), Annotations(rows("a.wav", *spans)), chosen)
    assert list(dataset.labels) == [BACKGROUND, "y"]
    assert set(dataset.train.to_pandas()["label"]) == {"y"}
    whole = prepare(silence(a=60), Annotations(rows("a.wav", *spans)), params(splitter=Blocks(validation=20, block=5)))
    only = whole.only(["y"])
    assert list(only.labels) == [BACKGROUND, "y"]
    assert only.background("train") > whole.background("train")
    assert only.train.coverage == whole.train.coverage
    with pytest.raises(InputError, match="unknown label; found 'w'"):
        whole.only(["w"])
    # sparse annotations: what was another label is known not to be this one
    sparse = Annotations(rows("a.wav", *spans)).with_coverage("rows")
    dataset = prepare(silence(a=60), sparse, params(only=("y",), splitter=Blocks(validation=0)))
    assert dataset.background("train") == pytest.approx(20)


def test_boundaries_become_events(silence, rows):
    spans = [(float(i), i + 0.5, "x") for i in range(20)]
    annotations = Annotations([*rows("a.wav", *spans), *rows("a.wav", (19.75, 30, "x"), (3.2, 3.2, "y"))])
    dataset = prepare(silence(a=20), annotations, params(boundaries=True, splitter=Blocks(validation=0)))
    assert list(dataset.labels) == [BACKGROUND, "x", "y", "onset", "offset"]
    train = dataset.train.to_pandas()
    assert sorted(train.loc[train["label"] == "onset", "onset"]) == [*map(float, range(20)), 19.75]
    assert sorted(train.loc[train["label"] == "offset", "onset"]) == [i + 0.5 for i in range(20)]
    assert set(dataset.events()) == {"y", "onset", "offset"}
    sparse = prepare(
        silence(a=20), annotations.with_coverage("rows"), params(boundaries=True, splitter=Blocks(validation=0))
    )
    assert (sparse.train.to_pandas()["label"] == "offset").sum() == 20
    with pytest.raises(InputError, match=r"a label is called like a boundary; found 'onset'. Rename it: --relabel"):
        prepare(silence(a=20), annotations.relabel({"y": "onset"}), params(boundaries=True))


def test_what_a_part_lacks_is_told(silence, rows, told):
    annotations = Annotations([*rows("a.wav", (1, 2, "x"), (3, 4, "y"))])
    prepare(silence(a=9), annotations, params(splitter=Files(validation=20, test=20)), monitor=told)
    assert [text.partition(":")[0] for text in told.warnings] == [
        "there is too little for a part 'validation'", "there is too little for a part 'test'",
    ]  # fmt: skip
    told.warnings.clear()
    table = [*rows("a.wav", (1, 2, "x"), (3, 4, "y")), *rows("b.wav", (1, 2, "x"))]
    prepare(silence(a=9, b=9), Annotations(table), params(splitter=Files(test_recordings=("b.wav",), validation=0)),
            monitor=told)  # fmt: skip
    assert told.warnings == ["label 'y' has no test annotation: how well it is found cannot be said"]


def test_recordings_that_do_not_go_together(silence, rows, told):
    recordings = Recordings(
        [
            Recording.from_sound(np.zeros((n, round(9 * rate))), rate, name=name)
            for name, n, rate in (("a.wav", 1, 100.0), ("b.wav", 2, 100.0), ("c.wav", 1, 200.0))
        ]
    )
    spans = ((1, 2, "x"), (3, 4, "x"))
    with pytest.raises(InputError, match=r"differ in their number of channels; found '1 in a.wav, 2 in b.wav'"):
        prepare(recordings, Annotations([*rows("a.wav", *spans), *rows("b.wav", *spans)]), params())
    annotations = Annotations([*rows("a.wav", *spans), *rows("c.wav", *spans)])
    prepare(recordings, annotations, params(splitter=Files(validation=0)), monitor=told)
    assert "the recordings differ in sample rate (100, 200 Hz): train with --sample-rate 200" in told.warnings


def test_seconds_of_each_label_are_printed(silence, rows):
    annotations = Annotations(rows("a.wav", *((float(i), i + 0.5, "x") for i in range(40)), (3.7, 3.7, "tick")))
    lines = str(prepare(silence(a=40), annotations, params(splitter=Blocks(validation=0)))).splitlines()
    assert [line.split() for line in lines[1:5]] == [["train"], ["n", "s"], ["tick", "1", "0.0"], ["x", "40", "20.0"]]
    assert len({len(line) for line in lines[1:5]}) == 1


def test_a_label_that_is_meant_in_two_ways_is_told(silence, rows, told):
    annotations = Annotations([*rows("a.wav", (1, 1, "x"), (3, 4, "y")), *rows("b.wav", (1, 2, "x"), (4, 5, "y"))])
    prepare(silence(a=9, b=9), annotations, params(splitter=Hash(validation=0)), monitor=told)
    assert (
        "label 'x' is an event in a.wav and a segment in b.wav: if these are two things, give them two labels"
    ) in told.warnings
    assert not any("label 'y' is" in text for text in told.warnings)
