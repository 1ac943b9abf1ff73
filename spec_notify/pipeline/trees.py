"""Evidence trees as documents: what run artefacts stand in one, gathered into one text.

A tree is named by its folder with a slash at the end. Its text has a line for each file that
counts (see `sources.leaves`), so it is compared, held and remembered like any document; a tree
without files, or without a folder, is an empty text. Contract, section 4, "Telemetry and
consensus".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from glob import escape
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.event import CONSENSUS_CONFLICT, PIPELINE_COMPLETED, STAGE_COMPLETED
from spec_notify.core.spec_id import is_spec_id
from spec_notify.ports import Text, Unreadable
from spec_notify.sources import consensus, stage_telemetry
from spec_notify.sources.artefact import Skipped, time_in
from spec_notify.sources.leaves import written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.core.config import Config
    from spec_notify.ports import Workspace

LARGEST = 64 * 1024
"""Bytes of the largest artefact that is read."""
MOST = 2_000
"""Artefacts of a tree that are read; of more, the newest."""
YOUNG = 2_000
"""Milliseconds within which a coarse clock may give two saves the same stamp."""
OWN = "webhooks"
"""The folder in a SPEC's folder that is ours: evidence of our attempts is no artefact."""

_ROOM = 4 * 1024 * 1024
_UNTIMED = float("inf")
_KEPT = 4 * MOST

