"""What a look has read of a document, and what it makes of it."""

from __future__ import annotations

import msgspec

from spec_notify.core.snapshot import Snapshot
from spec_notify.pipeline.trail import Change
from spec_notify.ports import StoredDocument


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it stands, and what is remembered of it, maybe under another path."""

    path: str
    digest: str
    rules: str = ""
    snapshot: Snapshot
    stored: StoredDocument | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Its path, and before it the one it moved away from."""
        old = self.stored.path if self.stored else self.path
        return (self.path,) if old == self.path else (old, self.path)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is to be remembered anew, and the changes that led there."""

    before: StoredDocument | None
    """What it was compared with: held in its place, it is found so again. None for a baseline."""
    stored: StoredDocument
    changes: tuple[Change, ...] = ()
    baseline: bool = False
    moved_from: str | None = None
