"""Runs of conductor-loop: every run-info.yaml below a root, read again when it was touched.

`<root>/<project>/<task>/runs/<run>/run-info.yaml`; no link below the root is followed, and its
temporary and lock files are none of ours.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpellingError
from spec_notify.core.feed import feed_name
from spec_notify.core.run_stop import ENDED, RunStop
from spec_notify.core.run_stop_payload import build_run_stop
from spec_notify.core.snapshot import Notice, Snapshot, Task
from spec_notify.ports import Fed, Text, Unread, Unreadable
from spec_notify.sources.run_info import FILE, LARGEST, Place, read_run_info, task_of

from .run_listing import Listing, listed
from .workspace import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spec_notify.core.event import Event
    from spec_notify.ports import Telling

    from .run_listing import Stamp

FORMAT = "run-info"
MOST = 20_000
"""Runs of a root that are followed; of more, the newest."""
YOUNG = 2_000
"""Milliseconds within which a file may be written again under the stamp it has."""
WATCHED = 64
"""Folders watched for events; each costs a thread, and the stat pass finds the rest."""
_SHARE = 20
"""A stat pass rests this many times as long as it took."""
_HALF = "its last line may still be being written"


class RunFolders:
    """The runs below one root, as a feed (ports.Feed). `clock` is milliseconds UTC."""

    remote = False

    def __init__(self, root: Path, *, clock: Callable[[], int]) -> None:
        self.root = Path(os.path.realpath(root))
        self.name = feed_name("conductor", root.name, str(self.root))
        self._clock = clock
        self._folder = Folder(self.root, cap=LARGEST)
        self._known: dict[Place, tuple[Stamp, Task]] = {}
        self._stamps: dict[Place, Stamp] = {}
        self._ended: frozenset[Place] = frozenset()
        self._rests_until = 0

    @property
    def place(self) -> str:
        """Answer the root."""
        return str(self.root)

    def read(self, before: Snapshot | None) -> Fed | Unreadable:
        """Read what stands now; a root that is gone while runs of it are remembered is unread."""
        listing = listed(self.root)
        if isinstance(listing, str):
            return Unreadable(path=self.name, why=f"its root {listing}")
        if listing.missing and before is not None and before.tasks:
            return Unreadable(path=self.name, why="its root is gone")
        chosen = sorted(listing.stamps, key=lambda place: place.run)[-MOST:]
        found = {place: self._run(place, listing.stamps[place]) for place in chosen}
        tasks = {place: each for place, each in found.items() if isinstance(each, Task)}
        self._known = {place: self._known[place] for place in tasks if place in self._known}
        self._ended = frozenset(
            place for place, each in tasks.items() if each.status.canonical in ENDED
        )
        unread = [each for each in found.values() if isinstance(each, Unread)]
        return Fed(
            snapshot=Snapshot(
                document=self.name,
                format=FORMAT,
                tasks=tuple(tasks.values()),
                notices=_left_out(len(listing.stamps) - len(chosen)),
            ),
            unread=(*unread, *_closed(listing, before)),
        )

    def stands_at(self, task: Task) -> str:
        """Answer the path of a run's file below the root."""
        return task.fed.path if isinstance(task.fed, RunStop) else ""

    def tell(self, telling: Telling) -> Event | None:
        """Make the `run_stop` of a run that ended, or that ended otherwise than was told."""
        return build_run_stop(
            telling.transition,
            document=telling.document,
            repository=telling.repository,
            generation=telling.generation,
            evidence_root=telling.evidence_root,
            occurrence=telling.occurrence,
            now=telling.now,
        )

    def stirred(self, now: int) -> bool:
        """Say whether a run-info.yaml came, went or was touched since this was last asked."""
        if now < self._rests_until:
            return False
        listing = listed(self.root)
        self._rests_until = now + _SHARE * max(0, self._clock() - now)
        stamps = {} if isinstance(listing, str) else listing.stamps
        known, self._stamps = self._stamps, stamps
        return stamps != known

    def folders(self) -> Sequence[Path]:
        """Answer the root, its projects, and the folders of the newest and the unfinished runs."""
        listing = listed(self.root)
        if isinstance(listing, str) or listing.missing:
            return (self.root.parent,)
        newest = sorted(listing.tasks, key=lambda each: each.newest, reverse=True)
        open_ = [place for place in listing.runs if place not in self._ended]
        open_.sort(key=lambda place: place.run, reverse=True)
        below = [f"{each.project}/{each.task}/runs/{each.run}" for each in open_[: WATCHED // 2]]
        below += [each.project for each in newest[:WATCHED]]
        below += [f"{t.project}/{t.task}{more}" for t in newest for more in ("", "/runs")]
        chosen = dict.fromkeys([self.root, *(self.root / each for each in below)])
        return list(chosen)[:WATCHED]

    def minds(self, path: str) -> bool:
        """Say whether a path outside the root, a folder's, or a run's file was touched.

        An agent writes its output beside it all the time.
        """
        if not path.startswith(f"{self.root}/"):
            return True
        match path[len(str(self.root)) + 1 :].split("/"):
            case [_, _, below]:
                return below == "runs"
            case [_, _, "runs", _, name]:
                return name == FILE
        return True

    def _run(self, place: Place, stamp: Stamp) -> Task | Unread:
        known = self._known.get(place)
        if known is not None and known[0] == stamp:
            return known[1]
        text = self._folder.read(place.path)
        if not isinstance(text, Text):
            why = text.why if text else "is gone"
            return Unread(place=place.path, why=why, keys=frozenset({place.key}))
        young = -YOUNG < self._clock() - (text.modified or 0) < YOUNG
        try:
            task = _task(text.text, place, young=young)
        except SpellingError as error:
            return Unread(place=place.path, why=str(error), keys=frozenset({place.key}))
        if not young:
            self._known[place] = (stamp, task)
        return task


def _task(text: str, place: Place, *, young: bool) -> Task:
    if young and not text.endswith("\n"):
        raise SpellingError(_HALF)
    return task_of(read_run_info(text, place), place)


def _left_out(count: int) -> tuple[Notice, ...]:
    if not count:
        return ()
    return (Notice(code="too_many", message=f"{count} of its runs, the oldest, are left out"),)


def _closed(listing: Listing, before: Snapshot | None) -> list[Unread]:
    """Answer the folders that could not be listed; what stood in one stands."""
    stood = [task.key for task in before.tasks] if before else []
    return [
        Unread(
            place=place,
            why=why,
            keys=frozenset(key for key in stood if key.startswith(_prefix(place))),
        )
        for place, why in listing.closed.items()
    ]


def _prefix(folder: str) -> str:
    """Answer how the keys of all runs in a project's folder, or in a task's `runs`, begin."""
    return "".join(f"{part}:" for part in folder.split("/")[:2])
