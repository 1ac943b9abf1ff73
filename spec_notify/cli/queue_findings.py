"""What `doctor` finds of the queue: the spool, breakers, what is held, what was left elsewhere."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State
from spec_notify.core.errors import SpecNotifyError

from .finding import Finding
from .output import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from spec_notify.ports import StoredDocument
    from spec_notify.wiring import Wiring

_ASIDE = "the next command that writes keeps it aside and begins a fresh one; restore a copy before"


def spool(wiring: Wiring) -> Iterator[Finding]:
    """Tell how the queue stands, and whether its database is whole."""
    try:
        counts = wiring.spool.counts()
        seen = len(wiring.spool.acknowledged())
        documents = wiring.spool.documents()
    except SpecNotifyError as error:
        yield Finding("fault", "spool", str(error), "see the path: its owner, disk and version")
        return
    told = "  ".join(f"{state} {count}" for state, count in counts.items())
    stuck = counts[State.DEAD] - seen + counts[State.PARKED]
    why = "`spec-notify --list --failed` says why" if stuck else ""
    yield Finding("warn" if stuck else "ok", "spool", told, why)
    yield from _whole(wiring)
    yield from _waiting_evidence(wiring)
    yield from _breakers(wiring)
    yield from _held(documents)
    for warning in wiring.take_warnings():
        yield Finding("warn", "spool", warning, "`spec-notify --list` shows how it stands")


def _whole(wiring: Wiring) -> Iterator[Finding]:
    wrong = _fault(wiring.state)
    if wrong is not None:
        yield Finding("fault", "spool", f"{wiring.state / 'spool.db'}: {wrong}", _ASIDE)
    for kept in sorted(wiring.state.glob("spool.db.corrupt-*[0-9]")):
        found = f"a damaged spool was kept as {kept}; what was pending in it was not sent"
        yield Finding("warn", "spool", found, "mend what damaged it, then remove the file")


def _fault(state: Path) -> str | None:
    from spec_notify.spool.sqlite import SqliteSpool

    try:
        peeked = SqliteSpool.peek(state / "spool.db")
        if peeked is None:
            return None
        try:
            return peeked.check()
        finally:
            peeked.close()
    except SpecNotifyError as error:
        return str(error)


def _waiting_evidence(wiring: Wiring) -> Iterator[Finding]:
    waiting = len(wiring.spool.unprojected(100))
    if waiting:
        many = "100 records or more" if waiting == 100 else plural(waiting, "record")  # noqa: PLR2004 - as many as were asked for
        fix = "`spec-notify deliver` writes them; it says what is in the way"
        yield Finding("warn", "evidence", f"{many} wait in the spool to be written", fix)


def _breakers(wiring: Wiring) -> Iterator[Finding]:
    from spec_notify.pipeline.holding import open_breakers, spell_breaker
    from spec_notify.wiring import now

    if not wiring.config.enabled:
        return
    for each in open_breakers(wiring.spool, wiring.routes(), now()):
        found = f"{each['endpoint']} ({', '.join(each['subscriptions'])}): {spell_breaker(each)}"
        fix = "`spec-notify doctor --reach` says what it answers; a replay tries it at once"
        yield Finding("warn", "breaker", found, fix)


def _held(documents: Mapping[str, StoredDocument]) -> Iterator[Finding]:
    for path, each in documents.items():
        if each.held:
            found = f"{path}: {plural(each.held, 'event')} wait for a human: {each.held_why}"
            fix = f"`spec-notify accept {path}` sends them, --discard lets them go"
            yield Finding("warn", "held", found, fix)


def moved(wiring: Wiring) -> Iterator[Finding]:
    """Tell what moved or removed checkouts left to deliver: each has a spool of its own."""
    from spec_notify.disk.abandoned import abandoned

    own = shlex.quote(str(wiring.state))
    for root, state in abandoned(wiring.state.parent):
        left = _open_in(state)
        if left:
            told = f"{plural(left, 'delivery')} of {root}, which is not there any more, "
            fix = f"mv {own} {own}.unused && mv {shlex.quote(str(state))} {own}"
            yield Finding(
                "warn",
                "moved",
                f"{told}{'waits' if left == 1 else 'wait'} in its own spool",
                f"if that is this one: `{fix}`, with no watcher running; else put it back, or "
                f"remove {state}",
            )


def _open_in(state: Path) -> int:
    from spec_notify.spool.sqlite import SqliteSpool

    try:
        left = SqliteSpool.peek(state / "spool.db")
    except SpecNotifyError:
        return 0
    if left is None:
        return 0
    try:
        counts = left.counts()
        return counts[State.PENDING] + counts[State.IN_FLIGHT] + counts[State.PARKED]
    finally:
        left.close()
