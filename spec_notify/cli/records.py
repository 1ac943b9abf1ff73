"""A delivery's evidence read back for people: from its files, or from the spool until they stand.

Nothing here decides anything, and what a file says is shown as found: `evidence verify` proves it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from spec_notify.core.evidence import directory, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.ports import Record as Sealed
    from spec_notify.wiring import Wiring

_BATCH = 100


class Record(NamedTuple):
    """One record of a delivery, 0 for no attempt; without a body it says why."""

    attempt: int
    path: str
    body: dict[str, Any] | None
    missing: str | None


def records_of(wiring: Wiring, delivery: str) -> list[Record]:
    """Answer a delivery's records in the order they were sealed."""
    names = wiring.spool.evidence_names(delivery)
    ordered = sorted(names, key=lambda each: _sequence(each[1]))
    return [_read(wiring, delivery, spec, name) for spec, name in ordered]


def _sequence(name: str) -> int:
    facts = parse_name(name)
    return facts.sequence if facts else 0


def _read(wiring: Wiring, delivery: str, spec: str, name: str) -> Record:
    import orjson

    place = directory(wiring.evidence_root, spec)
    facts = parse_name(name)
    number = facts.attempt if facts else 0
    body = _file(wiring, place, name) or _waiting(wiring, name)
    if body is None:
        return Record(number, place + name, None, "its evidence was rotated away, or moved")
    try:
        said = orjson.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("delivery") != delivery:
        return Record(number, place + name, None, "its evidence is not as it was written")
    return Record(number, place + name, said, None)


def _file(wiring: Wiring, place: str, name: str) -> bytes | None:
    from spec_notify.disk.atomic import open_folder, read_below
    from spec_notify.disk.eviction import RECORD_LIMIT

    parts = [part for part in place.split("/") if part]
    try:
        folder = open_folder(wiring.evidence_home, parts, create=False)
    except OSError:
        return None
    try:
        return read_below(folder, name, limit=RECORD_LIMIT)
    finally:
        os.close(folder)


def _waiting(wiring: Wiring, name: str) -> bytes | None:
    return next((each.body for each in _unprojected(wiring) if each.name == name), None)


def _unprojected(wiring: Wiring) -> Iterator[Sealed]:
    skip = 0
    while found := wiring.spool.unprojected(_BATCH, skip=skip):
        yield from found
        skip += len(found)
