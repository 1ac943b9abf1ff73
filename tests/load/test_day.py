"""A short day of misbehaving receivers; `make proof` has a whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.node import need_node

from .chaos import misdeeds
from .day import survive

if TYPE_CHECKING:
    from pathlib import Path


def test_a_short_day_of_faults_loses_nothing_and_sends_nothing_again(tmp_path: Path) -> None:
    need_node()
    day = survive(tmp_path, hours=2, specs=2, per_hour=4, helpers=2, expire="2s")

    assert day.deliveries == 2 * 2 * 4 * 12
    assert day.misdeeds.keys() >= misdeeds("").keys(), "each misdeed happened"
