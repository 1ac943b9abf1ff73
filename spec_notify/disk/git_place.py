"""Where a repository is: the working tree around a folder, and the git directories behind it.

gitrepository-layout(5), gitfile and commondir; discovery as git does it, from files alone.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

_SECTION = re.compile(r"\s*\[\s*([^\]\s\"]+)[^\]]*\]\s*(.*)", re.DOTALL)
_BARE = re.compile(r"\s*bare\s*(?:$|[#;]|=\s*\"?(?:true|yes|on|1)\b)", re.IGNORECASE)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A repository's folders, absolute and without links.

    `root` is the working tree, for a bare repository the repository itself; `own` is the git
    directory of this checkout, `common` the one its worktrees share.
    """

    root: Path
    own: Path
    common: Path
    is_bare: bool


def around(start: Path) -> Place | None:
    """Answer the repository a folder is in, the nearest one; None when it is in none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        own = _git_directory(folder / ".git")
        if own is not None:
            return _place(own, folder)
        if _is_repository(folder):
            return _place(folder, folder.parent if folder.name == ".git" else folder)
    return None


def at(git_directory: Path) -> Place | None:
    """Answer the repository of a git directory, as GIT_DIR names one; None when it is none."""
    own = _git_directory(git_directory.resolve())
    if own is None:
        return None
    tree = _linked_tree(own)
    return _place(own, tree or (own.parent if own.name == ".git" else own))


def _place(own: Path, root: Path) -> Place:
    common = _common(own)
    is_bare = own == root or (own == common and _says_bare(common / "config"))
    return Place(root=own if is_bare else root, own=own, common=common, is_bare=is_bare)


def _git_directory(path: Path) -> Path | None:
    if path.is_dir():
        return path.resolve() if _is_repository(path) else None
    named = _line(path)
    if named is None or not named.startswith("gitdir:"):
        return None
    target = (path.parent / named.removeprefix("gitdir:").strip()).resolve()
    return target if _is_repository(target) else None


def _is_repository(folder: Path) -> bool:
    head = folder / "HEAD"
    if not (head.is_file() or head.is_symlink()):
        return False
    common = _common(folder)
    return (common / "objects").is_dir() and (common / "refs").is_dir()


def _common(own: Path) -> Path:
    named = _line(own / "commondir")
    return (own / named).resolve() if named else own


def _linked_tree(own: Path) -> Path | None:
    named = _line(own / "gitdir")
    return Path(named).parent if named else None


def _says_bare(config: Path) -> bool:
    section = ""
    for line in (_text(config) or "").split("\n"):
        if opened := _SECTION.fullmatch(line):
            section, line = opened[1].casefold(), opened[2]  # noqa: PLW2901 - the same line's rest
        if section == "core" and _BARE.match(line):
            return True
    return False


def _line(path: Path) -> str | None:
    text = _text(path)
    return text.rstrip("\n") if text else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "surrogateescape") if path.is_file() else None
    except OSError:
        return None
