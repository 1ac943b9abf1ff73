"""`poll-run`: the plan's four acceptance criteria, one message over restarts, exit codes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.cli import main
from spec_notify.transports.receiver import Answer, Receiver
from spec_notify.words import arrange
from tests.acceptance.shop import PATIENCE, wait_until
from tests.repository import environment
from tests.targets import peers
from tests.transports.runs_server import RUN, RunsServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from spec_notify.transports.receiver import Request

TOKEN = "c4n4ry-token"
"""In the path of the peer's webhook."""
OWN = ("BASE_URL", "RUN_ID", "DISCORD_WEBHOOK_URL", "POLL_SECONDS", "MAX_WAIT_SECONDS")
OWN += ("FAIL_ON_ATTENTION", "API_KEY", "Runtime__Notifications__DiscordWebhookUrl")
CONFIG = """
enabled = true
[[subscriptions]]
name = "raid-room"
type = "discord"
url_env = "DISCORD_WEBHOOK_URL"
events = ["run.finished"]
allow_private = true
"""


class Operator:
    """Somebody with an empty home, a folder that is no repository, and a Discord channel."""

    def __init__(self, folder: Path, discord: Callable[[Request], Answer]) -> None:
        self.discord = Receiver(answers=discord).start()
        self.home, self.folder = folder / "home", folder / "here"
        self.home.mkdir()
        self.folder.mkdir()
        self.state = folder / "state"
        self.env = environment(self.home, SPEC_NOTIFY_STATE_DIR=str(self.state), RUN_ID=RUN)
        self.env |= {"POLL_SECONDS": "0.1", "DISCORD_WEBHOOK_URL": self.url}
        for name in ("NO_COLOR", "SPEC_NOTIFY_CONFIG", "SPEC_NOTIFY_ENABLED"):
            self.env.pop(name, None)

    @property
    def url(self) -> str:
        return self.discord.url + peers.WEBHOOK_PATH

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.discord.requests]

    def words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "spec_notify", "poll-run", *words]

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command in a process of its own."""
        return subprocess.run(
            self.words(*words),
            cwd=self.folder,
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(*words),
            cwd=self.folder,
            env=self.env | env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def written(self) -> bytes:
        """Every byte that was left behind."""
        places = (self.state, self.folder, self.home)
        return b"".join(p.read_bytes() for at in places for p in at.rglob("*") if p.is_file())


@pytest.fixture
def hire(tmp_path: Path) -> Iterator[Callable[..., Operator]]:
    hired: list[Operator] = []

    def hire_(discord: Callable[[Request], Answer] = peers.discord) -> Operator:
        folder = tmp_path / str(len(hired))
        folder.mkdir()
        hired.append(Operator(folder, discord))
        return hired[-1]

    yield hire_
    for each in hired:
        each.discord.stop()


@pytest.fixture
def operator(hire: Callable[..., Operator]) -> Operator:
    return hire()


@pytest.fixture
def here(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Answer what runs the command in this process and answers its exit code."""
    monkeypatch.chdir(operator.folder)

    def run(*words: str, **env: str) -> int:
        with monkeypatch.context() as patch:
            for name in (*OWN, "SPEC_NOTIFY_CONFIG", "SPEC_NOTIFY_ENABLED"):
                patch.delenv(name, raising=False)
            for name, value in (operator.env | env).items():
                patch.setenv(name, value)
            for name in [name for name, value in env.items() if not value]:
                patch.delenv(name)
            return main(arrange(["poll-run", *words]))

    return run


# --- the plan's acceptance criteria ---------------------------------------------------------------


def test_1_a_run_that_ends_is_one_message(operator: Operator) -> None:
    with RunsServer("building queued", "done building", "done done") as served:
        ended = operator.run(BASE_URL=served.url)

    assert (ended.returncode, len(operator.messages)) == (0, 1)
    assert ended.stdout.splitlines()[0] == f"{RUN}: success done=2 failed=0 blocked=0 total=2"
    assert f"{RUN}: 1 of 2 ended: 1 done, 0 failed, 0 blocked" in ended.stderr


def test_2_the_message_names_the_run_and_its_final_counts(
    operator: Operator, here: Callable[..., int]
) -> None:
    statuses = "done " * 12 + "failed failed blocked"
    with RunsServer(statuses, summary={"createdAt": "2026-02-27T08:00:00Z"}) as served:
        here(BASE_URL=served.url)
        url = served.url

    (message,) = operator.messages
    assert message["content"] == (
        f"Swarm run finished: {RUN}\n"
        "Status: attention-required\n"
        "Counts: done=12 failed=2 blocked=1 total=15\n"
        f"Inspect: {url}/runs/{RUN}/tasks"
    )
    assert message["embeds"][0]["title"] == f"Run finished: {RUN}"


