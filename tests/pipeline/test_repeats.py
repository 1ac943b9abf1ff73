"""A task that goes back and forth: receivers get so much of it and no more, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.intake import Wish
from tests.acceptance.shop import board

from .desk import ANY, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DONE_ONLY = ANY.replace('["*"]', '["spec-kit.task.completed"]')


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, DONE_ONLY, top="[sources.spec]\nhold_repeats_above = 3\n")
    yield desk
    desk.wiring.close()


def flip(desk: Desk, times: int) -> int:
    """Set a task Done and back, looking after every change; answer how many events there were."""
    found = 0
    for _ in range(times):
        for status in ("Done", "Backlog"):
            desk.save(T1=status, T2="Backlog")
            found += len(desk.told())
    return found


def test_beyond_the_limit_it_is_held_and_told_why(desk: Desk) -> None:
    assert flip(desk, 10) == 3
    desk.save(T1="Done", T2="Backlog")

    looked = desk.look()

    assert (looked.events, looked.held) == ((), {"SPEC.md": 1})
    stored = desk.documents()["SPEC.md"]
    assert (stored.held, stored.held_why) == (1, "T1 changed more than 3 times in an hour")
    assert desk.look().held == {"SPEC.md": 1}


def test_what_is_accepted_is_told_once_and_the_count_starts_anew(desk: Desk) -> None:
    flip(desk, 4)
    desk.save(T1="Done", T2="Done")
    assert desk.told() == []

    assert desk.told(Wish(accept=("SPEC.md",))) == [("T1", "Done"), ("T2", "Done")]
    assert desk.told() == []
    desk.save(T1="Backlog", T2="Done")
    desk.look()
    assert flip(desk, 5) == 2


def test_what_is_discarded_is_not_told_and_later_news_is(desk: Desk) -> None:
    flip(desk, 4)
    desk.save(T1="Done", T2="Backlog")
    desk.look()

    assert desk.told(Wish(discard=("SPEC.md",))) == []
    desk.save(T1="Done", T2="Done")
    assert desk.told() == [("T2", "Done")]


def test_a_task_back_where_it_was_last_told_to_be_leaves_nothing_to_hold(desk: Desk) -> None:
    flip(desk, 4)

    assert desk.documents()["SPEC.md"].held == 0
    desk.save(T1="Backlog", T2="Done")
    assert desk.told() == [("T2", "Done")], "another task's news goes out meanwhile"


def test_commits_and_switches_in_between_do_not_start_the_count_anew(desk: Desk) -> None:
    told = 0
    desk.repository.git("branch", "aside")
    for _ in range(6):
        for status in ("Done", "Backlog"):
            desk.commit(T1=status, T2="Backlog")
            told += len(desk.told())
            desk.repository.git("switch", "-q", "aside")
            told += len(desk.told())
            desk.repository.git("switch", "-q", "main")
            told += len(desk.told())

    assert told == 3


def test_a_document_that_moves_takes_its_count_along(desk: Desk) -> None:
    flip(desk, 3)
    desk.commit(T1="Backlog", T2="Backlog")
    desk.look()
    (desk.repository.root / "docs" / "SPEC-A").mkdir(parents=True)
    desk.repository.git("mv", "SPEC.md", "docs/SPEC-A/tasks.md")
    desk.repository.git("commit", "-qm", "moved")
    desk.look()
    desk.repository.write("docs/SPEC-A/tasks.md", board(T1="Done", T2="Backlog"))

    assert desk.look().held == {"docs/SPEC-A/tasks.md": 1}


def test_other_documents_are_not_held_with_it(desk: Desk) -> None:
    desk.repository.write("docs/SPEC-A/tasks.md", "- [ ] A1: one\n- [ ] A2: two\n")
    desk.look()
    flip(desk, 4)
    desk.save(T1="Done", T2="Backlog")
    desk.repository.write("docs/SPEC-A/tasks.md", "- [x] A1: one\n- [ ] A2: two\n")

    looked = desk.look()

    assert [each.document for each in looked.events] == ["docs/SPEC-A/tasks.md"]
    assert looked.held == {"SPEC.md": 1}


def test_many_tasks_at_once_are_no_circle(desk: Desk) -> None:
    names = [f"T{number}" for number in range(1, 101)]
    desk.save(**dict.fromkeys(names, "Backlog"))
    desk.look()
    desk.save(**dict.fromkeys(names, "Done"))

    assert len(desk.told()) == 100
