"""Fifty processes see each of a hundred changes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.load.racers import race

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_hundred_changes_seen_by_fifty_processes_are_a_hundred_events(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = race(tmp_path, changes=100, racers=50)

    with capsys.disabled():
        print(f"\n{run}", end="")
    assert (run.events, run.sends) == (100, 100)
