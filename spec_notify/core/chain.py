"""The chain through a directory's records: anchors that rotation leaves, and what breaks it.

Contract, section 9. A record vouches for the one before it, so the newest is vouched for by
nothing in the directory: only the spool that sealed it can say it is the last.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec
import orjson

from .evidence import SCHEMA, digest, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ANCHOR_SCHEMA = "spec-notify/evidence-anchor/1"
_ANCHOR_NAME = re.compile(r"anchor_([A-Za-z0-9][A-Za-z0-9-]{0,63})\.json", re.ASCII)
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The newest record of a writer that rotation deleted: its sequence and its bytes' SHA-256."""

    writer: str
    sequence: int
    digest: str
    schema: str = ANCHOR_SCHEMA


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A record's place in its chain, as its bytes say."""

    name: str
    delivery: str
    attempt: int
    writer: str
    sequence: int
    previous: str | None
    digest: str


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it was written.

    `kind` is `unreadable`, `misnamed`, `altered`, `missing`, `truncated` or `doubled`.
    """

    kind: str
    name: str
    detail: str
    writer: str | None = None


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    delivery: str
    attempt: int
    sequence: int
    writer: str
    previous: str | None


_RECORDS = msgspec.json.Decoder(_Said)


def anchor_name(writer: str) -> str | None:
    """Name a writer's anchor file; None for a writer that is no plain word."""
    name = f"anchor_{writer}.json"
    return name if _ANCHOR_NAME.fullmatch(name) else None


def anchor_body(anchor: Anchor) -> bytes:
    """Answer an anchor's bytes, about 200 of them."""
    return orjson.dumps(msgspec.structs.asdict(anchor), option=_OPTIONS)


def read_anchor(name: str, body: bytes) -> Anchor | None:
    """Read an anchor file; None unless it is one of ours and says the writer it is named for."""
    try:
        anchor = msgspec.convert(orjson.loads(body), Anchor)
    except (ValueError, RecursionError):
        return None
    known = anchor.schema == ANCHOR_SCHEMA and anchor_name(anchor.writer) == name
    return anchor if known else None


def is_anchor_name(name: str) -> bool:
    """Say whether a file is named as an anchor."""
    return _ANCHOR_NAME.fullmatch(name) is not None


def read_link(name: str, body: bytes) -> Link | None:
    """Read a record's place in its chain; None for what is no record of ours."""
    try:
        said = _RECORDS.decode(body)
    except (ValueError, RecursionError):
        return None
    if said.schema != SCHEMA:
        return None
    return Link(
        name=name,
        delivery=said.delivery,
        attempt=said.attempt,
        writer=said.writer,
        sequence=said.sequence,
        previous=said.previous,
        digest=digest(body),
    )


def verify_chain(
    records: Iterable[tuple[str, bytes]], anchors: Iterable[tuple[str, bytes]]
) -> list[Breach]:
    """Answer every breach in one directory's records, given as (name, bytes) like its anchors.

    Each writer's chain is proven by itself. A gap at or below an anchor's sequence is taken as
    rotated: a clock that ran backwards makes names, and so rotation, leave the chain's order.
    """
    links: list[Link] = []
    breaches: list[Breach] = []
    for name, body in records:
        link = read_link(name, body)
        if link is None:
            breaches.append(
                Breach(kind="unreadable", name=name, detail="this is no record of ours")
            )
            continue
        links.append(link)
        breaches += _blemishes(link, body)
    known: dict[str, Anchor] = {}
    for name, body in anchors:
        anchor = read_anchor(name, body)
        if anchor is None:
            breaches.append(Breach(kind="unreadable", name=name, detail="this is no anchor"))
        else:
            known[anchor.writer] = anchor
    for writer, chain in chains(links).items():
        breaches += _breaks(chain, known.get(writer))
    return breaches


def chains(links: Iterable[Link]) -> Mapping[str, Sequence[Link]]:
    """Group links by writer, each chain in its own order."""
    ordered = sorted(links, key=attrgetter("writer", "sequence", "name"))
    return {writer: list(chain) for writer, chain in groupby(ordered, attrgetter("writer"))}


def _breaks(chain: Sequence[Link], anchor: Anchor | None) -> Iterable[Breach]:
    before: Link | None = None
    for link in chain:
        if not _follows(link, before, anchor):
            yield _break(link, before)
        before = link


def _follows(link: Link, before: Link | None, anchor: Anchor | None) -> bool:
    if before is None and link.previous is None:
        return anchor is None or link.sequence <= anchor.sequence
    if before is not None:
        if link.sequence == before.sequence:
            return False
        if link.previous == before.digest:
            return True
        if link.previous is None or link.sequence == before.sequence + 1:
            return False
    if anchor is None:
        return False
    return link.previous == anchor.digest or link.sequence <= anchor.sequence


def _break(link: Link, before: Link | None) -> Breach:
    def breach(kind: str, name: str, detail: str) -> Breach:
        return Breach(kind=kind, name=name, detail=detail, writer=link.writer)

    if before is None:
        detail = "records before it are gone, and no anchor of this writer explains it"
        return breach("truncated", link.name, detail)
    if link.sequence == before.sequence:
        return breach("doubled", link.name, f"{before.name} has the same sequence")
    if link.sequence == before.sequence + 1:
        return breach("altered", before.name, f"{link.name} was sealed over other bytes")
    gap = f"{before.sequence + 1} to {link.sequence - 1}"
    return breach("missing", link.name, f"records {gap} are gone, or not written yet")


def _blemishes(link: Link, body: bytes) -> Iterable[Breach]:
    if not _canonical(body):
        detail = "its bytes are not laid out as they were sealed"
        yield Breach(kind="altered", name=link.name, detail=detail, writer=link.writer)
    facts = parse_name(link.name)
    named = facts and (facts.delivery, facts.attempt, facts.sequence)
    if named != (link.delivery, link.attempt, link.sequence):
        detail = f"it says {link.delivery}, attempt {link.attempt}, sequence {link.sequence}"
        yield Breach(kind="misnamed", name=link.name, detail=detail, writer=link.writer)


def _canonical(body: bytes) -> bool:
    try:
        return orjson.dumps(orjson.loads(body), option=_OPTIONS) == body
    except (ValueError, TypeError, RecursionError):
        return False
