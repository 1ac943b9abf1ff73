"""The window onto a spool: opened when there is one, and again when another takes its name."""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_notify.ports import Showing


class Window:
    """A spool as it stands now, for several threads; `peek` opens it, or answers that none is."""

    def __init__(self, peek: Callable[[], Showing | None]) -> None:
        self._peek = peek
        self._shown: Showing | None = None
        self._lock = RLock()

    @contextmanager
    def looking(self) -> Iterator[Showing | None]:
        """Answer the spool for as long as the block runs; None where there is none.

        Raises SpoolError for one that cannot be read; the next look opens it anew.
        """
        with self._lock:
            try:
                yield self._current()
            except SpoolError:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the spool."""
        with self._lock:
            shown, self._shown = self._shown, None
            if shown is not None:
                shown.close()

    def _current(self) -> Showing | None:
        if self._shown is not None and not self._shown.is_current():
            self.close()
        if self._shown is None:
            self._shown = self._peek()
        return self._shown
