"""Tasks in tables: what each row of a tracker is read as."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spec_notify.sources.document import read_document

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot

FIXTURES = Path(__file__).parents[2] / "fixtures"


def _read(
    rows: str, header: str = "ID | Title | Status | Notes", path: str = "SPEC.md"
) -> Snapshot:
    width = header.count("|") + 1
    return read_document(path, f"# S\n\n| {header} |\n|{'-|' * width}\n{rows}\n")


@pytest.fixture(scope="module")
def tracker() -> Snapshot:
    text = (FIXTURES / "specs" / "tracker.md").read_text("utf-8")
    return read_document("SPEC.md", text)


def test_a_tracker_is_read_row_by_row(tracker: Snapshot) -> None:
    rows = [(task.id, task.title, task.status.canonical, task.line) for task in tracker.tasks]
    assert rows == [
        ("T1", "Sort the letters", "In Progress", 13),
        ("T2", "Weigh the parcels", "Backlog", 14),
        ("T3", "Count a|b stamps", "Backlog", 15),
        ("T4", "Repaint the van", "Backlog", 16),
        ("T40-T42", "Three small ones", "Backlog", 17),
        ("SPEC-POST-003", "Open on Sundays", "In Progress", 18),
        ("T7", "Close on Mondays", "Done", 19),
        ("SPEC-POST-010", "A second van", "Unknown", 26),
        ("P0-P6", "Seven rounds", "Backlog", 27),
        ("T30", "Sell the van", "Dropped", 31),
        (None, "Mind the path", "Done", 32),
    ]
    assert tracker.format == "table"
    assert {task.section for task in tracker.tasks} == {"Active", "Later"}


def test_a_tracker_says_what_it_could_not_read(tracker: Snapshot) -> None:
    notices = [(notice.code, notice.line) for notice in tracker.notices]
    assert notices == [("wide_row", 16), ("unsafe_id", 32), ("orphan_row", 75)]
    assert "T9" in tracker.notices[-1].message
    assert "../../etc" in tracker.notices[1].message


def test_links_are_kept_as_written_prd_first_then_evidence(tracker: Snapshot) -> None:
    mentions = {task.id: task.mentions for task in tracker.tasks if task.mentions}
    assert mentions == {
        "T1": ("docs/SPEC-POST-001-letters/PRD.md", ""),
        "T2": ("", "docs/SPEC-POST-002-parcels/"),
    }


def test_any_other_cell_may_link_too() -> None:
    (task,) = _read("| T1 | see SPEC-POST-001 | Done SPEC-POST-002 | docs/SPEC-POST-003/ |").tasks
    assert task.mentions == ("", "", "see SPEC-POST-001", "docs/SPEC-POST-003/")


def test_owners_are_names_without_marks_or_placeholders(tracker: Snapshot) -> None:
    owners = [task.owners for task in tracker.tasks[:6]]
    assert owners == [("Ann",), ("Ann", "Bob"), ("Bob",), ("Cem", "Dee"), (), ()]


@pytest.mark.parametrize(
    ("cell", "owners"),
    [
        ("Ann, **Bob**; Ann", ("Ann", "Bob")),
        ("Ann / Bob and Cem", ("Ann", "Bob", "Cem")),
        ("Ann<br>Bob", ("Ann", "Bob")),
        ("R&D", ("R&D",)),
        ("[Ann](https://example.org/ann)", ("Ann",)),
        ("TBD", ()),
        ("", ()),
        ("A\u200bnn\u202e", ("Ann",)),
    ],
)
def test_owner_cells_hold_names(cell: str, owners: tuple[str, ...]) -> None:
    (task,) = _read(f"| T1 | a | Done | {cell} |", "ID | Title | Status | Owner(s)").tasks
    assert task.owners == owners


def test_rows_without_id_column_are_known_by_their_words() -> None:
    text = (FIXTURES / "tasks" / "order.md").read_text("utf-8")
    first, second, third, fourth = read_document("docs/SPEC-POST-001/tasks.md", text).tasks
    assert [first.id, second.id, third.id] == [None, "POST-DEMO-1", None]
    assert (second.key, second.title) == ("POST-DEMO-1", "Walk the route")
    assert (first.status.canonical, first.status.text) == ("Done", "done")
    assert third.status.canonical == "Blocked"
    assert len(first.key) == 12
    assert third.key == fourth.key != first.key
    assert second.mentions == ("", "", "docs/SPEC-POST-001-letters/map.md")


def test_neither_marks_nor_place_nor_order_are_part_of_a_rows_identity() -> None:
    header = "Order | Task | Status | Notes"
    (plain,) = _read("| 1 | Draw the route | Done | |", header).tasks
    (dressed,) = _read("| 9 | **Draw** the  `route` | Done | x |", header).tasks
    assert plain.key == dressed.key


@pytest.mark.parametrize(
    ("cell", "id_"),
    [
        ("T1", "T1"),
        ("**T1**", "T1"),
        ("`T1`", "T1"),
        ("~~T1~~", "T1"),
        ("~~**T1**~~", "T1"),
        ("[T1](docs/t1.md)", "T1"),
        ("[**T1**](docs/t1.md)", "T1"),
        ("T\\_1", "T_1"),
        ("T40-T42", "T40-T42"),
        ("MAINT-3.3-3.6", "MAINT-3.3-3.6"),
        ("1", "1"),
    ],
)
def test_marks_are_no_part_of_an_id(cell: str, id_: str) -> None:
    (task,) = _read(f"| {cell} | a | Done | |").tasks
    assert (task.id, task.key) == (id_, id_)


@pytest.mark.parametrize(
    "cell",
    ["../x", "/etc/x", "a..b", "-rf", "~root", "T1 (core)", "T1, T2", "T" * 200, "T\u20611", "Т1"],  # noqa: RUF001 - a lookalike is the case
)
def test_an_unsafe_id_is_refused_not_mended(cell: str) -> None:
    snapshot = _read(f"| {cell} | Draw the route | Done | |")
    (task,) = snapshot.tasks
    (notice,) = snapshot.notices
    assert (task.id, task.title, len(task.key)) == (None, "Draw the route", 12)
    assert (notice.code, notice.line) == ("unsafe_id", 5)
    other = _read("| ../y | Draw the route | Done | |").tasks[0]
    assert other.key != task.key


def test_a_row_whose_id_cell_is_empty_is_known_by_its_words() -> None:
    first, second = _read("| | Draw the route | Done | |\n| - | T2: Walk it | Done | |").tasks
    assert (first.id, first.title) == (None, "Draw the route")
    assert (second.id, second.title) == ("T2", "Walk it")


@pytest.mark.parametrize(
    "row",
    ["| | | Done | |", "| - | — | Done | |", "| (none) | | - | |", "prose under a table", "|"],
)
def test_rows_that_name_nothing_are_no_tasks(row: str) -> None:
    snapshot = _read(row)
    assert snapshot.tasks == ()
    assert [notice.code for notice in snapshot.notices] == ["no_tasks"]


@pytest.mark.parametrize(
    ("row", "status", "codes"),
    [
        # A pipe in a code span, where minding the span gives the header's width.
        ("| T1 | run `a | Done | b` | Backlog | x |", "Backlog", []),
        ("| T1 | run `a|b` | Backlog | x |", "Backlog", []),
        ("| T1 | a | Backlog | `x | Done | y` |", "Backlog", []),
        # One cell too many, after Status.
        ("| T1 | a | Backlog | x | y |", "Backlog", ["wide_row"]),
        ("| T1 | a | Backlog | x | |", "Backlog", ["wide_row"]),
        # A pipe in a code span and one cell too many: nobody knows what Status is.
        ("| T1 | `a | Done` | Backlog | x | y |", "Unknown", ["wide_row", "doubtful_status"]),
        # A pipe that GFM and the eye both read.
        ("| T1 | a \\| Done | Backlog | x |", "Backlog", []),
        # Short rows are completed.
        ("| T1 | a |", "Unknown", []),
        ("| T1 | a | Backlog |", "Backlog", []),
    ],
)
def test_a_pipe_never_pushes_a_false_value_under_status(
    row: str, status: str, codes: list[str]
) -> None:
    snapshot = _read(row)
    (task,) = snapshot.tasks
    assert (task.id, task.status.canonical) == ("T1", status)
    assert sorted(notice.code for notice in snapshot.notices) == sorted(codes)


def test_a_doubtful_done_is_told_with_its_line() -> None:
    snapshot = _read("| T1 | a | Done | |\n| T2 | b | Done: 3/5 | |")
    (notice,) = snapshot.notices
    assert (notice.code, notice.line) == ("doubtful_status", 6)
    assert "3/5" in notice.message


@pytest.mark.parametrize(
    "words",
    ["Dr\u202eaw it", "Draw\u200b it", "Draw\x07 it", "\ufeffDraw it", "Draw\U000e0041 it"],
)
def test_what_cannot_be_seen_is_left_out_of_titles(words: str) -> None:
    snapshot = _read(f"| T1 | {words} | Done | |")
    assert snapshot.tasks[0].title == "Draw it"
    assert [notice.code for notice in snapshot.notices] == ["sanitized"]


@pytest.mark.parametrize("words", ["Zürich, Genève ✅", "日本語 を 読む", "a\u00a0b", "Cafe\u0301"])
def test_what_can_be_seen_stays_in_titles(words: str) -> None:
    snapshot = _read(f"| T1 | {words} | Done | |")
    assert snapshot.notices == ()
    assert snapshot.tasks[0].title in {words, "Caf\u00e9"}


def test_titles_are_plain_text_and_end_at_three_hundred_characters() -> None:
    (task,) = _read(f"| T1 | [a](b) **c** `d` <i>e</i> &amp; {'f' * 5000} | Done | |").tasks
    assert task.title.startswith("a c d e & f")
    assert len(task.title) == 300


def test_link_definitions_of_the_document_are_resolved() -> None:
    text = "| [T1] | a | [Done][x] | |\n\n[t1]: docs/t1.md\n[x]: docs/x.md"
    (task,) = _read(text).tasks
    assert (task.id, task.status.canonical) == ("T1", "Done")


def test_a_title_cannot_make_a_row() -> None:
    words = "a\u2028| T2 \x0b\x0c\x1c\x1d\x85 b"
    snapshot = _read(f"| T1 | {words} | Done | |")
    assert [task.id for task in snapshot.tasks] == ["T1"]


def test_a_duplicate_id_is_told_once() -> None:
    snapshot = _read(
        "| T1 | a | Done | |\n| T1 | b | Todo | |\n| T1 | c | Todo | |\n| T2 | d | | |"
    )
    (notice,) = snapshot.notices
    assert (notice.code, notice.line) == ("duplicate_id", 5)
    assert "5, 6, 7" in notice.message
    assert [task.key for task in snapshot.tasks] == ["T1", "T1", "T1", "T2"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- a list\n| 9 | T9 | Out of it | Done |", "T9"),
        ("| 9 | **SPEC-POST-920** | Out of it | Done |", "SPEC-POST-920"),
        ("| T1 | a | Done | |\n\n| T2 | b | Done | |", "T2"),
        ("x\n\n| 3 | Draw the route | Ann | Done |", "Draw the route"),
    ],
)
def test_a_row_outside_any_table_is_named_with_its_line(text: str, named: str) -> None:
    snapshot = _read("| T0 | a | Done | |\n\n" + text)
    notices = [notice for notice in snapshot.notices if notice.code == "orphan_row"]
    assert named in notices[-1].message
    assert notices[-1].line == 6 + text.count("\n") + 1


@pytest.mark.parametrize(
    "text", ["|x| + |y|", "|---|---|---|", "| a", "| a | b | c |", "    | T9 | a | Done |"]
)
def test_lines_that_merely_hold_pipes_are_no_orphans(text: str) -> None:
    assert _read("| T0 | a | Done | |\n\n" + text).notices == ()


def test_a_table_of_absurd_width_is_not_read_but_told() -> None:
    header = "ID | Title | Status | " + " | ".join(f"c{n}" for n in range(70))
    snapshot = _read("| T1 | a | Done |", header)
    assert snapshot.tasks == ()
    assert [notice.code for notice in snapshot.notices] == ["no_tasks", "wide_table"]
