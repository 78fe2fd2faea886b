"""A training in a process of its own, which says how it goes.

The process is started anew (`python -m oscine.training.worker`), because torch's threads do not survive a fork, and
with pipes rather than `multiprocessing`, which would run a user's script again that has no ``if __name__ ==
"__main__"``. It is given its job as a line of JSON, and tells of progress, messages, warnings and validations in such
lines; where it is asked to, it waits after each validation to be told whether to go on. It ends with the process that
started it, however that ends.

    search or many ── job ──> worker ── "validated" ──> ── true / false ──> worker ── "outcome" ──>

`train` in several processes computes what it would in one: see `oscine.training.loop`.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from oscine.core.errors import Cancelled, InputError, OscineError
from oscine.core.monitor import Task
from oscine.training.params import TrainParams
from oscine.training.trials import Asked, Outcome, Watcher, run_here

_OFTEN = 0.2
"""Seconds between two words about progress."""
_PATIENCE = 60.0
"""Seconds that a worker has to save its state when it is stopped."""
_TAIL = 400
"""Characters of what a process that died has said that are shown."""

Message = dict[str, Any]


class Worker:
    """One training in a process of its own.

    Parameters
    ----------
    inbox
        Where its messages go, each with the worker: mappings with "kind" (progress, message, warning, validated,
        outcome). The last is always an outcome, also where the process died.
    dataset
        Folder of the dataset.
    params, out
        Of the training.
    n_threads
        That it may use.
    replicate
        Train this replicate alone, in a run that is there; by default all of a run.
    asks
        Whether it waits after each validation for `answer`.
    aside
        See `run_here`.
    environment
        Variables to set, such as the device that it may see.
    """

    def __init__(
        self,
        inbox: queue.SimpleQueue[tuple[Worker, Message]],
        dataset: Path,
        params: TrainParams,
        out: Path,
        n_threads: int,
        *,
        replicate: int | None = None,
        asks: bool = False,
        aside: bool = False,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - until `join`
        threads = {"OMP_NUM_THREADS": str(n_threads)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "oscine.training.worker"],
            env={**os.environ, **threads, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
        )
        self._inbox = inbox
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._say(
            {
                "dataset": str(dataset),
                "params": params.to_dict(),
                "out": str(out),
                "threads": n_threads,
                "replicate": replicate,
                "asks": asks,
                "aside": aside,
            }
        )

    def answer(self, go_on: bool) -> None:
        """Say whether to go on after a validation."""
        self._say(go_on)

    def stop(self) -> None:
        """Ask it to save its state and end; it goes on until `join`."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def join(self) -> None:
        """Wait until it has ended, but not for ever."""
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()

    def _say(self, value: Any) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):  # it died, which its outcome tells
            self.process.stdin.write(json.dumps(value) + "\n")
            self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout is not None
        told = False
        for line in self.process.stdout:
            if (message := _message(line)) is not None:
                told = message["kind"] == "outcome"
                self._inbox.put((self, message))
        if not told:
            code = self.process.wait()
            self._inbox.put((self, {"kind": "outcome", **asdict(Outcome("failed", {}, self._cause(code), 0.0))}))

    def _cause(self, code: int) -> str:
        """Why it died, as far as can be known."""
        self._errors.seek(0)
        said = " ".join(self._errors.read().split())[-_TAIL:]
        if hasattr(signal, "SIGKILL") and code == -signal.SIGKILL:
            return "its process was killed; was memory short?"
        return f"its process ended (exit code {code})" + (f": {said}" if said else "")


def _message(line: str) -> Message | None:
    """What a line tells; none where it is something else that was printed before the process was ready.

    Examples
    --------
    >>> _message('{"kind": "message", "text": "hello"}'), _message("Welcome to Python!"), _message("7")
    ({'kind': 'message', 'text': 'hello'}, None, None)
    """
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "kind" in value else None


