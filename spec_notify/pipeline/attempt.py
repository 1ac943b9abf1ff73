"""One attempt: render → send → judge → record → settle → evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.delivery import DRY_RUN, Delivery, Outcome, Verdict, advance
from spec_notify.core.errors import FormatError, UndeliverableError
from spec_notify.core.evidence import attempt_record
from spec_notify.core.exchange import inert
from spec_notify.core.message import Failure, Fault, Message, Order, Reply
from spec_notify.core.retry import schedule

from .slots import lane_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.delivery import Claim
    from spec_notify.core.message import Secret
    from spec_notify.ports import EvidenceLog, Record, Route, Spool, Transport


_ROUTE = (Fault.DNS, Fault.CONNECT)
"""What fails where there is no route; with one, it is the destination's."""
_CUT = (*_ROUTE, Fault.TLS, Fault.TIMEOUT, Fault.PROTOCOL)
"""How an attempt fails whose machine fell asleep meanwhile."""
ASLEEP = 10_000
"""Milliseconds by which the clock must outrun the loop's, which stands still in a sleep."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the world says: time, chance, names, and whether another process lives."""

    clock: Callable[[], int]
    jitter: Callable[[], float]
    token: Callable[[], str]
    owner: str
    alive: Callable[[str], bool]
    user_agent: str
    routed: Callable[[str | None], bool] = lambda _: True
    """Whether a route leads to an address, or, for None, to the world at all."""
    mark: Callable[[str], None]
    """Called at each named step of an attempt; a test may die there."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What went out, what came back, and what that means."""

    outcome: Outcome
    message: Message | None = None
    answer: Reply | Failure | None = None
    bug: str | None = None
    """The name of the exception that came instead of an answer."""


class Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """One finished attempt, for whoever is watching."""

    delivery: Delivery
    outcome: Outcome
    evidence: str | None
    message: Message | None = None
    reply: Reply | Failure | None = None
    endpoint_changed: bool = False
    """The endpoint answered 410, or takes again after one: others of it are parked or freed."""


