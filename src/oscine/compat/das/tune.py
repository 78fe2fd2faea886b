"""`oscine das tune`: a search for the best options."""

from __future__ import annotations

from pathlib import Path

from oscine.compat.das.options import TuneOptions
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor


def tune(options: TuneOptions, monitor: Monitor = SILENT) -> Path:
    """Search for the options with the lowest validation loss."""
    raise InputError("tuning is not there yet", found="oscine das tune", cure="Use oscine das train")
