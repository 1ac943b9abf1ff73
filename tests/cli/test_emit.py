"""`emit`: what it refuses, what it queues, and that a process killed right after loses nothing."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.__main__ import main
from spec_notify.transports.receiver import Answer, failing
from tests.workflow.conftest import counts, open_trusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.shop import Shop

__all__ = ["open_trusted"]

STEP = '{"step_type": "lint", "service": "api", "success": true, "duration_ms": 12.5}'
START = '{"step_count": 2}'


class Emit:
    """Emits in this process, from a shop's folder, as a user would there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def at(self, shop: Shop) -> Emit:
        for name in [name for name in os.environ if name not in shop.env]:
            self._monkeypatch.delenv(name)
        for name, value in shop.env.items():
            self._monkeypatch.setenv(name, value)
        self._monkeypatch.chdir(shop.root)
        return self

    def __call__(self, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        self._monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(["emit", *words])
        return code, *self._capsys.readouterr()


@pytest.fixture
def emit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Emit:
    return Emit(monkeypatch, capsys)


@pytest.fixture
def shop(open_trusted: Callable[..., Shop]) -> Shop:
    """Answer a shop that hears every event."""
    return open_trusted()


def bodies(shop: Shop, count: int) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in shop.arrivals(count)]


def test_an_event_is_told_signed_and_shown(shop: Shop, emit: Emit) -> None:
    code, out, err = emit.at(shop)("step.completed", "--data", STEP, "--workflow", "nightly")

    (body,) = bodies(shop, 1)
    assert body["type"] == "step.completed"
    assert body["data"] == {
        "idempotencyKey": body["id"],
        "workflow": {"name": "nightly"},
        **json.loads(STEP),
    }
    first, second = out.splitlines()
    assert (code, err) == (0, "")
    assert first == f"{body['id']} step.completed of nightly: 1 delivery"
    assert second.split()[1:] == ["delivered", "shop", "200"]


def test_json_says_what_became_of_each_delivery(shop: Shop, emit: Emit) -> None:
    code, out, _ = emit.at(shop)("workflow.started", "--data", START, "--json")

    said = json.loads(out)
    (result,) = said.pop("results")
    (body,) = bodies(shop, 1)
    assert code == 0
    assert said == {
        "schema": "spec-notify/emit/1",
        "event": body["id"],
        "type": "workflow.started",
        # Unless it is named, a workflow goes by the name of its folder.
        "workflow": "shop",
    }
    assert (result["state"], result["status"], result["attempts"]) == ("delivered", 200, 1)
    assert (shop.root / result["evidence"]).is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["workflow.complete"], "did you mean workflow.completed?"),
        (["Step.Completed"], "did you mean step.completed?"),
        (["deploy"], "is no event type: one of workflow.started"),
        (["spec-kit.task.completed"], "comes from documents alone"),
        (["run_stop"], "told where it happens"),
        (["spec-notify.test"], "told where it happens"),
        (["delivery.dead_lettered"], "told where it happens"),
        (["step.completed"], "its data lack step_type, service, success, duration_ms"),
        (["workflow.started", "--data", '{"step_count": "2"}'], "Expected `int`, got `str`"),
        (["workflow.started", "--data", '{"step_count": 1, "workflow": 1}'], "may not hold"),
        (["workflow.started", "--data", "[1]"], "no JSON object"),
        (["workflow.started", "--data", "{step_count: 1}"], "--data is no JSON"),
        (["workflow.started", "--data", '{"step_count": NaN}'], "--data is no JSON"),
        (["workflow.started", "--data", '{"x":' * 2_000], "--data is no JSON"),
        (["workflow.started", "--data", '{"a":"\udcff"}'], "--data is no JSON"),
        (["workflow.started", "--data", '{"a":"\\ud800"}'], "--data is no JSON"),
        (["workflow.started", "--data", "x" * 300_000], "larger than 262,144 bytes"),
        (["workflow.started", "--data", "@missing.json"], "there is no such file"),
        (["workflow.started", "--data", "@."], "is no regular file"),
        (["workflow.started", "--data", "@big.json"], "is larger than 262,144 bytes"),
        (["workflow.started", "--data", START, "--workflow", "w" * 301], "length <= 300"),
        (["workflow.started", "--data", START, "--drain", "soon"], "is no duration"),
    ],
    ids=lambda value: str(value)[-40:].encode("ascii", "replace").decode(),
)
def test_what_does_not_fit_is_refused_and_nothing_is_queued(
    shop: Shop, emit: Emit, words: list[str], said: str
) -> None:
    (shop.root / "big.json").write_text('{"step_count":1}' + " " * 300_000)

    code, out, err = emit.at(shop)(*words)

    assert (code, out) == (2, "")
    assert said in err
    assert sum(counts(shop).values()) == 0


@pytest.mark.parametrize("deep", [33, 900])
def test_data_may_be_deep_but_not_endlessly(shop: Shop, emit: Emit, deep: int) -> None:
    words = '{"step_count":1,"x":' + "[" * deep + "]" * deep + "}"

    assert emit.at(shop)("workflow.started", "--data", words)[0] == 2
    assert (
        emit(
            "workflow.started",
            "--data",
            words.replace("[" * deep, "[" * 3).replace("]" * deep, "]" * 3),
        )[0]
        == 0
    )


