"""Finding the config files, in the order in which they are asked, and what each of them holds.

Contract, section 6. Bytes are read once: what is hashed for trust is what is parsed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.config import Kind
from spec_notify.core.config.reading import own_table
from spec_notify.core.config.toml_text import Flaw, read_toml
from spec_notify.core.message import Secret

from .regular import read_regular
from .trust import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "SPEC_NOTIFY_CONFIG"
REPOSITORY_FILE = ".spec-notify/config.toml"
PYPROJECT = "pyproject.toml"
MOST = 1024 * 1024
"""Bytes of the largest config file that is read."""

_MARK = b"spec-notify"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a config may stand, and what was found there.

    `path` has its links resolved, `origin` is what people read. `text` is None when nothing
    usable stands there; `fault` then says why, or is None when there simply is no file. `digest`
    is what the user trusts: of path and bytes, in a pyproject.toml of path and own table.
    """

    path: Path
    origin: str
    kind: Kind
    text: Secret | None = None
    digest: str | None = None
    fault: str | None = None


def user_config_file(env: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Answer where the user-level file stands on this platform; it need not exist."""
    stated = Path(env.get("XDG_CONFIG_HOME", ""))
    if platform == "linux" and stated.is_absolute():
        return stated / "spec-notify" / "config.toml"
    if platform == "linux" and env.get("HOME"):
        return Path(env["HOME"]) / ".config" / "spec-notify" / "config.toml"
    import platformdirs

    return platformdirs.user_config_path("spec-notify", appauthor=False) / "config.toml"


def candidates(
    root: Path, *, env: Mapping[str, str], config_file: str | None, user_config: Path
) -> tuple[Candidate, ...]:
    """Answer every place a config may stand, first asked first, each file at most once."""
    named = [(Path(each), each, Kind.NAMED) for each in (config_file, env.get(VARIABLE)) if each]
    own = (user_config, str(user_config), Kind.USER)
    word = {_real(path) for path, _, _ in (*named, own)}
    theirs = [each for each in _repository_places(root) if _real(each[0]) not in word]
    # A file the user named, or keeps at user level, is the user's word wherever a link to it lies.
    found: dict[Path, tuple[str, Kind]] = {}
    for path, origin, kind in (*named, *theirs, own):
        found.setdefault(_real(path), (origin, kind))
    return tuple(_look(real, origin, kind) for real, (origin, kind) in found.items())


def repository_candidates(root: Path) -> tuple[Candidate, ...]:
    """Answer the places in the repository itself, where a config is inert until trusted."""
    return tuple(
        _look(_real(path), origin, kind) for path, origin, kind in _repository_places(root)
    )


def _repository_places(root: Path) -> list[tuple[Path, str, Kind]]:
    places = [
        (root / REPOSITORY_FILE, REPOSITORY_FILE, Kind.REPOSITORY),
        (root / PYPROJECT, PYPROJECT, Kind.PYPROJECT),
    ]
    # A link out of the repository would borrow the trust of whatever it leads to.
    return [each for each in places if _real(each[0]).is_relative_to(_real(root))]


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _look(path: Path, origin: str, kind: Kind) -> Candidate:
    place = Candidate(path=path, origin=origin, kind=kind)
    raw = read_regular(path, most=MOST)
    if raw is None:
        missing = "does not exist" if kind is Kind.NAMED else None
        return msgspec.structs.replace(place, fault=missing)
    if not isinstance(raw, bytes):
        return msgspec.structs.replace(place, fault=raw.why)
    if kind is Kind.PYPROJECT and _MARK not in raw:
        return place
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return msgspec.structs.replace(place, fault=f"is no UTF-8 at byte {error.start}")
    if kind is not Kind.PYPROJECT:
        digest = fingerprint(path, raw)
        return msgspec.structs.replace(place, text=Secret(text), digest=digest)
    return _look_inside(place, text)


def _look_inside(place: Candidate, text: str) -> Candidate:
    pyproject = read_toml(text)
    if isinstance(pyproject, Flaw):
        line = f" at line {pyproject.line}" if pyproject.line else ""
        return msgspec.structs.replace(place, fault=f"is no TOML{line}: {pyproject.message}")
    table = own_table(pyproject)
    if not table:
        return place
    try:
        # One spelling for equal tables: the rest of the file, and its comments, are free to change.
        content = json.dumps(table, sort_keys=True, default=repr).encode("ascii")
    except (RecursionError, ValueError):
        return msgspec.structs.replace(place, fault="holds a table nobody could mean")
    digest = fingerprint(place.path, content)
    return msgspec.structs.replace(place, text=Secret(text), digest=digest)
