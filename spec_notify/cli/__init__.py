"""The front door: one command, one file, and only the one that was asked for is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typer.exceptions import TyperException

    from spec_notify.words import Words

COMMANDS = {
    "init": "init",
    "trust": "trust",
    "hooks": "hooks",
    "watch": "watch",
    "scan": "scan",
    "deliver": "deliver",
    "poll-run": "poll_run",
    "deliver-team": "deliver_team",
    "test": "test",
    "list": "list",
    "replay": "replay",
    "emit": "emit",
    "run": "run",
    "cancel": "cancel",
    "ack": "ack",
    "export": "export",
    "purge": "purge",
    "report": "report",
    "metrics": "metrics",
    "accept": "accept",
    "diff": "diff",
    "explain": "explain",
    "history": "history",
    "doctor": "doctor",
    "config": "config",
    "secret": "secret",
    "sign": "sign",
    "verify": "sign",
    "listen": "listen",
    "serve": "serve",
    "schema": "schema",
    "evidence": "evidence",
    "demo": "demo",
}
"""Command → the module of this package that holds it; the order of `--help`."""


def main(words: Words) -> int:
    """Run one command; answer its exit code (contract, section 8)."""
    from spec_notify.core.errors import SpecNotifyError, SpoolError

    from .output import let_go
    from .talk import TALK, fail

    try:
        TALK.choose(words.log_format)
        return _run(words)
    except SpecNotifyError as error:
        fail(str(error), code=error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader left: what it did not want to read is no fault.
        let_go()
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(f"{place}{error.strerror or error}", code=SpoolError.exit_code)
        return SpoolError.exit_code
    except Exception as error:  # noqa: BLE001 - a bug: one line for people, the rest in a file
        from .crash import report

        fail(f"this is a bug: {report(error)}", code=70)
        return 70


def _run(words: Words) -> int:
    from typer import Abort
    from typer.exceptions import TyperException

    from spec_notify.core.errors import NotEnabledError

    from .app import build
    from .output import flush
    from .session import Session

    _check(words)
    app = build(words.command, COMMANDS)
    arguments = [*words.root, *([words.command] if words.command else []), *words.rest]
    session = Session(repo=words.repo, config_file=words.config, json=words.json, quiet=words.quiet)
    refused = False
    try:
        code = app(arguments, prog_name="spec-notify", standalone_mode=False, obj=session)
        flush()
    except TyperException as error:
        return _refuse(error)
    except Abort:
        return 130
    except SystemExit as ended:
        # What typer makes of a pipe that nobody reads.
        raise BrokenPipeError from ended
    except NotEnabledError:
        # Its words say what the notices would.
        refused = True
        raise
    finally:
        session.close(refused=refused)
    return code if isinstance(code, int) else 0


def _refuse(error: TyperException) -> int:
    """Say what the parser says of wrong words, which it repeats as they came."""
    from io import StringIO

    from spec_notify.core.log_line import Level

    from .talk import fail, tell

    said = StringIO()
    show = getattr(error, "show", None)
    if show is not None:
        show(said)
    if shown := said.getvalue().rstrip():
        tell(shown, level=Level.ERROR, exitCode=error.exit_code)
    else:
        fail(str(error), code=error.exit_code)
    return error.exit_code


def _check(words: Words) -> None:
    """Refuse a `--repo` or `--config` without value, and a folder that is not there.

    A misspelt folder must not become the repository above it.
    """
    from spec_notify.core.errors import UsageError

    for option, value in (
        ("--repo", words.repo),
        ("--config", words.config),
        ("--log-format", words.log_format),
    ):
        if value == "":
            raise UsageError(f"{option} needs a value")
    if words.command == "run" and not {"--", "-h", "--help"} & {*words.rest}:
        # Else an option of the command's own, as -q, would be taken for one of ours.
        raise UsageError("the command to run stands after --, as in: spec-notify run -- make test")
    if words.repo is not None and not Path(words.repo).is_dir():
        raise UsageError(f"--repo {words.repo}: there is no such folder")
