from __future__ import annotations

import subprocess

from oscine.core.script import script


def test_names_with_spaces_and_quotes_arrive_whole(tmp_path):
    folder = tmp_path / "it's here"
    folder.mkdir()
    text = script(["a b", "it's", "$HOME"], "oscine-x", folder=folder)
    text = text.replace(text.splitlines()[-1], 'pwd; printf "%s|" ' + text.splitlines()[-1].partition(" -m oscine ")[2])
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == f"{folder}\na b|it's|$HOME|"
