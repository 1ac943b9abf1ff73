"""`run -- COMMAND`: as if we were not there, and told all the same; never in the command's way."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import termios
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.__main__ import main
from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import PATIENCE
from tests.workflow.conftest import counts, open_trusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.shop import Shop

__all__ = ["open_trusted"]

CANARY = "--token=argv-canary-55172"
US = [sys.executable, "-m", "spec_notify"]


@pytest.fixture
def shop(open_trusted: Callable[..., Shop]) -> Shop:
    """Answer a shop that hears every event."""
    return open_trusted()


def started(shop: Shop, *words: str, **how: Any) -> subprocess.Popen[bytes]:
    """Start `run` with all signals as the system has them, whatever the tests run under."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    plain = ["env", "--default-signal=INT,TERM,HUP,PIPE"]
    return subprocess.Popen(
        [*plain, *US, "run", *words], cwd=shop.root, env=shop.env, **(streams | how)
    )


def ended(child: subprocess.Popen[bytes]) -> int:
    """Let go of a child's streams and answer its exit code."""
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            stream.close()
    return child.wait(timeout=60)


def ran(shop: Shop, *words: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    child = started(shop, *words)
    out, err = child.communicate(stdin, timeout=60)
    return child.returncode, out, err


def told(shop: Shop, count: int) -> dict[str, dict[str, Any]]:
    """Answer the data of what arrived by type, without what varies."""
    found = {}
    for body in (json.loads(each.body) for each in shop.arrivals(count)):
        data = body["data"]
        for key in ("duration_ms", "total_duration_ms"):
            assert data.pop(key, 1) > 0
        del data["idempotencyKey"]
        found[body["type"]] = data
    return found


def test_streams_are_untouched_the_code_is_kept_and_its_words_stay_here(
    shop: Shop, tmp_path: Path
) -> None:
    script = "cat; printf 'to err\\n' >&2; exit 3"
    given = bytes(range(256)) * 300

    code, out, err = ran(
        shop, "--workflow", "nightly", "--", "/bin/sh", "-c", script, CANARY, stdin=given
    )

    assert (code, out, err) == (3, given, b"to err\n")
    about = {"workflow": {"name": "nightly"}}
    step = about | {"step_type": "command", "service": "sh"}
    assert told(shop, 4) == {
        "workflow.started": about | {"step_count": 1},
        "step.completed": step | {"success": False, "exit_code": 3},
        "failure.detected": step | {"error": "exit code 3"},
        "workflow.completed": about
        | {"success": False, "steps_passed": 0, "steps_failed": 1, "exit_code": 3},
    }
    written = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert any("evidence" in each.parts for each in written)
    assert not any(b"canary-55172" in each.read_bytes() for each in written)
    assert not any(b"canary-55172" in each.body for each in shop.receiver.requests)


def test_a_good_end_is_told_and_nothing_is_said(shop: Shop) -> None:
    words = ("--step-type", "lint", "--", "echo", "-q", "--json", "--repo", "x")

    assert ran(shop, *words) == (0, b"-q --json --repo x\n", b"")
    found = told(shop, 3)
    assert "failure.detected" not in found
    assert found["step.completed"] == {
        "workflow": {"name": "echo"},
        "step_type": "lint",
        "service": "echo",
        "success": True,
        "exit_code": 0,
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command_which_decides(shop: Shop, number: signal.Signals) -> None:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo got {name}; exit 41' {name}; echo ready; while :; do sleep 0.05; done"
    child = started(shop, "-q", "--", "sh", "-c", script)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"

    child.send_signal(number)

    out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (41, f"got {name}\n".encode(), b"")


def test_a_command_that_may_not_be_signalled_is_waited_for_all_the_same() -> None:
    code = (
        "import os, signal\n"
        "from spec_notify.disk.child import Child\n"
        "child = Child.start(['sh', '-c', 'exit 7'], os.environ)\n"
        "def refused(pid, number): raise PermissionError(1, 'Operation not permitted')\n"
        "signalled, os.kill = os.kill, refused\n"
        # Of several that wait the lowest is heard first: this one, before the command's end.
        "signalled(os.getpid(), signal.SIGTERM)\n"
        "print(child.wait().code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.stdout, done.stderr) == ("7\n", "")


def test_a_command_that_a_signal_ends_exits_as_in_a_shell(shop: Shop) -> None:
    assert ran(shop, "--", "sh", "-c", "kill -KILL $$") == (137, b"", b"")

    found = told(shop, 4)
    assert found["failure.detected"]["error"] == "ended by SIGKILL"
    assert found["workflow.completed"]["exit_code"] == 137
    assert found["workflow.completed"]["signal"] == "SIGKILL"


def test_interrupted_at_a_terminal_the_command_hears_it_once(shop: Shop) -> None:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"
    script = (
        "import signal, sys, time\n"
        "heard = []\n"
        "signal.signal(signal.SIGINT, lambda *_: heard.append(1))\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 30\n"
        "while not heard and time.monotonic() < end: time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        "print(f'heard {len(heard)}.', flush=True)\n"
    )
    ours, theirs = pty.openpty()
    child = started(
        shop,
        "-q",
        "--",
        sys.executable,
        "-c",
        script,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    shown = b""
    while b"ready" not in shown:
        shown += os.read(ours, 1_024)
    os.write(ours, b"\x03")
    while not shown.endswith(b".\r\n"):
        shown += os.read(ours, 1_024)
    os.close(ours)

    assert child.wait(timeout=60) == 0
    assert shown.replace(b"^C", b"") == b"ready\r\nheard 1.\r\n"


def test_the_environment_is_the_one_we_were_given(shop: Shop) -> None:
    given = {"PATH": os.environ["PATH"], "HOME": shop.env["HOME"], "SPEC_NOTIFY_ENABLED": "0"}
    ours = subprocess.run(
        [*US, "run", "-q", "--", "env", "-0"],
        cwd=shop.root,
        env=given,
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert dict(each.split("=", 1) for each in ours.stdout.decode().split("\0")[:-1]) == given


def test_what_was_ignored_stays_ignored(shop: Shop) -> None:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"
    child = subprocess.run(
        ["env", "--ignore-signal=HUP", *US, "run", "-q", "--", "sh", "-c", "kill -HUP $$; echo on"],
        cwd=shop.root,
        env=shop.env,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (child.returncode, child.stdout) == (0, b"on\n")


def test_a_pipe_that_nobody_reads_ends_the_command_as_ever(shop: Shop) -> None:
    child = started(shop, "--", "yes")
    assert child.stdout is not None
    child.stdout.read(10)

    assert ended(child) == 128 + signal.SIGPIPE
    assert told(shop, 4)["failure.detected"]["error"] == "ended by SIGPIPE"


def test_what_cannot_be_started_is_told_as_a_failure(shop: Shop) -> None:
    (shop.root / "data").write_text("no program")

    assert ran(shop, "--", "no-such-command", CANARY) == (
        127,
        b"",
        b"spec-notify: no-such-command: command not found\n",
    )
    assert told(shop, 4)["failure.detected"]["error"] == "command not found"
    assert ran(shop, "--", "") == (127, b"", b"spec-notify: command: command not found\n")
    code, _, err = ran(shop, "--", "./data")
    assert (code, err) == (126, b"spec-notify: data: it cannot be run: Permission denied\n")


def test_a_name_that_is_no_utf_8_is_told_as_far_as_it_can_be(shop: Shop) -> None:
    program = shop.root / os.fsdecode(b"b\xffd")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    assert ran(shop, "--", str(program)) == (0, b"", b"")
    assert told(shop, 3)["step.completed"]["service"] == "b\ufffdd"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_stay_closed_and_all_is_told(shop: Shop, closed: str) -> None:
    numbers = {"<&-": "0", ">&-": "1", "2>&-": "2"}
    script = "".join(
        f"test -e /proc/self/fd/{numbers[each]} && exit 6; " for each in closed.split()
    )
    script += "exit 5"
    words = ["sh", "-c", f'exec "$@" {closed}', "sh", *US, "run", "--", "sh", "-c", script]

    done = subprocess.run(words, cwd=shop.root, env=shop.env, timeout=60, check=False)

    assert done.returncode == 5
    assert told(shop, 4)["workflow.completed"]["exit_code"] == 5


def test_a_script_without_an_interpreter_is_the_shells(shop: Shop) -> None:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"
    script = shop.root / "script"
    script.write_text('echo "$1"\n')
    script.chmod(0o755)

    assert ran(shop, "-q", "--", "./script", "a word") == (0, b"a word\n", b"")


def config_with_a_mistake(shop: Shop) -> str:
    (shop.root / ".spec-notify/config.toml").write_text("enabled = 1\nvolume = 11\n")
    return "config.toml:1: enabled: is neither true nor false"


def off(shop: Shop) -> str:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"
    return "SPEC_NOTIFY_ENABLED=0 switches it off"


def untrusted(shop: Shop) -> str:
    del shop.env["SPEC_NOTIFY_CONFIG"]
    return "run `spec-notify trust`"


def no_config(shop: Shop) -> str:
    (shop.root / ".spec-notify/config.toml").unlink()
    return untrusted(shop) and "there is no config"


def no_subscription(shop: Shop) -> str:
    shop.configure(more='events = ["spec-kit.task.completed"]')
    return "no subscription takes an event of a workflow"


def broken_state(shop: Shop) -> str:
    shop.state.write_text("not a folder")
    return "workflow.started was not queued"


@pytest.mark.parametrize(
    "trouble", [config_with_a_mistake, off, untrusted, no_config, no_subscription, broken_state]
)
def test_our_troubles_are_a_line_and_the_command_runs_all_the_same(
    shop: Shop, trouble: Callable[[Shop], str]
) -> None:
    why = trouble(shop)

    code, out, err = ran(shop, "--", "sh", "-c", "echo ran; exit 5")

    assert (code, out) == (5, b"ran\n")
    lines = err.decode().splitlines()
    assert why in lines[0], err
    assert len(lines) == 1
    assert lines[0].startswith("spec-notify: ")
    assert shop.receiver.requests == []


def test_a_spool_that_another_keeps_locked_is_not_waited_for_long(shop: Shop) -> None:
    ran(shop, "--drain", "0s", "--", "true")
    (database,) = shop.state.rglob("spool.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, out, err = ran(shop, "--drain", "0s", "--", "sh", "-c", "echo ran; exit 5")

    assert (code, out) == (5, b"ran\n")
    assert err.decode().count("\n") <= 2
    assert "spool" in err.decode()


def test_quiet_it_says_nothing_of_its_troubles(shop: Shop) -> None:
    off(shop)

    assert ran(shop, "-q", "--", "true") == (0, b"", b"")
    assert not shop.state.exists()


def test_without_a_drain_it_waits_for_no_receiver(open_trusted: Callable[..., Shop]) -> None:
    shop = open_trusted(answers=lambda _: Answer(delay=60_000))

    assert ran(shop, "--drain", "0s", "--", "true") == (0, b"", b"")

    assert counts(shop)["pending"] == 3
    assert shop.receiver.requests == []


def test_whoever_waits_for_output_does_not_wait_for_deliveries_nor_does_who_says_stop(
    open_trusted: Callable[..., Shop],
) -> None:
    shop = open_trusted(answers=lambda _: Answer(delay=60_000))
    child = started(shop, "--drain", "60s", "--", "sh", "-c", "echo out; exit 9")
    assert child.stdout is not None
    # The end of the output is seen while the receiver still keeps us waiting.
    assert child.stdout.read() == b"out\n"
    assert shop.receiver.wait_for(1, timeout=PATIENCE)

    child.send_signal(signal.SIGTERM)

    assert ended(child) == 9
    held = counts(shop)
    assert held["pending"] + held["in_flight"] >= 1


def test_killed_while_the_command_runs_its_start_is_not_lost(shop: Shop) -> None:
    child = started(shop, "--", "sh", "-c", "echo $$; exec sleep 60")
    assert child.stdout is not None
    command = int(child.stdout.readline())
    assert shop.receiver.wait_for(1, timeout=PATIENCE)

    child.kill()

    assert ended(child) == -signal.SIGKILL
    os.kill(command, signal.SIGKILL)
    assert set(told(shop, 1)) == {"workflow.started"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ls", "-q"], "stands after --"),
        ([], "stands after --"),
        (["--"], "Missing argument"),
        (["--drain", "soon", "--", "ls"], "is no duration"),
        (["--no-such", "--", "ls"], "No such option"),
    ],
)
def test_words_of_ours_that_are_off_are_refused_before_anything_runs(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *words]) == 2
    assert said in capsys.readouterr().err
