"""`spec-notify purge`: throw away what is finished before its time is up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.delivery import State
from spec_notify.core.instant import parse_duration, rfc3339

from .output import plural
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
    instant,
    only,
    show,
)
from .session import session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.delivery import Delivery

FINISHED = (State.DELIVERED, State.DEAD, State.CANCELLED)


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("purge")(purge)


def purge(
    context: typer.Context,
    ids: Ids = None,
    failed: Failed = False,
    state: States = None,
    since: Since = None,
    until: Until = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="DURATION", help="Queued longer ago than this."),
    ] = None,
    subscription: OfSubscription = None,
    type: OfType = None,
    spec: OfSpec = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> int:
    """Delete delivered, dead or cancelled deliveries now; never open ones, and never evidence.

    A purged delivery cannot be replayed: it always asks. Retention does the same by itself later.
    """
    here = session(context)
    words = Selection(
        tuple(ids or ()),
        failed,
        tuple(state or ()),
        since,
        _before(until, older_than),
        subscription,
        type,
        spec,
    )
    wiring = here.wiring()
    found = find(here, wiring, words, "purge")
    chosen = only(here, found, FINISHED, words, verb="purged")
    if not agreed(here, "purge", chosen, past="purged", dry_run=dry_run, yes=yes, above=0):
        return 0
    gone = wiring.spool.discard([each.id for each in chosen]) if chosen else []
    for line in _log(gone, stayed=len(chosen) - len(gone)):
        here.talk(line)
    show(here, "purge", [(each, None) for each in gone], "purged")
    return 0


def _before(until: str | None, older_than: str | None) -> str | None:
    """Answer the earlier end of `--until` and `--older-than`."""
    from spec_notify.wiring import now

    if older_than is None:
        return until
    ends = [now() - parse_duration(older_than), instant(until)]
    return rfc3339(min(each for each in ends if each is not None))


def _log(gone: list[Delivery], *, stayed: int) -> Iterator[str]:
    dead = sum(each.state is State.DEAD for each in gone)
    yield f"purged {plural(len(gone), 'delivery')}, {plural(dead, 'dead letter')} among them"
    if stayed:
        yield (
            f"{plural(stayed, 'delivery')} stayed: evidence of it waits for its file, or it is "
            "under way again; `spec-notify deliver` writes evidence"
        )
