"""Evidence read back for people: whether it is whole, and how much room it takes.

Contract, section 8 (`evidence verify|audit`). Nothing here decides what is delivered.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.chain import Breach, chains, is_anchor_name, read_link, verify_chain
from spec_notify.core.evidence import parse_name
from spec_notify.core.exchange import is_signed

from .atomic import open_folder, read_below
from .eviction import RECORD_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class ChainSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One writer's records in a directory: how many stand, from which sequence to which."""

    writer: str
    records: int
    first: int
    last: int


class FolderReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one directory's evidence proves; `unknown` names the files that are not ours."""

    directory: str
    chains: tuple[ChainSeen, ...] = ()
    breaches: tuple[Breach, ...] = ()
    unknown: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What all evidence below a root proves."""

    folders: tuple[FolderReport, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether nothing is broken; files that are not ours break nothing."""
        return not any(folder.breaches for folder in self.folders)

    @property
    def records(self) -> int:
        """Count the records that stand."""
        return sum(chain.records for folder in self.folders for chain in folder.chains)

    def facts(self) -> dict[str, object]:
        """Answer the report as plain values, for JSON."""
        folders = msgspec.to_builtins(self.folders)
        return {"ok": self.ok, "records": self.records, "directories": folders}

    def lines(self) -> Iterator[str]:
        """Say the report to a person: every directory, then what is wrong or not ours in it."""
        for folder in self.folders:
            standing = sum(chain.records for chain in folder.chains)
            verdict = f"{len(folder.breaches)} broken" if folder.breaches else "ok"
            yield f"{folder.directory}: {standing} records, {verdict}"
            for breach in folder.breaches:
                yield f"  {breach.kind}: {breach.name}: {breach.detail}"
            for name in folder.unknown:
                yield f"  not ours: {name}"
        if not self.folders:
            yield "no evidence stands here"


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one directory holds, all its files counted as the cap counts them."""

    directory: str
    bytes: int
    files: int


def verify(root: Path) -> Report:
    """Prove every chain below an evidence root; directories are named relative to it.

    A root that does not exist holds no evidence. Links are not followed.
    """
    return Report(folders=tuple(_report(*each) for each in _folders(root)))


def audit(root: Path) -> list[Usage]:
    """Weigh every directory of records below an evidence root, as rotation does."""
    return [_usage(name, files) for name, _, files in _folders(root)]


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """How many webhook requests were made, and how many of them were signed."""

    made: int = 0
    signed: int = 0


def requests(root: Path, *, since: int, until: int) -> Requests:
    """Count the webhook requests whose records below an evidence root are of a time.

    A dry run made none. What is no record of ours, or cannot be read, counts for nothing.
    """
    made = signed = 0
    for _, folder, files in _folders(root):
        for name, _ in files:
            facts = parse_name(name)
            if facts is None or not since <= facts.at < until:
                continue
            said = is_signed(read_below(folder, name, limit=RECORD_LIMIT) or b"")
            made += said is not None
            signed += said is True
    return Requests(made=made, signed=signed)


def _folders(root: Path) -> Iterator[tuple[str, int, Sequence[tuple[str, os.stat_result]]]]:
    """Answer each directory's name, a descriptor open until the next one, and its files."""
    for spec in _names(root, ["commands"]):
        parts = ["commands", spec, "webhooks"]
        try:
            folder = open_folder(root, parts, create=False)
        except OSError:
            continue
        try:
            yield "/".join(parts), folder, _files(folder)
        finally:
            os.close(folder)


def _names(root: Path, parts: list[str]) -> list[str]:
    try:
        folder = open_folder(root, parts, create=False)
    except OSError:
        return []
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a descriptor has no path
    finally:
        os.close(folder)


def _files(folder: int) -> list[tuple[str, os.stat_result]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISDIR(status.st_mode):
                found.append((entry.name, status))
    return sorted(found)


def _report(name: str, folder: int, files: Sequence[tuple[str, os.stat_result]]) -> FolderReport:
    ours = [each for each, _ in files if parse_name(each) or is_anchor_name(each)]
    bodies = [(each, read_below(folder, each, limit=RECORD_LIMIT) or b"") for each in ours]
    records = [each for each in bodies if not is_anchor_name(each[0])]
    links = [link for link in (read_link(*each) for each in records) if link]
    seen = tuple(
        ChainSeen(
            writer=writer, records=len(chain), first=chain[0].sequence, last=chain[-1].sequence
        )
        for writer, chain in chains(links).items()
    )
    return FolderReport(
        directory=name,
        chains=seen,
        breaches=tuple(verify_chain(records, [e for e in bodies if is_anchor_name(e[0])])),
        unknown=tuple(each for each, _ in files if each not in set(ours)),
    )


def _usage(name: str, files: Sequence[tuple[str, os.stat_result]]) -> Usage:
    weight = sum(status.st_size for _, status in files)
    return Usage(directory=name, bytes=weight, files=len(files))
