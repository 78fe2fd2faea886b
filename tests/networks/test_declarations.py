"""Declaring networks loads no torch: help texts and forms appear at once."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
import oscine.networks.model
from oscine.networks.architecture import ARCHITECTURES
from oscine.networks.frontend import FRONTENDS
from oscine.networks.loss import LOSSES
from oscine.networks.target import TARGETS
for kind in (ARCHITECTURES, FRONTENDS, LOSSES, TARGETS):
    members = kind.members()
    assert members, kind
    for name, member in members.items():
        assert member().to_dict()["name"] == name
        member.model_json_schema()
for module in ("torch", "pandas", "safetensors", "yaml"):
    assert module not in sys.modules, module
"""


def test_declarations_load_no_torch():
    subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], check=True)


def test_names_without_the_registry():
    """A class imported directly knows its name, so that it can be written down."""
    script = (
        "from oscine.networks.architectures.songexplorer import SongExplorer as S;"
        "assert S().to_dict()['name'] == 'songexplorer', S().to_dict();"
        "assert S().to_dict()['representation']['name'] == 'mel-cepstrum'"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
