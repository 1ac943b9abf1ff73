"""A pass over the spool: tidy, claim what there is room for, attempt, until nothing is due.

Many attempts are under way at once on one event loop; the spool has one thread, and every verb
of it hops there (house rule: write it once, one thread hop).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import msgspec

from spec_notify.core.delivery import Claim, Outcome, Verdict
from spec_notify.core.errors import SpoolError

from .health import Health
from .paying import Paying
from .slots import Slots, ready
from .tidy import Tidy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from spec_notify.pipeline.attempt import Attempt, Attempted, Facts
    from spec_notify.ports import Debts, Route, Spool, Transport

T = TypeVar("T")

LANDING = 1_000
"""Milliseconds an attempt may take beyond its deadline before a stop cuts it off."""
TIDY_EVERY = 1_000
LISTEN_EVERY = 500
"""How often a serving dispatch asks the spool whether another process has queued something."""
CUT_OFF = Outcome(
    verdict=Verdict.UNKNOWN,
    detail="outcome unknown: spec-notify was stopped before this attempt ended",
)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How many attempts at once, and for how many milliseconds dead letters are kept."""

    concurrency: int
    retention: int
    max_pending: int = 100_000
    """Open deliveries of one subscription."""


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt under way: its claim, and the milliseconds it may take."""

    claim: Claim
    timeout: int


class Dispatch:
    """Delivers what is due, many at once, and keeps the spool tidy while it does.

    `routes` and `limits` are asked again at every pass; no routes at all, None, means off. One
    that is `alone` serves its routes and leaves whatever else is queued to others.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        routes: Callable[[], Mapping[str, Route] | None],
        transport: Callable[[], Transport],
        attempt: Attempt,
        facts: Facts,
        limits: Callable[[], Limits],
        warn: Callable[[str], None] = lambda _: None,
        alone: bool = False,
        debts: Debts | None = None,
    ) -> None:
        self._spool = spool
        self._alone = alone
        self._routes = routes
        self._new_transport = transport
        self._attempt = attempt
        self._facts = facts
        self._limits = limits
        self._warn = warn
        self._slots = Slots(spool=spool, facts=facts)
        self._tidy = Tidy(spool=spool, attempt=attempt, facts=facts, warn=warn)
        self._health = Health(spool=spool, facts=facts, debts=debts)
        self._paying = Paying(debts, facts.clock)
        self._idle: list[Transport] = []
        self._flying: dict[asyncio.Task[None], Flight] = {}
        self._tidied: int | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the spool now rather than at the next poll; called on the event loop."""
        self._wake.set()

    async def drain(self, budget: int) -> None:
        """Deliver until nothing more is due within `budget` milliseconds from now."""
        end = self._facts.clock() + budget
        self._tidied = None
        while True:
            due = await self._turn()
            # A clock that was put back in between makes no budget longer.
            end = min(end, self._facts.clock() + budget)
            if not self._flying and (due is None or due > end):
                break
            if self._facts.clock() >= end:
                break
            # Another process may queue something while an attempt of ours hangs.
            await self._rest(min(due or end, end, self._facts.clock() + LISTEN_EVERY))
        await self._land(0)
        await self._paying.end(max(LANDING, end - self._facts.clock()))

    async def serve(self, stop: asyncio.Event, *, grace: int) -> None:
        """Deliver until `stop` is set; then claim nothing and let what is under way end.

        That takes `grace` milliseconds at most, or the longest timeout under way if it is longer.
        """
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        while not stop.is_set():
            due = await self._turn()
            now = self._facts.clock()
            await self._rest(min(due or now + LISTEN_EVERY, now + LISTEN_EVERY))
        stopping.cancel()
        await self._land(grace)
        await self._paying.end(LANDING)

    async def once(self, delivery: str) -> Attempted | None:
        """Claim exactly this delivery, make one attempt, and answer it; None if not claimable."""
        routes = self._routes() or {}
        claims = await self._hop(lambda: self._slots.one(routes, delivery))
        return await self._make(claims[0], routes) if claims else None

    async def aclose(self) -> None:
        """Cut off what is still under way; let go of connections and the spool's thread."""
        await self._cut_off(set(self._flying))
        await self._paying.end(0)
        for transport in self._idle:
            await transport.aclose()
        self._thread.shutdown(wait=True)

    async def _turn(self) -> int | None:
        """Tidy, claim what there is room for, and answer when something is due next."""
        self._wake.clear()
        routes = self._routes()
        if routes is None:
            return None
        flights = list(self._flying.values())
        try:
            claims, due = await self._hop(lambda: self._gather(routes, flights))
        except SpoolError as error:
            # Nothing is sent while nothing can be recorded: a resend loop would be worse.
            self._warn(str(error))
            return self._facts.clock() + TIDY_EVERY
        for claim in claims:
            self._fly(claim, routes)
        self._paying.begin()
        return due

    def _gather(
        self, routes: Mapping[str, Route], flights: Collection[Flight]
    ) -> tuple[list[Claim], int | None]:
        now, limits = self._facts.clock(), self._limits()
        if self._tidied is None or not 0 <= now - self._tidied < TIDY_EVERY:
            mine = {each.claim.token for each in flights}
            self._tidy.run(
                routes, mine=mine, now=now, retention=limits.retention, alone=self._alone
            )
            self._tidied = now
        self._health.hold(routes, now)
        if not self._alone:
            self._health.tell(routes, now=now, max_pending=limits.max_pending)
        names = ready(routes)
        due = self._slots.next_due(routes, names)
        if due is None or due > now:
            return [], due
        load = Counter(each.claim.delivery.subscription for each in flights)
        claims = self._slots.fill(routes, load, limits.concurrency)
        due = self._slots.next_due(routes, names)
        # What is due and was not claimed waits for room, and a landing wakes us.
        return claims, now + LISTEN_EVERY if due is not None and due <= now else due

    def _fly(self, claim: Claim, routes: Mapping[str, Route]) -> None:
        timeout = routes[claim.delivery.subscription].subscription.timeout
        task = asyncio.ensure_future(self._guarded(claim, routes))
        self._flying[task] = Flight(claim=claim, timeout=timeout)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
        self._wake.set()

    async def _guarded(self, claim: Claim, routes: Mapping[str, Route]) -> None:
        """Make an attempt; what cannot be recorded is warned of, and its lease runs out.

        Then it is settled as unknown: at most one extra send.
        """
        try:
            await self._make(claim, routes)
        except SpoolError as error:
            self._warn(str(error))
            await asyncio.sleep(TIDY_EVERY / 1000)
        except Exception as error:  # noqa: BLE001 - a bug's text may hold a URL: its name is said
            self._warn(f"a bug, {type(error).__name__}, while {claim.delivery.id} was settled")

    async def _make(self, claim: Claim, routes: Mapping[str, Route]) -> Attempted | None:
        """Send a claim over an idle wire, then settle it on the spool's thread."""
        route = routes[claim.delivery.subscription]
        transport = self._idle.pop() if self._idle else self._new_transport()
        try:
            sent = await self._attempt.send(claim, route, transport)
        except asyncio.CancelledError:
            await self._hop(lambda: self._attempt.settle(claim, CUT_OFF, route))
            raise
        finally:
            self._idle.append(transport)
        if sent.bug is not None:
            self._warn(f"a bug, {sent.bug}, while {claim.delivery.id} was sent; it is retried")
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
        """Let attempts end: `grace` milliseconds, or as long as the longest timeout allows."""
        if self._flying:
            longest = max(each.timeout for each in self._flying.values()) + LANDING
            await asyncio.wait({*self._flying}, timeout=max(grace, longest) / 1000)
            await self._cut_off({*self._flying})

    async def _cut_off(self, late: Collection[asyncio.Task[None]]) -> None:
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _hop(self, verb: Callable[[], T]) -> T:
        # Shielded: what was begun on the spool's thread is finished, whoever stops waiting for it.
        run = asyncio.get_running_loop().run_in_executor(self._thread, verb)
        return await asyncio.shield(run)
