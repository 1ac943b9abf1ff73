"""The playbook's commands, the script and the task do what the page says, in their own words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.transports.receiver import Receiver
from tests.repository import environment
from tests.targets import peers
from tests.transports.runs_server import RUN, RunsServer

from .pages import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "docs/how-to/run-finished.md"
COMMANDS = blocks(PAGE, "sh")
BIN = Path(sys.executable).parent
_CHANNEL = "https://discord.com/api/webhooks/…"


@pytest.fixture
def discord() -> Iterator[Receiver]:
    with Receiver(answers=peers.discord) as receiver:
        yield receiver


def run(words: list[str], at: Path, tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "home").mkdir(exist_ok=True)
    known = environment(tmp_path / "home", SPEC_NOTIFY_STATE_DIR=str(tmp_path / "state"))
    known["PATH"] = f"{BIN}{os.pathsep}{known['PATH']}"
    return subprocess.run(
        words,
        cwd=at,
        env=known | {"POLL_SECONDS": "0.1"} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def checkout(tmp_path: Path) -> Path:
    """Answer a copy of what the commands need of this repository."""
    at = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", at / "scripts")
    shutil.copy(ROOT / "Taskfile.yml", at)
    return at


def content(discord: Receiver) -> str:
    (request,) = discord.requests
    message: dict[str, Any] = json.loads(request.body)
    return str(message["content"])


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_each_command_of_the_page_tells_discord_once(
    tmp_path: Path, discord: Receiver, number: int
) -> None:
    command = COMMANDS[number].replace(_CHANNEL, discord.url + peers.WEBHOOK_PATH)
    assert command != COMMANDS[number]
    at = checkout(tmp_path)
    with RunsServer("done building", "done " * 12 + "failed failed blocked") as served:
        done = [run(["sh", "-euc", command], at, tmp_path, BASE_URL=served.url) for _ in range(2)]
        url = served.url

    assert [each.returncode for each in done] == [0, 0], done[0].stderr
    (shown,) = blocks(PAGE, "text")
    assert content(discord) + "\n" == shown.replace("http://127.0.0.1:5080", url)
    assert peers.WEBHOOK_PATH not in "".join(each.stdout + each.stderr for each in done)


def test_the_page_shows_the_command_the_script_and_the_task() -> None:
    ends = [command.splitlines()[-1].split()[0] for command in COMMANDS]

    assert ends == ["spec-notify", "task", "scripts/notify-run-finish-discord.sh"]


def test_the_task_passes_options_on_and_the_code_back(tmp_path: Path, discord: Receiver) -> None:
    env = {"RUN_ID": RUN, "DISCORD_WEBHOOK_URL": discord.url + peers.WEBHOOK_PATH}
    task, at = str(BIN / "task"), checkout(tmp_path)
    with RunsServer("failed") as served:
        words = ["notify:run:discord", "--", "--fail-on-attention"]
        env["BASE_URL"] = served.url
        plain, own = (run([task, *more, *words], at, tmp_path, **env) for more in ([], ["-x"]))

    assert (plain.returncode, own.returncode) == (201, 3)
    assert "Status: attention-required" in content(discord)


def test_a_taskfile_of_ones_own_works_too(tmp_path: Path, discord: Receiver) -> None:
    (own,) = blocks(PAGE, "yaml")
    at = tmp_path / "swarm"
    at.mkdir()
    (at / "Taskfile.yml").write_text(own)
    env = {"RUN_ID": RUN, "DISCORD_WEBHOOK_URL": discord.url + peers.WEBHOOK_PATH}
    with RunsServer("done") as served:
        words = [str(BIN / "task"), "notify:run:discord"]
        done = run(words, at, tmp_path, BASE_URL=served.url, **env)

    assert done.returncode == 0, done.stderr
    assert "Status: success" in content(discord)


@pytest.mark.parametrize("shell", ["sh", "busybox", "ksh", "zsh"])
def test_the_script_runs_in_every_shell_and_says_what_is_missing(
    tmp_path: Path, shell: str
) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    words = [found, *(["sh"] if shell == "busybox" else [])]
    at = checkout(tmp_path)
    script = str(at / "scripts" / "notify-run-finish-discord.sh")
    unset = run([*words, script], at, tmp_path)
    absent = run([*words, script], at, tmp_path, PATH=os.defpath)

    assert unset.returncode == 2
    assert "RUN_ID: is missing" in unset.stderr
    assert absent.returncode == 127
    assert "spec-notify is not installed" in absent.stderr
