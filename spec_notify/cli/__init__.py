"""The front door: one command, one file, and only the one that was asked for is imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_notify.words import Words

COMMANDS = {
    "init": "init",
    "trust": "trust",
    "hooks": "hooks",
    "watch": "watch",
    "scan": "scan",
    "deliver": "deliver",
    "test": "test",
    "list": "list",
    "replay": "replay",
    "accept": "accept",
    "diff": "diff",
    "doctor": "doctor",
    "config": "config",
    "secret": "secret",
    "sign": "sign",
    "verify": "sign",
    "listen": "listen",
    "schema": "schema",
    "evidence": "evidence",
    "demo": "demo",
}
"""Command → the module of this package that holds it; the order of `--help`."""


def main(words: Words) -> int:
    """Run one command; answer its exit code (contract, section 8)."""
    from spec_notify.core.errors import SpecNotifyError

    from .output import tell

    try:
        return _run(words)
    except SpecNotifyError as error:
        tell(f"spec-notify: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader left: what it did not want to read is no fault.
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - a bug: one line for people, the rest in a file
        from .crash import report

        tell(f"spec-notify: this is a bug: {report(error)}")
        return 70


def _run(words: Words) -> int:
    from typer.exceptions import TyperException

    from spec_notify.core.errors import NotEnabledError

    from .app import build
    from .session import Session

    app = build(words.command, COMMANDS)
    arguments = [*words.root, *([words.command] if words.command else []), *words.rest]
    session = Session(repo=words.repo, config_file=words.config, json=words.json, quiet=words.quiet)
    refused = False
    try:
        code = app(arguments, prog_name="spec-notify", standalone_mode=False, obj=session)
    except TyperException as error:
        getattr(error, "show", lambda: None)()
        return error.exit_code
    except NotEnabledError:
        # Its words say what the notices would.
        refused = True
        raise
    finally:
        session.close(refused=refused)
    return code if isinstance(code, int) else 0
