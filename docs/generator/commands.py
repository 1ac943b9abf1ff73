"""The command line, as the application itself describes it."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import typer.main

from spec_notify.cli import COMMANDS
from spec_notify.cli.app import build

from .tables import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands() -> str:
    """Answer the root's options, then every command in the order of `--help`."""
    root: Any = typer.main.get_command(build(None, COMMANDS))
    everywhere = [each for each in root.params if each.name != "help"]
    parts = [f"### Options every command takes\n\n{_options(everywhere)}"]
    for name in COMMANDS:
        parts += _command(f"spec-notify {name}", root.commands[name])
    return "\n\n".join(parts)


def _command(name: str, command: Any) -> Iterator[str]:
    own = [each for each in command.params if each.name != "help"]
    arguments = [each for each in own if each.param_type_name == "argument"]
    options = [each for each in own if each.param_type_name == "option"]
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        words = [name, *(["[OPTIONS]"] if options else []), *(_shown(each) for each in arguments)]
        lines = [f"### {code(' '.join(words))}", cleandoc(command.callback.__doc__ or "")]
        lines += [_arguments(arguments)] if arguments else []
        lines += [_options(options)] if options else []
        yield "\n\n".join(lines)
    for key, each in inner.items():
        yield from _command(f"{name} {key}", each)


def _shown(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _arguments(found: list[Any]) -> str:
    rows = ((code(_shown(each)), each.help or "") for each in found)
    return table(("argument", "what"), rows)


def _options(found: list[Any]) -> str:
    rows = ((code(_spelled(each)), _help(each), _default(each)) for each in found)
    return table(("option", "what", "default"), rows)


def _spelled(option: Any) -> str:
    words = ", ".join(option.opts)
    if option.is_flag:
        return words
    return f"{words} {option.metavar or option.type.name.removesuffix(' range').upper()}"


def _help(option: Any) -> str:
    """Answer an option's help with its bounds, where it has any."""
    least, most = (getattr(option.type, bound, None) for bound in ("min", "max"))
    if least is None or (least, most) == (0, None):
        return option.help or ""
    return f"{option.help} {f'At least {least}' if most is None else f'{least} to {most}'}."


def _default(option: Any) -> str:
    if option.required:
        return "required"
    return "" if option.default is None or option.is_flag else code(str(option.default))
