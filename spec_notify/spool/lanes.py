"""Lanes in the database: who may leave now, what an attempt says of its destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from spec_notify.core.alarm import Alarm, delivered
from spec_notify.core.delivery import Signal, Verdict, sources_of
from spec_notify.core.lane import Breaker, Pace, after, gate

from .connection import Damaged

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.lane import Gate, Lane

    from .connection import Database

(WAITING,) = sources_of(Signal.CLAIM)
"""The one state a delivery is claimed from."""
_BREAKER = msgspec.json.Decoder(Breaker)
_ALARM = msgspec.json.Decoder(Alarm)


class Ready(NamedTuple):
    """A delivery that may be claimed, and the breaker it would be the trial of, if any."""

    due: int
    row: int
    subscription: str
    trial: Breaker | None = None


class Lanes:
    """What `ports.Spool` promises of destinations."""

    _database: Database

    def breakers(self) -> Mapping[str, Breaker]:
        """Answer the breakers that are not at rest, by endpoint."""
        with self._database.reading():
            return {name: _breaker(body) for name, body in self._database.rows("breakers")}

    def ahead(self, delivery: str) -> list[str]:
        """Answer the unfinished deliveries of the same subscription and task admitted before it."""
        with self._database.reading():
            return [name for (name,) in self._database.rows("ahead", id=delivery)]

    def alarms(self) -> Mapping[str, Alarm]:
        """Answer what was told, and is to tell, of destinations that had dead letters."""
        with self._database.reading():
            return {name: _alarm(body) for name, body in self._database.rows("alarms")}

    def has_unheard(self) -> bool:
        """Say whether there is a dead letter that nothing was told of."""
        with self._database.reading():
            return bool(self._database.rows("unheard", limit=1))

    def postpone(self, subscription: str, *, until: int, now: int) -> int:
        """Let nothing of a subscription be due before `until`; answer how many had to wait."""
        facts = {"subscription": subscription, "state": WAITING, "until": until}
        with self._database.reading():
            if not self._database.rows("early", **facts):
                return 0
        with self._database.writing():
            return self._database.change("postpone", now=now, **facts)

    def reconnect(self, endpoint: str, *, subscriptions: Collection[str], now: int) -> int:
        """Close a breaker that was open for want of a route; answer how many are due at once."""
        with self._database.writing():
            breaker = read_breaker(self._database, endpoint)
            if breaker is None or not breaker.offline:
                return 0
            self._database.change("drop_breaker", endpoint=endpoint)
            facts = {"state": WAITING, "until": breaker.until, "now": now}
            return sum(
                self._database.change("hasten", subscription=name, **facts)
                for name in subscriptions
            )


def ready(
    database: Database, limit: int, lanes: Mapping[str, Lane], *, now: int
) -> list[list[Ready]]:
    """Answer what may be claimed of each subscription, oldest due first."""
    trials: set[str] = set()
    found = []
    for name, lane in lanes.items():
        passed = _gate(database, name, lane, limit, now)
        breaker = read_breaker(database, lane.endpoint) if passed.trial else None
        facts = {"subscription": name, "state": WAITING, "now": now, "ordered": lane.ordered}
        shut = now < passed.opens_at or lane.endpoint in trials
        rows = database.rows("due_replays" if shut else _due(lane), limit=passed.limit, **facts)
        if passed.trial and rows:
            trials.add(lane.endpoint)
        found.append([Ready(due, row, name, None if shut else breaker) for due, row in rows])
    return found


def next_due(database: Database, name: str, lane: Lane, *, now: int) -> int | None:
    """Answer when one delivery of a subscription may leave next, as its lane stands."""
    statement = "next_due_in_turn" if lane.ordered else "next_due"
    row = database.row(statement, subscription=name, state=WAITING)
    if row is None:
        return None
    passed = _gate(database, name, lane, 1, now)
    moments = [max(row[0], passed.opens_at, passed.free_at)]
    if passed.opens_at > now:
        replay = database.row("next_replay", subscription=name, ordered=lane.ordered)
        moments += [max(replay[0], passed.free_at)] if replay else []
    # What may leave now is due when it was due: the oldest goes first.
    due: int = row[0]
    return due if min(moments) <= now else min(moments)


def keep_pace(database: Database, name: str, lane: Lane, *, now: int) -> None:
    """Remember that an attempt of a subscription begins now."""
    if lane.rate is not None:
        pace = Pace(rate=lane.rate, due=_paced(database, name), now=now)
        database.change("keep_pace", subscription=name, due=pace.begun(1))


def note(
    database: Database, endpoint: str, settled: Delivery, *, token: str, verdict: Verdict, now: int
) -> None:
    """Remember what an attempt says of its destination."""
    before = read_breaker(database, endpoint) or Breaker(endpoint=endpoint)
    keep_breaker(database, before, after(before, settled.id, token, verdict, now=now))
    if verdict is Verdict.DELIVERED:
        alarm = read_alarm(database, endpoint)
        keep_alarm(database, alarm, delivered(alarm, settled))


def read_breaker(database: Database, endpoint: str) -> Breaker | None:
    """Answer a destination's breaker; None while it is at rest. Raises Damaged."""
    row = database.row("breaker", endpoint=endpoint)
    return None if row is None else _breaker(row[0])


def keep_breaker(database: Database, before: Breaker, now: Breaker) -> None:
    """Remember a breaker; one at rest is forgotten."""
    if now == before:
        return
    if now == Breaker(endpoint=now.endpoint):
        database.change("drop_breaker", endpoint=now.endpoint)
    else:
        database.change("keep_breaker", endpoint=now.endpoint, body=msgspec.json.encode(now))


def read_alarm(database: Database, endpoint: str) -> Alarm:
    """Answer a destination's alarm. Raises Damaged."""
    row = database.row("alarm", endpoint=endpoint)
    return Alarm(endpoint=endpoint) if row is None else _alarm(row[0])


def keep_alarm(database: Database, before: Alarm, now: Alarm) -> None:
    """Remember an alarm that changed."""
    if now != before:
        database.change("keep_alarm", endpoint=now.endpoint, body=msgspec.json.encode(now))


def _due(lane: Lane) -> str:
    return "due_in_turn" if lane.ordered else "due"


def _gate(database: Database, name: str, lane: Lane, limit: int, now: int) -> Gate:
    breaker = read_breaker(database, lane.endpoint) if lane.endpoint else None
    due = _paced(database, name) if lane.rate else 0
    return gate(lane, breaker, due, limit=limit, now=now)


def _paced(database: Database, name: str) -> int:
    row = database.row("pace", subscription=name)
    return row[0] if row else 0


def _breaker(body: Any) -> Breaker:
    try:
        return _BREAKER.decode(body)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        raise Damaged(f"a breaker: {error}") from error


def _alarm(body: Any) -> Alarm:
    try:
        return _ALARM.decode(body)
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        raise Damaged(f"an alarm: {error}") from error
