"""The attempts of a spool without a disk: leased, settled under their token, sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from spec_notify.core.delivery import Claim, Signal, State, Verdict, move
from spec_notify.core.lane import PLAIN
from spec_notify.ports import Record, Settled

from .attempts import LEASED
from .memory_lanes import leave, note, ready
from .rows import finished_at, is_unheard, no_attempt
from .sealing import Tip, chain_of, seal_after
from .tables import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from threading import RLock

    from spec_notify.core.delivery import Delivery, Step
    from spec_notify.core.lane import Lane

    from .tables import Slot, Tables


class MemoryAttempts:
    """What `ports.Spool` promises of claims and evidence."""

    _lock: RLock
    _now: Tables
    writer: str

    def claim(
        self,
        limit: int,
        *,
        subscriptions: Collection[str],
        owner: str,
        token: Callable[[], str],
        now: int,
        leases: Mapping[str, int],
        only: str | None = None,
        lanes: Mapping[str, Lane] | None = None,
    ) -> list[Claim]:
        """Lease due deliveries of these subscriptions, oldest due first."""
        ways = {name: (lanes or {}).get(name, PLAIN) for name in subscriptions}
        with self._lock:
            due = ready(self._now, limit, ways, now=now, only=only)
            claims = []
            for slot, trial in sorted(due, key=lambda each: due_at(each[0]))[:limit]:
                claims.append(self._lease(slot, owner, token(), now, leases))
                leave(self._now, ways[slot.delivery.subscription], claims[-1], trial)
            return claims

    def settle(
        self,
        claim: Claim,
        step: Step,
        record: Mapping[str, object],
        *,
        status: int | None,
        now: int,
        endpoint: str = "",
        verdict: Verdict = Verdict.UNKNOWN,
    ) -> Settled | None:
        """Finish an attempt and seal its record into the chain; None if the lease was lost."""
        state = move(LEASED, step.signal)
        with self._lock:
            slot = self._now.slots.get(claim.delivery.id)
            if slot is None or slot.claim is None or slot.claim.token != claim.token:
                return None
            next_at = slot.delivery.next_at if step.next_at is None else step.next_at
            tries = slot.delivery.tries - (step.signal is Signal.OFFLINE)
            settled = slot.put(
                state=state, next_at=next_at, reason=step.reason, last_status=status, tries=tries
            )
            self._now.keep(
                settled,
                claim=None,
                queued_at=now,
                parked_for=step.signal.value if state is State.PARKED else None,
                parked_at=now,
                finished_at=finished_at(state, now),
                unheard=is_unheard(claim.delivery.type, state),
            )
            if endpoint:
                note(
                    self._now,
                    endpoint,
                    settled.delivery,
                    token=claim.token,
                    verdict=verdict,
                    now=now,
                )
            return Settled(delivery=settled.delivery, record=self._seal(claim, record, now))

    def lapsed(
        self, *, now: int, alive: Callable[[str], bool], mine: Collection[str] = ()
    ) -> list[Claim]:
        """Answer in-flight claims whose lease is over or whose owner is dead, but none of `mine`.

        A lease from the future is given its whole length from now.
        """
        over = []
        with self._lock:
            for slot in [*self._now.slots.values()]:
                if slot.claim is None or slot.claim.token in mine:
                    continue
                claim = _mended(slot.claim, now)
                self._now.keep(slot, claim=claim)
                if claim.lease_until <= now or not alive(slot.owner):
                    over.append(claim)
        return over

    def unprojected(self, limit: int = 100, *, skip: int = 0) -> list[Record]:
        """Answer sealed records whose file does not stand yet, oldest first."""
        with self._lock:
            waiting = [each for each in self._now.attempts if not each.standing]
        waiting.sort(key=lambda each: each.at)
        return [each.record for each in waiting[skip : skip + limit]]

    def projected(self, rows: Sequence[int]) -> None:
        """The files of these records stand: their bytes leave the spool."""
        with self._lock:
            self._now.attempts = [
                replace(each, standing=True, record=replace(each.record, body=b""))
                if each.record.row in rows
                else each
                for each in self._now.attempts
            ]

    def evidence_names(self, delivery: str) -> list[tuple[str, str]]:
        """Answer (spec, file name) of a delivery's sealed records, oldest first."""
        with self._lock:
            records = [each.record for each in self._now.attempts if each.delivery == delivery]
        return [(record.spec, record.name) for record in records]

    def acknowledge(
        self, ids: Sequence[str], record: Callable[[Delivery], Mapping[str, object]], *, now: int
    ) -> list[Settled]:
        """Note that a human has seen these dead letters, and seal a record of each."""
        noted = []
        with self._lock:
            seen = self.acknowledged()
            for slot in [self._now.slots.get(each) for each in dict.fromkeys(ids)]:
                if slot is None or slot.delivery.state is not State.DEAD:
                    continue
                if slot.delivery.id in seen:
                    continue
                delivery = slot.delivery
                sealed = self._seal(no_attempt(delivery, now), record(delivery), now)
                self._now.keep(slot, acknowledged_at=now)
                noted.append(Settled(delivery=delivery, record=sealed))
        return noted

    def acknowledged(self) -> Mapping[str, int]:
        """Answer delivery id → when for the dead letters acknowledged since they were replayed."""
        with self._lock:
            return {
                slot.delivery.id: slot.acknowledged_at
                for slot in self._now.standing(State.DEAD)
                if slot.acknowledged_at is not None
                and slot.acknowledged_at >= (slot.delivery.replayed_at or slot.acknowledged_at)
            }

    def _lease(
        self, slot: Slot, owner: str, token: str, now: int, leases: Mapping[str, int]
    ) -> Claim:
        before = slot.delivery
        leased = slot.put(state=LEASED, attempts=before.attempts + 1, tries=before.tries + 1)
        claim = Claim(
            delivery=leased.delivery,
            body=self._now.events[before.event].body,
            token=token,
            started_at=now,
            lease_until=now + leases[before.subscription],
        )
        first = now if slot.tried_at is None else slot.tried_at
        self._now.keep(leased, owner=owner, claim=claim, tried_at=first)
        return claim

    def _seal(self, claim: Claim, record: Mapping[str, object], now: int) -> Record:
        spec = chain_of(self._now.events[claim.delivery.event].spec)
        tip = self._now.tips.get(spec, Tip())
        sealed = seal_after(tip, record, claim, writer=self.writer, now=now)
        self._now.tips[spec] = sealed.tip
        self._now.rows += 1
        kept = Record(row=self._now.rows, spec=spec, name=sealed.name, body=sealed.body)
        self._now.attempts.append(
            Attempt(delivery=claim.delivery.id, record=kept, at=sealed.tip.at)
        )
        return kept


def due_at(slot: Slot) -> tuple[int, int]:
    """Answer what sorts slots by when they are due, then by who came first."""
    return (slot.delivery.next_at, slot.row)


def _mended(claim: Claim, now: int) -> Claim:
    """Answer a claim whose lease, if a clock running ahead gave it, starts now."""
    if claim.started_at <= now:
        return claim
    length = claim.lease_until - claim.started_at
    return replace(claim, started_at=now, lease_until=now + length)
