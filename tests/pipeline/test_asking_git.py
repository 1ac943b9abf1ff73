"""What a look makes of a git that fails, will not stand still, or left its lock behind."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.intake import Wish
from spec_notify.wiring import now
from tests.pipeline.desk import Desk, Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def test_what_git_could_not_be_asked_for_is_told_by_the_next_look(
    desk: Desk, tmp_path: Path
) -> None:
    desk.commit(T1="Done", T2="Backlog")
    desk.repository.branch("feature")
    before = desk.wiring.spool.documents()["SPEC.md"]

    looked = desk.look_through(history=desk.deaf_git(tmp_path))

    assert looked.events == ()
    assert "git is not on PATH" in looked.deferred["SPEC.md"]
    assert desk.wiring.spool.documents()["SPEC.md"] == before
    assert desk.told() == [("T1", "Done")]


def test_without_git_a_dirty_row_is_told_and_says_so(desk: Desk, tmp_path: Path) -> None:
    desk.save(T1="Done", T2="Backlog")

    looked = desk.look_through(history=desk.deaf_git(tmp_path))

    (event,) = looked.events
    facts = json.loads(event.body)["data"]
    assert (event.task, facts["git"]) == ("T1", None)
    assert "git is not on PATH" in facts["gitReason"]


def test_a_first_look_of_a_hook_waits_for_git(desk: Desk, tmp_path: Path) -> None:
    desk.repository.commit({"docs/SPEC-A-1/tasks.md": "| ID | Status |\n|-|-|\n| T9 | todo |\n"})
    desk.repository.commit({"docs/SPEC-A-1/tasks.md": "| ID | Status |\n|-|-|\n| T9 | done |\n"})
    deaf = desk.deaf_git(tmp_path)

    looked = desk.look_through(history=deaf, wish=Wish(from_parent=True))

    assert set(looked.deferred) == {"docs/SPEC-A-1/tasks.md"}
    assert desk.told(Wish(from_parent=True)) == [("T9", "Done")]


def test_a_commit_that_is_not_in_this_clone_is_named_and_waits_for_nobody(desk: Desk) -> None:
    desk.commit(T1="Done", T2="Backlog")
    blob = desk.repository.git("rev-parse", "HEAD:SPEC.md")
    desk.repository.branch("feature")
    desk.commit(T1="Done", T2="Done")
    (desk.repository.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    desk.repository.git("switch", "-q", "-c", "third")

    looked = desk.look()

    assert looked.deferred == {}
    assert "not_compared" in {notice.code for _, notice in looked.notices}


def test_a_switch_during_a_look_is_silent(desk: Desk) -> None:
    desk.repository.branch("feature")
    desk.commit(T1="Done", T2="Backlog")
    desk.repository.switch("main")
    desk.look()
    switches = iter(["feature"])

    def switch(_: str) -> None:
        for branch in switches:
            desk.repository.switch(branch)

    looked = desk.look_through(workspace=Interrupted(desk.repository.root, switch))

    assert (looked.events, looked.deferred) == ((), {})
    assert desk.wiring.spool.documents()["SPEC.md"].branch == "feature"


def test_a_checkout_that_will_not_stand_still_is_waited_for(desk: Desk) -> None:
    desk.repository.git("branch", "feature")
    before = desk.wiring.spool.documents()["SPEC.md"]
    desk.save(T1="Done", T2="Backlog")

    def switch(_: str) -> None:
        on = desk.repository.git("branch", "--show-current")
        desk.repository.switch("feature" if on == "main" else "main")

    looked = desk.look_through(workspace=Interrupted(desk.repository.root, switch))

    assert looked.events == ()
    assert looked.deferred == {"SPEC.md": "another git is at work: HEAD moved during the look"}
    assert desk.wiring.spool.documents()["SPEC.md"] == before


@pytest.mark.parametrize(
    ("age", "told"), [(5, []), (3_600, [("T1", "Done")])], ids=["in use", "left behind"]
)
def test_only_a_lock_in_use_is_waited_for(desk: Desk, age: int, told: list[object]) -> None:
    lock = desk.repository.root / ".git" / "index.lock"
    lock.touch()
    made = now() // 1000 - age
    os.utime(lock, (made, made))
    desk.save(T1="Done", T2="Backlog")

    looked = desk.look()

    assert [(each.task, each.status) for each in looked.events] == told
    assert ("stale_lock" in {notice.code for _, notice in looked.notices}) is bool(told)
    assert bool(looked.deferred) is not bool(told)


def test_under_a_lock_left_behind_a_merge_is_waited_for_all_the_same(desk: Desk) -> None:
    folder = desk.repository.root / ".git"
    (folder / "index.lock").touch()
    os.utime(folder / "index.lock", (1, 1))
    (folder / "MERGE_HEAD").write_text(desk.repository.head)
    desk.save(T1="Done", T2="Backlog")

    assert desk.told() == []
