"""Which source reads a document, and which documents none should."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.plain import hides
from spec_notify.sources.document import SOURCES, read_document, unreadable

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot

FIXTURES = Path(__file__).parents[2] / "fixtures"

TABLE = "| ID | Task | Status |\n|----|------|--------|\n| T1 | a | Todo |\n"
EMPTY_TABLE = "| ID | Task | Status |\n|----|------|--------|\n"
BOXES = "- [ ] T2 b\n- [x] c\n"


def _keys(snapshot: Snapshot) -> list[str]:
    return [task.id or task.title for task in snapshot.tasks]


@pytest.mark.parametrize(
    ("path", "text", "format_", "keys"),
    [
        ("SPEC.md", TABLE, "table", ["T1"]),
        ("SPEC.md", TABLE + "\n" + BOXES, "table", ["T1"]),
        ("rs/SPEC.md", TABLE + "\n" + BOXES, "table", ["T1"]),
        ("docs/SPEC-A-1/tasks.md", TABLE + "\n" + BOXES, "mixed", ["T1", "T2"]),
        ("docs/SPEC-A-1/tasks.md", BOXES + "\n" + TABLE, "mixed", ["T2", "T1"]),
        ("docs/SPEC-A-1/tasks.md", TABLE + "\n- [x] c", "table", ["T1"]),
        ("docs/SPEC-A-1/tasks.md", BOXES, "checkbox", ["T2", "c"]),
        ("SPEC.md", BOXES, "checkbox", ["T2", "c"]),
        ("SPEC.md", EMPTY_TABLE, "table", []),
        ("SPEC.md", "prose", "none", []),
        ("SPEC.md", "", "none", []),
        ("tasks.md", "| Risk | Status |\n|-|-|\n| a | Done |\n\n" + BOXES, "checkbox", ["T2", "c"]),
    ],
)
def test_content_and_path_decide_what_is_read(
    path: str, text: str, format_: str, keys: list[str]
) -> None:
    snapshot = read_document(path, text)
    assert (snapshot.document, snapshot.format, _keys(snapshot)) == (path, format_, keys)


@pytest.mark.parametrize(
    ("format_", "found", "keys"),
    [
        ("table", "table", ["T1"]),
        ("checkbox", "checkbox", ["T2", "c"]),
        ("auto", "mixed", ["T1", "T2"]),
        (None, "mixed", ["T1", "T2"]),
    ],
)
def test_a_format_can_be_asked_for(format_: str | None, found: str, keys: list[str]) -> None:
    snapshot = read_document("tasks.md", TABLE + "\n" + BOXES, format=format_)
    assert (snapshot.format, _keys(snapshot)) == (found, keys)


def test_every_source_can_be_named() -> None:
    names = [source.format for source in SOURCES]
    assert len(set(names)) == len(names)
    assert any(source.claims("any/path.md") for source in SOURCES)


def test_a_box_and_a_row_of_one_id_are_one_task_and_the_row_speaks() -> None:
    text = (FIXTURES / "tasks" / "mixed.md").read_text("utf-8")
    snapshot = read_document("specs/001-parcels/tasks.md", text)
    rows = [(task.id, task.title, task.status.canonical) for task in snapshot.tasks]
    assert rows == [
        ("T001", "Make the folder", "Done"),
        ("T002", "Weigh one parcel", "In Progress"),
        ("T003", "nobody listed this one", "Done"),
    ]
    (notice,) = snapshot.notices
    assert (notice.code, notice.line) == ("disagreement", 11)
    assert "T002" in notice.message


def test_a_document_without_tasks_says_so() -> None:
    text = (FIXTURES / "tasks" / "prose.md").read_text("utf-8")
    snapshot = read_document("docs/SPEC-A-1/tasks.md", text)
    assert (snapshot.format, snapshot.tasks) == ("none", ())
    assert [notice.code for notice in snapshot.notices] == ["no_tasks"]


def test_a_fence_left_open_is_told_with_its_line() -> None:
    snapshot = read_document("SPEC.md", "```\n" + TABLE)
    assert [(notice.code, notice.line) for notice in snapshot.notices] == [
        ("no_tasks", None),
        ("open_fence", 1),
    ]


def test_words_of_the_users_own_are_read_in_tables() -> None:
    snapshot = read_document("SPEC.md", TABLE, aliases={"todo": "Blocked"})
    assert snapshot.tasks[0].status.canonical == "Blocked"


def test_many_mistakes_are_told_by_a_few_of_them() -> None:
    text = EMPTY_TABLE + "".join(f"| ../{n} | a | Done |\n" for n in range(500))
    notices = read_document("SPEC.md", text).notices
    assert len(notices) < 30
    assert "480 more" in notices[-1].message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * (5 * 1024 * 1024), None),
        ("x" * (5 * 1024 * 1024 + 1), "5 MiB"),
        ("\u20ac" * (2 * 1024 * 1024), "5 MiB"),
        (EMPTY_TABLE + "| T1 | a | Done |\n" * 10_000, None),
        (EMPTY_TABLE + "| T1 | a | Done |\n" * 10_001, "rows"),
        ((EMPTY_TABLE + "| T1 | a | Done |\n" * 1_000 + "\n") * 10, None),
        ("- [ ] a\n" * 10_000, None),
        ("- [ ] a\n" * 10_001, "rows"),
        ("a|b\n" * 99_000, None),
        ("\n" * 100_001, "lines"),
        ("\r" * 100_001, "lines"),
        ("\r\n" * 100_000, None),
        (">" * 39 + " a", None),
        (">" * 40 + " a", "nested"),
        ("\n".join("  " * depth + "- [ ] a" for depth in range(19)), None),
        ("\n".join("  " * depth + "- [ ] a" for depth in range(25)), "nested"),
        ("\n".join("\t" * depth + "- [ ] a" for depth in range(25)), "nested"),
        ("- " * 30 + "a", "nested"),
        ("```\n" + " " * 200 + "a\n```", None),
        ("- " * 1000, None),
        ("-" * 200, None),
        ("", None),
    ],
)
def test_what_cannot_be_read_in_bounded_time_is_refused_with_a_reason(
    text: str, reason: str | None
) -> None:
    why = unreadable("SPEC.md", text)
    assert (why is None) if reason is None else (why is not None and reason in why)


@pytest.mark.parametrize("text", [">" * 5000 + " - [ ] a", "- " * 5000 + "[ ] a", "[" * 9000])
def test_blocks_within_blocks_within_blocks_raise_nothing(text: str) -> None:
    assert read_document("tasks.md", text).tasks == ()


BOMBS = {
    "ten thousand rows": EMPTY_TABLE + "| **T1** | `a` b *c* [d](e) | **Done** (x) |\n" * 10_000,
    "brackets": EMPTY_TABLE + f"| T1 | {'[' * 2_000_000} | Done |",
    "backticks": EMPTY_TABLE + f"| T1 | {'`a`|' * 100_000} | Done |",
    "runs of backticks": EMPTY_TABLE + "| T1 | " + "|".join("`" * n for n in range(1, 2000)),
    "stars": "- [ ] " + "*" * 4_000_000,
    "backslashes": "|" + "\\" * 4_000_000,
    "columns": "|" + "a|" * 1_000_000 + "\n|" + "-|" * 1_000_000,
    "fences": "```\n" * 99_000,
    "quotes": (">" * 30 + " a\n") * 5_000,
    "parentheses": EMPTY_TABLE + f"| T1 | a | Done {'(' * 4_000_000} |",
    "emoji": EMPTY_TABLE + f"| T1 | a | Done {'✅' * 1_000_000} |",
    "missing cells": "|a" * 900 + "|\n" + "|-" * 900 + "|\n" + "|a\n" * 9_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_in_seconds(name: str) -> None:
    begun = time.perf_counter()
    assert unreadable("SPEC.md", BOMBS[name]) is None
    read_document("SPEC.md", BOMBS[name])
    assert time.perf_counter() - begun < 10


WORDS = [
    "| ID | Task | Status |", "|---|---|---|", "| T1 | a | Done |", "- [ ] T1 a", "- [x] b", "> ",
    "  ", "\t", "```", "<!--", "-->", "# h", "---", "a: b", "\n", "\n\n", "\r", "|", "\\", "`", "[",
    "](", "<br>", "&#0;", "\x00", "\ud800", "\ufeff", "\u2028", "\u202e", "..", "✅", "3/5",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=80) | st.lists(st.sampled_from(WORDS)).map("".join),
    st.sampled_from(["SPEC.md", ".kiro/a", "tasks.md"]),
)
def test_any_text_is_read_into_tasks_that_can_be_stored(text: str, path: str) -> None:
    snapshot = read_document(path, text)
    lines = [task.line for task in snapshot.tasks]
    assert lines == sorted(lines)
    for task in snapshot.tasks:
        shown = (task.title, task.key, task.status.text, *task.owners, task.section or "")
        assert not any(hides(word) for word in shown)
        assert task.title
        assert "\n".join(shown).encode()
    assert read_document(path, text) == snapshot
