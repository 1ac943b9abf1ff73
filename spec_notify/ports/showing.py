"""The seam to what a spool shows: everything in it may be asked for, and asking changes nothing.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from spec_notify.core.delivery import State
from spec_notify.core.event import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.lane import Breaker, Lane
    from spec_notify.core.passage import Passage

    from .ledger import StoredDocument


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries to find; every stated field narrows. Newest first."""

    ids: tuple[str, ...] = ()
    """`dlv_` ids, or `evt_` ids for all deliveries of an event; exact, never a pattern."""
    states: tuple[State, ...] = ()
    subscription: str | None = None
    type: str | None = None
    spec: str | None = None
    since: int | None = None
    until: int | None = None
    limit: int | None = None


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """An event and its place among all: of two, the one admitted later has the higher number."""

    number: int
    event: Event


class Showing(Protocol):
    """What of a spool can be shown. Raises SpoolError when the database cannot be read."""

    def documents(self) -> Mapping[str, StoredDocument]:
        """Answer all remembered documents by path."""

    def find(self, query: Query) -> list[Delivery]:
        """Answer the deliveries a query describes."""

    def ahead(self, delivery: str) -> list[str]:
        """Answer the unfinished deliveries of the same subscription and task admitted before it.

        Oldest first; for a task in no document, none.
        """

    def event(self, id: str) -> Event | None:
        """Answer a stored event."""

    def events(
        self,
        limit: int,
        *,
        type: str | None = None,
        before: int | None = None,
        after: int | None = None,
    ) -> list[Admitted]:
        """Answer the latest events, newest first: of one type, and between two numbers.

        Those with the numbers `before` and `after` themselves are left out.
        """

    def number(self, event: str) -> int | None:
        """Answer the number an event was admitted under; None for one that is not here."""

    def types(self) -> Mapping[str, int]:
        """Count the events by type."""

    def version(self) -> Hashable:
        """Answer what stays equal while nobody, in whichever process, changes the spool."""

    def is_current(self) -> bool:
        """Say whether this still is the spool that its name stands for."""

    def counts(self) -> dict[State, int]:
        """Count deliveries by state, probes left out; every state is present."""

    def subscriptions(self) -> frozenset[str]:
        """Answer the names of subscriptions that have a pending delivery."""

    def next_due(
        self,
        subscriptions: Collection[str],
        *,
        lanes: Mapping[str, Lane] | None = None,
        now: int = 0,
    ) -> int | None:
        """Answer when the next pending delivery of these subscriptions may leave.

        With `lanes`, as they stand `now`; what may leave at once is due when it was due.
        """

    def breakers(self) -> Mapping[str, Breaker]:
        """Answer the breakers that are not at rest, by endpoint (`core.lane.position` says more).

        The endpoint of a route is `core.lane.Lane.endpoint`.
        """

    def evidence_names(self, delivery: str) -> list[tuple[str, str]]:
        """Answer (spec, file name) of a delivery's sealed records, oldest first."""

    def acknowledged(self) -> Mapping[str, int]:
        """Answer delivery id → when for the dead letters acknowledged since they were replayed."""

    def oldest_pending(self) -> int | None:
        """Answer when the oldest pending delivery was queued, probes left out."""

    def waits(self, recent: int) -> list[int]:
        """Answer the milliseconds from queued to delivered of the latest deliveries, newest first.

        A replayed one counts from its replay; probes are left out.
        """

    def passages(self, *, since: int, until: int) -> list[Passage]:
        """Answer what became of the deliveries queued from `since` up to `until`, oldest first.

        Probes are left out, and so is what was purged (`forgotten`).
        """

    def forgotten(self) -> int:
        """Count the evidence records whose delivery is here no more: purged, or discarded."""

    def close(self) -> None:
        """Let go of the database."""
