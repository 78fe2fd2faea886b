"""The command line, generated from the operations: one command for each, one option for each parameter.

`oscine COMMAND INPUTS… [OPTIONS]`. Every command takes `--params file.toml` (with flags on top),
`--print-params`, `--out`, `--seed`, `--quiet` and `--json`. Results go to standard output, everything else to
standard error. Exit codes: 0 success, 2 what the user can mend (said in one line), 1 our fault, 130 stopped by
the user.

Top-level help reads the commands' first lines from their source, so that it answers at once; a command's module
is imported when that command is asked for, and no command imports torch before it needs it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import pkgutil
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import oscine
from oscine.core.errors import Cancelled, InputError, OscineError, unknown

if TYPE_CHECKING:
    from oscine.core.monitor import Monitor
    from oscine.core.operations import Operation
    from oscine.core.options import Option
    from oscine.core.running import Report

ALIASES = {
    "classify": "predict",
    "ethogram": "segment",
    "accuracy": "evaluate",
    "congruence": "agreement",
    "x-validate": "cross-validate",
    "delete-ckpts": "prune",
    "freeze": "export",
}
"""The peers' words for our commands."""

PROGRAMS = {
    "das": "oscine.compat.das.program",
    "dss": "oscine.compat.das.program",
    "vak": "oscine.compat.vak.program",
}
"""Command lines of other programs, and the modules that read them; `dss` is an old name of `das`."""

_WIDEST = 120
_NAMES_OF_UNITS = {"s": "SECONDS", "Hz": "HERTZ", "dB": "DECIBELS"}
_NAMES_OF_TYPES = {"number": "NUMBER", "whole number": "N", "path": "PATH"}
_TIE = str.maketrans({" ": "\u00a0", "-": "\u2011"})  # keeps "> 0" and "mel-pulse" on one line of help
_UNTIE = str.maketrans({"\u00a0": " ", "\u2011": "-"})


class OperationGroup(click.Group):
    """All operations, in the order of the workflow, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(oscine.OPERATIONS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in PROGRAMS:
            return ProgramCommand(cmd_name)
        name = ALIASES.get(cmd_name, cmd_name)
        return OperationCommand(name) if name in oscine.OPERATIONS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and ALIASES.get(name, name) not in {*oscine.OPERATIONS, *PROGRAMS}:
            raise unknown("command", name, [*oscine.OPERATIONS, *ALIASES, *PROGRAMS])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands, in the order of the workflow"):
            formatter.write_dl([(name, summary(name)) for name in oscine.OPERATIONS])
        if aliases := [item for item in ALIASES.items() if item[1] in oscine.OPERATIONS]:
            with formatter.section("Also known as"):
                formatter.write_dl(aliases)
        with formatter.section("Command lines of other programs"):
            formatter.write_dl(
                [
                    ("das", "DAS's own: train, predict, evaluate, tune, version"),
                    ("vak", "vak's own: prep, train, eval, predict, learncurve, with its TOML files"),
                ]
            )


def summary(name: str) -> str:
    """First line of an operation's docstring, read from its source without importing it."""
    module, _, function_name = oscine.OPERATIONS[name].partition(":")
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    named = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function_name)
    *_, function = named  # its overloads, which say nothing, stand before it
    return (ast.get_docstring(function) or "").split("\n", 1)[0].rstrip(".")


