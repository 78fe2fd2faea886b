"""Which folders a search passes over."""

from __future__ import annotations

import pytest

from oscine.core.folders import CARDS, did_you_mean, is_passed_over


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


def test_what_is_not_there_may_have_a_namesake(tmp_path):
    (tmp_path / "val").mkdir()
    assert did_you_mean(tmp_path / "valid") == f"Did you mean '{tmp_path / 'val'}'?"
    assert did_you_mean(tmp_path / "zzzzz") is None
    assert did_you_mean(tmp_path / "absent" / "val") is None
