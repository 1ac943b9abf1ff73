"""When our own health is news: dead letters told once per destination and window, and the end.

Contract, section 5: `delivery.dead_lettered` and `delivery.recovered`, never about themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from .delivery import Delivery
from .event import DEAD_LETTERED, RECOVERED, Event, event_id

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 3_600_000
"""Milliseconds after an event in which further dead letters are only counted."""
QUIET = (DEAD_LETTERED, RECOVERED)
"""Types whose own dead letters are nobody's news: else an event would beget the next."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """What was told of a destination's dead letters, and what is still to tell."""

    endpoint: str
    told_at: int | None = None
    sounding: bool = False
    """A dead letter was told, and nothing was delivered since."""
    waiting: int = 0
    """Dead letters no event has counted yet."""
    latest: Delivery | None = None
    """The newest of them."""
    recovered: Delivery | None = None
    """What was delivered after all, and is still to tell."""


def rung(alarm: Alarm, dead: Sequence[Delivery]) -> Alarm:
    """Answer the alarm after these dead letters, oldest first."""
    return replace(alarm, waiting=alarm.waiting + len(dead), latest=dead[-1]) if dead else alarm


def delivered(alarm: Alarm, delivery: Delivery) -> Alarm:
    """Answer the alarm after a delivery; the first one after a told dead letter is news."""
    return replace(alarm, sounding=False, recovered=delivery) if alarm.sounding else alarm


def is_due(alarm: Alarm, now: int) -> bool:
    """Say whether dead letters are to be told now; a window begun in the future is over."""
    within = alarm.told_at is not None and 0 <= now - alarm.told_at < WINDOW
    return alarm.waiting > 0 and not within


def dead_lettered(alarm: Alarm, now: int) -> tuple[Alarm, Event]:
    """Tell of the latest dead letter and count those since the last such event."""
    if alarm.latest is None:
        raise ValueError("an alarm that counts a dead letter names it")
    told = replace(alarm, told_at=now, sounding=True, waiting=0, latest=None)
    guidance = f"mend the endpoint, then `spec-notify --replay {alarm.latest.id}`"
    event = _event(DEAD_LETTERED, alarm, alarm.latest, now, dead=alarm.waiting, guidance=guidance)
    return told, event


def unheard_of(alarm: Alarm) -> Alarm:
    """Answer the alarm when nobody wants to hear of its dead letters."""
    return replace(alarm, waiting=0, latest=None)


def recovered(alarm: Alarm, now: int) -> tuple[Alarm, Event]:
    """Tell what was delivered first after a dead letter was told."""
    if alarm.recovered is None:
        raise ValueError("an alarm that ended names what was delivered")
    return replace(alarm, recovered=None), _event(RECOVERED, alarm, alarm.recovered, now)


def _event(
    type_: str,
    alarm: Alarm,
    delivery: Delivery,
    now: int,
    *,
    dead: int | None = None,
    guidance: str | None = None,
) -> Event:
    # Loaded when there is something to tell, which is hardly ever.
    from .body import HealthFacts, encoded

    # A delivery that is replayed and dies again is news again.
    life = (delivery.attempts, delivery.replayed_at or 0)
    id_ = event_id(type_, alarm.endpoint, delivery.id, *life)
    facts = HealthFacts(
        idempotency_key=id_,
        delivery=delivery.id,
        event=delivery.event,
        subscription=delivery.subscription,
        type=delivery.type,
        task=delivery.task,
        spec=delivery.spec,
        attempts=delivery.attempts,
        last_status=delivery.last_status,
        reason=delivery.reason,
        guidance=guidance,
        dead_letters=dead,
    )
    body = encoded(type_, facts, now)
    return Event(id=id_, type=type_, at=now, body=body, task=delivery.task, spec=delivery.spec)
