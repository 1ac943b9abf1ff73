"""The attempts of a spool: leased, settled under their token, and their evidence kept for files."""

from __future__ import annotations

from functools import cache
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from spec_notify.core.delivery import Signal, State, Verdict, move
from spec_notify.core.lane import PLAIN
from spec_notify.ports import Record, Settled

from .connection import Damaged
from .lanes import WAITING, Ready, keep_breaker, keep_pace, note, ready
from .rows import finished_at, is_unheard, listed, no_attempt, read_claim, read_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from spec_notify.core.delivery import Claim, Delivery, Step
    from spec_notify.core.lane import Lane

    from .connection import Database, Row
    from .sealing import Sealed, Tip

LEASED = move(WAITING, Signal.CLAIM)


class Attempts:
    """What `ports.Spool` promises of claims and evidence."""

    _database: Database
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
        # Asked first without the write lock: most passes find nothing due.
        with self._database.reading():
            if not self._due(limit, ways, now, only):
                return []
        with self._database.writing():
            claims = []
            for each in self._due(limit, ways, now, only):
                until = now + leases[each.subscription]
                facts = {"state": LEASED, "now": now, "lease_until": until}
                self._database.change("claim", seq=each.row, owner=owner, token=token(), **facts)
                self._database.change("start_attempt", seq=each.row)
                claims.append(read_claim(self._database, each.row))
                self._leave(each, ways[each.subscription], claims[-1])
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
        parked = state is State.PARKED
        with self._database.writing():
            found = self._database.row(
                "settle",
                **{"id": claim.delivery.id, "from": LEASED, "token": claim.token},
                state=state,
                reason=step.reason,
                status=status,
                now=now,
                next_at=step.next_at,
                parked_for=step.signal if parked else None,
                parked_at=now if parked else None,
                finished_at=finished_at(state, now),
                spared=int(step.signal is Signal.OFFLINE),
                unheard=is_unheard(claim.delivery.type, state),
            )
            if found is None:
                return None
            sealed = self._seal(found[0], claim, record, now)
            settled = read_delivery(self._database, found[0])
            if endpoint:
                note(
                    self._database,
                    endpoint,
                    settled,
                    token=claim.token,
                    verdict=verdict,
                    now=now,
                )
            return Settled(delivery=settled, record=sealed)

    def lapsed(
        self, *, now: int, alive: Callable[[str], bool], mine: Collection[str] = ()
    ) -> list[Claim]:
        """Answer in-flight claims whose lease is over or whose owner is dead, but none of `mine`.

        A lease from the future is given its whole length from now.
        """
        living = cache(alive)

        def leases() -> list[Row]:
            rows = self._database.rows("leased", state=LEASED)
            return [row for row in rows if row[2] not in mine]

        def over(owner: str, lease_until: int) -> bool:
            return lease_until <= now or not living(owner)

        with self._database.reading():
            if not any(begun > now or over(owner, end) for _, owner, _, begun, end in leases()):
                return []
        # Within one transaction, so that none of them is settled before it is read.
        with self._database.writing():
            self._database.change("mend_leases", state=LEASED, now=now, mine=listed(mine))
            return [
                read_claim(self._database, row)
                for row, owner, _, _, end in leases()
                if over(owner, end)
            ]

    def unprojected(self, limit: int = 100, *, skip: int = 0) -> list[Record]:
        """Answer sealed records whose file does not stand yet, oldest first."""
        with self._database.reading():
            rows = self._database.rows("unprojected", limit=limit, skip=skip)
        return [Record(row=row, spec=spec, name=name, body=body) for row, spec, name, body in rows]

    def projected(self, rows: Sequence[int]) -> None:
        """The files of these records stand: their bytes leave the database."""
        with self._database.writing():
            for row in rows:
                self._database.change("projected", row=row)

    def evidence_names(self, delivery: str) -> list[tuple[str, str]]:
        """Answer (spec, file name) of a delivery's sealed records, oldest first."""
        with self._database.reading():
            rows = self._database.rows("evidence_names", id=delivery)
        return [(spec, name) for spec, name in rows]

    def acknowledge(
        self, ids: Sequence[str], record: Callable[[Delivery], Mapping[str, object]], *, now: int
    ) -> list[Settled]:
        """Note that a human has seen these dead letters, and seal a record of each.

        The record waits for its file like an attempt's; its row is numbered below nought.
        """
        noted = []
        with self._database.writing():
            for each in dict.fromkeys(ids):
                found = self._database.row("acknowledgeable", id=each, state=State.DEAD)
                if found is None:
                    continue
                row, spec = found
                delivery = read_delivery(self._database, row)
                kept = self._database.row("start_acknowledgement", seq=row, now=now)
                sealed = self._seal_row(
                    kept, spec, no_attempt(delivery, now), record(delivery), now
                )
                noted.append(Settled(delivery=delivery, record=sealed))
        return noted

    def acknowledged(self) -> Mapping[str, int]:
        """Answer delivery id → when for the dead letters acknowledged since they were replayed."""
        with self._database.reading():
            return dict(self._database.rows("acknowledged", state=State.DEAD))

    def _due(
        self, limit: int, lanes: Mapping[str, Lane], now: int, only: str | None
    ) -> list[Ready]:
        """Answer what may be claimed, oldest due first; `only` is asked for by name, lane or no."""
        if only is None:
            found = ready(self._database, limit, lanes, now=now)
            return list(islice(merge(*found, key=lambda each: each[:2]), limit))
        facts = {"state": WAITING, "now": now, "id": only}
        return [
            Ready(due, row, name)
            for name in lanes
            for due, row in self._database.rows("due_only", subscription=name, **facts)
        ][:limit]

    def _leave(self, each: Ready, lane: Lane, claim: Claim) -> None:
        """Remember in its lane that an attempt begins."""
        keep_pace(self._database, each.subscription, lane, now=claim.started_at)
        if each.trial is not None:
            tried = replace(each.trial, trial=claim.token, trial_until=claim.lease_until)
            keep_breaker(self._database, each.trial, tried)

    def _seal(self, row: int, claim: Claim, record: Mapping[str, object], now: int) -> Record:
        attempt = self._database.row("attempt", seq=row, number=claim.delivery.attempts)
        return self._seal_row(attempt, attempt[1] if attempt else None, claim, record, now)

    def _seal_row(
        self,
        attempt: Row | None,
        of: str | None,
        claim: Claim,
        record: Mapping[str, object],
        now: int,
    ) -> Record:
        # Imported late: a look has nothing to seal, and a git hook should not pay for it.
        from .sealing import chain_of, seal_after

        if attempt is None:
            raise Damaged("an attempt that was claimed is missing")
        spec = chain_of(of)
        sealed = seal_after(self._tip(spec), record, claim, writer=self.writer, now=now)
        self._keep(attempt, spec, sealed)
        return Record(row=attempt[0], spec=spec, name=sealed.name, body=sealed.body)

    def _tip(self, spec: str) -> Tip:
        from .sealing import Tip

        row = self._database.row("chain", spec=spec)
        return Tip() if row is None else Tip(sequence=row[0], digest=row[1], at=row[2])

    def _keep(self, attempt: Row, spec: str, sealed: Sealed) -> None:
        tip = sealed.tip
        place = {"spec": spec, "sequence": tip.sequence, "at": tip.at}
        self._database.change("extend_chain", digest=tip.digest, **place)
        self._database.change("seal", seq=attempt[0], name=sealed.name, record=sealed.body, **place)
