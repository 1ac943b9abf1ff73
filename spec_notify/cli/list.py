"""`spec-notify --list`: what is queued, held, parked, dead and recent, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import typer

from spec_notify.core.feed import is_feed
from spec_notify.core.listing import facts, guidance
from spec_notify.pipeline.listing import document, held
from spec_notify.pipeline.vitals import vitals

from .board import board
from .output import plural, say
from .session import session
from .vitals import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spec_notify.core.delivery import Delivery, State
    from spec_notify.core.snapshot import Notice
    from spec_notify.ports import Query
    from spec_notify.wiring import Wiring

HEADINGS = ("delivery", "state", "to", "task", "tried", "last", "when")
_SETTLED = ("delivered", "cancelled")


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("list")(list_)


def list_(
    context: typer.Context,
    spec: Annotated[
        str | None, typer.Argument(metavar="[SPEC-ID]", help="Only this SPEC's deliveries.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only dead and parked ones.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many deliveries at most.")] = 100,
) -> int:
    """Show deliveries, newest first, with counts, next attempts and guidance.

    JSON adds to what other programs rely on: `acknowledged` (dead letters that `counts` leaves
    out), `oldestPendingAt`, `nextAttemptAt`, the `latency` of the latest 1,000 that arrived, and
    the `breakers` that hold a destination's deliveries back.
    """
    from spec_notify.core.delivery import State
    from spec_notify.ports import Query

    here = session(context)
    wiring = here.wiring()
    states = (State.DEAD, State.PARKED) if failed else ()
    listing = wiring.workspace.listing(wiring.config.paths)
    for notice in listing.notices:
        here.talk(notice.message)
    if wiring.git is not None and wiring.git.is_bare:
        from spec_notify.wiring import BARE

        here.talk(BARE)
    query = Query(spec=spec, states=states)
    page = _page(wiring, query, limit, (*listing.documents, *wiring.trees.paths))
    shown = [facts(each, page.seen) for each in page.deliveries]
    if not here.answer("list", **page.facts(shown)):
        _print(page)
    return 0


class _Page(NamedTuple):
    """What there is to show, in the order and by the names of `--list --json`."""

    counts: dict[State, int]
    held: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    truncated: bool
    deliveries: list[Delivery]
    seen: Mapping[str, int]
    """The acknowledged dead letters; `counts` leaves them out."""
    vitals: dict[str, Any]
    breakers: list[dict[str, Any]]

    def facts(self, deliveries: list[dict[str, Any]]) -> dict[str, Any]:
        """Answer the page as JSON has it."""
        shown = self._asdict() | {"deliveries": deliveries}
        seen, vitals, breakers = (shown.pop(each) for each in ("seen", "vitals", "breakers"))
        return {**shown, "acknowledged": len(seen), **vitals, "breakers": breakers}


def _page(wiring: Wiring, query: Query, limit: int, paths: Sequence[str]) -> _Page:
    from spec_notify.core.delivery import State

    counts = wiring.spool.counts() if wiring.has_spool else dict.fromkeys(State, 0)
    seen = wiring.spool.acknowledged() if wiring.has_spool else {}
    query = msgspec.structs.replace(query, limit=limit + 1 + len(seen))
    found = wiring.spool.find(query) if wiring.has_spool else []
    if query.states:
        found = [each for each in found if each.id not in seen]
    return _Page(
        counts={**counts, State.DEAD: counts[State.DEAD] - len(seen)},
        held=held(wiring.spool.documents() if wiring.has_spool else {}),
        documents=[document(*each) for each in (*_documents(wiring, paths), *_feeds(wiring))],
        truncated=len(found) > limit,
        deliveries=found[:limit],
        seen=seen,
        vitals=vitals(wiring.spool if wiring.has_spool else None),
        breakers=_breakers(wiring),
    )


def _breakers(wiring: Wiring) -> list[dict[str, Any]]:
    from spec_notify.pipeline.holding import open_breakers
    from spec_notify.wiring import now

    # Who is off dials nobody, and asks no environment where.
    on = wiring.has_spool and wiring.config.enabled
    return open_breakers(wiring.spool, wiring.routes(), now()) if on else []


def _documents(wiring: Wiring, paths: Sequence[str]) -> list[tuple[str, str, int, tuple[Any, ...]]]:
    """Answer (path, format, tasks, notices): as remembered, else as they stand now.

    A tree where no run left anything is nothing to show.
    """
    from spec_notify.pipeline.trees import is_tree

    if wiring.has_spool and (known := wiring.spool.documents()):
        snapshots = [(path, known[path].snapshot) for path in paths if path in known]
    else:
        snapshots = wiring.snapshots()
    unread = dict(_unread(wiring))
    return [
        (path, each.format, len(each.tasks), (*unread.pop(path, ()), *each.notices))
        for path, each in snapshots
        if each.tasks or each.notices or not is_tree(path)
    ] + [(path, "none", 0, notices) for path, notices in unread.items()]


def _feeds(wiring: Wiring) -> Iterator[tuple[str, str, int, tuple[Any, ...]]]:
    from spec_notify.wiring.feeds import stands

    for feed, snapshot, notices in stands(wiring, read=False):
        yield feed.name, snapshot.format, len(snapshot.tasks), notices


def _unread(wiring: Wiring) -> Iterator[tuple[str, tuple[Notice]]]:
    """Answer the documents a look would leave alone now, each with a notice that says why."""
    from spec_notify.core.snapshot import Notice

    reading = wiring.reading()
    for path, why in reading.deferred.items():
        yield path, (Notice(code="deferred", message=f"not looked at yet: {why}"),)
    for path, why in reading.unreadable.items():
        yield path, (Notice(code="unreadable", message=f"cannot be read now: {why}"),)


def _print(page: _Page) -> None:
    from spec_notify.pipeline.holding import spell_breaker
    from spec_notify.wiring import now

    known = f"  {len(page.seen)} acknowledged" if page.seen else ""
    say("  ".join(f"{state} {count}" for state, count in page.counts.items()) + known)
    if line := spoken(page.vitals, now=now()):
        say(line)
    for breaker in page.breakers:
        shared = ", ".join(breaker["subscriptions"])
        say(f"breaker of {breaker['endpoint']} ({shared}): {spell_breaker(breaker)}")
    for wait in page.held:
        say(
            f"held: {wait['document']}: {plural(wait['events'], 'event')} since {wait['since']}: "
            f"{wait['reason'] or 'too many changes at once'}; "
            f"`spec-notify accept {wait['document']}` sends them"
        )
    _print_documents(page.documents)
    board(HEADINGS, [_row(each) for each in page.deliveries])
    for each in page.deliveries:
        quiet = each.state in _SETTLED or each.id in page.seen
        said = [each.reason, guidance(each)] if not quiet else []
        if any(said):
            say(f"{each.id}: {': '.join(filter(None, said))}")
    if page.truncated:
        say("... and more: raise --limit")


def _print_documents(documents: list[dict[str, Any]]) -> None:
    for seen in documents:
        feed = is_feed(seen["path"])
        loud = "" if seen["tasks"] or feed else "  NO TASK FOUND: is this the right file?"
        count = plural(seen["tasks"], "entry" if feed else "task")
        say(f"{seen['path']}: {count} ({seen['format']}){loud}")
        for warning in seen["warnings"]:
            say(f"  {warning['message']}" if feed else _at_line(warning))
    if not documents:
        say("no document is watched here: see `[sources.spec] paths` in the config")


def _at_line(warning: dict[str, Any]) -> str:
    return f"  line {warning['line'] or 1}: {warning['message']}"


def _row(delivery: Delivery) -> tuple[str, ...]:
    from spec_notify.core.instant import rfc3339

    shown = facts(delivery)
    when = f"next {shown['nextAttemptAt']}" if shown["nextAttemptAt"] else ""
    return (
        delivery.id,
        delivery.state,
        delivery.subscription,
        _about(delivery),
        plural(delivery.attempts, "attempt"),
        str(delivery.last_status or "-"),
        when or rfc3339(delivery.created_at),
    )


def _about(delivery: Delivery) -> str:
    """Name the task; what is no news of the task itself says what it is."""
    from spec_notify.core.alarm import QUIET

    return delivery.type if delivery.type in QUIET else delivery.task or "-"
