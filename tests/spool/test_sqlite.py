from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.spool.connection import ROLLBACK, WRITE_AHEAD, Journal
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.conformance import SpoolConformance
from tests.spool.given import NOW

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
