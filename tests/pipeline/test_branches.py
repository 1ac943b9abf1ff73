"""Who hears of an arrival: once wherever it shows first, and by `branches` where it gets to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.intake import Wish

from .desk import ANY, MAIN, Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RELEASES = ANY.replace('"any"', '"releases"') + 'branches = ["release/*"]\n'


def begin(desk: Desk) -> None:
    """Make T1 Done in a commit on `feature` that was looked at, and come back to main."""
    desk.repository.branch("feature")
    desk.commit(T1="Done", T2="Backlog")
    desk.look()
    desk.repository.switch("main")
    desk.look()


def left_there(desk: Desk) -> None:
    begin(desk)


def merged(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("merge", "-q", "--no-ff", "--no-edit", "feature")


def fast_forwarded(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("merge", "-q", "--ff-only", "feature")


def squashed(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("merge", "-q", "--squash", "feature")
    desk.repository.git("commit", "-qm", "squashed")


def picked(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("cherry-pick", "feature")


def pulled(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("pull", "-q", "--rebase", ".", "feature")


def merged_and_looked_at_too_late(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("merge", "-q", "--no-ff", "--no-edit", "feature")
    desk.repository.branch("release/1")
    desk.repository.commit(message="release notes")


def rebased_onto_it(desk: Desk) -> None:
    begin(desk)
    desk.repository.git("rebase", "-q", "feature")


def released(desk: Desk) -> None:
    merged(desk)
    desk.look()
    desk.repository.git("switch", "-q", "-c", "release/1", "main~1")
    desk.look()
    desk.repository.git("merge", "-q", "--no-ff", "--no-edit", "main")


def a_popped_stash(desk: Desk) -> None:
    desk.repository.git("branch", "feature")
    desk.save(T1="Done", T2="Backlog")
    for words in (["stash", "-q"], ["switch", "-q", "feature"], ["stash", "pop", "-q"]):
        desk.look()
        desk.repository.git(*words)


def a_dirty_row_carried_along(desk: Desk) -> None:
    desk.repository.branch("feature")
    desk.look()
    desk.save(T1="Done", T2="Backlog")
    desk.look()
    desk.repository.switch("main")


def reopened_there_and_done_again_here(desk: Desk) -> None:
    merged(desk)
    desk.look()
    desk.repository.switch("feature")
    desk.look()
    desk.commit(T1="Backlog", T2="Backlog")
    desk.look()
    desk.commit(T1="Done", T2="Backlog")


CASES = [
    (left_there, ["T1"], [], []),
    (merged, ["T1"], ["T1"], []),
    (fast_forwarded, ["T1"], ["T1"], []),
    (squashed, ["T1"], ["T1"], []),
    (picked, ["T1"], ["T1"], []),
    (pulled, ["T1"], ["T1"], []),
    (merged_and_looked_at_too_late, ["T1"], ["T1"], []),
    (rebased_onto_it, ["T1"], [], []),
    (released, ["T1"], ["T1"], ["T1"]),
    (a_popped_stash, ["T1"], ["T1"], []),
    (a_dirty_row_carried_along, ["T1"], [], []),
    (reopened_there_and_done_again_here, ["T1", "T1", "T1"], ["T1"], []),
]


@pytest.mark.parametrize(
    ("story", "anyone", "main", "releases"), CASES, ids=[each[0].__name__ for each in CASES]
)
def test_who_hears_of_it(
    tmp_path: Path,
    story: Callable[[Desk], None],
    anyone: list[str],
    main: list[str],
    releases: list[str],
) -> None:
    desk = Desk(tmp_path, ANY + MAIN + RELEASES)

    story(desk)
    desk.look()

    assert desk.sent_to("any") == anyone
    assert desk.sent_to("main") == main
    assert desk.sent_to("releases") == releases
    assert desk.look().events == ()
    desk.wiring.close()


ROWS = {f"T{n}": "Backlog" for n in range(1, 6)}


def test_a_row_deleted_on_one_branch_makes_no_news_on_another(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.commit(**ROWS | {"T5": "Done"})
    desk.look(Wish(baseline=True))
    desk.repository.git("branch", "other")
    without = {task: status for task, status in ROWS.items() if task != "T5"}
    desk.commit(**without)
    assert desk.told() == []

    desk.repository.switch("other")
    assert desk.told() == []
    desk.commit(**ROWS | {"T5": "Done", "T1": "Done"})

    assert desk.told() == [("T1", "Done")]
    desk.wiring.close()
