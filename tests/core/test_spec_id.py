"""Which SPEC a task belongs to (contract, section 5)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.snapshot import Task
from spec_notify.core.spec_id import is_spec_id, resolve
from spec_notify.core.status import Status

TREE = "docs/SPEC-OPS-004-integrated-coder-hooks/evidence"
FOLDERS = (
    "SPEC-KIT-070-first",
    "SPEC-KIT-070-second",
    "SPEC-KIT-045-mini",
    "SPEC-KIT-900",
    "SPEC-KIT-900-generic-smoke",
    "guides",
)


def task(id: str | None = "T49", *mentions: str) -> Task:
    done = Status(canonical="Done", text="done", raw="Done")
    return Task(key=id or "0f", id=id, title="Prune", status=done, line=3, mentions=mentions)


def found(
    row: Task, *, document: str = "SPEC.md", default: str | None = None
) -> tuple[str | None, str | None]:
    answer = resolve(row, document=document, directories=FOLDERS, default=default)
    return answer.id, answer.matched_by


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        (["docs/SPEC-KIT-035-status/PRD.md"], ("SPEC-KIT-035-status", "prd")),
        (["[PRD](docs/SPEC-KIT-035-status/PRD.md), more"], ("SPEC-KIT-035-status", "prd")),
        (["../other/docs/SPEC-X-1/spec.md docs/SPEC-Y-2/"], ("SPEC-X-1", "prd")),
        ([f"{TREE}/commands/SPEC-KIT-DEMO/x.json"], (None, None)),
        ([f"{TREE}/notes.md docs/SPEC-KIT-1/PRD.md"], ("SPEC-KIT-1", "prd")),
        (
            ["docs/SPEC-OPS-004-integrated-coder-hooks/spec.md", f"{TREE}/commands/SPEC-KIT-018/"],
            ("SPEC-OPS-004-integrated-coder-hooks", "prd"),
        ),
        (["", f"{TREE}/commands/SPEC-KIT-018/plan.json"], ("SPEC-KIT-018", "evidence")),
        (["", "evidence/consensus/SPEC-KIT-DEMO/"], ("SPEC-KIT-DEMO", "evidence")),
        (["REVIEW.md", "docs/SPEC-KIT-045-mini/"], ("SPEC-KIT-045-mini", "evidence")),
        (["", f"{TREE}/commands/20250926-012222Z-rg.txt", ""], (None, None)),
        (["", f"{TREE}/consensus"], (None, None)),
        (["", "", "see docs/SPEC-KIT-014-refresh/plan.md"], ("SPEC-KIT-014-refresh", "cell")),
        (["", "", "main", "evidence/commands/SPEC-KIT-7/a.json"], ("SPEC-KIT-7", "cell")),
        (["DRY principle", "", "SPEC-KIT-014 is named but not linked"], (None, None)),
        (["docs/SPEC-94x-.../PRD.md"], (None, None)),
        ([f"docs/SPEC-{'x' * 200}/PRD.md"], (None, None)),
        (["mydocs/SPEC-KIT-1/PRD.md"], (None, None)),
        (["docs/SPEC-KIT-1.md"], (None, None)),
        ([], (None, None)),
    ],
)
def test_the_first_cell_that_links_a_spec_names_it(
    mentions: list[str], expected: tuple[str | None, str | None]
) -> None:
    assert found(task("T49", *mentions)) == expected


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("SPEC-KIT-900", ("SPEC-KIT-900", "id")),
        ("SPEC-KIT-045", ("SPEC-KIT-045-mini", "id")),
        ("SPEC-KIT-04", ("SPEC-KIT-04", "id")),
        ("SPEC-947-IMPL", ("SPEC-947-IMPL", "id")),
        ("SPEC-KIT-070", (None, None)),
        ("SPEC-KIT-977 (core)", (None, None)),
        ("SPEC-../x", (None, None)),
        ("T49", (None, None)),
        (None, (None, None)),
    ],
)
def test_an_id_is_a_spec_by_its_own_folder_or_the_only_one_that_continues_it(
    id: str | None, expected: tuple[str | None, str | None]
) -> None:
    assert found(task(id)) == expected


def test_a_link_counts_before_the_id() -> None:
    row = task("SPEC-947-IMPL", "docs/SPEC-947-master/PRD.md")

    assert found(row) == ("SPEC-947-master", "prd")


def test_an_ambiguous_id_says_what_it_may_be() -> None:
    answer = resolve(task("SPEC-KIT-070"), document="SPEC.md", directories=FOLDERS, default=None)

    assert answer.id is None
    assert "SPEC-KIT-070-first or SPEC-KIT-070-second" in (answer.reason or "")


@pytest.mark.parametrize(
    ("document", "id"),
    [
        ("docs/SPEC-KIT-025-add/tasks.md", "SPEC-KIT-025-add"),
        ("docs/SPEC-KIT-025-add/notes/tasks.md", "SPEC-KIT-025-add"),
        ("specs/001-albums/tasks.md", "001-albums"),
        ("packages/web/specs/001-albums/tasks.md", "001-albums"),
        (".kiro/specs/login/tasks.md", "login"),
        ("openspec/changes/add-search/tasks.md", "add-search"),
        ("openspec/changes/archive/2026-03-01-add-search/tasks.md", "add-search"),
    ],
)
def test_a_document_in_a_spec_s_folder_speaks_for_all_its_tasks(document: str, id: str) -> None:
    row = task("SPEC-KIT-900", "docs/SPEC-KIT-035-status/PRD.md")

    assert found(row, document=document) == (id, "document")


@pytest.mark.parametrize(
    "document",
    ["SPEC.md", "docs/tasks.md", "docs/SPEC-X.md", "specs/tasks.md", "backlog/tasks/1.md"],
)
def test_a_document_of_no_spec_leaves_the_word_to_its_rows(document: str) -> None:
    assert found(task("T1", "docs/SPEC-KIT-1/PRD.md"), document=document) == ("SPEC-KIT-1", "prd")


def test_the_default_is_the_last_resort() -> None:
    assert found(task("T1"), default="SPEC-HOUSE") == ("SPEC-HOUSE", "config")
    assert found(task("T1", "docs/SPEC-KIT-1/"), default="SPEC-HOUSE") == ("SPEC-KIT-1", "prd")
    assert found(task("T1"), default="../house") == (None, None)


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(st.text(alphabet="docs/SPEC-evidnmua.1\\ \n`", max_size=60), max_size=4),
    id=st.none() | st.text(alphabet="SPEC-1./", max_size=12),
    document=st.text(alphabet="docs/SPEC-peca.1 ", max_size=30),
)
def test_whatever_a_row_says_its_spec_can_name_a_folder_or_has_a_reason(
    cells: list[str], id: str | None, document: str
) -> None:
    answer = resolve(task(id, *cells), document=document, directories=FOLDERS, default=None)

    if answer.id is None:
        assert answer.reason
        assert answer.matched_by is None
    else:
        assert is_spec_id(answer.id)
        assert "/" not in answer.id
        assert answer.matched_by
