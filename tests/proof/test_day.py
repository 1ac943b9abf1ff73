"""A day's load, a fifth of it met with faults: the watcher and seven helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.load.chaos import misdeeds
from tests.load.day import survive

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_days_load_is_delivered_or_dead_and_nothing_is_sent_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = survive(tmp_path, hours=24, specs=8, per_hour=2, helpers=7, expire="30s")

    with capsys.disabled():
        print(f"\n{day}", end="")
    assert day.deliveries == 24 * 8 * 2 * 12
    assert day.misdeeds.keys() >= misdeeds("").keys(), "each misdeed happened"
