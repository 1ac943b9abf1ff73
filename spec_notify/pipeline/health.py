"""The health of destinations: held back while their breaker is open, told of when they fail.

Contract, section 5: our own health is never told about itself, and never to a subscription of the
destination that failed, where it could not arrive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.alarm import dead_lettered, is_due, recovered, rung, unheard_of
from spec_notify.core.delivery import State
from spec_notify.core.errors import SpoolError
from spec_notify.core.lane import Position, position
from spec_notify.core.subscription import wants

from .admission import admit
from .slots import lane_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_notify.core.alarm import Alarm
    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.pipeline.attempt import Facts
    from spec_notify.ports import Debts, Ledger, Route, Spool

AT_ONCE = 1_000
"""Dead letters told of in one transaction; other writers get in between."""


class Health:
    """Looks after destinations; every verb runs on the spool's thread."""

    def __init__(self, *, spool: Spool, facts: Facts, debts: Debts | None = None) -> None:
        self._spool = spool
        self._facts = facts
        self._debts = debts

    def hold(self, routes: Mapping[str, Route], now: int) -> None:
        """Have what is queued for an open breaker say when it is due; end one that was offline."""
        breakers = self._spool.breakers()
        if not breakers:
            return
        lanes = {name: lane_of(route).endpoint for name, route in routes.items()}
        if any(each.offline for each in breakers.values()) and self._facts.routed(None):
            self._reconnect(lanes, now)
            breakers = self._spool.breakers()
        for name, endpoint in lanes.items():
            breaker = breakers.get(endpoint)
            if breaker and breaker.until and position(breaker, now) is Position.OPEN:
                self._spool.postpone(name, until=breaker.until, now=now)

    def tell(self, routes: Mapping[str, Route], *, now: int, max_pending: int) -> None:
        """Queue what is to be told of dead letters and recoveries, each in one transaction."""
        while self._spool.has_unheard():
            with self._spool.ledger() as ledger:
                dead = _hear(ledger, routes)
                # Before they count as heard of: a kill in between makes us say it again, not never.
                self._owe(dead)
        for endpoint, alarm in self._spool.alarms().items():
            if is_due(alarm, now) or alarm.recovered is not None:
                with self._spool.ledger() as ledger:
                    _Teller(ledger, routes, now, max_pending).tell(ledger.alarm(endpoint))

    def _owe(self, dead: Sequence[Delivery]) -> None:
        if self._debts is None or not dead:
            return
        try:
            self._debts.owe(dead)
        except OSError as error:
            raise SpoolError("what is owed", f"cannot be written ({error.strerror})") from error
        self._facts.mark("owed")

    def _reconnect(self, lanes: Mapping[str, str], now: int) -> None:
        for endpoint in {*lanes.values()}:
            names = [name for name, own in lanes.items() if own == endpoint]
            self._spool.reconnect(endpoint, subscriptions=names, now=now)


def _hear(ledger: Ledger, routes: Mapping[str, Route]) -> list[Delivery]:
    """Count dead letters with the alarm of their destination, and answer them.

    One that was replayed is none.
    """
    unheard = ledger.unheard(AT_ONCE)
    dead = [each for each in unheard if each.state is State.DEAD]
    by_endpoint: dict[str, list[Delivery]] = {}
    for each in dead:
        by_endpoint.setdefault(_endpoint(routes, each.subscription), []).append(each)
    for endpoint, deliveries in by_endpoint.items():
        ledger.keep(rung(ledger.alarm(endpoint), deliveries))
    ledger.heard([each.id for each in unheard])
    return dead


def _endpoint(routes: Mapping[str, Route], subscription: str) -> str:
    route = routes.get(subscription)
    # What cannot be served has no destination: it is told of by its name.
    known = lane_of(route).endpoint if route and route.mark else ""
    return known or f"subscription {subscription}"


class _Teller:
    """Tells of one alarm inside one write transaction."""

    def __init__(
        self, ledger: Ledger, routes: Mapping[str, Route], now: int, max_pending: int
    ) -> None:
        self._ledger = ledger
        self._routes = routes
        self._now = now
        self._max_pending = max_pending

    def tell(self, alarm: Alarm) -> None:
        """Admit the events that are due; another process may have told them meanwhile."""
        if alarm.recovered is not None:
            alarm, event = recovered(alarm, self._now)
            self._admit(event, alarm.endpoint)
        if is_due(alarm, self._now):
            told, event = dead_lettered(alarm, self._now)
            # Nobody to tell: nothing was told, and the next one is not held back by it.
            heard = self._admit(event, alarm.endpoint)
            alarm = told if heard else unheard_of(alarm)
        self._ledger.keep(alarm)

    def _admit(self, event: Event, endpoint: str) -> bool:
        takers = [
            route.subscription
            for name, route in self._routes.items()
            if wants(route.subscription, event) and _endpoint(self._routes, name) != endpoint
        ]
        if takers:
            admit(self._ledger, event, takers, max_pending=self._max_pending, now=self._now)
        return bool(takers)
