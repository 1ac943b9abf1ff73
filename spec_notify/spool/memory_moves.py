"""What happens between attempts in a spool without a disk: parked, freed, expired, replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import GONE, PROBE_PATIENCE, Signal, State, move, sources_of

from .moves import ABANDONED, parking_signal
from .rows import is_unheard

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from threading import RLock

    from spec_notify.core.delivery import Delivery

    from .tables import Slot, Tables


class MemoryMoves:
    """What `ports.Spool` promises of deliveries nobody is attempting."""

    _lock: RLock
    _now: Tables

    def park(
        self, subscription: str, reason: str, *, now: int, spare: Collection[str] = ()
    ) -> list[str]:
        """Park a subscription's pending deliveries, save those in `spare`; answer their ids."""
        to = move(State.PENDING, parking_signal(reason))
        with self._lock:
            slots = [
                slot
                for slot in self._now.waiting()
                if slot.delivery.subscription == subscription
                and slot.delivery.id not in spare
                and not (reason == GONE and _awaits_replay(slot.delivery))
            ]
            for slot in slots:
                held = slot.put(state=to, reason=reason)
                self._now.keep(held, parked_for=reason, parked_at=now)
            return [slot.delivery.id for slot in slots]

    def resume(self, subscription: str, reasons: Collection[str], *, now: int) -> int:
        """Free parked deliveries that were parked for one of these reasons; answer how many."""
        (parked,) = sources_of(Signal.RESUMED)
        to = move(parked, Signal.RESUMED)
        with self._lock:
            standing = self._now.standing(parked, subscription)
            slots = [slot for slot in standing if slot.parked_for in reasons]
            for slot in slots:
                next_at, expires_at = max(slot.delivery.next_at, now), slot.delivery.expires_at
                if expires_at is not None:
                    expires_at += max(0, now - slot.parked_at)
                free = slot.put(state=to, next_at=next_at, reason=None, expires_at=expires_at)
                self._now.keep(free, parked_for=None)
            return len(slots)

    def expire(self, *, now: int) -> int:
        """Make dead letters of pending deliveries past their expiry (reason `expired`)."""
        to = move(State.PENDING, Signal.EXPIRED)
        with self._lock:
            self._mend_clock(now)
            self._cancel_abandoned(now)
            pending = self._now.standing(State.PENDING)
            slots = [slot for slot in pending if _is_past(slot.delivery.expires_at, now)]
            for slot in slots:
                heard = not is_unheard(slot.delivery.type, to)
                dead = slot.put(state=to, reason="expired")
                self._now.keep(dead, finished_at=now, unheard=not heard)
            return len(slots)

    def purge(self, *, now: int, retention: int) -> int:
        """Delete what was finished longer than `retention` ago; answer how many dead letters."""
        before = now - retention
        with self._lock:
            waiting = {each.delivery for each in self._now.attempts if not each.standing}
            old = [
                slot
                for name, slot in self._now.slots.items()
                if name not in waiting and _is_past(slot.finished_at, before)
            ]
            self._now.drop({slot.delivery.id for slot in old}, before)
            return sum(slot.delivery.state is State.DEAD for slot in old)

    def replay(self, ids: Sequence[str], *, by: str, now: int) -> list[Delivery]:
        """Queue these deliveries (`dlv_` ids) again. Raises IllegalMoveError for one in flight."""
        with self._lock:
            moved = []
            for slot, state in self._asked(ids, Signal.REPLAY):
                expires_at = slot.delivery.expires_at if slot.life is None else now + slot.life
                queued = slot.put(
                    state=state,
                    next_at=now,
                    tries=0,
                    reason=None,
                    expires_at=expires_at,
                    replayed_by=by,
                    replayed_at=now,
                )
                self._now.keep(queued, queued_at=now, parked_for=None, finished_at=None)
                moved.append(queued.delivery)
            return moved

    def cancel(self, ids: Sequence[str], *, now: int) -> list[Delivery]:
        """Cancel pending or parked deliveries. Raises IllegalMoveError for any other."""
        with self._lock:
            moved = []
            for slot, state in self._asked(ids, Signal.CANCEL):
                ended = slot.put(state=state)
                self._now.keep(ended, parked_for=None, finished_at=now)
                moved.append(ended.delivery)
            return moved

    def discard(self, ids: Sequence[str]) -> list[Delivery]:
        """Delete finished deliveries now, their attempts and idle events with them."""
        with self._lock:
            waiting = {each.delivery for each in self._now.attempts if not each.standing}
            known = [
                self._now.slots[each] for each in dict.fromkeys(ids) if each in self._now.slots
            ]
            gone = [
                slot.delivery
                for slot in known
                if slot.finished_at is not None and slot.delivery.id not in waiting
            ]
            self._now.drop({each.id for each in gone}, _NEVER)
            return gone

    def _mend_clock(self, now: int) -> None:
        for slot in self._now.standing(State.PENDING):
            if slot.queued_at > now:
                wait = max(0, slot.delivery.next_at - slot.queued_at)
                self._now.keep(slot.put(next_at=now + wait), queued_at=now)

    def _cancel_abandoned(self, now: int) -> None:
        to = move(State.PENDING, Signal.CANCEL)
        for slot in self._now.standing(State.PENDING):
            if slot.delivery.probe and slot.delivery.created_at < now - PROBE_PATIENCE:
                self._now.keep(slot.put(state=to, reason=ABANDONED), finished_at=now)

    def _asked(self, ids: Sequence[str], signal: Signal) -> list[tuple[Slot, State]]:
        known = self._now.slots
        slots = [known[each] for each in dict.fromkeys(ids) if each in known]
        return [(slot, move(slot.delivery.state, signal)) for slot in slots]


_NEVER = -(1 << 62)


def _awaits_replay(delivery: Delivery) -> bool:
    return delivery.replayed_at is not None and delivery.tries == 0


def _is_past(instant: int | None, now: int) -> bool:
    return instant is not None and instant < now
