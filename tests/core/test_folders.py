"""Which folders a search passes over."""

from __future__ import annotations

import pytest

from oscine.core.folders import CARDS, is_passed_over


@pytest.mark.parametrize("card", CARDS)
def test_results_are_no_part_of_a_project(tmp_path, card):
    folder = tmp_path / "anything"
    folder.mkdir()
    assert not is_passed_over(folder)
    (folder / card).write_text("{}")
    assert is_passed_over(folder)


@pytest.mark.parametrize("name", [".oscine", "oldfiles-20260131T235959", "congruence-20260131T235959"])
def test_hidden_and_set_aside(tmp_path, name):
    assert is_passed_over(tmp_path / name)
