"""A Backlog.md project's own statuses: read from the settings its tool keeps, and what they mean.

The tool takes the last status of its list for the one that is finished; so do we, where no word
of that list is a Done we know. Any other word of its own keeps its text and is Unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from posixpath import normpath

import msgspec

from spec_notify.core.plain import LONGEST_CELL
from spec_notify.core.status import DONE, UNKNOWN, read_status

from .flat_yaml import MOST_ITEMS, QUOTED, Field, fields, lines

_FOLDERS = (
    re.compile(r"(?P<folder>(?:.+/)?\.?backlog)/(?:tasks|completed|archive)/.+"),
    # A folder of another name is read when `format` says so.
    re.compile(r"(?P<folder>.+?)/(?:tasks|completed|archive)/.+"),
)
_AT_ROOT, _INSIDE = "backlog.config.yml", ("config.yml", "config.yaml")
_BUILT_IN = (".backlog", "backlog")

_NO_LIST = "the `statuses` of {} are no plain list: write one a line, or [in, brackets]"

_BARE = r"""[^\s,\[\]{}#&*!|>'"%@`:?-](?:[^,\[\]{}#:]|:(?!\s))*+"""
_FLOW = re.compile(
    rf"\[\s*+(?:(?:{QUOTED}|{_BARE})\s*+(?:,\s*+|(?=\])))*+\]\s*+(?:#.*)?", re.DOTALL
)
_ENTRY = re.compile(rf"-[ \t]+(?:{QUOTED}|{_BARE})\s*+(?:#.*)?")


class OwnStatuses(msgspec.Struct, frozen=True, kw_only=True):
    """What a project's settings say of statuses: where, which, and what its own words mean."""

    origin: str = ""
    """Path of the settings; empty where there are none."""
    listed: tuple[str, ...] = ()
    words: Mapping[str, str] = {}
    """Own word → canonical status, as far as it is one we would not know."""
    fault: str | None = None
    """Why the settings leave it open which status is Done."""


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    folder: str | None = None
    start: str = ""
    listed: tuple[str, ...] = ()
    fault: str | None = None


def places(path: str) -> tuple[str, ...]:
    """Answer where the settings of a task's project may stand, the most weighty first."""
    folder = _folder(path)
    above = folder.rpartition("/")[0]
    roots = dict.fromkeys(f"{each}/{_AT_ROOT}".lstrip("/") for each in (above, ""))
    return (*roots, *(f"{folder}/{name}".lstrip("/") for name in _INSIDE))


def own_statuses(
    path: str, beside: Mapping[str, str], aliases: Mapping[str, str] = {}
) -> OwnStatuses:
    """Answer what a task's project says of statuses; words that we or `aliases` know keep theirs.

    `beside` holds the texts of `places`, as far as they exist.
    """
    for place in places(path):
        settings = _read(beside[place]) if place in beside else None
        if settings is not None and _speaks_for(place, settings, _folder(path)):
            return _meant(place, settings, aliases)
    return OwnStatuses()


def _meant(origin: str, settings: _Settings, aliases: Mapping[str, str]) -> OwnStatuses:
    listed = settings.listed
    known = [read_status(word, aliases) for word in listed]
    if settings.fault or not listed or any(each.canonical == DONE for each in known):
        fault = settings.fault and settings.fault.format(origin)
        return OwnStatuses(origin=origin, listed=listed, fault=fault)
    last, first = listed[-1].casefold(), settings.start.casefold() or listed[0].casefold()
    if known[-1].canonical == UNKNOWN and not known[-1].doubt and last != first:
        return OwnStatuses(origin=origin, listed=listed, words={listed[-1]: DONE})
    fault = f"no status of {origin} means Done: say in [statuses] which one does"
    return OwnStatuses(origin=origin, listed=listed, fault=fault)


def _folder(path: str) -> str:
    found = next((match for each in _FOLDERS if (match := each.fullmatch(path))), None)
    return found["folder"] if found else path.rpartition("/")[0]


def _speaks_for(place: str, settings: _Settings, folder: str) -> bool:
    """Settings at a project's root speak for the folder they name, or for the usual one."""
    root, _, name = place.rpartition("/")
    if name != _AT_ROOT:
        return True
    inside = folder.removeprefix(f"{root}/") if root else folder
    return inside in ((settings.folder,) if settings.folder else _BUILT_IN)


@lru_cache(maxsize=8)
def _read(text: str) -> _Settings:
    """Read settings once for all the tasks of a project."""
    found = fields(lines(text))
    named = found.get("backlog_directory") or found.get("backlogDirectory")
    start = found.get("default_status") or found.get("defaultStatus")
    stated = found.get("statuses", [])
    listed = _listed(stated[0]) if len(stated) == 1 else () if not stated else None
    return _Settings(
        folder=_inside(named[0].text()) if named else None,
        start=start[0].text() if start else "",
        listed=listed or (),
        fault=None if listed is not None else _NO_LIST,
    )


def _listed(stated: Field) -> tuple[str, ...] | None:
    """Answer a list of plain or quoted words; None for any other YAML."""
    first, *below = stated.parts
    flow = "\n".join(stated.parts)
    if first.startswith("["):
        fit = len(flow) <= LONGEST_CELL and _FLOW.fullmatch(flow) is not None
    else:
        entries = [part for part in below if part and not part.startswith("#")]
        fit = not first.partition("#")[0] and all(map(_ENTRY.fullmatch, entries))
    listed = stated.items() if fit and any(below or (first,)) else ()
    # A list that was cut would end in another status than the project's.
    return listed if fit and len(listed) < MOST_ITEMS else None


def _inside(named: str) -> str | None:
    folder = normpath(named.replace("\\", "/"))
    return None if not named or folder.startswith(("/", "..")) or folder == "." else folder
