"""A monitor that draws on a terminal: progress with time left, messages, warnings; on standard error only."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Task as Bar
from rich.text import Text

from oscine.core.monitor import Monitor, Task


class TerminalMonitor(Monitor):
    """Progress bars for tasks, a line for each message.

    Parameters
    ----------
    quiet
        Say nothing but warnings.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__()
        self.quiet = quiet
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._bars: dict[int, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            _Amount(),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[note]}"),
            console=self.console,
            transient=True,
            redirect_stdout=False,  # results go to standard output, whatever standard error is
            disable=quiet or not sys.stderr.isatty(),
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def opened(self, task: Task) -> None:
        """Show a bar; where nobody watches, say once what begins."""
        self._bars[id(task)] = self._progress.add_task(task.title, total=task.total, unit=task.unit, note="")
        if self._progress.disable:
            self.message(f"{task.title} …")

    def updated(self, task: Task) -> None:
        """Move the bar."""
        self._progress.update(self._bars[id(task)], completed=task.done, total=task.total, note=task.note)

    def closed(self, task: Task) -> None:
        """Take the bar away."""
        self._progress.remove_task(self._bars.pop(id(task)))

    def message(self, text: str) -> None:
        """Print a message."""
        if not self.quiet:
            self.console.print(text, markup=False, emoji=False)

    def warning(self, text: str) -> None:
        """Print a warning, also where quiet."""
        self.console.print(Text("warning: ", style="yellow") + Text(text))


class _Amount(ProgressColumn):
    """How much is done, in the task's unit."""

    def render(self, task: Bar) -> Text:
        if task.total is None:
            return Text(f"{task.completed:g} {task.fields['unit']}", style="dim")
        return Text(f"{task.completed:,.0f} of {task.total:,.0f} {task.fields['unit']}", style="dim")
