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

Where reading needs more than reading (sorting a table, hearing what is behind a number), a *part* brings a template of
its own, a script and data: `templates/<name>.html`, `<name>.js` and `<name>.css` in this folder. Scripts stand in the
page; its policy names each by its digest, so that no other can run. Without scripts the page still says everything.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
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
    contents
        Whether the sections are listed at the head, each a link.

    Examples
    --------
    >>> report = Report("Song").add_text("Nothing was <found>.")
    >>> "Nothing was &lt;found&gt;." in report.to_html()
    True
    """

    def __init__(self, title: str, subtitle: str = "", *, language: str = "en", contents: bool = False) -> None:
        self.title, self.subtitle, self.language, self.contents = title, subtitle, language, contents
        self._blocks: list[_Block] = []
        self._scripts: dict[str, None] = {}  # names, in order
        self._styles: dict[str, None] = {}
        self._n_figures = 0

    def _add(self, kind: str, **content: Any) -> Report:
        self._blocks.append(_Block(kind, content))
        return self

    def add_section(self, title: str, text: str = "") -> Report:
        """Begin a section, with a heading and an introduction."""
        self._add("section", title=title, anchor=f"section-{sum(it.kind == 'section' for it in self._blocks) + 1}")
        return self.add_text(text) if text else self

    def add_text(self, text: str) -> Report:
        """Add paragraphs, separated by empty lines; `words between backticks` are set as code."""
        return self._add("text", paragraphs=[_prose(part) for part in re.split(r"\n\s*\n", text.strip())])

    def add_facts(self, facts: Mapping[str, object], notes: Mapping[str, str] | None = None) -> Report:
        """Add a row of headline numbers: what each is called, its value, and perhaps a small note such as limits."""
        return self._add(
            "facts", facts=[(name, _shown(value), (notes or {}).get(name)) for name, value in facts.items()]
        )

    def add_part(
        self, name: str, data: object = None, *, label: str = "", uses: Sequence[str] = (), **content: Any
    ) -> Report:
        """Add something with a template, a style and a script of its own.

        Parameters
        ----------
        name
            Of the files in `templates`: `<name>.html`, and where there are such `<name>.css` and `<name>.js`.
        data
            Plain values for the script, which finds them as JSON in the part's element `script[data-of=<name>]`.
        label
            What the part is called for those who cannot see it.
        uses
            Scripts that its own one builds on, which come first.
        content
            What the template shows.
        """
        for script in (*uses, name):
            if _resource(f"{script}.js"):
                self._scripts[script] = None
        if _resource(f"{name}.css"):
            self._styles[name] = None
        number = sum(block.kind == "part" for block in self._blocks) + 1
        json_text = None if data is None else Markup(json_for_page(data))  # noqa: S704 - escaped there
        shown = {"part": f"{name}.html", "name": name, "label": label, "data": json_text, "id": f"{name}-{number}"}
        return self._add("part", **shown, **content)

    def add_table(
        self,
        table: Any,
        caption: str = "",
        *,
        columns: Sequence[str] | Mapping[str, str] | None = None,
        rates: Iterable[str] = (),
        colours: Mapping[str, str] | None = None,
        sortable: bool = False,
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
        sortable
            Whether a click on a heading sorts the rows by it.
        """
        if sortable:
            self._scripts["table"] = None
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
                    "value": _sorting(row.get(name)) if sortable else None,
                    "share": _share(row.get(name)) if name in barred else None,
                    "colour": (colours or {}).get(str(row.get(name))) if name == names[0] else None,
                }
                for name in names
            ]
            for row in rows
        ]
        header = [{"text": headings.get(name, name), "numeric": name in numeric} for name in names]
        return self._add("table", caption=_prose(caption), header=header, body=body, sortable=sortable)

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

        scripts = {name: _resource(f"{name}.js") for name in self._scripts}
        return (
            _environment()
            .get_template("report.html")
            .render(
                title=self.title,
                subtitle=_prose(self.subtitle),
                language=self.language,
                contents=self.contents,
                blocks=self._blocks,
                scripts=[Markup(text) for text in scripts.values()],  # noqa: S704 - ours
                styles=[Markup(_resource(f"{name}.css")) for name in self._styles],  # noqa: S704 - ours
                policy=_policy(scripts.values()),
                version=__version__,
                created=datetime.now().astimezone(),
            )
        )

    def save(self, path: str | Path) -> Path:
        """Write the page, atomically."""
        return write_text(path, self.to_html())


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("oscine.figures", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _resource(name: str) -> str:
    """Text of a file beside the templates; empty where there is none."""
    file = files("oscine.figures") / "templates" / name
    return file.read_text("utf-8").strip() if file.is_file() else ""


def _policy(scripts: Iterable[str]) -> str:
    """What the page may do: nothing from elsewhere, and no script but its own, known by their digests."""
    digests = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for text in scripts]
    allowed = "; script-src " + " ".join(f"'sha256-{digest}'" for digest in digests) if digests else ""
    return f"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'{allowed}"


def json_for_page(data: object) -> str:
    """Plain values as JSON that may stand within a script element: nothing in it can end the element.

    Examples
    --------
    >>> "</script>" in json_for_page(["</script>"]), json_for_page({"a": [float("nan"), 0.123456789]})
    (False, '{"a":[null,0.123457]}')
    """
    text = json.dumps(_plain(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _plain(value: Any) -> Any:
    """Values that JSON knows; numbers to six digits, `None` for what is none."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


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


def _sorting(value: Any) -> float | None:
    """A number by which a row is sorted, `None` where there is none."""
    return value if _is_number(value) and not math.isnan(value) else None


def _share(value: Any) -> float | None:
    """A rate as whole percent for the bar, `None` where there is none."""
    if not _is_number(value) or math.isnan(value):
        return None
    return round(100 * min(max(float(value), 0.0), 1.0), 1)