@pytest.mark.parametrize(
    ("statuses", "fail", "told"),
    [
        ("done done", "1", ("success", 0)),
        ("done failed", "0", ("attention-required", 0)),
        ("done failed", "1", ("attention-required", 3)),
        ("Blocked", "1", ("attention-required", 3)),
    ],
)
def test_3_what_failed_or_is_blocked_needs_attention(
    operator: Operator, here: Callable[..., int], statuses: str, fail: str, told: tuple[str, int]
) -> None:
    with RunsServer(statuses) as served:
        code = here(BASE_URL=served.url, FAIL_ON_ATTENTION=fail)

    (message,) = operator.messages
    status = message["content"].splitlines()[1].removeprefix("Status: ")
    assert (status, code) == told


def test_4_it_exits_with_the_first_check_that_finds_the_end(
    operator: Operator, here: Callable[..., int]
) -> None:
    """Checks are an interval apart, so the end of the run is at most one interval ago."""
    with RunsServer(*["building"] * 3, "done") as served:
        assert here(BASE_URL=served.url) == 0
        asked = served.asked

    assert len(asked) == 4
    gaps = [later.arrived - earlier.arrived for earlier, later in pairwise(asked)]
    assert min(gaps) > 0.05


# --- one message over restarts --------------------------------------------------------------------


