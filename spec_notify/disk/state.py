"""The state directory: where it is, and that it is ours alone.

Contract, section 8 ("State"); reliability: spool, trust and snapshots never lie in the repository.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "SPEC_NOTIFY_STATE_DIR"
_NAME = "spec-notify"
_ELSEWHERE = f"set {VARIABLE} to a directory of your own on a local disk"


def state_root(env: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Answer the absolute state directory: SPEC_NOTIFY_STATE_DIR, else the platform's for a user.

    It need not exist. Raises SpoolError for a relative SPEC_NOTIFY_STATE_DIR: hook and watcher
    start in different folders and would each have a state of their own.
    """
    if stated := env.get(VARIABLE):
        return _absolute(stated, env)
    if platform == "linux":
        return _xdg(env) / _NAME
    import platformdirs

    return platformdirs.user_state_path(_NAME, appauthor=False)


def repository_state(root: Path, key: str) -> Path:
    """Answer the directory under the state root for one checkout; `key` names it exactly."""
    import hashlib

    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
    return root / "repositories" / digest[:32]


def ensure(path: Path) -> Path:
    """Make a private directory, its missing parents too, and answer it.

    Raises SpoolError when it cannot be made, belongs to somebody else, or others may write in it.
    """
    try:
        _make(path)
        fault = _fault(path)
    except OSError as error:
        raise SpoolError(str(path), f"{error.strerror}: {_ELSEWHERE}") from error
    if fault:
        raise SpoolError(str(path), fault)
    return path


def _absolute(stated: str, env: Mapping[str, str]) -> Path:
    if stated == "~" or stated.startswith("~/"):
        return _home(env) / stated[2:]
    path = Path(stated)
    if not path.is_absolute():
        raise SpoolError(stated, f"{VARIABLE} is relative: write it as an absolute path")
    return path


def _xdg(env: Mapping[str, str]) -> Path:
    stated = Path(env.get("XDG_STATE_HOME", ""))
    # The XDG base directory specification has relative paths ignored.
    return stated if stated.is_absolute() else _home(env) / ".local" / "state"


def _home(env: Mapping[str, str]) -> Path:
    if home := env.get("HOME"):
        return Path(home)
    import pwd

    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        raise SpoolError("~", f"this user has no home directory: {_ELSEWHERE}") from None


def _make(path: Path) -> None:
    if path.exists():
        return
    _make(path.parent)
    # Not in one call: that would give the parents whatever the umask allows.
    path.mkdir(mode=0o700, exist_ok=True)


def _fault(path: Path) -> str | None:
    mine = os.geteuid()
    # A link somebody else may turn elsewhere is as bad as a directory of theirs.
    for found in (path.lstat(), path.stat()):
        if found.st_uid != mine:
            return f"belongs to user {found.st_uid}, not to you ({mine}): {_ELSEWHERE}"
    if not stat.S_ISDIR(found.st_mode):
        return f"is no directory: move it away, or {_ELSEWHERE}"
    if found.st_mode & 0o022:
        mode = stat.S_IMODE(found.st_mode)
        return f"others may write in it (mode {mode:04o}): run `chmod go-w {path}`"
    return None
