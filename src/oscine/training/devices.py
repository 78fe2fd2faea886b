"""One training on several devices: a process for each, which share every batch and agree on every step.

Each process prepares the training from the run's folder, takes every so-manieth window of each batch (as a function of
the step and its rank alone), and their gradients are averaged. The first one alone validates, writes and speaks: it
sends what it has to say as lines of JSON to the process that the user started, which passes them on to the monitor.

    train ── starts ──> process 0, 1, … (python -m oscine.training.devices RUN REPLICATE)
      ^                      │
      └── lines of JSON ─────┘ (0 alone)

Asked to stop, all of them stop after the same step, with the state saved. It makes models as good as one device does,
not the same ones: the loss weighs labels in each share of a batch, and units are dropped differently.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor, Task

_TAIL = 2000
"""Characters of what a failed process has said that are shown."""


def run_shared(out: Path, replicate: int, n_devices: int, monitor: Monitor) -> dict[str, Any]:
    """Train a replicate of a run's folder on several devices.

    Parameters
    ----------
    out
        The run's folder.
    replicate
        Its number.
    n_devices
        Processes.

    Returns
    -------
    dict
        What the first process has to say in the end: the best step, and what was measured there.

    Raises
    ------
    Cancelled
        Where the user asked to stop; the state is saved.
    InputError
        What a single device would have raised.
    """
    with _processes(out, replicate, n_devices) as (processes, logs), _forwarded(processes, monitor):
        result: dict[str, Any] = {}
        tasks = _Tasks(monitor)
        stream = processes[0].stdout
        assert stream is not None
        for line in stream:
            said = json.loads(line)
            if "result" in said:
                result = said["result"]
            elif "error" in said:
                raise InputError(**said["error"])
            elif "cancelled" in said:
                raise Cancelled
            else:
                tasks.tell(said)
        tasks.close()
        codes = [process.wait() for process in processes]
        if any(codes) or not result:
            logs.seek(0)
            raise RuntimeError(f"a process of the training ended with code {codes}: {logs.read()[-_TAIL:]}")
        return result


@contextmanager
def _processes(out: Path, replicate: int, n_devices: int) -> Iterator[tuple[list[subprocess.Popen[str]], Any]]:
    """The processes; all have ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(n_devices),
        "NODE_RANK": "0",
    }
    command = [sys.executable, "-m", "oscine.training.devices", str(out.resolve()), str(replicate)]
    processes = []
    with tempfile.TemporaryFile("w+") as logs:
        try:
            for rank in range(n_devices):
                environment = {**common, "LOCAL_RANK": str(rank)}
                speaks = subprocess.PIPE if rank == 0 else subprocess.DEVNULL
                process = subprocess.Popen(  # noqa: S603 - our own command
                    command, env=environment, stdout=speaks, stderr=logs, text=True, start_new_session=True
                )  # in a session of its own: Ctrl-C is for the process that the user started
                processes.append(process)
            yield processes, logs
        finally:
            for process in processes:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=10 if process is processes[0] else 2)
                if process.poll() is None:
                    process.kill()
                    process.wait()
                if process.stdout is not None:
                    process.stdout.close()


@contextmanager
def _forwarded(processes: list[subprocess.Popen[str]], monitor: Monitor) -> Iterator[None]:
    """Within it, what the monitor or the system asks of this process is asked of all."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            try:
                monitor.check()
            except Cancelled:
                stop()
                return

    def stop(*_: object) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

    main = threading.current_thread() is threading.main_thread()
    own = main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if own:
        signal.signal(signal.SIGTERM, stop)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        if own:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Tasks:
    """Passes on what the first process says."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.task: Task | None = None

    def tell(self, said: dict[str, Any]) -> None:
        if "message" in said:
            self.monitor.message(said["message"])
        elif "warning" in said:
            self.monitor.warning(said["warning"])
        elif "metric" in said:
            self.monitor.metric(said["metric"], **said["values"])
        elif "opened" in said:
            self.close()
            self.task = Task(self.monitor, said["opened"], said["total"], said["unit"])
            self.monitor.opened(self.task)
        elif self.task is not None and "done" in said:
            self.task.done, self.task.note = said["done"], said["note"]
            self.monitor.updated(self.task)

    def close(self) -> None:
        if self.task is not None:
            self.monitor.closed(self.task)
            self.task = None


class _Speaker(Monitor):
    """The monitor of the first process: lines of JSON on standard output."""

    def _say(self, **said: Any) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    def message(self, text: str) -> None:
        self._say(message=text)

    def warning(self, text: str) -> None:
        self._say(warning=text)

    def metric(self, step: int, **values: float) -> None:
        self._say(metric=step, values=values)

    def opened(self, task: Task) -> None:
        self._say(opened=task.title, total=task.total, unit=task.unit)

    def updated(self, task: Task) -> None:
        self._say(done=task.done, note=task.note)


def main(out: Path, replicate: int) -> int:
    """What each process does; the first one says how it ended."""
    from oscine.core.monitor import SILENT
    from oscine.datasets.dataset import Dataset
    from oscine.training.params import TrainParams
    from oscine.training.run import Run
    from oscine.training.task import prepare_task
    from oscine.training.train import fit_replicate

    first = os.environ["LOCAL_RANK"] == "0"
    speaker = _Speaker()
    try:
        run = Run.load(out)
        task = prepare_task(Dataset.load(out / "dataset"), TrainParams.parse(run.params), SILENT)
        result = fit_replicate(replicate, out, task, task.samplers(SILENT), speaker if first else SILENT)
        ending: dict[str, Any] = {"result": result}
    except InputError as error:
        names = ("problem", "path", "line", "found", "allowed", "cure")
        values = {name: getattr(error, name) for name in names}
        ending = {"error": {name: _plain(value) for name, value in values.items()}}
    except Cancelled:
        ending = {"cancelled": True}
    if first:
        speaker._say(**ending)
    return 0


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
