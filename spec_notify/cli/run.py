"""`spec-notify run -- COMMAND`: run a command as if we were not there, and tell what it came to."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.log_line import Level

from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.disk.child import Ended

    from .run_telling import Telling


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("run")(run)


def run(
    context: typer.Context,
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="The command and its words.")
    ],
    workflow: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The workflow's name; default: the command's."),
    ] = None,
    step_type: Annotated[
        str, typer.Option("--step-type", metavar="TYPE", help="What kind of step it is.")
    ] = "command",
    drain: Annotated[
        str, typer.Option(help="How long to deliver once it has ended; 0s leaves that to others.")
    ] = "10s",
) -> int:
    """Run a command, tell that it began and how it ended, and exit with its exit code.

    Its streams are untouched and signals reach it. Where nothing can be told, a line on stderr
    says why, and it runs all the same. Its words never leave this machine: only the workflow's
    name and the command's own.
    """
    from spec_notify.core.instant import parse_duration
    from spec_notify.disk.child import Child, environment

    here = session(context)
    budget = parse_duration(drain)
    began = time.perf_counter()
    child = Child.start(command, environment())
    # Loaded once the command runs, which need not wait for it.
    from .run_telling import Telling

    telling = Telling(command[0], began, workflow=workflow, step_type=step_type, budget=budget)
    telling.start(repo=here.repo, config_file=here.config_file)
    ended = child.wait() if isinstance(child, Child) else child
    telling.ended(ended)
    if not isinstance(child, Child):
        # As a shell would: what was not started cannot say so itself.
        here.talk(f"spec-notify: {telling.name}: {ended.error}", level=Level.WARNING)
    _let_go_of_streams()
    done = telling.join(child.release if isinstance(child, Child) else None)
    return _told(here, telling, ended, done=done)


def _let_go_of_streams() -> None:
    """Have whoever reads the command's output see its end now, not when we are done telling."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _told(here: Session, telling: Telling, ended: Ended, *, done: bool) -> int:
    """Say what went wrong with telling, and answer the command's exit code."""
    for line in telling.lines():
        here.talk(f"spec-notify: {line}", level=Level.WARNING)
    if not done:
        sys.stderr.flush()
        # The thread that still tells must not keep the caller waiting; what is spooled is safe.
        os._exit(ended.code)
    return ended.code
