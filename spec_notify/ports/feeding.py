"""The seam to a feed: a source outside the watched documents, read whole at each look.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from spec_notify.core.snapshot import Snapshot, Task, Transition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spec_notify.core.event import Event

    from .looking import Unreadable


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a feed that could not be read now; a later look finds what changed in it."""

    place: str
    """What people look for: a path below the root, a file's name. A folder's is all below it."""
    why: str
    keys: frozenset[str] = frozenset()
    """The tasks it had in the snapshot before: they stand as they stood."""


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it stands.

    Each task has an id, and a key of its own without a slash. What an event says beyond the
    status is in `Task.artifact`, which is not remembered.
    """

    snapshot: Snapshot
    unread: tuple[Unread, ...] = ()


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """A transition to be told, and what makes its event this one."""

    transition: Transition
    document: str
    """The feed's name."""
    repository: str
    generation: str
    evidence_root: str
    occurrence: int
    now: int


class Feed(Protocol):
    """One source. Reading is all it does: what is news is found and kept by the look."""

    @property
    def name(self) -> str:
        """Its document's name, made by `core.feed.feed_name`; it never changes."""

    @property
    def remote(self) -> bool:
        """Whether reading goes over the network: `init` and `trust` leave such a feed alone."""

    @property
    def place(self) -> str:
        """Where on this machine it reads, for its user alone; empty for what is elsewhere."""

    def read(self, before: Snapshot | None) -> Fed | Unreadable:
        """Read what stands now; `before` is what is remembered, None before the first look.

        Unreadable when nothing of it can be read: all stays as it was.
        """

    def stands_at(self, task: Task) -> str:
        """Answer where a task that was read stands, spelled as the place of an Unread is."""

    def tell(self, telling: Telling) -> Event | None:
        """Make the event of a transition; None for what is no news. Pure, and asked repeatedly.

        Raises PayloadError, ValueError or TypeError where none can be made.
        """

    def stirred(self, now: int) -> bool:
        """Say, cheaply, whether a look is worth it since this was last asked: every 2 s."""

    def folders(self) -> Sequence[Path]:
        """Answer the folders whose file events matter, absolute, the most important first."""

    def minds(self, path: str) -> bool:
        """Say whether an event at a path in one of its folders is worth a look; any thread asks.

        Of what is none of its own, it says yes.
        """
