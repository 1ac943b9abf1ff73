"""One bad row or document hurts only itself, and nothing is read while the spool is locked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.disk.workspace import Folder
from spec_notify.pipeline.context import Context
from spec_notify.pipeline.intake import Intake, Wish
from spec_notify.pipeline.reading import Reader
from spec_notify.wiring import now
from tests.acceptance.shop import board
from tests.pipeline.desk import Desk, Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERYWHERE = '[sources.spec]\npaths = ["SPEC.md", "*/SPEC.md"]\n'


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, top=EVERYWHERE)
    yield desk
    desk.wiring.close()


def test_a_document_nothing_can_be_said_of_keeps_no_other_back(desk: Desk) -> None:
    # Such a path would read as absolute elsewhere, and no event may hold one.
    for path in ("C:/SPEC.md", "shop/SPEC.md"):
        desk.repository.write(path, board(T1="Backlog"))
    desk.look()
    for path in ("C:/SPEC.md", "shop/SPEC.md"):
        desk.repository.write(path, board(T1="Done"))

    looked = desk.look()

    assert [each.document for each in looked.events] == ["shop/SPEC.md"]
    (notice,) = [each for path, each in looked.notices if path == "C:/SPEC.md"]
    assert (notice.code, notice.line) == ("untellable", 5)
    assert "T1 cannot be told" in notice.message
    assert desk.look().notices == ()


def test_a_document_that_cannot_be_read_keeps_no_other_back(desk: Desk) -> None:
    desk.repository.write("shop/SPEC.md", board(T1="Backlog"))
    desk.look()
    desk.save(T1="Done", T2="Backlog")

    def fail(path: str) -> None:
        if path == "shop/SPEC.md":
            raise ValueError("no such plane of Unicode")

    looked = desk.look_through(workspace=Interrupted(desk.repository.root, fail))

    assert [each.task for each in looked.events] == ["T1"]
    assert looked.unreadable == {"shop/SPEC.md": "cannot be read: no such plane of Unicode"}


class Watched:
    """Any object, which must not be asked anything while the door is shut."""

    def __init__(self, real: object) -> None:
        self._real = real
        self.shut = False

    def __getattr__(self, name: str) -> Any:
        assert not self.shut, f"{name} was asked for inside the write transaction"
        return getattr(self._real, name)


class Locking:
    """A spool that shuts the doors for as long as its transaction is open."""

    def __init__(self, spool: Any, *doors: Watched) -> None:
        self._spool = spool
        self._doors = doors

    def documents(self) -> Any:
        return self._spool.documents()

    @contextmanager
    def ledger(self) -> Iterator[Any]:
        with self._spool.ledger() as ledger:
            for door in self._doors:
                door.shut = True
            yield ledger
        for door in self._doors:
            door.shut = False


def test_inside_the_write_transaction_neither_git_nor_disk_is_asked(desk: Desk) -> None:
    workspace, history = Watched(Folder(desk.repository.root)), Watched(desk.wiring.git)
    config, spool = desk.wiring.config, desk.wiring.spool
    context = Context(
        workspace=workspace,
        history=history,
        config=config,
        repository="shop",
        generation="",
        evidence_root="evidence",
    )
    intake = Intake(
        spool=Locking(spool, workspace, history),
        reader=Reader(workspace=workspace, history=history, config=config, clock=now),
        context=context,
        config=config,
        clock=now,
    )
    desk.commit(T1="Done", T2="In Review")

    looked = intake.look(Wish())

    assert [each.status for each in looked.events] == ["Done", "In Review"]
    assert b"Ada Example" in looked.events[0].body
