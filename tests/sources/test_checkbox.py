"""Tasks as ticked and open boxes, in the dialects of the tools that write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spec_notify.sources.document import read_document

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot

FIXTURES = Path(__file__).parents[2] / "fixtures" / "tasks"


def _fixture(name: str, path: str) -> Snapshot:
    return read_document(path, (FIXTURES / name).read_text("utf-8"))


def test_a_spec_kit_list_is_read_box_by_box() -> None:
    snapshot = _fixture("spec-kit.md", "specs/001-parcels/tasks.md")
    assert snapshot.format == "checkbox"
    rows = [(each.id, each.title, each.status.text, each.line) for each in snapshot.tasks]
    assert rows == [
        ("T001", "Make the folder in docs/SPEC-POST-002-parcels/", "[x]", 8),
        ("T002", "Weigh one parcel", "[ ]", 9),
        ("T003", "Weigh another", "[x]", 10),
        ("T004", "Weigh them together", "[ ]", 12),
        ("AR-5", "Send them", "[x]", 13),
        ("T006", "Wait", "[ ]", 14),
        (None, "Sweep the floor", "[ ]", 18),
        (None, "Turn the sign", "[~]", 19),
        ("T007", "quoted is listed", "[ ]", 36),
    ]
    assert [each.section for each in snapshot.tasks[5:7]] == ["Phase 1: Setup", "Phase 2"]
    assert snapshot.tasks[0].mentions == (
        "",
        "",
        "T001 Make the folder in docs/SPEC-POST-002-parcels/",
    )
    assert [(notice.code, notice.line) for notice in snapshot.notices] == [("unknown_mark", 19)]


def test_an_openspec_list_is_keyed_by_its_outline() -> None:
    snapshot = _fixture("openspec.md", "openspec/changes/post/tasks.md")
    rows = [(each.id, each.status.canonical, each.status.text) for each in snapshot.tasks]
    assert rows == [
        ("1.1", "Done", "[x]"),
        ("1.2", "Backlog", "[ ]"),
        ("1.2.1", "Done", "[x]"),
        ("1.3", "Unknown", "[?]"),
        ("2.1", "Backlog", "[ ]"),
    ]


def test_kiro_has_marks_and_numbers_of_its_own() -> None:
    rows = [
        (each.id, each.title, each.status.canonical, each.status.text)
        for each in _fixture("kiro.md", ".kiro/specs/counter/tasks.md").tasks
    ]
    assert rows == [
        ("1", "Set up the counter", "In Progress", "[-]"),
        ("1.1", "Carry the desk", "Done", "[x]"),
        ("1.2", "Carry the scales", "Backlog", "[~]"),
        ("2", "Polish the desk", "Backlog", "[ ]"),
    ]


def test_elsewhere_the_same_marks_are_unknown_and_a_number_is_no_id() -> None:
    snapshot = _fixture("kiro.md", "specs/counter/tasks.md")
    rows = [(each.id, each.status.canonical) for each in snapshot.tasks]
    assert rows == [(None, "Unknown"), ("1.1", "Done"), ("1.2", "Unknown"), (None, "Backlog")]


@pytest.mark.parametrize(
    ("item", "canonical", "text"),
    [
        ("- [ ] a", "Backlog", "[ ]"),
        ("- [] a", "Backlog", "[ ]"),
        ("- [\u00a0] a", "Backlog", "[ ]"),
        ("- [x] a", "Done", "[x]"),
        ("- [X] a", "Done", "[x]"),
        ("- [ x] a", "Done", "[x]"),
        ("- [x]* a", "Done", "[x]"),
        ("* [x]\ta", "Done", "[x]"),
        ("+ [x] a", "Done", "[x]"),
        ("1. [x] a", "Done", "[x]"),
        ("1) [x] a", "Done", "[x]"),
        ("> - [x] a", "Done", "[x]"),
        ("- b\n  - [x] a", "Done", "[x]"),
        ("- [x] a\n\n  more", "Done", "[x]"),
        ("- [/] a", "Unknown", "[/]"),
        ("- [✔️] a", "Unknown", "[✔]"),
        ("- [\u0445] a", "Unknown", "[\u0445]"),
        ("- [\u200b] a", "Unknown", "[]"),
        ("- [>] a", "Unknown", "[>]"),
        ("- [1] a", "Unknown", "[1]"),
    ],
)
def test_no_box_is_dropped_and_only_an_x_ticks_it(item: str, canonical: str, text: str) -> None:
    (task,) = read_document("tasks.md", item).tasks
    assert (task.status.canonical, task.status.text, task.title) == (canonical, text, "a")


@pytest.mark.parametrize(
    "text",
    [
        "[x] a",
        "- x [x] a",
        "- [x](a)",
        "- [x]a",
        "- [xy] a",
        "- [x]",
        "-[x] a",
        "\t- [x] a",
        "```\n- [x] a\n```",
        "```\n- [x] a",
        "<!--\n- [x] a\n-->",
        "<!-- - [x] a -->",
        "| a |\n|---|\n| [x] a |",
    ],
)
def test_what_is_no_list_item_with_a_box_is_no_task(text: str) -> None:
    snapshot = read_document("tasks.md", text)
    assert snapshot.tasks == ()
    assert "no_tasks" in {notice.code for notice in snapshot.notices}


def test_a_box_says_what_stood_in_it() -> None:
    (task,) = read_document("tasks.md", "- [X]* a").tasks
    assert task.status.raw == "[X]*"


def test_own_marks_are_given_as_statuses() -> None:
    aliases = {"[/]": "In Progress", "[R]": "In Review", "[~]": "Dropped"}
    text = "- [/] a\n- [r] b\n- [~] c\n- [x] d"
    tasks = read_document(".kiro/specs/a/tasks.md", text, aliases=aliases).tasks
    assert [each.status.canonical for each in tasks] == [
        "In Progress",
        "In Review",
        "Dropped",
        "Done",
    ]


def test_only_the_first_line_of_an_item_is_its_title() -> None:
    (task,) = read_document(
        "tasks.md", "- [ ] **T001** Make *it*\n  **Validation**: made\nlazy"
    ).tasks
    assert (task.id, task.title, task.line) == ("T001", "Make it", 1)


def test_equal_words_under_two_headings_are_two_tasks() -> None:
    tasks = read_document("tasks.md", "# A\n- [ ] a\n- [x] **a**\n# B\n- [ ] a").tasks
    assert tasks[0].key == tasks[1].key != tasks[2].key
