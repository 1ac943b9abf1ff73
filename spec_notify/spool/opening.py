"""Opening a spool: the sound one as it is, the first one made, a damaged one kept and replaced."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from spec_notify.core.errors import SpoolError

from . import files, schema
from .connection import Damaged, Database, ReadOnly, connect, refused, set_journal
from .rows import read_delivery, read_document, read_event
from .statements import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connection import Journal
    from .files import Inode

# Whatever SQLite says of these at the start, the file is not what a spool wrote.
_NOT_OURS = (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, apsw.SQLError)


class Opened(NamedTuple):
    """A database ready for use, who writes it, and what was kept aside to make room for it."""

    database: Database
    writer: str
    generation: str
    recovered_from: str | None = None


def open_database(path: str, *, now: int, fresh_id: Callable[[], str], journal: Journal) -> Opened:
    """Open the spool at a path, whatever stands there. Raises SpoolError."""
    files.private_folder(path)
    with files.speaking(path):
        found = files.private_file(path)
        if found and not files.is_suspect(path):
            # What is damaged is kept aside, and a fresh spool begins.
            with suppress(Damaged):
                return _ready(path, found, journal)
        return _begin(path, now=now, fresh_id=fresh_id, journal=journal)


def peek_database(path: str) -> Opened | None:
    """Open the spool at a path to read it, and leave everything as it stands; None if none is.

    Raises SpoolError for one that is damaged, of another version, or that others can write.
    """
    found = files.inode(path)
    if found is None:
        return None
    files.check_folder(path)
    connection = None
    try:
        connection = connect(path, writable=False)
        schema.recognise(connection, path)
        known: dict[Any, Any] = dict(connection.execute(query("identity")))
        return Opened(ReadOnly(path, connection, found), known["writer"], known["generation"])
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, (KeyError, UnicodeDecodeError, Damaged, *_NOT_OURS)):
            raise SpoolError(
                path, f"it seems damaged ({error}): run `spec-notify doctor`"
            ) from error
        if isinstance(error, apsw.Error):
            raise refused(path, error) from error
        raise


def fault(database: Database) -> str | None:
    """Look at the whole database; answer the first thing wrong with it."""
    try:
        said = database.rows("integrity")
        if said != [("ok",)]:
            return str(said[0][0])
        _read_all(database)
    except (*_NOT_OURS, Damaged) as error:
        return str(error)
    return None


def _ready(path: str, found: Inode, journal: Journal) -> Opened:
    """Open an existing spool. Raises Damaged for what is none."""
    connection = None
    try:
        connection = connect(path)
        schema.verify(connection, path)
        _check_file(connection, path)
        set_journal(connection, journal)
        known: dict[Any, Any] = dict(connection.execute(query("identity")))
        return Opened(Database(path, connection, found), known["writer"], known["generation"])
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, (KeyError, UnicodeDecodeError, *_NOT_OURS)):
            raise Damaged(str(error)) from error
        if isinstance(error, apsw.Error):
            raise refused(path, error) from error
        raise


def _check_file(connection: apsw.Connection, path: str) -> None:
    """Notice what SQLite would only trip over later. Raises Damaged or SpoolError."""
    if connection.readonly("main"):
        if not files.is_writable(path):
            raise SpoolError(path, "it cannot be written: check its owner and permissions")
        raise Damaged("its header says that it cannot be written")
    if files.is_torn(path, connection.pragma("page_size")):
        raise Damaged("its end is missing")


def _begin(path: str, *, now: int, fresh_id: Callable[[], str], journal: Journal) -> Opened:
    """Make a spool where there is none, or none that can be used; one process at a time."""
    with files.alone(path):
        sound = _sound(path, journal)
        if sound is not None:
            files.clear_suspicion(path)
            return sound
        # What SQLite left beside a lost database would be replayed into the new one.
        kept = files.set_aside(path) or files.aside(path)
        identity = {
            "writer": fresh_id(),
            "generation": fresh_id() if kept else "",
            "begun_at": str(now),
        }
        _build(path, identity, journal)
        files.clear_suspicion(path)
        opened = _ready(path, files.inode(path) or (0, 0), journal)
        return opened._replace(recovered_from=kept)


def _sound(path: str, journal: Journal) -> Opened | None:
    """Answer the spool if it can be used after all: another process may have mended it."""
    found = files.private_file(path)
    if found is None:
        return None
    try:
        opened = _ready(path, found, journal)
    except Damaged:
        return None
    if not files.is_suspect(path):
        return opened
    with opened.database.reading():
        wrong = fault(opened.database)
    if wrong is None:
        return opened
    opened.database.close()
    return None


def _build(path: str, identity: dict[str, str], journal: Journal) -> None:
    draft = files.create(path)
    try:
        with closing(connect(draft)) as connection:
            # Set before it gets its name, so that no two processes ever disagree on it.
            set_journal(connection, journal)
            schema.build(connection, identity)
    except apsw.Error as error:
        raise refused(path, error) from error
    files.publish(draft, path)


def _read_all(database: Database) -> None:
    database.rows("other_text")
    for path, _, _ in database.rows("documents"):
        for _, _, body in database.rows("document", path=path):
            read_document(body)
    for (event,) in database.rows("event_ids"):
        read_event(database, event)
    for (row,) in database.rows("delivery_rows"):
        read_delivery(database, row)
