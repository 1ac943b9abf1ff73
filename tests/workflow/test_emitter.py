"""The emitter of a process: made of the config, on disk first, and nothing lost when it ends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.errors import ConfigError
from spec_notify.transports.receiver import Answer, Receiver, failing
from spec_notify.workflow import (
    CallStep,
    EventEmitter,
    PipelineRunner,
    WorkflowEvent,
    create_cli_emitter,
    create_event_log,
    create_step,
)
from spec_notify.workflow.outlet import WORKER
from tests.acceptance.shop import PATIENCE

from .conftest import ALL, counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.acceptance.shop import Shop

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
OWN_KEY = "a key of my own"


def ended(workflow: str = "nightly", **more: Any) -> WorkflowEvent:
    data = {"success": True, "total_duration_ms": 1.5, "steps_passed": 1, "steps_failed": 0}
    return WorkflowEvent("workflow.completed", AT, workflow, data | more)


def opened(shop: Shop) -> EventEmitter:
    emitter = create_cli_emitter(repo=shop.root, env=shop.env)
    assert emitter is not None
    return emitter


@pytest.fixture
def listening(open_trusted: Callable[..., Shop]) -> Shop:
    """Answer a shop that hears every event."""
    return open_trusted()


def test_where_there_is_no_config_there_is_no_emitter_and_nothing_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    env = {"HOME": str(tmp_path), "SPEC_NOTIFY_STATE_DIR": str(tmp_path / "state")}
    folder = tmp_path / "here"
    folder.mkdir()

    assert create_cli_emitter(repo=folder, env=env) is None
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]
    assert caplog.text == ""


def test_an_untrusted_config_makes_none_and_says_why(
    open_shop: Callable[..., Shop], caplog: pytest.LogCaptureFixture
) -> None:
    shop = open_shop(more=ALL)

    assert create_cli_emitter(repo=shop.root, env=shop.env) is None
    assert "run `spec-notify trust`" in caplog.text


@pytest.mark.parametrize(
    ("more", "made"),
    [
        ("", False),
        ('events = ["workflow"]', False),
        ('events = ["*"]\nenabled = false', False),
        ('events = ["step.completed"]', True),
        ('format = "aegis"', True),
    ],
)
def test_one_is_made_where_a_subscription_takes_an_event_of_a_workflow(
    open_trusted: Callable[..., Shop], *, more: str, made: bool
) -> None:
    shop = open_trusted(more=more)
    emitter = create_cli_emitter(repo=shop.root, env=shop.env)

    assert (emitter is not None) == made
    if emitter is not None:
        asyncio.run(emitter.aclose())


def test_a_config_with_mistakes_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("enabled = maybe")

    with pytest.raises(ConfigError):
        create_cli_emitter(config, repo=tmp_path, env={"HOME": str(tmp_path)})


def test_a_pipeline_is_told_signed_and_in_time(listening: Shop) -> None:
    async def story() -> None:
        async with opened(listening) as emitter:
            steps = [CallStep("test", "shop", lambda: False), create_step("report")]
            await PipelineRunner("nightly", steps, emitter=emitter).run()

    asyncio.run(story())

    bodies = [json.loads(each.body) for each in listening.arrivals(5)]
    assert sorted(each["type"] for each in bodies) == [
        "failure.detected",
        "step.completed",
        "step.completed",
        "workflow.completed",
        "workflow.started",
    ]
    (last,) = (each["data"] for each in bodies if each["type"] == "workflow.completed")
    assert last["workflow"] == {"name": "nightly"}
    assert last["report"]["summary"] == {"total": 1, "passed": 0, "failed": 1, "skipped": 0}
    assert counts(listening)["delivered"] == 5


def test_an_event_is_on_disk_when_emit_returns_and_sending_it_waits_for_nobody(
    open_trusted: Callable[..., Shop],
) -> None:
    shop = open_trusted(answers=lambda _: Answer(delay=60_000))

    async def story() -> tuple[int, set[str]]:
        emitter = opened(shop)
        await emitter.emit(ended())
        queued = counts(shop)
        names = {task.get_name() for task in asyncio.all_tasks()}
        # The loop ends with a delivery under way: it is cut off, and tried again some day.
        return queued["pending"] + queued["in_flight"], names

    queued, names = asyncio.run(story())

    assert queued == 1
    assert "webhook-shop" in names
    assert not any("127.0.0.1" in name or "token" in name for name in names)
    assert counts(shop)["pending"] == 1


def test_failures_are_logged_and_tried_again(
    open_trusted: Callable[..., Shop], caplog: pytest.LogCaptureFixture
) -> None:
    shop = open_trusted(answers=failing(1), retry='schedule = ["50ms"]')

    async def story() -> None:
        async with opened(shop) as emitter:
            await emitter.emit(ended())

    asyncio.run(story())

    assert len(shop.arrivals(2)) == 2
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("webhook shop: dlv_")
    assert said.endswith("HTTP 503 Service Unavailable; it is tried again")


@pytest.mark.parametrize(
    ("more", "env", "said"),
    [
        ("", {"SPEC_NOTIFY_SHOP_SECRET": ""}, "parked: SPEC_NOTIFY_SHOP_SECRET is not set"),
        ("strict = true", {}, "HTTP 404 Not Found"),
    ],
)
def test_what_is_not_tried_or_not_again_says_so(
    open_trusted: Callable[..., Shop],
    caplog: pytest.LogCaptureFixture,
    more: str,
    env: dict[str, str],
    said: str,
) -> None:
    shop = open_trusted(more=f"{ALL}\n{more}", answers=lambda _: Answer(status=404))
    shop.env = {k: v for k, v in (shop.env | env).items() if v}

    async def story() -> None:
        async with opened(shop) as emitter:
            await emitter.emit(ended())

    asyncio.run(story())

    assert [record.getMessage().partition(": dlv_")[2][28:] for record in caplog.records] == [said]


def test_an_event_that_does_not_fit_is_logged_and_not_spooled(
    listening: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with opened(listening) as emitter:
            await emitter.emit(ended(steps_passed="all"))
            await emitter.emit(WorkflowEvent("step.completed", AT, "n", {}))

    asyncio.run(story())

    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "lack step_type, service, success, duration_ms" in caplog.text
    assert sum(counts(listening).values()) == 0


def test_filters_of_a_subscription_hold(open_trusted: Callable[..., Shop]) -> None:
    shop = open_trusted(more=f'{ALL}\nstatuses = ["failure"]\ntask_ids = ["nightly"]')

    async def story() -> None:
        async with opened(shop) as emitter:
            await emitter.emit(ended())
            await emitter.emit(ended("weekly", success=False))
            await emitter.emit(ended(success=False))

    asyncio.run(story())

    (request,) = shop.arrivals(1)
    assert json.loads(request.body)["data"]["success"] is False


def test_events_of_one_workflow_arrive_in_order_where_that_is_asked_for(
    open_trusted: Callable[..., Shop],
) -> None:
    shop = open_trusted(
        answers=lambda request: Answer(delay=300 if request.number == 1 else 0),
        more=f'{ALL}\norder = "task"',
    )

    async def story() -> None:
        async with opened(shop) as emitter:
            await PipelineRunner("nightly", [create_step("report")], emitter=emitter).run()
            await emitter.emit(ended("other"))

    asyncio.run(story())

    bodies = [json.loads(each.body) for each in shop.arrivals(4)]
    nightly = [each["type"] for each in bodies if each["data"]["workflow"]["name"] == "nightly"]
    assert nightly == ["workflow.started", "step.completed", "workflow.completed"]


def test_one_emitter_serves_several_loops_and_none_once_it_is_closed(
    listening: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    emitter = opened(listening)

    async def told() -> None:
        await emitter.emit(ended())
        worker = next(task for task in asyncio.all_tasks() if task.get_name().startswith("webhook"))
        await worker

    asyncio.run(told())
    asyncio.run(told())
    asyncio.run(emitter.aclose())
    asyncio.run(emitter.emit(ended()))

    assert len(listening.arrivals(2)) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "workflow.completed was not queued: the emitter is closed"
    ]


def test_closing_delivers_what_a_loop_that_ended_at_once_has_left(listening: Shop) -> None:
    emitter = opened(listening)

    asyncio.run(emitter.emit(ended()))
    asyncio.run(emitter.emit(ended()))
    asyncio.run(emitter.aclose())

    assert {json.loads(each.body)["type"] for each in listening.arrivals(2)} == {
        "workflow.completed"
    }
    assert counts(listening)["delivered"] == 2


def test_closing_tries_again_what_a_loop_that_ended_has_cut_off(
    open_trusted: Callable[..., Shop],
) -> None:
    shop = open_trusted(
        answers=lambda request: Answer(delay=60_000 if request.number == 1 else 0),
        retry='schedule = ["1ms"]',
    )
    emitter = opened(shop)

    async def begun() -> None:
        await emitter.emit(ended())
        assert await asyncio.to_thread(shop.receiver.wait_for, 1, timeout=PATIENCE)

    asyncio.run(begun())
    asyncio.run(emitter.aclose())

    assert counts(shop)["delivered"] == 1


def test_a_watcher_that_lives_delivers(listening: Shop) -> None:
    listening.watch()

    async def story() -> set[str]:
        async with opened(listening) as emitter:
            await emitter.emit(ended())
            return {task.get_name() for task in asyncio.all_tasks()}

    names = asyncio.run(story())

    assert WORKER not in names
    assert len(listening.arrivals(1)) == 1


EXITS = """
import asyncio, os, sys
from datetime import UTC, datetime
from spec_notify.workflow import WorkflowEvent, create_cli_emitter

