"""A delivery's life: the states, the one table of moves, and what an attempt does to it.

Everything that decides a delivery's state lives in this file (architecture: "the state table").
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from .errors import IllegalMoveError
from .retry import Schedule, next_delay, spell_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping


GONE = "gone"
"""Why deliveries are parked whose endpoint answered 410."""
NO_SUBSCRIPTION = "no_subscription"
"""Why deliveries are parked whose subscription the config no longer names."""
UNREADY = ("secret_missing", "invalid_url", "disabled", "unsupported", NO_SUBSCRIPTION)
"""Why a process parks what it cannot serve; one that can serve it frees it."""
DRY_RUN = "dry run: nothing was sent"
"""Why a delivery is over that its subscription only wants prepared."""
OFFLINE_PAUSE = 30_000
"""Milliseconds until the next try when this machine had no route and none returns earlier."""
PROBE_PATIENCE = 60_000
"""Milliseconds a probe may wait for its only attempt; its process claims it at once, or died."""


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    DELIVERED = "delivered"
    DEAD = "dead"
    PARKED = "parked"
    CANCELLED = "cancelled"


OPEN = (State.PENDING, State.IN_FLIGHT, State.PARKED)
"""The states of what is still on its way, or waits for a human."""


class Signal(StrEnum):
    """What may happen to a delivery."""

    CLAIM = "claim"
    DELIVERED = "delivered"
    RETRY = "retry"
    OFFLINE = "offline"
    LEASE_EXPIRED = "lease_expired"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    GONE = "gone"
    SECRET_MISSING = "secret_missing"  # noqa: S105 - the name of a signal, not a secret
    RESUMED = "resumed"
    CANCEL = "cancel"
    REPLAY = "replay"
    TEST_FAILED = "test_failed"


MOVES: Mapping[tuple[State, Signal], State] = {
    (State.PENDING, Signal.CLAIM): State.IN_FLIGHT,
    (State.IN_FLIGHT, Signal.DELIVERED): State.DELIVERED,
    (State.IN_FLIGHT, Signal.RETRY): State.PENDING,
    # No route is nobody's failure: the try is not counted.
    (State.IN_FLIGHT, Signal.OFFLINE): State.PENDING,
    (State.IN_FLIGHT, Signal.LEASE_EXPIRED): State.PENDING,
    (State.IN_FLIGHT, Signal.REJECTED): State.DEAD,
    (State.IN_FLIGHT, Signal.EXHAUSTED): State.DEAD,
    # A test is given one try and is never a dead letter (contract, section 8).
    (State.IN_FLIGHT, Signal.TEST_FAILED): State.CANCELLED,
    (State.PENDING, Signal.EXPIRED): State.DEAD,
    (State.PENDING, Signal.GONE): State.PARKED,
    (State.IN_FLIGHT, Signal.GONE): State.PARKED,
    (State.PENDING, Signal.SECRET_MISSING): State.PARKED,
    (State.IN_FLIGHT, Signal.SECRET_MISSING): State.PARKED,
    (State.PARKED, Signal.RESUMED): State.PENDING,
    (State.PENDING, Signal.CANCEL): State.CANCELLED,
    (State.PARKED, Signal.CANCEL): State.CANCELLED,
    (State.PENDING, Signal.REPLAY): State.PENDING,
    (State.PARKED, Signal.REPLAY): State.PENDING,
    (State.DEAD, Signal.REPLAY): State.PENDING,
    (State.DELIVERED, Signal.REPLAY): State.PENDING,
    (State.CANCELLED, Signal.REPLAY): State.PENDING,
}


def move(state: State, signal: Signal) -> State:
    """Answer the state a signal leads to. Raises IllegalMoveError for a pair not in the table."""
    try:
        return MOVES[state, signal]
    except KeyError:
        raise IllegalMoveError(state, signal) from None


def sources_of(signal: Signal) -> tuple[State, ...]:
    """Answer the states from which a signal is allowed, in the table's order."""
    return tuple(state for state, known in MOVES if known is signal)


class Verdict(StrEnum):
    """What a reply, or the lack of one, means for the attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    OFFLINE = "offline"
    REJECTED = "rejected"
    GONE = "gone"
    DRY_RUN = "dry_run"
    UNKNOWN = "unknown"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A judged attempt: the verdict, the HTTP status if there was one, and why, in words."""

    verdict: Verdict
    detail: str
    status: int | None = None
    retry_after: int | None = None
    """Milliseconds the receiver asked for, as asked; `advance` caps it."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one subscription, as the spool knows it. Instants are milliseconds UTC."""

    id: str
    event: str
    type: str
    subscription: str
    state: State
    created_at: int
    next_at: int
    expires_at: int | None = None
    attempts: int = 0
    """Every attempt ever made, over all replays; numbers the evidence."""
    tries: int = 0
    """Attempts since it was last queued or replayed; indexes the schedule."""
    last_status: int | None = None
    reason: str | None = None
    task: str | None = None
    spec: str | None = None
    document: str | None = None
    probe: bool = False
    """A `--test`: claimed only by the command that made it."""
    replayed_by: str | None = None
    replayed_at: int | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A lease on a delivery: who may settle it (the token fences), until when, and the bytes."""

    delivery: Delivery
    body: bytes
    token: str
    started_at: int
    lease_until: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt does to its delivery: the signal, the new state, when next, and why."""

    signal: Signal
    state: State
    reason: str
    next_at: int | None = None


def advance(
    delivery: Delivery,
    outcome: Outcome,
    schedule: Schedule,
    *,
    now: int,
    jitter: float,
) -> Step:
    """Decide the step after an attempt of an in-flight delivery. `jitter` is in [0, 1)."""
    signal = _signal(delivery, outcome, schedule)
    state = move(State.IN_FLIGHT, signal)
    if state is not State.PENDING:
        return Step(signal=signal, state=state, reason=_final_reason(signal, delivery, outcome))
    if signal is Signal.LEASE_EXPIRED:
        return Step(signal=signal, state=state, reason=outcome.detail, next_at=now)
    if signal is Signal.OFFLINE:
        reason = f"{outcome.detail}; next attempt when the network is back, or in 30s"
        return Step(signal=signal, state=state, reason=reason, next_at=now + OFFLINE_PAUSE)
    delay = next_delay(delivery.tries, schedule, jitter=jitter, retry_after=outcome.retry_after)
    reason = f"{outcome.detail}; {spell_retry_after(delay)}"
    return Step(signal=signal, state=state, reason=reason, next_at=now + delay.millis)


def _signal(delivery: Delivery, outcome: Outcome, schedule: Schedule) -> Signal:
    match outcome.verdict:
        case Verdict.DELIVERED | Verdict.DRY_RUN:
            return Signal.DELIVERED
        case _ if delivery.probe:
            return Signal.TEST_FAILED
        case Verdict.GONE:
            return Signal.GONE
        case Verdict.REJECTED:
            return Signal.REJECTED
        case Verdict.OFFLINE:
            return Signal.OFFLINE
        case _ if delivery.tries >= schedule.max_attempts:
            return Signal.EXHAUSTED
        case Verdict.UNKNOWN:
            return Signal.LEASE_EXPIRED
        case Verdict.RETRY:
            return Signal.RETRY


def _final_reason(signal: Signal, delivery: Delivery, outcome: Outcome) -> str:
    if signal is Signal.EXHAUSTED:
        plural = "" if delivery.tries == 1 else "s"
        return f"{outcome.detail}; exhausted after {delivery.tries} attempt{plural}"
    return outcome.detail
