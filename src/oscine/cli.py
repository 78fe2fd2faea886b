"""The command line, generated from the operations: one command for each, one option for each parameter.

`oscine COMMAND INPUTS… [OPTIONS]`. Every command takes `--params file.toml` (with flags on top),
`--print-params`, `--out`, `--seed`, `--quiet` and `--json`. Exit codes: 0 success, 2 what the user can mend
(said in one line on standard error), 1 our fault, 130 stopped by the user.

Top-level help reads the commands' first lines from their source, so that it answers at once; a command's module
is imported when that command is asked for, and no command imports torch before it needs it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oscine import OPERATIONS, __version__
from oscine.core.errors import Cancelled, InputError, OscineError, unknown

if TYPE_CHECKING:
    from oscine.core.monitor import Monitor
    from oscine.core.operations import Input, Operation
    from oscine.core.options import Option

ALIASES = {"classify": "predict", "ethogram": "segment", "accuracy": "evaluate"}
"""The peers' words for our commands."""


class OperationGroup(click.Group):
    """All operations, in the order of the workflow, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(OPERATIONS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in OPERATIONS:
            return None
        return OperationCommand(name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None:
            raise unknown("command", args[0], [*OPERATIONS, *ALIASES])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands, in the order of the workflow"):
            formatter.write_dl([(name, summary(name)) for name in OPERATIONS])
        with formatter.section("Also known as"):
            formatter.write_dl(list(ALIASES.items()))


def summary(name: str) -> str:
    """First line of an operation's docstring, read from its source without importing it."""
    spec = importlib.util.find_spec(OPERATIONS[name])
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return (ast.get_docstring(function) or "").split("\n", 1)[0].rstrip(".")


