"""`spec-notify deliver`: one pass over the spool, then exit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .output import plural, say
from .session import session

if TYPE_CHECKING:
    from spec_notify.wiring import Wiring


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
    from spec_notify.wiring.delivering import drained

    here = session(context)
    wiring = here.wiring()
    wiring.require_enabled()
    budget = parse_duration(drain)
    for trouble in unready(wiring):
        here.talk(trouble)
    dead = wiring.spool.counts()[State.DEAD]
    attempts = drained(wiring, budget)
    arrived = sum(1 for each in attempts if each.delivery.state is State.DELIVERED)
    counts = wiring.spool.counts()
    # Not only attempts make dead letters: one may have waited past its expiry.
    died = max(counts[State.DEAD] - dead, 0)
    if not here.answer("deliver", delivered=arrived, died=died, counts=counts):
        waiting = counts[State.PENDING]
        parked = f", {counts[State.PARKED]} parked" if counts[State.PARKED] else ""
        said = f"{arrived} delivered, {plural(died, 'dead letter')}, {waiting} still queued"
        say(said + parked)
    if died:
        return 1
    return 75 if counts[State.PENDING] or counts[State.IN_FLIGHT] else 0


def unready(wiring: Wiring) -> list[str]:
    """Say of each subscription that cannot be served why; its deliveries are parked meanwhile."""
    return [
        f"{name}: {route.unready.replace('_', ' ')}: {route.why}; its deliveries are parked"
        for name, route in wiring.routes().items()
        if route.unready is not None and route.unready != "disabled"
    ]
