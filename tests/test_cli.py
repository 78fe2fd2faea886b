"""The command line, from the words that are typed to the exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

import oscine
from oscine import cli

TOYS = """
    '''Operations with exotic features.'''

    from __future__ import annotations

    import time
    import warnings
    from pathlib import Path
    from typing import Literal

    from oscine.core.artifacts import atomic
    from oscine.core.errors import InputError
    from oscine.core.monitor import SILENT, Monitor
    from oscine.core.operations import operation
    from oscine.core.params import Field, OperationParams, Seconds


    class PlayParams(OperationParams):
        join_gaps: bool = False
        '''Whether to join.'''
        weights: dict[str, float] = Field(default_factory=dict)
        '''One for `each` label [1]_, such as mel-pulse=1.

        [1] A paper.
        '''
        labels: tuple[str, ...] = ("a", "b")
        '''Some.'''
        high: Seconds | None = Field(2.0, gt=0)
        '''Highest.'''
        mode: Literal["fine", "crash", "wait", "hang", "warn", "talk"] = "fine"
        '''What happens.'''
        count: int = Field(1, ge=1, le=9)


    @operation(out="{stem}_played.txt")
    def play(
        toy: Path, more: Path | None = None, params: PlayParams = PlayParams(), *,
        out: Path | None = None, monitor: Monitor = SILENT
    ) -> str:
        '''Play with a toy.

        In peace, with `care`.

        Parameters
        ----------
        toy
            Any toy.
        more
            Another one.
        '''
        if params.mode == "crash":
            raise ZeroDivisionError("our fault")
        if params.mode == "warn":
            warnings.warn("a library's\\nwarning", UserWarning, stacklevel=1)
        if params.mode == "talk":
            monitor.message("a :smile: [bold]message[/bold]")
            monitor.warning("a warning")
        with atomic(out) as temporary, monitor.task("Playing", 3) as task:
            temporary.write_text("half")
            if params.mode in {"wait", "hang"}:
                monitor.message("ready")
            while params.mode == "wait":
                time.sleep(0.01)
                task.advance(0)
            while params.mode == "hang":
                time.sleep(0.01)
            temporary.write_text("whole")
        return f"played with {toy}"


    class SayParams(OperationParams):
        pass


    @operation()
    def say(params: SayParams = SayParams(), *, monitor: Monitor = SILENT) -> dict:
        '''Say something; very long summaries are wrapped, of course, wherever they do not fit into the line.'''
        return {"said": float("nan"), "names": ("α",)}
"""


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command line in this process: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as done:
            cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return done.value.code, captured.out, captured.err

    return run


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """Two operations of our own in place of the real ones."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "oscine_toys.py").write_text(textwrap.dedent(TOYS))
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(oscine, "OPERATIONS", {"play": "oscine_toys:play", "say": "oscine_toys:say"})
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("oscine_toys", None)


def _process(*arguments: str | Path, code: str = "", folder: Path | None = None, **options) -> subprocess.Popen[str]:
    """The command line in a process of its own; `code` runs before it."""
    program = f"import sys\nsys.path.insert(0, 'site')\nimport oscine\n{code}\nfrom oscine.cli import main\nmain()"
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], cwd=folder, text=True, encoding="utf-8", **options
    )


TOYS_ONLY = "oscine.OPERATIONS = {'play': 'oscine_toys:play', 'say': 'oscine_toys:say'}"


