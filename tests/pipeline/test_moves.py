"""A document that moves is compared with itself in its new place; the move is no news."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.intake import Wish
from spec_notify.pipeline.moves import archives, is_archived, paired
from spec_notify.pipeline.seen import Found
from spec_notify.ports import StoredDocument
from spec_notify.sources.document import read_document
from tests.acceptance.shop import board
from tests.pipeline.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERYWHERE = '[sources.spec]\nhold_above = 2\npaths = ["SPEC.md", "*/SPEC.md", '
EVERYWHERE += '"openspec/changes/*/tasks.md", "backlog/tasks/*.md"]\n'
CHANGE = "openspec/changes/add-cart/tasks.md"
ARCHIVED = "openspec/changes/archive/2026-11-20-add-cart/tasks.md"
STORY = "backlog/tasks/task-7 - Sell-bread.md"
FINISHED = "backlog/completed/task-7 - Sell-bread.md"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, top=EVERYWHERE)
    yield desk
    desk.wiring.close()


def change(second: str) -> str:
    return f"## 1. Cart\n\n- [x] 1.1 Draw it\n- [{second}] 1.2 Build it\n"


def story(status: str, id_: str = "task-7", title: str = "Sell bread") -> str:
    return f"---\nid: {id_}\ntitle: {title}\nstatus: {status}\n---\n\n## Description\n"


def move(desk: Desk, old: str, new: str, text: str) -> None:
    (desk.repository.root / new).parent.mkdir(parents=True, exist_ok=True)
    desk.repository.git("mv", old, new)
    desk.repository.write(new, text)


PLACES = [
    pytest.param(
        "SPEC.md",
        "plan/SPEC.md",
        board(T1="Backlog", T2="Backlog"),
        board(T1="Done", T2="Backlog"),
        "T1",
        id="renamed",
    ),
    pytest.param(CHANGE, ARCHIVED, change(" "), change("x"), "1.2", id="openspec archive"),
    pytest.param(STORY, FINISHED, story("To Do"), story("Done"), "task-7", id="backlog completed"),
    pytest.param(
        STORY,
        "backlog/archive/tasks/task-7 - Sell-bread.md",
        story("In Progress"),
        story("Done"),
        "task-7",
        id="backlog archive",
    ),
    pytest.param(
        STORY,
        "backlog/tasks/task-7 - Bake-rolls.md",
        story("To Do"),
        story("Done", title="Bake rolls"),
        "task-7",
        id="backlog title, and so name",
    ),
    pytest.param(
        STORY,
        "backlog/completed/task-7 - Bake-rolls.md",
        story("To Do"),
        story("Done", title="Bake rolls"),
        "task-7",
        id="backlog title and completed",
    ),
]


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(("old", "new", "before", "after", "task"), PLACES)
def test_a_tick_that_came_with_the_move_is_told(
    desk: Desk, *, old: str, new: str, before: str, after: str, task: str, committed: bool
) -> None:
    desk.repository.commit({old: before})
    desk.look()
    move(desk, old, new, after)
    if committed:
        desk.repository.commit(message="moved, and done")

    looked = desk.look()

    assert [(e.task, e.status, e.document) for e in looked.events] == [(task, "Done", new)]
    assert desk.told() == []
    assert old not in desk.wiring.spool.documents()


@pytest.mark.parametrize(("old", "new", "before", "after", "task"), PLACES)
def test_the_move_itself_is_silent_and_what_follows_is_told(
    desk: Desk, *, old: str, new: str, before: str, after: str, task: str
) -> None:
    desk.repository.commit({old: before})
    desk.look()
    move(desk, old, new, before)
    desk.repository.commit(message="moved")
    assert desk.told() == []

    desk.repository.commit({new: after}, "done")

    assert [each.task for each in desk.look().events] == [task]


def test_a_file_renamed_and_an_id_written_in_capitals_are_no_news(desk: Desk) -> None:
    desk.repository.commit({STORY: story("Done")})
    desk.look()
    move(desk, STORY, "backlog/tasks/task-7 - Bake-rolls.md", story("Done", "TASK-7", "Bake rolls"))
    desk.repository.commit(message="edited by a newer version")

    assert desk.told() == []
    assert desk.look().baselines == ()


def test_commits_before_the_move_are_read_where_it_stood_then(desk: Desk) -> None:
    desk.commit(T1="Done", T2="Backlog")
    move(desk, "SPEC.md", "plan/SPEC.md", board(T1="Done", T2="Done"))
    desk.repository.commit(message="moved")
    desk.repository.branch("feature")

    looked = desk.look()

    assert [(e.task, e.branch) for e in looked.events] == [("T1", "main"), ("T2", "main")]


def test_a_count_and_what_was_told_go_along(desk: Desk) -> None:
    desk.commit(T1="Done", T2="Backlog")
    (first,) = desk.look().events
    move(desk, "SPEC.md", "plan/SPEC.md", board(T1="Backlog", T2="Backlog"))
    desk.repository.commit(message="moved, and reopened")
    desk.look()

    desk.repository.commit({"plan/SPEC.md": board(T1="Done", T2="Backlog")}, "again")
    (second,) = desk.look().events

    assert b'"occurrence":1' in first.body
    assert b'"occurrence":2' in second.body


def test_a_switch_to_a_branch_where_it_moved_is_silent(desk: Desk) -> None:
    desk.repository.branch("feature")
    move(desk, "SPEC.md", "plan/SPEC.md", board(T1="Done", T2="Backlog"))
    desk.repository.commit(message="moved")
    desk.repository.switch("main")
    desk.look()

    for branch in ("feature", "main", "feature"):
        desk.repository.switch(branch)
        assert desk.told() == []


def test_it_may_come_back_from_the_archive(desk: Desk) -> None:
    desk.repository.commit({CHANGE: change(" ")})
    desk.look()
    move(desk, CHANGE, ARCHIVED, change(" "))
    desk.look()
    move(desk, ARCHIVED, CHANGE, change("x"))

    assert desk.told() == [("1.2", "Done")]


def test_a_held_document_that_moved_is_accepted_by_either_look(desk: Desk) -> None:
    done = board(T1="Done", T2="Done", T3="Done")
    move(desk, "SPEC.md", "plan/SPEC.md", done)

    assert desk.look().held == {"SPEC.md": 3}
    assert desk.look().held == {"SPEC.md": 3}

    looked = desk.look(Wish(accept=("SPEC.md",)))
    assert [each.document for each in looked.events] == ["plan/SPEC.md"] * 3
    assert {path: each.held for path, each in desk.documents().items()} == {"plan/SPEC.md": 0}


def test_a_held_document_that_moved_can_be_let_go(desk: Desk) -> None:
    move(desk, "SPEC.md", "plan/SPEC.md", board(T1="Done", T2="Done", T3="Done"))
    desk.look()

    assert desk.told(Wish(discard=("SPEC.md",))) == []

    assert desk.told() == []
    assert set(desk.documents()) == {"plan/SPEC.md"}


def test_a_baseline_of_the_unseen_leaves_a_moved_document_alone(desk: Desk) -> None:
    move(desk, "SPEC.md", "plan/SPEC.md", board(T1="Done", T2="Backlog"))

    assert desk.told(Wish(unseen_only=True)) == []
    assert desk.told() == [("T1", "Done")]


def test_a_document_that_was_archived_unseen_is_no_document(desk: Desk) -> None:
    desk.repository.commit({ARCHIVED: change("x"), FINISHED: story("Done")})

    assert desk.look().baselines == ()


TEMPLATE = "| ID | Title | Status |\n|-|-|-|\n| T1 | {} | Done |\n| T2 | {} | Done |\n"


@pytest.mark.parametrize("text", [TEMPLATE.format("Sell bread", "Sell milk"), ""])
def test_a_copied_template_is_not_a_move(desk: Desk, text: str) -> None:
    (desk.repository.root / "SPEC.md").unlink()
    desk.repository.write("plan/SPEC.md", text)

    looked = desk.look()

    assert (looked.events, looked.baselines) == ((), ("plan/SPEC.md",))
    assert set(desk.documents()) == {"SPEC.md", "plan/SPEC.md"}


def gone(path: str, *rows: str) -> StoredDocument:
    here = came(path, *rows)
    return StoredDocument(
        path=path, snapshot=here.snapshot, digest=here.digest, revision=1, seen_at=0
    )


def came(path: str, *rows: str, digest: str | None = None) -> Found:
    text = "| ID | Title | Status |\n|-|-|-|\n" + "".join(f"| {row} | todo |\n" for row in rows)
    snapshot = read_document(path, text)
    return Found(path=path, digest=digest or text, snapshot=snapshot)


A, B, C, D = "T1 | Bake", "T2 | Sell", "T3 | Count", "T4 | Sweep"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([[A, B]], [[A, B]], {"n0": "o0"}),
        ([[A, B]], [[A, C]], {"n0": "o0"}),
        ([[A, B, C]], [[A, D]], {}),
        ([[A, B]], [["T1 | Other", "T2 | Words"]], {}),
        ([[A, B]], [[A, B], [A, B, C]], {"n0": "o0"}),
        ([[A, B]], [[A, B], [A, B]], {}),
        ([[A, B], [A, B, C]], [[A, B, D]], {}),
        ([[A, B], [C, D]], [[C, D, A], [B, A, D]], {}),
        ([[A, B], [C, D]], [[C, D], [A, B]], {"n0": "o1", "n1": "o0"}),
        ([[]], [[A]], {}),
    ],
)
def test_only_those_that_can_be_no_other_are_paired(
    old: list[list[str]], new: list[list[str]], expected: dict[str, str]
) -> None:
    left = {f"o{n}": gone(f"o{n}", *rows) for n, rows in enumerate(old)}
    arrived = {f"n{n}": came(f"n{n}", *rows) for n, rows in enumerate(new)}

    assert paired(left, arrived, arrived) == expected


def test_no_document_moves_into_a_place_nobody_watches_but_its_own_archive() -> None:
    left = {CHANGE: gone(CHANGE, A)}

    assert paired(left, {ARCHIVED: came(ARCHIVED, A)}, ()) == {ARCHIVED: CHANGE}
    for path in (ARCHIVED.replace("cart", "till"), "openspec/changes/archive/add-cart/tasks.md"):
        assert paired(left, {path: came(path, A)}, ()) == {}


@pytest.mark.parametrize(
    ("path", "patterns"),
    [
        ("SPEC.md", ()),
        ("docs/SPEC-A-1/tasks.md", ()),
        (CHANGE, ("openspec/changes/archive/*-add-cart/tasks.md",)),
        ("a[1]/openspec/changes/b/tasks.md", ("a[[]1]/openspec/changes/archive/*-b/tasks.md",)),
        ("backlog/tasks/t.md", ("backlog/completed/t.md", "backlog/archive/**/t.md")),
        ("backlog/completed/t.md", ("backlog/completed/t.md", "backlog/archive/**/t.md")),
        (
            STORY,
            ("backlog/completed/task-7 - *.md", "backlog/archive/**/task-7 - *.md"),
        ),
        (
            ".backlog/tasks/t.md",
            (".backlog/completed/t.md", ".backlog/archive/**/t.md"),
        ),
    ],
)
def test_where_a_tool_keeps_what_is_finished(path: str, patterns: tuple[str, ...]) -> None:
    assert archives(path) == patterns


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (ARCHIVED, True),
        (FINISHED, True),
        ("sub/backlog/archive/tasks/t.md", True),
        (".backlog/completed/t.md", True),
        (CHANGE, False),
        (STORY, False),
        ("archive/SPEC.md", False),
    ],
)
def test_an_archived_path_is_known_by_its_spelling(path: str, *, expected: bool) -> None:
    assert is_archived(path) is expected
