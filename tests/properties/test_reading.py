"""Reading fast, and reading again, is reading."""

from __future__ import annotations

import random  # noqa: TID251 - seeded: the same texts in every run
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.markdown import read_page
from spec_notify.core.patch import patched
from spec_notify.sources.document import read_document
from spec_notify.sources.memory import Memory

from .reading import check_edits, check_plain
from .shapes import SHAPES, growth
from .texts import document, mutated

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("**/*.md"))
chances = st.randoms(use_true_random=False)
HEAD = "# Now\n\n| ID | Title | Status |\n|----|-------|--------|\n"


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.name)
def test_a_fixture_read_fast_is_that_fixture_read_plainly(file: Path) -> None:
    check_plain(file.read_text("utf-8"))


@settings(max_examples=300, deadline=None)
@given(chances)
def test_a_text_read_fast_is_that_text_read_plainly(chance: random.Random) -> None:
    check_plain(document(chance))


@settings(max_examples=150, deadline=None)
@given(chances)
def test_a_text_read_again_after_an_edit_is_that_text_read_anew(chance: random.Random) -> None:
    check_edits(document(chance), chance)


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.name)
def test_a_fixture_read_again_after_each_edit_is_that_fixture_read_anew(file: Path) -> None:
    for seed in range(20):
        check_edits(file.read_text("utf-8"), random.Random(seed))


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.name)
def test_no_damage_to_a_fixture_sets_the_readers_at_odds(file: Path) -> None:
    for seed in range(20):
        check_plain(mutated(file.read_bytes(), random.Random(seed)))


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_of_text_takes_ever_longer_to_read(shape: str) -> None:
    # Four times would be a square; `make proof` measures more closely.
    assert growth(shape, least=0.01, most=2**17) < 3.5


def _rows(*rows: str) -> str:
    return HEAD + "".join(f"{row}\n" for row in rows)


ROWS = ["| T1 | Sort | Done |", "| T2 | Weigh | Backlog |", "T3 | Paint | Done"]
AFTER = "\n- [ ] T9 box\n\n| ID | Status |\n|-|-|\n| T8 | Done |\n\n```\nopen\n"


@pytest.mark.parametrize(
    "rows",
    [
        ["| T1 | Sort | Backlog |", *ROWS[1:]],
        [*ROWS[:2], "| T3 | Paint | Backlog |"],
        [*ROWS, "   | T4 | New | Done |"],
        ["| T0 | New | Done |", *ROWS],
        ROWS[1:],
        ROWS[:2],
        [],
        ["| T1 |", *ROWS[1:]],
        ["| T1 | a | b | c | d |", *ROWS[1:]],
        [ROWS[0], ROWS[0], *ROWS],
    ],
)
def test_edited_rows_are_read_by_themselves_and_all_else_is_kept(rows: list[str]) -> None:
    before, after = _rows(*ROWS) + AFTER, _rows(*rows) + AFTER
    page = patched(read_page(before), after)
    assert page == read_page(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_rows(*ROWS), _rows(*ROWS, "").rstrip("\n")),
        (_rows(*ROWS), _rows(ROWS[0], "# no row", *ROWS[1:])),
        (_rows(*ROWS), _rows(ROWS[0], "", *ROWS[1:])),
        (_rows(*ROWS), _rows(ROWS[0], "    | T2 | code | Done |", *ROWS[1:])),
        (_rows(*ROWS), _rows(ROWS[0], "\t| T2 | code | Done |", *ROWS[1:])),
        (_rows(*ROWS), _rows(ROWS[0], "T2 | without pipe | Done", *ROWS[1:])),
        (_rows(*ROWS), "x\n" + _rows(*ROWS)),
        (_rows(*ROWS), _rows(*ROWS).replace("| ID", "| Key")),
        (_rows(*ROWS), _rows(*ROWS).replace("|---", "| --", 1)),
        ("> " + HEAD.replace("\n", "\n> ") + "| T1 | a | Done |\n", _rows("| T1 | a | Done |")),
        ("text\n| T1 | a | Done |\n", "text\n| T1 | b | Done |\n"),
        (_rows(*ROWS) + "\n" + _rows(*ROWS), _rows(ROWS[0]) + "\n" + _rows(ROWS[0])),
        ("---\na: b\n| c |\n" + _rows(*ROWS) + "---\n", "---\na: b\n" + _rows(*ROWS) + "---\n"),
    ],
)
def test_any_other_edit_is_read_in_full(before: str, after: str) -> None:
    page = read_page(before)
    assert patched(page, after) is None
    assert read_page(after, page) == read_page(after)


def test_where_gfm_would_cut_a_table_off_it_is_read_in_full() -> None:
    wide = "|" + "a|" * 1000 + "\n|" + "-|" * 1000 + "\n"
    short = wide + "| x |\n" * 65 + "\n"
    page = read_page(short)
    longer = short.replace("| x |\n", "| x |\n| y |\n", 1)
    assert patched(page, longer) is None
    assert read_page(longer, page) == read_page(longer)
    cut = read_page(longer)
    assert len(cut.tables[0].rows) == 65
    assert patched(cut, short) is None


def test_what_is_remembered_of_one_document_says_nothing_of_another() -> None:
    text = "[Done]: /d\n\n" + _rows("| T1 | [Done] | [Done] |")
    memory = Memory()
    for path in ("a/tasks.md", "b/tasks.md", "a/SPEC.md"):
        for version in (text, text.replace("[Done]: /d", "none"), text.replace("# Now", "# Then")):
            for aliases in ({}, {"done": "Blocked"}):
                told = read_document(path, version, aliases=aliases, memory=memory)
                assert told == read_document(path, version, aliases=aliases)


def test_rows_that_move_with_what_they_warn_of_keep_their_lines_right() -> None:
    rows = ["| ../x | a | Done: 3/5 |", "| T1 | b | c | d |", "| T2\u200b | e\u202e | Done |"]
    memory = Memory()
    for text in (
        _rows(*rows),
        "x\n\n" + _rows(*rows),
        _rows("| T0 | | |", *rows),
        _rows(*rows[1:]),
    ):
        told = read_document("tasks.md", text, memory=memory)
        assert told == read_document("tasks.md", text)


def test_a_memory_forgets_what_was_read_longest_ago() -> None:
    memory = Memory(most=2 * len(_rows(*ROWS)))
    for path in ("a.md", "b.md", "a.md", "c.md"):
        read_document(path, _rows(*ROWS), memory=memory)
    assert [bool(memory.parts(path)) for path in ("a.md", "b.md", "c.md")] == [True, False, True]
    read_document("d.md", _rows(*ROWS * 9), memory=memory)
    assert [bool(memory.parts(path)) for path in ("a.md", "c.md", "d.md")] == [False, False, True]