class OperationCommand(click.Command):
    """The command of one operation. Its options depend on the plug-ins chosen, so they are made per call."""

    def __init__(self, name: str) -> None:
        self.function = pkgutil.resolve_name(oscine.OPERATIONS[name])
        self.operation: Operation = self.function.operation
        super().__init__(name, help=self.operation.summary, params=[], callback=None)

    # -- reading the line ------------------------------------------------------------------------------------------

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from oscine.core.options import choose, flatten

        self.given = [argument for argument in args if argument != "--print-script"]
        texts = dict(_long_options(args))
        self.start = self._start(texts.get(("params",)))
        self.chosen = choose(texts, self.operation.params, self.start)
        self.options = flatten(self.operation.params, self.chosen)
        self.params = [*self._inputs(), *self._own_options(), *self._common_options()]
        if "--print-params" in args:
            for parameter in self.params:
                parameter.required = False
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise self._unknown_option(error.option_name) from None
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # so that it says which command's help to read
            raise

    def _start(self, file: str | None) -> dict[str, Any]:
        """The parameter file, or its table for this operation; checked by itself, so that errors name the file."""
        from oscine.core.params import read_toml

        if not file:
            return {}
        place = self.operation.params.find(file)
        values = read_toml(place)
        start = values.get(self.operation.name, values)
        if not isinstance(start, dict):
            raise InputError("is not a table", path=place, found=f"{self.operation.name} = {start!r}")
        self.operation.params.parse(start, source=place)
        return start

    def _inputs(self) -> Iterator[click.Parameter]:
        for place, item in enumerate(self.operation.inputs):
            if item.required or place == 0:  # the first one may be left out where the operation can do without
                many = item.name == self.operation.each or item.takes_several
                yield click.Argument([item.name], nargs=-1 if many else 1, required=item.required, type=str)
            else:
                yield click.Option([_flag(item.name), item.name], type=str, metavar="PATH", help=_plain(item.help))

    def _own_options(self) -> Iterator[click.Parameter]:
        for option in self.options:
            flag = f"--{option.name}"
            if option.form == "flag":
                *outer, last = option.name.split(".")
                opposite = "--" + ".".join([*outer, f"no-{last}"])
                yield click.Option([f"{flag}/{opposite}", _dest(option)], default=None, help=_help(option))
            else:
                yield click.Option([flag, _dest(option)], type=str, metavar=_metavar(option), help=_help(option))

    def _common_options(self) -> Iterator[click.Parameter]:
        place = (self.operation.out or "nowhere").replace("{folder}/", "").replace("{time}", "TIME")
        place = place.replace("{stem}", "NAME")
        beside = ", beside the input" if "{folder}" in (self.operation.out or "") else ""
        several = " A folder for several inputs." if self.operation.each else ""
        yield click.Option(["--out"], metavar="PATH", help=f"Where to write.{several} [default: {place}{beside}]")
        names = self.operation.params.configuration_names()
        named = f" Or one of: {', '.join(names)}." if names else ""
        text = f"Read options from this TOML file first.{named}"
        yield click.Option(["--params", "params_file"], metavar="FILE", help=text)
        yield click.Option(["--print-params"], is_flag=True, help="Print all options as TOML, and stop.")
        yield click.Option(["--print-script"], is_flag=True, help="Print a shell script that runs this, and stop.")
        yield click.Option(["--json", "as_json"], is_flag=True, help="Print the result as JSON on standard output.")
        yield click.Option(["--quiet"], is_flag=True, help="Say nothing but warnings and errors.")

    def _unknown_option(self, name: str) -> InputError:
        """The error for an option that is not there, listing those of the same place."""
        from oscine.core.options import flatten

        outer = name.rpartition(".")[0]
        flags = [flag for item in self.params for flag in (*item.opts, *item.secondary_opts) if flag[:2] == "--"]
        near = [flag for flag in flags if flag.rpartition(".")[0] == outer] or [
            flag for flag in flags if "." not in flag
        ]
        inner = [flag for flag in flags if flag.endswith(f".{name.removeprefix('--')}")]
        if inner:
            return InputError("unknown option", found=name, cure=f"Did you mean {' or '.join(inner)}?")
        path = tuple(name.removeprefix("--").replace("-", "_").split("."))
        for option in self.options:
            if option.form != "plugin" or option.path != path[: len(option.path)]:
                continue
            for member in option.choices:
                with suppress(InputError):
                    chosen = _nested(option.path, {"name": member})
                    if any(other.path == path for other in flatten(self.operation.params, chosen)):
                        cure = f"It belongs to --{option.name} {member}"
                        return InputError("unknown option", found=name, allowed=sorted(near), cure=cure)
        return unknown("option", name, near)

    # -- help ------------------------------------------------------------------------------------------------------

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for text in (self.operation.summary, *self.operation.description.split("\n\n")):
            if text:
                formatter.write_paragraph()
                with formatter.indentation():
                    formatter.write_text(_plain(text))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"Inputs": [], "Options": []}
        for place, item in enumerate(self.operation.inputs):
            if item.required or place == 0:
                many = "…" * (item.name == self.operation.each or item.takes_several)
                word = f"{item.name.upper()}{many}"
                sections["Inputs"].append((word if item.required else f"[{word}]", _plain(item.help)))
        titles = {
            option.path: f"Options of --{option.name} {self._name_of(option)}"
            for option in self.options
            if option.form == "plugin"
        }
        places = {_dest(option): option.path for option in self.options}
        optional = {item.name for item in self.operation.inputs}
        common = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if isinstance(parameter, click.Argument) or record is None:
                continue
            path = places.get(parameter.name or "", ())
            if parameter.name in optional:
                sections["Inputs"].append(record)
            elif path in {(), ("seed",)}:
                common.append(record)
            else:
                nearest_plugin = (path[:length] for length in range(len(path) - 1, 0, -1) if path[:length] in titles)
                sections.setdefault(titles.get(next(nearest_plugin, ()), "Options"), []).append(record)
        for title, records in {**sections, "With every command": common}.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=max(30, formatter.width * 2 // 5))

    def _name_of(self, option: Option) -> str:
        place: Any = self.chosen
        for part in option.path:
            place = place.get(part) if isinstance(place, dict) else None
        named = place.get("name") if isinstance(place, dict) else place
        return str(named or option.default)

    def get_help(self, ctx: click.Context) -> str:
        return super().get_help(ctx).translate(_UNTIE)

    # -- running ---------------------------------------------------------------------------------------------------

    def invoke(self, ctx: click.Context) -> int:
        values = dict(ctx.params)
        params = self._chosen_params(values)
        if values["print_params"]:
            _print_params(params.to_dict())
            return 0
        if values["print_script"]:
            from oscine.core.artifacts import timestamp
            from oscine.core.script import script

            given = [str(self.name), *self.given]
            place = self.operation.out or ""
            if values["out"] is None and "{time}" in place:  # sent again, it shall go on there
                given += ["--out", place.format(time=timestamp())]
            click.echo(script(given, f"oscine-{self.operation.name}"), nl=False)
            return 0
        from oscine.terminal import TerminalMonitor

        with TerminalMonitor(quiet=values["quiet"]) as monitor, _stoppable(monitor):
            return self._run(values, params, monitor)

    def _chosen_params(self, values: Mapping[str, Any]) -> Any:
        from oscine.core.options import assemble

        texts = {option.path: values[_dest(option)] for option in self.options if values[_dest(option)] is not None}
        return self.operation.params.parse(assemble(texts, self.operation.params, self.start))

    def _run(self, values: Mapping[str, Any], params: Any, monitor: Monitor) -> int:
        from oscine.core.running import run

        reports, n_done, n_failed = [], 0, 0
        for report in run(self.function, values, params, out=values["out"], monitor=monitor):
            if values["as_json"]:
                reports.append(report.to_dict())
            if report.error is not None:
                n_failed += 1
                monitor.warning(str(report.error))
                continue
            n_done += 1
            if not (values["as_json"] or values["quiet"]) and report.result is not None:
                click.echo(str(report.result))
            for path in [*report.outputs, *_figures(report, monitor)]:
                monitor.message(f"{'up to date:' if report.up_to_date else 'wrote'} {_relative(path)}")
        if values["as_json"]:
            shown = reports if self.operation.each else reports[0]
            click.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
        if n_failed:
            others = "the others are done" if n_done else "none is done"
            raise InputError(f"{n_failed} of {n_failed + n_done} inputs could not be used; {others}")
        return 0


def _figures(report: Report, monitor: Monitor) -> list[Path]:
    """Draw the figures of a result that has some into the folder that it was written to."""
    if not getattr(report.result, "has_figures", False) or not report.outputs:
        return []
    from oscine.figures.draw import draw

    return draw(report.result, report.outputs[0], monitor=monitor)


class ProgramCommand(click.Command):
    """The command line of another program, which reads its words itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name, add_help_option=False)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        self.words = args
        return []

    def invoke(self, ctx: click.Context) -> int:
        from oscine.terminal import TerminalMonitor

        job = importlib.import_module(PROGRAMS[str(self.name)]).prepare(self.words)
        if job is None:
            return 0
        with TerminalMonitor(quiet=job.quiet) as monitor, _stoppable(monitor):
            return int(job.run(monitor))


@contextmanager
def _stoppable(monitor: Monitor) -> Iterator[None]:
    """Asked to stop (Ctrl-C, or SIGTERM from a scheduler), end at the next safe moment; asked again, at once."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def stop(*_: object) -> None:
        # not `restore`: in a background job of a shell Ctrl-C is ignored, and asking again would do nothing
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        monitor.cancel()

    for number in previous:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()


def _long_options(args: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Path and text of what looks like `--name value` or `--name=value`, before click knows which options there are."""
    for flag, value in zip(args, [*args[1:], ""], strict=False):
        if flag == "--":
            return
        name, sign, inline = flag.partition("=")
        if name.startswith("--") and (text := inline if sign else value):
            yield tuple(name[2:].replace("-", "_").split(".")), text


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    for part in reversed(path):
        value = {part: value}
    return dict(value)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _dest(option: Option) -> str:
    return "option_" + "__".join(option.path)


def _metavar(option: Option) -> str:
    if option.form == "plugin":
        return "NAME"
    if option.form in {"list", "plugins", "mapping"}:
        return {"list": "A,B,…", "plugins": "A,B,…", "mapping": "A=B,…"}[option.form]
    if option.choices and len(option.choices) < 5:
        return "|".join(option.choices)
    return _NAMES_OF_UNITS.get(option.unit) or _NAMES_OF_TYPES.get(option.type, "TEXT")


def _help(option: Option) -> str:
    unit = f" {option.unit}" if option.unit and option.unit not in _NAMES_OF_UNITS else ""
    facts = []
    if option.form == "plugins":
        facts.append("any of " + ", ".join(map(_tied, option.choices)))
    elif option.form == "plugin" or len(option.choices) >= 5:
        facts.append("one of " + ", ".join(map(_tied, option.choices)))
    if option.default:
        measured = unit if option.default != "none" else ""
        facts.append(_tied(f"default: {option.default}{measured}"))
    if option.bounds:
        facts.append(_tied(f"{option.bounds}{unit}"))
    elif unit and not facts:
        facts.append(_tied(f"in{unit}"))
    words = [_plain(option.help)] if option.help else []
    return " ".join([*words, f"[{'; '.join(facts)}]"] if facts else words)


def _tied(text: str) -> str:
    return text.translate(_TIE)


def _plain(text: str) -> str:
    """Docstring markup taken away; words with hyphens stay whole."""
    return re.sub(r"\s*\[\d+\]_", "", text.replace("`", "")).replace("-", _tied("-"))


def _print_params(values: Mapping[str, Any]) -> None:
    import tomli_w

    def written(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: written(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [written(item) for item in value]
        return "none" if value is None else value

    click.echo(tomli_w.dumps(written(values)), nl=False)


def _relative(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


@click.group(
    cls=OperationGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST},
)
@click.version_option(oscine.__version__, message="oscine %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Finds, names and measures the sounds that animals make, and says how sure it is.

    A usual day: detect sounds, mark some by hand, train, predict, segment, look at what was missed.
    Try it all on a synthetic fly: oscine demo.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and turn every error into one line and an exit code."""
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        code = _main(None if arguments is None else list(arguments))
    sys.exit(code)


def _main(arguments: list[str] | None) -> int:
    try:
        code = cli.main(args=arguments, prog_name="oscine", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        name = context.command_path if context else "oscine"
        _complain(f"{error.format_message()} See {name} --help.")
        return 2
    except Cancelled as error:
        _complain(str(error))
        return 130
    except OscineError as error:
        _complain(str(error))
        return 2
    except (KeyboardInterrupt, click.Abort):
        return 130
    except SystemExit:  # how click ends where nobody reads standard output any longer, as in `oscine info x | head`
        return 0
    except Exception:  # noqa: BLE001 - the last line of defence: say whose fault it is
        traceback.print_exc()
        click.echo("oscine: this is a fault of Oscine, not of yours; please report the lines above", err=True)
        return 1
    return code if isinstance(code, int) else 0


def _complain(text: str) -> None:
    click.echo(f"oscine: error: {' '.join(text.split())}", err=True)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"warning: {' '.join(str(message).split())}", err=True)