class OperationCommand(click.Command):
    """The command of one operation. Its options depend on the plug-ins chosen, so they are made per call."""

    def __init__(self, name: str) -> None:
        self.function = getattr(importlib.import_module(OPERATIONS[name]), name)
        self.operation: Operation = self.function.operation
        super().__init__(name, help=self.operation.description, params=[], callback=None)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        self.given = self._given(args)
        self.options = self._flattened()
        self.params = [*self._arguments(), *self._own_options(), *self._common_options()]
        if "--help" not in args and "--print-params" in args:
            for parameter in self.params:
                parameter.required = False
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            flags = [flag for parameter in self.params for flag in parameter.opts if flag.startswith("--")]
            raise unknown("option", error.option_name, flags) from None

    def _flattened(self) -> list[Option]:
        from oscine.core.options import flatten

        return flatten(self.operation.params, self.given)

    def _given(self, args: Sequence[str]) -> dict[str, Any]:
        """What decides the options: the parameter file and the plug-ins named so far."""
        from oscine.core.params import read_toml

        texts = {}
        for flag, value in zip(args, [*args[1:], ""], strict=True):
            name, sign, inline = flag.partition("=")
            if name.startswith("--"):
                texts[name[2:]] = inline if sign else value
        given: dict[str, Any] = {}
        if "params" in texts:
            given = read_toml(texts["params"])
            given = given.get(self.operation.name, given)
        for name in sorted(texts, key=lambda name: name.count(".")):
            from oscine.core.options import flatten

            path = tuple(part.replace("-", "_") for part in name.split("."))
            plugins = {option.path for option in flatten(self.operation.params, given) if option.form == "plugin"}
            if path in plugins:
                place = given
                for part in path[:-1]:
                    inner = place.get(part)
                    place[part] = inner if isinstance(inner, dict) else {"name": inner} if inner else {}
                    place = place[part]
                before = place.get(path[-1])
                same = isinstance(before, dict) and before.get("name") == texts[name]
                place[path[-1]] = before if same else {"name": texts[name]}
        return given

    def _arguments(self) -> Iterator[click.Parameter]:
        for item in self.operation.inputs:
            if item.required:
                many = item.name == self.operation.each
                yield click.Argument([item.name], nargs=-1 if many else 1, required=True, type=str)
            else:
                flag = f"--{item.name.replace('_', '-')}"
                yield click.Option([flag, item.name], type=str, metavar="PATH", help=_input_help(item))

    def _own_options(self) -> Iterator[click.Parameter]:
        for option in self.options:
            flag = f"--{option.name}"
            if option.form == "flag":
                opposite = "--" + ".".join([*option.name.split(".")[:-1], f"no-{option.name.split('.')[-1]}"])
                yield click.Option([f"{flag}/{opposite}", _dest(option)], default=None, help=_help(option))
            else:
                yield click.Option([flag, _dest(option)], type=str, metavar=_metavar(option), help=_help(option))

    def _common_options(self) -> Iterator[click.Parameter]:
        yield click.Option(["--params", "params_file"], metavar="FILE.toml", help="Read options from this file first.")
        yield click.Option(["--print-params"], is_flag=True, help="Print all options as TOML, and stop.")
        yield click.Option(
            ["--out"], metavar="PATH", help=f"Where to write. Default: {self.operation.out or 'nowhere'}."
        )
        yield click.Option(["--quiet"], is_flag=True, help="Say nothing but warnings and errors.")
        yield click.Option(["--json", "as_json"], is_flag=True, help="Print the result as JSON on standard output.")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        titles = {option.path: f"Options of --{option.name}" for option in self.options if option.form == "plugin"}
        places = {_dest(option): option.path for option in self.options}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                path = places.get(parameter.name or "", ())
                title = "Options" if path else "Always"
                for length in range(len(path) - 1, 0, -1):
                    if path[:length] in titles:
                        title = titles[path[:length]] + f" {self._plugin_name(path[:length])}"
                        break
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def _plugin_name(self, path: tuple[str, ...]) -> str:
        place: Any = self.given
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place = place.get("name")
        return place or next(option.default for option in self.options if option.path == path)

    def invoke(self, ctx: click.Context) -> int:
        values = dict(ctx.params)
        params = self._params(values)
        if values["print_params"]:
            _print_params(params.to_dict())
            return 0
        from oscine.terminal import TerminalMonitor

        with TerminalMonitor(quiet=values["quiet"] or values["as_json"]) as monitor:
            previous = signal.signal(
                signal.SIGINT, lambda *_: monitor.cancel() or signal.signal(signal.SIGINT, previous)
            )
            try:
                return self._run(values, params, monitor)
            finally:
                signal.signal(signal.SIGINT, previous)

    def _params(self, values: Mapping[str, Any]) -> Any:
        from oscine.core.options import assemble
        from oscine.core.params import read_toml

        texts = {option.path: values[_dest(option)] for option in self.options if values[_dest(option)] is not None}
        source = values["params_file"]
        start = read_toml(source) if source else {}
        start = start.get(self.operation.name, start)
        return self.operation.params.parse(assemble(texts, self.operation.params, start), source=source)

    def _run(self, values: Mapping[str, Any], params: Any, monitor: Monitor) -> int:
        operation = self.operation
        fixed = {
            item.name: _load(item, values[item.name])
            for item in operation.inputs
            if item.name != operation.each and values[item.name] is not None
        }
        results, failures = [], 0
        for name, value in self._each(values, monitor):
            try:
                if isinstance(value, InputError):
                    raise value
                results.append(self._once({**fixed, **value}, name, values["out"], params, monitor))
            except (InputError, OSError) as error:
                if operation.each is None or len(values[operation.each]) < 2:  # with one input, fail as it does
                    raise
                failures += 1
                monitor.warning(f"{error}")
        if values["as_json"]:
            report = results if operation.each else results[0]
            click.echo(json.dumps(report, indent=2, ensure_ascii=False, default=str))
        if failures:
            raise InputError(f"{failures} of {failures + len(results)} inputs could not be used; the others are done")
        return 0

    def _each(self, values: Mapping[str, Any], monitor: Monitor) -> Iterator[tuple[Path | None, Any]]:
        """The input that a command takes many of, one at a time, with the path that its output is named after."""
        each = next((item for item in self.operation.inputs if item.name == self.operation.each), None)
        if each is None:
            first = self.operation.inputs[0].name if self.operation.inputs else None
            yield (Path(values[first]) if first and values[first] else None), {}
            return
        gather = getattr(each.type, "gather", None)
        for text in values[each.name]:
            if gather is None:
                try:
                    yield Path(text), {each.name: _load(each, text)}
                except InputError as error:
                    yield Path(text), error
            else:
                for path, item in gather(text):
                    yield path, item if isinstance(item, InputError) else {each.name: item}

    def _once(
        self, inputs: Mapping[str, Any], name: Path | None, out: str | None, params: Any, monitor: Monitor
    ) -> Any:
        operation = self.operation
        target = _target(operation, name, out, many=operation.each is not None)
        extra = {"out": target} if operation.takes_out else {}
        result = self.function(**inputs, **extra, params=params, monitor=monitor)
        written: list[Any] = []
        if operation.save is not None:
            written = operation.save(result, target, params)
        elif target is not None and not operation.takes_out and hasattr(result, "save"):
            written = [result.save(target)]
        elif operation.takes_out and target is not None:
            written = [target]
        if text := str(result).strip():
            monitor.message(text)
        for path in written:
            monitor.message(f"wrote {_relative(path)}")
        described = result.summary() if hasattr(result, "summary") else str(result)
        return {
            "operation": operation.name,
            "input": str(name),
            "outputs": [str(path) for path in written],
            "result": described,
        }


