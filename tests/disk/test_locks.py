from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.errors import SpoolError
from spec_notify.disk.locks import Lock, holder, single_flight
from spec_notify.disk.process import owner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

HOLD = """
import pathlib, sys
from spec_notify.disk.locks import Lock
print(Lock(pathlib.Path(sys.argv[1])).acquire(), flush=True)
input()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "watch.lock"


@contextmanager
def another_process_holds(path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        yield child
        child.kill()


def test_a_lock_is_held_by_one_and_free_after_release(path: Path) -> None:
    one, two = Lock(path), Lock(path)
    assert one.acquire()
    assert not two.acquire()
    assert not one.acquire()
    one.release()
    one.release()
    assert two.acquire()
    two.release()


def test_the_holder_is_named_only_while_it_holds(path: Path) -> None:
    assert holder(path) is None
    lock = Lock(path)
    lock.acquire()
    held = holder(path)
    assert held is not None
    assert (held.owner, held.pid) == (owner(), os.getpid())
    lock.release()
    assert holder(path) is None
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_dies_with_its_process_and_is_free_at_once(path: Path) -> None:
    for _ in range(5):
        with another_process_holds(path) as child:
            lock = Lock(path)
            assert not lock.acquire()
            held = holder(path)
            assert held is not None
            assert held.pid == child.pid
            child.kill()
            child.wait()
            assert path.read_text() == held.owner, "the name outlives its bearer"
            assert holder(path) is None
            assert lock.acquire()
            lock.release()


def test_a_child_that_is_started_does_not_keep_the_lock(path: Path) -> None:
    lock = Lock(path)
    lock.acquire()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        lock.release()
        assert holder(path) is None
        assert lock.acquire()
        child.kill()
    lock.release()


def test_a_lock_file_that_was_cleared_away_is_made_again(path: Path) -> None:
    one, two = Lock(path), Lock(path)
    one.acquire()
    path.unlink()
    assert two.acquire()
    one.release()
    assert holder(path) is not None
    two.release()


def test_a_name_that_says_nothing_is_still_a_lock_that_is_held(path: Path) -> None:
    lock = Lock(path)
    lock.acquire()
    path.write_text("")
    held = holder(path)
    assert held is not None
    assert (held.owner, held.pid) == ("", None)
    assert not Lock(path).acquire()
    lock.release()


def test_a_holder_that_has_not_signed_yet_is_not_taken_for_the_dead_one_before(path: Path) -> None:
    dead = owner().rpartition(":")[0] + ":1"
    path.write_text(dead)
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        soon = threading.Timer(0.02, path.write_text, [owner()])
        soon.start()
        held = holder(path)
        soon.join()
    assert held is not None
    assert held.owner == owner()


def test_whoever_asks_does_not_keep_another_from_taking_it(path: Path) -> None:
    """Asking takes the lock for an instant; a process that lost to that would be turned away."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            holder(path)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(300):
            lock = Lock(path)
            assert lock.acquire()
            lock.release()
    finally:
        done.set()
        for thread in asking:
            thread.join()


@pytest.mark.parametrize("obstacle", ["no folder", "a directory", "a link"])
def test_a_place_that_cannot_be_locked_is_an_error_that_names_it(
    tmp_path: Path, obstacle: str
) -> None:
    path = tmp_path / "state" / "lock"
    if obstacle != "no folder":
        path.parent.mkdir()
    if obstacle == "a directory":
        path.mkdir()
    if obstacle == "a link":
        path.symlink_to(tmp_path / "victim")
    with pytest.raises(SpoolError, match="cannot be locked") as caught:
        Lock(path).acquire()
    assert caught.value.path == str(path)
    assert not (tmp_path / "victim").exists()


def test_alone_the_work_runs_once(path: Path) -> None:
    runs: list[int] = []
    assert single_flight(path, lambda: runs.append(1))
    assert single_flight(path, lambda: runs.append(2))
    assert runs == [1, 2]
    assert holder(path) is None


def test_a_request_while_another_works_leaves_a_mark_and_goes_home(path: Path) -> None:
    runs: list[str] = []

    def first() -> None:
        runs.append("first")
        if len(runs) == 1:
            for _ in range(3):
                assert not single_flight(path, lambda: runs.append("never ours to run"))

    assert single_flight(path, first)
    assert runs == ["first", "first"], "three requests are one more run"


def test_a_request_while_the_holder_lets_go_is_not_lost(path: Path) -> None:
    """The holder has seen no more marks and still holds: the only moment a request could slip."""
    runs: list[str] = []

    def letting_go(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is Lock.release.__code__:
            sys.setprofile(None)
            assert not single_flight(path, lambda: runs.append("never ours to run"))

    sys.setprofile(letting_go)
    try:
        assert single_flight(path, lambda: runs.append("run"))
    finally:
        sys.setprofile(None)
    assert runs == ["run", "run"]


def test_a_run_that_raises_does_not_keep_others_waiting(path: Path) -> None:
    runs: list[str] = []

    def first() -> None:
        runs.append("first")
        if len(runs) == 1:
            assert not single_flight(path, lambda: None)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        single_flight(path, first)
    assert runs == ["first", "first"]
    assert holder(path) is None


def test_a_run_that_was_killed_keeps_nobody_waiting(path: Path) -> None:
    script = """
import os, pathlib, signal, sys
from spec_notify.disk.locks import single_flight
single_flight(pathlib.Path(sys.argv[1]), lambda: os.kill(os.getpid(), signal.SIGKILL))
"""
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    runs: list[int] = []
    assert single_flight(path, lambda: runs.append(1))
    assert runs == [1]


def test_without_a_state_folder_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(SpoolError, match="cannot be locked"):
        single_flight(tmp_path / "missing" / "lock", lambda: None)


ASKER = """
import os, pathlib, random, sys, time
from spec_notify.disk.locks import single_flight
path, log = pathlib.Path(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
say = lambda word, at: os.write(log, f"{word} {at}\\n".encode())
def work():
    began = time.monotonic_ns()
    say("began", began)
    say("ended", began)
for _ in sys.stdin:
    time.sleep(random.random() / 5000)
    say("asked", time.monotonic_ns())
    single_flight(path, work)
    print("done", flush=True)
"""


def test_every_request_is_followed_by_a_whole_run_that_began_after_it(
    path: Path, tmp_path: Path
) -> None:
    """Five processes ask at once, two hundred times over; after each time all is quiet."""
    log, asked, runs = tmp_path / "log", 0, list[list[str]]()
    log.touch()
    with ExitStack() as stack:
        lines = stack.enter_context(log.open())
        askers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", ASKER, str(path), str(log)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    bufsize=1,
                )
            )
            for _ in range(5)
        ]
        for turn in range(200):
            for asker in askers:
                assert asker.stdin is not None
                asker.stdin.write("go\n")
            for asker in askers:
                assert asker.stdout is not None
                assert asker.stdout.readline() == "done\n"
            told = [line.split() for line in lines]
            asks = [int(at) for word, at in told if word == "asked"]
            ended = [int(at) for word, at in told if word == "ended"]
            assert len(asks) == len(askers)
            assert max(asks) < max(ended), f"a request of turn {turn} was lost"
            asked += len(asks)
            runs += [each for each in told if each[0] != "asked"]
    alone = [[word, at] for _, at in runs[::2] for word in ("began", "ended")]
    assert runs == alone, "never two at a time"
    assert len(runs) // 2 < asked, "requests that come together share a run"
