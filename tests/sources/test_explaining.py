"""How a document is read, and why so: the words of `explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.sources.document import read_document
from spec_notify.sources.explaining import explain
from spec_notify.sources.reading import Manner

if TYPE_CHECKING:
    from spec_notify.sources.explaining import Explanation

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = "| ID | Task | Status |\n|---|---|---|\n"
BACK = "backlog/tasks/back-1.md"


def explained(text: str, path: str = "SPEC.md", format: str | None = None) -> Explanation:
    return explain(path, text, Manner(), format=format)


def how(cell: str) -> str:
    (seen,) = explained(f"{HEAD}| T1 | a | {cell} |\n").tasks
    return seen.how


@pytest.mark.parametrize(
    ("path", "file", "format", "because", "found"),
    [
        ("SPEC.md", "specs/tracker.md", None, "content", "table"),
        ("specs/001-a/tasks.md", "tasks/spec-kit.md", "auto", "content", "checkbox"),
        ("docs/SPEC-A-1/tasks.md", "tasks/mixed.md", None, "content", "mixed"),
        ("docs/SPEC-A-1/tasks.md", "tasks/prose.md", None, "content", "none"),
        (BACK, "tasks/front-matter.md", None, "path", "front-matter"),
        ("notes.md", "tasks/front-matter.md", "front-matter", "format", "front-matter"),
        (".taskmaster/tasks/tasks.json", "tasks/task-master.json", None, "path", "task-master"),
        ("SPEC.md", "specs/tracker.md", "table", "format", "table"),
    ],
)
def test_the_reader_is_named_with_what_decided_on_it(
    path: str, file: str, format: str | None, because: str, found: str
) -> None:
    seen = explained((FIXTURES / file).read_text("utf-8"), path, format)
    assert (seen.because, seen.snapshot.format) == (because, found)
    assert seen.why


@pytest.mark.parametrize(
    "file",
    [
        "specs/tracker.md",
        "specs/by-section.md",
        "tasks/mixed.md",
        "tasks/spec-kit.md",
        "tasks/kiro.md",
        "tasks/task-master.json",
        "tasks/front-matter.md",
    ],
)
@pytest.mark.parametrize("by_section", [False, True])
def test_the_tasks_are_those_a_look_reads(file: str, *, by_section: bool) -> None:
    text = (FIXTURES / file).read_text("utf-8")
    seen = explain(file, text, Manner(by_section=by_section))
    assert seen.snapshot == read_document(file, text, by_section=by_section)
    assert tuple(each.task for each in seen.tasks) == seen.snapshot.tasks
    assert all(each.how for each in seen.tasks)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("Done", "says “done”"),
        ("**Done**", "says “done”"),
        ("**Done** — shipped", "says “done”; what stands beside it is a remark"),
        ("✅ Done (2026-01-02)", "says “done”; what stands beside it is a remark"),
        ("Done: 3/5", "not read as a status: it says “3/5”"),
        ("research complete", "“research complete” is no known word: it counts as open"),
        ("", "nothing is said, so it counts as open"),
        ("\N{CYRILLIC CAPITAL LETTER ES}omplete", "not read as a status: it looks like"),
    ],
)
def test_a_cell_says_how_it_was_read(cell: str, said: str) -> None:
    assert how(cell).startswith(said)


def test_a_box_says_its_mark() -> None:
    seen = explained("- [X] a\n- [~] b\n", "specs/a/tasks.md").tasks
    assert [(each.by, each.how) for each in seen] == [
        ("box", "the mark [x]"),
        ("box", "“[~]” is no known mark: it counts as open"),
    ]


def test_a_heading_is_named_as_what_says_a_status() -> None:
    seen = explain("a.md", f"## Completed\n\n{HEAD}| T1 | a | 5% |\n", Manner(by_section=True))
    (task,) = seen.tasks
    assert (task.by, task.how) == ("section", "the heading says “completed”")


@pytest.mark.parametrize(
    ("path", "dialect", "marks"),
    [
        ("specs/001-a/tasks.md", "spec-kit", {"[ ]": "Backlog", "[x]": "Done"}),
        ("openspec/changes/a/tasks.md", "openspec", {"[ ]": "Backlog", "[x]": "Done"}),
        ("tasks.md", "plain", {"[ ]": "Backlog", "[x]": "Done"}),
        (
            ".kiro/specs/a/tasks.md",
            "kiro",
            {"[ ]": "Backlog", "[x]": "Done", "[-]": "In Progress", "[~]": "Backlog"},
        ),
    ],
)
def test_the_dialect_of_a_path_has_its_marks(
    path: str, dialect: str, marks: dict[str, str]
) -> None:
    seen = explained("- [ ] a", path)
    assert (seen.dialect, seen.marks) == (dialect, marks)


def test_own_marks_are_among_them() -> None:
    seen = explain("tasks.md", "- [/] a", Manner(aliases={"[/]": "In Progress"}))
    assert seen.marks["[/]"] == "In Progress"


def test_every_word_says_where_it_was_learnt_and_the_config_speaks_last() -> None:
    manner = Manner(
        aliases={"QA": "In Review", "done": "Blocked"},
        beside={"backlog/config.yml": "statuses: [Ideas, QA, Shipped]"},
    )
    words = {each.word: each for each in explain(BACK, "---\nid: a\n---\n", manner).words}
    assert (words["complete"].status, words["complete"].origin) == ("Done", "built in")
    assert (words["shipped"].status, words["shipped"].origin) == ("Done", "backlog/config.yml")
    assert (words["qa"].status, words["qa"].origin) == ("In Review", "config")
    assert (words["done"].status, words["done"].origin) == ("Blocked", "config")


def test_a_table_that_is_not_read_says_why() -> None:
    wide = "| ID | Task | Status |" + " c |" * 70
    text = "\n\n".join(
        f"{header}\n{'|-' * (header.count('|') - 1)}|\n| a | b | c |"
        for header in (
            "| ID | Task | Status |",
            "| ID | Task | Reason |",
            "| Risk | Status | Notes |",
            "| ID | Criterion | Status |",
            "| Who | Status | Notes |",
            wide,
        )
    )
    seen = explained(text).tables
    assert [(each.line, each.rows, each.why) for each in seen] == [
        (1, 1, None),
        (5, 1, "it has no Status column"),
        (9, 1, "a row under “risk” is no task"),
        (13, 1, "a row under “criterion” is no task"),
        (17, 1, "no column is an id or the title of a task"),
        (21, 1, "it has more than 64 columns"),
    ]


def test_what_the_config_keeps_from_being_read_says_so() -> None:
    (table,) = explained(f"{HEAD}| T1 | a | Done |\n", format="checkbox").tables
    assert table.why == "the config says format = “checkbox”"


def test_boxes_beside_a_task_table_are_named_by_their_lines() -> None:
    text = f"{HEAD}| T1 | a | Todo |\n\n- [x] a criterion\n- [ ] T2 b\n"
    assert explained(text, "docs/SPEC-A-1/tasks.md").boxes == (5,)
    assert explained(text).boxes == (5, 6)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([
            HEAD, "| T1 | a | Done |\n", "## Completed\n\n", "- [x] T1 a\n", "\n", "---\n",
            "status: x\n", "| a | b |\n|-|-|\n", "```\n", "{", "\ud800", "\x1b[31m",
        ])
    ).map("".join),
    st.sampled_from(["SPEC.md", BACK, "a.json", ".kiro/a.md"]),
    st.booleans(),
)  # fmt: skip
def test_any_text_can_be_explained(text: str, path: str, by_section: bool) -> None:  # noqa: FBT001 - a case
    seen = explain(path, text, Manner(by_section=by_section))
    assert tuple(each.task for each in seen.tasks) == seen.snapshot.tasks
