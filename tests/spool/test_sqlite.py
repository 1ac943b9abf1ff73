from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from spec_notify.ports import Query
from spec_notify.spool.connection import ROLLBACK, WRITE_AHEAD, Journal
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.conformance import SpoolConformance
from tests.spool.given import NOW, queue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def opened(folder: Path, journal: Journal) -> SqliteSpool:
    return SqliteSpool.open(
        folder / "state" / "spool.db", now=NOW, fresh_id=lambda: "fresh", journal=journal
    )


class TestSqliteSpool(SpoolConformance):
    @pytest.fixture
    def spool(self, tmp_path: Path) -> Iterator[SqliteSpool]:
        spool = opened(tmp_path, WRITE_AHEAD)
        yield spool
        assert spool.check() is None
        spool.close()


class TestSqliteSpoolWithAnOldLibrary(SpoolConformance):
    @pytest.fixture
    def spool(self, tmp_path: Path) -> Iterator[SqliteSpool]:
        spool = opened(tmp_path, ROLLBACK)
        yield spool
        assert spool.check() is None
        spool.close()


@pytest.mark.parametrize("journal", [WRITE_AHEAD, ROLLBACK])
def test_what_is_listed_is_of_one_moment_whatever_others_delete(
    tmp_path: Path, journal: Journal
) -> None:
    """A row that was found and is gone when it is read would be taken for damage."""
    reader, other = opened(tmp_path, journal), opened(tmp_path, journal)
    over = Event()

    def come_and_go() -> None:
        for number in range(150):
            made = [queue(other, number).id]
            other.cancel(made, now=NOW)
            other.discard(made)
        over.set()

    busy = Thread(target=come_and_go)
    busy.start()
    found = []
    while not over.is_set():
        found.append(len(reader.find(Query())))
    busy.join()

    assert {*found} <= {0, 1}
    assert reader.check() is None
    assert other.check() is None
