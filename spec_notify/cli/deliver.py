"""`spec-notify deliver`: one pass over the spool, then exit."""

from __future__ import annotations

from typing import Annotated

import typer

from spec_notify.wiring.delivering import drained

from .output import plural, say
from .session import session

__all__ = ["deliver", "drained", "register"]


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("deliver")(deliver)


def deliver(
    context: typer.Context,
    drain: Annotated[
        str, typer.Option(help="Also wait for retries that come due within this time.")
    ] = "30s",
) -> int:
    """Attempt what is due; exit 75 when something is still queued, 1 when something died."""
    from spec_notify.core.delivery import State
    from spec_notify.core.instant import parse_duration

    here = session(context)
    wiring = here.wiring()
    wiring.require_enabled()
    attempts = drained(wiring, parse_duration(drain))
    died = sum(1 for each in attempts if each.delivery.state is State.DEAD)
    arrived = sum(1 for each in attempts if each.delivery.state is State.DELIVERED)
    counts = wiring.spool.counts()
    if not here.answer("deliver", delivered=arrived, died=died, counts=counts):
        waiting = counts[State.PENDING]
        say(f"{arrived} delivered, {plural(died, 'dead letter')}, {waiting} still queued")
    if died:
        return 1
    return 75 if counts[State.PENDING] or counts[State.IN_FLIGHT] else 0
