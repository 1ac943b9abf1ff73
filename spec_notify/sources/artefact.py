"""What readers of run artefacts share: the JSON, the times and the paths of other tools' files.

Time is read from inside a file or from its name, never from the file system.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec
import orjson

from spec_notify.core.body_parts import Absent
from spec_notify.core.instant import parse_rfc3339, rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_PATH = 240
TIME = r"\d{4}-?\d\d-?\d\dT\d\d[:_-]?\d\d[:_-]?\d\d(?:\.\d{1,9})?Z?"

_TIME = re.compile(rf"{TIME}|(?<!\d)\d{{8}}_\d{{6}}(?!\d)")
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_ELSEWHERE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]*://")
_FOLDERS = r"docs|\.kiro|\.taskmaster|openspec|(?<!\.kiro/)specs|backlog|evidence|scripts"
_KNOWN = (
    re.compile(r"(?:.*?/)?(docs/SPEC-.+)"),
    # The last one: what stands before it may be anybody's home.
    re.compile(rf"(?:.*/)?((?:{_FOLDERS})/.+)"),
)


class Skipped(msgspec.Struct, frozen=True, kw_only=True, tag="skipped"):
    """A file that is not what its place suggests, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path.rpartition('/')[2]}: {self.reason}"


def none_of(what: str, skipped: Sequence[Skipped]) -> Absent:
    """Say why there is none of something: nothing was there, or what was had to be skipped."""
    if not skipped:
        return Absent(reason=f"no {what} found")
    others = f", and {len(skipped) - 1} more skipped" if len(skipped) > 1 else ""
    return Absent(reason=f"no valid {what}: {skipped[0]}{others}")


def read_object(text: str) -> dict[str, object]:
    """Read a JSON object. Raises ValueError, saying what stands there instead."""
    if not text.strip():
        raise ValueError("empty")
    try:
        known = orjson.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(known, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of misfit, one kind of error
    return known


def measure(text: str, digest: str | None) -> tuple[str, int]:
    """Answer a file's SHA-256 (hex; the given digest, if any) and its size in bytes."""
    body = text.encode("utf-8", "surrogatepass")
    return digest or hashlib.sha256(body).hexdigest(), len(body)


def time_in(name: str) -> int | None:
    """Answer the first time in a file name, milliseconds UTC."""
    found = _TIME.search(name)
    if found is None:
        return None
    digits = re.sub(r"[^\d.]", "", found[0])
    try:
        return parse_rfc3339(f"{digits[:8]}T{digits[8:]}")
    except ValueError:
        return None


def told_time(told: object, name: str) -> tuple[int, str] | None:
    """Answer the time a file tells, or else its name, and its RFC 3339 spelling in UTC."""
    try:
        at = parse_rfc3339(told) if isinstance(told, str) else time_in(name)
    except ValueError:
        at = time_in(name)
        told = None
    if at is None:
        return None
    return at, told if isinstance(told, str) and _UTC.fullmatch(told) else rfc3339(at)


def natural(name: str) -> str:
    """Answer a sort key by which `ci-9` comes before `ci-10`."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), name)


def repository_path(raw: object, *, beside: str) -> str | None:
    """Answer a repository-relative path for one that may be absolute on the writer's host.

    `beside` is the folder of the file that names it. What leads outside every known folder is cut
    to its base name; None for what is no path.
    """
    if not isinstance(raw, str) or not raw.isprintable():
        return None
    parts = [part for part in raw.replace("\\", "/").split("/") if part not in {"", "."}]
    path = "/".join(parts)
    if _ELSEWHERE.match(raw) or ".." in parts:
        path = _inside(path, beside)
    if ".." in path.split("/") or len(path.encode()) > LONGEST_PATH:
        path = parts[-1]
    return path if path not in {"", ".."} and len(path.encode()) <= LONGEST_PATH else None


def _inside(path: str, beside: str) -> str:
    own = f"/{path}".find(f"/{beside}/")
    if own >= 0:
        return path[own:]
    found = next((match[1] for each in _KNOWN if (match := each.match(path))), None)
    return found or path.rpartition("/")[2]