def test_a_run_that_was_told_is_not_told_again_and_not_even_asked_for(
    operator: Operator, here: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with RunsServer("done failed", "building") as served:
        env = {"BASE_URL": served.url, "FAIL_ON_ATTENTION": "1"}
        codes = [here(**env), here(**env), here("--json", **env)]
        asked = len(served.asked)

    assert (codes, len(operator.messages), asked) == ([3, 3, 3], 1, 1)
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (shown["told"], shown["status"]) == ("before", "attention-required")
    assert shown["counts"] == {"done": 1, "failed": 1, "blocked": 0, "total": 2}


def test_another_run_and_another_server_are_told_apart(
    operator: Operator, here: Callable[..., int]
) -> None:
    with RunsServer("done") as one, RunsServer("done") as two, RunsServer("done", run="b") as three:
        here(BASE_URL=one.url)
        here(BASE_URL=two.url)
        here(BASE_URL=three.url, RUN_ID="b")

    ids = {each["embeds"][0]["footer"]["text"] for each in operator.messages}
    assert len(ids) == len(operator.messages) == 3


def test_without_state_each_process_tells_and_leaves_nothing(
    operator: Operator, here: Callable[..., int]
) -> None:
    with RunsServer("done") as served:
        codes = [here("--no-state", BASE_URL=served.url) for _ in range(2)]

    first, second = operator.messages
    assert codes == [0, 0]
    assert first["embeds"][0]["footer"] == second["embeds"][0]["footer"]
    assert operator.written() == b""
    assert not operator.state.exists()


def test_two_that_wait_for_one_run_tell_it_once(operator: Operator) -> None:
    with RunsServer("building", "building", "done") as served:
        both = [operator.start(BASE_URL=served.url) for _ in range(2)]
        said = [each.communicate(timeout=60) for each in both]

    assert [each.returncode for each in both] == [0, 0], said
    assert len(operator.messages) == 1


def test_killed_while_it_tells_it_tells_under_the_same_id(hire: Callable[..., Operator]) -> None:
    def never_then_taken(request: Request) -> Answer:
        return Answer(delay=60_000) if request.number == 1 else peers.discord(request)

    operator = hire(never_then_taken)
    with RunsServer("done") as served:
        killed = operator.start(BASE_URL=served.url)
        assert operator.discord.wait_for(1, timeout=PATIENCE)
        killed.kill()
        killed.communicate()
        again = operator.run("--json", BASE_URL=served.url)

    assert (killed.returncode, again.returncode) == (-signal.SIGKILL, 0)
    assert json.loads(again.stdout)["told"] == "before"
    first, second = operator.messages
    assert first == second


def test_killed_before_it_tells_the_next_start_does(operator: Operator) -> None:
    with RunsServer("done") as served:
        die_after_admission(operator, served.url)
        assert operator.messages == []
        ended = operator.run(BASE_URL=served.url)

    assert (ended.returncode, len(operator.messages)) == (0, 1)
    assert "(told before)" in ended.stdout


def test_killed_before_it_tells_any_worker_that_knows_the_url_does(operator: Operator) -> None:
    config = operator.home / "config.toml"
    config.write_text("enabled = true\n")
    env = {"SPEC_NOTIFY_CONFIG": str(config)}
    with RunsServer("done") as served:
        die_after_admission(operator, served.url)
    for known in (False, True):
        worker = {name: value for name, value in operator.env.items() if known or name not in OWN}
        subprocess.run(
            [sys.executable, "-m", "spec_notify", "deliver"],
            cwd=operator.folder,
            env=worker | env,
            check=False,
            capture_output=True,
        )
        assert len(operator.messages) == known


def die_after_admission(operator: Operator, url: str) -> None:
    """Find the end of a run, admit it, and be killed before a byte of it goes out."""
    die(operator, url, "import spec_notify.wiring.run_polling as polling\npolling.deliver = kill\n")


STEPS = ("claimed", "sent", "settled", "evidence.written")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_of_telling_it_tells_once_more_at_most(
    operator: Operator, step: str
) -> None:
    """What went out before the kill may go out again, under the same id."""
    with RunsServer("done failed") as served:
        mark = f"lambda step: kill() if step == {step!r} else None"
        die(
            operator,
            served.url,
            f"from spec_notify.wiring import Wiring\nopen_ = Wiring.open\nmark = {mark}\n"
            "Wiring.open = lambda *a, **k: open_(*a, **k, mark=mark)\n",
        )
        codes = [
            operator.run(BASE_URL=served.url, FAIL_ON_ATTENTION="1").returncode for _ in range(2)
        ]

    assert codes == [3, 3]
    assert len(operator.messages) == (2 if step == "sent" else 1)
    assert len({json.dumps(each) for each in operator.messages}) == 1


def die(operator: Operator, url: str, how: str) -> None:
    """Run the command in a process that kills itself; `how` arranges for `kill` to be called."""
    code = (
        "import os, signal\n"
        "kill = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{how}from spec_notify.__main__ import main\nmain()\n"
    )
    died = subprocess.run(
        [sys.executable, "-c", code, "poll-run"],
        cwd=operator.folder,
        env=operator.env | {"BASE_URL": url},
        check=False,
        capture_output=True,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr


def test_a_message_that_does_not_arrive_is_queued_and_the_next_start_delivers_it(
    hire: Callable[..., Operator],
) -> None:
    up = False

    def discord(request: Request) -> Answer:
        return peers.discord(request) if up else Answer(status=503)

    operator = hire(discord)
    with RunsServer("done") as served:
        down = operator.run(BASE_URL=served.url)
        up = True
        again = operator.run(BASE_URL=served.url, POLL_SECONDS="9")

    assert (down.returncode, again.returncode) == (75, 0)
    assert "HTTP 503" in down.stderr
    assert TOKEN not in down.stdout + down.stderr + again.stdout + again.stderr
    assert TOKEN.encode() not in operator.written()


def test_a_channel_that_refuses_is_said_so_and_told_once_it_is_mended(
    hire: Callable[..., Operator],
) -> None:
    def discord(request: Request) -> Answer:
        return peers.discord(request) if request.number > 1 else Answer(status=401)

    operator = hire(discord)
    with RunsServer("done") as served:
        ended = operator.run(BASE_URL=served.url)
        codes = [operator.run(BASE_URL=served.url).returncode for _ in range(2)]

    assert (ended.returncode, codes, len(operator.messages)) == (1, [0, 0], 2)
    assert "dead after 1 attempt: HTTP 401" in ended.stdout
    assert TOKEN not in ended.stdout + ended.stderr


# --- who is told ----------------------------------------------------------------------------------


def test_the_servers_own_name_for_the_setting_counts(
    operator: Operator, here: Callable[..., int]
) -> None:
    alias = {"Runtime__Notifications__DiscordWebhookUrl": operator.url, "DISCORD_WEBHOOK_URL": ""}
    with RunsServer("done") as served:
        assert here(BASE_URL=served.url, **alias) == 0

    assert len(operator.messages) == 1


@pytest.mark.parametrize("enabled", ["1", "0"])
def test_a_subscription_to_the_same_channel_is_one_message(
    operator: Operator, here: Callable[..., int], enabled: str
) -> None:
    config = operator.home / "config.toml"
    config.write_text(CONFIG)
    env = {"SPEC_NOTIFY_CONFIG": str(config), "SPEC_NOTIFY_ENABLED": enabled}
    with RunsServer("done") as served:
        assert here(BASE_URL=served.url, **env) == 0

    assert len(operator.messages) == 1


def test_a_subscription_alone_is_enough_and_may_ask_for_the_run_format(
    operator: Operator, here: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    config = operator.home / "config.toml"
    with Receiver() as hook, RunsServer("done") as served:
        config.write_text(
            f'enabled = true\n[[subscriptions]]\nname = "hook"\nurl = "{hook.url}"\n'
            'signature = "none"\nformat = "run"\nallow_private = true\n'
        )
        env = {"SPEC_NOTIFY_CONFIG": str(config), "DISCORD_WEBHOOK_URL": ""}
        assert here("--json", BASE_URL=served.url, **env) == 0
        (posted,) = hook.requests

    body = json.loads(posted.body)
    assert (body["runId"], body["status"], body["counts"]["done"]) == (RUN, "success", 1)
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert (result["subscription"], result["state"]) == ("hook", "delivered")
    assert (operator.folder / result["evidence"]).is_file()


def test_other_deliveries_are_left_alone(operator: Operator) -> None:
    """A config that is off stays off: what it queued while it was on is not sent, nor parked."""
    config = operator.home / "config.toml"
    config.write_text(CONFIG.replace("run.finished", "spec-kit.task.completed"))
    env = operator.env | {"SPEC_NOTIFY_CONFIG": str(config)}
    board = "| Task ID | Title | Status |\n| --- | --- | --- |\n| T1 | Bake | {} |\n"
    for status in ("Backlog", "Done"):
        (operator.folder / "SPEC.md").write_text(board.format(status))
        words = [sys.executable, "-m", "spec_notify", "scan"]
        subprocess.run(words, cwd=operator.folder, env=env, check=True, capture_output=True)
    with RunsServer("done") as served:
        ended = operator.run(BASE_URL=served.url)
    words = [sys.executable, "-m", "spec_notify", "list", "--json"]
    listed = subprocess.run(words, cwd=operator.folder, env=env, check=True, capture_output=True)

    assert (ended.returncode, len(operator.messages)) == (0, 1)
    states = {each["type"]: each["state"] for each in json.loads(listed.stdout)["deliveries"]}
    assert states == {"run.finished": "delivered", "spec-kit.task.completed": "pending"}


# --- words, codes, signals, terminals -------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"RUN_ID": ""}, ["RUN_ID"]),
        ({"RUN_ID": "a/b"}, ["RUN_ID"]),
        ({"BASE_URL": "file:///etc/passwd"}, ["BASE_URL"]),
        ({"BASE_URL": "http://169.254.169.254"}, ["BASE_URL"]),
        ({"POLL_SECONDS": "soon"}, ["POLL_SECONDS"]),
        ({"MAX_WAIT_SECONDS": "-1"}, ["MAX_WAIT_SECONDS"]),
        ({"FAIL_ON_ATTENTION": "true"}, ["FAIL_ON_ATTENTION"]),
        ({"DISCORD_WEBHOOK_URL": ""}, ["DISCORD_WEBHOOK_URL"]),
        ({"DISCORD_WEBHOOK_URL": f"discord/{TOKEN}"}, ["DISCORD_WEBHOOK_URL"]),
        ({"DISCORD_WEBHOOK_URL": f"http://d.example/{TOKEN}"}, ["DISCORD_WEBHOOK_URL"]),
        ({"DISCORD_WEBHOOK_URL": f"https://169.254.169.254/{TOKEN}"}, ["DISCORD_WEBHOOK_URL"]),
        ({"API_KEY": "k\u00e9y"}, ["API_KEY"]),
        ({"RUN_ID": "", "DISCORD_WEBHOOK_URL": ""}, ["RUN_ID", "DISCORD_WEBHOOK_URL"]),
    ],
    ids=str,
)
def test_a_missing_or_wrong_variable_is_named(
    here: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    env: dict[str, str],
    named: list[str],
) -> None:
    assert here(**env) == 2

    told = capsys.readouterr()
    lines = told.err.removeprefix("spec-notify: ").splitlines()
    assert [line.partition(":")[0] for line in lines] == named
    assert TOKEN not in told.err + told.out
    assert told.out == ""


def test_waiting_too_long_is_4_and_tells_nobody(
    operator: Operator, here: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with RunsServer("building") as served:
        assert here("--json", BASE_URL=served.url, MAX_WAIT_SECONDS="0.25") == 4

    shown = json.loads(capsys.readouterr().out)
    assert (shown["status"], shown["told"], shown["results"]) == (None, None, [])
    assert list(shown) == [
        *("schema", "runId", "baseUrl", "status", "counts", "createdAt", "completedAt", "links"),
        *("told", "results", "exitCode"),
    ]
    assert operator.messages == []


def test_options_outweigh_variables(operator: Operator, here: Callable[..., int]) -> None:
    with RunsServer("failed") as served:
        words = ("--base-url", served.url, "--run-id", RUN, "--poll-seconds", "0.1")
        code = here(*words, "--fail-on-attention", RUN_ID="other", POLL_SECONDS="x")

    assert code == 3


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_is_130_and_tells_nobody(operator: Operator, by: signal.Signals) -> None:
    with RunsServer("building") as served:
        waiting = operator.start(BASE_URL=served.url, POLL_SECONDS="60")
        assert served.receiver.wait_for(1, timeout=PATIENCE)
        waiting.send_signal(by)
        _, told = waiting.communicate(timeout=PATIENCE)

    assert waiting.returncode == 130
    assert f"{RUN}: interrupted" in told
    assert operator.messages == []


def test_a_bad_server_is_told_of_once_and_survived(
    operator: Operator, here: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    html = Answer(body=b"<html>\x1b[2J")
    scenes = (Answer(status=404), html, html, html, Answer(raw=b"", reset=True), "done")
    with RunsServer(*scenes) as served:
        assert here(BASE_URL=served.url) == 0

    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" (")[2] for line in lines] == [
        "HTTP 404 Not Found: the run is not known yet)",
        "the answer is no JSON)",
        "the connection closed before an answer)",
    ]
    assert len(operator.messages) == 1


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (120, f"{RUN} {'━' * 10}{'─' * 10} 2/4 · 1 done, 1 failed, 0 blocked · "),
        (70, f"{RUN} 2/4 · 1 done, 1 failed, 0 blocked · "),
    ],
)
def test_on_a_terminal_one_line_shows_how_far_it_is(
    operator: Operator, columns: int, line: str
) -> None:
    ours, theirs = pty.openpty()
    with RunsServer("done building failed queued") as served:
        env = {"BASE_URL": served.url, "TERM": "xterm", "COLUMNS": str(columns)}
        waiting = subprocess.Popen(
            operator.words(),
            cwd=operator.folder,
            env=operator.env | env | {"POLL_SECONDS": "60"},
            stderr=theirs,
            stdout=subprocess.DEVNULL,
        )
        os.close(theirs)
        try:
            seen = _read_until(ours, "0 blocked · ")
        finally:
            waiting.send_signal(signal.SIGINT)
        seen += _read_until(ours)
        os.close(ours)
        waiting.wait(PATIENCE)

    shown = [each.partition("\x1b[K")[0] for each in seen.split("\r")]
    assert any(each.startswith(line) for each in shown)
    assert max(len(each) for each in shown if each.startswith(RUN)) < columns
    # The line is taken away before anything else is said.
    assert "\r\x1b[K" in seen
    assert "\n" not in seen.partition(f"{RUN}: interrupted")[0]


def _read_until(terminal: int, word: str = "") -> str:
    """Read a terminal until it shows a word; else to its end."""
    seen, end = b"", time.monotonic() + PATIENCE
    while not word or word.encode() not in seen:
        assert time.monotonic() < end, seen
        try:
            seen += os.read(terminal, 4_096)
        except OSError:
            break
    return seen.decode()


def test_quiet_says_nothing_but_the_result(operator: Operator) -> None:
    with RunsServer("building", "done") as served:
        ended = operator.run("-q", BASE_URL=served.url)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_key_is_sent_and_kept_nowhere(operator: Operator) -> None:
    with RunsServer("done") as served:
        ended = operator.run(BASE_URL=served.url, API_KEY="c4n4ry-key")
        keys = {each.header("x-api-key") for each in served.receiver.requests}

    assert keys == {"c4n4ry-key"}
    assert "c4n4ry-key" not in ended.stdout + ended.stderr
    assert b"c4n4ry-key" not in operator.written()
    wait_until(lambda: len(operator.messages) == 1, "the message")
    assert "c4n4ry-key" not in json.dumps(operator.messages)
