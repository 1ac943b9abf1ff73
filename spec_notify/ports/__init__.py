"""The seams: what the story needs from the rooms around it, in the story's own verbs."""

from __future__ import annotations

from spec_notify.core.reflog import Checkout, Move

from .feeding import Fed, Feed, Telling, Unread
from .ledger import Ledger, StoredDocument, Told
from .looking import (
    BUSY,
    UNFINISHED,
    VANISHING,
    Blob,
    Commit,
    History,
    Log,
    Reason,
    Text,
    Touch,
    Unreadable,
    Workspace,
)
from .owing import Debts
from .sending import (
    EvidenceLog,
    Format,
    Route,
    Target,
    Transport,
)
from .showing import (
    Admitted,
    Query,
    Showing,
)
from .spooling import (
    Record,
    Settled,
    Spool,
)

__all__ = [
    "BUSY",
    "UNFINISHED",
    "VANISHING",
    "Admitted",
    "Blob",
    "Checkout",
    "Commit",
    "Debts",
    "EvidenceLog",
    "Fed",
    "Feed",
    "Format",
    "History",
    "Ledger",
    "Log",
    "Move",
    "Query",
    "Reason",
    "Record",
    "Route",
    "Settled",
    "Showing",
    "Spool",
    "StoredDocument",
    "Target",
    "Telling",
    "Text",
    "Told",
    "Touch",
    "Transport",
    "Unread",
    "Unreadable",
    "Workspace",
]