class Attempt:
    """Makes attempts and settles them; `on_attempt` hears of each one settled."""

    def __init__(
        self,
        *,
        spool: Spool,
        evidence: Callable[[], EvidenceLog],
        facts: Facts,
        on_attempt: Callable[[Attempted], None] = lambda _: None,
    ) -> None:
        self._spool = spool
        self._evidence = evidence
        self._facts = facts
        self._on_attempt = on_attempt
        self._stuck = 0

    async def send(self, claim: Claim, route: Route, transport: Transport) -> Sent:
        """Send a claim once. Whatever the receiver does is an outcome, not an exception.

        So is a bug in the wire or the target: its neighbours go on, and it is tried again.
        """
        try:
            message = route.target.render(self._order(claim, route))
        except (FormatError, UndeliverableError) as error:
            said = inert(str(error), _secrets(route))
            return Sent(outcome=Outcome(verdict=Verdict.REJECTED, detail=said))
        except Exception as error:  # noqa: BLE001 - one poison row must not stop its neighbours
            detail = f"this event cannot be rendered: {type(error).__name__}"
            return Sent(outcome=Outcome(verdict=Verdict.REJECTED, detail=detail))
        self._facts.mark("rendered")
        if route.subscription.dry_run:
            outcome = Outcome(verdict=Verdict.DRY_RUN, detail=DRY_RUN)
            return Sent(outcome=outcome, message=message)
        try:
            return await self._exchange(message, route, transport)
        except Exception as error:  # noqa: BLE001 - its text may hold the URL: only its name is said
            bug = type(error).__name__
            outcome = Outcome(verdict=Verdict.RETRY, detail=f"a bug in this attempt: {bug}")
            return Sent(outcome=outcome, message=message, bug=bug)

    async def _exchange(self, message: Message, route: Route, transport: Transport) -> Sent:
        subscription = route.subscription
        began = self._awake()
        answer = await transport.send(
            message, deadline=subscription.timeout, allow_private=subscription.allow_private
        )
        self._facts.mark("sent")
        slept = self._awake() - began
        now = self._facts.clock()
        outcome = route.target.judge(answer, strict=subscription.strict, now=now)
        if isinstance(answer, Failure) and self._is_offline(answer):
            said = f"offline: this machine has no route; {outcome.detail}"
            outcome = Outcome(verdict=Verdict.OFFLINE, detail=said)
        elif isinstance(answer, Failure) and answer.fault in _CUT and slept > ASLEEP:
            said = f"this machine slept meanwhile; {outcome.detail}"
            outcome = Outcome(verdict=Verdict.OFFLINE, detail=said)
        # What a receiver says may echo a secret; its words go into the spool and onto screens.
        said = inert(outcome.detail, _secrets(route))
        outcome = msgspec.structs.replace(outcome, detail=said)
        return Sent(outcome=outcome, message=message, answer=answer)

    def _awake(self) -> int:
        """Answer what grows only while the machine sleeps, or its clock is put forward."""
        return self._facts.clock() - round(asyncio.get_running_loop().time() * 1000)

    def _is_offline(self, failure: Failure) -> bool:
        return failure.fault in _ROUTE and not self._facts.routed(failure.address)

    def settle(
        self,
        claim: Claim,
        outcome: Outcome,
        route: Route | None,
        message: Message | None = None,
        answer: Reply | Failure | None = None,
    ) -> Attempted | None:
        """Record what came of a claim; None if its lease was lost. Runs on the spool's thread."""
        now = self._facts.clock()
        plan = route.subscription.retry if route else schedule()
        step = advance(claim.delivery, outcome, plan, now=now, jitter=self._facts.jitter())
        record = attempt_record(
            claim,
            message=message,
            answer=answer,
            outcome=outcome,
            step=step,
            secrets=_secrets(route),
            at=now,
            dry_run=outcome.verdict is Verdict.DRY_RUN,
        )
        # First: were we killed in between, the rest of its queue would stay parked for ever.
        taken = self._note_taken(route, outcome, now)
        settled = self._spool.settle(
            claim,
            step,
            record,
            status=outcome.status,
            now=now,
            endpoint=lane_of(route).endpoint if route else "",
            verdict=outcome.verdict,
        )
        if settled is None:
            return None
        self._facts.mark("settled")
        done = Attempted(
            endpoint_changed=self._note_gone(route, outcome, now) or taken,
            delivery=settled.delivery,
            outcome=outcome,
            evidence=self.project([settled.record])[0],
            message=message,
            reply=answer,
        )
        self._on_attempt(done)
        return done

    def project(self, records: Sequence[Record]) -> list[str | None]:
        """Write sealed records as files; answer each path, None where it must wait."""
        evidence = self._evidence()
        paths = [evidence.write(record) for record in records]
        stand = [each.row for each, path in zip(records, paths, strict=True) if path is not None]
        if stand:
            self._facts.mark("evidence.written")
        if stand and evidence.sync():
            self._spool.projected(stand)
            self._facts.mark("projected")
        return paths

    def back_fill(self, batch: int = 100) -> None:
        """Write the files that are missing, a batch at a time; those that cannot be are passed."""
        records = self._spool.unprojected(batch, skip=self._stuck)
        paths = self.project(records)
        # One paused folder must not keep the others waiting behind it.
        self._stuck = self._stuck + paths.count(None) if len(records) == batch else 0

    def _order(self, claim: Claim, route: Route) -> Order:
        if route.endpoint is None:
            raise ValueError("a route that is not ready was claimed")
        return Order(
            event=claim.delivery.event,
            type=claim.delivery.type,
            delivery=claim.delivery.id,
            attempt=claim.delivery.attempts,
            at=claim.started_at,
            body=route.format.spell(claim.body),
            content_type=route.format.content_type,
            signature=route.subscription.signature,
            terms=route.subscription.terms,
            endpoint=route.endpoint,
            user_agent=self._facts.user_agent,
        )

    def _note_taken(self, route: Route | None, outcome: Outcome, now: int) -> bool:
        """Forget a 410 once its endpoint takes something again."""
        taken = outcome.verdict is Verdict.DELIVERED
        if route is None or not taken or route.mark not in self._spool.gone():
            return False
        self._spool.mark_gone(route.mark, gone=False, now=now)
        return True

    def _note_gone(self, route: Route | None, outcome: Outcome, now: int) -> bool:
        """Remember a 410; killed before that, the next attempt finds it again."""
        if route is None or not route.mark or outcome.verdict is not Verdict.GONE:
            return False
        self._spool.mark_gone(route.mark, gone=True, now=now)
        return True


def _secrets(route: Route | None) -> tuple[Secret, ...]:
    if route is None or route.endpoint is None:
        return ()
    return (route.endpoint.url, *route.endpoint.secrets)
