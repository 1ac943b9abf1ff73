"""A stream whose reader may pause or leave: whoever writes to it never waits.

A terminal that is stopped, or a pager nobody scrolls, must not keep a watcher from delivering.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 1_000
"""Pieces of text that may wait for the reader; what comes then is left out, and counted."""
FAREWELL = 2.0
"""Seconds the reader has, in the end, for what still waits."""


class Unhurried:
    """Writes to a text stream on a thread of its own, as far as `sys.stderr` is asked to."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: Queue[str | None] = Queue(MOST)
        self._left_out = 0
        self._thread = Thread(target=self._serve, name="talk", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Take a text to be written soon."""
        try:
            self._waiting.put_nowait(text)
        except Full:
            self._left_out += 1
        return len(text)

    def flush(self) -> None:
        """Promise nothing: what is taken is written as soon as it is read."""

    def isatty(self) -> bool:
        """Say whether a terminal reads."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Answer the descriptor beneath."""
        return self._stream.fileno()

    def finish(self) -> None:
        """Give the reader a little time for what still waits."""
        with suppress(Full):
            self._waiting.put(None, timeout=FAREWELL)
            self._thread.join(FAREWELL)

    def _serve(self) -> None:
        while (text := self._waiting.get()) is not None:
            # A reader who left hears no more, and nobody minds.
            with suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()
            self._own_up()

    def _own_up(self) -> None:
        left_out, self._left_out = self._left_out, 0
        if left_out:
            from .talk import tell

            tell(f"{left_out} lines were left out: nobody read them in time")


@contextmanager
def unhurried() -> Iterator[None]:
    """Let nobody in this block wait for the reader of stderr."""
    plain = sys.stderr
    talk = Unhurried(plain)
    sys.stderr = talk  # as much of a stream as we use
    try:
        yield
    finally:
        talk.finish()
        sys.stderr = plain
