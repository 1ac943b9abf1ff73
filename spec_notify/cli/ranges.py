"""What people call commits, as full names: `REV`, `A..B`, and the zeros git's hooks know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.errors import NotARepositoryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.disk.git import Git

_ZEROS = re.compile(r"0{40}(?:0{24})?")


def repository(repo: str | None, env: Mapping[str, str]) -> Git:
    """Answer the repository that `--repo` names, else GIT_DIR, else the one around us.

    Raises NotARepositoryError.
    """
    from spec_notify.disk.git import at, find

    named = env.get("GIT_DIR") if repo is None else None
    git = at(Path(named)) if named else find(Path(repo or "."))
    if git is None:
        raise NotARepositoryError(f"{named or repo or 'here'}: there is no git repository")
    return git


def is_zero(name: str) -> bool:
    """Say whether a name is what git's hooks call nothing: the old end of a new branch."""
    return _ZEROS.fullmatch(name) is not None


def ends(text: str) -> tuple[str | None, str]:
    """Split a range into where it begins (None for a single revision) and its tip."""
    if "..." in text:
        raise UsageError(f"{text}: a range has two dots: {text.replace('...', '..')}")
    since, dots, tip = text.partition("..")
    return (since or "HEAD", tip or "HEAD") if dots else (None, text)


def commit(git: Git, name: str) -> str:
    """Answer the full name of a commit. Raises UsageError for what is none here."""
    found = git.resolve(name)
    if found is None:
        fix = "this clone is shallow: fetch more (`git fetch --unshallow`; `fetch-depth: 0` in CI)"
        why = fix if git.is_shallow else "look at `git log --oneline`, or fetch the branch it is on"
        raise UsageError(f"{name or 'an empty name'} is no commit here: {why}")
    return found
