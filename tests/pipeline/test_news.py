"""What is told of a task that changes its words and not its canonical status."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from .test_looks import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def walk(desk: Desk, *words: str) -> list[list[tuple[str | None, str | None]]]:
    """Save T1 with one word after another, and answer what each look told."""
    told = []
    for word in words:
        desk.save(T1=word, T2="Backlog")
        told.append(desk.told())
    return told


@pytest.mark.parametrize(
    ("start", "words", "status"),
    [
        ("todo", ("planned", "pending", "todo"), "Backlog"),
        ("wip", ("doing", "wip", "doing"), "In Progress"),
        ("half way", ("at the tests", "half way", "at the tests"), "Unknown"),
    ],
)
def test_every_change_of_the_words_is_told(
    desk: Desk, start: str, words: tuple[str, ...], status: str
) -> None:
    walk(desk, start)

    assert walk(desk, *words) == [[("T1", status)]] * len(words)


def test_each_telling_has_an_id_of_its_own(desk: Desk) -> None:
    ids = []
    for word in ("planned", "todo", "planned", "todo"):
        desk.save(T1=word, T2="Backlog")
        ids += [event.id for event in desk.look().events]

    assert len(ids) == 4
    assert all(one != other for one, other in pairwise(sorted(ids)))


def test_a_popped_stash_of_words_already_told_is_no_news(desk: Desk) -> None:
    assert walk(desk, "planned") == [[("T1", "Backlog")]]
    desk.repository.git("stash", "-q")
    assert desk.told() == []

    desk.repository.git("stash", "pop", "-q")

    assert desk.told() == []


def test_other_words_for_done_are_no_news(desk: Desk) -> None:
    assert walk(desk, "Done", "Complete", "✅") == [[("T1", "Done")], [], []]
