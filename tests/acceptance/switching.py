"""Switches between two branches under a live watcher, and the commit after them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from spec_notify.wiring import Wiring

from .shop import board, told, wait_until

if TYPE_CHECKING:
    from spec_notify.ports import StoredDocument

    from .shop import Shop

SIZE = 50


def switch_and_commit(shop: Shop, times: int) -> float:
    """Switch so many times; answer the switches per second. Only the commit after them is told."""
    tasks = [f"T{number}" for number in range(1, SIZE + 1)]
    open_, shut = dict.fromkeys(tasks, "Backlog"), dict.fromkeys(tasks, "Done")
    repository = shop.repository
    repository.commit({"SPEC.md": board(**open_), ".gitignore": "evidence/\n"}, "open")
    repository.branch("done")
    repository.commit({"SPEC.md": board(**shut)}, "done")
    repository.switch("main")
    shop.run("scan", "--baseline", code=0)
    shop.watch()

    began = time.monotonic()
    for number in range(times):
        repository.switch("main" if number % 2 else "done")
        if number % 10 == 9:
            wait_until(lambda: _remembered(shop).head == repository.head, "a rest in between")
    rate = times / (time.monotonic() - began)

    repository.switch("main")
    wait_until(lambda: _remembered(shop).head == repository.head, "the watcher came to rest")
    repository.commit({"SPEC.md": board(**open_ | {"T7": "Done"})}, "the one after")
    assert [told(each) for each in shop.arrivals(1)] == [("T7", "Done")]
    wait_until(lambda: _remembered(shop).head == repository.head, "the commit was looked at")
    wait_until(lambda: _count(shop, "pending") + _count(shop, "in_flight") == 0, "all is sent")
    assert _count(shop, "delivered") == 1
    assert len(shop.receiver.requests) == 1
    return rate


def _count(shop: Shop, state: str) -> int:
    return int(shop.json("list")["counts"].get(state, 0))


def _remembered(shop: Shop) -> StoredDocument:
    wiring = Wiring.open(shop.root, config_file=None, env=shop.env)
    try:
        return wiring.spool.documents()["SPEC.md"]
    finally:
        wiring.close()
