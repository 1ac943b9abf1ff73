"""Runs at a server as a feed: polled beside the looks, which take the last answers as they are.

A look must not wait for a server that hangs; only the first one asks by itself, as a `scan` does
that makes no other.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from spec_notify.core.run import Finish, RunPlace
from spec_notify.core.run_payload import build_finish_event
from spec_notify.core.run_plan import next_check
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import Status
from spec_notify.pipeline.run_telling import server_name
from spec_notify.ports import Fed, Unread, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from spec_notify.core.event import Event
    from spec_notify.pipeline.run_check import Found
    from spec_notify.ports import Telling

    Ask = Callable[[Sequence[str]], Mapping[str, Found]]

FORMAT, RUNNING = "runs", "running"


class RunsFeed:
    """Some runs at one server (ports.Feed); each is asked for until its end is known.

    `ask` checks runs by their ids and may take seconds; `clock` and `interval` are milliseconds.
    """

    remote = True
    place = ""

    def __init__(
        self, base: str, runs: Sequence[str], *, ask: Ask, interval: int, clock: Callable[[], int]
    ) -> None:
        self.name = server_name(RunPlace(base=base, run=""))
        self._runs = runs
        self._ask = ask
        self._interval = interval
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, Found] = {}
        self._poller: threading.Thread | None = None
        self._due: int | None = None
        self._troubles = 0
        self._fresh = False

    def read(self, before: Snapshot | None) -> Fed | Unreadable:
        """Answer how the runs stood when they were last asked for; at first, ask."""
        if self._due is None:
            self._poll()
        with self._lock:
            found = dict(self._found)
        stood = {task.key for task in before.tasks} if before else set()
        unread = [
            Unread(place=run, why=each.trouble, keys=frozenset({_key(run)}))
            for run, each in found.items()
            # One that the server does not know yet is nothing, unless it was there before.
            if each.trouble and (_key(run) in stood or not each.unknown)
        ]
        if unread and len(unread) == len(found):
            return Unreadable(path=self.name, why=unread[0].why)
        known = (each for each in found.items() if not each[1].trouble)
        tasks = tuple(_task(run, each.finish) for run, each in known)
        return Fed(
            snapshot=Snapshot(document=self.name, format=FORMAT, tasks=tasks), unread=tuple(unread)
        )

    def stands_at(self, task: Task) -> str:
        """Answer the run."""
        return task.id or ""

    def tell(self, telling: Telling) -> Event | None:
        """Make the event of a run's end, once for each run, whatever becomes of it later."""
        before, finish = telling.transition.before, telling.transition.task.fed
        if not isinstance(finish, Finish) or (before and before.canonical != RUNNING):
            return None
        return msgspec.structs.replace(build_finish_event(finish), document=telling.document)

    def stirred(self, now: int) -> bool:
        """Say whether an answer is new since this was last asked; have the next one asked for."""
        with self._lock:
            fresh, self._fresh = self._fresh, False
        asking = self._poller is not None and self._poller.is_alive()
        if self._due is not None and now >= self._due and self._open() and not asking:
            self._poller = threading.Thread(target=self._poll, name="runs", daemon=True)
            self._poller.start()
        return fresh

    def folders(self) -> Sequence[Path]:
        """Answer no folder: a server writes no files here."""
        return ()

    def minds(self, path: str) -> bool:
        """Say yes: no file is its own."""
        del path
        return True

    def _open(self) -> list[str]:
        with self._lock:
            return [run for run in self._runs if not _has_ended(self._found.get(run))]

    def _poll(self) -> None:
        started = self._clock()
        found = self._ask(self._open())
        with self._lock:
            self._fresh = self._fresh or any(self._found.get(run) != found[run] for run in found)
            self._found |= found
        self._troubles = self._troubles + 1 if any(each.trouble for each in found.values()) else 0
        wish = max((each.wish or 0 for each in found.values()), default=0)
        self._due = next_check(
            self._interval,
            started=started,
            now=self._clock(),
            troubles=self._troubles,
            wish=wish,
        )


def _has_ended(found: Found | None) -> bool:
    return found is not None and found.finish is not None


def _key(run: str) -> str:
    # A slash in a key would mean a namespace; an id has none, and what it has stays apart.
    return f"run:{quote(run, safe='', errors='replace')}"


def _task(run: str, finish: Finish | None) -> Task:
    word = finish.outcome if finish else RUNNING
    status = Status(canonical=word, text=word, raw=word)
    return Task(key=_key(run), id=run, title=run, status=status, line=1, fed=finish)
