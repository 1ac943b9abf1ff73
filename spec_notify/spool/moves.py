"""What happens to deliveries between attempts: parked, freed, expired, replayed, put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.alarm import QUIET
from spec_notify.core.delivery import GONE, PROBE_PATIENCE, Signal, State, move, sources_of

from .rows import listed, read_delivery

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from spec_notify.core.delivery import Delivery

    from .connection import Database

ABANDONED = "the test was never sent: its process ended before"
"""Why a probe is cancelled that nobody claimed in time."""
PURGE_AT_ONCE = 1_000
"""A purge lets other writers in between so many deliveries."""


def parking_signal(reason: str) -> Signal:
    """Answer what parks for a reason: the endpoint is gone, or the subscription is not ready."""
    return Signal.GONE if reason == GONE else Signal.SECRET_MISSING


class Moves:
    """What `ports.Spool` promises of deliveries nobody is attempting."""

    _database: Database

    def park(
        self, subscription: str, reason: str, *, now: int, spare: Collection[str] = ()
    ) -> list[str]:
        """Park a subscription's pending deliveries, save those in `spare`; answer their ids.

        Only an endpoint that is gone spares a replay: a replay is what may find it back.
        """
        facts = {
            "from": State.PENDING,
            "to": move(State.PENDING, parking_signal(reason)),
            "replays": reason == GONE,
            "spare": listed(spare),
        }
        with self._database.writing():
            parked = self._database.rows(
                "park", subscription=subscription, reason=reason, now=now, **facts
            )
        return [delivery for (delivery,) in parked]

    def resume(self, subscription: str, reasons: Collection[str], *, now: int) -> int:
        """Free parked deliveries that were parked for one of these reasons; answer how many.

        Each is due when it was due before, or now when that has passed; the time it was parked
        is added to its expiry.
        """
        (parked,) = sources_of(Signal.RESUMED)
        facts = {"from": parked, "to": move(parked, Signal.RESUMED)}
        with self._database.writing():
            return self._database.change(
                "resume", subscription=subscription, reasons=listed(reasons), now=now, **facts
            )

    def expire(self, *, now: int) -> int:
        """Make dead letters of pending deliveries past their expiry (reason `expired`).

        A probe that was never claimed is cancelled, and what a clock that ran ahead put off for
        too long is put right here too.
        """
        probes = {"from": State.PENDING, "to": move(State.PENDING, Signal.CANCEL)}
        with self._database.writing():
            self._database.change("mend_clock", now=now)
            self._database.change(
                "abandoned", reason=ABANDONED, now=now, before=now - PROBE_PATIENCE, **probes
            )
            return self._database.change(
                "expire",
                to=move(State.PENDING, Signal.EXPIRED),
                reason="expired",
                now=now,
                quiet=listed(QUIET),
            )

    def purge(self, *, now: int, retention: int) -> int:
        """Delete what was finished longer than `retention` ago; answer how many dead letters.

        A delivery whose evidence is not all in files yet stays.
        """
        dead, more = 0, True
        while more:
            with self._database.writing():
                found = self._database.rows("finished", before=now - retention, limit=PURGE_AT_ONCE)
                for row, event, state in found:
                    self._database.change("purge_attempts", seq=row)
                    self._database.change("purge_delivery", seq=row)
                    self._database.change("purge_event", event=event)
                    dead += state == State.DEAD
                self._database.change("purge_alone", before=now - retention)
            more = len(found) == PURGE_AT_ONCE
        return dead

    def replay(self, ids: Sequence[str], *, by: str, now: int) -> list[Delivery]:
        """Queue these deliveries (`dlv_` ids) again. Raises IllegalMoveError for one in flight.

        All of them or none; an unknown id is passed over.
        """
        return self._ask("replay", Signal.REPLAY, ids, by=by, now=now)

    def cancel(self, ids: Sequence[str], *, now: int) -> list[Delivery]:
        """Cancel pending or parked deliveries. Raises IllegalMoveError for any other.

        All of them or none; an unknown id is passed over.
        """
        return self._ask("cancel", Signal.CANCEL, ids, now=now)

    def discard(self, ids: Sequence[str]) -> list[Delivery]:
        """Delete finished deliveries now, their attempts and idle events with them.

        An open one, and one whose evidence is not all in files yet, stays.
        """
        gone = []
        with self._database.writing():
            for each in dict.fromkeys(ids):
                found = self._database.row("discardable", id=each)
                if found is None:
                    continue
                row, event = found
                gone.append(read_delivery(self._database, row))
                self._database.change("purge_attempts", seq=row)
                self._database.change("purge_delivery", seq=row)
                self._database.change("purge_event", event=event)
        return gone

    def _ask(
        self, name: str, signal: Signal, ids: Sequence[str], **facts: object
    ) -> list[Delivery]:
        with self._database.writing():
            moved = []
            for each in dict.fromkeys(ids):
                row = self._database.row("standing", id=each)
                if row is not None:
                    self._database.change(name, seq=row[0], to=move(row[1], signal), **facts)
                    moved.append(read_delivery(self._database, row[0]))
            return moved
