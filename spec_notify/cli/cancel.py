"""`spec-notify cancel`: take what waits out of the queue."""

from __future__ import annotations

import typer

from spec_notify.core.delivery import Signal, sources_of
from spec_notify.core.errors import IllegalMoveError, UsageError

from .selection import (
    DryRun,
    Failed,
    Ids,
    OfSpec,
    OfSubscription,
    OfType,
    Selection,
    Since,
    States,
    Until,
    Yes,
    agreed,
    find,
    only,
    show,
)
from .session import session


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("cancel")(cancel)


def cancel(
    context: typer.Context,
    ids: Ids = None,
    failed: Failed = False,
    state: States = None,
    since: Since = None,
    until: Until = None,
    subscription: OfSubscription = None,
    type: OfType = None,
    spec: OfSpec = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> int:
    """Cancel pending or parked deliveries; `--replay` sends one after all.

    Nothing else can be cancelled: what is in flight is under way, and the rest has ended.
    """
    from spec_notify.wiring import now

    here = session(context)
    words = Selection(
        tuple(ids or ()), failed, tuple(state or ()), since, until, subscription, type, spec
    )
    wiring = here.wiring()
    waiting = sources_of(Signal.CANCEL)
    found = find(here, wiring, words, "cancel")
    chosen = only(here, found, waiting, words, verb="cancelled")
    if not agreed(here, "cancel", chosen, past="cancelled", dry_run=dry_run, yes=yes):
        return 0
    try:
        done = wiring.spool.cancel([each.id for each in chosen], now=now()) if chosen else []
    except IllegalMoveError:
        raise UsageError("nothing cancelled: one of them was claimed just now; try again") from None
    show(here, "cancel", [(each, None) for each in done], "cancelled")
    return 0
