"""File events as hints: flat watches on the folders that matter, and one callback for all.

The only door to watchdog. An event never says what changed, only that a look is worth it; where
events do not work, the stat pass of polling.py carries the watch alone (contract, section 4).
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import watchdog.events as happened
from watchdog.observers import Observer

from spec_notify.ports import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from watchdog.observers.api import BaseObserver, ObservedWatch

LIMIT = 500
"""Most folders watched: each costs a kernel watch and a thread of watchdog's."""

# Opening and reading are no news, and would have every look of ours call for the next one.
_NEWS: list[type[happened.FileSystemEvent]] = [
    happened.FileCreatedEvent,
    happened.FileModifiedEvent,
    happened.FileMovedEvent,
    happened.FileDeletedEvent,
    happened.FileClosedEvent,
    happened.DirCreatedEvent,
    happened.DirMovedEvent,
    happened.DirDeletedEvent,
]
_POLLED = "what is not watched is polled every 2 s"
_Identity = tuple[int, int]


class FileWatcher:
    """Watches folders flat, never what lies below them, and heals itself on every `rewatch`.

    `hint` gets a Reason from a thread of watchdog's for every relevant event, so it must neither
    block nor raise. `warn` gets each trouble once, until it has passed and comes again. Events at
    paths that `exclude` says yes to are nobody's business. One thread calls everything but the
    callbacks.
    """

    def __init__(
        self,
        hint: Callable[[str], None],
        warn: Callable[[str], None],
        *,
        exclude: Callable[[str], bool] = lambda _: False,
        limit: int = LIMIT,
        observe: Callable[[], BaseObserver] = Observer,
    ) -> None:
        self._hint, self._warn, self._limit, self._observe = hint, warn, limit, observe
        self._listener = _Listener(hint, exclude)
        self._overflow = _Overflow(self._listener)
        self._observer: BaseObserver | None = None
        self._armed: dict[Path, tuple[_Identity, ObservedWatch]] = {}
        self._troubles: frozenset[str] = frozenset()

    @property
    def watched(self) -> tuple[Path, ...]:
        """The folders under watch now."""
        return tuple(self._armed)

    def alive(self) -> bool:
        """Say whether events are being listened to; otherwise polling carries the watch."""
        return self._observer is not None and self._observer.is_alive()

    def rewatch(self, folders: Sequence[Path]) -> None:
        """Watch exactly these folders, the first ones when there are too many; cheap to repeat.

        One that is missing is left out; one that was replaced, or whose listener died, is armed
        again. Whenever any was armed, hints REARMED, so a look follows.
        """
        if not self.alive():
            self.stop()
        wanted, troubles = self._wanted(folders)
        self._drop(wanted)
        kept = len(self._armed)
        troubles |= self._arm(wanted)
        for trouble in sorted(troubles - self._troubles):
            self._warn(trouble)
        self._troubles = frozenset(troubles)
        if len(self._armed) > kept:
            self._hint(Reason.REARMED)

    def stop(self) -> None:
        """Let go of all watches and threads; `rewatch` starts again."""
        observer, self._observer = self._observer, None
        self._armed.clear()
        logging.getLogger(_Overflow.source).removeHandler(self._overflow)
        if observer is None:
            return
        observer.stop()
        if observer.ident is not None:
            observer.join()

    def _wanted(self, folders: Sequence[Path]) -> tuple[dict[Path, _Identity], set[str]]:
        wanted: dict[Path, _Identity] = {}
        troubles = set()
        for folder in dict.fromkeys(folders):
            identity = _identity(folder)
            if identity is None or self._listener.excludes(os.fspath(folder)):
                continue
            if len(wanted) == self._limit:
                troubles.add(f"more than {self._limit} folders to watch: {_POLLED}")
                break
            # watchdog takes a watch the kernel refused for lack of permission as one that stands.
            if os.access(folder, os.R_OK):
                wanted[folder] = identity
            else:
                troubles.add(f"{folder} cannot be read: {_POLLED}")
        return wanted, troubles

    def _drop(self, wanted: dict[Path, _Identity]) -> None:
        if self._observer is None:
            return
        living = {emitter.watch for emitter in self._observer.emitters if emitter.is_alive()}
        for folder, (identity, watch) in list(self._armed.items()):
            # A new folder may get the old one's inode; its listener died with the old one.
            if wanted.get(folder) != identity or watch not in living:
                del self._armed[folder]
                self._observer.unschedule(watch)

    def _arm(self, wanted: dict[Path, _Identity]) -> set[str]:
        try:
            for folder, identity in wanted.items():
                if folder not in self._armed:
                    self._schedule(folder, identity)
        except OSError as error:
            return {_trouble(error)}
        except RuntimeError as error:
            # A watch without its thread would pile up events that nobody reads.
            self.stop()
            return {f"file events cannot be used ({error}): {_POLLED}"}
        return set()

    def _schedule(self, folder: Path, identity: _Identity) -> None:
        observer = self._observer or self._started()
        try:
            watch = observer.schedule(
                self._listener, os.fspath(folder), event_filter=_NEWS, follow_symlink=True
            )
        except (FileNotFoundError, NotADirectoryError):
            return  # gone since it was asked for: its parent's event, or the next pass, tells
        self._armed[folder] = (identity, watch)

    def _started(self) -> BaseObserver:
        _hold_nothing_back()
        self._observer = self._observe()
        logging.getLogger(_Overflow.source).addHandler(self._overflow)
        self._observer.start()
        return self._observer


class _Listener(happened.FileSystemEventHandler):
    def __init__(self, hint: Callable[[str], None], excludes: Callable[[str], bool]) -> None:
        self._hint = hint
        self.excludes = excludes
        self._writing: set[str] = set()

    def lost(self) -> None:
        self._writing.clear()
        self._hint(Reason.OVERFLOW)

    def dispatch(self, event: happened.FileSystemEvent) -> None:
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path)
        if not (self.excludes(source) and self.excludes(target or source)):
            self._hint(self._reason(event.event_type, source))

    def _reason(self, kind: str, path: str) -> Reason:
        if kind == happened.EVENT_TYPE_MODIFIED:
            self._writing.add(path)
            return Reason.WRITTEN
        if path not in self._writing:
            return Reason.CHANGED
        self._writing.discard(path)
        return Reason.CHANGED if self._writing else Reason.CLOSED


class _Overflow(logging.Handler):
    source = "watchdog"
    """The logger of watchdog, the only place where it says that the kernel's queue was full."""

    def __init__(self, listener: _Listener) -> None:
        super().__init__(logging.WARNING)
        self._listener = listener

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage():
            self._listener.lost()


def _hold_nothing_back() -> None:
    # watchdog keeps the first half of a move, and all events behind it, for half a second to pair
    # it with the second. We pair nothing, and an editor may keep its backups in another folder.
    with suppress(ImportError):
        from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

        InotifyMoveEventGrouper.delay = 0.0


def _identity(folder: Path) -> _Identity | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def _trouble(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC:
            return f"no inotify watches are left: {_POLLED}; raise fs.inotify.max_user_watches"
        case errno.EMFILE:
            return f"no inotify instance is left: {_POLLED}; raise fs.inotify.max_user_instances"
    return f"file events cannot be used ({error.strerror}): {_POLLED}"
