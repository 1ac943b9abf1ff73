"""`spec-notify ack`: a human has seen a dead letter; the evidence says who and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from spec_notify.core.delivery import State

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
    user,
)
from .session import session

if TYPE_CHECKING:
    from spec_notify.ports import Settled
    from spec_notify.wiring import Wiring


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("ack")(ack)


def ack(
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
    """Acknowledge dead letters: who and when goes into the evidence.

    They stay dead letters that can be replayed, but are no longer counted or listed as failed.
    One that is replayed and dies again has to be acknowledged again.
    """
    here = session(context)
    words = Selection(
        tuple(ids or ()), failed, tuple(state or ()), since, until, subscription, type, spec
    )
    wiring = here.wiring()
    found = find(here, wiring, words, "acknowledge")
    chosen = only(here, found, (State.DEAD,), words, verb="acknowledged")
    if not agreed(
        here,
        "ack",
        chosen,
        past="acknowledged",
        verb="acknowledge",
        dry_run=dry_run,
        yes=yes,
    ):
        return 0
    noted = _acknowledge(wiring, [each.id for each in chosen]) if chosen else []
    paths = _project(wiring, noted)
    did = [(each.delivery, path) for each, path in zip(noted, paths, strict=True)]
    known = len(chosen) - len(noted)
    if known:
        here.talk(f"{known} already acknowledged")
    show(here, "ack", did, "acknowledged")
    return 0


def _acknowledge(wiring: Wiring, ids: list[str]) -> list[Settled]:
    from spec_notify.core.evidence import acknowledgement_record
    from spec_notify.wiring import now

    at, by = now(), user()
    return wiring.spool.acknowledge(
        ids, lambda each: acknowledgement_record(each, by=by, at=at), now=at
    )


def _project(wiring: Wiring, noted: list[Settled]) -> list[str | None]:
    """Write the records as files; what cannot be written now is written by the next delivery."""
    paths = [wiring.evidence.write(each.record) for each in noted]
    stand = [each.record.row for each, path in zip(noted, paths, strict=True) if path]
    if stand and wiring.evidence.sync():
        wiring.spool.projected(stand)
    return paths
