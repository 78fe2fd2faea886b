"""Errors that a user can mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from oscine.core.errors import Cancelled, InputError, OscineError, nearest, unknown


def test_says_everything_in_one_line():
    error = InputError(
        "onset is\nnot a number", path=Path("a.csv"), line=3, found="x", allowed="seconds", cure="Mend it"
    )
    assert str(error) == "a.csv, line 3: onset is not a number; found 'x'; allowed: seconds. Mend it."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "wrong."),
        ({"line": 3}, "line 3: wrong."),
        ({"path": "a"}, "a: wrong."),
        ({"allowed": ["b", 1]}, "wrong; allowed: b, 1."),
        ({"allowed": 7}, "wrong; allowed: 7."),
        ({"found": 0}, "wrong; found 0."),
        ({"cure": "Did you mean 'b'?"}, "wrong. Did you mean 'b'?"),
        ({"cure": "Mend it."}, "wrong. Mend it."),
    ],
)
def test_parts_may_be_left_out(arguments, text):
    assert str(InputError("wrong", **arguments)) == text


def test_a_question_keeps_its_mark():
    assert str(InputError("which one?")) == "which one?"


def test_long_values_are_shortened():
    assert len(str(InputError("wrong", found="x" * 10_000))) < 120


def test_what_the_user_can_mend_has_one_base():
    assert issubclass(InputError, OscineError)
    assert issubclass(Cancelled, OscineError)
    assert issubclass(InputError, ValueError)


@pytest.mark.parametrize(
    ("word", "guess"), [("tweetynt", "tweetynet"), ("TWEETYNET", "tweetynet"), ("zzz", None), ("", None)]
)
def test_nearest(word, guess):
    assert nearest(word, ["das", "tweetynet"]) == guess


def test_unknown_lists_what_is_allowed_and_the_nearest():
    assert str(unknown("label", "puls", {"sine", "pulse"}, path="a.csv", line=2)) == (
        "a.csv, line 2: unknown label; found 'puls'; allowed: pulse, sine. Did you mean 'pulse'?"
    )
    assert str(unknown("label", "zzz", ["b", "a"])) == "unknown label; found 'zzz'; allowed: a, b."


@pytest.mark.parametrize(("word", "there"), [("none", "one"), ("zzz.wav", "1.wav"), ("sing", "king")])
def test_a_common_ending_is_no_reason_to_guess(word, there):
    assert nearest(word, [there]) is None


def test_the_guess_stands_before_a_long_list_and_behind_a_short_one():
    many = ["--seed", *(f"--option-{i}" for i in range(9))]
    assert str(unknown("option", "--sede", many)).startswith(
        "unknown option; found '--sede'. Did you mean '--seed'? Allowed: --option-0, "
    )
    assert str(unknown("option", "--sede", many)).endswith("--option-8, --seed.")
    assert str(unknown("option", "--sede", ["--seed"])).endswith("allowed: --seed. Did you mean '--seed'?")
