"""One writer at a time, and no stale lock after a kill."""

from __future__ import annotations

import subprocess
import sys

import pytest

from oscine.core.errors import InputError
from oscine.core.lock import exclusive

HOLD = """
import sys, time
from pathlib import Path
from oscine.core.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_held_by_another_program_until_it_is_killed(tmp_path):
    path = tmp_path / "deep" / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another program is editing"), exclusive(path, patience=0.05):
            pass
        other.kill()
    with exclusive(path, patience=0.05):
        pass
    with exclusive(path, patience=0.05):
        pass
