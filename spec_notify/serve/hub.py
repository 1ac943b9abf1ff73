"""The stream of server-sent events: one look at the spool for all who listen.

Frames: `admitted` (an event, with its id), `changed` (deliveries moved on), `reset` (more happened
than can be told: ask anew), and a comment now and then, so that both ends know of each other.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

import orjson

from spec_notify.core.errors import SpoolError

from .activity import told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable

    from spec_notify.core.event import Event
    from spec_notify.ports import Showing

    from .window import Window

MOST_LISTENERS = 256
MOST_EVENTS = 200
"""Of more events at once it is only said that they are there."""
_BACKLOG = 64
_PAUSE, _BEAT = 0.5, 15.0
_HELLO = b"retry: 2000\n: spec-notify\n\n"
_HEARTBEAT = b": still here\n\n"
_RESET = b"event: reset\ndata: {}\n\n"
_CHANGED = b"event: changed\ndata: {}\n\n"


class Mark(NamedTuple):
    """The latest event that was told of."""

    number: int
    id: str


class Hub:
    """Who listens, and what was last seen. `pause` and `beat` are seconds."""

    def __init__(self, window: Window, *, pause: float = _PAUSE, beat: float = _BEAT) -> None:
        self._window = window
        self._pause, self._beat = pause, beat
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._version: Hashable = None
        self._mark: Mark | None = None
        self._alone = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._stopped = False

    @property
    def is_full(self) -> bool:
        """Whether nobody else can be listened to."""
        return len(self._listeners) >= MOST_LISTENERS

    async def run(self) -> None:
        """Look at the spool while somebody listens, until cancelled."""
        beaten = 0.0
        while True:
            await self._wanted.wait()
            await self.look()
            beaten += self._pause
            if beaten >= self._beat:
                beaten = 0.0
                self._publish(_HEARTBEAT)
            await asyncio.sleep(self._pause)

    def stop(self) -> None:
        """End every stream."""
        self._stopped = True
        for each in [*self._listeners]:
            self._end(each)

    async def stream(self, last: str | None) -> AsyncIterator[bytes]:
        """Answer frames from now on, or from after the event with the id `last`.

        There are none when so many came at the same moment that it is full by now.
        """
        mine: asyncio.Queue[bytes | None] = asyncio.Queue(_BACKLOG)
        async with self._alone:
            await self._look()
            missed = await asyncio.to_thread(self._missed, last) if last else None
            if self.is_full:
                return
            self._listeners.add(mine)
            self._wanted.set()
        try:
            yield _HELLO
            if missed:
                yield missed
            while not self._stopped and (frames := await mine.get()):
                yield frames
        finally:
            self._leave(mine)

    def _publish(self, frames: bytes) -> None:
        for each in [*self._listeners]:
            if each.full():
                # It does not read: it may come back and ask for what it missed.
                self._end(each)
            else:
                each.put_nowait(frames)

    def _end(self, listener: asyncio.Queue[bytes | None]) -> None:
        self._leave(listener)
        while listener.full():
            listener.get_nowait()
        listener.put_nowait(None)

    def _leave(self, listener: asyncio.Queue[bytes | None]) -> None:
        self._listeners.discard(listener)
        if not self._listeners:
            self._wanted.clear()

    async def look(self) -> None:
        """Look at the spool once, and tell all who listen what is new."""
        async with self._alone:
            await self._look()

    async def _look(self) -> None:
        if frames := await asyncio.to_thread(self._news):
            self._publish(frames)

    def _news(self) -> bytes:
        """Look at the spool once; answer what is to be told to all, maybe nothing."""
        try:
            with self._window.looking() as spool:
                # Asked first: what changes from here on is for the next look.
                version = (id(spool), spool.version()) if spool else None
                if version == self._version:
                    return b""
                before, self._version = self._mark, version
                self._mark = _latest(spool)
                return _since(spool, before, until=self._mark) + _CHANGED
        except SpoolError:
            known, self._version = self._version, "unreadable"
            return b"" if known == self._version else _CHANGED

    def _missed(self, last: str) -> bytes:
        try:
            with self._window.looking() as spool:
                number = spool.number(last) if spool else None
                found = None if number is None else Mark(number, last)
                return _since(spool, found, until=self._mark) if found else _RESET
        except SpoolError:
            return _RESET


def _latest(spool: Showing | None) -> Mark | None:
    found = spool.events(1) if spool else []
    return Mark(found[0].number, found[0].event.id) if found else None


def _since(spool: Showing | None, mark: Mark | None, *, until: Mark | None) -> bytes:
    """Answer the frames of what was admitted after one event up to another."""
    if mark is not None and (spool is None or spool.number(mark.id) != mark.number):
        # It was purged, or this is another spool: nobody knows what came after it.
        return _RESET
    if spool is None or until is None:
        return b""
    after = None if mark is None else mark.number
    found = spool.events(MOST_EVENTS + 1, after=after, before=until.number + 1)
    if len(found) > MOST_EVENTS:
        return _RESET
    return b"".join(_admitted(each.event) for each in reversed(found))


def _admitted(event: Event) -> bytes:
    return b"id: %s\nevent: admitted\ndata: %s\n\n" % (event.id.encode(), orjson.dumps(told(event)))
