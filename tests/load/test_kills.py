"""SIGKILL at random moments; `make proof` has thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kills import kill_at_random

if TYPE_CHECKING:
    from pathlib import Path


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    toll = kill_at_random(tmp_path, seed="a few", strikes=12, sieges=2)

    assert toll.moments == 12
    assert toll.in_flight > 0, "some must have died with a delivery in flight"
