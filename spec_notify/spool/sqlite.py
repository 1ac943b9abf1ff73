"""The default spool: one SQLite database per checkout, every verb one synced transaction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State
from spec_notify.core.lane import PLAIN
from spec_notify.ports import Admitted

from .attempts import Attempts
from .connection import journal_for, library_version
from .files import absolute
from .lanes import WAITING, Lanes, next_due
from .ledger import SqliteLedger
from .moves import Moves
from .opening import fault, open_database, peek_database
from .rows import listed, read_delivery, read_event, read_passage
from .shelf import Shelf

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
    from typing import Self

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.core.lane import Lane
    from spec_notify.core.passage import Passage
    from spec_notify.ports import Ledger, Query, StoredDocument

    from .connection import Journal
    from .opening import Opened

_EVER = 1 << 62


class SqliteSpool(Attempts, Moves, Lanes):
    """`ports.Spool` in a file; several threads and processes may use it at once.

    `recovered_from` names the database that was found damaged and kept when this one was begun.
    """

    def __init__(self, opened: Opened) -> None:
        self._database = opened.database
        self._shelf = Shelf()
        self.writer = opened.writer
        self.generation = opened.generation
        self.recovered_from = opened.recovered_from

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        now: int,
        fresh_id: Callable[[], str],
        journal: Journal | None = None,
    ) -> Self:
        """Open the spool at a path, beginning one where there is none. Raises SpoolError.

        A damaged or foreign database is kept aside and a fresh one begun, with a new generation,
        so that no event of its repeats an id. The journal is chosen by SQLite's version.
        """
        journal = journal or journal_for(library_version())
        return cls(open_database(absolute(path), now=now, fresh_id=fresh_id, journal=journal))

    @classmethod
    def peek(cls, path: str | os.PathLike[str]) -> Self | None:
        """Open the spool at a path only to show it: nothing is made, mended, locked or written.

        None where there is none. Raises SpoolError for one that cannot be read as it stands.
        """
        opened = peek_database(absolute(path))
        return None if opened is None else cls(opened)

    def documents(self) -> Mapping[str, StoredDocument]:
        """Answer all remembered documents by path."""
        with self._database.reading():
            return self._shelf.all(self._database)

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the one write transaction of a look; it commits when the block ends well."""
        ledger = SqliteLedger(self._database, self._shelf)
        with self._database.writing():
            yield ledger
        ledger.committed()

    def find(self, query: Query) -> list[Delivery]:
        """Answer the deliveries a query describes, newest first.

        `since` is the first instant asked for, `until` the first one that is not.
        """
        facts = {
            "states": listed(query.states) if query.states else None,
            "subscription": query.subscription,
            "type": query.type,
            "spec": query.spec,
            "since": -_EVER if query.since is None else query.since,
            "until": _EVER if query.until is None else query.until,
            "limit": -1 if query.limit is None else query.limit,
        }
        with self._database.reading():
            if query.ids:
                rows = self._database.rows("find_by_id", ids=listed(query.ids), **facts)
            else:
                rows = self._database.rows("find", **facts)
            return [read_delivery(self._database, row) for (row,) in rows]

    def event(self, id: str) -> Event | None:
        """Answer a stored event."""
        with self._database.reading():
            return read_event(self._database, id)

    def events(
        self,
        limit: int,
        *,
        type: str | None = None,
        before: int | None = None,
        after: int | None = None,
    ) -> list[Admitted]:
        """Answer the latest events, newest first: of one type, and between two numbers."""
        between = {
            "before": _EVER if before is None else before,
            "after": -_EVER if after is None else after,
        }
        with self._database.reading():
            rows = self._database.rows("events", limit=limit, type=type, **between)
            found = [(number, read_event(self._database, each)) for number, each in rows]
        return [Admitted(number=number, event=event) for number, event in found if event]

    def number(self, event: str) -> int | None:
        """Answer the number an event was admitted under; None for one that is not here."""
        with self._database.reading():
            row = self._database.row("event_number", id=event)
        return row[0] if row else None

    def types(self) -> Mapping[str, int]:
        """Count the events by type."""
        with self._database.reading():
            return dict(self._database.rows("event_types"))

    def version(self) -> Hashable:
        """Answer what stays equal while nobody, in whichever process, changes the spool."""
        with self._database.reading():
            return (self._database.rows("data_version")[0][0], self._database.changes)

    def is_current(self) -> bool:
        """Say whether this still is the spool that its name stands for."""
        return self._database.is_current()

    def counts(self) -> dict[State, int]:
        """Count deliveries by state, probes left out; every state is present."""
        with self._database.reading():
            found: dict[str, int] = dict(self._database.rows("counts"))
        return {state: found.get(state, 0) for state in State}

    def next_due(
        self,
        subscriptions: Collection[str],
        *,
        lanes: Mapping[str, Lane] | None = None,
        now: int = 0,
    ) -> int | None:
        """Answer when the next pending delivery of these subscriptions may leave."""
        with self._database.reading():
            found = [
                next_due(self._database, name, (lanes or {}).get(name, PLAIN), now=now)
                for name in subscriptions
            ]
        return min((each for each in found if each is not None), default=None)

    def subscriptions(self) -> frozenset[str]:
        """Answer the names of subscriptions that have a pending delivery."""
        with self._database.reading():
            rows = self._database.rows("subscriptions", state=WAITING)
        return frozenset(name for (name,) in rows)

    def gone(self) -> frozenset[str]:
        """Answer the endpoint marks that answered 410 and were not freed since."""
        with self._database.reading():
            return frozenset(mark for (mark,) in self._database.rows("gone"))

    def mark_gone(self, endpoint: str, *, gone: bool, now: int) -> None:
        """Remember, or forget, that an endpoint answered 410."""
        with self._database.writing():
            if gone:
                self._database.change("mark_gone", endpoint=endpoint, now=now)
            else:
                self._database.change("unmark_gone", endpoint=endpoint)

    def oldest_pending(self) -> int | None:
        """Answer when the oldest pending delivery was queued, probes left out."""
        with self._database.reading():
            row = self._database.row("oldest_pending", state=State.PENDING)
        return row[0] if row else None

    def waits(self, recent: int) -> list[int]:
        """Answer the milliseconds from queued to delivered of the latest deliveries."""
        with self._database.reading():
            rows = self._database.rows("waits", state=State.DELIVERED, limit=recent)
        return [wait for (wait,) in rows]

    def passages(self, *, since: int, until: int) -> list[Passage]:
        """Answer what became of the deliveries queued from `since` up to `until`, oldest first."""
        with self._database.reading():
            rows = self._database.rows("passages", since=since, until=until)
            return [read_passage(row) for row in rows]

    def forgotten(self) -> int:
        """Count the evidence records whose delivery is here no more: purged, or discarded."""
        with self._database.reading():
            row = self._database.row("forgotten")
        return row[0] if row else 0

    def check(self) -> str | None:
        """Look at the whole database; answer the first thing wrong with it. Raises SpoolError.

        What opening a suspected spool asks, for whoever wants to know it of an open one.
        """
        with self._database.reading():
            return fault(self._database)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
