"""A bench for deliveries: a real spool, a real dispatch, receivers that say what a test scripts."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from spec_notify.core.message import Endpoint, Failure, Fault, Reply, Secret
from spec_notify.core.retry import schedule
from spec_notify.core.signature import encode_secret
from spec_notify.core.subscription import Subscription
from spec_notify.formats import native
from spec_notify.pipeline.attempt import Attempt, Attempted, Facts
from spec_notify.pipeline.dispatch import Dispatch, Limits
from spec_notify.ports import Query, Route
from spec_notify.spool.memory import MemorySpool
from spec_notify.targets import webhook
from tests.spool.given import NOW, a_delivery, an_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from spec_notify.core.delivery import Delivery, State
    from spec_notify.core.message import HttpMessage
    from spec_notify.ports import Record, Spool, Target

    Says = Callable[[], Awaitable[Reply | Failure]]

PATIENCE = 20.0
"""Seconds a test waits for what must come; never how long it takes."""
SIGNING = Secret(encode_secret(b"only for the tests of the bench!"))
TOKEN = "url-canary-51823"


def url_of(name: str) -> str:
    return f"https://{name}.example/{TOKEN}"


def replies(status: int) -> Says:
    async def say() -> Reply:
        return Reply(status=status)

    return say


def fails(fault: Fault = Fault.CONNECT) -> Says:
    async def say() -> Failure:
        return Failure(fault=fault, detail="unreachable", address="192.0.2.1")

    return say


async def silence() -> Reply:
    """Never answer, and heed no deadline either."""
    await asyncio.Event().wait()
    raise AssertionError("nobody says anything here")


class Wire:
    """`ports.Transport` to every receiver of a bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def send(
        self, message: HttpMessage, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        name = message.url.reveal().split("/")[2].partition(".")[0]
        self._bench.sent.append((name, message))
        self._bench.holding[name] += 1
        try:
            return await self._bench.says[name]()
        finally:
            self._bench.holding[name] -= 1

    async def aclose(self) -> None:
        self._bench.closed += 1


class Files:
    """`ports.EvidenceLog` that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def write(self, record: Record) -> str | None:
        self.records.append(json.loads(record.body))
        return f"evidence/{record.name}"

    def sync(self) -> bool:
        return True


class Bench:
    """One spool, and as many dispatches (as of so many processes) as a test asks for."""

    def __init__(self, spool: Spool | None = None) -> None:
        self.spool: Spool = spool or MemorySpool()
        self.files = Files()
        self.says: dict[str, Says] = {}
        self.routes: dict[str, Route] | None = {}
        self.sent: list[tuple[str, HttpMessage]] = []
        self.holding: Counter[str] = Counter()
        self.attempted: list[Attempted] = []
        self.warnings: list[str] = []
        self.limits = Limits(concurrency=16, retention=7 * 86_400_000)
        self.closed = 0
        self.routed = True
        """Whether this machine has a route."""
        self.step = 0
        """What the clock is off by, milliseconds."""
        self.ticking = False
        self.mark: Callable[[str], None] = lambda _: None
        """Hears of each named step of an attempt."""
        self._tokens = 0

    def clock(self) -> int:
        return (time.time_ns() // 1_000_000 if self.ticking else NOW) + self.step

    def subscribe(
        self,
        name: str,
        says: Says,
        *,
        unready: str | None = None,
        mark: str | None = None,
        target: Target = webhook,  # type: ignore[assignment]
        **facts: Any,
    ) -> None:
        """Let a subscription's receiver say something; `unready` when it cannot be served."""
        self.says[name] = says
        facts.setdefault("retry", schedule("conductor", jitter=0.0))
        route = Route(
            format=native,  # type: ignore[arg-type]
            subscription=Subscription(name=name, **facts),
            target=target,
            endpoint=Endpoint(url=Secret(url_of(name)), secrets=(SIGNING,)),
            mark=mark or f"mark of {name}",
            unready=unready,
        )
        self.routes = {**(self.routes or {}), name: route}

    def queue(self, name: str, count: int = 1, **facts: Any) -> list[Delivery]:
        """Queue deliveries, due at once."""
        queued = []
        at = self.clock()
        for _ in range(count):
            self._tokens += 1
            event = an_event(self._tokens, at=at)
            known = {"created_at": at, "next_at": at, "expires_at": at + 86_400_000, **facts}
            delivery = a_delivery(event, name, **known)
            with self.spool.ledger() as ledger:
                ledger.admit(event, [delivery])
            queued.append(delivery)
        return queued

    def dispatch(self, owner: str = "worker") -> Dispatch:
        facts = Facts(
            clock=self.clock,
            jitter=lambda: 0.5,
            token=self._token,
            owner=owner,
            alive=lambda _: True,
            user_agent="spec-notify/test",
            routed=lambda _: self.routed,
            mark=self.mark,
        )
        attempt = Attempt(
            spool=self.spool,
            evidence=lambda: self.files,
            facts=facts,
            on_attempt=self.attempted.append,
        )
        return Dispatch(
            spool=self.spool,
            routes=lambda: self.routes,
            transport=lambda: Wire(self),
            attempt=attempt,
            facts=facts,
            limits=lambda: self.limits,
            warn=self.warnings.append,
        )

    def drain(self, budget: int = 0) -> None:
        """Deliver what is due, as a process of its own."""

        async def run() -> None:
            async with open_(self.dispatch()) as dispatch:
                await dispatch.drain(budget)

        asyncio.run(run())

    def once(self, delivery: str) -> Attempted | None:
        async def run() -> Attempted | None:
            async with open_(self.dispatch()) as dispatch:
                return await dispatch.once(delivery)

        return asyncio.run(run())

    def of(self, name: str, state: State | None = None) -> list[Delivery]:
        """Answer a subscription's deliveries, oldest first."""
        states = (state,) if state else ()
        return self.spool.find(Query(subscription=name, states=states))[::-1]

    def only(self, name: str) -> Delivery:
        (found,) = self.of(name)
        return found

    def received(self, name: str) -> int:
        return sum(to == name for to, _ in self.sent)

    def _token(self) -> str:
        self._tokens += 1
        return f"token-{self._tokens}"


@asynccontextmanager
async def open_(dispatch: Dispatch) -> AsyncIterator[Dispatch]:
    try:
        yield dispatch
    finally:
        await dispatch.aclose()


@asynccontextmanager
async def serving(bench: Bench, *, grace: int = 0) -> AsyncIterator[Dispatch]:
    """Serve as a watcher does, over a clock that runs; at the end it is told to stop."""
    bench.ticking = True
    stop = asyncio.Event()
    async with open_(bench.dispatch()) as dispatch:
        served = asyncio.ensure_future(dispatch.serve(stop, grace=grace))
        try:
            yield dispatch
        finally:
            stop.set()
            await served


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never did"
        await asyncio.sleep(0.005)
