"""SIGKILL at random moments for five minutes: SPEC_NOTIFY_KILLS asks for a number instead.

The seed is printed; SPEC_NOTIFY_SEED repeats its plan, though not the machine's timing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.load.kills import kill_at_random

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KILLS = os.environ.get("SPEC_NOTIFY_KILLS")
SEED = os.environ.get("SPEC_NOTIFY_SEED", "proof")
SECONDS = 270


def test_random_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toll = kill_at_random(
        tmp_path,
        seed=SEED,
        strikes=int(KILLS or 100_000),
        seconds=86_400 if KILLS else SECONDS,
        sieges=4,
    )

    with capsys.disabled():
        print(f"\nseed {SEED}: {toll}", end="")
    assert toll.in_flight > toll.moments // 10, "too few died with a delivery in flight"
