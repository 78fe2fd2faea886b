"""What a running operation says, and how it is asked to stop.

An operation never prints. It opens a `task` for anything that may last over two seconds, and tells messages,
warnings and metrics to its monitor; the command line draws them, a job writes them down, the page streams them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from oscine.core.errors import Cancelled


class Task:
    """A stretch of work with a known or unknown total."""

    def __init__(self, monitor: Monitor, title: str, total: float | None, unit: str) -> None:
        self.monitor, self.title, self.total, self.unit = monitor, title, total, unit
        self.done = 0.0
        self.note = ""

    def advance(self, amount: float = 1.0, note: str | None = None) -> None:
        """Say that `amount` more is done; raises `Cancelled` where the user has asked to stop."""
        self.done += amount
        if note is not None:
            self.note = note
        self.monitor.updated(self)
        self.monitor.check()


class Monitor:
    """Silent by default; drivers (terminal, job, page) override the four hooks below."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @contextmanager
    def task(self, title: str, total: float | None = None, unit: str = "") -> Iterator[Task]:
        """Open a task, of `total` `unit`s (for example 200 s of sound)."""
        task = Task(self, title, total, unit)
        self.opened(task)
        try:
            yield task
        finally:
            self.closed(task)

    def opened(self, task: Task) -> None:
        """A task began."""

    def updated(self, task: Task) -> None:
        """A task went on."""

    def closed(self, task: Task) -> None:
        """A task ended, by finishing or by failing."""

    def message(self, text: str) -> None:
        """Something worth knowing."""

    def warning(self, text: str) -> None:
        """Something that may be wrong, with its cure."""

    def metric(self, step: int, **values: float) -> None:
        """Measured values at a step of a training."""

    def cancel(self) -> None:
        """Ask the operation to stop at its next `check` (from any thread or signal handler)."""
        self._stop.set()

    def check(self) -> None:
        """Raise `Cancelled` where somebody asked to stop."""
        if self._stop.is_set():
            raise Cancelled


SILENT = Monitor()
"""Says nothing, never stops: the default of every operation called from Python."""
