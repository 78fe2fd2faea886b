"""Lists of layers in SongExplorer's syntax."""

from __future__ import annotations

import pytest

from oscine.networks.layer_list import listed_layers


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("", set()),
        ("1,2", {1, 2}),
        ("2-4", {2, 3, 4}),
        (">=3", {3, 4, 5}),
        (">3", {4, 5}),
        ("<3", {1, 2}),
        ("<=3", {1, 2, 3}),
        (" 1 , >= 5 ", {1, 5}),
        ("7,9-12", set()),
    ],
)
def test_lists(text, layers):
    assert listed_layers(text, 5) == layers


@pytest.mark.parametrize("text", ["a", "1;2", "4-2", ">=2-3", "=3", "-1", "1-", ">"])
def test_others_are_refused(text):
    with pytest.raises(ValueError, match="not a list of layers"):
        listed_layers(text, 5)
