"""Statuses that headings say, read so where a config asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.snapshot import PRINTED, diff
from spec_notify.sources.document import read_document
from spec_notify.sources.memory import Memory

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "specs" / "by-section.md").read_text("utf-8")


def read(text: str, **aliases: str) -> Snapshot:
    return read_document("codex/SPEC.md", text, by_section=True, aliases=aliases)


def section(heading: str, *rows: str, header: str = "Spec | Description") -> str:
    ruler = "|".join(["---"] * (header.count("|") + 1))
    return "\n".join([f"## {heading}", "", f"| {header} |", f"|{ruler}|", *rows, "", ""])


def kinds(before: str, after: str) -> list[tuple[str | None, str]]:
    found = diff(read(before), read(after))
    return [(each.task.id, each.kind) for each in found if each.kind in PRINTED]


def test_a_tracker_in_sections_is_read_row_by_row() -> None:
    snapshot = read(FIXTURE)
    assert [(each.id, each.title, each.status.canonical, each.line) for each in snapshot.tasks] == [
        ("SPEC-POST-077", "SPEC-POST-077 (core)", "In Progress", 9),
        ("SPEC-POST-077", "SPEC-POST-077 (desk)", "In Progress", 10),
        ("SPEC-POST-078", "SPEC-POST-078", "In Progress", 11),
        ("SPEC-POST-081", "Weigh by night", "Backlog", 17),
        ("SPEC-POST-070", "SPEC-POST-070", "Done", 23),
        ("SPEC-POST-090", "A second van", "Dropped", 35),
        ("T9", "Read as ever", "In Review", 41),
    ]
    assert [(each.code, each.line) for each in snapshot.notices] == [("duplicate_id", 9)]


def test_elsewhere_a_heading_says_nothing() -> None:
    snapshot = read_document("codex/SPEC.md", FIXTURE)
    found = {each.line: each.status.canonical for each in snapshot.tasks}
    assert found == {9: "Unknown", 10: "Unknown", 11: "Done", 41: "In Review"}


def test_the_raw_text_of_a_status_is_the_heading() -> None:
    (task,) = read(section("**Completed** (Recent)", "| T1 | a |")).tasks
    assert (task.status.raw, task.status.text) == ("**Completed** (Recent)", "completed")


@pytest.mark.parametrize(
    ("heading", "canonical"),
    [
        ("In Progress", "In Progress"),
        ("🚧 In Progress", "In Progress"),
        ("Planned", "Backlog"),
        ("Completed (Recent)", "Done"),
        ("Blocked", "Blocked"),
        ("Deferred", "Dropped"),
        ("Done - needs review", "Unknown"),
    ],
)
def test_a_heading_is_read_as_a_cell_would_be(heading: str, canonical: str) -> None:
    (task,) = read(section(heading, "| T1 | a |")).tasks
    assert task.status.canonical == canonical


@pytest.mark.parametrize("heading", ["Completed work", "Summary", "What is in progress"])
def test_a_heading_that_says_no_status_leaves_the_table_as_it_is(heading: str) -> None:
    assert read(section(heading, "| T1 | a |")).tasks == ()
    row = section(heading, "| T1 | a | Done |", header="ID | Task | Status")
    assert [each.status.canonical for each in read(row).tasks] == ["Done"]


def test_own_words_are_headings_too() -> None:
    (task,) = read(section("On the desk", "| T1 | a |"), **{"on the desk": "In Progress"}).tasks
    assert task.status.canonical == "In Progress"


@pytest.mark.parametrize(
    ("headings", "canonical"),
    [
        ("# Completed\n## Van\n", "Done"),
        ("# Completed\n## Planned\n", "Backlog"),
        ("# Completed\n## Planned\n## Van\n", "Done"),
        ("# Completed\n# Planned\n### Van\n", "Backlog"),
        ("Completed\n===\n\nPlanned\n---\n\n", "Backlog"),
        ("### Completed\n# Planned\n", "Backlog"),
    ],
)
def test_the_innermost_heading_that_says_one_counts(headings: str, canonical: str) -> None:
    (task,) = read(f"{headings}\n| ID | Task |\n|---|---|\n| T1 | a |\n").tasks
    assert task.status.canonical == canonical


@pytest.mark.parametrize(
    "row", ["| (none) | - |", "| - | - |", "| — | (none) |", "|   |   |", "prose"]
)
def test_placeholders_are_no_tasks(row: str) -> None:
    assert read(section("Blocked", row)).tasks == ()


@pytest.mark.parametrize("header", ["Risk | Impact", "Phase | Key Deliverables", "Order | Notes"])
def test_what_is_no_task_elsewhere_is_none_here(header: str) -> None:
    assert read(section("In Progress", "| T1 | a |", header=header)).tasks == ()


def test_boxes_and_bullets_speak_for_themselves() -> None:
    snapshot = read("## Completed\n\n- [ ] T1 not yet\n- T2 a bullet\n")
    assert [(each.id, each.status.canonical) for each in snapshot.tasks] == [("T1", "Backlog")]


def test_a_row_that_moves_to_another_status_is_a_transition() -> None:
    before = section("In Progress", "| T1 | a |", "| T2 | b |") + section("Completed", "| - | - |")
    after = section("In Progress", "| T2 | b |") + section("Completed", "| T1 | a |")
    assert kinds(before, after) == [("T1", "completed")]
    assert kinds(after, before) == [("T1", "reopened")]


def test_a_row_without_id_is_known_again_where_it_moved() -> None:
    header = "Task | Notes"
    before = section("Planned", "| Sell the van | x |", header=header) + section("Completed")
    after = section("Planned") + section("Completed", "| Sell the van | y |", header=header)
    (old,), (new,) = read(before).tasks, read(after).tasks
    assert (old.key, old.id) == (new.key, None)
    assert kinds(before, after) == [(None, "completed")]


def test_equal_rows_of_two_projects_stay_two() -> None:
    row = "| Sell the van | x |"
    text = "".join(
        f"# {name}\n\n{section('Planned', row, header='Task | Notes')}" for name in ("East", "West")
    )
    east, west = read(text).tasks
    assert east.key != west.key


def test_what_a_status_cell_says_decides_nothing() -> None:
    header = "Spec | Status | Owner"
    one, other = (
        section("In Progress", f"| T1 | {cell} | Ann |", header=header) for cell in ("95%", "Done")
    )
    assert kinds(one, other) == []


def test_a_renamed_heading_of_the_same_status_is_no_news() -> None:
    assert kinds(section("Completed", "| T1 | a |"), section("Done (2026)", "| T1 | a |")) == []


def test_padding_and_another_place_are_no_news() -> None:
    before = section("Planned", "| T1 | a |") + section("Blocked", "| T2 | b |")
    after = section("Blocked", "|   T2   |   b   |") + section("Planned", "|T1|a|")
    assert kinds(before, after) == []


def test_one_id_in_two_sections_is_counted() -> None:
    two = section("In Progress", "| T1 | a |") + section("Planned", "| T1 | b |")
    done = section("In Progress", "| T1 | a |") + section("Completed", "| T1 | b |")
    swapped = section("Completed", "| T1 | a |") + section("In Progress", "| T1 | b |")
    assert kinds(two, done) == [("T1", "completed")]
    assert "completed" not in {kind for _, kind in kinds(done, swapped)}


def test_a_new_row_among_the_completed_has_appeared_done() -> None:
    before = section("Completed", "| T1 | a |")
    (found,) = diff(read(before), read(section("Completed", "| T1 | a |", "| T2 | b |")))
    assert (found.task.id, found.kind, found.appeared) == ("T2", "completed", True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Planned", "## Completed"),
        ("# Post office", "# Completed"),
        ("Weigh by night", "Weigh by day"),
        ("| SPEC-POST-078         | Done   | -     | tidy up     |\n", ""),
        ("## In Progress\n", "## What we do\n"),
    ],
)
def test_what_was_read_before_changes_nothing(old: str, new: str) -> None:
    assert old in FIXTURE
    after, memory = FIXTURE.replace(old, new), Memory()
    for text in (FIXTURE, after, FIXTURE):
        remembered = read_document("a.md", text, by_section=True, memory=memory)
        assert remembered == read_document("a.md", text, by_section=True)
