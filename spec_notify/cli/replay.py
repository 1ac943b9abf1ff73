"""`spec-notify --replay`: send again, under the same id, with a fresh signature."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spec_notify.core.errors import UsageError

from .output import columns, plural, say
from .session import Session, session

if TYPE_CHECKING:
    from collections.abc import Collection

    from spec_notify.core.delivery import Delivery
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.ports import Query
    from spec_notify.wiring import Wiring

ASK_ABOVE = 20


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("replay")(replay)


def replay(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="dlv_ or evt_ ids.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Every dead or parked one.")] = False,
    since: Annotated[str | None, typer.Option(help="Queued at or after this instant.")] = None,
    until: Annotated[str | None, typer.Option(help="Queued before this instant.")] = None,
    subscription: Annotated[str | None, typer.Option(help="Only this subscription's.")] = None,
    type: Annotated[str | None, typer.Option("--type", help="Only this event type.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent.")] = False,
    drain: Annotated[str, typer.Option(help="How long to deliver if no watcher lives.")] = "10s",
    yes: Annotated[bool, typer.Option("--yes", help=f"Do not ask above {ASK_ABOVE}.")] = False,
) -> int:
    """Queue deliveries again and deliver them; evidence says who and when."""
    from spec_notify.core.instant import parse_duration

    here = session(context)
    budget = parse_duration(drain)
    query = _query(ids or [], since, until, subscription, type, failed=failed)
    wiring = here.wiring()
    if not dry_run:
        wiring.require_enabled()
    chosen = _chosen(here, wiring, query)
    if dry_run:
        _show(here, chosen, "would be replayed")
        return 0
    if len(chosen) > ASK_ABOVE and not yes and not _sure(len(chosen)):
        raise UsageError("nothing replayed: say --yes to replay this many")
    return _replay(here, wiring, chosen, budget)


def _replay(here: Session, wiring: Wiring, chosen: list[Delivery], budget: int) -> int:
    from spec_notify.wiring import now

    queued = wiring.spool.replay([each.id for each in chosen], by=_user(), now=now())
    attempts = _deliver(wiring, budget)
    return _report(here, wiring, queued, attempts)


def _query(
    ids: list[str],
    since: str | None,
    until: str | None,
    subscription: str | None,
    type: str | None,
    *,
    failed: bool,
) -> Query:
    from spec_notify.core.delivery import State
    from spec_notify.ports import Query

    if not (ids or failed or since or until or subscription or type):
        raise UsageError("replay what? Give ids, --failed, --since, --subscription or --type")
    for each in ids:
        if not each.startswith(("evt_", "dlv_")):
            raise UsageError(f"{each} is no id: one starts with evt_ or dlv_ (`--list` shows them)")
    return Query(
        ids=tuple(ids),
        states=(State.DEAD, State.PARKED) if failed else (),
        subscription=subscription,
        type=type,
        since=_instant(since),
        until=_instant(until),
    )


def _instant(text: str | None) -> int | None:
    from spec_notify.core.instant import parse_rfc3339

    try:
        return parse_rfc3339(text) if text else None
    except ValueError:
        raise UsageError(f"{text} is no instant: write 2026-11-20T10:00:00Z") from None


def _chosen(here: Session, wiring: Wiring, query: Query) -> list[Delivery]:
    """Answer what can be replayed; what was asked for by id and cannot be is refused."""
    every = wiring.spool.find(query) if wiring.has_spool else []
    _check(query.ids, every)
    found = [each for each in every if not each.probe]
    if query.ids and len(found) < len(every):
        raise UsageError("a test has one attempt and no replay: run `spec-notify --test` again")
    if not wiring.config.enabled:
        return found
    known = {each.name for each in wiring.config.subscriptions}
    lost = sorted({each.subscription for each in found} - known)
    if lost and query.ids:
        raise UsageError(f"{_named(lost)}: put it back, then replay")
    if lost:
        here.talk(f"{_named(lost)}: what was meant for it is left out")
    return [each for each in found if each.subscription in known]


def _named(lost: list[str]) -> str:
    return f"no subscription of this name is in the config: {', '.join(lost)}"


def _check(ids: Collection[str], chosen: list[Delivery]) -> None:
    known = {name for each in chosen for name in (each.id, each.event)}
    missing = [each for each in ids if each not in known]
    if missing:
        raise UsageError(f"no such delivery or event: {', '.join(missing)}")
    flying = [each.id for each in chosen if each.state == "in_flight"]
    if flying:
        raise UsageError(f"{', '.join(flying)}: under way right now; replay it when it has ended")


def _sure(count: int) -> bool:
    if not sys.stdin.isatty():
        return False
    return typer.confirm(f"Replay {count} deliveries?", err=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _deliver(wiring: Wiring, budget: int) -> list[Attempted]:
    from spec_notify.wiring.delivering import drained

    if wiring.watching.lives():
        wiring.watching.poke()
        return []
    return drained(wiring, budget)


def _report(
    here: Session, wiring: Wiring, queued: list[Delivery], attempts: list[Attempted]
) -> int:
    from spec_notify.core.delivery import State
    from spec_notify.ports import Query

    last = {each.delivery.id: each for each in attempts}
    ids = tuple(each.id for each in queued)
    after = wiring.spool.find(Query(ids=ids)) if ids else []
    results = [_result(each, last.get(each.id)) for each in after]
    if not here.answer("replay", results=results):
        _show(here, after, "replayed")
    states = {each.state for each in after}
    if State.DEAD in states:
        here.talk("a replay failed for good again: mend the endpoint before the next try")
        return 1
    return 75 if states & {State.PENDING, State.IN_FLIGHT, State.PARKED} else 0


def _result(delivery: Delivery, attempt: Attempted | None) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "event": delivery.event,
        "subscription": delivery.subscription,
        "state": delivery.state,
        "status": delivery.last_status,
        "attempts": delivery.attempts,
        "evidence": attempt.evidence if attempt else None,
    }


def _show(here: Session, deliveries: list[Delivery], what: str) -> None:
    if here.json:
        here.answer("replay", results=[_result(each, None) for each in deliveries])
        return
    say(f"{plural(len(deliveries), 'delivery')} {what}")
    columns(
        (each.id, each.state, each.subscription, each.task or "-", str(each.last_status or "-"))
        for each in deliveries
    )
