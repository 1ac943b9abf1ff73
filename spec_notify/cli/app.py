"""The typer application, built for the one command that was asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

HELP = "Tell people and machines, at once and provably, that a task in a repository is done."


def build(command: str | None, commands: Mapping[str, str]) -> typer.Typer:
    """Answer an app that knows `command`, or all commands when it is none of them."""
    app = typer.Typer(
        help=HELP,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=False)(_root)
    known = command is not None and command in commands
    modules = [commands[str(command)]] if known else dict.fromkeys(commands.values())
    for module in modules:
        import_module(f".{module}", __package__).register(app)
    return app


def _version(asked: bool) -> None:
    if asked:
        from spec_notify import __version__

        typer.echo(f"spec-notify {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    repo: Annotated[
        str | None, typer.Option("--repo", metavar="PATH", help="The repository; default: here.")
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Use this config file.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    log_format: Annotated[
        str | None,
        typer.Option(
            "--log-format",
            metavar="FORMAT",
            help="How to talk on stderr: text, or json for one object a line.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No talk on stderr.")] = False,
) -> None:
    """Tell people and machines, at once and provably, that a task in a repository is done.

    These options may stand before or after a command. `--test`, `--list` and `--replay` are
    spellings of the commands `test`, `list` and `replay`.
    """
