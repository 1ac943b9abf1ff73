from __future__ import annotations

import logging
import resource
import shutil
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, EventEmitter

from spec_notify.ports import Reason
from spec_notify.watchers.files import FileWatcher
from spec_notify.watchers.polling import Stamps
from tests.privileges import run_as_ordinary_user

from .looker import PATIENCE, Looker, Notes, clock, kernel_watches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is what Linux has")


@pytest.fixture
def hints() -> Notes:
    return Notes()


@pytest.fixture
def warnings() -> Notes:
    return Notes()


@pytest.fixture
def watcher(hints: Notes, warnings: Notes) -> Iterator[FileWatcher]:
    watcher = FileWatcher(hints, warnings)
    yield watcher
    watcher.stop()


def until(condition: Callable[[], bool]) -> bool:
    deadline = clock() + PATIENCE * 1000
    while not condition():
        if clock() > deadline:
            return False
    return True


def test_arming_hints_once_and_again_says_nothing(
    watcher: FileWatcher, hints: Notes, tmp_path: Path
) -> None:
    watcher.rewatch([tmp_path])
    watcher.rewatch([tmp_path, tmp_path])
    assert watcher.watched == (tmp_path,)
    assert hints.all() == [Reason.REARMED]


@linux
def test_only_the_folders_given_are_watched_never_the_tree(
    watcher: FileWatcher, tmp_path: Path
) -> None:
    for number in range(50):
        (tmp_path / f"unrelated-{number}" / "deep").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    before = kernel_watches()
    watcher.rewatch([tmp_path, tmp_path / "docs"])
    assert kernel_watches() - before == 2
    watcher.rewatch([tmp_path / "docs"])
    assert kernel_watches() - before == 1
    watcher.stop()
    assert kernel_watches() == before


def test_a_folder_that_is_missing_is_watched_once_it_is_there(
    watcher: FileWatcher, hints: Notes, tmp_path: Path
) -> None:
    late = tmp_path / "late"
    watcher.rewatch([late])
    assert (watcher.watched, hints.all()) == ((), [])
    late.mkdir()
    watcher.rewatch([late])
    hints.clear()
    (late / "tasks.md").write_text("new")
    assert hints.wait(bool)


