"""A watcher at work, as small as it can be: hints settle, then a look reads one document."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.pipeline.settle import Settle
from spec_notify.watchers.files import FileWatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 10.0
"""Seconds after which a condition that should hold by itself is given up."""


def clock() -> int:
    return time.monotonic_ns() // 1_000_000


class Notes:
    """What came in, in order, and a way to wait for more of it."""

    def __init__(self) -> None:
        self._came: list[str] = []
        self._more = threading.Condition()

    def __call__(self, note: str) -> None:
        with self._more:
            self._came.append(note)
            self._more.notify_all()

    def __len__(self) -> int:
        with self._more:
            return len(self._came)

    def all(self) -> list[str]:
        with self._more:
            return list(self._came)

    def clear(self) -> None:
        with self._more:
            self._came.clear()

    def wait(self, condition: Callable[[list[str]], bool], seconds: float = PATIENCE) -> bool:
        with self._more:
            return self._more.wait_for(lambda: condition(self._came), seconds)


class Looker:
    """Watches one document the way `watch` does, without any timer: events alone must do."""

    def __init__(self, root: Path, document: str) -> None:
        self.root, self.document = root, document
        self.hints, self.seen, self.warnings = Notes(), Notes(), Notes()
        self.wakes = 0
        self.watcher = FileWatcher(self._hint, self.warnings)
        self._settle, self._wake, self._stop = Settle(), threading.Event(), False
        self._thread = threading.Thread(target=self._run)

    def _hint(self, reason: str) -> None:
        self.hints(reason)
        if self._settle.hint(clock(), reason):
            self.wakes += 1
            self._wake.set()

    def _run(self) -> None:
        while not self._stop:
            wait = self._settle.next(clock())
            if wait == 0:
                self._settle.begin()
                self._look()
                continue
            self._wake.wait(None if wait is None else wait / 1000)
            self._wake.clear()

    def _look(self) -> None:
        # Armed before it is read: what is saved in between is either read or hinted.
        self.watcher.rewatch(self._folders())
        try:
            self.seen((self.root / self.document).read_text())
        except FileNotFoundError:
            self.seen("(missing)")

    def _folders(self) -> list[Path]:
        return [self.root, (self.root / self.document).parent]

    @contextmanager
    def looking(self) -> Iterator[Looker]:
        self._thread.start()
        self.watcher.rewatch(self._folders())
        try:
            assert self.seen.wait(lambda seen: len(seen) > 0)
            yield self
        finally:
            self._stop = True
            self._wake.set()
            self._thread.join()
            self.watcher.stop()


def kernel_watches() -> int:
    """Count the inotify watches of this process, as the kernel tells them."""
    total = 0
    for each in Path("/proc/self/fdinfo").iterdir():
        try:
            total += each.read_text().count("inotify wd:")
        except FileNotFoundError:
            continue
    return total
