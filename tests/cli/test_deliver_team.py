"""`spec-notify deliver-team`: what a Job reads of it, and what a user does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.signature import encode_secret
from spec_notify.disk.evidence import verify
from spec_notify.transports.receiver import Answer, Receiver
from tests.repository import environment
from tests.targets.kinds import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(__file__).parents[2] / "fixtures" / "teams"
PATIENCE = 20.0


class Pod:
    """A working directory with a manifest, a mounted secret and a state directory."""

    def __init__(self, folder: Path, peer: Receiver) -> None:
        self.folder = folder
        self.peer = peer
        known = environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        self.env = {name: each for name, each in known.items() if not name.startswith("SPEC_")}
        self.env["SPEC_NOTIFY_STATE_DIR"] = str(folder / "state")
        secret = folder / "credentials" / "team-credentials"
        secret.mkdir(parents=True)
        (secret / "slack-webhook-url").write_text(f"{peer.url}/slack\n")

    def manifest(self, name: str = "delivery-team.yaml") -> str:
        """Answer a sample whose webhook is our receiver."""
        text = (FIXTURES / name).read_text("utf-8")
        (self.folder / name).write_text(text.replace("https://hooks.example.com", self.peer.url))
        return name

    def words(self, *words: str) -> list[str]:
        asked = ("--credentials", "credentials", "--allow-private")
        return [sys.executable, "-m", "spec_notify", "deliver-team", *asked, *words]

    def run(
        self, *words: str, code: int, input: bytes | None = None, **env: str
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            self.words(*words),
            cwd=self.folder,
            env=self.env | env,
            input=input,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return done

    def json(self, *words: str, code: int) -> Any:
        return json.loads(self.run(*words, "--json", code=code).stdout)


@pytest.fixture
def pod(tmp_path: Path) -> Iterator[Pod]:
    with Receiver() as peer:
        yield Pod(tmp_path, peer)


def test_the_sample_is_delivered_and_told_for_people(pod: Pod) -> None:
    done = pod.run(pod.manifest(), code=0)
    lines = done.stdout.decode().splitlines()

    assert done.stderr == b""
    assert sorted(each.path for each in pod.peer.requests) == ["/slack", "/teams/finished"]
    assert lines[0] == "docs/release-notes: Completed"
    assert lines[1].split()[:3] == ["delivered", "webhook", pod.peer.url]
    assert lines[1].endswith("unsigned")
    assert lines[2].split()[:3] == ["delivered", "slack", "#releases"]
    root = Path(lines[3].removeprefix("  evidence: "))
    assert root.is_relative_to(pod.folder / "state" / "teams")
    assert verify(root).ok
    assert len([*root.rglob("*_a1.json")]) == 2


def test_programs_read_what_status_delivery_would_hold(pod: Pod) -> None:
    told = pod.json(pod.manifest(), code=0)
    again = pod.json(pod.manifest(), code=0)
    (team,) = told["teams"]
    hook, chat = team["delivery"]

    assert told["schema"] == "spec-notify/deliver-team/1"
    assert told["faults"] == []
    assert (team["team"], team["namespace"], team["phase"]) == (
        "release-notes",
        "docs",
        "Completed",
    )
    assert (team["event"], team["failed"], team["waiting"]) == ("team.completed", False, False)
    assert (hook["type"], hook["target"], hook["success"], hook["error"]) == (
        *("webhook", pod.peer.url, True, None),
    )
    assert hook["deliveredAt"].endswith("Z")
    assert chat["target"] == "#releases"
    assert (hook["signed"], hook["attempts"], hook["status"]) == (False, 1, 200)
    assert json.loads(Path(hook["evidence"]).read_bytes())["delivery"] == hook["delivery"]
    assert [each["before"] for each in again["teams"][0]["delivery"]] == [True, True]
    assert len(pod.peer.requests) == 2


def test_a_manifest_may_come_through_a_pipe(pod: Pod) -> None:
    text = (pod.folder / pod.manifest()).read_bytes()

    assert b"delivered" in pod.run("-", code=0, input=text).stdout


def test_one_failed_target_is_one_and_says_why(pod: Pod) -> None:
    done = pod.run(pod.manifest("every-target.yaml"), code=1).stdout.decode()

    assert "delivered  webhook" in done
    assert "secret chat (key slack-webhook-url) is not mounted" in done
    assert 'delivery type not yet implemented: "pigeon"' in done


def test_nobody_is_told_and_stderr_says_why(pod: Pod) -> None:
    done = pod.run(pod.manifest("quiet.yaml"), code=75)

    assert pod.peer.requests == []
    assert done.stderr.decode().splitlines() == [
        "default/no-lifecycle: it states no onComplete: deliver; nobody is told",
        "default/empty-list: its delivery list is empty; nobody is told",
        "default/pull-request: its onComplete is create-pr, not deliver; nobody is told",
        "default/at-work: it has not ended: its phase is Running; nobody is told",
    ]


def test_without_its_extra_a_drive_says_what_to_install(pod: Pod) -> None:
    # As if it were not installed.
    (pod.folder / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "known = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'cryptography' else known(name, *more)\n"
    )
    account = pod.folder / "credentials" / "drive"
    account.mkdir()
    (account / "service-account.json").write_text(ACCOUNT)

    done = pod.run(pod.manifest("every-target.yaml"), code=1, PYTHONPATH=str(pod.folder))

    assert b"google-drive needs cryptography: pip install" in done.stdout


def test_a_list_is_told_team_by_team(pod: Pod) -> None:
    told = pod.json(pod.manifest("list.json"), code=75)

    assert [(each["team"], each["event"], each["waiting"]) for each in told["teams"]] == [
        ("translate", "team.failed", False),
        ("proofread", None, True),
    ]
    assert json.loads(pod.peer.requests[0].body)["phase"] == "BudgetExceeded"


def test_what_waits_for_its_receiver_is_left_for_the_next_run(tmp_path: Path) -> None:
    busy = Answer(status=503, headers=(("Retry-After", "600"),))
    with Receiver(lambda _: busy) as peer:
        pod = Pod(tmp_path, peer)
        done = pod.run(pod.manifest(), code=75).stdout.decode()

    assert "queued  webhook" in done
    assert "receiver asked for 10m" in done


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no such file"),
        (b"\xff", "it is no UTF-8 text"),
        (b"kind: Pod\n", "no AgentTeam stands in it"),
        (b"a: b: c", "line 1: mapping values are not allowed here"),
        (b"# " + b"x" * 4_194_304, "it is larger than 4,194,304 bytes"),
    ],
)
def test_a_file_without_teams_is_a_mistake(pod: Pod, text: bytes | None, said: str) -> None:
    if text is not None:
        (pod.folder / "team.yaml").write_bytes(text)

    assert said in pod.run("team.yaml", code=2).stderr.decode()


def test_what_is_no_file_or_too_much_of_a_pipe_is_a_mistake(pod: Pod) -> None:
    assert b"it is no regular file" in pod.run(".", code=2).stderr
    assert b"-: it is larger" in pod.run("-", code=2, input=b"#" * 4_194_305).stderr


def test_a_document_that_cannot_be_read_fails_the_run_and_no_other(pod: Pod) -> None:
    good = (pod.folder / pod.manifest()).read_text()
    (pod.folder / "two.yaml").write_text(f"{good}---\nkind: AgentTeam\n")

    done = pod.run("two.yaml", code=1)

    assert len(pod.peer.requests) == 2
    assert done.stderr.decode() == "two.yaml: document 2: metadata.name is missing\n"


def test_secrets_and_switches_of_no_use_stop_it_before_anything_is_sent(pod: Pod) -> None:
    name = pod.manifest()

    assert b"SPEC_NOTIFY_TEAM_SECRET" in pod.run(name, code=78, SPEC_NOTIFY_TEAM_SECRET="x").stderr
    assert b"SPEC_NOTIFY_ENABLED=0" in pod.run(name, code=78, SPEC_NOTIFY_ENABLED="0").stderr
    assert pod.peer.requests == []
    secret = encode_secret(b"only for the tests of team runs!")
    assert b" signed" in pod.run(name, code=0, SPEC_NOTIFY_TEAM_SECRET=secret).stdout


def test_a_state_that_cannot_be_kept_is_that_team_s_failure(pod: Pod) -> None:
    (pod.folder / "state").mkdir(mode=0o700)
    (pod.folder / "state" / "teams").write_text("in the way")

    done = pod.run(pod.manifest(), code=1)

    assert b"SPEC_NOTIFY_STATE_DIR" in done.stderr
    assert pod.peer.requests == []


def test_words_of_a_manifest_cannot_steer_a_terminal(pod: Pod) -> None:
    text = (pod.folder / pod.manifest()).read_text()
    (pod.folder / "evil.yaml").write_text(text.replace("#releases", "\\e[31mred\\u202e"))

    assert b"\x1b" not in pod.run("evil.yaml", code=0).stdout


def test_a_kill_in_the_middle_loses_nothing_and_repeats_one_message_at_most(
    tmp_path: Path,
) -> None:
    """The receiver takes the first message, and the process dies before it hears of it."""
    with Receiver(lambda each: Answer(delay=60_000 if each.number == 1 else 0)) as peer:
        pod = Pod(tmp_path, peer)
        name = pod.manifest()
        text = (pod.folder / name).read_text()
        more = "".join(
            f"      - type: webhook\n        url: {peer.url}/{number}\n" for number in range(3)
        )
        (pod.folder / name).write_text(text.replace("status:\n", f"{more}status:\n", 1))
        child = subprocess.Popen(
            pod.words(name), cwd=pod.folder, env=pod.env, stdout=subprocess.DEVNULL
        )
        assert peer.wait_for(1, timeout=PATIENCE)
        child.send_signal(signal.SIGKILL)
        child.wait()
        told = pod.json(name, code=0)["teams"][0]["delivery"]
        ids = [each.header("x-spec-notify-delivery") for each in peer.requests]
        slack = [each for each in peer.requests if each.path == "/slack"]

    assert len(told) == 5
    assert all(each["success"] for each in told)
    known = {each["delivery"] for each in told if each["type"] == "webhook"}
    assert known == {each for each in ids if each}
    # At most what was in flight when it died is sent twice.
    assert len(ids) <= 10
    assert 1 <= len(slack) <= 2
