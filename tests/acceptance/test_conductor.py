"""conductor-loop's runs, from its files to a receiver, by the config that the how-to page shows."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.bus_record import BUS
from spec_notify.core.config import Kind
from spec_notify.core.config.reading import parse
from spec_notify.core.delivery import State
from spec_notify.ports import Query
from spec_notify.transports.receiver import Answer, Receiver, Request, accept, failing
from spec_notify.wiring import Wiring
from spec_notify.wiring.delivering import drained
from tests.disk.bus_reader import ID, KEYS, read_bus
from tests.disk.conductor_loop import Run
from tests.repository import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "how-to" / "conductor.md"
SECRET = "mysecret"
FAST = 'schedule = ["10ms", "20ms"]'
PATIENCE = 20.0


def example() -> str:
    """Answer the config that the page shows."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(text)


class Conductor:
    """A home with runs, the page's config, and a receiver; the config may be changed."""

    def __init__(
        self, folder: Path, answers: Callable[[Request], Answer] = accept, **changes: str
    ) -> None:
        self.receiver = Receiver(answers)
        self.receiver.start()
        self.root = folder / ".run-agent" / "runs"
        self.root.mkdir(parents=True)
        text = example().replace('schedule = "conductor"', FAST)
        text = text.replace('timeout = "10s"', 'timeout = "10s"\nallow_private = true')
        for old, new in changes.items():
            assert old in text
            text = re.sub(rf"(?m)^{old} = .*$", new, text)
        self.config = folder / "config.toml"
        self.config.write_text(text, "utf-8")
        self.env = environment(
            folder,
            SPEC_NOTIFY_STATE_DIR=str(folder / "state"),
            SPEC_NOTIFY_CONFIG=str(self.config),
            SPEC_NOTIFY_RUNS_URL=f"{self.receiver.url}/hook?token=url-canary-93417",
            SPEC_NOTIFY_RUNS_SECRET=SECRET,
        )
        self.place = folder / "work"
        self.place.mkdir()
        self.wiring = Wiring.open(self.place, config_file=None, env=self.env)
        self.look()

    def look(self) -> None:
        self.wiring.looks().look()

    def deliver(self) -> list[Request]:
        """Look, deliver what is due, and answer what has arrived."""
        self.look()
        drained(self.wiring, 5_000)
        return self.receiver.requests

    def states(self) -> list[State]:
        return [each.state for each in self.wiring.spool.find(Query())]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run spec-notify here."""
        return subprocess.run(
            [sys.executable, "-m", "spec_notify", *words],
            cwd=self.place,
            env=self.env | {"PYTHONPATH": str(TOP)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def close(self) -> None:
        self.wiring.close()
        self.receiver.stop()


@pytest.fixture
def conduct(tmp_path: Path) -> Iterator[Callable[..., Conductor]]:
    made: list[Conductor] = []

    def make(answers: Callable[[Request], Answer] = accept, **changes: str) -> Conductor:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Conductor(folder, answers, **changes))
        return made[-1]

    yield make
    for each in made:
        each.close()


def body(request: Request) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(request.body)
    return told


def test_the_pages_config_has_no_mistake_and_its_preset_is_three_tries() -> None:
    reading = parse(example(), origin="config.toml", kind=Kind.USER)

    assert reading.config is not None
    assert reading.problems == ()
    (runs,) = reading.config.subscriptions
    assert (runs.retry.delays, runs.retry.max_attempts) == ((1_000, 2_000), 3)
    assert (runs.timeout, runs.retry.jitter) == (10_000, 0)


def test_a_run_that_stops_is_sent_in_eleven_members(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct()
    run = Run(conductor.root).start()
    conductor.look()
    run.stop()

    (request,) = conductor.deliver()

    assert body(request) == {
        "event": "run_stop",
        "project_id": "orchard",
        "task_id": "task-20261120-095700-prune",
        "run_id": "20261120-0958000000-4711-1",
        "agent_type": "claude",
        "status": "completed",
        "exit_code": 0,
        "started_at": "2026-11-20T09:58:00.123456789Z",
        "stopped_at": "2026-11-20T10:03:00.123456789Z",
        "duration_seconds": 300,
        "error_summary": "",
    }
    assert conductor.states() == [State.DELIVERED]
    assert len(conductor.deliver()) == 1


@pytest.mark.parametrize("config", ["", "enabled = true\n", "enabled = true\nsubscriptions = []\n"])
def test_without_a_webhook_nothing_is_sent_and_nothing_fails(
    conduct: Callable[..., Conductor], config: str
) -> None:
    conductor = conduct()
    conductor.config.write_text(config)
    conductor.wiring.reload()
    Run(conductor.root).start().stop()

    done = conductor.run("scan", "--deliver")

    assert done.returncode in {0, 78}
    assert "Traceback" not in done.stderr
    assert conductor.receiver.requests == []


def test_a_filter_for_another_event_hears_nothing(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(events='events = ["run_start"]')
    Run(conductor.root).start().stop()

    assert conductor.deliver() == []


@pytest.mark.parametrize("events", ['events = ["run_stop"]', "events = []", ""])
def test_a_filter_for_it_and_no_filter_at_all_hear_it(
    conduct: Callable[..., Conductor], events: str
) -> None:
    conductor = conduct(events=events)
    Run(conductor.root).start().stop("failed", 1)

    assert [body(each)["status"] for each in conductor.deliver()] == ["failed"]


def test_the_signature_is_the_hmac_of_the_very_bytes(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct()
    Run(conductor.root).start().stop()

    (request,) = conductor.deliver()

    expected = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert dict(request.headers)["X-Conductor-Signature"] == f"sha256={expected}"


def test_without_a_secret_there_is_no_signature_header(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(signature='signature = "none"', secret_env="")
    Run(conductor.root).start().stop()

    (request,) = conductor.deliver()

    assert request.header("x-conductor-signature") is None


def test_the_content_is_json_and_every_webhook_has_its_id(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct()
    Run(conductor.root).start().stop()

    (request,) = conductor.deliver()

    assert (request.method, request.header("content-type")) == ("POST", "application/json")
    assert re.fullmatch(r"evt_[a-z2-7]{26}", request.header("webhook-id") or "")
    assert (request.header("user-agent") or "").startswith("spec-notify/")


def test_two_failures_are_retried_and_the_third_try_arrives(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(failing(2))
    run = Run(conductor.root).start()
    run.stop()

    requests = conductor.deliver()

    assert len(requests) == 3
    assert len({each.header("webhook-id") for each in requests}) == 1
    assert conductor.states() == [State.DELIVERED]
    assert not (run.task_folder / BUS).exists()


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_three_failures_are_a_dead_letter_and_one_warning_on_the_bus(
    conduct: Callable[..., Conductor], status: int
) -> None:
    conductor = conduct(failing(99, status=status))
    run = Run(conductor.root).start().stop()
    bus = run.task_folder / BUS
    bus.write_text("---\nmsg_id: MSG-1\nts: x\ntype: RUN_STOP\nproject_id: p\n---\nended\n")

    assert len(conductor.deliver()) == 3
    conductor.deliver()

    (dead,) = conductor.wiring.spool.find(Query())
    _, (header, text) = read_bus(bus)
    assert dead.state is State.DEAD
    assert list(header) == KEYS
    assert ID.fullmatch(header["msg_id"])
    assert (header["type"], header["project_id"], header["task_id"], header["run_id"]) == (
        "WARN",
        "orchard",
        "task-20261120-095700-prune",
        "20261120-0958000000-4711-1",
    )
    assert text.startswith(
        f"webhook delivery failed: webhook delivery failed after 3 attempts: HTTP {status}"
    )
    assert text.endswith(f"(delivery {dead.id}, target runs, attempt 3)")
    assert "canary" not in bus.read_text()


def test_a_replay_that_dies_again_is_a_warning_again(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(failing(99))
    run = Run(conductor.root).start().stop()
    conductor.deliver()
    (dead,) = conductor.wiring.spool.find(Query())
    conductor.wiring.spool.replay([dead.id], by="somebody", now=dead.created_at + 60_000)

    conductor.deliver()

    assert len(read_bus(run.task_folder / BUS)) == 2


def test_no_warning_is_written_where_none_is_wanted(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(failing(99), roots='roots = ["~/.run-agent/runs"]\nwarn_on_failure = false')
    run = Run(conductor.root).start().stop()
    conductor.deliver()

    assert conductor.states() == [State.DEAD]
    assert not (run.task_folder / BUS).exists()


def test_a_timeout_of_ones_own_is_the_attempts(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(
        lambda request: Answer(delay=60_000 if request.number < 3 else 0),
        timeout='timeout = "1s"',
    )
    Run(conductor.root).start().stop()
    conductor.deliver()

    assert conductor.states() == [State.DELIVERED]


def test_a_bus_that_others_hold_keeps_nobody_waiting_and_is_written_later(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(failing(3))
    run = Run(conductor.root).start().stop()
    bus = run.task_folder / BUS
    bus.touch()
    conductor.look()
    with bus.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        drained(conductor.wiring, 2_000)
        assert conductor.states() == [State.DEAD]
        Run(conductor.root, "r2").start().stop()
        conductor.look()
        drained(conductor.wiring, 2_000)
        assert sorted(conductor.states()) == [State.DEAD, State.DELIVERED]
    conductor.deliver()

    assert len(read_bus(bus)) == 1


def test_a_bus_that_takes_nothing_hurts_no_delivery_and_is_said_once(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(failing(6))
    runs = [Run(conductor.root, task=f"task-{number}").start() for number in range(3)]
    conductor.look()
    for run in runs[:2]:
        (run.task_folder / BUS).symlink_to(conductor.config)
        run.stop()
    conductor.deliver()
    runs[2].stop()
    conductor.deliver()

    assert sorted(conductor.states()) == [State.DEAD, State.DEAD, State.DELIVERED]
    said = [each for each in conductor.wiring.take_warnings() if BUS in each]
    why = "holds no record of a dead letter yet: it is a symbolic link"
    assert said == [f"orchard/{run.task_folder.name}/{BUS} {why}" for run in runs[:2]]
    assert "WARN" not in conductor.config.read_text()

    # Mended: the process that comes next pays what is owed.
    for run in runs[:2]:
        (run.task_folder / BUS).unlink()
    assert conductor.run("deliver").returncode == 0
    assert [len(read_bus(run.task_folder / BUS)) for run in runs[:2]] == [1, 1]


@pytest.mark.parametrize("step", ["owed", "paid"])
def test_a_kill_between_a_dead_letter_and_its_warning_leaves_exactly_one(
    conduct: Callable[..., Conductor], step: str
) -> None:
    conductor = conduct(failing(99))
    run = Run(conductor.root).start().stop()

    died = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.crash", step, "1"],
        cwd=conductor.place,
        env=conductor.env | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -9, died.stderr
    for _ in range(2):
        assert conductor.run("deliver").returncode == 0

    assert len(read_bus(run.task_folder / BUS)) == 1
    assert [*(conductor.wiring.state / "owed").glob("*.json")] == []


def test_an_event_about_no_run_is_refused_by_name(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(events='events = ["*"]')
    (conductor.place / "SPEC.md").write_text("| ID | Status |\n|-|-|\n| T1 | Backlog |\n")
    conductor.look()
    (conductor.place / "SPEC.md").write_text("| ID | Status |\n|-|-|\n| T1 | Done |\n")
    conductor.deliver()

    (dead,) = conductor.wiring.spool.find(Query())

    assert dead.state is State.DEAD
    assert dead.reason == (
        "format conductor cannot spell spec-kit.task.completed: "
        "it is about no run of conductor-loop"
    )


def test_a_subscription_can_be_tried(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct()

    done = conductor.run("--test", "--subscription", "runs")

    assert done.returncode == 0, done.stderr
    (request,) = conductor.receiver.requests
    assert body(request)["event"] == "spec-notify.test"


def test_a_watcher_tells_a_run_that_starts_dies_and_is_healed(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(format="")
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", "watch", "--jsonl"],
        cwd=conductor.place,
        env=conductor.env | {"PYTHONPATH": str(TOP)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stderr is not None
        assert any(json.loads(line)["event"] == "ready" for line in child.stderr)
        run = Run(conductor.root).start()
        run.reconcile()
        assert conductor.receiver.wait_for(1, timeout=PATIENCE)
        run.heal()
        assert conductor.receiver.wait_for(2, timeout=PATIENCE)
    finally:
        child.kill()
        child.communicate()

    told = [body(each)["data"] for each in conductor.receiver.requests]
    assert [(each["run"]["status"], each["correction"]) for each in told] == [
        ("failed", False),
        ("completed", True),
    ]


@pytest.mark.parametrize(
    ("key", "line", "why", "wrong"),
    [
        ("url_env", 'url = "https://hooks.example.org/runs"', "", False),
        ("url_env", 'url = "not a url"', "is not used", False),
        ("url_env", 'url = ""', "is not used", False),
        ("url_env", "", "is missing", True),
        ("timeout", 'timeout = "500ms"', "", False),
        ("timeout", 'timeout = "soon"', "is no duration", True),
        ("secret_env", 'secret = "my-secret"', "is a secret in a file", True),
    ],
)
def test_the_webhooks_keys_are_checked(key: str, line: str, why: str, *, wrong: bool) -> None:
    text = re.sub(rf"(?m)^{key} = .*$", line, example())

    reading = parse(text, origin="config.toml", kind=Kind.USER)

    assert (reading.config is None) == wrong
    assert any(why in each.message for each in reading.problems) if why else not reading.problems


def test_filters_go_by_the_end_and_by_the_task(conduct: Callable[..., Conductor]) -> None:
    conductor = conduct(
        events='events = ["run_stop"]\nstatuses = ["failed", "crashed"]\ntask_prefixes = ["a"]'
    )
    for task in ("apples", "pears"):
        Run(conductor.root, "r1", task=task).start().stop("failed", 1)
        Run(conductor.root, "r2", task=task).start().stop("completed", 0)

    (told,) = map(body, conductor.deliver())

    assert (told["task_id"], told["status"]) == ("apples", "failed")
    assert conductor.wiring.config.problems == ()


def test_a_webhook_without_a_usable_url_holds_what_it_is_to_send(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct(url_env='url = ""')
    Run(conductor.root).start().stop()
    conductor.deliver()

    assert conductor.states() == [State.PARKED]


def test_what_is_followed_is_listed_and_the_doctor_says_where_and_what_is_wrong_with_it(
    conduct: Callable[..., Conductor],
) -> None:
    conductor = conduct()
    run = Run(conductor.root).start()
    conductor.look()
    (name,) = [feed.name for feed in conductor.wiring.feeds]

    assert f"{name}: 1 entry (run-info)\n" in conductor.run("--list").stdout
    assert f"{name}: 1 entry in {conductor.root}\n" in conductor.run("doctor").stdout
    run.file.write_text("status: [completed]\n")
    said = conductor.run("doctor").stdout
    assert (
        f"{run.file.relative_to(conductor.root)}: cannot be read now: status is no scalar" in said
    )
    assert str(conductor.root) not in conductor.run("--list", "--json").stdout
