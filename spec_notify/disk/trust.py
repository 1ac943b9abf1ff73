"""What the user trusts: digests of repository configs, kept in the user's state directory.

Contract, section 6: a hash of the real path and the bytes; all trusted hashes are kept.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.errors import SpecNotifyError
from spec_notify.core.instant import rfc3339

from .atomic import open_folder, replace_atomically
from .regular import read_regular
from .state import ensure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = "spec-notify/trust/1"
_MOST = 16 * 1024 * 1024


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the user said yes to: a digest, the path it was for, and when (RFC 3339)."""

    sha256: str
    path: str
    allow_private: bool
    when: str


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    entries: tuple[Trust, ...]


def fingerprint(path: Path, content: bytes) -> str:
    """Answer the hex SHA-256 over a config's path, links resolved by the caller, and its content.

    Equal content elsewhere is another thing to trust.
    """
    # No path holds NUL, so where it ends is beyond dispute.
    return hashlib.sha256(os.fsencode(path) + b"\x00" + content).hexdigest()


class TrustStore:
    """The trusted digests, read anew for every question; the file is made by the first `trust`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def notice(self) -> str | None:
        """Why nothing is trusted although there is a trust file; None when all is well."""
        found = self._read()
        return found if isinstance(found, str) else None

    def entries(self) -> tuple[Trust, ...]:
        """Answer everything trusted, oldest first; nothing when the file is damaged."""
        found = self._read()
        return () if isinstance(found, str) else found

    def is_trusted(self, path: Path, digest: str) -> Trust | None:
        """Answer what was said about exactly this path and content, or None."""
        shown = _shown(path)
        return next(
            (each for each in self.entries() if each.sha256 == digest and each.path == shown), None
        )

    def knows(self, path: Path) -> bool:
        """Say whether another content of this path was trusted before."""
        return any(each.path == _shown(path) for each in self.entries())

    def trust(self, path: Path, digest: str, *, allow_private: bool, at: int) -> Trust:
        """Remember a yes, for good; the last word about a digest counts. `at` is milliseconds UTC.

        A damaged file is replaced. Raises SpecNotifyError when it cannot be written.
        """
        said = Trust(
            sha256=digest, path=_shown(path), allow_private=allow_private, when=rfc3339(at)
        )
        ensure(self._path.parent)
        try:
            with self._alone():
                kept = [each for each in self.entries() if each.sha256 != digest]
                self._write((*kept, said))
        except OSError as error:
            why = error.strerror or "input or output failed"
            raise SpecNotifyError(f"{self._path}: cannot be written: {why}") from error
        return said

    def _read(self) -> tuple[Trust, ...] | str:
        raw = read_regular(self._path, most=_MOST)
        if raw is None:
            return ()
        if not isinstance(raw, bytes):
            return f"{self._path}: {raw.why}, so no repository is trusted"
        try:
            stored = msgspec.json.decode(raw, type=_Stored)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            stored = None
        if stored is None or stored.schema != SCHEMA:
            return (
                f"{self._path}: is damaged, so no repository is trusted: "
                "run `spec-notify trust` again where you need it"
            )
        return stored.entries

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # The file itself is replaced by every change, so the lock is a file beside it.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(f"{self._path}.lock", flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, entries: tuple[Trust, ...]) -> None:
        body = msgspec.json.encode(_Stored(schema=SCHEMA, entries=entries))
        folder = open_folder(self._path.parent, (), create=False)
        try:
            shown = msgspec.json.format(body, indent=1)
            replace_atomically(folder, self._path.name, shown, mode=0o600)
            os.fsync(folder)
        finally:
            os.close(folder)


def _shown(path: Path) -> str:
    # JSON holds no lone surrogates, which stand for bytes that are no UTF-8.
    return os.fsencode(path).decode("utf-8", "backslashreplace")
