"""Which evidence files make room for the next one: oldest first, ours only, under the cap.

Contract, section 9.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

import msgspec

from .evidence import parse_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    # Time in milliseconds, sequence, name.
    _Place = tuple[int, int, str]

ANCHOR_ROOM = 512
"""Bytes always left free, so that an anchor can be written before what it explains is deleted."""


class EvictionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Names to delete, oldest first, and whether the incoming bytes then fit.

    A plan that does not fit deletes nothing.
    """

    victims: tuple[str, ...] = ()
    fits: bool = True


class Shelf:
    """The files of one evidence directory by name and size, records in the order they leave.

    `total` counts the bytes of all files, `records` those of the ones we named; `others` are the
    names of the rest.
    """

    def __init__(self, files: Iterable[tuple[str, int]] = ()) -> None:
        self.total = 0
        self.records = 0
        self.others: set[str] = set()
        self._files: dict[str, tuple[int, _Place | None]] = {}
        self._order: list[_Place] = []
        for name, size in files:
            self.put(name, size)

    def size(self, name: str) -> int | None:
        """Answer a file's size in bytes; None when there is no such file."""
        known = self._files.get(name)
        return known and known[0]

    def put(self, name: str, size: int) -> None:
        """Note a file that stands there now, new or replaced."""
        self.drop(name)
        place = _place(name)
        self._files[name] = size, place
        self.total += size
        if place is None:
            self.others.add(name)
        else:
            self.records += size
            insort(self._order, place)

    def drop(self, name: str) -> None:
        """Note that a file is gone; one that was not there is no news."""
        size, place = self._files.pop(name, (0, None))
        self.total -= size
        self.others.discard(name)
        if place is not None:
            self.records -= size
            del self._order[bisect_left(self._order, place)]

    def plan(self, incoming: int, cap: int, *, slack: int = 0) -> EvictionPlan:
        """Answer which records leave so that `incoming` more bytes stay within `cap`, oldest first.

        Age is the name's time, then its sequence, whoever wrote it; only as many leave as must.
        When any must leave, `slack` bytes more are freed, up to a tenth of the records, so that
        not every write has to evict.
        """
        excess = self.total + incoming - cap
        if excess <= 0:
            return EvictionPlan()
        if excess > self.records:
            return EvictionPlan(fits=False)
        wanted = max(excess, min(excess + slack, self.records // 10))
        victims: list[str] = []
        for _, _, name in self._order:
            if wanted <= 0:
                break
            victims.append(name)
            wanted -= self._files[name][0]
        return EvictionPlan(victims=tuple(victims))


def _place(name: str) -> _Place | None:
    facts = parse_name(name)
    return None if facts is None else (facts.at, facts.sequence, name)
