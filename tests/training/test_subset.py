from __future__ import annotations

import numpy as np
import pytest

from oscine.annotations.annotations import Annotations
from oscine.core.errors import InputError
from oscine.recordings.recording import Recording
from oscine.training.subset import choose_subset
from oscine.training.traits import covered_seconds, is_dense

RECORDINGS = {name: Recording.from_sound(np.zeros((1, 30000)), 1000.0, name=name) for name in ("a", "b", "c")}


def dense():
    rows = [
        {"recording": name, "onset": float(t), "offset": t + 0.5, "label": "song"} for name in "abc" for t in range(30)
    ]
    rows.append({"recording": "b", "onset": 25.6, "offset": 25.7, "label": "rare"})
    return Annotations(rows)


def sparse(n=100):
    rows = [
        {"recording": "a", "onset": i / 4, "offset": i / 4, "label": "rare" if i == 50 else "pulse"} for i in range(n)
    ]
    return Annotations(rows).with_coverage("rows")


def test_dense_and_sparse_are_told_apart():
    assert is_dense(dense(), RECORDINGS)
    assert not is_dense(sparse(), RECORDINGS)
    assert not is_dense(dense().with_coverage("rows"), RECORDINGS)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("seconds", [9.0, 45.0, 77.7])
def test_so_many_seconds_with_every_label(seed, seconds):
    subset = choose_subset(dense(), RECORDINGS, seconds=seconds, seed=seed)
    assert covered_seconds(subset, RECORDINGS) == pytest.approx(seconds)
    assert set(subset.to_pandas()["label"]) >= {"rare" if seconds > 20 else "song"}
    for _, row in subset.to_pandas().iterrows():  # nothing that lies outside what is covered
        spans = subset.coverage.intervals(row["recording"], 30)
        assert ((spans[:, 0] <= row["offset"]) & (spans[:, 1] > row["onset"])).any()


def test_a_fraction_is_of_seconds_or_of_single_sounds():
    assert covered_seconds(choose_subset(dense(), RECORDINGS, fraction=0.5), RECORDINGS) == pytest.approx(45)
    subset = choose_subset(sparse(), RECORDINGS, fraction=0.2)
    assert len(subset) == 20
    assert set(subset.to_pandas()["label"]) == {"pulse", "rare"}
    assert covered_seconds(subset, RECORDINGS) == 0


def test_the_seed_chooses():
    one, same, other = (choose_subset(sparse(), RECORDINGS, fraction=0.2, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert choose_subset(dense(), RECORDINGS) is not None


def test_all_of_it_by_default():
    part = dense()
    assert choose_subset(part, RECORDINGS) is part


def test_what_cannot_be():
    with pytest.raises(InputError, match=r"not as much sound.*found '91 s'; allowed: up to 90 s. Lower --seconds"):
        choose_subset(dense(), RECORDINGS, seconds=91)
    with pytest.raises(InputError, match=r"single annotated sounds.*--fraction"):
        choose_subset(sparse(), RECORDINGS, seconds=3)
