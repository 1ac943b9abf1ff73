"""Lanes: what a rate allows, and how a breaker opens, tries and closes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from spec_notify.core.delivery import Verdict
from spec_notify.core.lane import (
    FAILURES,
    LONGEST_PAUSE,
    PAUSE,
    Breaker,
    Lane,
    Pace,
    Position,
    Rate,
    after,
    gate,
    parse_rate,
    position,
    spell_rate,
)

NOW = 1_800_000_000_000
MARK = "a destination"
OPEN = Breaker(endpoint=MARK, failures=FAILURES, opened_at=NOW, until=NOW + PAUSE, pause=PAUSE)


@pytest.mark.parametrize(
    ("text", "count", "per"), [("10/s", 10, 1_000), ("60/m", 60, 60_000), ("9999/h", 9999, 3600000)]
)
def test_a_rate_is_a_number_and_a_unit(text: str, count: int, per: int) -> None:
    assert parse_rate(text) == Rate(count=count, per=per)
    assert spell_rate(parse_rate(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "10", "/s", "0/s", "-1/s", "1.5/s", "10000/s", "10/d", "10 / s", "1_0/s", "\u0661/s"],
)
def test_anything_else_is_no_rate(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        parse_rate(text)


@given(
    rate=st.builds(
        Rate, count=st.integers(1, 9999), per=st.sampled_from([1_000, 60_000, 3_600_000])
    ),
    rests=st.lists(st.integers(0, 5_000), max_size=60),
    window=st.integers(1, 20_000),
)
@settings(max_examples=60)
def test_no_window_holds_more_than_its_share_and_one_burst(
    rate: Rate, rests: list[int], window: int
) -> None:
    due, now, begun = 0, NOW, []
    for rest in rests:
        now += rest
        count = Pace(rate=rate, due=due, now=now).allowed
        due = Pace(rate=rate, due=due, now=now).begun(count) if count else due
        begun.append((now, count))
    burst = max(1, 250 * rate.count // rate.per)
    gap = rate.per * 1000 // rate.count
    for first, _ in begun:
        held = sum(count for at, count in begun if first <= at < first + window)
        assert held <= burst + window * 1000 // gap


@given(
    rate=st.builds(Rate, count=st.integers(1, 999), per=st.sampled_from([1_000, 60_000])),
    ahead=st.integers(0, 60_000_000),
)
@settings(max_examples=60)
def test_what_is_not_allowed_yet_is_allowed_when_it_says(rate: Rate, ahead: int) -> None:
    pace = Pace(rate=rate, due=NOW * 1000 + ahead, now=NOW)
    assert (pace.free_at == NOW) is (pace.allowed > 0)
    assert Pace(rate=rate, due=pace.due, now=pace.free_at).allowed > 0


def test_a_pace_from_a_clock_that_ran_ahead_holds_nothing_back() -> None:
    pace = Pace(rate=parse_rate("1/s"), due=(NOW + 86_400_000) * 1000, now=NOW)
    assert (pace.allowed, pace.free_at) == (1, NOW)


def failed(deliveries: list[str], breaker: Breaker | None = None) -> Breaker:
    breaker = breaker or Breaker(endpoint=MARK)
    for number, each in enumerate(deliveries):
        breaker = after(breaker, each, f"token {number}", Verdict.RETRY, now=NOW)
    return breaker


@pytest.mark.parametrize(
    ("deliveries", "where"),
    [
        (["a"] * 1_000, Position.CLOSED),
        (["a", "b"] * 500, Position.CLOSED),
        ([*"abcdefghi"], Position.CLOSED),
        ([*"abcdefghij"], Position.OPEN),
        ([*"aaaaaaaabc"], Position.OPEN),
        ([*"aaaaaaaaaaaab"], Position.CLOSED),
    ],
)
def test_a_row_of_failures_over_several_deliveries_opens(
    deliveries: list[str], where: Position
) -> None:
    assert position(failed(deliveries), NOW) is where


@pytest.mark.parametrize(
    "verdict", [Verdict.REJECTED, Verdict.GONE, Verdict.UNKNOWN, Verdict.DRY_RUN]
)
def test_what_says_nothing_of_the_destination_moves_nothing_but_the_trial(verdict: Verdict) -> None:
    breaker = failed([*"abcde"])
    assert after(breaker, "z", "token", verdict, now=NOW) == breaker
    trying = Breaker(
        endpoint=MARK, opened_at=NOW - 2, until=NOW - 1, trial="token", trial_until=NOW
    )
    assert after(trying, "z", "token", verdict, now=NOW).trial is None


def test_a_success_forgets_every_failure() -> None:
    for breaker in (failed([*"abcde"]), OPEN):
        closed = after(breaker, "z", "token", Verdict.DELIVERED, now=NOW)
        assert closed == Breaker(endpoint=MARK)


def test_each_failed_trial_doubles_the_pause_up_to_five_minutes() -> None:
    breaker, pauses = failed([*"abcdefghij"]), []
    for _ in range(6):
        assert breaker.until is not None
        pauses.append(breaker.pause // 1000)
        now = breaker.until
        breaker = on_trial(breaker, now)
        breaker = after(breaker, "a", "trial", Verdict.RETRY, now=now)
    assert pauses == [30, 60, 120, 240, 300, 300]
    assert breaker.pause == LONGEST_PAUSE


def on_trial(breaker: Breaker, now: int) -> Breaker:
    return replace(breaker, trial="trial", trial_until=now + 20_000)


def test_a_replay_that_fails_while_it_is_open_prolongs_nothing() -> None:
    still = after(OPEN, "replayed", "token", Verdict.RETRY, now=NOW + 5)
    assert (still.opened_at, still.until, still.pause) == (NOW, NOW + PAUSE, PAUSE)


@pytest.mark.parametrize(
    ("at", "where"),
    [
        (NOW, Position.OPEN),
        (NOW + PAUSE - 1, Position.OPEN),
        (NOW + PAUSE, Position.HALF_OPEN),
        # Hours of sleep, and a clock put back: nobody waits longer for either.
        (NOW + 86_400_000, Position.HALF_OPEN),
        (NOW - 86_400_000, Position.HALF_OPEN),
    ],
)
def test_it_stands_where_the_clock_says(at: int, where: Position) -> None:
    assert position(OPEN, at) is where


def test_half_open_one_leaves_and_the_others_wait_for_it() -> None:
    lane, now = Lane(endpoint=MARK), NOW + PAUSE
    first = gate(lane, OPEN, 0, limit=8, now=now)
    assert (first.limit, first.trial, first.opens_at) == (1, True, now)
    trying = on_trial(OPEN, now)
    second = gate(lane, trying, 0, limit=8, now=now + 5)
    assert (second.trial, second.opens_at) == (False, now + 20_000)
    # A trial whose process died is not waited for after its lease.
    assert gate(lane, trying, 0, limit=8, now=now + 20_000).trial


def test_no_route_opens_at_once_and_never_for_longer() -> None:
    breaker = Breaker(endpoint=MARK)
    for _ in range(5):
        breaker = after(breaker, "a", "token", Verdict.OFFLINE, now=NOW)
        assert (breaker.until, breaker.offline, breaker.failures) == (NOW + PAUSE, True, 0)
