"""A look at all there is: the documents, then the feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .intake import Looked

if TYPE_CHECKING:
    from .feeding import Feeding
    from .intake import Intake, Wish


class Looks:
    """A look at everything: the documents, then the feeds."""

    def __init__(self, intake: Intake, feeding: Feeding) -> None:
        self._intake = intake
        self._feeding = feeding

    def look(self, wish: Wish | None = None) -> Looked:
        """Look once. Raises SpoolError; documents that were looked at before it stay told."""
        documents, feeds = self._intake.look(wish), self._feeding.look(wish)
        return Looked(
            head=documents.head,
            events=documents.events + feeds.events,
            deliveries=documents.deliveries + feeds.deliveries,
            baselines=documents.baselines + feeds.baselines,
            held=documents.held | feeds.held,
            deferred=documents.deferred,
            unreadable=documents.unreadable | feeds.unreadable,
            notices=documents.notices + feeds.notices,
        )
