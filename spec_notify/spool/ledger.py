"""The write transaction of a look: what was remembered, what is now, and the news between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.delivery import OPEN
from spec_notify.core.errors import StaleBaselineError

from .lanes import keep_alarm, read_alarm
from .rows import delivery_row, document_body, event_row, read_delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.alarm import Alarm
    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.ports import StoredDocument, Told

    from .connection import Database
    from .shelf import Shelf, Stamp


class SqliteLedger:
    """`ports.Ledger` over an open transaction, whose write lock makes what it counted stay true."""

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self._saved: dict[str, tuple[Stamp, StoredDocument]] = {}
        self._open: dict[str, int] = {}

    def document(self, path: str) -> StoredDocument | None:
        """Answer what is remembered of a document, read inside this transaction."""
        if path in self._saved:
            return self._saved[path][1]
        return self._shelf.read(self._database, path)

    def save(self, document: StoredDocument) -> None:
        """Remember a document. Raises StaleBaselineError unless its revision is the next one."""
        row = self._database.row("document_stamp", path=document.path)
        if document.revision != (row[1] if row else 0) + 1:
            raise StaleBaselineError(document.path)
        body = document_body(document)
        saved = self._database.rows(
            "save_document", path=document.path, revision=document.revision, body=body
        )
        self._saved[document.path] = ((saved[0][0], document.revision), document)

    def told(self, document: str) -> dict[tuple[str, str], str]:
        """Answer (branch, key) → status for a document; branch `*` included."""
        rows = self._database.rows("told", document=document)
        return {(branch, key): status for branch, key, status in rows}

    def tell(self, document: str, told: Sequence[Told]) -> None:
        """Remember statuses as announced."""
        for each in told:
            self._database.change(
                "tell", document=document, branch=each.branch, key=each.key, status=each.status
            )

    def forget(self, document: str, branch: str, key: str) -> None:
        """Erase what was told of a task on a branch: a visible reopening does."""
        self._database.change("forget", document=document, branch=branch, key=key)

    def occurrence(self, document: str, key: str, to: str) -> int:
        """Raise and answer the count of admitted events for (document, key, to), from 1."""
        count: int = self._database.rows("occurrence", document=document, key=key, status=to)[0][0]
        return count

    def rename(self, old: str, new: str) -> None:
        """A document moved: its memory, told statuses and counts go with it.

        Where its new path had some already, the mover's stand, but the higher count stays.
        """
        if old == new:
            return
        self._move_document(old, new)
        for move, drop in (("move_told", "drop_told"), ("move_occurrences", "drop_occurrences")):
            self._database.change(move, old=old, new=new)
            self._database.change(drop, document=old)

    def open_count(self, subscription: str) -> int:
        """Count a subscription's deliveries that are pending, in flight or parked."""
        if subscription not in self._open:
            counts = (
                self._database.rows("open_count", subscription=subscription, state=state)
                for state in OPEN
            )
            self._open[subscription] = sum(rows[0][0] for rows in counts)
        return self._open[subscription]

    def admit(self, event: Event, deliveries: Sequence[Delivery]) -> int:
        """Insert an event and its deliveries; one whose id is known is no news. Answer how many."""
        row = self._database.add("admit_event", event_row(event, deliveries=len(deliveries)))
        if row is None:
            return 0
        for delivery in deliveries:
            self._database.add("admit_delivery", delivery_row(delivery, event=row))
            if delivery.state in OPEN and delivery.subscription in self._open:
                self._open[delivery.subscription] += 1
        return len(deliveries)

    def unheard(self, limit: int) -> list[Delivery]:
        """Answer dead letters that nothing was told of, oldest first."""
        rows = self._database.rows("unheard", limit=limit)
        return [read_delivery(self._database, row) for (row,) in rows]

    def heard(self, deliveries: Sequence[str]) -> None:
        """These dead letters were told of, or counted."""
        for each in deliveries:
            self._database.change("heard", id=each)

    def alarm(self, endpoint: str) -> Alarm:
        """Answer what was told of a destination's dead letters."""
        return read_alarm(self._database, endpoint)

    def keep(self, alarm: Alarm) -> None:
        """Remember what was told."""
        keep_alarm(self._database, self.alarm(alarm.endpoint), alarm)

    def committed(self) -> None:
        """The transaction stands: what was saved in it may be remembered."""
        for path, (stamp, document) in self._saved.items():
            self._shelf.put(path, stamp, document)

    def _move_document(self, old: str, new: str) -> None:
        document = self.document(old)
        if document is None:
            return
        snapshot = msgspec.structs.replace(document.snapshot, document=new)
        moved = msgspec.structs.replace(document, path=new, snapshot=snapshot)
        self._database.change("forget_document", path=new)
        self._database.change("move_document", old=old, new=new, body=document_body(moved))
        self._saved.pop(old, None)
        self._saved.pop(new, None)
