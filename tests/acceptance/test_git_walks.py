"""A look that comes late loses nothing and invents nothing: random walks against a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .scene import DONE, Scene, tale
from .walks import Looker, Walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(5))
def test_whoever_looks_is_told_what_the_model_says(tmp_path: Path, seed: int) -> None:
    Walk(tmp_path, seed).go(25)


STEPS = ("look.read", "look.begun", "look.saved", "look.admitted", "look.committed")


class Died(BaseException):
    """A look ends here, whatever it was doing."""


@pytest.mark.parametrize("step", STEPS)
def test_a_look_that_died_is_made_up_for_ten_commits_and_two_switches_later(
    tmp_path: Path, step: str
) -> None:
    scene = Scene(tmp_path, late=True)
    steady = Looker(tmp_path, "steady", scene.repository)
    scene.commit(T1="In Progress")
    scene.commit(T1="Done")
    died = [Died]

    def mark(name: str) -> None:
        if name == step and died:
            raise died.pop()

    scene.desk.wiring.close()
    scene.desk.wiring = scene.desk._open(mark)
    with pytest.raises(Died):
        scene.desk.look()
    steady.look()
    for number in range(8):
        if number in {3, 6}:
            scene.git("switch", "-q", *(["-c", "feature"] if number == 3 else ["main"]))
        task = f"T{2 + number // 2}"
        scene.commit(**{task: "Done" if number % 2 else "In Review"})

    scene.desk.look()
    steady.look()

    assert scene.spooled() == [tale(each) for each in steady.events]
    assert ("T1", DONE, "main") in scene.spooled()
    assert scene.desk.told() == []
    steady.wiring.close()
    scene.close()
