"""A delivery's life: the state table as a drawing and as a table, the verdicts, the schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import MOVES, Signal, State, Verdict
from spec_notify.core.instant import parse_duration, spell_duration
from spec_notify.core.retry import SCHEDULES

from .tables import code, table

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEANS = {
    State.PENDING: "waits for its next attempt",
    State.IN_FLIGHT: "an attempt is under way, under a lease",
    State.DELIVERED: "the receiver answered 2xx, or it was a dry run",
    State.DEAD: "a dead letter: given up, kept for replay until its retention ends",
    State.PARKED: "cannot be sent now, for a reason that may pass: no time runs, nothing is lost",
    State.CANCELLED: "given up by hand; also a test that did not get through",
}
_JUDGED = {
    Verdict.DELIVERED: "2xx",
    Verdict.RETRY: "408, 425, 429, 5xx, 3xx, a network fault; other 4xx unless `strict`",
    Verdict.OFFLINE: "no route: a network fault while this machine has no way out, or slept",
    Verdict.REJECTED: "other 4xx with `strict`; a request that cannot be made; what a service that "
    "is no webhook would never take (its how-to says what)",
    Verdict.GONE: "410",
    Verdict.DRY_RUN: "`dry_run = true`: nothing was sent",
    Verdict.UNKNOWN: "the sender died before it saw the answer",
}


def diagram() -> str:
    """Answer the state table as a Mermaid drawing, moves between two states on one arrow."""
    arrows: dict[tuple[State, State], list[Signal]] = {}
    for (state, signal), after in MOVES.items():
        arrows.setdefault((state, after), []).append(signal)
    lines = [
        f"    {before} --> {after}: {', '.join(signals)}"
        for (before, after), signals in arrows.items()
    ]
    return "\n".join(("```mermaid", "stateDiagram-v2", "    [*] --> pending", *lines, "```"))


def table_of(states: Iterable[State]) -> str:
    """Answer what each state means."""
    return table(("state", "meaning"), ((code(each), _MEANS[each]) for each in states))


def moves() -> str:
    """Answer every allowed move."""
    rows = ((code(before), code(signal), code(after)) for (before, signal), after in MOVES.items())
    return table(("state", "signal", "next state"), rows)


def states() -> str:
    """Answer the states with their meaning, then every move."""
    return f"{table_of(State)}\n\n{moves()}"


def verdicts() -> str:
    """Answer what an attempt may come to."""
    rows = ((code(each), _JUDGED[each]) for each in Verdict)
    return table(("verdict", "when"), rows)


def schedules() -> str:
    """Answer the named schedules with the time from the first attempt to the last."""
    rows = (
        (
            code(name),
            " ".join(delays),
            str(len(delays) + 1),
            _about(sum(map(parse_duration, delays))),
        )
        for name, delays in SCHEDULES.items()
    )
    return table(("schedule", "delays", "attempts", "first to last, without jitter"), rows)


def _about(millis: int) -> str:
    whole: list[str] = []
    for unit in ("1d", "1h", "1m", "1s"):
        count, millis = divmod(millis, parse_duration(unit))
        whole += [spell_duration(count * parse_duration(unit))] if count else []
    return " ".join(whole)
