"""NumPy docstrings in pieces."""

from __future__ import annotations

from oscine.core.docstrings import read

TEXT = """Apply a model
    to recordings.

    Every sample has a frame.

    - A list stays
      what it is.

    Parameters
    ----------
    model
        A trained
        model.
    low, high : float
        Bounds.
    bare

    Returns
    -------
    scores
        Not a parameter.
    """


def test_takes_a_docstring_apart():
    text = read(TEXT)
    assert text.summary == "Apply a model to recordings."
    assert text.prose == "Every sample has a frame.\n\n- A list stays\n  what it is."
    assert text.parameters == {"model": "A trained model.", "low": "Bounds.", "high": "Bounds.", "bare": ""}


def test_missing_pieces_are_empty():
    assert read(None) == ("", "", {})
    assert read("Only this.") == ("Only this.", "", {})
    assert read("Only this.\n\nReturns\n-------\nnothing\n    At all.\n") == ("Only this.", "", {})
