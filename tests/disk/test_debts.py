"""What is owed after a dead letter stays owed until it is paid, whatever happens to its file."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import Delivery, State
from spec_notify.core.errors import BusError
from spec_notify.disk.debts import FIRST, LAST, DebtFolder
from spec_notify.disk.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def dead(name: str, type_: str = "run_stop") -> Delivery:
    return Delivery(
        id=f"dlv_{name}",
        event="evt_1",
        type=type_,
        subscription="chatops",
        state=State.DEAD,
        created_at=0,
        next_at=0,
    )


class Till:
    """Takes payments; `refuses` says why one is not taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "owed"
        self.paid: list[str] = []
        self.warned: list[str] = []
        self.refuses: dict[str, Exception] = {}
        self.debts = self.open()

    def open(self) -> DebtFolder:
        return DebtFolder(
            self.folder,
            owed=lambda each: each.type == "run_stop",
            pay=self._pay,
            warn=self.warned.append,
        )

    def pay(self, now: int = 0, stopped: Callable[[], bool] = lambda: False) -> list[str]:
        """Pay what is due; answer what was paid."""
        self.paid.clear()
        if self.debts.due(now):
            self.debts.pay(now, stopped)
        return [*self.paid]

    def _pay(self, debt: Delivery, stopped: Callable[[], bool]) -> None:
        del stopped
        if debt.id in self.refuses:
            raise self.refuses[debt.id]
        self.paid.append(debt.id)


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till(tmp_path)


def test_what_nobody_is_owed_leaves_no_file(till: Till) -> None:
    till.debts.owe([dead("1", "run.finished")])

    assert not till.folder.exists()
    assert till.pay() == []


def test_what_is_owed_is_paid_once_by_whoever_comes_next(till: Till) -> None:
    till.debts.owe([dead("1"), dead("2"), dead("3", "run.finished")])
    till.debts = till.open()

    assert till.pay() == ["dlv_1", "dlv_2"]
    assert till.pay() == []
    assert [each.name for each in till.folder.iterdir()] == ["lock"]


def test_what_is_refused_stays_owed_alone_and_is_tried_later_and_later(till: Till) -> None:
    till.debts.owe([dead("1"), dead("2")])
    till.refuses["dlv_1"] = BusError("bus", "it is a symbolic link")
    assert till.pay() == ["dlv_2"]
    pauses, at = [], 0
    for _ in range(9):
        pause = next(each for each in range(FIRST, 10 * LAST, FIRST) if till.debts.due(at + each))
        pauses.append(pause)
        at += pause
        assert till.pay(at) == []

    assert pauses[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert pauses[-1] == LAST
    assert till.warned == ["bus holds no record of a dead letter yet: it is a symbolic link"]

    del till.refuses["dlv_1"]
    assert till.pay(at + LAST) == ["dlv_1"]


def test_a_trouble_that_passed_and_comes_again_is_said_again(till: Till) -> None:
    trouble = BusError("bus", "its folder cannot be opened")
    for at in (0, 10 * LAST):
        till.debts.owe([dead(f"{at}")])
        till.refuses[f"dlv_{at}"] = trouble
        till.pay(at)
        till.refuses.clear()
        assert till.pay(at + LAST) == [f"dlv_{at}"]

    assert till.warned == [str(trouble)] * 2


def test_a_new_debt_does_not_wait_for_an_old_ones_pause(till: Till) -> None:
    till.debts.owe([dead("1")])
    till.refuses["dlv_1"] = BusError("bus", "busy")
    till.pay()
    till.debts.owe([dead("2")])

    assert till.pay(1) == ["dlv_2"]


def test_a_bug_in_one_keeps_no_other_back(till: Till) -> None:
    till.debts.owe([dead("1"), dead("2")])
    till.refuses["dlv_1"] = KeyError("secret words")

    assert till.pay() == ["dlv_2"]
    assert till.warned == ["a bug, KeyError, in what is owed for dlv_1"]


def test_who_is_stopped_leaves_the_rest(till: Till) -> None:
    till.debts.owe([dead("1"), dead("2")])

    assert till.pay(0, lambda: bool(till.paid)) == ["dlv_1"]
    assert till.pay() == ["dlv_2"]


def test_two_processes_never_pay_at_once(till: Till) -> None:
    till.debts.owe([dead("1")])
    other = Lock(till.folder / "lock")
    assert other.acquire()
    assert till.pay() == []
    other.release()

    assert till.pay() == ["dlv_1"]


@pytest.mark.parametrize("body", [b"", b"{", b'[{"id": 1}]', b"\xff"])
def test_a_file_that_is_none_of_ours_owes_nothing_and_hurts_nothing(
    till: Till, body: bytes
) -> None:
    till.debts.owe([dead("1")])
    (till.folder / "0.json").write_bytes(body)

    assert till.pay() == ["dlv_1"]
    assert not (till.folder / "0.json").exists()


def test_what_cannot_be_read_now_is_still_owed(till: Till) -> None:
    """No file descriptor is left when the second file is to be read: nothing of it is lost."""
    till.debts.owe([dead("1")])
    till.debts.owe([dead("2")])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    first = []

    def pay(debt: Delivery, _: Callable[[], bool]) -> None:
        first.append(debt.id)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))

    poor = DebtFolder(till.folder, owed=lambda _: True, pay=pay, warn=till.warned.append)
    try:
        poor.pay(0, lambda: False)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert len(till.warned) == 1
    assert "cannot be read (Too many open files)" in till.warned[0]
    assert {*first, *till.pay()} == {"dlv_1", "dlv_2"}


def test_a_clock_that_goes_back_lengthens_no_pause(till: Till) -> None:
    till.debts.owe([dead("1")])
    till.refuses["dlv_1"] = BusError("bus", "busy")
    till.pay(100 * LAST)
    assert not till.debts.due(100 * LAST)

    assert till.debts.due(0)
    till.pay(0)
    assert not till.debts.due(1)
    assert till.debts.due(2 * FIRST)
