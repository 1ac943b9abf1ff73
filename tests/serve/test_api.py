"""The API, asked over a real socket of a real process."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.event import TASK_IN_REVIEW

from .scene import NOW, SPEC, a_delivery, admit, an_event, attempt, names

if TYPE_CHECKING:
    from .scene import Scene, Server

DAY = 86_400_000


def test_events_come_newest_first_in_four_members(scene: Scene, server: Server) -> None:
    admit(scene.spool, an_event(1))
    admit(scene.spool, an_event(2, TASK_IN_REVIEW, status="In Review"))

    found = server.json("/api/events")

    assert [*found] == ["events"]
    first, second = found["events"]
    assert [*first] == ["event_type", "timestamp", "workflow_name", "data"]
    assert (first["event_type"], first["workflow_name"]) == (TASK_IN_REVIEW, SPEC)
    assert first["timestamp"] == "2027-01-15T08:00:00.000Z"
    assert first["data"]["transition"] == {"from": "In Progress", "to": "In Review"}
    assert "idempotencyKey" not in first["data"]
    assert second["data"]["task"]["id"] == "T1"


def test_the_number_of_events_and_their_type_can_be_chosen(scene: Scene, server: Server) -> None:
    for number in range(1, 26):
        kind = {"type_": TASK_IN_REVIEW} if number % 5 == 0 else {}
        admit(scene.spool, an_event(number, **kind))

    assert names(server.json("/api/events")["events"]) == [f"T{n}" for n in range(25, 5, -1)]
    assert names(server.json("/api/events?limit=2")["events"]) == ["T25", "T24"]
    reviewed = server.json(f"/api/events?event_type={TASK_IN_REVIEW}&limit=500")["events"]
    assert names(reviewed) == ["T25", "T20", "T15", "T10", "T5"]
    assert len(server.json("/api/events?event_type=*&limit=500")["events"]) == 25
    assert server.json("/api/events?event_type=spec-kit.task")["events"] == []


def test_an_event_goes_by_what_it_is_about(scene: Scene, server: Server) -> None:
    cases: list[tuple[dict[str, object], str | None, str]] = [
        ({"workflow": {"name": "nightly"}, "step_count": 3}, None, "nightly"),
        ({"runId": "run-7", "status": "success"}, None, "run-7"),
        ({"subscription": "chatops", "delivery": "dlv_x"}, None, "chatops"),
        ({"task": {"id": "T1"}}, SPEC, SPEC),
        ({"task": {"id": "T1"}}, None, "SPEC.md"),
    ]
    for number, (data, spec, _) in enumerate(cases):
        admit(scene.spool, an_event(number, "workflow.started", data=data, spec=spec))

    found = server.json("/api/events")["events"]

    for (data, _, name), event in zip(cases, reversed(found), strict=True):
        assert event["workflow_name"] == name
        assert event["data"] == {key: value for key, value in data.items() if key != "workflow"}


def test_one_event_is_told_with_its_deliveries(scene: Scene, server: Server) -> None:
    event = an_event(1)
    admit(scene.spool, event, a_delivery(event), a_delivery(event, "mail"))

    found = server.json(f"/api/events/{event.id}")

    assert found["event"] == server.json("/api/events")["events"][0]
    assert [each["subscription"] for each in found["deliveries"]] == ["mail", "chatops"]
    assert server.get("/api/events/evt_other").status_code == 404


def test_lines_of_recent_events_are_paged_and_say_where_deliveries_stand(
    scene: Scene, server: Server
) -> None:
    events = [an_event(number) for number in (1, 2, 3)]
    for each in events:
        admit(scene.spool, each, a_delivery(each))
    attempt(scene.spool, a_delivery(events[2]), Verdict.DELIVERED, at=NOW)

    page = server.json("/api/recent?limit=2")
    older = server.json(f"/api/recent?limit=2&before={page['events'][-1]['id']}")

    assert [each["id"] for each in page["events"]] == [events[2].id, events[1].id]
    assert (page["more"], older["more"]) == (True, False)
    assert [each["id"] for each in older["events"]] == [events[0].id]
    line = page["events"][0]
    assert (line["title"], line["name"]) == ("T3 Checkout takes vouchers", SPEC)
    assert (line["before"], line["outcome"], line["tone"]) == ("In Progress", "Done", "good")
    assert [each["state"] for each in line["deliveries"]] == ["delivered"]
    assert server.get("/api/recent?before=evt_gone").status_code == 404


def test_deliveries_have_the_shape_of_the_list_command(scene: Scene, server: Server) -> None:
    for number, verdict in enumerate((Verdict.DELIVERED, Verdict.REJECTED, None), start=1):
        event = an_event(number)
        admit(scene.spool, event, a_delivery(event))
        if verdict is not None:
            attempt(scene.spool, a_delivery(event), verdict, at=NOW, status=204)

    found = server.json("/api/deliveries")

    command = json.loads(scene.run("list", "--json").stdout)
    assert {**command, "documents": []} == found
    failed = server.json("/api/deliveries?state=failed")["deliveries"]
    assert [(each["state"], each["guidance"] is not None) for each in failed] == [("dead", True)]
    assert len(server.json("/api/deliveries?state=pending,delivered")["deliveries"]) == 2
    assert server.json("/api/deliveries?limit=1")["truncated"]
    assert server.json("/api/deliveries?subscription=other")["deliveries"] == []


def test_figures_are_cut_into_buckets(scene: Scene, server: Server) -> None:
    now = time.time_ns() // 1_000_000
    for number, took in enumerate((10, 20, 30, 400), start=1):
        event = an_event(number, at=now - 60_000 * number)
        admit(scene.spool, event, a_delivery(event))
        attempt(scene.spool, a_delivery(event), Verdict.DELIVERED, at=event.at, took=took)
    dead = an_event(9, at=now - 2 * DAY)
    admit(scene.spool, dead, a_delivery(dead))
    attempt(scene.spool, a_delivery(dead), Verdict.REJECTED, at=dead.at, status=400)

    hour, week = server.json("/api/stats?range=1h"), server.json("/api/stats?range=7d")

    assert (hour["delivered"], hour["dead"], hour["success"]) == (4, 0, 1.0)
    assert (hour["toDelivery"]["p50Ms"], hour["toDelivery"]["p95Ms"]) == (20, 400)
    assert sum(each["delivered"] for each in hour["buckets"]) == 4
    assert len(hour["buckets"]) <= 61
    assert (week["delivered"], week["dead"], week["success"]) == (4, 1, 0.8)
    assert week["counts"] == {**dict.fromkeys(State, 0), "delivered": 4, "dead": 1}
    assert (week["events"], week["repository"], week["enabled"]) == (5, "shop", False)


def test_the_spool_may_come_be_filled_and_be_replaced_while_it_is_served(
    scene: Scene, server: Server
) -> None:
    assert server.json("/api/events") == {"events": []}
    assert server.json("/healthz") == {"status": "ok", "spool": False}
    assert not scene.path.exists()

    admit(scene.spool, an_event(1))
    assert names(server.json("/api/events")["events"]) == ["T1"]
    admit(scene.spool, an_event(2))
    assert names(server.json("/api/events")["events"]) == ["T2", "T1"]
    scene.forget_spool()
    assert server.json("/api/events") == {"events": []}
    admit(scene.spool, an_event(3))
    assert names(server.json("/api/events")["events"]) == ["T3"]


def test_a_spool_that_cannot_be_read_is_said_to_be_so_and_left_alone(
    scene: Scene, server: Server
) -> None:
    admit(scene.spool, an_event(1))
    scene.forget_spool()
    scene.path.write_bytes(b"no database at all")

    for path in ("/api/events", "/api/stats", "/healthz", "/metrics"):
        refused = server.get(path)
        assert refused.status_code == 503
        assert "damaged" in refused.json()["error"]
    assert [each.name for each in scene.path.parent.glob("spool*")] == ["spool.db"]
    scene.path.unlink()
    assert server.json("/api/events") == {"events": []}


def test_the_gauges_are_those_of_the_metrics_command(scene: Scene, server: Server) -> None:
    event = an_event(1)
    admit(scene.spool, event, a_delivery(event))
    attempt(scene.spool, a_delivery(event), Verdict.DELIVERED, at=NOW)

    found = server.get("/metrics")

    assert found.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert found.text == scene.run("metrics").stdout
