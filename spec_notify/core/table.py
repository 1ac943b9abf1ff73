"""Which tables list tasks, and which of their columns say what.

Columns are known by their header, never by their place: real trackers move them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from .plain import normalised, plain, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDEST = 64

_IDS = ("task id", "id", "spec id", "story id", "item id", "ticket id", "issue id", "taskid")
# These name a link or a kind as often as a key: only the first column of a row is its name.
_LEADING_IDS = ("spec", "ticket", "key")
_TITLES = (
    "title", "task", "task title", "task name", "work item", "action item",
    "to do", "todo", "name", "subject", "summary", "item", "story", "user story", "issue",
    "feature", "description", "details",
)  # fmt: skip
_SURE_TITLES = frozenset(_TITLES[: _TITLES.index("name")])
_LEADING_TITLES = ("description", "summary", "user story")
_OWNERS = ("owner", "owners", "assignee", "assignees", "assigned to", "responsible")
_STATUS = "status"
_ORDER = frozenset({"", "order", "#", "no", "nr", "number", "priority"})
# What such a row tells of is no task, even if the row has an id.
_NO_TASK = frozenset({
    "risk", "risks", "criterion", "criteria", "acceptance criterion", "acceptance criteria",
    "deliverable", "deliverables", "scenario", "scenarios", "requirement", "requirements",
    "assumption", "question", "decision", "metric", "check", "gate", "test", "test case",
    "invariant", "phase", "stage", "milestone", "component", "environment", "dependency", "agent",
})  # fmt: skip
_ASIDE = re.compile(r"\s*(?:\([^()]*\)|:)$")


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where a task table keeps what: positions from 0. `titles` are tried in this order."""

    status: int | None
    """None where a heading says the status of all its rows."""
    id: int | None
    titles: tuple[int, ...]
    owners: int | None
    prd: int | None
    evidence: int | None


def task_columns(header: Sequence[str], *, by_section: bool = False) -> Columns | None:
    """Read a header row; None where its table lists no tasks.

    A task table has a Status column, needless with `by_section`, and an id, or a title that can
    stand for one. Tables of risks, phases, criteria and the like do not count, nor does a row's
    number as its key.
    """
    names = [_name(cell) for cell in header]
    lead = _lead(names)
    titles = [names.index(title) for title in _TITLES if title in names]
    id_ = _id(names, lead)
    if not (by_section or _STATUS in names) or not _lists_tasks(names, id_, lead):
        return None
    return Columns(
        status=None if by_section else names.index(_STATUS),
        id=id_,
        titles=tuple(place for place in titles if place != id_),
        owners=_first(names, _OWNERS),
        prd=_first(names, ("prd",)),
        evidence=_first(names, ("evidence",)),
    )


def no_tasks_because(header: Sequence[str]) -> str:
    """Say why `task_columns` reads no tasks under a header."""
    names = [_name(cell) for cell in header]
    if _STATUS not in names:
        return "it has no Status column"
    id_ = _id(names, _lead(names))
    others = [name for name in names if name not in _ORDER and names.index(name) != id_]
    if others and others[0] in _NO_TASK:
        return f"a row under “{visible(others[0])}” is no task"
    return "no column is an id or the title of a task"


def _id(names: Sequence[str], lead: str) -> int | None:
    return _first(names, (*_IDS, lead) if lead in _LEADING_IDS else _IDS)


def _lead(names: Sequence[str]) -> str:
    return next((name for name in names if name not in _ORDER), "")


def _lists_tasks(names: Sequence[str], id_: int | None, lead: str) -> bool:
    if not _SURE_TITLES.isdisjoint(names):
        return True
    if id_ is None:
        return lead in _LEADING_TITLES
    beside = [name for name in names if name not in _ORDER and names.index(name) != id_]
    return not beside or beside[0] not in _NO_TASK


def _first(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


# Headers are the same in document after document.
@lru_cache(maxsize=512)
def _name(cell: str) -> str:
    name = normalised(plain(cell)).replace("_", " ").replace("-", " ")
    return _ASIDE.sub("", name)
