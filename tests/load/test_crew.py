"""Several processes at one spool and one folder of evidence, seen from outside."""

from __future__ import annotations

import time
from multiprocessing import get_context
from pathlib import Path

from .crew import drain_and_rotate
from .depot import weighed

CAP = 100_000


def test_a_crew_sends_each_once_and_rotates_under_the_cap(tmp_path: Path) -> None:
    run = drain_and_rotate(tmp_path, tasks=40, subscriptions=2, crew=3, cap=CAP)

    assert run.rotated > 40
    assert run.heaviest > CAP * 0.8, "it was weighed while it was full"


def write_before_making_room(folder: str, until: float) -> None:
    """Do what rotation must not: the new file stands before the old one leaves."""
    number = 0
    while time.monotonic() < until:
        Path(folder, f"{number}").write_bytes(b"x" * 1_000)
        time.sleep(0.01)
        Path(folder, f"{number - 1}").unlink(missing_ok=True)
        number += 1


def test_who_writes_before_making_room_is_seen(tmp_path: Path) -> None:
    process = get_context("spawn").Process(
        target=write_before_making_room, args=(str(tmp_path), time.monotonic() + 1.5)
    )
    with weighed(tmp_path) as outcome:
        process.start()
        process.join()
        seen = outcome()

    assert seen.bytes == 2_000, "more than the 1,000 bytes that may stand"