def test_a_file_is_no_folder_to_watch(watcher: FileWatcher, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    watcher.rewatch([tmp_path / "file"])
    assert watcher.watched == ()


def renamed_away(folder: Path) -> None:
    folder.rename(folder.with_name("old"))
    folder.mkdir()


def deleted(folder: Path) -> None:
    folder.rmdir()
    folder.mkdir()  # most file systems hand the inode out again


def swapped(folder: Path) -> None:
    other = folder.with_name("other")
    other.mkdir()
    folder.rename(folder.with_name("old"))
    other.rename(folder)


@pytest.mark.parametrize("replace", [renamed_away, deleted, swapped])
def test_a_folder_that_was_replaced_is_armed_again(
    watcher: FileWatcher, hints: Notes, tmp_path: Path, replace: Callable[[Path], None]
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    watcher.rewatch([folder])
    replace(folder)

    def rearmed() -> bool:
        watcher.rewatch([folder])
        return hints.all().count(Reason.REARMED) == 2

    assert until(rearmed)
    hints.clear()
    (folder / "tasks.md").write_text("new")
    assert hints.wait(bool)


@pytest.mark.parametrize("replace", [renamed_away, swapped])
def test_a_document_in_a_replaced_folder_is_read_without_any_timer(
    tmp_path: Path, replace: Callable[[Path], None]
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "tasks.md").write_text("before")
    with Looker(tmp_path, "docs/tasks.md").looking() as looker:
        for turn in range(5):
            shutil.rmtree(folder.with_name("old"), ignore_errors=True)
            replace(folder)
            (folder / "tasks.md").write_text(f"turn {turn}")
            assert looker.seen.wait(lambda seen, turn=turn: seen[-1] == f"turn {turn}")


def test_a_thousand_events_are_a_few_looks(tmp_path: Path) -> None:
    with Looker(tmp_path, "tasks.md").looking() as looker:
        looker.seen.clear()
        woken = looker.wakes
        for turn in range(1_000):
            (tmp_path / "tasks.md").write_text(f"turn {turn}")
        assert looker.seen.wait(lambda seen: seen[-1:] == ["turn 999"])
        assert len(looker.seen) < 20
        assert looker.wakes - woken < 20


def test_reading_and_listing_hint_nothing(
    watcher: FileWatcher, hints: Notes, tmp_path: Path
) -> None:
    (tmp_path / "tasks.md").write_text("here")
    watcher.rewatch([tmp_path])
    for _ in range(20):
        (tmp_path / "tasks.md").read_text()
        list(tmp_path.iterdir())
    (tmp_path / "end").write_text("end")
    assert hints.wait(lambda came: Reason.WRITTEN in came)
    assert hints.all()[:3] == [Reason.REARMED, Reason.CHANGED, Reason.WRITTEN]


def test_what_lies_at_or_below_an_excluded_folder_is_nobodys_business(
    hints: Notes, warnings: Notes, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    ours = (str(evidence), f"{evidence}/")
    watcher = FileWatcher(
        hints, warnings, exclude=lambda path: path == ours[0] or path.startswith(ours[1])
    )
    (evidence / "SPEC-1").mkdir(parents=True)
    watcher.rewatch([tmp_path, evidence, evidence / "SPEC-1"])
    assert watcher.watched == (tmp_path,)
    shutil.rmtree(evidence)
    evidence.mkdir()
    (tmp_path / "evidence-of-another-kind").write_text("end")
    assert hints.wait(lambda came: Reason.WRITTEN in came)
    assert hints.all()[:3] == [Reason.REARMED, Reason.CHANGED, Reason.WRITTEN]
    watcher.stop()


@linux
def test_a_write_in_place_is_told_from_its_closing(
    watcher: FileWatcher, hints: Notes, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    watcher.rewatch([tmp_path])
    with one.open("w") as first:
        first.write("half")
        first.flush()
        assert hints.wait(lambda came: Reason.WRITTEN in came)
        two.write_text("whole")
        assert hints.wait(lambda came: came.count(Reason.WRITTEN) == 2)
        assert Reason.CLOSED not in hints.all()
    assert hints.wait(lambda came: came[-1] == Reason.CLOSED)


def test_folders_beyond_the_limit_are_left_to_polling_with_one_warning(
    hints: Notes, warnings: Notes, tmp_path: Path
) -> None:
    folders = [tmp_path / str(number) for number in range(5)]
    for folder in folders:
        folder.mkdir()
    watcher = FileWatcher(hints, warnings, limit=3)
    for _ in range(3):
        watcher.rewatch(folders)
    assert watcher.watched == tuple(folders[:3])
    assert watcher.alive()
    assert len(warnings) == 1
    assert "more than 3 folders" in warnings.all()[0]
    watcher.stop()


def test_a_folder_that_cannot_be_read_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    code = SCRIPT + "watcher.rewatch(folders); said(watcher.watched); watcher.stop()"
    told = run_as_ordinary_user(code, str(tmp_path / "closed")).splitlines()
    assert "cannot be read" in told[0]
    assert told[-1] == "()"


class Deaf(BaseObserver):
    """An observer whose every event is lost."""

    class _Emitter(EventEmitter):
        def queue_events(self, timeout: float) -> None:
            self.stopped_event.wait()

    def __init__(self) -> None:
        super().__init__(self._Emitter)


def test_the_stat_pass_finds_what_no_event_told(
    hints: Notes, warnings: Notes, tmp_path: Path
) -> None:
    watcher = FileWatcher(hints, warnings, observe=Deaf)
    watcher.rewatch([tmp_path])
    document = tmp_path / "tasks.md"
    document.write_text("before")
    later = document.stat().st_mtime_ns // 1_000_000 + 60_000
    stamps = Stamps(tmp_path)
    assert stamps.changed(["tasks.md"], later) == ["tasks.md"]
    assert stamps.changed(["tasks.md"], later) == []
    document.write_text("beyond")
    assert stamps.changed(["tasks.md"], later) == ["tasks.md"]
    assert hints.all() == [Reason.REARMED]
    watcher.stop()


def test_a_thread_that_died_is_replaced(hints: Notes, warnings: Notes, tmp_path: Path) -> None:
    made: list[BaseObserver] = []

    def observe() -> BaseObserver:
        made.append(Observer())
        return made[-1]

    watcher = FileWatcher(hints, warnings, observe=observe)
    watcher.rewatch([tmp_path])
    made[0].stop()
    made[0].join()
    assert not watcher.alive()
    watcher.rewatch([tmp_path])
    assert watcher.alive()
    hints.clear()
    (tmp_path / "tasks.md").write_text("heard again")
    assert hints.wait(bool)
    watcher.stop()


class Threadless(Deaf):
    """An observer that gets no more threads from the system."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def test_without_threads_polling_carries_the_watch(
    hints: Notes, warnings: Notes, tmp_path: Path
) -> None:
    watcher = FileWatcher(hints, warnings, observe=Threadless)
    watcher.rewatch([tmp_path])
    watcher.rewatch([tmp_path])
    assert not watcher.alive()
    assert hints.all() == []
    assert len(warnings) == 1
    assert "polled every 2 s" in warnings.all()[0]


def test_what_watchdog_says_of_an_overflow_is_a_hint(
    watcher: FileWatcher, hints: Notes, tmp_path: Path
) -> None:
    watcher.rewatch([tmp_path])
    logger = logging.getLogger("watchdog.observers.inotify_c")
    logger.warning("Inotify queue overflowed; filesystem events were lost")
    assert hints.all() == [Reason.REARMED, Reason.OVERFLOW]
    watcher.stop()
    assert logging.getLogger("watchdog").handlers == []


@linux
def test_a_closing_lost_in_an_overflow_is_not_waited_for(
    watcher: FileWatcher, hints: Notes, tmp_path: Path
) -> None:
    watcher.rewatch([tmp_path])
    with (tmp_path / "one.md").open("w") as one:
        one.write("half")
        one.flush()
        assert hints.wait(lambda came: came[-1] == Reason.WRITTEN)
        logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")
        (tmp_path / "two.md").write_text("whole")
        assert hints.wait(lambda came: came[-1] == Reason.CLOSED)


SCRIPT = """
import os, sys
from pathlib import Path
from spec_notify.watchers.files import FileWatcher
said = lambda *words: os.write(1, (" ".join(map(str, words)) + "\\n").encode())
watcher = FileWatcher(lambda reason: said("hint", reason), lambda words: said("warning", words))
folders = [Path(each) for each in sys.argv[1:]]
"""


@linux
def test_a_queue_the_kernel_overflowed_is_one_hint_not_a_lost_change(tmp_path: Path) -> None:
    """A stopped watcher reads nothing while more events come in than the kernel keeps."""
    with open("/proc/sys/fs/inotify/max_queued_events") as limit:  # noqa: PTH123 - a kernel file, as it is named
        most = int(limit.read())
    if most > 100_000:
        pytest.skip(f"max_queued_events is {most}: too many to fill")
    script = SCRIPT + "watcher.rewatch(folders); sys.stdin.read(); watcher.stop()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        impatience = threading.Timer(6 * PATIENCE, child.kill)
        impatience.start()
        assert child.stdout.readline() == "hint rearmed\n"
        child.send_signal(signal.SIGSTOP)
        for turn in range(most):
            (tmp_path / f"file-{turn % 2}").touch()
            (tmp_path / f"file-{turn % 2}").write_bytes(b"")
        child.send_signal(signal.SIGCONT)
        told = iter(child.stdout.readline, "")
        assert "hint overflow\n" in told, "the watcher ended without telling of the overflow"
        child.communicate()
        impatience.cancel()


@linux
def test_without_an_inotify_instance_polling_carries_the_watch_until_there_is_one(
    tmp_path: Path,
) -> None:
    script = (
        SCRIPT
        + """
import resource
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
top = os.open(os.devnull, os.O_RDONLY)
resource.setrlimit(resource.RLIMIT_NOFILE, (top + 1, hard))
watcher.rewatch(folders); watcher.rewatch(folders)
said("alive", watcher.alive(), len(watcher.watched))
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
watcher.rewatch(folders)
said("alive", watcher.alive(), len(watcher.watched))
watcher.stop()
"""
    )
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 64
    told = run(sys.executable, "-c", script, str(tmp_path)).splitlines()
    assert told[0].startswith("warning no inotify instance is left: what is not watched is polled")
    assert told[1:] == ["alive False 0", "hint rearmed", "alive True 1"]


@linux
def test_when_the_watches_run_out_what_stands_stays_and_one_warning_says_so(
    tmp_path: Path,
) -> None:
    """A user namespace of its own gives the kernel's limit without touching the machine's."""
    limit = "/proc/sys/user/max_inotify_watches"
    alone = ["unshare", "--user", "--map-root-user", "sh", "-c", f'echo 2 > {limit} && exec "$@"']
    if subprocess.run([*alone, "sh", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no user namespaces here (unshare)")
    folders = [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
    script = (
        SCRIPT
        + """
watcher.rewatch(folders); watcher.rewatch(folders)
said("alive", watcher.alive(), len(watcher.watched))
Path("/proc/sys/user/max_inotify_watches").write_text("100")
watcher.rewatch(folders)
said("alive", watcher.alive(), len(watcher.watched))
watcher.stop()
"""
    )
    told = run(*alone, "sh", sys.executable, "-c", script, *map(str, folders)).splitlines()
    assert told[0].startswith("warning no inotify watches are left: what is not watched is polled")
    assert told[1:] == [
        "hint rearmed",
        "alive True 2",
        "hint rearmed",
        "alive True 4",
    ]


def run(*words: str) -> str:
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