def test_data_may_come_from_a_file_or_from_stdin(shop: Shop, emit: Emit) -> None:
    (shop.root / "start.json").write_text(START)

    assert emit.at(shop)("workflow.started", "--data", "@start.json")[0] == 0
    assert emit("workflow.started", "--data", "-", stdin=START.encode())[0] == 0
    assert emit("workflow.started", "--data", "-", stdin=b"x" * 300_000)[0] == 2
    assert [each["data"]["step_count"] for each in bodies(shop, 2)] == [2, 2]


def test_control_characters_reach_receivers_escaped_and_no_terminal(shop: Shop, emit: Emit) -> None:
    data = json.dumps({"step_count": 1, "note": "\x1b[2J\u202e\x00"})
    code, out, err = emit.at(shop)("workflow.started", "--data", data, "--workflow", "a\x1b]0;b\n")

    (body,) = bodies(shop, 1)
    assert code == 0
    assert "\x1b" not in out + err
    assert body["data"]["note"] == "\x1b[2J\u202e\x00"
    assert body["data"]["workflow"]["name"] == "a\ufffd]0;b\ufffd"


def test_off_it_says_what_to_do(shop: Shop, emit: Emit) -> None:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"
    code, out, err = emit.at(shop)("workflow.started", "--data", START)

    assert (code, out) == (78, "")
    assert "SPEC_NOTIFY_ENABLED=0 switches it off" in err
    assert not shop.state.exists()


def test_untrusted_it_says_what_to_do(open_shop: Callable[..., Shop], emit: Emit) -> None:
    shop = open_shop(more='events = ["*"]')
    code, _, err = emit.at(shop)("workflow.started", "--data", START)

    assert code == 78
    assert "run `spec-notify trust`" in err


def test_nobody_to_hear_it_is_said(open_trusted: Callable[..., Shop], emit: Emit) -> None:
    shop = open_trusted(more="")
    code, out, err = emit.at(shop)("workflow.started", "--data", START)

    assert code == 0
    assert out.endswith("of shop: 0 deliveries\n")
    assert "no subscription takes workflow.started" in err


def test_what_is_not_taken_yet_stays_queued(open_trusted: Callable[..., Shop], emit: Emit) -> None:
    shop = open_trusted(answers=failing(1), retry='schedule = ["1s"]')

    code, out, err = emit.at(shop)("workflow.started", "--data", START, "--drain", "1ms")
    assert code == 75
    assert "pending  shop  503" in out
    assert "still queued" in err

    shop.run("deliver", code=0)
    assert len({each["id"] for each in bodies(shop, 2)}) == 1


def test_what_is_refused_for_good_exits_with_1(
    open_trusted: Callable[..., Shop], emit: Emit
) -> None:
    shop = open_trusted(answers=lambda _: Answer(status=404), more='events = ["*"]\nstrict = true')

    assert emit.at(shop)("workflow.started", "--data", START)[0] == 1


def test_a_missing_secret_parks_it_and_is_named(shop: Shop, emit: Emit) -> None:
    del shop.env["SPEC_NOTIFY_SHOP_SECRET"]
    code, out, err = emit.at(shop)("workflow.started", "--data", START)

    assert code == 75
    assert "parked" in out
    assert "SPEC_NOTIFY_SHOP_SECRET is not set" in err


def test_the_same_key_is_the_same_event(shop: Shop, emit: Emit) -> None:
    words = ("workflow.started", "--data", START, "--key", "build 812", "--json")

    codes = [(emit.at(shop)(*words)[0], emit(*words, "--workflow", "other")[0]) for _ in range(2)]

    assert codes == [(0, 0)] * 2
    assert len({each["id"] for each in bodies(shop, 2)}) == 2
    assert counts(shop)["delivered"] == 2


def test_a_watcher_that_lives_delivers_it(shop: Shop, emit: Emit) -> None:
    shop.watch()

    code, out, _ = emit.at(shop)("workflow.started", "--data", START)

    assert code == 0, out
    assert len(bodies(shop, 1)) == 1


KILLED = """
import os, signal, sys
from spec_notify.__main__ import main
from spec_notify.wiring import delivering

delivering.drained = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(["emit", "workflow.started", "--data", sys.argv[1]])
"""


def test_a_process_killed_right_after_the_admission_loses_nothing(shop: Shop) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, START], cwd=shop.root, env=shop.env, check=False, timeout=60
    )
    assert killed.returncode == -9
    assert shop.receiver.requests == []

    shop.run("deliver", code=0)

    (body,) = bodies(shop, 1)
    assert body["data"]["step_count"] == 2


def test_no_secret_of_the_environment_is_written(shop: Shop, emit: Emit, tmp_path: Path) -> None:
    emit.at(shop)("workflow.started", "--data", START)

    written = [
        p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and "shop/.spec" not in str(p)
    ]
    assert written
    assert not any(b"url-canary-93417" in each for each in written)


def test_who_tells_of_workflows_alone_needs_no_document(
    open_trusted: Callable[..., Shop],
) -> None:
    shop = open_trusted(more='events = ["workflow.completed"]')

    assert "no document is watched" not in shop.run("doctor", code=0).stdout
    assert "no document is watched" not in shop.run("--test", code=0).stderr
    shop.configure(more='events = ["*"]')
    assert "no document is watched" in shop.run("doctor", code=1).stdout