_Agents = Mapping[str, str]


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What counts in a tree, which neighbours an artefact is read with, and how."""

    types: tuple[str, ...]
    candidates: Callable[[Sequence[str]], list[str]]
    beside: Callable[[str, Sequence[str]], list[str]]
    read: Callable[[str, Text, _Agents], object]


_KINDS = {
    "commands": _Kind(
        types=(STAGE_COMPLETED, PIPELINE_COMPLETED),
        candidates=stage_telemetry.candidates,
        beside=lambda _name, _names: [],
        read=lambda path, text, _: stage_telemetry.read_artifact(
            path, text.text, digest=text.digest
        ),
    ),
    "consensus": _Kind(
        types=(CONSENSUS_CONFLICT,),
        candidates=consensus.candidates,
        beside=consensus.agent_files,
        read=lambda path, text, agents: consensus.read_synthesis(
            path, text.text, agents, digest=text.digest
        ),
    ),
}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """An artefact to be read: where it is, when its name says it was made, and all stamps."""

    path: str
    at: float
    beside: tuple[str, ...]
    stamps: tuple[str, ...]


class _Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """A tree as it was gathered: the stamps of all its files, and the text."""

    stand: dict[str, dict[str, str]]
    text: Text


def is_tree(path: str) -> bool:
    """Say whether a document is an evidence tree."""
    return path.endswith("/")


class Trees:
    """The evidence trees a config asks for; what did not change since is not read again.

    A tree is asked for by an enabled subscription to one of the types it can tell.
    """

    def __init__(self, config: Config, root: str) -> None:
        self._root = root
        wanted = {type_ for each in config.subscriptions if each.enabled for type_ in each.events}
        self._names = tuple(
            name for name, kind in _KINDS.items() if "*" in wanted or wanted & {*kind.types}
        )
        self._lines: dict[tuple[str, tuple[str, ...]], str] = {}
        self._folders: dict[str, tuple[dict[str, str], list[_File]]] = {}
        self._known: dict[str, _Gathered] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The trees that are asked for, as documents."""
        return tuple(f"{self._root}/{name}/" for name in self._names)

    @property
    def globs(self) -> tuple[str, ...]:
        """Patterns of all files that may be artefacts in them."""
        return tuple(f"{escape(self._root)}/{name}/*/*.json" for name in self._names)

    def gather(self, path: str, place: Workspace, *, now: int | None = None) -> Text:
        """Read a tree in the working tree or in a commit; `now` is when, where files have stamps.

        Nothing in it can keep the rest back: what is no artefact gets a line that says why.
        """
        stand = _stand(path, place)
        known = self._known.get(path)
        if known and known.stand == stand:
            return known.text
        kind = _KINDS[path.rstrip("/").rpartition("/")[2]]
        files = [each for folder in stand for each in self._files(folder, stand[folder], kind)]
        files.sort(key=lambda each: (each.at, each.path))
        lines = self._read(files[-MOST:], place, kind, now)
        left = len(files) - len(lines)
        if left:
            words = f"{left} of its files are not read"
            lines[path] = written(Skipped(path=path, reason=words))
        said = "".join(f"{lines[name]}\n" for name in sorted(lines) if lines[name])
        text = Text(text=said, digest=hashlib.sha256(said.encode()).hexdigest())
        read = (each for each in files if each.path in lines)
        if now is not None and all((each.path, each.stamps) in self._lines for each in read):
            self._known[path] = _Gathered(stand=stand, text=text)
        return text

    def stands(self, place: Workspace) -> tuple[dict[str, dict[str, str]], ...]:
        """Answer the stamps of all files in the trees: where they differ, a look is worth it."""
        return tuple(_stand(path, place) for path in self.paths)

    def _files(self, folder: str, stamps: dict[str, str], kind: _Kind) -> Sequence[_File]:
        known = self._folders.get(folder)
        if known is None or known[0] != stamps:
            known = self._folders[folder] = stamps, list(_listed(folder, stamps, kind))
        return known[1]

    def _read(
        self, files: Sequence[_File], place: Workspace, kind: _Kind, now: int | None
    ) -> dict[str, str]:
        """Answer the lines of files by path, the newest first, as far as there is room."""
        lines: dict[str, str] = {}
        room = _ROOM
        for file in reversed(files):
            line = self._line(file, place, kind, now) or ""
            room -= len(line) + 1
            if room < 0:
                break
            lines[file.path] = line
        return lines

    def _line(self, file: _File, place: Workspace, kind: _Kind, now: int | None) -> str | None:
        key = (file.path, file.stamps)
        if key in self._lines:
            return self._lines[key]
        text = place.read(file.path)
        if text is None:
            return None
        if isinstance(text, Unreadable):
            return written(Skipped(path=file.path, reason=text.why))
        beside = {path: place.read(path) for path in file.beside}
        found = {path: each for path, each in beside.items() if isinstance(each, Text)}
        line = written(_read(file.path, text, found, kind))
        if len(found) == len(beside) and not any(_young(e, now) for e in (text, *found.values())):
            self._keep(key, line)
        return line

    def _keep(self, key: tuple[str, tuple[str, ...]], line: str) -> None:
        if len(self._lines) >= _KEPT:
            self._lines.clear()
        self._lines[key] = line


def _stand(tree: str, place: Workspace) -> dict[str, dict[str, str]]:
    specs = filter(is_spec_id, place.folders(tree.rstrip("/")))
    return {tree + spec: place.stamps(tree + spec) for spec in specs}


def _listed(folder: str, stamps: Mapping[str, str], kind: _Kind) -> Iterable[_File]:
    names = list(stamps)
    for name in kind.candidates(names):
        beside = kind.beside(name, names)
        at = time_in(name)
        yield _File(
            path=f"{folder}/{name}",
            at=_UNTIMED if at is None else at,
            beside=tuple(f"{folder}/{each}" for each in beside),
            stamps=tuple(stamps[each] for each in (name, *beside)),
        )


def _read(path: str, text: Text, beside: Mapping[str, Text], kind: _Kind) -> object:
    if len(text.text) > LARGEST or len(text.text.encode("utf-8", "replace")) > LARGEST:
        return Skipped(path=path, reason=f"larger than {LARGEST // 1024} KiB")
    agents = {name.rpartition("/")[2]: each.text for name, each in beside.items()}
    return kind.read(path, text, agents)


def _young(text: Text, now: int | None) -> bool:
    """Say whether a file may yet be written again under the stamp it has; no commit's may."""
    if text.modified is None:
        return False
    return now is None or abs(now - text.modified) < YOUNG
