"""A pass over the spool: tidy, claim what there is room for, attempt, until nothing is due.

Many attempts are under way at once on one event loop; the spool has one thread, and every verb
of it hops there (house rule: write it once, one thread hop).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spec_notify.core.delivery import Claim
    from spec_notify.pipeline.attempt import Attempt, Attempted, Facts
    from spec_notify.ports import Route, Spool, Transport

T = TypeVar("T")

LEASE_MARGIN = 10_000
"""Milliseconds a lease outlives an attempt's total deadline."""
TIDY_EVERY = 1_000
LISTEN_EVERY = 500
"""How often a serving dispatch asks the spool whether another process has queued something."""
RESUMABLE = ("secret_missing", "invalid_url", "disabled", "unsupported")


class Dispatch:
    """Delivers what is due, many at once, and keeps the spool tidy while it does."""

    def __init__(
        self,
        *,
        spool: Spool,
        routes: Callable[[], Mapping[str, Route]],
        transport: Callable[[], Transport],
        attempt: Attempt,
        facts: Facts,
        concurrency: int,
        retention: int,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._spool = spool
        self._routes = routes
        self._new_transport = transport
        self._attempt = attempt
        self._facts = facts
        self._concurrency = concurrency
        self._retention = retention
        self._warn = warn
        self._idle: list[Transport] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._load: Counter[str] = Counter()
        self._tidied: int | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the spool now rather than at the next poll; called on the event loop."""
        self._wake.set()

    async def drain(self, budget: int) -> None:
        """Deliver until nothing more is due within `budget` milliseconds from now."""
        end = self._facts.clock() + budget
        while True:
            due = await self._turn()
            if not self._flying and (due is None or due > end):
                break
            if self._facts.clock() >= end:
                break
            await self._rest(min(due or end, end))
        await self._land(max(end - self._facts.clock(), 0) + LEASE_MARGIN)

    async def serve(self, stop: asyncio.Event, *, grace: int) -> None:
        """Deliver until `stop` is set; then claim nothing and give attempts `grace` to end."""
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        while not stop.is_set():
            due = await self._turn()
            now = self._facts.clock()
            await self._rest(min(due or now + LISTEN_EVERY, now + LISTEN_EVERY))
        stopping.cancel()
        await self._land(grace)

    async def once(self, delivery: str) -> Attempted | None:
        """Claim exactly this delivery, make one attempt, and answer it; None if not claimable."""
        routes = self._routes()
        claims = await self._hop(lambda: self._claim(routes, only=delivery))
        return await self._make(claims[0], routes) if claims else None

    async def aclose(self) -> None:
        """Let go of connections and the spool's thread."""
        for transport in self._idle:
            await transport.aclose()
        self._thread.shutdown(wait=True)

    async def _turn(self) -> int | None:
        """Tidy, claim what there is room for, and answer when something is due next."""
        self._wake.clear()
        try:
            routes = self._routes()
            claims, due = await self._hop(lambda: self._gather(routes))
        except SpoolError as error:
            # Nothing is sent while nothing can be recorded: a resend loop would be worse.
            self._warn(str(error))
            return self._facts.clock() + TIDY_EVERY
        for claim in claims:
            self._fly(claim, routes)
        return due

    def _gather(self, routes: Mapping[str, Route]) -> tuple[list[Claim], int | None]:
        now = self._facts.clock()
        if self._tidied is None or not 0 <= now - self._tidied < TIDY_EVERY:
            self._tidy(routes, now)
            self._tidied = now
        ready = [name for name, route in routes.items() if route.unready is None]
        due = self._spool.next_due(ready)
        if due is None or due > now:
            return [], due
        claims = self._claim(routes)
        due = self._spool.next_due(ready)
        # What is due and was not claimed waits for room, and a landing wakes us.
        return claims, now + LISTEN_EVERY if due is not None and due <= now else due

    def _claim(self, routes: Mapping[str, Route], only: str | None = None) -> list[Claim]:
        claims: list[Claim] = []
        room = self._concurrency - len(self._flying)
        for name, route in routes.items():
            free = min(room - len(claims), route.subscription.concurrency - self._load[name])
            if route.unready is None and free > 0:
                claims += self._spool.claim(
                    free,
                    subscriptions=(name,),
                    owner=self._facts.owner,
                    token=self._facts.token,
                    now=self._facts.clock(),
                    leases={name: route.subscription.timeout + LEASE_MARGIN},
                    only=only,
                )
        if claims:
            self._facts.mark("claimed")
        return claims

    def _tidy(self, routes: Mapping[str, Route], now: int) -> None:
        """Take back lost claims, park and resume, expire, purge, and back-fill evidence."""
        for claim in self._spool.lapsed(now=now, alive=self._facts.alive):
            self._give_up(claim, routes)
        gone = self._spool.gone()
        for name, route in routes.items():
            if route.unready is not None:
                self._spool.park(name, route.unready, now=now)
            elif route.mark in gone:
                self._spool.park(name, "gone", now=now)
            else:
                self._spool.resume(name, (*RESUMABLE, "gone"), now=now)
        self._spool.expire(now=now)
        purged = self._spool.purge(now=now, retention=self._retention)
        if purged:
            plural = "" if purged == 1 else "s"
            self._warn(f"purged {purged} dead letter{plural} past their retention")
        self._attempt.back_fill()

    def _give_up(self, claim: Claim, routes: Mapping[str, Route]) -> None:
        """Settle a claim whose owner died or overran: its attempt may have reached the wire."""
        outcome = Outcome(
            verdict=Verdict.UNKNOWN,
            detail="outcome unknown: the process that made this attempt did not finish it",
        )
        self._attempt.settle(claim, outcome, routes.get(claim.delivery.subscription))

    def _fly(self, claim: Claim, routes: Mapping[str, Route]) -> None:
        name = claim.delivery.subscription
        self._load[name] += 1
        task = asyncio.ensure_future(self._guarded(claim, routes))
        self._flying.add(task)

        def landed(done: asyncio.Task[None]) -> None:
            self._flying.discard(done)
            self._load[name] -= 1
            self._wake.set()

        task.add_done_callback(landed)

    async def _guarded(self, claim: Claim, routes: Mapping[str, Route]) -> None:
        try:
            await self._make(claim, routes)
        except SpoolError as error:
            # The lease runs out and the attempt is settled as unknown: at most one extra send.
            self._warn(str(error))
            await asyncio.sleep(TIDY_EVERY / 1000)

    async def _make(self, claim: Claim, routes: Mapping[str, Route]) -> Attempted | None:
        """Send a claim over an idle wire, then settle it on the spool's thread."""
        route = routes[claim.delivery.subscription]
        transport = self._idle.pop() if self._idle else self._new_transport()
        try:
            sent = await self._attempt.send(claim, route, transport)
        finally:
            self._idle.append(transport)
        self._facts.mark("judged")
        done = await self._hop(
            lambda: self._attempt.settle(claim, sent.outcome, route, sent.message, sent.answer)
        )
        if done is not None and done.endpoint_changed:
            self._tidied = None
        return done

    async def _rest(self, until: int) -> None:
        """Wait for `until`, an attempt's end, or a poke; never a busy loop."""
        wait = max(until - self._facts.clock(), 5 if self._flying else 1) / 1000
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _land(self, grace: int) -> None:
        if self._flying:
            _, late = await asyncio.wait(self._flying, timeout=grace / 1000)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _hop(self, verb: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, verb)
