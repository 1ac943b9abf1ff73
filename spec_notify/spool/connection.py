"""One connection to the spool's database: how it is synced, shared between threads, and fails."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from spec_notify.core.errors import SpoolError

from . import files
from .statements import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .files import Inode

Row = tuple[Any, ...]
"""A row as SQLite gave it: what it should hold, `rows` checks."""

BUSY_MILLIS = 5_000
# The first SQLite whose write-ahead log is safe with several processes writing to it
# (https://sqlite.org/wal.html, "the WAL-reset bug").
_SAFE_WAL = (3, 51, 3)


class Journal(NamedTuple):
    """How a transaction becomes durable: SQLite's journal mode and sync level."""

    mode: str
    synchronous: str


WRITE_AHEAD = Journal("wal", "FULL")
ROLLBACK = Journal("delete", "EXTRA")

# Our statements keep every constraint; rows that break one were bent after they were written.
_DAMAGE = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, apsw.ConstraintError)
_REASONS: dict[type[apsw.Error], str] = {
    apsw.BusyError: "another process holds it for more than five seconds: try again",
    apsw.FullError: "there is no room to write: free space on this disk",
    apsw.ReadOnlyError: "it cannot be written: check its owner, permissions and the disk",
    apsw.CantOpenError: "it cannot be opened: check its owner, permissions and the disk",
    apsw.PermissionsError: "it cannot be opened: check its owner and permissions",
    apsw.IOError: "reading or writing it failed: check the disk",
    apsw.ProtocolError: "its locks do not work here: keep it on a local disk",
    apsw.NoMemError: "there is no memory left to read it",
}


class Damaged(Exception):  # noqa: N818 - never leaves this package; it says what was found
    """The database is not one this spool can have written."""


def journal_for(version: tuple[int, ...]) -> Journal:
    """Answer the fastest journal that loses nothing with this version of SQLite."""
    return WRITE_AHEAD if version >= _SAFE_WAL else ROLLBACK


def library_version() -> tuple[int, ...]:
    """Answer the version of the SQLite in use."""
    return tuple(int(part) for part in apsw.sqlite_lib_version().split("."))


def connect(path: str, *, writable: bool = True) -> apsw.Connection:
    """Open an existing database; nothing that stands in it may run code or bend the schema.

    Raises SpoolError for what is none and would be waited for.
    """
    files.check_kind(path)
    flags = apsw.SQLITE_OPEN_READWRITE if writable else apsw.SQLITE_OPEN_READONLY
    connection = apsw.Connection(path, flags=flags)
    connection.set_busy_timeout(BUSY_MILLIS)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
    # Else every new value bound to a statement may have it planned anew.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.pragma("cell_size_check", 1)
    return connection


def set_journal(connection: apsw.Connection, journal: Journal) -> None:
    """Have a database write as safely as `journal` says."""
    if connection.pragma("journal_mode") != journal.mode:
        connection.pragma("journal_mode", journal.mode)
    connection.pragma("synchronous", journal.synchronous)


class Database:
    """A database several threads may use: one at a time, each block read or written whole."""

    def __init__(self, path: str, connection: apsw.Connection, inode: Inode) -> None:
        self.path = path
        self._connection = connection
        self._inode = inode
        self._lock = RLock()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make the block one moment: other threads and other processes' changes are kept away.

        What one statement found is there for the next. Raises SpoolError for what the database
        cannot do.
        """
        with self._lock, self._speaking():
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._roll_back()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make the block one synced transaction: all of it stands, or none. Raises SpoolError."""
        with self._lock, self._speaking():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_name()
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def rows(self, name: str, /, **facts: object) -> list[Row]:
        """Run a named statement and answer all its rows."""
        try:
            return self._connection.execute(query(name), facts).fetchall()
        except UnicodeDecodeError as error:
            raise Damaged(f"text that is no UTF-8 ({error.reason})") from error

    def row(self, name: str, /, **facts: object) -> Row | None:
        """Run a named statement and answer its only row, if there is one."""
        found = self.rows(name, **facts)
        return found[0] if found else None

    def change(self, name: str, /, **facts: object) -> int:
        """Run a named statement and answer how many rows it changed."""
        self.rows(name, **facts)
        return self._connection.changes()

    def add(self, name: str, values: Row) -> int | None:
        """Run a named insert and answer the new row; None if one like it is there."""
        self._connection.execute(query(name), values)
        return self._connection.last_insert_rowid() if self._connection.changes() else None

    def close(self) -> None:
        """Let go of the database; a second time does nothing."""
        with self._lock, self._speaking():
            self._connection.close()

    def is_current(self) -> bool:
        """Say whether this still is the file that its name stands for."""
        return files.inode(self.path) == self._inode

    @property
    def changes(self) -> int:
        """How many rows this connection has changed."""
        return self._connection.total_changes()

    def _check_name(self) -> None:
        # A transaction on a file nobody will find again would be lost without a word.
        if not self.is_current():
            raise SpoolError(self.path, "it was moved or deleted while in use: start again")

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself; the first error is the one that tells.
        with suppress(apsw.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _suspect(self) -> None:
        with suppress(OSError):
            files.suspect(self.path)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except (*_DAMAGE, Damaged) as error:
            self._suspect()
            raise SpoolError(
                self.path,
                f"it seems damaged ({error}): the next start looks at all of it, and keeps it "
                "aside and begins a fresh one if it is",
            ) from error
        except tuple(_REASONS) as error:
            raise refused(self.path, error) from error


class ReadOnly(Database):
    """A database that is only read; nothing is written beside it."""

    def _suspect(self) -> None:
        # Whoever may write finds out for himself.
        return


def refused(path: str, error: apsw.Error) -> SpoolError:
    """Say what the database's surroundings refused, and what to do about it."""
    why = next((why for kind, why in _REASONS.items() if isinstance(error, kind)), "it failed")
    return SpoolError(path, f"{why} ({error})")
