"""Stories told with git, each with exactly the events it is to cause.

Contract, section 4, "Git". A story gives its commands to a scene and answers what is told; where
states come and go between two looks, what a single look at the end tells is answered instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scene import CHANGED, DONE, REVIEWED, Scene, Tale

if TYPE_CHECKING:
    from collections.abc import Callable

    Story = Callable[[Scene], list[Tale]]

SILENT: list[Tale] = []


def a_commit(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    return [("T1", DONE, "main")]


def a_commit_of_three_rows(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done", T3="In Review", T5="In Progress")
    return [("T1", DONE, "main"), ("T3", REVIEWED, "main"), ("T5", CHANGED, "main")]


def an_edit_and_its_commit(scene: Scene) -> list[Tale]:
    scene.edit(T1="Done")
    scene.commit()
    return [("T1", DONE, "main")]


def an_amended_message(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("commit", "-q", "--amend", "-m", "in other words")
    return [("T1", DONE, "main")]


def an_amended_row(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.commit("--amend", T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "main")]


def an_amend_that_takes_a_row_back(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done", T3="Done")
    scene.commit("--amend", T1="Backlog")
    both = [("T1", DONE, "main"), ("T3", DONE, "main"), ("T1", CHANGED, "main")]
    return [("T3", DONE, "main")] if scene.late else both


def a_fast_forward(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.git("merge", "-q", "--ff-only", "ahead")
    return [("T1", DONE, "main")]


def a_merge(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T5="In Progress")
    scene.git("merge", "-q", "--no-ff", "-m", "merge", "ahead")
    told = [("T5", CHANGED, "main"), ("T1", DONE, "main")]
    return sorted(told) if scene.late else told


def a_merge_of_what_this_checkout_told(scene: Scene) -> list[Tale]:
    scene.git("switch", "-q", "-c", "feature")
    scene.commit(T1="Done")
    scene.git("switch", "-q", "main")
    scene.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    return [("T1", DONE, "feature")]


def a_squashed_merge(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="In Progress")
    scene.beside("ahead", T1="Done")
    scene.git("merge", "-q", "--squash", "ahead")
    scene.git("commit", "-q", "-m", "squashed")
    return [("T1", DONE, "main")]


def an_octopus(scene: Scene) -> list[Tale]:
    for branch, task in (("one", "T1"), ("two", "T3"), ("three", "T5")):
        scene.beside(branch, **{task: "Done"})
    scene.git("merge", "-q", "-m", "octopus", "one", "two", "three")
    return [("T1", DONE, "main"), ("T3", DONE, "main"), ("T5", DONE, "main")]


def a_merge_given_up(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T1="Blocked")
    scene.git("merge", "ahead", fails=True)
    scene.git("merge", "--abort")
    return [("T1", CHANGED, "main")]


def a_pull(scene: Scene) -> list[Tale]:
    colleague = scene.repository.clone(scene.folder / "colleague")
    colleague.write(
        "SPEC.md", scene.text.replace("| T1 | Task T1 | Backlog |", "| T1 | X | Done |")
    )
    colleague.git("commit", "-qam", "theirs")
    scene.commit(T5="In Progress")
    scene.git("pull", "-q", "--no-rebase", "--no-edit", str(colleague.root), "main")
    told = [("T5", CHANGED, "main"), ("T1", DONE, "main")]
    return sorted(told) if scene.late else told


def a_pull_that_rebases(scene: Scene) -> list[Tale]:
    colleague = scene.repository.clone(scene.folder / "colleague")
    colleague.write(
        "SPEC.md", scene.text.replace("| T1 | Task T1 | Backlog |", "| T1 | X | Done |")
    )
    colleague.git("commit", "-qam", "theirs")
    scene.commit(T5="In Progress")
    scene.git("pull", "-q", "--rebase", str(colleague.root), "main")
    told = [("T5", CHANGED, "main"), ("T1", DONE, "main")]
    return sorted(told) if scene.late else told


def a_cherry_pick(scene: Scene) -> list[Tale]:
    picked = scene.beside("ahead", T1="Done")
    scene.beside("ahead", T3="Done")
    scene.git("cherry-pick", picked)
    return [("T1", DONE, "main")]


def a_cherry_pick_given_up(scene: Scene) -> list[Tale]:
    picked = scene.beside("ahead", T1="Done")
    scene.commit(T1="Blocked")
    scene.git("cherry-pick", picked, fails=True)
    scene.git("cherry-pick", "--abort")
    return [("T1", CHANGED, "main")]


def a_cherry_pick_with_a_conflict(scene: Scene) -> list[Tale]:
    picked = scene.beside("ahead", T1="Done")
    scene.commit(T1="Blocked")
    scene.git("cherry-pick", picked, fails=True)
    scene.git("checkout", "-q", "--theirs", "SPEC.md")
    scene.git("add", "-A")
    scene.git("cherry-pick", "--continue")
    last = ("T1", DONE, "main")
    return [last] if scene.late else [("T1", CHANGED, "main"), last]


def a_revert_reopens(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("revert", "--no-edit", "HEAD")
    return SILENT if scene.late else [("T1", DONE, "main"), ("T1", CHANGED, "main")]


def a_revert_of_the_revert_is_done_again(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("revert", "--no-edit", "HEAD")
    scene.git("revert", "--no-edit", "HEAD")
    last = ("T1", DONE, "main")
    return [last] if scene.late else [last, ("T1", CHANGED, "main"), last]


def a_revert_given_up(scene: Scene) -> list[Tale]:
    done = scene.commit(T1="Done")
    scene.commit(T1="Blocked")
    scene.git("revert", done, fails=True)
    scene.git("revert", "--abort")
    last = ("T1", CHANGED, "main")
    return [last] if scene.late else [("T1", DONE, "main"), last]


def mailed_patches(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    patch = scene.repository.git("format-patch", "-1", "--stdout", "ahead") + "\n"
    scene.git("am", "-q", input=patch)
    return [("T1", DONE, "main")]


def a_mailed_patch_given_up(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    patch = scene.repository.git("format-patch", "-1", "--stdout", "ahead") + "\n"
    scene.commit(T1="Blocked")
    scene.git("am", "-q", "--3way", input=patch, fails=True)
    scene.git("am", "--abort")
    return [("T1", CHANGED, "main")]


def a_switch(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.git("switch", "-q", "ahead")
    return SILENT


def a_switch_there_and_back(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.git("switch", "-q", "ahead")
    scene.git("switch", "-q", "-")
    return SILENT


def a_commit_after_a_switch(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.git("switch", "-q", "ahead")
    scene.commit(T3="Done")
    return [("T3", DONE, "ahead")]


def a_new_branch(scene: Scene) -> list[Tale]:
    scene.git("checkout", "-q", "-b", "feature")
    scene.commit(T1="Done")
    return [("T1", DONE, "feature")]


def a_detached_head(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("checkout", "-q", "--detach", "HEAD~1")
    return [("T1", DONE, "main")]


def a_commit_on_a_detached_head(scene: Scene) -> list[Tale]:
    scene.git("checkout", "-q", "--detach")
    scene.commit(T1="Done")
    scene.git("switch", "-q", "main")
    return [("T1", DONE, None)]


def a_tag(scene: Scene) -> list[Tale]:
    scene.repository.git("tag", "v1")
    scene.commit(T1="Done")
    scene.git("checkout", "-q", "v1")
    scene.git("switch", "-q", "main")
    return [("T1", DONE, "main")]


def a_rebase(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T5="Done")
    scene.git("rebase", "-q", "ahead")
    return [("T5", DONE, "main")]


def a_commit_after_a_rebase(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T5="Done")
    scene.git("rebase", "-q", "ahead")
    scene.commit(T3="Done")
    return [("T5", DONE, "main"), ("T3", DONE, "main")]


def a_rebase_that_drops_a_commit(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.commit(T5="Done")
    scene.git("rebase", "-q", "-i", "HEAD~2", GIT_SEQUENCE_EDITOR="sed -i 1s/pick/drop/")
    return [("T1", DONE, "main"), ("T5", DONE, "main")]


def a_rebase_that_reorders_and_squashes(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.commit(T3="Done")
    scene.commit(T5="Done")
    editor = "sed -i -e 2s/pick/squash/ -e '1{h;d}' -e '3{G}'"
    scene.git("rebase", "-q", "-i", "HEAD~3", GIT_SEQUENCE_EDITOR=editor, fails=True)
    scene.git("rebase", "--abort")
    scene.git("rebase", "-q", "-i", "HEAD~3", GIT_SEQUENCE_EDITOR="sed -i 2s/pick/squash/")
    return [("T1", DONE, "main"), ("T3", DONE, "main"), ("T5", DONE, "main")]


def a_rebase_onto(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.git("switch", "-q", "-c", "feature")
    scene.commit(T3="Done")
    scene.commit(T5="Done")
    scene.git("rebase", "-q", "--onto", "ahead", "HEAD~1")
    return [("T3", DONE, "feature"), ("T5", DONE, "feature")]


def a_rebase_with_a_conflict(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T1="Blocked")
    scene.git("rebase", "ahead", fails=True)
    scene.git("checkout", "-q", "--theirs", "SPEC.md")
    scene.git("add", "-A")
    scene.git("rebase", "--continue")
    return [("T1", CHANGED, "main")]


def a_rebase_given_up(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T1="Blocked")
    scene.git("rebase", "ahead", fails=True)
    scene.git("rebase", "--abort")
    return [("T1", CHANGED, "main")]


def a_rebase_by_patches(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.commit(T5="Done")
    scene.git("rebase", "-q", "--apply", "ahead")
    return [("T5", DONE, "main")]


def a_stash(scene: Scene) -> list[Tale]:
    scene.edit(T1="Done")
    scene.git("stash", "-q")
    return SILENT if scene.late else [("T1", DONE, "main")]


def a_popped_stash(scene: Scene) -> list[Tale]:
    scene.edit(T1="Done")
    scene.git("stash", "-q")
    scene.git("stash", "pop", "-q")
    scene.commit()
    return [("T1", DONE, "main")]


def a_stash_applied_on_another_branch(scene: Scene) -> list[Tale]:
    scene.repository.git("branch", "feature")
    scene.edit(T1="Done")
    scene.git("stash", "-q")
    scene.git("switch", "-q", "feature")
    scene.git("stash", "apply", "-q")
    scene.commit()
    return [("T1", DONE, "feature" if scene.late else "main")]


def a_dirty_row_carried_along(scene: Scene) -> list[Tale]:
    scene.repository.git("branch", "feature")
    scene.edit(T1="Done")
    scene.git("switch", "-q", "feature")
    scene.git("switch", "-q", "main")
    return SILENT if scene.late else [("T1", DONE, "main")]


def a_hard_reset(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("reset", "-q", "--hard", "HEAD~1")
    return [("T1", DONE, "main")]


def a_hard_reset_and_back(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("reset", "-q", "--hard", "HEAD~1")
    scene.git("reset", "-q", "--hard", "HEAD@{1}")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "main")]


def a_soft_reset_and_another_commit(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("reset", "-q", "--soft", "HEAD~1")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "main")]


def a_mixed_reset_and_another_commit(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("reset", "-q", "HEAD~1")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "main")]


def a_file_put_back(scene: Scene) -> list[Tale]:
    scene.edit(T1="Done")
    scene.git("checkout", "-q", "--", "SPEC.md")
    return SILENT if scene.late else [("T1", DONE, "main"), ("T1", CHANGED, "main")]


def a_file_restored_from_a_branch(scene: Scene) -> list[Tale]:
    scene.beside("ahead", T1="Done")
    scene.git("restore", "--source", "ahead", "SPEC.md")
    return [("T1", DONE, "main")]


def a_bisection(scene: Scene) -> list[Tale]:
    for number, task in enumerate(("T1", "T2", "T3", "T4")):
        scene.commit(**{task: "Done" if number % 2 else "In Progress"})
    scene.git("bisect", "start", "HEAD", "HEAD~4")
    scene.git("bisect", "run", "grep", "-q", "T3 | Task T3 | Backlog", "SPEC.md")
    scene.git("bisect", "reset")
    kinds = (CHANGED, DONE, CHANGED, DONE)
    return [(f"T{number}", kind, "main") for number, kind in enumerate(kinds, 1)]


def a_document_moved(scene: Scene) -> list[Tale]:
    scene.repository.write("docs/SPEC-A-1/keep.md", "x\n")
    scene.git("mv", "SPEC.md", "docs/SPEC-A-1/tasks.md")
    scene.git("commit", "-q", "-m", "moved")
    return SILENT


def a_document_moved_and_a_row_done(scene: Scene) -> list[Tale]:
    text = scene.text
    folder = scene.repository.root / "docs/SPEC-A-1"
    folder.mkdir(parents=True)
    scene.repository.git("mv", "SPEC.md", "docs/SPEC-A-1/tasks.md")
    (folder / "tasks.md").write_text(text.replace("T1 | Backlog", "T1 | Done"))
    scene.git("commit", "-q", "-a", "-m", "moved")
    return [("T1", DONE, "main")]


def a_renamed_branch(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("branch", "-m", "main", "trunk")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "trunk")]


def a_history_rewritten(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    words = ("commit-tree", "HEAD^{tree}", "-m", "all of it")
    rewritten = scene.repository.git(*words)
    scene.git("update-ref", "-m", "filter-repo: rewrite", "refs/heads/main", rewritten)
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "main")]


def a_history_rewritten_behind_the_reflogs_back(scene: Scene) -> list[Tale]:
    first = scene.commit(T1="Done")
    rewritten = scene.repository.git("commit-tree", "HEAD^{tree}", "-m", "all of it")
    (scene.repository.root / ".git/refs/heads/main").write_text(f"{rewritten}\n")
    assert first != rewritten
    if not scene.late:
        scene.git("status", "-s")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "main")]


def the_reflog_expired_in_between(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("reflog", "expire", "--expire=now", "--all")
    scene.git("gc", "-q", "--prune=now")
    scene.commit(T3="Done")
    told = [("T1", DONE, "main"), ("T3", DONE, "main")]
    return SILENT if scene.late else told


def garbage_collected_in_between(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("gc", "-q", "--prune=now")
    scene.git("switch", "-q", "-c", "feature")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "feature")]


def a_branch_another_worktree_has(scene: Scene) -> list[Tale]:
    scene.repository.git("worktree", "add", "-q", "-b", "theirs", str(scene.folder / "theirs"))
    scene.git("switch", "-q", "theirs", fails=True)
    scene.commit(T1="Done")
    return [("T1", DONE, "main")]


def a_branch_without_parents(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.git("switch", "-q", "--orphan", "fresh")
    scene.git("checkout", "-q", "main", "--", "SPEC.md")
    scene.git("commit", "-q", "-m", "fresh start")
    scene.commit(T3="Done")
    return [("T1", DONE, "main"), ("T3", DONE, "fresh")]


def a_merge_that_git_refuses_after_it_began(scene: Scene) -> list[Tale]:
    """It leaves an entry in the reflog that says `merge` and leads nowhere."""
    scene.beside("ahead", T3="Done")
    scene.repository.git("branch", "feature")
    scene.edit(T1="Done", T5="In Progress")
    scene.git("add", "-A")
    scene.git("switch", "-q", "feature")
    scene.git("merge", "-q", "--no-ff", "--no-edit", "ahead", fails=True)
    assert "updating HEAD" in scene.repository.git("reflog", "-1")
    return SILENT if scene.late else [("T1", DONE, "main"), ("T5", CHANGED, "main")]


def a_reopening_reset_and_committed_again(scene: Scene) -> list[Tale]:
    scene.commit(T1="Done")
    scene.commit(T1="Blocked")
    scene.git("reset", "-q", "--soft", "HEAD~1")
    scene.git("reset", "-q", "--hard", "HEAD")
    scene.commit(T1="Blocked")
    told = [("T1", DONE, "main"), ("T1", CHANGED, "main")]
    return [("T1", CHANGED, "main")] if scene.late else told


STORIES: list[Story] = [
    each
    for each in list(globals().values())
    if getattr(each, "__module__", None) == __name__ and each.__code__.co_varnames[:1] == ("scene",)
]
BY_HOOKS: list[Story] = [
    a_commit,
    an_amended_row,
    a_fast_forward,
    a_merge,
    a_merge_of_what_this_checkout_told,
    an_octopus,
    a_pull,
    a_pull_that_rebases,
    a_cherry_pick,
    a_cherry_pick_with_a_conflict,
    a_revert_of_the_revert_is_done_again,
    a_commit_after_a_switch,
    a_commit_on_a_detached_head,
    a_commit_after_a_rebase,
    a_rebase_onto,
    a_popped_stash,
    a_soft_reset_and_another_commit,
    a_bisection,
    a_document_moved_and_a_row_done,
    a_renamed_branch,
    garbage_collected_in_between,
]
