"""Runs at a server as a source: baselines, ends told once, servers that fail, and who is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from spec_notify.core.config import Kind
from spec_notify.core.config.reading import parse
from spec_notify.core.run import Counts, Finish, RunPlace
from spec_notify.core.run_payload import finish_id
from spec_notify.pipeline.intake import Wish
from spec_notify.pipeline.run_check import Found
from spec_notify.pipeline.runs_feed import RunsFeed
from spec_notify.ports import Fed, Unreadable
from spec_notify.transports.receiver import Answer, Receiver
from spec_notify.wiring import Wiring
from spec_notify.wiring.delivering import drained
from tests.acceptance.shop import PATIENCE, wait_until
from tests.pipeline.desk import ANY
from tests.repository import environment
from tests.targets import peers
from tests.transports.runs_server import RUN, RunsServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spec_notify.pipeline.intake import Looked

DOWN = Answer(status=503)
BASE = "http://swarm.example:5080"


class Yard:
    """A folder whose config names a runs server, looked at by hand."""

    def __init__(self, folder: Path, url: str, more: str = "", top: str = ANY) -> None:
        (folder / "shop").mkdir()
        self.config = folder / "config.toml"
        self.config.write_text(
            f'enabled = true\n{top}[sources.runs]\nbase_url = "{url}"\nrun_ids = ["{RUN}"]\n'
            f"allow_private = true\n{more}"
        )
        self.env = environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        self.env["SPEC_NOTIFY_CONFIG"] = str(self.config)
        self.root = folder / "shop"
        self.wiring = self.open()

    def open(self) -> Wiring:
        return Wiring.open(self.root, config_file=str(self.config), env=self.env)

    def look(self) -> Looked:
        """Look as a process does that makes no other look."""
        self.wiring.close()
        self.wiring = self.open()
        return self.wiring.looks().look()

    def told(self) -> list[dict[str, Any]]:
        return [orjson.loads(each.body)["data"] for each in self.look().events]


def test_the_end_of_a_run_under_way_is_told_once(tmp_path: Path) -> None:
    with RunsServer("building", "done building", "done failed", "done done") as served:
        yard = Yard(tmp_path, served.url)
        first, second = yard.look(), yard.look()
        (told,) = yard.told()
        again = yard.told()

    assert (len(first.baselines), first.events, second.events) == (1, (), ())
    assert (told["runId"], told["status"]) == (RUN, "attention-required")
    assert told["counts"] == {"done": 1, "failed": 1, "blocked": 0, "total": 2}
    # What became of it after it was told is no second end.
    assert again == []


def test_a_run_that_has_ended_at_the_first_look_is_the_baseline(tmp_path: Path) -> None:
    with RunsServer("done") as served:
        yard = Yard(tmp_path, served.url)
        looked = yard.look()

    assert (len(looked.baselines), looked.events) == (1, ())


def test_a_run_that_comes_and_ends_later_is_told(tmp_path: Path) -> None:
    with RunsServer(Answer(status=404), "done") as served:
        yard = Yard(tmp_path, served.url)
        assert yard.told() == []
        (told,) = yard.told()

    assert told["status"] == "success"


def test_while_the_server_fails_nothing_changes(tmp_path: Path) -> None:
    with RunsServer(DOWN, "building", DOWN, Answer(status=404), "done") as served:
        yard = Yard(tmp_path, served.url)
        looks = [yard.look() for _ in range(5)]

    assert [len(each.baselines) for each in looks] == [0, 1, 0, 0, 0]
    assert [len(each.events) for each in looks] == [0, 0, 0, 0, 1]
    why = [list(each.unreadable.values()) for each in looks]
    assert why[0] == why[2] == ["HTTP 503 Service Unavailable"]
    assert why[3][0].startswith("HTTP 404 Not Found")


def test_its_event_is_the_one_poll_run_makes(tmp_path: Path) -> None:
    with RunsServer("building", "done") as served:
        yard = Yard(tmp_path, served.url)
        yard.look()
        (event,) = yard.look().events
        place = RunPlace(base=served.url, run=RUN)

    assert event.id == finish_id(place)
    assert served.url not in (event.document or "")


def test_what_stays_local_asks_no_server(tmp_path: Path) -> None:
    with RunsServer("done") as served:
        yard = Yard(tmp_path, served.url)
        yard.wiring.looks().look(Wish(local=True))
        assert served.receiver.requests == []


def test_off_no_server_is_asked(tmp_path: Path) -> None:
    with RunsServer("done") as served:
        yard = Yard(tmp_path, served.url, more="enabled = false\n")
        yard.look()
        assert served.receiver.requests == []


def test_the_key_of_its_own_variable_is_sent(tmp_path: Path) -> None:
    with RunsServer("building") as served:
        yard = Yard(tmp_path, served.url, more='api_key_env = "SPEC_NOTIFY_KEY"\n')
        yard.env["SPEC_NOTIFY_KEY"] = "c4n4ry"
        yard.look()
        assert served.receiver.requests[0].header("x-api-key") == "c4n4ry"


def test_a_url_from_the_environment_is_judged_and_never_shown(tmp_path: Path) -> None:
    yard = Yard(tmp_path, BASE)
    text = yard.config.read_text().replace(f'base_url = "{BASE}"', 'base_url_env = "SPEC_NOTIFY_U"')
    yard.config.write_text(text)
    said = []
    for url in ("", "http://169.254.169.254/c4n4ry", "c4n4ry"):
        yard.env["SPEC_NOTIFY_U"] = url
        assert yard.look().events == ()
        said += yard.wiring.take_warnings()

    assert len(said) == 3
    assert all(each.startswith("[sources.runs]: SPEC_NOTIFY_U: ") for each in said)
    assert "c4n4ry" not in str(said)


@pytest.mark.parametrize(
    ("lines", "kind", "key"),
    [
        ('run_ids = ["a"]', Kind.USER, "sources.runs.base_url"),
        ('base_url = "swarm"', Kind.USER, "sources.runs.base_url"),
        ('base_url = "http://127.0.0.1:5080"', Kind.USER, "sources.runs.base_url"),
        ('base_url = "https://a.example"\nbase_url_env = "U"', Kind.USER, "sources.runs.base_url"),
        ('base_url_env = "MY_URL"', Kind.REPOSITORY, "sources.runs.base_url_env"),
        (
            'base_url = "https://a.example"\napi_key_env = "GITHUB_TOKEN"',
            Kind.REPOSITORY,
            "sources.runs.api_key_env",
        ),
        (
            'base_url = "https://a.example"\nallow_private = true',
            Kind.REPOSITORY,
            "sources.runs.allow_private",
        ),
        ('base_url = "https://a.example"\nrun_ids = ["a/b"]', Kind.USER, "sources.runs.run_ids"),
        ('base_url = "https://a.example"\npoll = "1ms"', Kind.USER, "sources.runs.poll"),
    ],
)
def test_a_mistake_in_the_config_is_found(lines: str, kind: Kind, key: str) -> None:
    text = f"enabled = true\n[sources.runs]\n{lines}\n"
    found = parse(text, origin="x", kind=kind)

    assert [each.key for each in found.problems if not each.warning] == [key]


def test_what_the_user_says_is_allowed() -> None:
    text = (
        '[sources.runs]\nbase_url = "http://10.0.0.7:5080"\nrun_ids = ["a"]\nallow_private = true'
    )
    found = parse(text, origin="x", kind=Kind.REPOSITORY, allow_private=True)

    assert found.problems == ()
    assert found.config is not None
    assert (found.config.runs_url, found.config.run_ids) == ("http://10.0.0.7:5080", ("a",))


# --- the feed beside the looks --------------------------------------------------------------------


class Clock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


def finish(run: str) -> Found:
    counts = Counts(done=1, failed=0, blocked=0, total=1)
    place = RunPlace(base=BASE, run=run)
    end = Finish(place=place, counts=counts, outcome="success", checked_at=7)
    return Found(counts=counts, finish=end)


def test_looks_take_the_last_answer_and_polls_are_an_interval_apart() -> None:
    clock, asked = Clock(), list[list[str]]()

    def ask(runs: Sequence[str]) -> Mapping[str, Found]:
        asked.append(list(runs))
        return {run: finish(run) if run == "a" else Found() for run in runs}

    feed = RunsFeed(BASE, ("a", "b"), ask=ask, interval=15_000, clock=clock)
    for _ in range(3):
        assert isinstance(feed.read(None), Fed)
    stirred = [feed.stirred(clock.now + later) for later in (0, 14_999)]
    assert (stirred, asked) == ([True, False], [["a", "b"]])
    clock.now += 15_000
    feed.stirred(clock.now)
    wait_until(lambda: len(asked) == 2, "the second poll")

    # What has ended is not asked for again.
    assert asked[1] == ["b"]
    fed = feed.read(None)
    assert isinstance(fed, Fed)
    assert [each.status.text for each in fed.snapshot.tasks] == ["success", "running"]


def test_a_new_answer_stirs_once() -> None:
    clock, ended = Clock(), False

    def ask(runs: Sequence[str]) -> Mapping[str, Found]:
        return {run: finish(run) if ended else Found() for run in runs}

    feed = RunsFeed(BASE, ("a",), ask=ask, interval=1_000, clock=clock)
    feed.read(None)
    feed.stirred(clock.now)
    ended = True
    clock.now += 1_000
    assert not feed.stirred(clock.now)
    wait_until(lambda: feed.stirred(clock.now), "the answer")
    assert not feed.stirred(clock.now)


def test_one_run_that_cannot_be_asked_hurts_only_itself() -> None:
    def ask(runs: Sequence[str]) -> Mapping[str, Found]:
        return {run: Found(trouble="HTTP 500") if run == "b" else finish(run) for run in runs}

    fed = RunsFeed(BASE, ("a", "b"), ask=ask, interval=1_000, clock=Clock()).read(None)

    assert isinstance(fed, Fed)
    assert [each.id for each in fed.snapshot.tasks] == ["a"]
    assert [(each.place, each.why) for each in fed.unread] == [("b", "HTTP 500")]


def test_a_server_that_answers_nothing_is_unreadable() -> None:
    def ask(runs: Sequence[str]) -> Mapping[str, Found]:
        return {run: Found(trouble="HTTP 500") for run in runs}

    read = RunsFeed(BASE, ("a", "b"), ask=ask, interval=1_000, clock=Clock()).read(None)

    assert isinstance(read, Unreadable)
    assert read.why == "HTTP 500"


def test_a_server_that_hangs_holds_no_look_up() -> None:
    """The poll of a watcher runs beside its looks."""
    clock, first = Clock(), True

    def ask(runs: Sequence[str]) -> Mapping[str, Found]:
        nonlocal first
        if not first:
            time.sleep(PATIENCE)
        first = False
        return {run: Found() for run in runs}

    feed = RunsFeed(BASE, ("a",), ask=ask, interval=1_000, clock=clock)
    feed.read(None)
    clock.now += 1_000
    began = time.monotonic()
    feed.stirred(clock.now)
    assert isinstance(feed.read(None), Fed)
    assert time.monotonic() - began < PATIENCE / 2


# --- a watcher, and the environment's channel -----------------------------------------------------


def test_a_watcher_tells_the_channel_that_the_environment_names(tmp_path: Path) -> None:
    with Receiver(answers=peers.discord) as discord, RunsServer("building", "done") as served:
        yard = Yard(tmp_path, served.url, more='poll = "1s"\n', top="")
        yard.wiring.close()
        env = yard.env | {"DISCORD_WEBHOOK_URL": discord.url + peers.WEBHOOK_PATH}
        watcher = subprocess.Popen(
            [sys.executable, "-m", "spec_notify", "watch", "--jsonl"],
            cwd=yard.root,
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert discord.wait_for(1, timeout=PATIENCE), watcher.poll()
        finally:
            watcher.send_signal(signal.SIGTERM)
            _, said = watcher.communicate(timeout=PATIENCE)
        message = json.loads(discord.requests[0].body)
        words = [sys.executable, "-m", "spec_notify", "poll-run", "--json"]
        asked = env | {"BASE_URL": served.url, "RUN_ID": RUN}
        again = subprocess.run(
            words, cwd=yard.root, env=asked, capture_output=True, text=True, check=True
        )

    assert message["content"].splitlines()[1] == "Status: success"
    assert len(discord.requests) == 1
    assert json.loads(again.stdout)["told"] == "before"
    assert peers.WEBHOOK_PATH not in said


def test_a_subscription_to_the_same_channel_is_enough(tmp_path: Path) -> None:
    top = (
        '[[subscriptions]]\nname = "room"\ntype = "discord"\nurl_env = "DISCORD_WEBHOOK_URL"\n'
        'events = ["run.finished"]\nallow_private = true\n'
    )
    with Receiver(answers=peers.discord) as discord, RunsServer("building", "done") as served:
        yard = Yard(tmp_path, served.url, top=top)
        yard.env["DISCORD_WEBHOOK_URL"] = discord.url + peers.WEBHOOK_PATH
        yard.look()
        assert yard.look().deliveries == 1
        drained(yard.wiring, 2_000)

    assert len(discord.requests) == 1
