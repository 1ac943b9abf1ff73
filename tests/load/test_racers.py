"""A few processes race for a few changes; `make proof` has fifty and a hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .racers import race

if TYPE_CHECKING:
    from pathlib import Path


def test_a_change_that_many_see_is_one_event_and_one_message(tmp_path: Path) -> None:
    run = race(tmp_path, changes=4, racers=8)

    assert (run.events, run.sends) == (4, 4)