class Workers:
    """Those that run; all have ended when the block is left, however it is left.

    >>> with Workers() as workers:
    ...     list(workers.messages(0.01))
    []
    """

    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[tuple[Worker, Message]] = queue.SimpleQueue()
        self._running: list[Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._running:
            worker.stop()
        for worker in self._running:
            worker.join()
        self._running.clear()

    def start(self, *arguments: Any, **options: Any) -> Worker:
        """Start one; its arguments are those of `Worker` without the inbox."""
        worker = Worker(self._inbox, *arguments, **options)
        self._running.append(worker)
        return worker

    def messages(self, patience: float = _OFTEN) -> Iterator[tuple[Worker, Message]]:
        """What they have told since, after a short wait; whoever told its outcome has ended."""
        with contextlib.suppress(queue.Empty):
            pair = self._inbox.get(timeout=patience)
            while True:
                worker, message = pair
                if message["kind"] == "outcome":
                    worker.join()
                    self._running.remove(worker)
                yield pair
                pair = self._inbox.get_nowait()


def outcome_of(message: Message) -> Outcome:
    """The outcome that a message tells."""
    return Outcome(message["state"], message["best"], message["reason"], message["seconds"])


# -- in the process --------------------------------------------------------------------------------------------------


class _Teller(Watcher):
    """Tells the process that waits for it what the training says."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked)
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # whatever else prints is for the log
        self._last = 0.0

    def say(self, kind: str, **values: Any) -> None:
        """Write a line."""
        try:
            self._out.write(json.dumps({"kind": kind, **values}) + "\n")
            self._out.flush()
        except OSError:  # nobody listens any more
            self.cancel()

    def message(self, text: str) -> None:
        self.say("message", text=text)

    def warning(self, text: str) -> None:
        self.say("warning", text=text)

    def opened(self, task: Task) -> None:
        self._last = 0.0
        self.updated(task)

    def updated(self, task: Task) -> None:
        if task.unit == "steps" and (time.monotonic() - self._last > _OFTEN or task.done == task.total):
            self._last = time.monotonic()
            self.say("progress", title=task.title, done=task.done, total=task.total, peak=_peak())

    def closed(self, task: Task) -> None:
        self._last = 0.0


def _peak() -> int:
    """Most memory that this process has held, in bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


class _Answers(threading.Thread):
    """Reads what the other process says, and ends this one where that is gone."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self) -> None:
        rest = b""
        while block := os.read(0, 1 << 16):  # not sys.stdin, which an ending process would wait for
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self.lines.put(line.decode("utf-8"))
        os._exit(1)  # what is on disk is whole, always: see `oscine.core.artifacts`

    def next(self) -> Any:
        """The next line, when it comes."""
        return json.loads(self.lines.get())


def main() -> None:
    """What the process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that the user started
    answers = _Answers()
    answers.start()
    job = answers.next()

    def asked(step: int, values: dict[str, float]) -> bool:
        if not job["asks"]:
            return True
        teller.say("validated", step=step, values=values)
        return bool(answers.next())

    teller = _Teller(asked)
    try:
        outcome = _train(job, teller)
    except Cancelled:
        os._exit(1)
    except OscineError as error:
        outcome = Outcome("failed", {}, str(error), 0.0)
    teller.say("outcome", **asdict(outcome))
    sys.stderr.flush()
    os._exit(0)


def _train(job: Message, teller: _Teller) -> Outcome:
    import torch

    from oscine.datasets.dataset import Dataset

    torch.set_num_threads(job["threads"])
    dataset, params, out = Dataset.load(job["dataset"]), TrainParams.parse(job["params"]), Path(job["out"])
    if job["replicate"] is None:
        return run_here(dataset, params, out, teller, aside=job["aside"])
    from oscine.training.train import train_replicate

    began = time.monotonic()
    try:
        best = train_replicate(job["replicate"], out, dataset, params, teller)
    except InputError as error:
        return Outcome("failed", {}, str(error), 0.0)
    return Outcome("done", best, "", round(time.monotonic() - began, 3))


if __name__ == "__main__":
    main()
