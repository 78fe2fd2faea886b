from __future__ import annotations

import pytest

from oscine.annotations.labels import LabelSet
from oscine.core.errors import InputError


def test_order_is_kept():
    labels = LabelSet(["sine", "pulse"])
    assert list(labels) == ["sine", "pulse"]
    assert labels.index("pulse") == 1
    assert "pulse" in labels
    assert labels[0:1] == ("sine",)
    assert labels != LabelSet(["pulse", "sine"])


def test_unknown_label_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'pulse'"):
        LabelSet(["pulse", "sine"]).index("puls")


@pytest.mark.parametrize("labels", [["a", "a"], ["", "a"]])
def test_what_is_no_label_set_is_refused(labels):
    with pytest.raises(InputError):
        LabelSet(labels)


def test_categories_belong_to_labels():
    assert LabelSet(["a", "b"], {"a": "event"}).category("b") is None
    with pytest.raises(InputError):
        LabelSet(["a"], {"b": "event"})
    with pytest.raises(InputError):
        LabelSet(["a"], {"a": "noise"})
