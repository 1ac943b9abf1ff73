"""What changed between two snapshots: transitions, and what is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.identity import text_key
from spec_notify.core.snapshot import (
    PRINTED,
    Snapshot,
    Task,
    Transition,
    diff,
    transition_facts,
)
from spec_notify.core.status import read_status
from spec_notify.sources.document import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

TODO, WIP, REVIEW, DONE, GONE = "Backlog", "In Progress", "In Review", "Done", "Removed"


def _task(
    id_: str | None,
    status: str,
    title: str = "a",
    *,
    line: int = 1,
    heading: str = "H",
    prd: str = "",
) -> Task:
    return Task(
        key=id_ or text_key(title, heading),
        id=id_,
        title=title,
        status=read_status(status),
        line=line,
        section=heading,
        mentions=(prd, "") if prd else (),
    )


def _snapshot(*tasks: Task, format_: str = "table") -> Snapshot:
    return Snapshot(document="SPEC.md", format=format_, tasks=tasks)


Told = tuple[str | None, str, str | None, str | None]


def _told(changes: tuple[Transition, ...]) -> list[Told]:
    """Say of each transition: id, kind, from, to."""
    return [
        (
            each.task.id,
            each.kind,
            each.before.canonical if each.before else None,
            each.after.canonical if each.after else None,
        )
        for each in changes
    ]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (TODO, DONE, "completed"),
        (WIP, "✅", "completed"),
        (REVIEW, DONE, "completed"),
        (GONE, DONE, "completed"),
        ("HIGH PRIORITY", DONE, "completed"),
        ("Done: 3/5", DONE, "completed"),
        (WIP, REVIEW, "in_review"),
        (GONE, "needs review", "in_review"),
        (DONE, WIP, "reopened"),
        (DONE, REVIEW, "reopened"),
        (DONE, GONE, "reopened"),
        (DONE, "Done - needs review", "reopened"),
        (TODO, WIP, "changed"),
        (REVIEW, WIP, "changed"),
        ("TODO", "Backlog", "changed"),
        ("HIGH PRIORITY", "MEDIUM PRIORITY", "changed"),
        (DONE, "**COMPLETE**", None),
        ("Done", "Done — with a remark", None),
        (REVIEW, "ready for review", None),
        (WIP, "**IN PROGRESS** (half)", None),
        ("Done: 3/5", "Done: 4/5", None),
    ],
)
def test_a_change_of_status_is_of_a_kind(before: str, after: str, kind: str | None) -> None:
    changes = diff(_snapshot(_task("T1", before)), _snapshot(_task("T1", after)))
    assert [each.kind for each in changes] == ([] if kind is None else [kind])
    assert not any(each.appeared for each in changes)


def test_moves_retitles_and_reorders_are_no_news() -> None:
    before = _snapshot(_task("T1", DONE, "a", line=1), _task("T2", TODO, "b", line=2))
    after = _snapshot(
        _task("T2", TODO, "better b", line=9, heading="Later"),
        _task("T1", DONE, "quite another a", line=30, heading="Done", prd="docs/SPEC-A/PRD.md"),
    )
    assert diff(before, after) == ()


def test_a_row_that_moves_and_is_done_is_completed_once() -> None:
    before = _snapshot(_task("T1", WIP, line=1))
    after = _snapshot(_task("T1", DONE, "retitled", line=20, heading="Done"))
    (change,) = diff(before, after)
    assert (change.kind, change.task.line, change.task.title) == ("completed", 20, "retitled")


def test_one_id_is_never_another_that_it_begins() -> None:
    before = _snapshot(_task("T1", TODO), _task("T10", DONE), _task("T61-64", DONE))
    after = _snapshot(_task("T1", TODO), _task("T10", DONE), _task("T61", TODO))
    assert _told(diff(before, after)) == [
        ("T61", "appeared", None, TODO),
        ("T61-64", "vanished", DONE, None),
    ]


def test_a_new_row_that_is_done_is_completed_from_nothing() -> None:
    (change,) = diff(_snapshot(), _snapshot(_task("T1", DONE)))
    assert (change.kind, change.before, change.appeared) == ("completed", None, True)


@pytest.mark.parametrize("status", [TODO, WIP, REVIEW, GONE, "whatever"])
def test_a_new_row_in_any_other_status_merely_appears(status: str) -> None:
    (change,) = diff(_snapshot(), _snapshot(_task("T1", status)))
    assert (change.kind, change.before, change.appeared) == ("appeared", None, True)


@pytest.mark.parametrize("status", [TODO, DONE])
def test_a_row_that_is_gone_vanishes_and_is_not_reopened(status: str) -> None:
    (change,) = diff(_snapshot(_task("T1", status)), _snapshot())
    assert (change.kind, change.after, change.task.id) == ("vanished", None, "T1")


def test_changes_come_in_line_order() -> None:
    before = _snapshot(*(_task(f"T{n}", TODO, line=n) for n in range(1, 6)))
    after = _snapshot(*(_task(f"T{n}", DONE, line=10 - n) for n in range(1, 6)))
    assert [each.task.line for each in diff(before, after)] == [5, 6, 7, 8, 9]


# --- Rows of one key are counted.


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([TODO, TODO], [TODO, TODO], []),
        ([TODO, DONE], [DONE, TODO], []),
        ([TODO, TODO], [DONE, TODO], [("completed", TODO)]),
        ([TODO, TODO], [DONE, DONE], [("completed", TODO), ("completed", TODO)]),
        ([WIP], [WIP, WIP], [("appeared", None)]),
        ([WIP], [WIP, DONE], [("completed", None)]),
        ([DONE], [DONE, DONE], [("completed", None)]),
        ([WIP, TODO], [DONE, TODO], [("completed", WIP)]),
        ([TODO, WIP], [DONE, "Blocked"], [("changed", TODO), ("completed", WIP)]),
        ([DONE, DONE], [DONE], [("vanished", DONE)]),
        ([DONE, TODO], [DONE], [("vanished", TODO)]),
        ([DONE, DONE], [DONE, WIP], [("reopened", DONE)]),
        ([DONE, "complete"], ["completed", "✅"], []),
        ([TODO, DONE], [DONE, DONE, DONE], [("completed", None), ("completed", TODO)]),
    ],
)
@pytest.mark.parametrize("id_", ["T1", None])
def test_rows_of_one_key_are_counted_and_their_order_decides_nothing(
    id_: str | None, before: list[str], after: list[str], told: list[tuple[str, str | None]]
) -> None:
    for old in (before, before[::-1]):
        for new in (after, after[::-1]):
            changes = diff(
                _snapshot(*(_task(id_, status, line=n) for n, status in enumerate(old, 1))),
                _snapshot(*(_task(id_, status, line=n) for n, status in enumerate(new, 1))),
            )
            found = [(kind, from_) for _, kind, from_, _ in _told(changes)]
            assert sorted(found, key=str) == sorted(told, key=str)


def test_among_rows_of_one_id_the_title_tells_which_was_done() -> None:
    before = _snapshot(_task("T1", TODO, "a", line=1), _task("T1", TODO, "b", line=2))
    after = _snapshot(_task("T1", TODO, "a", line=2), _task("T1", DONE, "b", line=1))
    (change,) = diff(before, after)
    assert (change.kind, change.task.title) == ("completed", "b")


# --- Rows without id are known by their words.


def test_the_same_words_under_another_heading_are_the_same_task() -> None:
    before = _snapshot(_task(None, WIP, "Draw the route", heading="Phase 1"))
    moved = _snapshot(_task(None, WIP, "draw  the route", heading="Phase 1 done", line=5))
    done = _snapshot(_task(None, DONE, "Draw the route", heading="Phase 2"))
    assert diff(before, moved) == ()
    assert _told(diff(before, done)) == [(None, "completed", WIP, DONE)]


@pytest.mark.parametrize("status", [TODO, DONE])
def test_words_that_changed_a_little_are_the_same_task(status: str) -> None:
    before = _snapshot(_task(None, status, "Draw the route"), _task(None, TODO, "Polish the desk"))
    after = _snapshot(
        _task(None, status, "Draw the whole route"), _task(None, TODO, "Polish the desk")
    )
    assert diff(before, after) == ()


def test_a_row_reworded_and_done_is_completed() -> None:
    before = _snapshot(_task(None, TODO, "Draw the route"))
    after = _snapshot(_task(None, DONE, "Draw the whole route", line=3))
    (change,) = diff(before, after)
    assert (change.kind, change.task.title, change.appeared) == (
        "completed",
        "Draw the whole route",
        False,
    )


def test_a_row_number_that_now_holds_another_task_reopens_nothing() -> None:
    before = _snapshot(_task(None, DONE, "Capture degraded evidence", line=3))
    after = _snapshot(_task(None, TODO, "Update the docs and prompts", line=3))
    assert set(_told(diff(before, after))) == {
        (None, "appeared", None, TODO),
        (None, "vanished", DONE, None),
    }


def test_words_with_two_likely_forerunners_are_nobodys() -> None:
    before = _snapshot(_task(None, TODO, "Draw the route a"), _task(None, TODO, "Draw the route b"))
    after = _snapshot(_task(None, DONE, "Draw the route"))
    kinds = sorted(each.kind for each in diff(before, after))
    assert kinds == ["completed", "vanished", "vanished"]


def test_a_done_row_rewritten_beyond_recognition_announces_nothing() -> None:
    before = _snapshot(_task(None, DONE, "Draw the route"), _task("T1", TODO))
    after = _snapshot(
        _task(None, DONE, "Maps exist"), _task("T1", TODO), _task("T2", DONE, "by id", line=9)
    )
    assert set(_told(diff(before, after))) == {
        (None, "appeared", None, DONE),
        (None, "vanished", DONE, None),
        ("T2", "completed", None, DONE),
    }


def test_a_done_row_without_id_is_news_where_only_open_ones_are_gone() -> None:
    before = _snapshot(_task(None, TODO, "Draw the route"))
    after = _snapshot(_task(None, DONE, "Polish every desk"))
    assert (None, "completed", None, DONE) in _told(diff(before, after))


def test_a_row_may_get_an_id_or_lose_it_and_keep_its_words() -> None:
    bare = _snapshot(_task(None, DONE, "Draw the route"))
    named = _snapshot(_task("T1", DONE, "Draw the route"))
    assert diff(bare, named) == ()
    assert diff(named, bare) == ()


def test_an_id_in_other_capitals_is_the_same_id() -> None:
    before = _snapshot(_task("task-1", DONE, "Draw"), _task("task-2", TODO, "Time"))
    after = _snapshot(_task("TASK-1", DONE, "Draw the route"), _task("TASK-2", DONE, "Time"))
    assert _told(diff(before, after)) == [("TASK-2", "completed", TODO, DONE)]


def test_two_ids_are_two_tasks_whatever_their_words() -> None:
    before = _snapshot(_task("T1", DONE, "Draw the route"))
    after = _snapshot(_task("T2", DONE, "Draw the route"))
    assert _told(diff(before, after)) == [
        ("T1", "vanished", DONE, None),
        ("T2", "completed", None, DONE),
    ]


# --- Rows that come back are compared with what they were.


@pytest.mark.parametrize(
    ("remembered", "now", "told"),
    [
        (DONE, DONE, []),
        (DONE, "complete", []),
        (TODO, TODO, []),
        (TODO, DONE, [("T1", "completed", TODO, DONE)]),
        (WIP, REVIEW, [("T1", "in_review", WIP, REVIEW)]),
        (DONE, WIP, [("T1", "reopened", DONE, WIP)]),
    ],
)
def test_a_row_that_returns_is_compared_with_what_it_was(
    remembered: str, now: str, told: list[Told]
) -> None:
    changes = diff(_snapshot(), _snapshot(_task("T1", now)), {"T1": read_status(remembered)})
    assert _told(changes) == told
    assert not any(each.appeared for each in changes)


def test_what_is_remembered_serves_one_row_of_its_key() -> None:
    after = _snapshot(_task("T1", DONE, line=1), _task("T1", DONE, line=2))
    changes = diff(_snapshot(), after, {"T1": read_status(DONE)})
    assert _told(changes) == [("T1", "completed", None, DONE)]


def test_words_put_back_are_the_row_that_stood_there_not_the_one_remembered() -> None:
    old, new = "Draw the route", "Draw the whole route"
    memory = {text_key(old, "H"): read_status(TODO)}
    before, after = _snapshot(_task(None, DONE, new)), _snapshot(_task(None, DONE, old))
    assert diff(before, after, memory) == ()


def test_a_row_that_is_back_as_it_was_is_not_a_likely_row_reworded() -> None:
    old, new = "Draw the route", "Draw the whole route"
    memory = {text_key(old, "H"): read_status(DONE)}
    before, after = _snapshot(_task(None, TODO, new)), _snapshot(_task(None, DONE, old))
    assert _told(diff(before, after, memory)) == [(None, "vanished", TODO, None)]


# --- One document, read in two ways.


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("checkbox", "table", "appeared"),
        ("table", "checkbox", "appeared"),
        ("checkbox", "mixed", "appeared"),
        ("table", "mixed", "completed"),
        ("none", "table", "completed"),
        ("table", "table", "completed"),
    ],
)
def test_a_document_read_in_another_way_announces_no_new_row(
    before: str, after: str, told: str
) -> None:
    old = _snapshot(_task("T1", TODO), format_=before)
    new = _snapshot(_task("T1", DONE), _task("T2", DONE), format_=after)
    assert [kind for _, kind, _, _ in _told(diff(old, new))] == ["completed", told]


# --- One id, perhaps two tasks.


@pytest.mark.parametrize("was", [GONE, TODO, DONE])
def test_an_id_with_another_title_and_another_link_is_another_task(was: str) -> None:
    before = _snapshot(_task("T1", was, "Draw the route", prd="docs/SPEC-A/PRD.md"))
    after = _snapshot(_task("T1", DONE, "Invoice the senders", prd="docs/SPEC-B/PRD.md"))
    changes = diff(before, after)
    assert {each.kind: (each.appeared, each.flags) for each in changes} == {
        "completed": (True, ("id_reused",)),
        "vanished": (False, ("id_reused",)),
    }


@pytest.mark.parametrize(
    ("title", "prd"),
    [
        ("Invoice the senders", "docs/SPEC-A/PRD.md"),
        ("Invoice the senders", "[PRD](docs/SPEC-A/PRD.md)"),
        ("Invoice the senders", ""),
        ("Draw the whole route", "docs/SPEC-B/PRD.md"),
    ],
)
def test_an_id_is_the_same_task_unless_title_and_link_change(title: str, prd: str) -> None:
    before = _snapshot(_task("T1", DONE, "Draw the route", prd="docs/SPEC-A/PRD.md"))
    assert diff(before, _snapshot(_task("T1", DONE, title, prd=prd))) == ()


# --- A box and a row have not the same words.

HEAD = "| ID | Task | Status |\n|---|---|---|\n"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("- [ ] T1 set up", f"{HEAD}| T1 | set up | Backlog |", []),
        ("- [ ] set up", f"{HEAD}| | set up | Backlog |", []),
        (f"{HEAD}| T1 | set up | In Progress |", "- [ ] T1 set up", []),
        (f"{HEAD}| T1 | set up | In Review |", "- [ ] T1 set up", []),
        (f"{HEAD}| T1 | set up | Done |", "- [x] T1 set up", []),
        (f"{HEAD}| T1 | set up | In Progress |", "- [x] T1 set up", ["completed"]),
        ("- [ ] T1 set up", f"{HEAD}| T1 | set up | Done |", ["completed"]),
        ("- [x] T1 set up", f"{HEAD}| T1 | set up | Backlog |", ["reopened"]),
        (f"{HEAD}| T9 | it | Done |\n\n- [ ] T1 set up",
         f"{HEAD}| T9 | it | Done |\n| T1 | set up | In Progress |", []),
    ],
)  # fmt: skip
def test_a_row_that_becomes_a_box_is_news_only_where_both_can_say_it(
    before: str, after: str, told: list[str]
) -> None:
    old, new = (read_document("tasks.md", text) for text in (before, after))
    assert [each.kind for each in diff(old, new)] == told


@pytest.mark.parametrize(
    "unread",
    ["", "# empty", "| ID | Task | State |\n|-|-|-|\n| T1 | a | Done |", "```\n- [x] T1 a\n"],
)
def test_nothing_is_finished_by_becoming_readable(unread: str) -> None:
    old, new = read_document("tasks.md", unread), read_document("tasks.md", "- [x] T1 a\n")
    assert [each.kind for each in diff(old, new)] == ["appeared"]


# --- Keys in a namespace.


def _tags(**tags: dict[str, str]) -> Snapshot:
    """Make a task-master file: of each tag, titles and their statuses."""
    held = {
        tag: {
            "tasks": [
                {"id": n, "title": t, "status": s} for n, (t, s) in enumerate(each.items(), 1)
            ]
        }
        for tag, each in tags.items()
    }
    return read_document("tasks.json", json.dumps(held))


PLAN = {"Draw the route": "done", "Time it": "pending"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"old": PLAN}, {"new": PLAN}, []),
        ({"old": PLAN}, {"new": PLAN | {"Time it": "done"}}, [("new.2", "Backlog")]),
        ({"old": PLAN}, {"old": PLAN, "new": PLAN}, []),
        ({"old": PLAN}, {"old": PLAN, "new": {"Fold it": "done"}}, [("new.1", None)]),
        ({"old": {"Draw": "done"}, "new": {}}, {"old": {}, "new": {"Draw": "done"}}, []),
        ({"old": {}}, {"old": {"A": "done"}, "new": {"A": "done"}},
         [("new.1", None), ("old.1", None)]),
    ],
    ids=["renamed", "renamed and done", "copied", "another", "one moved", "new in both"],
)  # fmt: skip
def test_a_tag_renamed_or_copied_finishes_nothing(
    before: dict[str, dict[str, str]],
    after: dict[str, dict[str, str]],
    told: list[tuple[str, str | None]],
) -> None:
    changes = diff(_tags(**before), _tags(**after))
    done = [(id_, from_) for id_, kind, from_, _ in _told(changes) if kind == "completed"]
    assert sorted(done, key=str) == told


def test_a_task_of_a_tag_is_printed_by_its_id() -> None:
    (change,) = diff(_tags(master={}), _tags(master={"Draw": "done"}))
    facts = transition_facts(change, "tasks.json")
    assert (facts["task"], facts["key"]) == ("1", "1")


# --- What is printed.


def test_arrivals_and_departures_in_other_statuses_are_printed_on_demand_only() -> None:
    assert {"completed", "in_review", "reopened", "changed"} == PRINTED


FACTS: list[tuple[str | None, str | None, Mapping[str, object]]] = [
    (
        "**In Progress** - half",
        "✅ DONE",
        {"from": "In Progress", "to": "Done", "fromText": "in progress", "toText": "done",
         "kind": "completed", "appeared": False},
    ),
    (
        None,
        "[x]",
        {"from": None, "to": "Done", "fromText": None, "toText": "[x]", "kind": "completed",
         "appeared": True},
    ),
    (
        "HIGH PRIORITY",
        None,
        {"from": "Unknown", "to": None, "fromText": "high priority", "toText": None,
         "kind": "vanished", "appeared": False},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "facts"), FACTS)
def test_a_transition_is_printed_with_its_words(
    before: str | None, after: str | None, facts: Mapping[str, object]
) -> None:
    old = _snapshot(*([_task("T1", before, line=7)] if before else []))
    new = _snapshot(*([_task("T1", after, line=7)] if after else []))
    (change,) = diff(old, new)
    assert transition_facts(change, "new/SPEC.md") == {
        "task": "T1", "key": "T1", "title": "a", "line": 7, "document": "new/SPEC.md", **facts
    }  # fmt: skip


def test_a_task_without_id_is_printed_with_its_key() -> None:
    (change,) = diff(_snapshot(), _snapshot(_task(None, DONE, "Draw the route")))
    facts = transition_facts(change, "tasks.md")
    assert (facts["task"], facts["key"]) == (None, text_key("Draw the route", "H"))
