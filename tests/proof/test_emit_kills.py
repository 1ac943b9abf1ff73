"""SIGKILL at random moments of `emit`: whatever was admitted is delivered, under one id, whole."""

from __future__ import annotations

import json
import random  # noqa: TID251 - the moments of the kills
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.acceptance.conftest import open_shop
from tests.workflow.conftest import counts, open_trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

__all__ = ["open_shop", "open_trusted"]

KILLS = 40
LONGEST = 1.3
"""The latest kill, as a share of what an undisturbed `emit` takes: some end before it."""


def started(shop: Shop, number: int) -> subprocess.Popen[bytes]:
    data = json.dumps({"step_count": number})
    words = ["emit", "workflow.started", "--workflow", str(number), "--data", data]
    return subprocess.Popen(
        [sys.executable, "-m", "spec_notify", *words],
        cwd=shop.root,
        env=shop.env,
        stdout=subprocess.DEVNULL,
    )


def test_an_emit_that_is_killed_at_any_moment_loses_nothing(
    open_trusted: Callable[..., Shop],
) -> None:
    # Each kill may cost a try, and the next process goes on with what the one before left.
    shop = open_trusted(retry='schedule = ["1ms"]\nmax_attempts = 1000')
    chance, began = random.Random(5), time.monotonic()
    started(shop, KILLS).wait()
    longest, killed = LONGEST * (time.monotonic() - began), 0
    for number in range(KILLS):
        child = started(shop, number)
        try:
            child.wait(timeout=chance.uniform(0, longest))
        except subprocess.TimeoutExpired:
            child.kill()
            killed += child.wait() == -signal.SIGKILL
    admitted = sum(counts(shop).values())
    shop.run("deliver", code=0)

    arrived: dict[int, set[str]] = {}
    for request in shop.arrivals(admitted):
        body = json.loads(request.body)
        arrived.setdefault(body["data"]["step_count"], set()).add(body["id"])
    requests = len(shop.receiver.requests)
    assert counts(shop)["delivered"] == admitted == len(arrived)
    assert all(len(ids) == 1 for ids in arrived.values())
    assert requests <= admitted + killed
    print(f"{killed} of {KILLS} killed, {admitted} admitted, {requests} requests")