@pytest.fixture
def sounds(tmp_path):
    """A folder: one.wav and two.wav with a click each, and broken.wav, which is text."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    sound = np.random.default_rng(0).normal(0, 0.001, 5000)
    sound[2500:2510] = 0.9
    for name in ("one.wav", "two.wav"):
        soundfile.write(folder / name, sound, 2500, subtype="FLOAT")
    (folder / "broken.wav").write_text("no sound")
    return folder


# -- help ------------------------------------------------------------------------------------------------------------


def test_help_lists_all_operations_in_the_order_of_the_workflow(run):
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    section = out.split("Commands, in the order of the workflow:\n")[1].split("\n\n")[0]
    names = [line.split()[0] for line in section.splitlines() if line[2] != " "]
    assert names == list(oscine.OPERATIONS)
    assert re.search(r"^  classify +predict$", out, re.MULTILINE)


def test_without_words_help_is_shown(run):
    assert run() == run("--help")


def test_help_imports_nothing_heavy(capsys):
    code = "import atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    start = time.perf_counter()
    process = _process("--help", code=code, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    elapsed = time.perf_counter() - start
    with capsys.disabled():
        print(f" [oscine --help: {elapsed:.2f} s] ", end="")  # noqa: T201 - to be watched, not asserted
    assert process.returncode == 0
    assert "detect" in out
    assert not {"torch", "pandas", "numpy", "scipy", "pydantic", "rich", "matplotlib"} & set(err.split())


def test_version(run):
    assert run("--version") == (0, f"oscine {oscine.__version__}\n", "")


def test_help_of_a_command(run, toys):
    code, out, err = run("play", "--help")
    assert (code, err) == (0, "")
    assert out == textwrap.dedent("""\
        Usage: oscine play [OPTIONS] TOY

          Play with a toy.

          In peace, with care.

        Inputs:
          TOY          Any toy.
          --more PATH  Another one.

        Options:
          --join-gaps / --no-join-gaps  Whether to join. [default: off]
          --weights A=B,…               One for each label, such as mel-pulse=1.
          --labels A,B,…                Some. [default: a,b]
          --high SECONDS                Highest. [default: 2; > 0]
          --mode TEXT                   What happens. [one of fine, crash, wait, hang,
                                        warn, talk; default: fine]
          --count N                     [default: 1; ≥ 1, ≤ 9]

        With every command:
          --seed N        Seed of every random choice: the same seed gives the same
                          result. [default: 0; ≥ 0]
          --out PATH      Where to write. [default: NAME_played.txt]
          --params FILE   Read options from this TOML file first.
          --print-params  Print all options as TOML, and stop.
          --print-script  Print a shell script that runs this, and stop.
          --json          Print the result as JSON on standard output.
          --quiet         Say nothing but warnings and errors.
          -h, --help      Show this message and exit.
        """)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_fits_the_terminal(run, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, _ = run("detect", "--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= width
    assert "----" not in out  # no sections of docstrings
    assert ">>>" not in out
    assert "\N{NO-BREAK SPACE}" not in out
    assert "Options of --detector time-frequency:" in out
    assert "--detector.time-smooth SECONDS" in out


def test_help_shows_the_options_of_the_chosen_plugin(run, tmp_path):
    (tmp_path / "p.toml").write_text('detector = "envelope"\n')
    for arguments in (["--detector", "envelope"], ["--detector=envelope"], ["--params", tmp_path / "p.toml"]):
        _, out, _ = run("detect", *arguments, "--help")
        assert "Options of --detector envelope:" in out
        assert "--detector.min-distance SECONDS" in out
        assert "--detector.time-sigma" not in out


@pytest.mark.parametrize("name", list(oscine.OPERATIONS))
def test_every_command_has_help(run, name):
    code, out, err = run(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: oscine {name} ")


# -- what the user can mend ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "begins", "ends"),
    [
        ("detcet x.wav", "unknown command; found 'detcet'. Did you mean 'detect'? Allowed: accuracy, ", ""),
        ("--quite", "No such option", "See oscine --help."),
        ("detect", "Missing argument 'RECORDING...'.", "See oscine detect --help."),
        ("detect x.wav --out", "Option '--out' requires an argument.", "See oscine detect --help."),
        ("detect x.wav --see 3", "unknown option; found '--see'. Did you mean '--seed'? Allowed: --detector, ", ""),
        (
            "detect x.wav --detector.time-sigmo 3",
            "unknown option; found '--detector.time-sigmo'. Did you mean '--detector.time-sigma'? Allowed: --detector.",
            "",
        ),
        (
            "detect x.wav --detector.min-distance 3",
            "unknown option; found '--detector.min-distance'; allowed: --detector.frequency-high,",
            "It belongs to --detector envelope.",
        ),
        (
            "detect x.wav --detector envelop",
            "unknown detector; found 'envelop'; allowed: envelope, time-frequency.",
            "Did you mean 'envelope'?",
        ),
        ("detect x.wav --detector.time-sigma=-3", "option detector.time-sigma is out of range; found '-3'", "> 0."),
        ("detect x.wav --detector.time-sigma much", "option detector.time-sigma is not a number; found 'much'.", ""),
        ("detect x.wav --detector.robust medain", "option detector.robust is not one of", "Did you mean 'median'?"),
        ("detect x.wav --seed 1.5", "option seed is not a whole number; found '1.5'.", ""),
        ("detect x.wav", "x.wav: there is no such recording.", ""),
        ("detect x.wav --params p.toml", "p.toml: there is no such parameter file.", ""),
        ("info", "Missing argument 'PATH...'.", "See oscine info --help."),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(run, tmp_path, monkeypatch, arguments, begins, ends):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith(f"oscine: error: {begins}")
    assert err.endswith(f"{ends}\n")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_errors_in_a_parameter_file_name_it_and_those_in_flags_do_not(run, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("[detector]\ntime_sigma = -1\n")
    assert run("detect", "x.wav", "--params", path)[2] == (
        f"oscine: error: {path}, line 2: option detector.time_sigma is out of range; found -1; allowed: > 0.\n"
    )
    path.write_text('detector = "envelop"\n')
    code, _, err = run("detect", "x.wav", "--params", path, "--help")
    assert code == 2
    assert err.startswith(f"oscine: error: {path}, line 1: option detector: unknown detector; found 'envelop'")
    path.write_text("[detector]\ntime_sigma = 1\n")
    assert run("detect", "x.wav", "--params", path, "--seed", "-1")[2] == (
        "oscine: error: option seed is out of range; found '-1'; allowed: ≥ 0.\n"
    )


# -- parameters ------------------------------------------------------------------------------------------------------


def test_print_script_runs_the_very_command(run, tmp_path):
    code, out, err = run("train", tmp_path / "my birds.dataset", "--n-steps", "5", "--print-script")
    assert (code, err) == (0, "")
    assert out.startswith("#!/usr/bin/env bash\n")
    last = out.splitlines()[-1]
    assert f"oscine train '{tmp_path}/my birds.dataset' --n-steps 5 --out runs/" in last  # sent again, it goes on there
    _, out, _ = run("train", tmp_path / "my birds.dataset", "--out", "here", "--print-script")
    assert out.endswith("my birds.dataset' --out here\n")
    script = tmp_path / "job.sh"
    script.write_text(run("detect", tmp_path / "no such.wav", "--print-script")[1])
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such.wav" in done.stderr


def test_configurations_are_named_in_the_help_and_found(run):
    assert "das-fly, das-fly-multi" in " ".join(run("train", "--help")[1].split())
    code, out, _ = run("train", "x", "--params", "tweetynet", "--architecture.hidden-size", "128", "--print-params")
    assert code == 0
    assert "hidden_size = 128" in out
    assert "window = 0.352" in out
    code, _, err = run("train", "x", "--params", "tweetynt")
    assert code == 2
    assert "Did you mean 'tweetynet'?" in err


def test_print_params_reads_back(run, tmp_path):
    code, out, err = run("detect", "--detector", "envelope", "--detector.threshold", "none", "--print-params")
    assert (code, err) == (0, "")
    assert tomllib.loads(out)["detector"]["threshold"] == "none"
    path = tmp_path / "p.toml"
    path.write_text(out)
    assert run("detect", "--params", path, "--print-params") == (0, out, "")
    expected = oscine.DetectParams(detector={"name": "envelope"})
    assert oscine.DetectParams.load(path) == expected


@pytest.mark.parametrize("name", list(oscine.OPERATIONS))
def test_print_params_of_every_command_reads_back(run, tmp_path, name):
    code, out, err = run(name, "--print-params")
    assert (code, err) == (0, "")
    path = tmp_path / "p.toml"
    path.write_text(out)
    assert run(name, "--params", path, "--print-params") == (0, out, "")


def test_flags_lie_on_top_of_a_file(run, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('seed = 3\n[detector]\nname = "envelope"\nsmooth = 0.5\nmax_gap = 1\n')
    _, out, _ = run("detect", "--params", path, "--detector.max-gap", "2", "--print-params")
    values = tomllib.loads(out)
    assert values["seed"] == 3
    assert (values["detector"]["smooth"], values["detector"]["max_gap"]) == (0.5, 2.0)
    _, out, _ = run("detect", "--params", path, "--detector", "time-frequency", "--print-params")
    assert tomllib.loads(out)["detector"]["time_sigma"] == 9.0


def test_a_file_may_have_a_table_for_each_operation(run, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("[detect]\nseed = 4\n[detect.detector]\ntime_sigma = 5\n[train]\nn_steps = 3\n")
    values = tomllib.loads(run("detect", "--params", path, "--print-params")[1])
    assert values["seed"] == 4
    assert values["detector"]["time_sigma"] == 5.0
    path.write_text("detect = 3\n")
    assert "is not a table; found 'detect = 3'" in run("detect", "--params", path, "--print-params")[2]


def test_every_form_of_option(run, toys):
    line = "play x --join-gaps --weights a=1,b=0.5 --labels c --high none --count 9 --print-params"
    arguments = line.split()
    values = tomllib.loads(run(*arguments)[1])
    assert values == {
        "seed": 0,
        "join_gaps": True,
        "weights": {"a": 1.0, "b": 0.5},
        "labels": ["c"],
        "high": "none",
        "mode": "fine",
        "count": 9,
    }
    assert tomllib.loads(run(*arguments, "--no-join-gaps")[1])["join_gaps"] is False


# -- results ---------------------------------------------------------------------------------------------------------


def test_detect_writes_beside_the_recording(run, sounds):
    code, out, err = run("detect", sounds / "one.wav")
    assert code == 0
    assert out.startswith("one.wav: ")
    assert "wrote " in err
    assert (sounds / "one_detected.csv").read_text().startswith("name,start_seconds,stop_seconds")
    assert {path.suffix for path in sounds.iterdir()} == {".wav", ".csv", ".json"}


def test_several_recordings_with_a_bad_one(run, sounds):
    code, _, err = run("detect", sounds / "one.wav", sounds / "broken.wav", sounds / "gone.wav", sounds / "two.wav")
    assert code == 2
    assert (sounds / "one_detected.csv").exists()
    assert (sounds / "two_detected.csv").exists()
    warnings = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert [("broken.wav" in line, "gone.wav" in line) for line in warnings] == [(True, False), (False, True)]
    assert err.splitlines()[-1] == "oscine: error: 2 of 4 inputs could not be used; the others are done."


@pytest.mark.parametrize("text", ["sounds", "sounds/", "sounds/*.wav"])
def test_folders_and_patterns(run, sounds, monkeypatch, text):
    monkeypatch.chdir(sounds.parent)
    code, _, err = run("detect", text, "--out", "found/")
    assert code == 2
    assert "1 of 3 inputs could not be used; the others are done" in err
    names = sorted(path.name for path in (sounds.parent / "found").glob("*.csv"))
    assert names == ["one_detected.csv", "two_detected.csv"]


def test_logical_recordings_of_one_file_do_not_collide(run, sounds):
    stereo = np.stack([soundfile.read(sounds / "one.wav")[0]] * 2, axis=1)
    soundfile.write(sounds / "pair.wav", stereo, 2500, subtype="FLOAT")
    (sounds / "oscine.toml").write_text('[recordings."pair.wav"]\nsplit = { left = [0], right = [1] }\n')
    expected = [sounds / f"pair.wav-{part}_detected.csv" for part in ("left", "right")]
    for arguments in ([sounds / "pair.wav-left", sounds / "pair.wav-right"], [sounds / "pair.wav"]):
        code, _, err = run("detect", *arguments)
        assert code == 0, err
        assert sorted(sounds.glob("pair*.csv")) == expected
        for path in expected:
            path.unlink()


def test_out(run, sounds, tmp_path):
    assert run("detect", sounds / "one.wav", "--out", tmp_path / "x.csv")[0] == 0
    assert (tmp_path / "x.csv").exists()
    (tmp_path / "folder").mkdir()
    assert run("detect", sounds / "one.wav", "--out", tmp_path / "folder")[0] == 0
    assert (tmp_path / "folder" / "one_detected.csv").exists()
    code, _, err = run("detect", sounds / "one.wav", sounds / "two.wav", "--out", tmp_path / "y.csv")
    assert code == 2
    assert "several results do not go into one file" in err
    code, _, err = run("detect", sounds / "one.wav", "--out", sounds / "two.wav" / "z.csv")
    assert code == 2
    assert "cannot be written" in err


def test_json_stands_alone_on_standard_output(run, sounds):
    code, out, err = run("detect", sounds / "one.wav", sounds / "broken.wav", "--json")
    assert code == 2
    done, failed = json.loads(out)
    assert done["operation"] == "detect"
    assert done["input"] == str(sounds / "one.wav")
    assert done["outputs"][0] == str(sounds / "one_detected.csv")
    assert "broken.wav" in failed["error"]
    assert "wrote" in err


def test_json_of_anything(run, toys):
    code, out, _ = run("say", "--json")
    assert code == 0
    expected = {"operation": "say", "input": None, "outputs": [], "result": {"said": None, "names": ["α"]}}
    assert json.loads(out) == expected
    assert "α" in out


@pytest.mark.filterwarnings("default")
def test_quiet_says_nothing_but_warnings(run, toys):
    assert run("play", "x", "--mode", "talk", "--quiet") == (0, "", "warning: a warning\n")
    code, out, err = run("play", "x", "--mode", "talk")
    assert (code, out) == (0, "played with x\n")
    assert err == "a :smile: [bold]message[/bold]\nwarning: a warning\nPlaying …\nwrote x_played.txt\n"
    assert run("play", "x", "--mode", "warn", "--quiet") == (0, "", "warning: a library's warning\n")


def test_the_peers_words(run, sounds):
    for alias, name in cli.ALIASES.items():
        code, out, err = run(alias, "--help")
        assert (code, out.replace(f"oscine {alias}", f"oscine {name}", 1), err) == run(name, "--help")


def test_module(sounds):
    done = subprocess.run([sys.executable, "-m", "oscine", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"oscine {oscine.__version__}\n"


@pytest.mark.skipif(os.name == "nt", reason="no terminals of this kind")
def test_results_go_to_standard_output_though_bars_are_drawn(toys):
    import pty

    ours, theirs = pty.openpty()
    process = _process("play", "x", "--json", code=TOYS_ONLY, folder=toys, stdout=subprocess.PIPE, stderr=theirs)
    out, _ = process.communicate()
    os.close(theirs)
    drawn = os.read(ours, 65536).decode()
    os.close(ours)
    assert json.loads(out)["result"] == "played with x"
    assert "wrote x_played.txt" in drawn


# -- stopping and failing --------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="no signals of this kind")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing_half_written(toys, number):
    (toys / "x_played.txt").write_text("old")
    process = _process("play", "x", "--mode", "wait", code=TOYS_ONLY, folder=toys, stderr=subprocess.PIPE)
    assert process.stderr is not None
    while process.stderr.readline() != "ready\n":
        assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "oscine: error: stopped on request; what was finished is kept\n"
    assert (toys / "x_played.txt").read_text() == "old"
    assert sorted(path.name for path in toys.iterdir()) == ["site", "x_played.txt"]


@pytest.mark.skipif(os.name == "nt", reason="no signals of this kind")
def test_asked_twice_it_stops_at_once(toys):
    process = _process("play", "x", "--mode", "hang", code=TOYS_ONLY, folder=toys, stderr=subprocess.PIPE)
    assert process.stderr is not None
    while process.stderr.readline() != "ready\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert sorted(path.name for path in toys.iterdir()) == ["site"]


def test_a_fault_of_ours_keeps_its_traceback_and_exits_1(run, toys):
    code, out, err = run("play", "x", "--mode", "crash")
    assert (code, out) == (1, "")
    assert "ZeroDivisionError: our fault" in err
    assert err.endswith("this is a fault of Oscine, not of yours; please report the lines above\n")


@pytest.mark.skipif(os.name == "nt", reason="no pipes of this kind")
def test_a_reader_that_leaves_is_no_error(toys):
    reader, writer = os.pipe()
    os.close(reader)
    process = _process("--help", code=TOYS_ONLY, folder=toys, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, err = process.communicate()
    assert (process.returncode, err) == (0, "")


def test_handlers_of_signals_are_put_back(run, toys):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run("play", "x")
    run("play", "x", "--mode", "crash")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
