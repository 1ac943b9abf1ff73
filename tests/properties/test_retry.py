"""Retry delays: bounds that hold for every schedule, and a parser no header can surprise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import example, given
from hypothesis import strategies as st

from spec_notify.core.retry import (
    RETRY_AFTER_CAP,
    Schedule,
    next_delay,
    parse_retry_after,
    spell_retry_after,
)

NOW = 1_763_632_800_000
schedules = st.builds(
    Schedule,
    delays=st.lists(st.integers(0, 10**9), min_size=1, max_size=12).map(tuple),
    max_attempts=st.integers(1, 20),
    jitter=st.floats(0, 1),
)
tries = st.integers(0, 40)
jitters = st.floats(0, 1, exclude_max=True)
wishes = st.integers(0, 10**16)


@given(schedules, tries, jitters)
def test_a_delay_stays_within_the_jitter_of_its_plan(
    plan: Schedule, tried: int, jitter: float
) -> None:
    planned = plan.delays[min(max(tried, 1), len(plan.delays)) - 1]
    delay = next_delay(tried, plan, jitter=jitter)

    assert planned * (1 - plan.jitter) - 1 <= delay.millis <= planned * (1 + plan.jitter) + 1
    assert delay.millis >= 0


@given(schedules, tries, jitters, wishes)
def test_a_wish_is_never_undercut_and_never_shortens_the_plan(
    plan: Schedule, tried: int, jitter: float, wish: int
) -> None:
    alone = next_delay(tried, plan, jitter=jitter)
    asked = next_delay(tried, plan, jitter=jitter, retry_after=wish)

    assert asked.millis >= min(wish, RETRY_AFTER_CAP)
    assert alone.millis <= asked.millis <= max(alone.millis, RETRY_AFTER_CAP)
    assert asked.capped is (wish > RETRY_AFTER_CAP)
    assert str(spell_retry_after(asked)).startswith("next attempt in ")


@given(schedules, tries, jitters, jitters)
def test_more_jitter_never_comes_earlier(
    plan: Schedule, tried: int, one: float, other: float
) -> None:
    early, late = sorted((one, other))

    assert (
        next_delay(tried, plan, jitter=early).millis <= next_delay(tried, plan, jitter=late).millis
    )


@given(
    st.one_of(st.text(st.characters()), st.text('0123456789 ,:-+GMTSunNovJan()\\"', max_size=40))
)
@example("1000000000000")
@example("9" * 100_000)
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
def test_no_header_makes_the_parser_fall_over(value: str) -> None:
    asked = parse_retry_after(value, now=NOW)

    assert asked is None or asked >= 0


@given(st.integers(0, 9_999_999_999))
def test_plain_seconds_are_read_as_they_stand(seconds: int) -> None:
    assert parse_retry_after(str(seconds), now=NOW) == seconds * 1000


@given(st.integers(1, 10**9))
def test_a_date_is_read_as_the_wait_until_then(seconds: int) -> None:
    then = datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(seconds=seconds)

    assert parse_retry_after(format_datetime(then, usegmt=True), now=NOW) == seconds * 1000
