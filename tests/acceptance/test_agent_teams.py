"""A watched manifest, from its file to a receiver: its own list is never told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from spec_notify.transports.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop

MANIFEST = """
kind: AgentTeam
metadata: {name: crew, namespace: docs}
spec:
  lifecycle:
    onComplete: deliver
    delivery:
      - {type: webhook, url: "%s"}
status:
  phase: %s
  artifacts:
    - {name: notes.md, producedBy: writer}
"""


def test_a_watcher_tells_subscriptions_and_never_whom_the_manifest_names(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(
        top='[sources.teams]\npaths = ["teams/*.yaml"]',
        more='events = ["team.completed", "team.failed"]\nformat = "team"',
    )
    with Receiver() as named:
        shop.repository.write("teams/crew.yaml", MANIFEST % (named.url, "Running"))
        shop.trust()
        shop.watch()
        shop.repository.write("teams/crew.yaml", MANIFEST % (named.url, "Completed"))
        (told,) = shop.arrivals(1)

        assert json.loads(told.body) == {
            "event": "team.completed",
            "team": "crew",
            "namespace": "docs",
            "phase": "Completed",
            "artifacts": [{"name": "notes.md", "producedBy": "writer"}],
        }
        assert named.requests == []
    listed = shop.json("--list", code=0)
    assert listed["deliveries"][0]["task"] == "docs/crew"
    assert listed["deliveries"][0]["document"].startswith("teams://")
