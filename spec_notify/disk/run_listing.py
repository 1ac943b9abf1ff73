"""Which runs of conductor-loop stand below a root, by the stamps of their files; none is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from spec_notify.sources.run_info import Place

from .listing import spellable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Stamp: TypeAlias = "tuple[int, int, int, int]"
"""Size, times and inode; change time is in it, as mtime can be set back."""

_RUNS = "runs"


class TaskFolder(NamedTuple):
    """A task's folder, and the name of its newest run."""

    project: str
    task: str
    newest: str


class Listing:
    """What a root holds."""

    def __init__(self) -> None:
        self.missing = False
        self.runs: list[Place] = []
        """Every run's folder, whether or not its file stands yet."""
        self.stamps: dict[Place, Stamp] = {}
        """The runs whose file stands; a link or a pipe stands, too, and is refused when read."""
        self.tasks: list[TaskFolder] = []
        self.closed: dict[str, str] = {}
        """Folders below the root that cannot be listed, and why."""


def listed(root: Path) -> Listing | str:
    """List a root; a text says why it cannot be."""
    found = Listing()
    try:
        projects = _folders(str(root))
    except FileNotFoundError:
        found.missing = True
        return found
    except OSError as error:
        return f"cannot be listed: {error.strerror}"
    for project in projects:
        for task in _listable(found, root, project):
            runs = _listable(found, root, f"{project}/{task}/{_RUNS}")
            found.tasks.append(TaskFolder(project, task, max(runs, default="")))
            for run in runs:
                _note(found, root, Place(project=project, task=task, run=run))
    return found


def _note(found: Listing, root: Path, place: Place) -> None:
    found.runs.append(place)
    try:
        stat = os.lstat(f"{root}/{place.path}")
    except OSError:
        return
    found.stamps[place] = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def _listable(found: Listing, root: Path, below: str) -> list[str]:
    path = f"{root}/{below}"
    if os.path.islink(path):  # noqa: PTH114 - asked of every task, every 2 s
        found.closed[below] = "is a symbolic link"
        return []
    try:
        return _folders(path)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        found.closed[below] = f"cannot be listed: {error.strerror}"
        return []


def _folders(path: str) -> list[str]:
    """Answer the folders in a folder; links are none."""
    with os.scandir(path) as entries:
        return list(_plain(entries))


def _plain(entries: Iterator[os.DirEntry[str]]) -> Iterator[str]:
    for each in entries:
        if each.is_dir(follow_symlinks=False) and spellable(each.name):
            yield each.name
