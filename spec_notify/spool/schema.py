"""The shape of the database: making it, bringing an older one up to date, knowing it for ours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpoolError

from .connection import Damaged
from .statements import LATEST, migration, query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import apsw

# "spec" in ASCII: what `file` and this module know a spool by.
APPLICATION_ID = 0x73706563
# SHA-256 over the schema as SQLite stores it; building it anew at every start would cost more.
_DIGESTS = {
    1: "51c0a317d0aba6a138488bc5b4005ba6190b6c9f83cfbb72186604c3f1ea214e",
    2: "8a090888f33621aa92451205a11cae0fe3ab3b1e522ec375daa04729a46c617d",
}


def build(connection: apsw.Connection, identity: Mapping[str, str]) -> None:
    """Give an empty database the latest shape and its identity, in one transaction."""
    with connection:
        connection.pragma("application_id", APPLICATION_ID)
        migrate(connection, since=0)
        for name, value in identity.items():
            connection.execute(query("identify"), {"name": name, "value": value})


def migrate(
    connection: apsw.Connection,
    *,
    since: int,
    until: int = LATEST,
    steps: Callable[[int], str] = migration,
) -> None:
    """Lead a database from one shape to a later one; the caller's transaction makes it one step."""
    for number in range(since + 1, until + 1):
        connection.execute(steps(number)).fetchall()
    connection.pragma("user_version", until)


def verify(connection: apsw.Connection, path: str) -> None:
    """Make sure this is a spool of this version, older ones brought up to date first.

    Raises Damaged for a database that is none of ours, SpoolError for one from a later version.
    """
    if _version(connection, path) < LATEST:
        _catch_up(connection)
    _compare(connection)


def recognise(connection: apsw.Connection, path: str) -> None:
    """Make sure this is a spool of this version, and leave an older one as it is.

    Raises Damaged for a database that is none of ours, SpoolError for one from another version.
    """
    if (version := _version(connection, path)) < LATEST:
        raise SpoolError(
            path,
            f"an older spec-notify wrote it (schema {version}): "
            "`spec-notify --list` brings it up to date",
        )
    _compare(connection)


def digest(connection: apsw.Connection) -> str:
    """Answer SHA-256 over all tables, indexes, triggers and views."""
    rows = connection.execute(query("schema")).fetchall()
    return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()


def _version(connection: apsw.Connection, path: str) -> int:
    if connection.pragma("application_id") != APPLICATION_ID:
        raise Damaged("it is some other program's database")
    version: int = connection.pragma("user_version")
    if version > LATEST:
        raise SpoolError(
            path,
            f"a newer spec-notify wrote it (schema {version}, this one knows {LATEST}): update",
        )
    return version


def _compare(connection: apsw.Connection) -> None:
    if digest(connection) != _DIGESTS[LATEST]:
        raise Damaged("its tables are not those of a spool")


def _catch_up(connection: apsw.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have brought it up to date while this one waited.
        migrate(connection, since=connection.pragma("user_version"))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
