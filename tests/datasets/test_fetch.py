"""Fetching from a real server on this machine: listed, resumed, checked, unpacked, and refused in one line."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import numpy as np
import pytest

from oscine import cli
from oscine.core.errors import Cancelled, InputError
from oscine.core.monitor import Monitor
from oscine.datasets import download as downloading
from oscine.datasets.fetch import FetchParams, fetch
from oscine.datasets.published import catalogue

SOUND = np.random.default_rng(0).bytes(3_000_000)


class Site:
    """What a server has, what it was asked, and how it misbehaves."""

    def __init__(self):
        self.content = {}
        self.asked = []
        self.breaks = []
        """Bytes after which the next answers break off."""
        self.ranges, self.busy, self.pause = True, 0, 0.0

    def handler(self):
        return functools.partial(_Handler, self)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site, *args):
        self.site = site
        super().__init__(*args)

    def log_message(self, *_):
        pass

    def do_GET(self):
        site, path = self.site, urlsplit(self.path).path
        asked = self.headers.get("Range", "")
        site.asked.append((path, asked))
        self.close_connection = True
        if site.busy:
            site.busy -= 1
            self.send_response(503)
            self.end_headers()
            return
        if path not in site.content:
            self.send_response(404)
            self.end_headers()
            return
        whole = site.content[path]
        first = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and site.ranges else 0
        if first >= len(whole) > 0 and asked:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(whole)}")
            self.end_headers()
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(whole) - 1}/{len(whole)}")
        self.send_header("Content-Length", str(len(whole) - first))
        self.end_headers()
        stop = len(whole) if not site.breaks else min(len(whole), first + site.breaks.pop(0))
        for place in range(first, stop, 2**18):
            self.wfile.write(whole[place : min(place + 2**18, stop)])
            time.sleep(site.pause)


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(downloading.Resuming, "_pause", lambda self, seconds: self.task.monitor.check())
    made = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), made.handler())
    made.base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


@pytest.fixture
def publish(site, tmp_path):
    """Put files on the server, and into a registry that calls them `songs`."""

    def make(**files):
        entries = []
        for name, content in ((name.replace("__", "."), content) for name, content in files.items()):
            site.content[f"/host.org/{name}"] = content
            checksum = f"sha256:{hashlib.sha256(content).hexdigest()}"
            url = f"https://host.org/{name}"
            entries.append({"name": name, "url": url, "checksum": checksum, "size": len(content)})
        return registry({"files": entries})

    def registry(entry):
        about = {"title": "Songs", "licence": "CC0", "citation": "Ann (2020), Songs", "page": "https://host.org"}
        card = {"oscine": "published", "version": 1, "datasets": {"songs": {**about, **entry}}}
        path = tmp_path / "registry.json"
        path.write_text(json.dumps(card))
        return FetchParams(registry=path, base_url=site.base, attempts=2)

    make.registry = registry
    return make


def packed(**files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def there(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# -- what comes ------------------------------------------------------------------------------------------------------


def test_files_and_their_source(publish, tmp_path):
    params = publish(a__wav=SOUND, b__wav=b"sound")
    found = fetch("songs", params, out=tmp_path / "songs")
    assert there(tmp_path / "songs") == ["SOURCE.md", "a.wav", "b.wav", "fetched.json"]
    assert (tmp_path / "songs" / "a.wav").read_bytes() == SOUND
    source = (tmp_path / "songs" / "SOURCE.md").read_text()
    assert "Licence: CC0" in source
    assert "Please cite: Ann (2020), Songs" in source
    assert str(found).splitlines() == [
        "songs: 2 files, 3.0 MB, 2 new",
        "Songs",
        "licence: CC0",
        "please cite: Ann (2020), Songs",
    ]
    card = json.loads((tmp_path / "songs" / "fetched.json").read_text())
    assert card["provenance"]["operation"] == "fetch"


def test_again_asks_for_nothing(publish, site, tmp_path):
    params = publish(a__wav=SOUND, b__tar__gz=packed(x__b=b"1"))
    fetch("songs", params, out=tmp_path / "songs")
    n_asked = len(site.asked)
    assert fetch("songs", params, out=tmp_path / "songs").n_new == 0
    assert len(site.asked) == n_asked


def test_a_file_put_there_by_hand_is_taken(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "a.wav").write_bytes(SOUND)
    fetch("songs", params, out=tmp_path / "songs")
    assert site.asked == []


def test_only_some_files(publish, tmp_path):
    params = publish(a__wav=b"1", b__wav=b"2")
    fetch("songs", params.model_copy(update={"files": ("b*",)}), out=tmp_path / "songs")
    assert "a.wav" not in there(tmp_path / "songs")
    with pytest.raises(InputError, match=r"no file of songs fits; found 'c\*'; allowed: a.wav, b.wav"):
        fetch("songs", params.model_copy(update={"files": ("c*",)}), out=tmp_path / "songs")


# -- going on --------------------------------------------------------------------------------------------------------


def test_a_download_that_breaks_off_is_completed(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    site.breaks = [1_000_000, 500_000]
    fetch("songs", params, out=tmp_path / "songs")
    assert (tmp_path / "songs" / "a.wav").read_bytes() == SOUND
    asked = [int(text[6:-1] or 0) for _, text in site.asked if text]
    assert site.asked[0][1] == ""
    assert len(asked) == 2
    assert 0 < asked[0] < asked[1] == asked[0] + 500_000


def test_given_up_it_goes_on_with_the_next_command(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    site.breaks = [1_000_000, 0, 0]
    with pytest.raises(
        InputError, match=r"broke off after [\d.]+ MB \(the connection was closed\).*goes on from there"
    ):
        fetch("songs", params, out=tmp_path / "songs")
    (partial,) = there(tmp_path / "songs")
    assert partial.startswith(".downloads/.a.wav-")
    site.asked.clear()
    fetch("songs", params, out=tmp_path / "songs")
    assert site.asked[0][1].startswith("bytes=")
    assert there(tmp_path / "songs") == ["SOURCE.md", "a.wav", "fetched.json"]


def test_a_server_without_ranges_begins_anew(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    site.breaks, site.ranges = [1_000_000], False
    fetch("songs", params, out=tmp_path / "songs")
    assert (tmp_path / "songs" / "a.wav").read_bytes() == SOUND


def test_a_busy_server_is_asked_again(publish, site, tmp_path):
    params = publish(a__wav=b"sound")
    site.busy = 1
    assert fetch("songs", params, out=tmp_path / "songs").n_new == 1


def test_stopped_by_the_user(publish, site, tmp_path):
    params = publish(a__wav=SOUND)

    class Impatient(Monitor):
        def updated(self, task):
            if task.done > 1:
                self.cancel()

    with pytest.raises(Cancelled):
        fetch("songs", params, out=tmp_path / "songs", monitor=Impatient())
    assert not (tmp_path / "songs" / "a.wav").exists()
    fetch("songs", params, out=tmp_path / "songs")
    assert site.asked[-1][1].startswith("bytes=")


def test_killed_in_the_middle(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    site.pause = 0.1
    command = [sys.executable, "-m", "oscine", "fetch", "songs", "--registry", str(params.registry)]
    command += ["--base-url", site.base, "--out", str(tmp_path / "songs")]
    process = subprocess.Popen(command, env={**os.environ, "no_proxy": "*"}, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while time.monotonic() < end and not any(
        path.stat().st_size > 0 for path in (tmp_path / "songs").rglob("*.partial")
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "songs" / "a.wav").exists()
    site.pause = 0.0
    fetch("songs", params, out=tmp_path / "songs")
    assert site.asked[-1][1].startswith("bytes=")
    assert (tmp_path / "songs" / "a.wav").read_bytes() == SOUND


# -- what is refused -------------------------------------------------------------------------------------------------


def test_another_content_is_refused_and_nothing_is_left(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    site.content["/host.org/a.wav"] = bytes(len(SOUND))
    with pytest.raises(InputError, match="is not what was published: its checksum differs; nothing was kept"):
        fetch("songs", params, out=tmp_path / "songs")
    assert not (tmp_path / "songs").exists()


def test_a_file_that_is_gone(publish, site, tmp_path):
    params = publish(a__wav=SOUND)
    del site.content["/host.org/a.wav"]
    with pytest.raises(InputError, match=r"has no such file \(HTTP 404\)"):
        fetch("songs", params, out=tmp_path / "songs")


def test_no_network_is_one_line(publish, tmp_path, capsys):
    params = publish(a__wav=SOUND)
    where = ["--registry", str(params.registry), "--base-url", "http://127.0.0.1:9"]
    with pytest.raises(SystemExit) as exited:
        cli.main(["fetch", "songs", *where, "--attempts", "1", "--out", str(tmp_path / "songs")])
    assert exited.value.code == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert "cannot reach 127.0.0.1:9 (connection refused). Check the network or the proxy" in line
    assert not (tmp_path / "songs").exists()


def test_a_mirror_without_an_address(publish, tmp_path):
    params = publish(a__wav=SOUND).model_copy(update={"base_url": "mirror.org"})
    with pytest.raises(InputError, match=r"not the address of a mirror; found 'mirror.org'"):
        fetch("songs", params, out=tmp_path / "songs")
    assert not (tmp_path / "songs").exists()


def test_not_enough_room(publish, tmp_path, monkeypatch):
    params = publish(a__wav=SOUND)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(InputError, match=r"not enough room: about 0\.0 GB are needed"):
        fetch("songs", params, out=tmp_path / "songs")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no", "not a registry of published datasets"),
        ('{"datasets": {"songs": {"title": ""}}}', "not a registry of published datasets"),
        (
            '{"datasets": {"songs": {"title": "", "licence": "", "citation": "", "page": "", "files": '
            '[{"name": "../x", "url": "", "checksum": "md5:0"}]}}}',
            "leads out of its folder",
        ),
    ],
)
def test_damaged_registries(tmp_path, text, message):
    (tmp_path / "registry.json").write_text(text)
    with pytest.raises(InputError, match=message):
        fetch("songs", FetchParams(registry=tmp_path / "registry.json"))
    with pytest.raises(InputError, match="there is no such registry"):
        catalogue(tmp_path / "none.json")


def test_names(capsys):
    with pytest.raises(InputError, match=r"unknown dataset; found 'bfsongrep'.*Did you mean 'bfsongrepo'"):
        fetch("bfsongrep")
    with pytest.raises(SystemExit) as exited:
        cli.main(["fetch"])
    assert exited.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in catalogue())


def test_ours_are_whole():
    for name, item in catalogue().items():
        assert item.title, name
        assert item.licence, name
        assert item.citation, name
        assert item.page.startswith("https://"), name
        for file in item.files:
            assert re.fullmatch(r"(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})", file.checksum), file.name


# -- records ---------------------------------------------------------------------------------------------------------


def test_a_record_of_zenodo(publish, site, tmp_path):
    card = {
        "metadata": {"license": {"id": "cc-by-4.0"}},
        "files": [
            {"key": name, "size": len(SOUND), "checksum": md5(SOUND), "links": {"self": f"https://zenodo.org/f/{name}"}}
            for name in ("a.wav", "other.wav")
        ],
    }
    site.content["/zenodo.org/api/records/7"] = json.dumps(card).encode()
    site.content["/zenodo.org/f/a.wav"] = SOUND
    params = publish.registry({"record": {"host": "zenodo", "id": "7", "files": ["a*"]}})
    found = fetch("songs", params, out=tmp_path / "songs")
    assert (found.n_files, found.published.licence) == (1, "CC BY-4.0")


def test_a_record_of_figshare(publish, site, tmp_path):
    files = [{"name": "a.wav", "size": 5, "download_url": "https://f.com/1", "computed_md5": md5(b"sound")[4:]}]
    site.content["/api.figshare.com/v2/articles/7"] = json.dumps({"license": {"name": "CC BY 4.0"}}).encode()
    site.content["/api.figshare.com/v2/articles/7/files"] = json.dumps(files).encode()
    site.content["/f.com/1"] = b"sound"
    params = publish.registry({"record": {"host": "figshare", "id": "7"}})
    assert fetch("songs", params, out=tmp_path / "songs").n_bytes == 5


def test_a_record_of_dataverse(publish, site, tmp_path):
    file = {"id": 3, "filename": "a.wav", "filesize": 5, "md5": md5(b"sound")[4:]}
    card = {"data": {"latestVersion": {"files": [{"directoryLabel": "train", "dataFile": file}]}}}
    host = "/data.goettingen-research-online.de"
    site.content[f"{host}/api/datasets/:persistentId/"] = json.dumps(card).encode()
    site.content[f"{host}/api/access/datafile/3"] = b"sound"
    params = publish.registry({"record": {"host": "dataverse", "id": "doi:1/2"}})
    fetch("songs", params, out=tmp_path / "songs")
    assert "train/a.wav" in there(tmp_path / "songs")


def test_a_record_that_says_something_else(publish, site, tmp_path):
    params = publish.registry({"record": {"host": "zenodo", "id": "7"}})
    with pytest.raises(InputError, match=r"^http.*/zenodo.org/api/records/7: the server has no such file \(HTTP 404\)"):
        fetch("songs", params, out=tmp_path / "songs")
    site.content["/zenodo.org/api/records/7"] = b"<html>"
    with pytest.raises(InputError, match="does not answer with a record"):
        fetch("songs", params, out=tmp_path / "songs")
    site.content["/zenodo.org/api/records/7"] = b"{}"
    with pytest.raises(InputError, match=r"the record of songs cannot be read.*by hand"):
        fetch("songs", params, out=tmp_path / "songs")


# -- archives --------------------------------------------------------------------------------------------------------


def test_archives_are_unpacked(publish, tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("day2/b.wav", b"2")
        archive.writestr("__MACOSX/day2/._b.wav", b"-")
    params = publish(a__tar__gz=packed(day1__a=b"1"), b__zip=stream.getvalue())
    fetch("songs", params, out=tmp_path / "songs")
    assert there(tmp_path / "songs") == ["SOURCE.md", "day1/a", "day2/b.wav", "fetched.json"]


def test_archives_may_be_kept_or_left_alone(publish, tmp_path):
    params = publish(a__tar__gz=packed(day1__a=b"1"))
    fetch("songs", params.model_copy(update={"keep_archives": True}), out=tmp_path / "kept")
    assert there(tmp_path / "kept") == ["SOURCE.md", "a.tar.gz", "day1/a", "fetched.json"]
    fetch("songs", params.model_copy(update={"unpack": False}), out=tmp_path / "alone")
    assert there(tmp_path / "alone") == ["SOURCE.md", "a.tar.gz", "fetched.json"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
def test_paths_that_lead_out_are_refused(publish, tmp_path, name):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path in ("good", name):
            archive.addfile(tarfile.TarInfo(path), io.BytesIO())
    params = publish(a__tar=stream.getvalue())
    with pytest.raises(InputError, match=r"this archive is refused: a file's name leads out of its folder"):
        fetch("songs", params, out=tmp_path / "songs")
    assert not (tmp_path / "evil").exists()
    assert "good" not in there(tmp_path / "songs")


def test_links_are_left_out(publish, tmp_path):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO())
    fetch("songs", publish(a__tar=stream.getvalue()), out=tmp_path / "songs")
    assert there(tmp_path / "songs") == ["SOURCE.md", "a", "fetched.json"]


def test_a_damaged_archive(publish, tmp_path):
    params = publish(a__tar__gz=packed(a=SOUND)[:-1000], b__zip=b"PK no")
    with pytest.raises(InputError, match="this archive cannot be unpacked"):
        fetch("songs", params.model_copy(update={"files": ("a*",)}), out=tmp_path / "songs")
    with pytest.raises(InputError, match="this archive cannot be unpacked"):
        fetch("songs", params.model_copy(update={"files": ("b*",)}), out=tmp_path / "songs")
    assert not any(path.endswith((".wav", "a")) for path in there(tmp_path / "songs"))
