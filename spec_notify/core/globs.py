"""Which paths are documents: `*` within a folder's or file's name, `**` across folders.

Contract, section 4. Paths are repository-relative with `/`; a wildcard does not match a leading
dot, as in a shell, and upper and lower case are two things.
"""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

ACROSS: Final = None
"""The part `**`: any number of folders, none too."""

Part = str | re.Pattern[str] | None
"""A part of a pattern between slashes: a plain name, a pattern for one name, or `ACROSS`."""

_WILD = re.compile(r"[*?\[]")
_NEVER = frozenset({".git"})
_COPIES = frozenset(
    {"node_modules", "fixture", "fixtures", "__fixtures__", "archive", "archives", "archived"}
)
_CHECKLIST = "checklist"


@lru_cache(maxsize=256)
def parts(glob: str) -> tuple[Part, ...]:
    """Answer a pattern's parts, the last of which is for files. A `**` at the end means any file.

    Leading `./` and doubled slashes mean nothing; a pattern that names no file has no parts.
    """
    names = [name for name in glob.split("/") if name not in ("", ".")]
    if ".." in names or glob.startswith("/") or glob.endswith("/"):
        return ()
    if names and names[-1] == "**":
        names.append("*")
    return tuple(map(_part, names))


def matches(path: str, glob: str) -> bool:
    """Say whether a path is a document under a pattern, exclusions included."""
    return _fits(path.split("/"), parts(glob)) and not any(
        excluded(name, glob) for name in path.split("/")
    )


def excluded(name: str, glob: str) -> bool:
    """Say whether a folder's or file's name keeps what is in it from being a new document.

    Fixtures, archive copies, checklists and node_modules are excluded unless the pattern itself
    spells the name; .git always is.
    """
    folded = name.casefold()
    if folded in _NEVER:
        return True
    spelled = glob.casefold()
    if folded.removeprefix(".") in _COPIES:
        return folded not in spelled.split("/")
    return _CHECKLIST in folded and _CHECKLIST not in spelled


def fits(name: str, part: Part) -> bool:
    """Say whether one name matches one part."""
    if isinstance(part, str):
        return name == part
    if part is ACROSS:
        return not name.startswith(".")
    return part.fullmatch(name) is not None


def pathspecs(globs: Iterable[str]) -> tuple[str, ...]:
    """Answer git pathspecs that match every document of these patterns, and maybe more."""
    return tuple(f":(top,glob){_plain(glob)}" for glob in globs if parts(glob))


def _plain(glob: str) -> str:
    return "/".join(name for name in glob.split("/") if name not in ("", "."))


def _part(name: str) -> Part:
    if name == "**":
        return ACROSS
    if not _WILD.search(name):
        return name
    hidden = "" if name.startswith((".", "[")) else r"(?!\.)"
    return re.compile(hidden + translate(name))


def _fits(names: list[str], wanted: tuple[Part, ...]) -> bool:
    if not wanted or not names:
        return not wanted and not names
    if wanted[0] is ACROSS:
        further = len(names) > 1 and fits(names[0], ACROSS) and _fits(names[1:], wanted)
        return further or _fits(names, wanted[1:])
    return fits(names[0], wanted[0]) and _fits(names[1:], wanted[1:])
