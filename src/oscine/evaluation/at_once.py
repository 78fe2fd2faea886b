"""Many checkpoints judged at once, each in a process of its own, where that pays.

A network at work on one recording hardly keeps two cores busy, and half of the time goes into decoding and counting,
which is Python. So the cores are better used by several checkpoints than by one. But a process takes seconds to begin,
and on a GPU they would only wait for each other: whether it pays is said by how long the first one took.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from oscine.core.cores import available_cores
from oscine.core.memory import available_memory
from oscine.core.monitor import Monitor

_PAYS = 30.0
"""Seconds of work for one process above which several are begun."""

_TYPICAL = 2**30
"""Bytes that a process is expected to hold."""


def n_at_once(n_jobs: int, seconds: float, given: int | None, device: str) -> int:
    """How many processes to use for so many jobs.

    Parameters
    ----------
    n_jobs
        That are left.
    seconds
        What one of them took.
    given
        What the user said, if anything.
    device
        Where is computed: "cpu", "auto", …

    Examples
    --------
    >>> n_at_once(10, 0.5, None, "cpu"), n_at_once(10, 0.5, 3, "cpu"), n_at_once(2, 0.5, 3, "cpu")
    (1, 3, 2)
    """
    if given is not None:
        return max(1, min(given, n_jobs))
    if n_jobs < 2 or n_jobs * seconds < _PAYS or device not in {"cpu", "auto"}:
        return 1
    import torch

    if device == "auto" and (torch.cuda.is_available() or torch.backends.mps.is_available()):
        return 1
    return max(1, int(min(n_jobs, available_cores(), available_memory() // _TYPICAL)))


def run_jobs(function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], n: int, monitor: Monitor) -> None:
    """Call a function with the arguments of every job, `n` at a time, each in a process that shares the cores evenly.

    Parameters
    ----------
    function
        Of a module, so that another process finds it.
    jobs
        Arguments, which are sent to the processes.
    n
        Processes.
    monitor
        Is told how many are done, and may stop them.

    Raises
    ------
    Cancelled
        Where the user asked to stop; what was done is done.
    InputError
        What the function raises.
    """
    from joblib import Parallel, delayed, parallel_config

    threads = max(1, available_cores() // n)
    with (
        monitor.task(f"Judging {len(jobs)} checkpoints, {n} at once", total=len(jobs), unit="checkpoints") as task,
        parallel_config(backend="loky", inner_max_num_threads=threads),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "[0-9]+ tasks ", UserWarning)  # stopped on purpose
        results = Parallel(n_jobs=n, return_as="generator_unordered")(delayed(function)(*job) for job in jobs)
        with closing(results) as done:
            for _ in done:
                task.advance()
