"""Watched manifests of teams: files read again when they are touched, as a feed (ports.Feed).

Only how a team stands is read of them. Whom a manifest's own delivery list names is never told:
a file that somebody else may change says what, never where.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from spec_notify.core.feed import feed_name
from spec_notify.core.globs import matches
from spec_notify.core.snapshot import Notice, Snapshot, Task
from spec_notify.core.status import Status
from spec_notify.core.team import ENDS, Team
from spec_notify.core.team_payload import build_team_event
from spec_notify.ports import Fed, Text, Unread, Unreadable
from spec_notify.sources.team_manifest import MOST_BYTES, Manifests, read_manifests

from .workspace import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spec_notify.core.event import Event
    from spec_notify.ports import Telling

FORMAT = "team-manifest"
YOUNG = 2_000
"""Milliseconds within which a file may still be being written."""
NO_PHASE = "Pending"
"""How a team stands whose manifest has no phase yet."""
_WILD = re.compile(r"[*?\[]")
_HALF = "it may still be being written"


class TeamFiles:
    """The manifests below a folder that a pattern matches. `clock` is milliseconds UTC."""

    remote = False

    def __init__(self, root: Path, glob: str, *, clock: Callable[[], int]) -> None:
        self.root = Path(os.path.realpath(root))
        self.glob = glob
        self.name = feed_name("teams", glob, f"{self.root}/{glob}")
        self._clock = clock
        self._folder = Folder(self.root, cap=MOST_BYTES)
        self._known: dict[str, tuple[str, Manifests]] = {}
        self._stamps: dict[str, str] = {}
        self._again: int | None = None

    @property
    def place(self) -> str:
        """Answer the pattern of its files."""
        return f"{self.root}/{self.glob}"

    def read(self, before: Snapshot | None) -> Fed | Unreadable:
        """Read what stands now; a folder that is gone while teams of it are known is unread."""
        if not self.root.is_dir() and before is not None and before.tasks:
            return Unreadable(path=self.name, why="its folder is gone")
        listing = self._folder.listing([self.glob])
        self._again = None
        stood = {task.key: task for task in before.tasks} if before else {}
        found: dict[str, Task] = {}
        unread: list[Unread] = []
        notices = [*listing.notices]
        for path in listing.documents:
            tasks, missed = self._file(path, stood)
            unread += missed
            for each in tasks:
                if each.key in found:
                    words = f"{each.title} stands in {path} too: only the first is followed"
                    notices.append(Notice(code="twice", message=words))
                found.setdefault(each.key, each)
        self._known = {path: self._known[path] for path in listing.documents if path in self._known}
        snapshot = Snapshot(
            document=self.name,
            format=FORMAT,
            tasks=tuple(found.values()),
            notices=tuple(notices),
        )
        return Fed(snapshot=snapshot, unread=tuple(unread))

    def stands_at(self, task: Task) -> str:
        """Answer the path of the manifest a team stands in."""
        return task.section or ""

    def tell(self, telling: Telling) -> Event | None:
        """Make the event of a team that ended; None for one that did not.

        Raises ValueError for a team of which nothing but its phase is known.
        """
        after, team = telling.transition.after, telling.transition.task.fed
        if after is None or after.canonical not in ENDS:
            return None
        if not isinstance(team, Team):
            raise ValueError("its manifest was not read")  # noqa: TRY004 - a poison entry, no bug
        return build_team_event(
            team,
            telling.repository,
            telling.generation,
            telling.document,
            telling.occurrence,
            now=telling.now,
            document=telling.transition.task.section,
            source=telling.document,
        )

    def stirred(self, now: int) -> bool:
        """Say whether a manifest came, went or was touched, or has been left alone long enough."""
        stamps = {path: self._stamp(path) for path in self._folder.documents([self.glob])}
        known, self._stamps = self._stamps, stamps
        return stamps != known or (self._again is not None and now >= self._again)

    def folders(self) -> Sequence[Path]:
        """Answer the folders a manifest is in or may appear in."""
        if not self.root.is_dir():
            return (self.root.parent,)
        return [self.root / each for each in self._folder.watch_folders([self.glob])]

    def minds(self, path: str) -> bool:
        """Say whether a manifest was touched, or what may be a folder of one."""
        if not path.startswith(f"{self.root}/"):
            return True
        below = path[len(str(self.root)) + 1 :]
        return matches(below, self.glob) or "." not in below.rpartition("/")[2]

    def _file(self, path: str, stood: dict[str, Task]) -> tuple[list[Task], list[Unread]]:
        """Answer the teams of a file; what cannot be believed of it stands as it stood."""
        known = self._manifests(path)
        if isinstance(known, str):
            return [], [_unread(path, known, stood, ())]
        teams, lost = [], []
        for team in known.teams:
            task = _task(team, path)
            before = stood.get(task.key)
            ended = before is not None and before.status.canonical in ENDS
            if team.phase is None and ended and path not in self._known:
                lost.append(task.key)
            else:
                teams.append(task)
        if lost:
            return teams, [Unread(place=path, why=_HALF, keys=frozenset(lost))]
        if known.faults:
            read = [each.key for each in teams]
            return teams, [_unread(path, "; ".join(known.faults[:3]), stood, read)]
        return teams, []

    def _manifests(self, path: str) -> Manifests | str:
        """Answer what a file holds, or why that cannot be said now; an old one is read once."""
        stamp = self._stamp(path)
        if path in self._known and self._known[path][0] == stamp:
            return self._known[path][1]
        self._known.pop(path, None)
        text = self._folder.read(path)
        if not isinstance(text, Text):
            return text.why if text else "is gone"
        now = self._clock()
        young = -YOUNG < now - (text.modified or 0) < YOUNG
        if young:
            self._again = max(self._again or 0, now + YOUNG)
        if young and not text.text.endswith(("\n", "}")):
            return _HALF
        found = read_manifests(text.text)
        if not young:
            self._known[path] = (stamp, found)
        return found

    def _stamp(self, path: str) -> str:
        try:
            stat = os.lstat(self.root / path)
        except OSError:
            return ""
        return f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


def split(pattern: Path) -> tuple[Path, str]:
    """Answer the folder an absolute pattern starts from, and what is left to match there."""
    parts = pattern.parts
    wild = next((at for at, part in enumerate(parts) if _WILD.search(part)), len(parts) - 1)
    at = min(wild, len(parts) - 1)
    return Path(*parts[:at]), "/".join(parts[at:])


def _task(team: Team, path: str) -> Task:
    phase = team.phase or NO_PHASE
    # A team made anew under the same name ends anew.
    said = f"{phase} {team.uid}" if phase in ENDS and team.uid else phase
    return Task(
        key=f"{team.namespace}:{team.name}",
        id=f"{team.namespace}:{team.name}",
        title=team.title,
        status=Status(canonical=phase, text=said, raw=phase),
        line=1,
        section=path,
        fed=replace(team, recipients=()),
    )


def _unread(path: str, why: str, stood: dict[str, Task], read: Sequence[str]) -> Unread:
    keys = (key for key, task in stood.items() if task.section == path and key not in read)
    return Unread(place=path, why=why, keys=frozenset(keys))
