"""Who sends next when there is not room for all: one slot for each before a second for anyone.

Contract, promise 11: an endpoint that never answers holds the slots it has, and hurts nobody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.kinds import TARGET_KINDS, Place
from spec_notify.core.lane import Lane

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from spec_notify.core.delivery import Claim
    from spec_notify.pipeline.attempt import Facts
    from spec_notify.ports import Route, Spool

LEASE_MARGIN = 10_000
"""Milliseconds a lease outlives an attempt's total deadline."""


class Slots:
    """Claims deliveries for free slots, by turns; every verb runs on the spool's thread."""

    def __init__(self, *, spool: Spool, facts: Facts) -> None:
        self._spool = spool
        self._facts = facts
        self._served = ""

    def fill(
        self, routes: Mapping[str, Route], load: Counter[str], concurrency: int
    ) -> list[Claim]:
        """Claim what is due in fair shares; `load` says who holds how many slots already."""
        claims = [*self._shared_out(routes, load, concurrency)]
        if claims:
            self._facts.mark("claimed")
        return claims

    def one(self, routes: Mapping[str, Route], delivery: str) -> list[Claim]:
        """Claim exactly this delivery, whatever else is due; none if it cannot be claimed."""
        return self._lease(1, routes, ready(routes), only=delivery)

    def next_due(self, routes: Mapping[str, Route], names: Collection[str]) -> int | None:
        """Answer when the next delivery of these subscriptions may leave."""
        lanes = {name: lane_of(routes[name]) for name in names}
        return self._spool.next_due(names, lanes=lanes, now=self._facts.clock())

    def _shared_out(
        self, routes: Mapping[str, Route], load: Counter[str], concurrency: int
    ) -> Iterator[Claim]:
        names = ready(routes)
        due = [name for name in names if self._is_due(name, routes)]
        while due:
            given = shares(
                {name: routes[name].subscription.concurrency - load[name] for name in due},
                load,
                free=concurrency - load.total(),
                kept=put_by(concurrency, sum(not load[name] for name in {*names} - {*due})),
                after=self._served,
            )
            for name, share in given.items():
                found = self._lease(share, routes, (name,))
                load[name] += len(found)
                self._served = name
                # What he leaves of his share is shared out again.
                if len(found) < share:
                    due.remove(name)
                yield from found
            if not given:
                return

    def _is_due(self, name: str, routes: Mapping[str, Route]) -> bool:
        at = self.next_due(routes, (name,))
        return at is not None and at <= self._facts.clock()

    def _lease(
        self,
        limit: int,
        routes: Mapping[str, Route],
        names: Collection[str],
        only: str | None = None,
    ) -> list[Claim]:
        return self._spool.claim(
            limit,
            subscriptions=names,
            owner=self._facts.owner,
            token=self._facts.token,
            now=self._facts.clock(),
            leases={name: routes[name].subscription.timeout + LEASE_MARGIN for name in names},
            only=only,
            lanes={name: lane_of(routes[name]) for name in names},
        )


def lane_of(route: Route) -> Lane:
    """Answer how a subscription's deliveries leave, and which breaker is theirs.

    Subscriptions to one URL share a breaker. Where one address serves everybody, as a forge's, or
    there is none, each has its own: it may be its credential that fails.
    """
    subscription = route.subscription
    kind = TARGET_KINDS[subscription.type]
    shared = kind.place in {Place.URL, Place.SECRET_URL}
    return Lane(
        endpoint=route.mark if shared else f"{route.mark} {subscription.name}",
        rate=subscription.rate,
        ordered=subscription.order == "task",
    )


def ready(routes: Mapping[str, Route]) -> list[str]:
    """Answer the subscriptions that this process can serve, in the config's order."""
    return [name for name, route in routes.items() if route.unready is None]


def shares(
    wanting: Mapping[str, int], load: Mapping[str, int], *, free: int, kept: int, after: str
) -> dict[str, int]:
    """Divide `free` slots among subscriptions, by turns from the one that follows `after`.

    `wanting` says how many more each may have at most, `load` how many it has. Whoever has none
    comes first, and only then are `kept` slots put by for those that want nothing yet.
    """
    names = [name for name in _turned(list(wanting), after) if wanting[name] > 0]
    starting = [name for name in names if not load.get(name)][: max(free, 0)]
    given = dict.fromkeys(starting, 1)
    left = free - len(starting) - kept
    while left > 0:
        hungry = [name for name in names if given.get(name, 0) < wanting[name]][:left]
        if not hungry:
            break
        for name in hungry:
            given[name] = given.get(name, 0) + 1
        left -= len(hungry)
    return given


def put_by(concurrency: int, idle: int) -> int:
    """Answer how many slots stay free for `idle` subscriptions: one each, up to half of all."""
    return min(idle, concurrency // 2)


def _turned(names: Sequence[str], after: str) -> Sequence[str]:
    start = names.index(after) + 1 if after in names else 0
    return [*names[start:], *names[:start]]
