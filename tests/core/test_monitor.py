"""What a running operation says, and how it is stopped."""

from __future__ import annotations

import threading

import pytest

from oscine.core.errors import Cancelled
from oscine.core.monitor import SILENT, Monitor


class Listening(Monitor):
    """Writes everything down."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def opened(self, task):
        self.heard.append(("opened", task.title, task.total, task.unit))

    def updated(self, task):
        self.heard.append(("updated", task.done, task.note))

    def closed(self, task):
        self.heard.append(("closed", task.title))


def test_a_task_is_opened_updated_and_closed():
    monitor = Listening()
    with monitor.task("Reading", 3, "s") as task:
        task.advance(2, "a.wav")
        task.advance()
    assert monitor.heard == [
        ("opened", "Reading", 3, "s"),
        ("updated", 2.0, "a.wav"),
        ("updated", 3.0, "a.wav"),
        ("closed", "Reading"),
    ]


def test_a_task_that_fails_is_closed_too():
    monitor = Listening()
    with pytest.raises(ZeroDivisionError), monitor.task("Dividing"):
        raise ZeroDivisionError
    assert monitor.heard[-1] == ("closed", "Dividing")


def test_cancelling_from_another_thread_stops_at_the_next_step():
    monitor = Listening()
    steps = []

    def work():
        with monitor.task("Working", 10) as task:
            for step in range(10):
                if step == 3:
                    thread = threading.Thread(target=monitor.cancel)
                    thread.start()
                    thread.join()
                task.advance()
                steps.append(step)

    with pytest.raises(Cancelled, match="stopped on request"):
        work()
    assert steps == [0, 1, 2]
    with pytest.raises(Cancelled):
        monitor.check()


def test_the_default_says_nothing_and_goes_on(capsys):
    SILENT.check()
    with SILENT.task("Working") as task:
        task.advance()
    SILENT.message("text")
    SILENT.warning("text")
    SILENT.metric(1, loss=0.5)
    assert capsys.readouterr() == ("", "")
