"""Whose the spool's files are, and what is said when the disk does not play along."""

from __future__ import annotations

import os
import stat
from threading import Thread
from typing import TYPE_CHECKING

import apsw
import pytest

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.errors import SpoolError
from spec_notify.ports import Query
from spec_notify.spool.sqlite import SqliteSpool
from tests.privileges import run_as_ordinary_user
from tests.spool.given import NOW, a_delivery, a_document, an_event, claim, queue, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.ports import Ledger


def opened(path: Path | str) -> SqliteSpool:
    return SqliteSpool.open(path, now=NOW, fresh_id=lambda: "fresh")


def modes(folder: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "here" / "spool.db"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_folder_and_files_are_the_users_alone(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        spool = opened(path)
        queue(spool)
    finally:
        os.umask(before)
    assert {"spool.db", "spool.db-wal", "spool.db-shm"} <= modes(path.parent).keys()
    assert set(modes(path.parent).values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    spool.close()


def test_files_that_others_could_read_are_closed_to_them(path: Path) -> None:
    opened(path).close()
    path.chmod(0o644)
    spool = opened(path)
    queue(spool)
    assert set(modes(path.parent).values()) == {0o600}
    spool.close()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_others_can_write_to_is_refused_and_the_fix_named(path: Path, mode: int) -> None:
    path.parent.mkdir(parents=True)
    path.parent.chmod(mode)
    with pytest.raises(SpoolError, match=f"chmod 700 {path.parent}"):
        opened(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.chown(path.parent, 12_345, 12_345)
    with pytest.raises(SpoolError, match="belongs to another user"):
        opened(path)


@pytest.mark.parametrize("obstacle", ["folder", "file above"])
def test_what_stands_in_the_way_is_said(path: Path, obstacle: str) -> None:
    if obstacle == "folder":
        path.mkdir(parents=True, mode=0o700)
        path.parent.chmod(0o700)
    else:
        path.parent.parent.mkdir()
        path.parent.touch()
    with pytest.raises(SpoolError) as error:
        opened(path)
    assert str(path.parent) in str(error.value)


@pytest.mark.parametrize("look", [opened, SqliteSpool.peek])
def test_a_pipe_in_the_way_is_said_and_not_waited_for(
    path: Path, look: Callable[[Path], object]
) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.mkfifo(path, 0o600)

    with pytest.raises(SpoolError, match="it is no regular file: move it away"):
        look(path)
    assert path.is_fifo()


def test_what_was_written_is_there_after_a_restart(path: Path) -> None:
    spool = opened(path)
    with spool.ledger() as ledger:
        ledger.save(a_document())
        assert ledger.occurrence("SPEC.md", "T1", "Done") == 1
    queue(spool, 1)
    queue(spool, 2)
    settle(spool, claim(spool, 1)[0], Verdict.DELIVERED)
    (held,) = claim(spool)
    spool.mark_gone("mark", gone=True, now=NOW)
    kept = (spool.find(Query()), spool.unprojected(), spool.writer, spool.generation)
    spool.close()
    again = opened(path)
    assert (again.find(Query()), again.unprojected(), again.writer, again.generation) == kept
    assert dict(again.documents()) == {"SPEC.md": a_document()}
    assert again.gone() == {"mark"}
    assert settle(again, held, Verdict.DELIVERED) is not None
    with again.ledger() as ledger:
        assert ledger.occurrence("SPEC.md", "T1", "Done") == 2
    again.close()


def test_a_spool_may_be_named_from_where_the_user_stands(path: Path) -> None:
    opened(os.path.relpath(path)).close()
    assert path.exists()


def test_a_link_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "state" / "spool.db", tmp_path / "state" / "here" / "spool.db"):
        with pytest.raises(SpoolError, match="No such file"):
            opened(path)


OPEN = """
import sys
from pathlib import Path
from spec_notify.core.errors import SpoolError
from spec_notify.spool.sqlite import SqliteSpool
try:
    SqliteSpool.open(Path(sys.argv[1]), now=0, fresh_id=lambda: "fresh")
except SpoolError as error:
    print(error)
"""


def test_a_spool_nobody_may_write_is_not_taken_for_a_damaged_one(path: Path) -> None:
    opened(path).close()
    path.chmod(0o400)
    said = run_as_ordinary_user(OPEN, str(path))
    assert "cannot be written" in said
    assert list(path.parent.glob("*corrupt*")) == []


def test_a_spool_is_closed_twice_without_harm(path: Path) -> None:
    spool = opened(path)
    spool.close()
    spool.close()


def test_what_an_interrupted_beginning_left_is_in_nobodys_way(path: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    for name in ("spool.db.new", "spool.db.new-journal"):
        (path.parent / name).write_bytes(b"half")
    spool = opened(path)
    assert (spool.generation, spool.recovered_from) == ("", None)
    assert [each.name for each in path.parent.glob("*.new*")] == []
    spool.close()


@pytest.mark.parametrize("loss", ["deleted", "replaced"])
def test_nothing_is_acknowledged_on_a_file_nobody_will_find(path: Path, loss: str) -> None:
    spool = opened(path)
    queue(spool, 1)
    for each in path.parent.iterdir():
        each.unlink()
    if loss == "replaced":
        opened(path).close()
    with pytest.raises(SpoolError, match="moved or deleted"):
        queue(spool, 2)
    spool.close()


def test_a_full_disk_is_said_and_leaves_nothing_half_done(path: Path) -> None:
    spool = opened(path)
    queue(spool, 1)
    database = spool._database._connection
    pages = database.pragma("page_count")
    database.pragma("max_page_count", pages)
    event = an_event(2, body=b"x" * 100_000)

    def look(ledger: Ledger) -> int:
        ledger.save(a_document())
        return ledger.admit(event, [a_delivery(event)])

    with pytest.raises(SpoolError, match="free space"), spool.ledger() as ledger:
        look(ledger)
    database.pragma("max_page_count", pages * 100)
    assert dict(spool.documents()) == {}
    with spool.ledger() as ledger:
        assert look(ledger) == 1
    assert spool.check() is None
    spool.close()


def test_a_lock_that_is_not_given_back_is_said(path: Path) -> None:
    spool = opened(path)
    queue(spool, 1)
    spool._database._connection.set_busy_timeout(20)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SpoolError, match="another process holds it"):
        queue(spool, 2)
    assert spool.counts()[State.PENDING] == 1
    other.execute("ROLLBACK")
    queue(spool, 2)
    other.close()
    spool.close()


def test_a_reader_does_not_wait_for_a_writer(path: Path) -> None:
    spool = opened(path)
    queue(spool, 1)
    other = opened(path)
    with spool.ledger() as ledger:
        ledger.save(a_document())
        assert other.counts()[State.PENDING] == 1
        assert dict(other.documents()) == {}
    assert dict(other.documents()) == {"SPEC.md": a_document()}
    other.close()
    spool.close()


def test_two_processes_worth_of_spools_see_each_others_documents(path: Path) -> None:
    one, two = opened(path), opened(path)
    for revision in range(1, 7):
        writer, reader = (one, two) if revision % 2 else (two, one)
        with writer.ledger() as ledger:
            ledger.save(a_document(revision=revision, digest=f"{revision}"))
        assert reader.documents()["SPEC.md"].digest == f"{revision}"
    with one.ledger() as ledger:
        ledger.rename("SPEC.md", "moved.md")
    assert list(two.documents()) == ["moved.md"]
    assert two.documents()["moved.md"].path == "moved.md"
    one.close()
    two.close()


def test_threads_share_one_spool(path: Path) -> None:
    spool = opened(path)
    claimed: list[str] = []

    def work(first: int) -> None:
        for number in range(first, first + 25):
            queue(spool, number)
            for each in claim(spool, 1):
                assert settle(spool, each, Verdict.DELIVERED) is not None
                claimed.append(each.delivery.id)

    threads = [Thread(target=work, args=(first,)) for first in range(0, 100, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 100
    assert spool.counts()[State.DELIVERED] == 100
    spool.close()
