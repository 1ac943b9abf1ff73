"""Served beside a watcher and whoever else writes to the spool, none in the other's way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.acceptance.conftest import open_shop, shop
from tests.acceptance.shop import SECRET, wait_until

from .scene import Server

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop

ROUTES = ("/api/events", "/api/recent", "/api/deliveries", "/api/stats", "/metrics", "/healthz")
__all__ = ["open_shop", "shop"]


def test_what_a_watcher_sees_and_commands_tell_is_shown_while_they_run(shop: Shop) -> None:
    server = Server.start(shop.root, shop.env)
    shop.watch()

    def events() -> list[Any]:
        return list(server.json("/api/events")["events"])

    try:
        shop.board(T1="Done", T2="Backlog")
        wait_until(lambda: len(events()) == 1, "the task is shown")
        shop.run("emit", "workflow.started", "--workflow", "nightly", "--data", '{"step_count": 3}')
        wait_until(lambda: len(events()) == 2, "the workflow is shown")
        (arrived,) = shop.arrivals(1)

        workflow, task = events()
        assert (workflow["workflow_name"], workflow["data"]) == ("nightly", {"step_count": 3})
        assert task["data"]["task"]["id"] == json.loads(arrived.body)["data"]["task"]["id"] == "T1"
        wait_until(
            lambda: server.json("/api/deliveries")["counts"]["delivered"] == 1, "it is delivered"
        )
        assert shop.json("list", code=0)["counts"]["delivered"] == 1
        shown = "".join(server.get(path).text for path in ROUTES)
        assert task["data"]["task"]["title"] in shown
        for secret in (SECRET, "url-canary-93417", str(shop.state), str(shop.root)):
            assert secret not in shown
    finally:
        server.close()
