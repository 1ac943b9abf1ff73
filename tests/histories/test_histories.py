"""Made-up histories of the tools people use: the product tells what truly happened, no more.

What the generators leave out, because the contract or an honest reader could not decide it:

- an id-less row whose new words are less than 0.68 like its old ones, or about as like another's;
- an id-less row that gets an id, or loses it, and is reworded in the same commit;
- numbers dealt anew in a commit in which no renumbered task kept its words, in which another got
  entirely other words, or in which one of several that say the same comes or goes;
- two changes in one commit to rows that share an id, or say the same and share a number;
- an id that goes to another task while its own is reworded;
- a document that is deleted and made again, and a tag of task-master that is copied or renamed
  with what is done in it: by the contract these are other tasks.

Where a plan is replaced in place, an id that is used again is the same task, as the contract says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .judge import Score, by_diff, by_history, by_looks
from .kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

COMMITS = 30


def _right(name: str, way: str, score: Score) -> None:
    print(f"{name}, {way}: {score}")
    assert score.right > 0
    assert (score.invented, score.missed) == ([], [])
    assert (score.precision, score.recall) == (1.0, 1.0)


@pytest.mark.parametrize("name", KINDS)
def test_diff_tells_what_was_finished_between_any_two_revisions(name: str) -> None:
    score = Score()
    for seed in range(4):
        by_diff(KINDS[name](seed).history(COMMITS), score, seed)
    _right(name, "diff", score)


@pytest.mark.parametrize("name", KINDS)
def test_a_look_after_every_commit_tells_what_was_finished(name: str, tmp_path: Path) -> None:
    score = Score()
    by_looks(KINDS[name](11).history(COMMITS), score, 11, tmp_path / "checkout")
    _right(name, "looks", score)


@pytest.mark.parametrize("name", KINDS)
def test_history_tells_the_same_of_a_bare_repository(name: str, tmp_path: Path) -> None:
    score = Score()
    for seed in (21, 22):
        history = list(KINDS[name](seed).history(COMMITS))
        by_history(history, score, seed, tmp_path / f"{seed}.git")
    _right(name, "history", score)


@pytest.mark.parametrize("name", KINDS)
def test_a_seed_makes_the_same_history_every_time(name: str) -> None:
    first, second = (list(KINDS[name](31).history(10)) for _ in range(2))
    assert first == second
