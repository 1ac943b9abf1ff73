from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.pipeline.intake import Looked
from spec_notify.pipeline.settle import (
    LONGEST,
    QUIET,
    UNCLOSED,
    VANISHED,
    Settle,
    Timers,
    look_patiently,
)
from spec_notify.ports import BUSY, VANISHING, Reason

if TYPE_CHECKING:
    from collections.abc import Collection

C, W, X = Reason.CHANGED, Reason.WRITTEN, Reason.CLOSED


@pytest.mark.parametrize(
    ("hints", "due"),
    [
        ([], None),
        ([(1_000, C)], 1_050),
        ([(1_000, "poke")], 1_050),
        ([(1_000, Reason.OVERFLOW)], 1_050),
        ([(1_000, C), (1_040, C), (1_080, C)], 1_130),
        ([(1_000, W)], 1_200),
        ([(1_000, W), (1_010, X)], 1_060),
        ([(1_000, W), (1_010, C)], 1_200),
        ([(1_000, W), (1_190, C)], 1_240),
        ([(1_000, W), (1_150, W)], 1_350),
        ([(1_000, W), (1_010, X), (1_020, W)], 1_220),
        ([(at, C) for at in range(1_000, 9_000, 10)], 3_000),
        ([(at, W) for at in range(1_000, 9_000, 10)], 3_000),
    ],
)
def test_a_look_is_due_when_the_files_have_rested(
    hints: list[tuple[int, str]], due: int | None
) -> None:
    settle = Settle()
    for at, reason in hints:
        settle.hint(at, reason)
    last = hints[-1][0] if hints else 1_000
    assert settle.next(last) == (None if due is None else max(0, due - last))
    if due is not None:
        assert not settle.due(due - 1)
        assert settle.due(due)


def test_the_first_hint_wakes_and_no_other_until_a_look_begins() -> None:
    settle = Settle()
    assert [settle.hint(at) for at in range(0, 1_000, 10)] == [True] + [False] * 99
    settle.begin()
    assert settle.next(1_000) is None
    assert settle.hint(1_000)


def test_what_was_hinted_before_a_look_does_not_delay_the_next() -> None:
    settle = Settle()
    settle.hint(1_000, W)
    settle.begin()
    settle.hint(1_010, C)
    assert settle.next(1_010) == QUIET


def test_a_wish_is_due_without_any_hint_and_the_earliest_stands() -> None:
    settle = Settle()
    settle.again(1_000, VANISHED)
    settle.again(1_100, 200)
    settle.again(1_200, VANISHED)
    assert settle.next(1_200) == 100
    settle.begin()
    assert settle.next(1_200) is None


def test_a_hint_does_not_wait_for_a_wish_nor_is_a_wish_cut_short() -> None:
    settle = Settle()
    settle.again(0, VANISHED)
    assert settle.next(2_500) == 2_500
    settle.hint(2_500)
    assert settle.next(2_500) == QUIET


@given(
    gaps=st.lists(st.tuples(st.integers(0, 300), st.sampled_from([*Reason])), min_size=1),
)
@settings(max_examples=100)
def test_a_look_comes_neither_while_files_move_nor_later_than_the_cap(
    gaps: list[tuple[int, str]],
) -> None:
    settle, now, first = Settle(), 0, None
    for gap, reason in gaps:
        now += gap
        if settle.due(now):
            settle.begin()
            first = None
        settle.hint(now, reason)
        first = now if first is None else first
        wait = settle.next(now)
        assert wait is not None
        assert now + wait <= first + LONGEST
        assert min(QUIET, first + LONGEST - now) <= wait <= UNCLOSED
        if reason == Reason.WRITTEN:
            assert wait == min(UNCLOSED, first + LONGEST - now)


def test_every_timer_has_its_period() -> None:
    timers = Timers.begin(0)
    done = {"stat": 0, "discover": 0, "audit": 0}
    now = 0
    while now < 3_600_000:
        now += timers.next(now)
        for name in timers.due(now):
            done[name] += 1
        timers = timers.after(now)
    assert done == {"stat": 1_800, "discover": 120, "audit": 6}


