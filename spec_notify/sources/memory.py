"""What was read of a few documents before, so that only what changed is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.markdown import read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.markdown import Page

    from .spec_table import Part

MOST_CHARACTERS = 8 * 1024 * 1024
"""Of all documents remembered together, save that the last one always is."""


class Memory:
    """Remembers the last reading of each document, the latest read the longest.

    It changes no answer, only the time it takes; what was remembered may be lost at any time.
    """

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self._most = most
        self._known: dict[str, tuple[Page, Sequence[Part]]] = {}

    def page(self, path: str, text: str) -> Page:
        """Answer the page a text is, read anew only where it is not as it was."""
        known = self._known.get(path)
        return read_page(text, known[0] if known else None)

    def parts(self, path: str) -> Sequence[Part]:
        """Answer what was read of a document's tables; nothing for an unknown one."""
        known = self._known.get(path)
        return known[1] if known else ()

    def keep(self, path: str, page: Page, parts: Sequence[Part]) -> None:
        """Remember the last reading of a document."""
        self._known.pop(path, None)
        self._known[path] = (page, parts)
        size = sum(len(known.source) for known, _ in self._known.values())
        while size > self._most and len(self._known) > 1:
            oldest = next(iter(self._known))
            size -= len(self._known.pop(oldest)[0].source)
