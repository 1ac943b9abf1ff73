"""A spool opened only to be shown: what it sees of other processes, and that it touches nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.errors import SpoolError
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.conform.showing import DONE, admit, tasks
from tests.spool.given import NOW, queue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "spool.db"


@pytest.fixture
def written(path: Path) -> Iterator[SqliteSpool]:
    spool = SqliteSpool.open(path, now=NOW, fresh_id=lambda: "fresh")
    yield spool
    spool.close()


def peeked(path: Path) -> SqliteSpool:
    found = SqliteSpool.peek(path)
    assert found is not None
    return found


def test_where_there_is_none_none_is_made(path: Path) -> None:
    assert SqliteSpool.peek(path) is None
    assert not path.parent.exists()


def test_what_another_connection_commits_is_seen_and_changes_the_version(
    path: Path, written: SqliteSpool
) -> None:
    shown = peeked(path)
    before = shown.version()
    assert shown.version() == before

    admit(written, DONE, DONE)

    assert shown.version() != before
    assert tasks(shown.events(10)) == ["T2", "T1"]
    shown.close()


def test_it_cannot_write_and_keeps_no_lock(path: Path, written: SqliteSpool) -> None:
    shown = peeked(path)
    admit(written, DONE)
    shown.events(10)

    with pytest.raises(SpoolError, match="cannot be written"):
        queue(shown, 7)
    queue(written, 8)

    assert tasks(shown.events(1)) == ["T8"]
    assert shown.writer == written.writer
    shown.close()


def test_it_knows_when_its_name_stands_for_another_spool(path: Path, written: SqliteSpool) -> None:
    shown = peeked(path)
    assert shown.is_current()

    path.rename(path.with_name("moved.db"))

    assert not shown.is_current()
    shown.close()


@pytest.mark.parametrize("bytes_", [b"no database", b"SQLite format 3\x00" + bytes(84)])
def test_a_damaged_one_is_refused_and_left_as_it_is(path: Path, bytes_: bytes) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(bytes_)

    with pytest.raises(SpoolError, match=r"damaged .* `spec-notify doctor`"):
        SqliteSpool.peek(path)

    assert [each.name for each in path.parent.iterdir()] == ["spool.db"]
    assert path.read_bytes() == bytes_


def test_one_of_another_version_is_refused_with_what_to_do(
    path: Path, written: SqliteSpool
) -> None:
    import apsw

    written.close()
    for version, fix in ((1, "--list"), (99, "update")):
        connection = apsw.Connection(str(path))
        connection.pragma("user_version", version)
        connection.close()

        with pytest.raises(SpoolError, match=fix):
            SqliteSpool.peek(path)


def test_one_that_others_can_write_is_refused(path: Path, written: SqliteSpool) -> None:
    path.parent.chmod(0o777)

    with pytest.raises(SpoolError, match="other users can write there"):
        SqliteSpool.peek(path)


def test_what_a_crash_left_in_the_log_is_shown(
    path: Path, written: SqliteSpool, tmp_path: Path
) -> None:
    admit(written, DONE)
    copy = tmp_path / "copy" / "spool.db"
    copy.parent.mkdir(mode=0o700)
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{copy}{end}")
    assert copy.with_name("spool.db-wal").stat().st_size > 0

    shown = peeked(copy)

    assert tasks(shown.events(10)) == ["T1"]
    shown.close()
