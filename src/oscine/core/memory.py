"""How much memory is left, in a container too."""

from __future__ import annotations

from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def available_memory() -> float:
    """Bytes that may still be taken without swapping; infinite where the system does not tell.

    Of Linux what `/proc/meminfo` calls available, or what a container's limit leaves, if that is less.

    Examples
    --------
    >>> available_memory() > 0
    True
    """
    found = [float("inf")]
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    except (OSError, ValueError, IndexError):
        pass  # another system
    try:
        limit, used = ((_CGROUP / name).read_text(encoding="ascii") for name in ("memory.max", "memory.current"))
        cached = [
            float(line.split()[1])
            for line in (_CGROUP / "memory.stat").read_text(encoding="ascii").splitlines()
            if line.startswith("inactive_file ")
        ]
        found.append(float(limit) - float(used) + sum(cached))
    except (OSError, ValueError):
        pass  # no container, or no limit ("max")
    return min(found)
