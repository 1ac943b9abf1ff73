"""Rows that a silent move carries along: quiet at the move, told by the commit that has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.intake import Wish
from tests.pipeline.desk import ANY, MAIN, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def git(desk: Desk, *words: str) -> None:
    desk.repository.git(*words)


def commit(desk: Desk, *more: str) -> None:
    git(desk, "commit", "-qam", "work", *more)


def test_an_edit_first_seen_after_a_switch_is_told_by_its_commit(desk: Desk) -> None:
    git(desk, "switch", "-qc", "feature")
    desk.save(T1="Done", T2="Backlog")
    assert desk.told() == []

    commit(desk)

    assert desk.told() == [("T1", "Done")]


def test_looks_in_between_do_not_lose_it(desk: Desk) -> None:
    git(desk, "switch", "-qc", "feature")
    desk.save(T1="Done", T2="Backlog")
    desk.look()
    desk.save(T1="Done", T2="Done")
    assert desk.told() == [("T2", "Done")]
    assert desk.told() == []

    commit(desk)

    assert desk.told() == [("T1", "Done")]


def test_an_edit_first_seen_with_its_stash_popped_is_told_by_its_commit(desk: Desk) -> None:
    desk.save(T1="Done", T2="Backlog")
    git(desk, "stash", "-q")
    git(desk, "stash", "pop", "-q")
    assert desk.told() == []

    commit(desk)

    assert desk.told() == [("T1", "Done")]


def test_what_was_told_before_it_was_carried_is_not_told_again(desk: Desk) -> None:
    desk.save(T1="Done", T2="Backlog")
    assert desk.told() == [("T1", "Done")]
    git(desk, "switch", "-qc", "feature")
    assert desk.told() == []

    commit(desk)

    assert desk.told() == []


def test_a_carried_row_reaches_the_branch_it_is_committed_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ANY + MAIN)
    git(desk, "switch", "-qc", "feature")
    desk.look()
    desk.save(T1="Done", T2="Backlog")
    assert desk.told() == [("T1", "Done")]
    git(desk, "switch", "-q", "main")
    assert desk.told() == []

    commit(desk)
    desk.look()

    assert (desk.sent_to("any"), desk.sent_to("main")) == (["T1"], ["T1"])
    desk.wiring.close()


def test_a_commit_of_something_else_leaves_it_carried(desk: Desk) -> None:
    git(desk, "switch", "-qc", "feature")
    desk.save(T1="Done", T2="Backlog")
    desk.look()
    desk.repository.write("other.txt", "something else\n")
    git(desk, "add", "other.txt")
    git(desk, "commit", "-qm", "other")
    assert desk.told() == []

    commit(desk)

    assert desk.told() == [("T1", "Done")]


def test_a_row_that_is_put_back_is_carried_no_more(desk: Desk) -> None:
    git(desk, "switch", "-qc", "feature")
    desk.save(T1="Done", T2="Backlog")
    desk.look()
    desk.save(T1="Backlog", T2="Backlog")
    desk.look()

    desk.commit(T1="Backlog", T2="In Progress")

    assert [task for task, status in desk.told() if status == "Done"] == []


def test_a_carried_row_committed_before_the_next_switch_is_told_on_its_branch(desk: Desk) -> None:
    git(desk, "switch", "-qc", "feature")
    desk.save(T1="Done", T2="Backlog")
    desk.look()
    commit(desk)
    git(desk, "switch", "-q", "main")

    assert desk.told() == [("T1", "Done")]


def test_a_baseline_taken_over_a_dirty_row_stays_one(desk: Desk) -> None:
    desk.save(T1="Done", T2="Backlog")
    desk.look(Wish(baseline=True))

    commit(desk)

    assert desk.told() == []
