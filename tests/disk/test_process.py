from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from spec_notify.disk.process import alive, detach, owner, pid_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="start times are read from /proc")
SAY = "from spec_notify.disk.process import owner; print(owner(), flush=True); input()"
ENVIRONMENT = {"PATH": os.environ.get("PATH", "")}


@contextmanager
def child(script: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.kill()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
    return True


def test_this_process_is_alive_under_its_own_name() -> None:
    assert alive(owner())
    assert owner() == owner()
    assert pid_of(owner()) == os.getpid()


def test_another_process_is_alive_until_it_is_killed_even_unmourned() -> None:
    with child(SAY) as other:
        assert other.stdout is not None
        name = other.stdout.readline()
        assert pid_of(name) == other.pid
        assert alive(name)
        other.kill()
        # Nobody has waited for it yet: it is a zombie, and a zombie delivers nothing.
        assert until(lambda: not alive(name))
    assert not alive(name)


@linux
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda boot, pid, start: (boot, pid, str(int(start) + 1)), False),
        (lambda boot, pid, start: ("another-boot.1", pid, start), False),
        (lambda boot, pid, start: ("", pid, start), False),
        (lambda boot, pid, start: (boot.partition(".")[0] + ".1", pid, start), True),
        (lambda boot, pid, start: (boot, pid, ""), True),
        (lambda boot, pid, start: (boot, "999999999", ""), False),
        (lambda boot, pid, start: (boot, "9" * 40, ""), False),
        (lambda boot, pid, start: (boot, "0", ""), False),
        (lambda boot, pid, start: (boot, "-1", ""), False),
    ],
    ids=[
        "a number handed out again",
        "another boot",
        "no boot",
        "another container on this boot",
        "no start time",
        "no such process",
        "no number of a process",
        "our own group",
        "every process there is",
    ],
)
def test_a_number_alone_proves_nothing(
    change: Callable[[str, str, str], tuple[str, str, str]], *, expected: bool
) -> None:
    boot, pid, start = owner().split(":")
    assert alive(":".join(change(boot, pid, start))) is expected


@pytest.mark.parametrize("text", ["", "x", "::", "a:b:c", "boot:²:3", "\ufffd" * 20])
def test_text_that_is_no_owner_is_dead(text: str) -> None:
    assert not alive(text)
    assert pid_of(text) is None


def test_a_detached_child_leads_a_session_and_writes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = (
        "import os, sys; print('out', flush=True); print('err', file=sys.stderr, flush=True);"
        "print(os.getsid(0) == os.getpid(), sys.stdin.read() == '', os.environ['FACT'], flush=True)"
    )
    pid = detach([sys.executable, "-c", script], log, ENVIRONMENT | {"FACT": "told"})
    assert os.waitpid(pid, 0)[1] == 0
    assert log.read_text().splitlines() == ["out", "err", "True True told"]
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_second_child_appends_to_the_log(tmp_path: Path) -> None:
    for word in ("one", "two"):
        os.waitpid(detach([sys.executable, "-c", f"print('{word}')"], tmp_path / "log", {}), 0)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_nobody_waits_for_a_detached_child(tmp_path: Path) -> None:
    """Git and its callers wait until every copy of their pipes is closed."""
    ours, theirs = os.pipe()
    os.set_inheritable(theirs, True)  # noqa: FBT003 - it takes no names
    pid = detach([sys.executable, "-c", "import signal; signal.pause()"], None, ENVIRONMENT)
    os.close(theirs)
    try:
        assert select.select([ours], [], [], 10)[0], "the child holds the pipe open"
        assert os.read(ours, 1) == b"", "the end of the pipe, while the child lives"
        assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    finally:
        os.close(ours)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_detached_child_hears_the_signals_its_parent_ignored(tmp_path: Path) -> None:
    script = (
        "import signal as s; print([s.getsignal(each) == s.SIG_DFL for each in "
        "(s.SIGHUP, s.SIGTERM)], s.pthread_sigmask(s.SIG_BLOCK, ()) == set())"
    )
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        pid = detach([sys.executable, "-c", script], tmp_path / "log", ENVIRONMENT)
    finally:
        signal.signal(signal.SIGHUP, before)
    os.waitpid(pid, 0)
    assert (tmp_path / "log").read_text() == "[True, True] True\n"


def test_a_program_that_is_missing_or_a_log_that_cannot_be_opened_is_an_error(
    tmp_path: Path,
) -> None:
    with pytest.raises(FileNotFoundError):
        detach([str(tmp_path / "missing")], None, {})
    with pytest.raises(OSError, match="directory"):
        detach([sys.executable, "-c", ""], tmp_path, {})


def test_a_log_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "log").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic link"):
        detach([sys.executable, "-c", "print('x')"], tmp_path / "log", {})
    assert (tmp_path / "victim").read_text() == "precious"
