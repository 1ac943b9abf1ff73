"""Laws of the diff, over any two documents."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.snapshot import COMPLETED, Snapshot, Task, diff
from spec_notify.core.status import DONE, IN_REVIEW, Status, read_status
from spec_notify.sources.document import read_document

if TYPE_CHECKING:
    from collections.abc import Iterable

STATUSES = ["Backlog", "TODO", "In Progress", "needs review", "In Review", "Done", "**COMPLETE**",
            "Removed", "HIGH PRIORITY", "Done: 3/5", ""]  # fmt: skip
TITLES = ["Draw the route", "Draw the whole route", "Draw a route", "Time the route", "Polish",
          "Invoice all senders", "Maps"]  # fmt: skip
HEADER = "| ID | Title | Status | PRD |\n|----|-------|--------|-----|\n"

rows = st.tuples(
    st.sampled_from(["T1", "T2", "T3", "SPEC-A-1", "", "", ""]),
    st.sampled_from(TITLES),
    st.sampled_from(STATUSES),
    st.sampled_from(["", "docs/SPEC-A-1/PRD.md"]),
)
sections = st.lists(st.lists(rows, max_size=5), max_size=3)
Sections = list[list[tuple[str, str, str, str]]]
# One row per id; and rows of which each is known by its id or by words of its own.
named = st.lists(rows.filter(lambda row: row[0] != ""), unique_by=lambda row: row[0]).map(
    lambda section: [section]
)
distinct = st.lists(rows, max_size=8, unique_by=lambda row: row[0] or row[1])


def _snapshot(sections: Sections) -> Snapshot:
    tables = [
        f"## Section {number}\n\n{HEADER}" + "".join(f"| {' | '.join(row)} |\n" for row in section)
        for number, section in enumerate(sections)
    ]
    return read_document("SPEC.md", "\n".join(["# S", HEADER, *tables]))


def _told_apart(status: Status) -> tuple[str, str]:
    """Answer what two statuses share if no transition lies between them."""
    arrived = status.canonical in (DONE, IN_REVIEW)
    return status.canonical, "" if arrived else status.text


def _statuses(tasks: Iterable[Task]) -> Counter[tuple[str, str]]:
    return Counter(_told_apart(task.status) for task in tasks)


@settings(max_examples=300, deadline=None)
@given(sections, sections)
def test_a_snapshot_with_its_changes_applied_is_the_next(before: Sections, after: Sections) -> None:
    old, new = _snapshot(before), _snapshot(after)
    statuses = _statuses(old.tasks)
    for change in diff(old, new):
        if change.before is not None:
            statuses[_told_apart(change.before)] -= 1
        if change.after is not None:
            statuses[_told_apart(change.after)] += 1
    assert statuses == _statuses(new.tasks)


@settings(max_examples=200, deadline=None)
@given(named, named)
def test_the_statuses_of_ids_follow_their_changes(before: Sections, after: Sections) -> None:
    old, new = _snapshot(before), _snapshot(after)
    statuses = {task.id: _told_apart(task.status) for task in old.tasks}
    for change in diff(old, new):
        if change.after is None:
            del statuses[change.task.id]
        else:
            statuses[change.task.id] = _told_apart(change.after)
    assert statuses == {task.id: _told_apart(task.status) for task in new.tasks}


@settings(max_examples=200, deadline=None)
@given(sections)
def test_nothing_changes_between_a_snapshot_and_itself(sections: Sections) -> None:
    assert diff(_snapshot(sections), _snapshot(sections)) == ()


@settings(max_examples=200, deadline=None)
@given(distinct, st.randoms(use_true_random=False))
def test_rows_moved_within_and_between_sections_are_no_news(
    rows: list[tuple[str, str, str, str]], random: st.Random
) -> None:
    shuffled = random.sample(rows, len(rows))
    before, after = random.randint(0, len(rows)), random.randint(0, len(rows))
    old = _snapshot([rows[:before], rows[before:]])
    new = _snapshot([shuffled[:after], shuffled[after:]])
    assert diff(old, new) == ()


@settings(max_examples=200, deadline=None)
@given(sections, sections, st.randoms(use_true_random=False))
def test_the_order_of_rows_decides_nothing(
    before: Sections, after: Sections, random: st.Random
) -> None:
    def facts(old: Sections, new: Sections) -> Counter[tuple[object, ...]]:
        return Counter(
            (
                each.task.id,
                each.kind,
                _told_apart(each.before) if each.before else None,
                _told_apart(each.after) if each.after else None,
            )
            for each in diff(_snapshot(old), _snapshot(new))
        )

    told = facts(before, after)
    turned = [[random.sample(rows, len(rows)) for rows in each] for each in (before, after)]
    assert facts(*turned) == told


@settings(max_examples=200, deadline=None)
@given(sections, sections)
def test_each_completion_is_a_done_that_was_none(before: Sections, after: Sections) -> None:
    old, new = _snapshot(before), _snapshot(after)
    grown: Counter[str] = Counter(task.key for task in new.tasks if task.status.canonical == DONE)
    told = Counter(each.task.key for each in diff(old, new) if each.kind == COMPLETED)
    assert told <= grown


def _large(status: str) -> Snapshot:
    body = "".join(f"| T{n} | Carry parcel {n} | {status} | |\n" for n in range(10_000))
    return read_document("SPEC.md", HEADER + body)


def test_ten_thousand_rows_are_read_and_compared_in_seconds() -> None:
    begun = time.perf_counter()
    changes = diff(_large("Backlog"), _large("**DONE** (2026-01-05)"))
    assert len(changes) == 10_000
    assert time.perf_counter() - begun < 10


def test_ten_thousand_reworded_rows_are_compared_in_seconds() -> None:
    def tasks(words: str) -> tuple[Task, ...]:
        return tuple(
            Task(
                key=f"{words}{n}",
                id=None,
                title=f"{words} {n}",
                status=read_status("Done"),
                line=n,
            )
            for n in range(10_000)
        )

    before = Snapshot(document="tasks.md", format="table", tasks=tasks("carry parcel number"))
    after = Snapshot(document="tasks.md", format="table", tasks=tasks("carry the parcel no."))
    begun = time.perf_counter()
    assert not any(each.kind == COMPLETED for each in diff(before, after))
    assert time.perf_counter() - begun < 10
