"""Detection over real git: each story tells exactly its events, whoever looks and how late."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.intake import Wish
from spec_notify.ports import Query
from spec_notify.wiring import Wiring
from tests.repository import Repository

from .git_stories import BY_HOOKS, STORIES
from .scene import CHANGED, DONE, TASKS, Scene, edited, tale
from .shop import board, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .git_stories import Story
    from .scene import Tale

BOARD = board(**dict.fromkeys(TASKS, "Backlog"))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def told(wiring: Wiring, wish: Wish | None = None) -> list[Tale]:
    return [tale(each) for each in wiring.intake().look(wish).events]


def elsewhere(scene: Scene, root: Path) -> closing[Wiring]:
    """Look at another checkout with the scene's config and state."""
    file = str(scene.desk.file)
    return closing(Wiring.open(root, config_file=file, env=scene.repository.env))


@pytest.mark.parametrize("late", [False, True], ids=["each", "late"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_story_tells_exactly_its_events(tmp_path: Path, story: Story, *, late: bool) -> None:
    scene = Scene(tmp_path, late=late)

    expected = story(scene)

    assert scene.end() == expected
    assert scene.desk.told() == []
    scene.close()


@pytest.mark.parametrize("story", BY_HOOKS, ids=lambda story: story.__name__)
def test_hooks_leave_nothing_for_a_look_to_find(tmp_path: Path, story: Story) -> None:
    scene = Scene(tmp_path, hooks=True)

    expected = story(scene)

    assert scene.end_by_hooks(len(expected)) == (expected, [])
    scene.close()


def test_hooks_in_a_folder_of_the_users_tell_it_too(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.repository.git("config", "core.hooksPath", ".githooks")
    scene.close()
    scene = Scene(tmp_path, hooks=True)

    scene.commit(T1="Done")

    assert scene.end_by_hooks(1) == ([("T1", DONE, "main")], [])
    assert (scene.repository.root / ".githooks/post-commit").exists()
    scene.close()


STYLES = ["merge", "diff3", "zdiff3"]


@pytest.mark.parametrize("style", STYLES)
def test_a_conflict_is_silent_until_its_commit_which_tells_once(scene: Scene, style: str) -> None:
    scene.repository.git("config", "merge.conflictStyle", style)
    scene.beside("ahead", T1="Done", T3="In Progress")
    scene.commit(T1="Blocked")
    scene.git("merge", "ahead", fails=True)
    assert "in the middle of a merge" in scene.desk.look().deferred["SPEC.md"]
    assert ("|||||||" in scene.text) is (style != "merge")

    scene.git("checkout", "-q", "--theirs", "SPEC.md")
    scene.git("commit", "-q", "-a", "--no-edit")

    last = [("T1", DONE, "main"), ("T3", CHANGED, "main")]
    assert scene.end() == [("T1", CHANGED, "main"), *last]


@pytest.mark.parametrize("style", STYLES)
def test_a_stash_that_conflicts_is_silent_until_it_is_resolved(scene: Scene, style: str) -> None:
    scene.repository.git("config", "merge.conflictStyle", style)
    scene.edit(T1="Done")
    scene.git("stash", "-q")
    scene.commit(T1="Blocked")
    del scene.events[:]
    scene.git("stash", "pop", fails=True)
    assert "conflict markers" in scene.desk.look().deferred["SPEC.md"]

    scene.git("checkout", "-q", "--ours", "SPEC.md")
    assert scene.end() == []
    scene.edit(T1="In Review")

    assert scene.end() == [("T1", "in_review", "main")]


@pytest.mark.parametrize(
    "look", [True, False], ids=["looked at dirty", "first looked at committed"]
)
def test_before_the_first_commit_an_edit_is_told_once(tmp_path: Path, *, look: bool) -> None:
    scene = Scene(tmp_path)
    fresh = Repository(tmp_path / "fresh", env=scene.repository.env)
    fresh.write("SPEC.md", BOARD)
    with elsewhere(scene, fresh.root) as wiring:
        assert told(wiring) == []
        fresh.write("SPEC.md", edited(BOARD, T1="Done"))
        events = told(wiring) if look else []
        fresh.commit()
        events += told(wiring)
        fresh.commit({"SPEC.md": edited(BOARD, T1="Done", T3="Done")})

        assert events == [("T1", DONE, "main")]
        assert told(wiring) == [("T3", DONE, "main")]
    scene.close()


def test_the_first_commit_of_all_is_a_hooks_baseline(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    fresh = Repository(tmp_path / "fresh", env=scene.repository.env)
    fresh.commit({"SPEC.md": edited(BOARD, T1="Done")})
    with elsewhere(scene, fresh.root) as wiring:
        assert told(wiring, Wish(from_parent=True)) == []
        fresh.commit({"SPEC.md": edited(BOARD, T1="Done", T3="Done")})
        assert told(wiring, Wish(from_parent=True)) == [("T3", DONE, "main")]
    scene.close()


def test_two_worktrees_each_tell_their_own(scene: Scene) -> None:
    repository = scene.repository
    theirs = scene.folder / "theirs"
    repository.git("worktree", "add", "-q", "-b", "feature", str(theirs))
    with elsewhere(scene, theirs) as wiring:
        assert told(wiring) == []
        (theirs / "SPEC.md").write_text(edited(BOARD, T1="Done"))
        repository.git("-C", str(theirs), "commit", "-qam", "done over there")

        assert scene.desk.told() == []
        assert told(wiring) == [("T1", DONE, "feature")]

        scene.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
        assert scene.events == [("T1", DONE, "main")]
        assert told(wiring) == []


def test_a_hook_in_a_linked_worktree_tells_of_that_worktree(tmp_path: Path) -> None:
    scene = Scene(tmp_path, hooks=True)
    theirs = tmp_path / "theirs"
    scene.git("worktree", "add", "-q", "-b", "feature", str(theirs))
    (theirs / "SPEC.md").write_text(edited(BOARD, T1="Done"))

    scene.git("-C", str(theirs), "commit", "-qam", "done over there")

    with elsewhere(scene, theirs) as wiring:
        wait_until(lambda: bool(wiring.spool.find(Query())), "the hook's look admitted it")
        (event,) = (wiring.spool.event(each.event) for each in wiring.spool.find(Query()))
        assert event is not None
        assert tale(event) == ("T1", DONE, "feature")
        assert told(wiring) == []
    assert scene.end() == []
    scene.close()


def test_a_submodule_is_watched_where_it_is_its_own_checkout(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    library = Repository(tmp_path / "library", env=scene.repository.env)
    library.commit({"SPEC.md": BOARD})
    local = ("-c", "protocol.file.allow=always")
    scene.git(*local, "submodule", "add", "-q", str(library.root), "library")
    scene.git("commit", "-qm", "library")
    scene.desk.configure(top='[sources.spec]\npaths = ["**/SPEC.md"]\n')
    scene.desk.wiring.reload()
    inner = Repository(scene.repository.root / "library", env=scene.repository.env)
    scene.desk.look()
    with elsewhere(scene, inner.root) as wiring:
        assert told(wiring) == []
        inner.commit({"SPEC.md": edited(BOARD, T1="Done")})
        scene.git("commit", "-qam", "a newer library")
        inner.git("checkout", "-q", "--detach", "HEAD~1")
        scene.git(*local, "submodule", "update", "-q")

        assert scene.end() == []
        assert told(wiring) == [("T1", DONE, "main")]
    scene.close()


def test_a_shallow_clone_has_no_past_but_a_future(scene: Scene) -> None:
    scene.repository.commit({"SPEC.md": edited(BOARD, T1="Done")})
    clone = scene.repository.clone(
        scene.folder / "shallow", "--depth", "1", "--no-local", "--branch", "main"
    )
    with elsewhere(scene, clone.root) as wiring:
        looked = wiring.intake().look(Wish(from_parent=True))
        assert (looked.events, looked.deferred, looked.unreadable) == ((), {}, {})
        scene.repository.commit({"SPEC.md": edited(BOARD, T1="Done", T3="Done")})
        clone.git("pull", "-q", "--ff-only", "origin", "main")
        assert told(wiring) == [("T3", DONE, "main")]
        clone.commit({"SPEC.md": edited(BOARD, T1="Done", T3="Done", T5="Done")})
        assert told(wiring) == [("T5", DONE, "main")]


@pytest.mark.parametrize(
    "words", [["scan"], ["doctor"], ["list"], ["hook", "post-commit", "--sync"]]
)
def test_a_bare_repository_is_no_crash_and_says_so(scene: Scene, words: list[str]) -> None:
    bare = scene.repository.clone(scene.folder / "bare.git", "--bare")

    done = subprocess.run(
        [sys.executable, "-m", "spec_notify", *words, "--config", str(scene.desk.file)],
        cwd=bare.root,
        env=scene.repository.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert done.returncode == (78 if words == ["doctor"] else 0)
    if words[0] != "hook":
        assert "a bare repository" in done.stdout + done.stderr
