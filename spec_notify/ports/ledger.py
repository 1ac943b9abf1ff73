"""The seam a look writes through: what is remembered of documents, and what was told of them.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from spec_notify.core.snapshot import Snapshot
from spec_notify.core.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.alarm import Alarm
    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What the spool remembers of a document after a look."""

    path: str
    snapshot: Snapshot
    digest: str
    """SHA-256 of the bytes read, hex: an unchanged document is not parsed again."""
    revision: int
    """Raised by one with every save; a look that read an older one must look again."""
    seen_at: int
    branch: str | None = None
    head: str | None = None
    mark: str | None = None
    """`Checkout.mark` of that look."""
    rules: str = ""
    """Stands for how it was read; what was read in another way is not compared."""
    vanished: dict[str, Status] = msgspec.field(default_factory=dict)
    """Last status of tasks that are gone, the latest last: one that returns is compared with it."""
    carried: dict[str, Status | None] = msgspec.field(default_factory=dict)
    """What HEAD says of rows that a silent move carried along: news once a commit has them."""
    held: int = 0
    """Transitions waiting for `accept`; 0 when nothing is held."""
    held_since: int | None = None
    held_why: str = ""
    """What was too much, in words."""
    lately: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)
    """When each task was told of in the last hour (`core.repeats`)."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The status last announced for a task on a branch; branch `*` is "on any branch"."""

    branch: str
    key: str
    status: str


class Ledger(Protocol):
    """One write transaction of a look: nothing of it stands unless all of it stands."""

    def document(self, path: str) -> StoredDocument | None:
        """Answer what is remembered of a document, read inside this transaction."""

    def save(self, document: StoredDocument) -> None:
        """Remember a document. Raises StaleBaselineError unless its revision is the next one."""

    def told(self, document: str) -> dict[tuple[str, str], str]:
        """Answer (branch, key) → status for a document; branch `*` included."""

    def tell(self, document: str, told: Sequence[Told]) -> None:
        """Remember statuses as announced."""

    def forget(self, document: str, branch: str, key: str) -> None:
        """Erase what was told of a task on a branch: a visible reopening does."""

    def occurrence(self, document: str, key: str, to: str) -> int:
        """Raise and answer the count of admitted events for (document, key, to), from 1."""

    def rename(self, old: str, new: str) -> None:
        """A document moved: its memory, told statuses and counts go with it."""

    def open_count(self, subscription: str) -> int:
        """Count a subscription's deliveries that are pending, in flight or parked."""

    def admit(self, event: Event, deliveries: Sequence[Delivery]) -> int:
        """Insert an event and its deliveries; one whose id is known is no news. Answer how many."""

    def unheard(self, limit: int) -> list[Delivery]:
        """Answer dead letters that nothing was told of, oldest first; none of our own health."""

    def heard(self, deliveries: Sequence[str]) -> None:
        """These dead letters (`dlv_` ids) were told of, or counted."""

    def alarm(self, endpoint: str) -> Alarm:
        """Answer what was told of a destination's dead letters."""

    def keep(self, alarm: Alarm) -> None:
        """Remember what was told."""
