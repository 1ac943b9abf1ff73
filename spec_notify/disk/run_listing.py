"""Which runs of conductor-loop stand below a root, by the stamps of their files; none is read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from spec_notify.sources.run_info import Place

from .listing import spellable

if TYPE_CHECKING:
    from pathlib import Path

Stamp: TypeAlias = "tuple[int, int, int, int]"
"""Size, times and inode; change time is in it, as mtime can be set back."""

_RUNS = "runs"
_LINK = "is a symbolic link"


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
        projects = _folders(found, root, "")
    except FileNotFoundError:
        found.missing = True
        return found
    except OSError as error:
        return f"cannot be listed: {error.strerror}"
    for project in projects:
        for task in _listable(found, root, f"{project}/"):
            runs = _listable(found, root, f"{project}/{task}/{_RUNS}/")
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
    folder = below.rstrip("/")
    if os.path.islink(f"{root}/{folder}"):  # noqa: PTH114 - asked of every task, every 2 s
        found.closed[folder] = _LINK
        return []
    try:
        return _folders(found, root, below)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        found.closed[folder] = f"cannot be listed: {error.strerror}"
        return []


def _folders(found: Listing, root: Path, below: str) -> list[str]:
    """Answer the folders in one; a link to a project's or a task's is none, and is told of."""
    with os.scandir(f"{root}/{below}") as entries:
        spelled = [each for each in entries if spellable(each.name)]
    if not below.endswith(f"/{_RUNS}/"):
        links = (each for each in spelled if each.is_symlink())
        # What cannot be asked is no folder either.
        led = (each for each in links if os.path.isdir(each.path))  # noqa: PTH112 - Path's raises
        found.closed |= {f"{below}{each.name}": _LINK for each in led}
    return [each.name for each in spelled if each.is_dir(follow_symlinks=False)]
