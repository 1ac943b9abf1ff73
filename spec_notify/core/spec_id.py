"""Which SPEC a task belongs to, and the rule that said so.

Read afresh for every event: a row's links change over its life, its identity must not.
Contract, section 5, `spec`.
"""

from __future__ import annotations

import re
from itertools import chain, repeat
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from .snapshot import Task

Rule = Literal["id", "document", "prd", "evidence", "cell", "config"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

# A path into the evidence tree names the tree's own SPEC first: that one is not meant.
_TREE = (
    r"(?!SPEC-OPS-004-integrated-coder-hooks/evidence\b"
    r"|[^/\s]+/evidence/(?:commands|consensus)\b)"
)
_FOLDER = rf"(?<![\w.-])docs/{_TREE}(?P<folder>SPEC-[A-Za-z0-9._-]+)/"
_EVIDENCE = r"(?<![\w.-])evidence/(?:commands|consensus)/(?P<evidence>SPEC-[A-Za-z0-9._-]+)/"
_IN_PRD = re.compile(_FOLDER)
_IN_CELL = re.compile(f"{_FOLDER}|{_EVIDENCE}")

_CELLS: tuple[tuple[Rule, re.Pattern[str]], ...] = (("prd", _IN_PRD), ("evidence", _IN_CELL))
_OTHER: tuple[Rule, re.Pattern[str]] = ("cell", _IN_CELL)

_HOME = re.compile(
    r"(?:^|/)(?:docs/(?=SPEC-)|specs/"
    # An archived change keeps the id it had: the date is the archive's.
    r"|openspec/changes/(?:archive/(?:\d{4}-\d{2}-\d{2}-)?)?)(?P<id>[^/]+)/"
)


class SpecId(msgspec.Struct, frozen=True, kw_only=True):
    """A SPEC id and the rule that found it, or neither and why."""

    id: str | None
    matched_by: Rule | None = None
    reason: str | None = None


def is_spec_id(text: str) -> bool:
    """Say whether a text may name a SPEC: also a folder name, so never a path or `..`."""
    return _ID.fullmatch(text) is not None and ".." not in text


def resolve(
    task: Task, *, document: str, directories: Collection[str], default: str | None
) -> SpecId:
    """Answer the SPEC of a task; the first rule that names one wins, and none is guessed.

    A document in a SPEC's own folder speaks for all its tasks; else the row's PRD cell, its
    Evidence cell, its other cells, its id, and `default`. `directories` are the names under
    `docs/`; an id that no folder there bears or continues names itself.
    """
    for rule, name in _named(task, document, directories):
        if is_spec_id(name):
            return SpecId(id=name, matched_by=rule)
    # A row that may mean one of two SPECs means neither a third.
    if default is not None and is_spec_id(default) and len(_folders(task, directories)) <= 1:
        return SpecId(id=default, matched_by="config")
    return SpecId(id=None, reason=_why_none(task, directories))


def linked(task: Task) -> frozenset[str]:
    """Answer the SPEC ids that a task's cells link to."""
    return frozenset(
        found[found.lastgroup or 0]
        for (_, pattern), cell in zip(chain(_CELLS, repeat(_OTHER)), task.mentions, strict=False)
        for found in pattern.finditer(cell)
    )


def _named(task: Task, document: str, directories: Collection[str]) -> Iterator[tuple[Rule, str]]:
    home = _HOME.search(document)
    if home is not None:
        yield "document", home["id"]
    for (rule, pattern), cell in zip(chain(_CELLS, repeat(_OTHER)), task.mentions, strict=False):
        yield from ((rule, found[found.lastgroup or 0]) for found in pattern.finditer(cell))
    # Two folders are two SPECs: then neither is meant.
    match _folders(task, directories):
        case [only]:
            yield "id", only


def _folders(task: Task, directories: Collection[str]) -> list[str]:
    if task.id is None or not task.id.startswith("SPEC-"):
        return []
    if task.id in directories:
        return [task.id]
    # Without the hyphen SPEC-KIT-07 would find SPEC-KIT-070.
    return sorted(name for name in directories if name.startswith(f"{task.id}-")) or [task.id]


def _why_none(task: Task, directories: Collection[str]) -> str:
    match _folders(task, directories):
        case [first, second, *_]:
            return f"{task.id} may be {first} or {second}: link the PRD in its row"
    return "no cell of the task names a docs/SPEC-… path, and its id is no SPEC id"
