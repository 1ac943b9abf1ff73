"""What a Status cell says: the canonical status, the text it was read from, and doubts.

Contract, section 4, "Status".
"""

from __future__ import annotations

import msgspec

BACKLOG, IN_PROGRESS, IN_REVIEW = "Backlog", "In Progress", "In Review"
DONE, BLOCKED, DROPPED, UNKNOWN = "Done", "Blocked", "Dropped", "Unknown"
CANONICAL = (BACKLOG, IN_PROGRESS, IN_REVIEW, DONE, BLOCKED, DROPPED, UNKNOWN)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A status as read: `canonical`, the normalised `text` without remark, and the `raw` cell."""

    canonical: str
    text: str
    raw: str
    doubt: str | None = None
    """Why a cell that looks Done is Unknown all the same."""
