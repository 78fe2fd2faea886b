"""Text, tables, figures and sound in one HTML file that needs nothing else.

    report = Report("Song of recording 7", subtitle="Trained on 33 annotations")
    report.add_section("Result", "Nine pulses of ten were found.")
    report.add_facts({"F1 of pulses": "0.93"})
    report.add_table(table, rates=["precision", "recall", "F1"])
    report.add_figure(figure, "Where the model is wrong.", alt="Confusion matrix of three labels")
    report.add_audio(sound, 2500.0, "The first ten seconds.")
    report.save("report.html")

The page asks for nothing from any network (its own security policy forbids it), follows the reader's choice of light
or dark, prints, and can be read aloud: figures carry a description, tables have headers. All text is escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from oscine.core.artifacts import write_text
from oscine.figures.embedding import png, svg, wav

_MOST_SVG = 900_000  # characters beyond which a figure is smaller, and scrolls better, as pixels


@dataclass(frozen=True)
class _Block:
    """One thing on the page: its kind (a macro of the template) and what that needs."""

    kind: str
    content: dict[str, Any] = field(default_factory=dict)


class Report:
    """A page that grows from above to below.

    Parameters
    ----------
    title, subtitle
        What stands at the head.
    language
        Language of the text, as a BCP 47 code.

    Examples
    --------
    >>> report = Report("Song").add_text("Nothing was <found>.")
    >>> "Nothing was &lt;found&gt;." in report.to_html()
    True
    """

    def __init__(self, title: str, subtitle: str = "", *, language: str = "en") -> None:
        self.title, self.subtitle, self.language = title, subtitle, language
        self._blocks: list[_Block] = []
        self._n_figures = 0

    def _add(self, kind: str, **content: Any) -> Report:
        self._blocks.append(_Block(kind, content))
        return self

    def add_section(self, title: str, text: str = "") -> Report:
        """Begin a section, with a heading and an introduction."""
        self._add("section", title=title)
        return self.add_text(text) if text else self

    def add_text(self, text: str) -> Report:
        """Add paragraphs, separated by empty lines; `words between backticks` are set as code."""
        return self._add("text", paragraphs=[_prose(part) for part in re.split(r"\n\s*\n", text.strip())])

    def add_facts(self, facts: Mapping[str, object]) -> Report:
        """Add a row of headline numbers: what each is called, and its value."""
        return self._add("facts", facts=[(name, _shown(value)) for name, value in facts.items()])

    def add_table(
        self,
        table: Any,
        caption: str = "",
        *,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        rates: Iterable[str] = (),
        colours: Mapping[str, str] | None = None,
    ) -> Report:
        """Add a table; its first column names the rows.

        Parameters
        ----------
        table
            A DataFrame, or mappings of column to value, one per row.
        caption
            What it shows.
        columns
            Which columns to show, perhaps with another heading for each; by default all of the first row.
        rates
            Columns (by their names in the table) whose values lie in [0, 1], drawn with a bar as well.
        colours
            Colour of each row's name, shown as a dot before it.
        """
        rows: list[Mapping[str, Any]] = table.to_dict("records") if hasattr(table, "to_dict") else list(table)
        names = list(columns if columns is not None else getattr(table, "columns", rows[0] if rows else ()))
        headings = columns if isinstance(columns, Mapping) else {}
        barred = set(rates)
        numeric = {name for name in names if any(_is_number(row.get(name)) for row in rows)}
        body = [
            [
                {
                    "text": _shown(row.get(name)),
                    "numeric": name in numeric,
                    "share": _share(row.get(name)) if name in barred else None,
                    "colour": (colours or {}).get(str(row.get(name))) if name == names[0] else None,
                }
                for name in names
            ]
            for row in rows
        ]
        header = [{"text": headings.get(name, name), "numeric": name in numeric} for name in names]
        return self._add("table", caption=_prose(caption), header=header, body=body)

    def add_figure(self, figure: Figure, caption: str, alt: str, *, beside: bool = False) -> Report:
        """Add a figure.

        Parameters
        ----------
        figure
            The figure, as it is now: later changes are not shown.
        caption
            What to see in it, below.
        alt
            What is in it, for those who cannot see it.
        beside
            Whether it stands beside the figure before it, where there is room.
        """
        if not alt.strip():
            raise ValueError("a figure needs a description (alt) for readers who cannot see it")
        self._n_figures += 1
        drawn = svg(figure, f"figure-{self._n_figures}")
        as_pixels = len(drawn) > _MOST_SVG
        picture = {
            "number": self._n_figures,
            "caption": _prose(caption),
            "alt": alt,
            "svg": None if as_pixels else Markup(drawn),  # noqa: S704 - written by matplotlib, which escapes its texts
            "png": png(figure) if as_pixels else None,
            "width": round(96 * figure.get_figwidth()),
        }
        if beside and self._blocks and self._blocks[-1].kind == "figures":
            self._blocks[-1].content["figures"].append(picture)
            return self
        return self._add("figures", figures=[picture])

    def add_audio(self, sound: ArrayLike, sample_rate: float, caption: str, *, speed: float = 1.0) -> Report:
        """Add a player for sound (sample,) or (channel, sample) at `sample_rate` Hz, `speed` times as fast."""
        return self._add("audio", source=wav(sound, sample_rate, speed=speed), caption=_prose(caption))

    def add_details(self, title: str, text: str) -> Report:
        """Add preformatted text (parameters, a command) that is folded away until asked for."""
        return self._add("details", title=title, text=text.strip("\n"))

    def to_html(self) -> str:
        """The page as text."""
        from oscine import __version__

        loader = PackageLoader("oscine.figures", "templates")
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        return environment.get_template("report.html").render(
            title=self.title,
            subtitle=_prose(self.subtitle),
            language=self.language,
            blocks=self._blocks,
            version=__version__,
            created=datetime.now().astimezone(),
        )

    def save(self, path: str | Path) -> Path:
        """Write the page, atomically."""
        return write_text(path, self.to_html())


def _prose(text: str) -> Markup:
    """Escaped text, with `code` between backticks."""
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if i % 2 else part for i, part in enumerate(text.split("`")))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _shown(value: object) -> str:
    """A value as a reader wants it: three decimals, thin spaces between thousands, a dash for nothing."""
    if value is None or (isinstance(value, (float, np.floating)) and math.isnan(value)):
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}".replace(",", "\u202f").replace("-", "−")
    if isinstance(value, (float, np.floating)):
        text = f"{value:.3f}" if abs(float(value)) < 100 else f"{value:,.1f}"
        return text.replace(",", "\u202f").replace("-", "−")
    return str(value)


def _share(value: Any) -> float | None:
    """A rate as whole percent for the bar, `None` where there is none."""
    if not _is_number(value) or math.isnan(value):
        return None
    return round(100 * min(max(float(value), 0.0), 1.0), 1)
