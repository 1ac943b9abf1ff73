"""The attempts of a spool: leased, settled under their token, and their evidence kept for files."""

from __future__ import annotations

from functools import cache
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from spec_notify.core.delivery import Signal, State, move, sources_of
from spec_notify.ports import Record, Settled

from .connection import Damaged
from .rows import finished_at, listed, read_claim, read_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from spec_notify.core.delivery import Claim, Step

    from .connection import Database, Row
    from .sealing import Sealed, Tip

(WAITING,) = sources_of(Signal.CLAIM)
"""The one state a delivery is claimed from."""
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
    ) -> list[Claim]:
        """Lease due deliveries of these subscriptions, oldest due first."""
        # Asked first without the write lock: most passes find nothing due.
        with self._database.reading():
            if not self._due(limit, subscriptions, now, only):
                return []
        with self._database.writing():
            claims = []
            for _, row, subscription in self._due(limit, subscriptions, now, only):
                self._database.change(
                    "claim",
                    seq=row,
                    state=LEASED,
                    owner=owner,
                    token=token(),
                    now=now,
                    lease_until=now + leases[subscription],
                )
                self._database.change("start_attempt", seq=row)
                claims.append(read_claim(self._database, row))
            return claims

    def settle(
        self,
        claim: Claim,
        step: Step,
        record: Mapping[str, object],
        *,
        status: int | None,
        now: int,
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
            )
            if found is None:
                return None
            sealed = self._seal(found[0], claim, record, now)
            return Settled(delivery=read_delivery(self._database, found[0]), record=sealed)

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

    def _due(
        self, limit: int, subscriptions: Collection[str], now: int, only: str | None
    ) -> list[tuple[int, int, str]]:
        """Answer (due, row, subscription) of what may be claimed, oldest due first."""
        facts = {"state": WAITING, "now": now}
        found = []
        for name in subscriptions:
            if only is None:
                rows = self._database.rows("due", subscription=name, limit=limit, **facts)
            else:
                rows = self._database.rows("due_only", subscription=name, id=only, **facts)
            found.append([(due, row, name) for due, row in rows])
        return list(islice(merge(*found), limit))

    def _seal(self, row: int, claim: Claim, record: Mapping[str, object], now: int) -> Record:
        # Imported late: a look has nothing to seal, and a git hook should not pay for it.
        from .sealing import chain_of, seal_after

        attempt = self._database.row("attempt", seq=row, number=claim.delivery.attempts)
        if attempt is None:
            raise Damaged("an attempt that was claimed is missing")
        spec = chain_of(attempt[1])
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