def test_a_laptop_that_slept_makes_up_for_nothing() -> None:
    timers = Timers.begin(0)
    assert timers.next(8_000_000) == 0
    assert timers.due(8_000_000) == {"stat", "discover", "audit"}
    timers = timers.after(8_000_000)
    assert timers.due(8_000_000) == frozenset()
    assert timers.next(8_000_000) == 2_000


def test_a_timer_that_is_not_due_is_left_alone() -> None:
    timers = Timers.begin(0)
    assert timers.due(1_999) == frozenset()
    assert timers.after(1_999) == timers
    assert timers.after(2_000) == Timers(stat=4_000, discover=30_000, audit=600_000)


def test_what_is_closed_while_it_was_waited_for_wakes_the_looker() -> None:
    settle = Settle()
    assert settle.hint(0, Reason.WRITTEN)
    assert settle.next(0) == UNCLOSED

    assert settle.hint(1, Reason.CLOSED)

    assert settle.next(1) == QUIET
    assert not settle.hint(2, Reason.CLOSED)


def test_a_storm_of_saves_wakes_the_looker_for_every_rest_once() -> None:
    """A looker that sleeps as long as it was told to is woken only to look sooner."""
    settle, woken, sleeps_until = Settle(), 0, 0
    for at in range(1_000):
        for reason in (W, X):
            wakes = settle.hint(at, reason)
            woken += wakes
            if wakes or at >= sleeps_until:
                sleeps_until = at + (settle.next(at) or 0)

    assert woken < 1_000 / QUIET * 2


class Slow:
    """A look that defers for a while, on a clock that only `rest` turns on."""

    def __init__(self, why: str, lasts: int) -> None:
        self.now, self.asked = 0, list[tuple[int, tuple[str, ...]]]()
        self._why, self._lasts = why, lasts

    def look(self, settled: Collection[str]) -> Looked:
        self.asked.append((self.now, tuple(settled)))
        passed = self.now >= self._lasts or "SPEC.md" in settled
        return Looked(deferred={} if passed else {"SPEC.md": self._why})

    def rest(self, wait: int) -> None:
        assert wait > 0
        self.now += wait

    def patiently(self, patience: int) -> Looked:
        return look_patiently(self.look, clock=lambda: self.now, rest=self.rest, patience=patience)


@pytest.mark.parametrize(
    ("why", "lasts", "looks"),
    [
        (VANISHING, 0, [0]),
        (VANISHING, 250, [0, 100, 300]),
        (VANISHING, 90_000, [0, 100, 300, 700, 1_500, 3_100, 5_000]),
        (f"{BUSY[0]}rebase", 250, [0, 100, 300]),
        (f"{BUSY[1]} (index.lock)", 3_200, [0, 100, 300, 700, 1_500, 3_100, 5_100]),
        ("it holds merge conflict markers", 90_000, [0]),
    ],
)
def test_what_passes_by_itself_is_come_back_for(why: str, lasts: int, looks: list[int]) -> None:
    slow = Slow(why, lasts)

    looked = slow.patiently(10_000)

    assert [moment for moment, _ in slow.asked] == looks
    assert looked.deferred == ({} if why == VANISHING or lasts < 9_000 else {"SPEC.md": why})


@pytest.mark.parametrize("patience", [0, 100, 4_999, 10_000])
def test_patience_ends(patience: int) -> None:
    slow = Slow(f"{BUSY[0]}rebase", 90_000)

    assert slow.patiently(patience).deferred

    assert slow.now == patience


def test_vanished_tasks_are_believed_within_just_five_seconds_of_patience() -> None:
    slow = Slow(VANISHING, 90_000)

    assert not slow.patiently(VANISHED).deferred

    assert slow.asked[-1] == (VANISHED, ("SPEC.md",))