def _target(operation: Operation, name: Path | None, out: str | None, *, many: bool) -> Path | None:
    """Where a result goes: `--out` (a folder where there are several), else the operation's own place."""
    if operation.out is None:
        return Path(out) if out else None
    stem, folder = (name.stem, str(name.parent)) if name is not None else ("", ".")
    default = Path(operation.out.format(stem=stem, folder=folder, time=datetime.now().strftime("%Y%m%dT%H%M%S")))
    if out is None:
        return default
    if many and (Path(out).is_dir() or out.endswith(os.sep)):
        return Path(out) / default.name
    return Path(out)


def _load(item: Input, text: str) -> Any:
    kinds = [kind for kind in getattr(item.type, "__args__", (item.type,)) if kind is not type(None)]
    for kind in kinds:
        if hasattr(kind, "load"):
            return kind.load(text)
    return kinds[0](text)


def _input_help(item: Input) -> str:
    return f"{item.name.replace('_', ' ').capitalize()} to use (optional)."


def _dest(option: Option) -> str:
    return "option_" + "__".join(option.path)


def _metavar(option: Option) -> str:
    if option.choices and option.form != "plugin" and len(option.choices) < 5:
        return "|".join(option.choices)
    return {"plugin": "NAME", "list": "A,B,…", "mapping": "A=B,…"}.get(option.form, option.unit or "VALUE")


def _help(option: Option) -> str:
    facts = []
    if option.form == "plugin":
        facts.append("one of " + ", ".join(option.choices))
    if option.bounds:
        facts.append(f"{option.bounds} {option.unit}".strip())
    if option.default:
        facts.append(f"default: {option.default}")
    return f"{option.help.rstrip('.')}. [{'; '.join(facts)}]" if facts else option.help


def _print_params(values: Mapping[str, Any]) -> None:
    import tomli_w

    def without_none(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: without_none(item) for key, item in value.items() if item is not None}
        return value

    click.echo(tomli_w.dumps(without_none(values)), nl=False)


def _relative(path: str | Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"warning: {message}", err=True)


@click.group(cls=OperationGroup, invoke_without_command=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="oscine %(version)s")
def cli() -> None:
    """Finds, names and measures the sounds that animals make, and says how sure it is.

    A usual day: detect sounds, mark some by hand, train, predict, segment, look at what was missed.
    Try it all on a synthetic fly: oscine demo.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and turn every error into one line and an exit code."""
    warnings.showwarning = _show_warning
    name = "oscine"
    try:
        code = cli.main(
            args=list(arguments) if arguments is not None else None, prog_name="oscine", standalone_mode=False
        )
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        name = context.command_path if context else name
        code = _complain(name, f"{error.format_message()} See {name} --help.")
    except Cancelled as error:
        _complain(name, str(error))
        code = 130
    except OscineError as error:
        code = _complain(name, str(error))
    except (KeyboardInterrupt, click.Abort):
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception:  # noqa: BLE001 - the last line of defence: say whose fault it is
        traceback.print_exc()
        click.echo(f"{name}: this is a fault of Oscine, not of yours; please report the lines above", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _complain(name: str, text: str) -> int:
    click.echo(f"{name}: error: {' '.join(text.split())}", err=True)
    return 2
