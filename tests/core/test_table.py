"""Tables as GFM has them, and which of them list tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from spec_notify.core.markdown import DEEPEST, read_page
from spec_notify.core.plain import plain
from spec_notify.core.rows import split_row, split_row_by_eye, white
from spec_notify.core.table import task_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.token import Token

    from spec_notify.core.markdown import Table

Read = list[tuple[int, list[tuple[int, list[str]]]]]

# Texts made of these break readers that split lines and pipes by themselves.
FRAGMENTS = [
    "| ID | Task | Status |", "|---|---|---|", "| T1 | a | Done |", "| T2 | `a|b` | Done |",
    "|T3|x\\|y|**Done**|", "a | b | c", "---|:-:|--:", "- | -", "| a |\n|---|\n| b |", "", "> ",
    ">> ", "- ", "  ", "    ", "\t", "1. ", "* ", "```", "~~~", "<div>", "</div>", "<!-- ", "-->",
    "<pre>", "# h", "h\n===", "---", "[x]: /u", "[T4][x]", "![a](b)", "<br>", "&amp;", "&nbsp;",
    "\\|", "\\`", "~~T1~~", "_a_b_", "a_b", "\u2028", "\x0b", "\x0c", "\x1c", "\x85", "\r", "\r\n",
    "\xa0", "\u200b", "- [x] y\n  z", "**a", "**a*", "`", "``", "|", "||", "\\", "\x00", "text",
]  # fmt: skip


def _words(tokens: Sequence[Token]) -> str:
    said = []
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            said.append(token.content)
        elif token.type in {"softbreak", "hardbreak"} or re.fullmatch(r"<br\s*/?>", token.content):
            said.append("\n")
        elif token.type == "image":
            said.append(_words(token.children or []))
    return "".join(said)


def _by_markdown_it(text: str) -> Read:
    """Read tables with the whole of markdown-it, each cell's inline Markdown included."""
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    found: Read = []
    cells: list[str] | None = None
    for token in parser.parse(text):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "table_open":
            found.append((line, []))
        elif token.type == "tr_open":
            cells = []
            found[-1][1].append((line, cells))
        elif token.type == "tr_close":
            cells = None
        elif token.type == "inline" and cells is not None:
            cells.append(_words(token.children or []))
    return found


def _by_us(text: str) -> Read:
    page = read_page(text)
    return [(table.line, list(_rows(table, page.references))) for table in page.tables]


def _rows(table: Table, references: Mapping[str, object]) -> Iterator[tuple[int, list[str]]]:
    width = len(table.header)
    yield table.line, [plain(cell, references) for cell in table.header]
    for line, row in enumerate(table.rows, table.first):
        cells = [*_cells(row), *[""] * width][:width]
        yield line, [plain(cell, references) for cell in cells]


def _cells(row: str) -> list[str]:
    return [cell.strip(white()) for cell in split_row(row)]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from(["\n", "\n", "", " | "]))))
def test_any_text_holds_the_tables_that_markdown_it_finds_in_it(
    parts: list[tuple[str, str]],
) -> None:
    # A first line of prose: the one place where a rule of ours differs is front matter.
    text = "prose\n\n" + "".join(part + end for part, end in parts)
    assert _by_us(text) == _by_markdown_it(text)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("| ID | Status |\n|-|-|\n| T1 | Done |", [["T1", "Done"]]),
        ("ID | Status\n-|-\nT1 | Done", [["T1", "Done"]]),
        ("ID | Status\r\n-|-\r\nT1 | Done\r\n", [["T1", "Done"]]),
        ("\ufeff| ID | Status |\n|-|-|\n| T1 | Done |", [["T1", "Done"]]),
        ("line\n| ID | Status |\n|-|-|\n| T1 | Done |", [["T1", "Done"]]),
        ("- | ID | Status |\n  |-|-|\n  | T1 | Done |", [["T1", "Done"]]),
        ("> | ID | Status |\n> |-|-|\n> | T1 | Done |", [["T1", "Done"]]),
        ("| ID | Status |\n|:-|-:|\n| T1 |", [["T1"]]),
        ("| ID | Status |\n|-|-|\n| T1 | Done\n# h\n| T2 | Done", [["T1", "Done"]]),
        ("| ID | Status |\n|-|-|\n| T1 | Done\n\n| T2 | Done", [["T1", "Done"]]),
        ("| ID | Status |\n|-|-|\n| T1 | a\u2028| T2 | Done |", [["T1", "a", "T2", "Done"]]),
        ("| ID | Status |\n|-|-|\n| T1 | a\x0b\x0c\x1c\x85b |", [["T1", "a\x0b\x0c\x1c\x85b"]]),
        ("| ID | Status |\n|-|-|\n| T1 | a\\|b |", [["T1", "a|b"]]),
        ("| ID | Status |\n|-|-|\n| `a|b` | Done |", [["`a", "b`", "Done"]]),
    ],
)
def test_rows_are_cut_where_gfm_cuts_them(text: str, cells: list[list[str]]) -> None:
    (table,) = read_page(text).tables
    assert [_cells(row) for row in table.rows] == cells


