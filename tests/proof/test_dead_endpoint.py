"""One endpoint of ten takes connections and never answers: the nine others notice nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from spec_notify.core.figures import percentile
from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import board, wait_until
from tests.load.depot import DOCUMENT, Depot

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from spec_notify.transports.receiver import Request

CHANGES = 50
ENDPOINTS = 10
DEAD = "/s1"
WITHIN = 1_000
"""Milliseconds from the save of a document to the arrival, at the 95th percentile."""


def answer(request: Request) -> Answer:
    return Answer(delay=3_600_000) if request.path == DEAD else Answer(status=204)


def subscriptions(url: str) -> str:
    return "enabled = true\n" + "".join(
        f'[[subscriptions]]\nname = "s{number}"\nurl = "{url}/s{number}"\n'
        'secret_env = "SPEC_NOTIFY_SHOP_SECRET"\nallow_private = true\n'
        for number in range(1, ENDPOINTS + 1)
    )


def test_a_dead_endpoint_among_ten_slows_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    depot = Depot(tmp_path, answer)
    try:
        waits, dead = live(depot)
    finally:
        depot.close()

    shown = ", ".join(f"p{each} {percentile(waits, each)} ms" for each in (50, 95, 100))
    with capsys.disabled():
        print(f"\n{len(waits)} arrivals beside a dead endpoint: {shown}", end="")
    assert len(waits) == CHANGES * (ENDPOINTS - 1)
    assert dead > 1, "it was tried and tried"
    assert percentile(waits, 95) <= WITHIN


def live(depot: Depot) -> tuple[list[int], int]:
    """Save change after change; answer the sorted waits of the living and the dead one's hits."""
    depot.repository.write(".spec-notify/config.toml", subscriptions(depot.receiver.url))
    depot.trust()
    rows = dict.fromkeys((f"T{number}" for number in range(1, CHANGES + 1)), "Backlog")
    depot.repository.write(DOCUMENT, board(**rows))
    depot.watch()
    waits: list[int] = []
    for task in rows:
        before = len(waits)
        rows[task] = "Done"
        saved = time.monotonic()
        depot.repository.write(DOCUMENT, board(**rows))
        wait_until(lambda: len(alive(depot)) == before + ENDPOINTS - 1, f"{task} arrived")  # noqa: B023 - called here
        waits += [round(1_000 * (each.arrived - saved)) for each in alive(depot)[before:]]
    return sorted(waits), len(depot.receiver.requests) - len(waits)


def alive(depot: Depot) -> list[Request]:
    return [each for each in depot.receiver.requests if each.path != DEAD]
