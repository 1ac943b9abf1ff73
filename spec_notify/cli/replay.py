"""`spec-notify --replay`: send again, under the same id, with a fresh signature."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from spec_notify.core.delivery import State
from spec_notify.core.errors import IllegalMoveError, UsageError
from spec_notify.core.instant import parse_duration, rfc3339

from .interrupted import Interrupted
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
    show,
    user,
)
from .session import Session, session
from .talk import lively

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_notify.core.delivery import Delivery
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.wiring import Wiring

OPEN = {State.PENDING, State.IN_FLIGHT}
_NAMED = 3
"""How many dead letters are named where any number may be meant."""


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("replay")(replay)


def replay(
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
    drain: Annotated[str, typer.Option(help="How long to deliver if no watcher lives.")] = "10s",
    yes: Yes = False,
) -> int:
    """Queue deliveries again and deliver them; evidence says who and when.

    Above 20 it asks. Given the same words again after it was interrupted, it goes on: what it has
    delivered by then is not sent twice.
    """
    here = session(context)
    budget = parse_duration(drain)
    words = Selection(
        tuple(ids or ()), failed, tuple(state or ()), since, until, subscription, type, spec
    )
    words.query("replay")
    wiring = here.wiring()
    if not dry_run:
        wiring.require_enabled()
    chosen = _chosen(here, wiring, words)
    key = msgspec.json.encode(tuple(words)).decode()
    done = _done(here, wiring, key, chosen)
    left = [each for each in chosen if each not in done]
    if not agreed(here, "replay", left, past="replayed", dry_run=dry_run, yes=yes):
        return 0
    return _replay(here, wiring, key, done, left, budget)


def _chosen(here: Session, wiring: Wiring, words: Selection) -> list[Delivery]:
    """Answer what can be replayed; what was asked for by id and cannot be is refused."""
    every = find(here, wiring, words, "replay")
    flying = [each.id for each in every if each.state is State.IN_FLIGHT]
    if flying and words.ids:
        raise UsageError(f"{', '.join(flying)}: under way right now; replay it when it has ended")
    if flying:
        here.talk(f"{plural(len(flying), 'delivery')} left out: under way right now")
    found = [each for each in every if not each.probe]
    if words.ids and len(found) < len(every):
        raise UsageError("a test has one attempt and no replay: run `spec-notify --test` again")
    found = [each for each in found if each.state is not State.IN_FLIGHT]
    if not wiring.config.enabled:
        return found
    known = {each.name for each in wiring.config.subscriptions}
    lost = sorted({each.subscription for each in found} - known)
    if lost and words.ids:
        raise UsageError(f"{_named(lost)}: put it back, then replay")
    if lost:
        here.talk(f"{_named(lost)}: what was meant for it is left out")
    return [each for each in found if each.subscription in known]


def _named(lost: list[str]) -> str:
    return f"no subscription of this name is in the config: {', '.join(lost)}"


def _done(here: Session, wiring: Wiring, key: str, chosen: list[Delivery]) -> list[Delivery]:
    """Answer what a replay of the same words, which did not end, has delivered already."""
    unended = Interrupted(wiring.state)
    since = unended.since(key)
    if since is None:
        return []
    if unended.was_left() and not _is_open(wiring, since):
        # It came to its end after its command did: said again, the words mean another replay.
        unended.end()
        return []
    done = [
        each
        for each in chosen
        if each.state is State.DELIVERED and (each.replayed_at or since - 1) >= since
    ]
    here.talk(f"going on with the replay of {rfc3339(since)}: {len(done)} delivered by it already")
    return done


def _is_open(wiring: Wiring, since: int) -> bool:
    from spec_notify.ports import Query

    queued = wiring.spool.find(Query(states=tuple(OPEN)))
    return any((each.replayed_at or since - 1) >= since for each in queued)


def _replay(
    here: Session,
    wiring: Wiring,
    key: str,
    done: list[Delivery],
    left: list[Delivery],
    budget: int,
) -> int:
    from spec_notify.ports import Query
    from spec_notify.wiring import now

    unended, at = Interrupted(wiring.state), now()
    if left:
        unended.begin(key, unended.since(key) or at)
    try:
        queued = wiring.spool.replay([each.id for each in left], by=user(), now=at) if left else []
    except IllegalMoveError:
        raise UsageError("nothing replayed: one of them was claimed just now; try again") from None
    attempts = _deliver(here, wiring, queued, budget)
    ids = tuple(each.id for each in (*queued, *done))
    after = wiring.spool.find(Query(ids=ids)) if ids else []
    if OPEN & {each.state for each in after}:
        unended.leave()
    else:
        unended.end()
    return _report(here, after, attempts)


def _deliver(here: Session, wiring: Wiring, queued: list[Delivery], budget: int) -> list[Attempted]:
    from spec_notify.wiring.delivering import drained

    if wiring.watching.lives():
        wiring.watching.poke()
        return []
    with _progress(here, len(queued)) as heard:
        return drained(wiring, budget, heard)


@contextmanager
def _progress(here: Session, count: int) -> Iterator[Callable[[Attempted], None]]:
    """Show on a terminal how many of them have come to an end; elsewhere nothing."""
    if not count or here.quiet or here.json or not lively():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("replaying", total=count)

        def heard(attempted: Attempted) -> None:
            if attempted.delivery.replayed_at and attempted.delivery.state not in OPEN:
                progress.advance(bar)

        yield heard


def _report(here: Session, after: list[Delivery], attempts: list[Attempted]) -> int:
    last = {each.delivery.id: each.evidence for each in attempts}
    show(here, "replay", [(each, last.get(each.id)) for each in after], "replayed")
    dead = [each.id for each in after if each.state is State.DEAD]
    if dead:
        more = f" and {len(dead) - _NAMED} more" if len(dead) > _NAMED else ""
        here.talk(
            f"{', '.join(dead[:_NAMED])}{more} failed for good again: mend the endpoint before the "
            f"next try, or `spec-notify export {dead[0]}` for a file that anyone can send with curl"
        )
        return 1
    waiting = {each.state for each in after} & {*OPEN, State.PARKED}
    return 75 if waiting else 0
