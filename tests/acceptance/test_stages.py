"""Stages under a live watcher: told as they end, and never woken by what we write ourselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.runs import (
    COMMANDS,
    SPEC,
    stage_path,
    stage_text,
    synthesis_path,
    synthesis_text,
)

from .shop import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop

EVENTS = (
    'events = ["spec-kit.task.completed", "spec-auto.stage.completed", '
    '"spec-auto.pipeline.completed", "spec-auto.anomaly.consensus_conflict"]\n'
)


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    shop = open_shop(more=EVENTS)
    shop.board(T1="In Progress", T2="Backlog")
    shop.repository.commit({}, "board")
    shop.trust()
    return shop


def bodies(shop: Shop, count: int) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in shop.arrivals(count)]


def test_a_stage_that_ends_under_a_watcher_arrives(shop: Shop) -> None:
    shop.watch()

    shop.repository.write(stage_path("plan"), stage_text("plan"))
    (body,) = bodies(shop, 1)

    assert body["type"] == "spec-auto.stage.completed"
    assert body["data"]["stage"]["outcome"] == "success"
    shop.repository.write(stage_path("tasks", 1), stage_text("tasks", 1, well=False))
    assert [each["type"] for each in bodies(shop, 3)][1:] == [
        "spec-auto.stage.completed",
        "spec-auto.pipeline.completed",
    ]


def test_agents_that_disagree_under_a_watcher_arrive(shop: Shop) -> None:
    shop.watch()

    shop.repository.write(synthesis_path(), synthesis_text("conflict"))

    (body,) = bodies(shop, 1)
    assert body["type"] == "spec-auto.anomaly.consensus_conflict"


def test_a_stage_that_is_written_slowly_is_told_once_and_whole(shop: Shop) -> None:
    shop.watch()
    text = stage_text("plan")
    (shop.root / COMMANDS / SPEC).mkdir(parents=True)

    with (shop.root / stage_path("plan")).open("w", encoding="utf-8") as file:
        for start in range(0, len(text), 100):
            file.write(text[start : start + 100])
            file.flush()
    shop.board(T1="Done", T2="Backlog")

    told = [each["type"] for each in bodies(shop, 2)]
    assert sorted(told) == ["spec-auto.stage.completed", "spec-kit.task.completed"]


def test_a_stage_and_a_task_in_one_commit_arrive_by_its_hook(shop: Shop) -> None:
    shop.run("hooks", "install", code=0)

    shop.repository.commit({stage_path("plan"): stage_text("plan")}, "a stage alone")

    (body,) = bodies(shop, 1)
    assert body["data"]["git"]["dirty"] is False
    wait_until(lambda: shop.json("list")["counts"]["delivered"] == 1, "delivered")


def test_list_and_doctor_show_the_trees_that_hold_something(shop: Shop) -> None:
    assert [each["path"] for each in shop.json("list")["documents"]] == ["SPEC.md"]
    shop.repository.write(stage_path("plan"), stage_text("plan"))
    shop.repository.write(stage_path("tasks"), "{")
    said = shop.run("scan", code=0)

    assert f"{SPEC} plan is success (spec-auto.stage.completed)" in said.stdout
    shown = shop.json("list")["documents"]
    assert [(each["path"], each["format"], each["tasks"]) for each in shown] == [
        ("SPEC.md", "table", 2),
        (COMMANDS, "stage-telemetry", 1),
    ]
    (finding,) = [each for each in shop.json("doctor")["findings"] if each["about"] == "tree"]
    assert finding["level"] == "warn"
    assert "1 outcome, read as stage-telemetry; 1 skipped" in finding["found"]