data = {"success": True, "total_duration_ms": 1, "steps_passed": 1, "steps_failed": 0}

async def main():
    emitter = create_cli_emitter()
    await emitter.emit(WorkflowEvent("workflow.completed", datetime.now(UTC), "nightly", data))
    END

asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "pass"])
def test_a_process_that_ends_right_after_loses_nothing(
    open_trusted: Callable[..., Shop], end: str
) -> None:
    shop = open_trusted(retry='schedule = ["1ms"]')

    done = subprocess.run(
        [sys.executable, "-c", EXITS.replace("END", end)],
        cwd=shop.root,
        env=shop.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    shop.run("deliver", code=0)

    assert "Traceback" not in done.stderr
    assert {json.loads(each.body)["type"] for each in shop.arrivals(1)} == {"workflow.completed"}
    # At least once, and one id.
    assert len({each.header("webhook-id") for each in shop.receiver.requests}) == 1
    assert counts(shop)["delivered"] == 1


@pytest.fixture
def aegis() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()


def test_the_bytes_that_arrive_are_the_ones_that_were_signed(
    tmp_path: Path, aegis: Receiver
) -> None:
    config = tmp_path / "aegis.toml"
    config.write_text(
        'enabled = true\n[[subscriptions]]\nname = "aegis"\nformat = "aegis"\n'
        f'signature = "aegis"\nurl = "{aegis.url}/hook"\nsecret_env = "AEGIS_SECRET"\n'
        "allow_private = true\n"
    )
    env = {
        "HOME": str(tmp_path),
        "SPEC_NOTIFY_STATE_DIR": str(tmp_path / "state"),
        "AEGIS_SECRET": OWN_KEY,
    }

    async def story() -> None:
        emitter = create_cli_emitter(config, repo=tmp_path, env=env)
        assert emitter is not None
        async with emitter:
            steps = [CallStep("test", "shöp", lambda: True)]
            await PipelineRunner("nightly", steps, emitter=emitter).run()

    asyncio.run(story())

    assert aegis.wait_for(1, timeout=20)
    # Unless it names events, it hears of the end alone.
    (request,) = aegis.requests
    proof = request.header("x-aegis-signature")
    assert proof == hmac.new(OWN_KEY.encode(), request.body, hashlib.sha256).hexdigest()
    said = json.loads(request.body)
    assert list(said) == ["event_type", "timestamp", "workflow_name", "data"]
    assert said["workflow_name"] == "nightly"
    assert said["data"]["steps_passed"] == 1


def test_a_log_is_as_large_as_the_config_says(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text("event_log_size = 2\n")
    env = {"HOME": str(tmp_path), "SPEC_NOTIFY_STATE_DIR": str(tmp_path / "state")}

    async def kept(*words: Any) -> int:
        log = create_event_log(*words, repo=tmp_path, env=env)
        for _ in range(120):
            await log.on_event(ended())
        return len(await log.get_recent(limit=1_000))

    assert asyncio.run(kept(config)) == 2
    assert asyncio.run(kept()) == 100
