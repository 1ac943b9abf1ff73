"""What real git leaves in the reflog, read back and planned: a look that comes late loses nothing.

Contract, section 4, "Git".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core.reflog import Compare, Piece, Rest, plan
from spec_notify.disk.git import find
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STILL = Compare(before=None, after=None, branch="main")


def compare(before: str, after: str | None, branch: str | None = "main") -> Compare:
    return Compare(before=before, after=after, branch=branch)


def first(repo: Repository, after: str, branch: str = "main") -> Compare:
    return Compare(before=None, after=after, branch=branch, base=repo.git("rev-parse", "start"))


def nothing(repo: Repository) -> tuple[Piece, ...]:
    return (STILL,)


def an_edit(repo: Repository) -> tuple[Piece, ...]:
    repo.write("SPEC.md", "edited")
    return (STILL,)


def ten_commits(repo: Repository) -> tuple[Piece, ...]:
    for _ in range(10):
        repo.commit()
    return (STILL,)


def an_amended_commit(repo: Repository) -> tuple[Piece, ...]:
    repo.commit()
    repo.git("commit", "-q", "--amend", "--allow-empty", "-m", "better")
    return (STILL,)


def a_fast_forward(repo: Repository) -> tuple[Piece, ...]:
    repo.git("merge", "-q", "--ff-only", "ahead")
    return (STILL,)


def a_merge_with_a_conflict(repo: Repository) -> tuple[Piece, ...]:
    repo.commit({"SPEC.md": "mine"})
    assert repo.run("merge", "ahead").returncode
    repo.write("SPEC.md", "both")
    repo.git("commit", "-q", "-a", "--no-edit")
    return (STILL,)


def a_pull(repo: Repository) -> tuple[Piece, ...]:
    repo.git("pull", "-q", "--ff-only", ".", "ahead")
    return (STILL,)


def a_pull_that_rebases(repo: Repository) -> tuple[Piece, ...]:
    repo.commit({"mine.md": "mine"})
    repo.git("pull", "-q", "--rebase", ".", "ahead")
    return (STILL,)


def a_pull_that_rebases_by_patches(repo: Repository) -> tuple[Piece, ...]:
    repo.commit({"mine.md": "mine"})
    repo.git("-c", "rebase.backend=apply", "pull", "-q", "--rebase", ".", "ahead")
    return (STILL,)


def a_pull_that_rebases_with_a_conflict(repo: Repository) -> tuple[Piece, ...]:
    repo.commit({"SPEC.md": "mine"})
    assert repo.run("pull", "-q", "--rebase", ".", "ahead").returncode
    repo.write("SPEC.md", "both")
    repo.git("add", "-A")
    repo.git("rebase", "--continue")
    return (STILL,)


def a_pull_that_rebases_given_up(repo: Repository) -> tuple[Piece, ...]:
    mine = repo.commit({"SPEC.md": "mine"})
    assert repo.run("pull", "-q", "--rebase", ".", "ahead").returncode
    repo.git("rebase", "--abort")
    return (first(repo, mine), Rest())


def a_cherry_pick(repo: Repository) -> tuple[Piece, ...]:
    repo.git("cherry-pick", "ahead")
    return (STILL,)


def a_cherry_pick_with_a_conflict(repo: Repository) -> tuple[Piece, ...]:
    repo.commit({"SPEC.md": "mine"})
    assert repo.run("cherry-pick", "ahead").returncode
    repo.write("SPEC.md", "both")
    repo.git("add", "-A")
    repo.git("cherry-pick", "--continue")
    return (STILL,)


def a_cherry_pick_given_up(repo: Repository) -> tuple[Piece, ...]:
    mine = repo.commit({"SPEC.md": "mine"})
    assert repo.run("cherry-pick", "ahead").returncode
    repo.git("cherry-pick", "--abort")
    return (first(repo, mine), Rest())


def a_revert(repo: Repository) -> tuple[Piece, ...]:
    repo.git("revert", "--no-edit", "HEAD")
    return (STILL,)


def a_mailed_patch(repo: Repository) -> tuple[Piece, ...]:
    repo.git("am", "-q", input=repo.git("format-patch", "-1", "--stdout", "ahead") + "\n")
    return (STILL,)


def mailed_patches_given_up(repo: Repository) -> tuple[Piece, ...]:
    patches = repo.git("format-patch", "-2", "--stdout", "ahead") + "\n"
    repo.commit({"SPEC.md": "mine"})
    mine = repo.head
    assert repo.run("am", "-q", input=patches).returncode
    repo.git("am", "--abort")
    return (first(repo, mine), Rest())


def a_stash(repo: Repository) -> tuple[Piece, ...]:
    repo.write("SPEC.md", "edited")
    repo.git("stash", "-q")
    return (Rest(),)


def a_stash_and_its_pop(repo: Repository) -> tuple[Piece, ...]:
    a_stash(repo)
    repo.git("stash", "pop", "-q")
    return (Rest(),)


def a_hard_reset(repo: Repository) -> tuple[Piece, ...]:
    repo.git("reset", "-q", "--hard", "HEAD~1")
    return (Rest(),)


def a_commit_taken_back(repo: Repository) -> tuple[Piece, ...]:
    taken = repo.commit()
    repo.git("reset", "-q", "--hard", "HEAD~1")
    return (first(repo, taken), Rest())


def a_switch_a_commit_and_back(repo: Repository) -> tuple[Piece, ...]:
    repo.switch("ahead")
    start = repo.head
    there = repo.commit()
    repo.switch("main")
    return (compare(start, there, "ahead"), Rest())


def ten_commits_and_two_switches(repo: Repository) -> tuple[Piece, ...]:
    for _ in range(3):
        mine = repo.commit()
    repo.git("checkout", "-q", "ahead")
    start = repo.head
    for _ in range(3):
        there = repo.commit()
    repo.git("checkout", "-q", "-")
    for _ in range(4):
        repo.commit()
    return (first(repo, mine), compare(start, there, "ahead"), compare(mine, None))


def a_branch_made_here(repo: Repository) -> tuple[Piece, ...]:
    repo.branch("feature")
    return (Rest(),)


def a_commit_on_a_branch_made_here(repo: Repository) -> tuple[Piece, ...]:
    start = repo.head
    repo.branch("feature")
    repo.commit()
    return (compare(start, None, "feature"),)


def a_commit_on_no_branch(repo: Repository) -> tuple[Piece, ...]:
    start = repo.head
    repo.git("switch", "-q", "--detach")
    there = repo.commit()
    repo.switch("main")
    return (compare(start, there, None), Rest())


def a_bisection(repo: Repository) -> tuple[Piece, ...]:
    repo.git("bisect", "start", "HEAD", "HEAD~2")
    repo.git("bisect", "good")
    repo.git("bisect", "reset")
    return (Rest(),)


def a_rebase(repo: Repository) -> tuple[Piece, ...]:
    repo.git("rebase", "-q", "ahead")
    return (Rest(),)


def an_interactive_rebase_and_a_commit(repo: Repository) -> tuple[Piece, ...]:
    repo.git("rebase", "-q", "-i", "HEAD~2", GIT_SEQUENCE_EDITOR="sed -i 2s/pick/reword/")
    start = repo.head
    repo.commit()
    return (compare(start, None),)


def a_commit_amended_in_a_rebase(repo: Repository) -> tuple[Piece, ...]:
    repo.git("rebase", "-q", "-i", "HEAD~2", GIT_SEQUENCE_EDITOR="sed -i 1s/pick/edit/")
    start = repo.head
    repo.write("more.md", "more")
    repo.git("add", "-A")
    repo.git("commit", "-q", "--amend", "--no-edit")
    amended = repo.head
    repo.git("rebase", "--continue")
    return (compare(start, amended), Rest())


def a_commit_amended_in_a_rebase_given_up(repo: Repository) -> tuple[Piece, ...]:
    repo.git("rebase", "-q", "-i", "HEAD~2", GIT_SEQUENCE_EDITOR="sed -i 1s/pick/edit/")
    repo.git("commit", "-q", "--amend", "-m", "other words")
    repo.git("rebase", "--abort")
    return (Rest(),)


def a_renamed_branch(repo: Repository) -> tuple[Piece, ...]:
    mine = repo.commit()
    repo.git("branch", "-m", "main", "trunk")
    repo.commit()
    return (first(repo, mine), compare(mine, None, "trunk"))


def a_branch_without_parents(repo: Repository) -> tuple[Piece, ...]:
    repo.git("checkout", "-q", "--orphan", "fresh")
    repo.commit()
    return (Rest(),)


def a_commit_no_reflog_knows(repo: Repository) -> tuple[Piece, ...]:
    repo.git("update-ref", "refs/heads/main", "HEAD~1")
    return (Rest(),)


STORIES = [
    nothing,
    an_edit,
    ten_commits,
    an_amended_commit,
    a_fast_forward,
    a_merge_with_a_conflict,
    a_pull,
    a_pull_that_rebases,
    a_pull_that_rebases_by_patches,
    a_pull_that_rebases_with_a_conflict,
    a_pull_that_rebases_given_up,
    a_cherry_pick,
    a_cherry_pick_with_a_conflict,
    a_cherry_pick_given_up,
    a_revert,
    a_mailed_patch,
    mailed_patches_given_up,
    a_stash,
    a_stash_and_its_pop,
    a_hard_reset,
    a_commit_taken_back,
    a_switch_a_commit_and_back,
    ten_commits_and_two_switches,
    a_branch_made_here,
    a_commit_on_a_branch_made_here,
    a_commit_on_no_branch,
    a_bisection,
    a_rebase,
    an_interactive_rebase_and_a_commit,
    a_commit_amended_in_a_rebase,
    a_commit_amended_in_a_rebase_given_up,
    a_renamed_branch,
    a_branch_without_parents,
    a_commit_no_reflog_knows,
]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """`main` with three commits, `start` where it stands, and `ahead` with two more."""
    repo = Repository(tmp_path / "repo")
    for text in ("one", "two", "three"):
        repo.commit({"SPEC.md": text}, message=text)
    repo.git("tag", "start")
    repo.branch("ahead")
    repo.commit({"ahead.md": "ahead"}, message="ahead, clean")
    repo.commit({"SPEC.md": "four"}, message="ahead")
    repo.switch("main")
    return repo


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_late_look(repo: Repository, story: Callable[[Repository], tuple[Piece, ...]]) -> None:
    git = find(repo.root, environ=repo.env)
    assert git is not None
    then = git.checkout()
    expected = story(repo)
    now = git.checkout()
    assert now.busy is None
    assert plan(then, now, git.moves(then.head, after=then.mark, until=now.mark)) == expected


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_second_look_finds_nothing_new(
    repo: Repository, story: Callable[[Repository], tuple[Piece, ...]]
) -> None:
    git = find(repo.root, environ=repo.env)
    assert git is not None
    story(repo)
    then, now = git.checkout(), git.checkout()
    moves = git.moves(then.head, after=then.mark, until=now.mark)
    assert plan(then, now, moves) == (Compare(before=None, after=None, branch=now.branch),)
