"""Eight processes, ten thousand deliveries, one folder of evidence that is weighed from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.load.crew import drain_and_rotate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_ten_thousand_deliveries_are_sent_once_each_under_a_cap_that_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = drain_and_rotate(tmp_path, tasks=1_000, subscriptions=10, crew=8, cap=5_000_000)

    with capsys.disabled():
        print(f"\neight processes: {run}", end="")
    assert run.rotated > 5_000
    assert run.heaviest > 4_500_000, "it was weighed while it was full"