@pytest.mark.parametrize(
    "text",
    [
        "| ID | Status |\n|-|\n| T1 | Done |",
        "| ID | Status |\n| T1 | Done |",
        "```\n| ID | Status |\n|-|-|\n| T1 | Done |\n```",
        "```\n| ID | Status |\n|-|-|\n| T1 | Done |",
        "\t| ID | Status |\n\t|-|-|\n\t| T1 | Done |",
        "<!--\n| ID | Status |\n|-|-|\n| T1 | Done |\n-->",
        "<div>\n| ID | Status |\n|-|-|\n| T1 | Done |\n</div>",
        "|" + "a|" * 5000 + "\n|" + "-|" * 5000,
    ],
)
def test_what_is_no_gfm_table_is_none(text: str) -> None:
    assert read_page(text).tables == ()


def test_a_table_knows_its_lines_and_the_heading_before_it() -> None:
    text = (
        "# A *b*\n\nx\n===\n\n| ID |\n|----|\n| T1 |\n| T2 |\n\n## D\n> ### [E](f)\n\n| ID |\n|-|"
    )
    first, second = read_page(text).tables
    assert (first.line, first.first, len(first.rows), first.heading) == (6, 8, 2, "x")
    assert (second.line, second.rows, second.heading) == (14, (), "E")


def test_front_matter_is_no_text_but_counts_as_lines() -> None:
    (table,) = read_page("---\nstatus: Done\n---\n| ID |\n|-|\n| T1 |").tables
    assert (table.heading, table.first) == (None, 6)
    (table,) = read_page("---\n| ID |\n|-|\n| T1 |\n---\n").tables
    assert _cells(table.rows[0]) == ["T1"]


@pytest.mark.parametrize(
    ("row", "gfm", "by_eye"),
    [
        ("| a | b |", ["a", "b"], ["a", "b"]),
        ("a | b", ["a", "b"], ["a", "b"]),
        ("| a | `b|c` |", ["a", "`b", "c`"], ["a", "`b|c`"]),
        ("| a | ``b`|c`` | d |", ["a", "``b`", "c``", "d"], ["a", "``b`|c``", "d"]),
        ("| a | `b | c |", ["a", "`b", "c"], ["a", "`b", "c"]),
        (r"| a | \`b | c` |", ["a", r"\`b", "c`"], ["a", r"\`b", "c`"]),
        (r"| a | b\|c |", ["a", "b|c"], ["a", "b|c"]),
        ("| a |  | c | |", ["a", "", "c", ""], ["a", "", "c", ""]),
    ],
)
def test_a_row_has_two_readings(row: str, gfm: list[str], by_eye: list[str]) -> None:
    assert [cell.strip() for cell in split_row(row)] == gfm
    assert split_row_by_eye(row) == by_eye


@pytest.mark.parametrize(
    ("header", "id_", "title", "status"),
    [
        ("Order | Task ID | Title | Status | Owners | PRD | Notes", 1, 2, 3),
        ("Order | Task ID | Title | Status | Owner (role) | Notes / Acceptance Criteria", 1, 2, 3),
        ("Order | Task ID | Title | Priority | Status | PRD | Feature Flag", 1, 2, 4),
        (
            "# | ID | Title | Status | Owner | PRD | Branch | PR | Created | Summary | Notes",
            1,
            2,
            3,
        ),
        ("ID | Task | Status | Reason", 0, 1, 2),
        ("ID | Title | Description | Dependencies | Owner | Status", 0, 1, 5),
        ("Spec | Status | Description | Sessions", 0, 2, 1),
        ("Spec | Status | Owner | Next Action", 0, None, 1),
        ("Task ID | Description | Status | Evidence | Notes", 0, 1, 2),
        ("**Task ID** | *Title* | `STATUS`", 0, 1, 2),
        ("Status | Title | Task-ID", 2, 1, 0),
        ("Order | Task | Owner | Status | Validation", None, 1, 3),
        ("Task | Spec | Status", None, 0, 2),
        ("Phase | Task | Status", None, 1, 2),
        ("Order | Description | Status", None, 1, 2),
    ],
)
def test_columns_are_known_by_their_header(
    header: str, id_: int | None, title: int | None, status: int
) -> None:
    columns = task_columns(header.split(" | "))
    assert columns is not None
    assert (columns.id, columns.status) == (id_, status)
    assert (columns.titles[0] if columns.titles else None) == title


@pytest.mark.parametrize(
    "header",
    [
        "Order | Task ID | Title | Completion | Evidence",
        "ID | Task | Reason",
        "Stage | Status | Branch | PR | Last Run | Notes",
        "Phase | Status | Key Deliverables",
        "Phase | Tasks | Status",
        "Phase | Description | Status",
        "ID | Criterion | Status",
        "ID | Risk | Description | Status",
        "Deliverable | Status | Location",
        "Risk | Mitigation | Status",
        "Scenario | Steps | Status",
        "Order | Status",
        "# | Status",
        "Component | Status",
        "Status",
    ],
)
def test_tables_of_other_things_list_no_tasks(header: str) -> None:
    assert task_columns(header.split(" | ")) is None


def test_owners_prd_and_evidence_are_found_under_any_of_their_names() -> None:
    columns = task_columns(["ID", "Assignee", "Evidence", "PRD", "Status"])
    assert columns is not None
    assert (columns.owners, columns.evidence, columns.prd) == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```\na\n```", None),
        ("a\n```py\nb", 2),
        ("```", 1),
        ("~~~~\na\n~~~", 1),
        ("- ```\n  a\n\nb", None),
        ("```\na\n```\n\nb", None),
    ],
)
def test_a_fence_that_nothing_closes_is_pointed_out(text: str, line: int | None) -> None:
    assert read_page(text).open_fence == line
