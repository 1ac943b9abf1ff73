"""The n-th write or sync fails, for every n until none is left: nothing acknowledged is lost.

The file system stands in through SQLite's own seam, which carries the rollback journal only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.errors import SpoolError
from spec_notify.ports import Query
from spec_notify.spool.connection import ROLLBACK
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.given import NOW, a_document, claim, queue, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Trouble:
    """Counts what is asked of the disk, and refuses from the n-th on: once, or for good."""

    def __init__(self) -> None:
        self.asked = 0
        self.first: int | None = None
        self.for_good = False
        self.error: type[apsw.Error] = apsw.IOError

    def meet(self) -> None:
        self.asked += 1
        if self.first is None or self.asked < self.first:
            return
        if self.for_good or self.asked == self.first:
            raise self.error("refused by the test")


class Disk(apsw.VFS):
    """The system's own file system, with trouble in the way of every change."""

    def __init__(self, trouble: Trouble) -> None:
        self.base = apsw.vfs_names()[0]
        super().__init__("trouble", self.base, makedefault=True)
        self.trouble = trouble

    def xOpen(self, name: object, flags: list[int]) -> File:  # noqa: N802 - SQLite's name
        return File(self.base, name, flags, self.trouble)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: FBT001, N802 - SQLite's signature
        self.trouble.meet()
        super().xDelete(name, sync)


class File(apsw.VFSFile):
    def __init__(self, base: str, name: object, flags: list[int], trouble: Trouble) -> None:
        super().__init__(base, name, flags)  # type: ignore[arg-type]
        self.trouble = trouble

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self.trouble.meet()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self.trouble.meet()
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self.trouble.meet()
        super().xTruncate(size)


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    trouble = Trouble()
    disk = Disk(trouble)
    yield trouble
    disk.unregister()


def opened(folder: Path) -> SqliteSpool:
    path = folder / "state" / "spool.db"
    return SqliteSpool.open(path, now=NOW, fresh_id=lambda: "fresh", journal=ROLLBACK)


def live(folder: Path, kept: dict[str, object]) -> None:
    """Go through a small life, noting in `kept` what was acknowledged on the way."""
    spool = opened(folder)
    try:
        with spool.ledger() as ledger:
            ledger.save(a_document())
        kept["document"] = True
        for number in (1, 2):
            kept[queue(spool, number).id] = State.PENDING
        first, second = claim(spool)
        for each, verdict in ((first, Verdict.DELIVERED), (second, Verdict.REJECTED)):
            settled = settle(spool, each, verdict)
            assert settled is not None
            kept[each.delivery.id] = settled.delivery.state
            kept[settled.record.name] = settled.record.body
    finally:
        spool.close()


def assert_kept(folder: Path, kept: dict[str, object]) -> None:
    spool = opened(folder)
    assert spool.recovered_from is None
    assert spool.check() is None
    found: dict[str, object] = {each.id: each.state for each in spool.find(Query())}
    found |= {record.name: record.body for record in spool.unprojected()}
    if "SPEC.md" in spool.documents():
        found["document"] = True
    for each, state in kept.items():
        # What was acknowledged as pending may have gone further without an answer.
        assert each in found
        assert state is State.PENDING or found[each] == state
    spool.close()


@pytest.mark.parametrize(
    ("error", "for_good"), [(apsw.IOError, False), (apsw.IOError, True), (apsw.FullError, True)]
)
def test_no_refused_write_loses_what_was_acknowledged(
    tmp_path: Path, trouble: Trouble, error: type[apsw.Error], *, for_good: bool
) -> None:
    refusals, first = 0, 0
    trouble.error, trouble.for_good = error, for_good
    while first == 0 or trouble.asked >= first:
        first += 1
        kept: dict[str, object] = {}
        trouble.asked, trouble.first = 0, first
        try:
            live(tmp_path / f"{first}", kept)
        except SpoolError:
            refusals += 1
        trouble.first, asked = None, trouble.asked
        assert_kept(tmp_path / f"{first}", kept)
        trouble.asked = asked
    assert refusals > 50
