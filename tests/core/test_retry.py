"""When to try again: the named schedules line by line, and what a receiver may ask for."""

from __future__ import annotations

import pytest

from spec_notify.core.instant import parse_duration, parse_rfc3339
from spec_notify.core.retry import (
    RETRY_AFTER_CAP,
    Delay,
    Schedule,
    next_delay,
    parse_retry_after,
    schedule,
    spell_retry_after,
)

NOW = parse_rfc3339("2026-11-20T10:00:00Z")
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("default", "1s 2s 4s 8s 10s 1m 5m 30m 2h 6h"),
        ("standard", "5s 5m 30m 2h 5h 10h 14h 20h 24h"),
        ("conductor", "1s 2s"),
    ],
)
def test_a_named_schedule_is_the_contracts(name: str, spelled: str) -> None:
    delays = tuple(parse_duration(each) for each in spelled.split())
    built = schedule(name)

    assert built == Schedule(delays=delays, max_attempts=len(delays) + 1, jitter=0.2)


def test_a_list_of_durations_is_a_schedule_too() -> None:
    assert schedule(["1s", "5s", "30s"], max_attempts=11, jitter=0) == Schedule(
        delays=(1_000, 5_000, 30_000), max_attempts=11, jitter=0
    )


@pytest.mark.parametrize(
    ("spelled", "more"),
    [
        ("often", {}),
        ([], {}),
        (["1 fortnight"], {}),
        (["-1s"], {}),
        ("default", {"max_attempts": 0}),
        ("default", {"max_attempts": -1}),
        ("default", {"jitter": -0.1}),
        ("default", {"jitter": 1.1}),
        ("default", {"jitter": float("nan")}),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(spelled: object, more: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        schedule(spelled, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [
        *((1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 60), (7, 300), (8, 1800), (9, 7200)),
        # Beyond the schedule the last delay repeats; before the first attempt the first counts.
        *((10, 21600), (11, 21600), (50, 21600), (0, 1)),
    ],
)
def test_the_default_schedule_waits_as_printed(tries: int, seconds: int) -> None:
    assert next_delay(tries, schedule(jitter=0), jitter=0.9) == Delay(millis=seconds * 1000)


@pytest.mark.parametrize(("jitter", "millis"), [(0.0, 800), (0.25, 900), (0.5, 1000), (0.75, 1100)])
def test_jitter_scatters_evenly_around_the_plan(jitter: float, millis: int) -> None:
    assert next_delay(1, schedule(), jitter=jitter).millis == millis


@pytest.mark.parametrize(
    ("asked", "millis", "capped"),
    [
        (0, 1_000, False),
        (500, 1_000, False),
        (7_000, 7_000, False),
        (HOUR, HOUR, False),
        (HOUR + 1, HOUR, True),
        (10**15, HOUR, True),
    ],
)
def test_a_wish_is_kept_in_full_up_to_an_hour(asked: int, millis: int, *, capped: bool) -> None:
    delay = next_delay(1, schedule(jitter=0), jitter=0.5, retry_after=asked)

    assert delay == Delay(millis=millis, asked=asked, capped=capped)


def test_a_wish_shorter_than_the_plan_does_not_shorten_it() -> None:
    assert next_delay(10, schedule(jitter=0), jitter=0.5, retry_after=2 * HOUR).millis == 6 * HOUR


@pytest.mark.parametrize(
    ("value", "millis"),
    [
        ("0", 0),
        ("7", 7_000),
        (" 120 ", 120_000),
        ("0007", 7_000),
        ("9999999999", 9_999_999_999_000),
        ("1000000000000", 10_000_000_000_000),
        ("9" * 5_000, 10_000_000_000_000),
        ("0" * 5_000 + "7", 7_000),
        ("Fri, 20 Nov 2026 10:00:30 GMT", 30_000),
        ("Friday, 20-Nov-26 10:00:30 GMT", 30_000),
        ("Fri Nov 20 10:00:30 2026", 30_000),
        ("Fri, 20 Nov 2026 10:00:30 -0000", 30_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", parse_rfc3339("9999-12-31T23:59:59Z") - NOW),
    ],
)
def test_seconds_and_the_three_date_forms_are_read(value: str, millis: int) -> None:
    assert parse_retry_after(value, now=NOW) == millis


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " ",
        "soon",
        "-5",
        "+5",
        "5s",
        "1.5",
        "1e3",
        "1_0",
        "0x10",
        "NaN",
        "Infinity",
        "\u0661\u0660",
        "\u00b2",
        "\uff17",
        "7, 8",
        "Fri, 20 Nov 2026 10:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 32 Nov 2026 10:00:00 GMT",
        "Fri, 20 Nov 99999 10:00:00 GMT",
        "Fri, 20 Nov 2026 25:00:00 GMT",
        "2026-11-20T10:00:30Z",
    ],
)
def test_the_past_and_anything_else_is_no_wish(value: str | None) -> None:
    assert parse_retry_after(value, now=NOW) is None


def test_a_far_date_is_a_wish_for_the_capped_hour() -> None:
    asked = parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now=NOW)

    assert next_delay(1, schedule(), jitter=0.5, retry_after=asked).millis == RETRY_AFTER_CAP


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (Delay(millis=4_000), "next attempt in 4s"),
        (Delay(millis=1_137), "next attempt in 1137ms"),
        (Delay(millis=7_000, asked=7_000), "next attempt in 7s (receiver asked for 7s)"),
        (
            Delay(millis=HOUR, asked=86_400_000, capped=True),
            "next attempt in 1h (receiver asked for 1d, capped at 1h)",
        ),
    ],
)
def test_a_delay_says_where_it_comes_from(delay: Delay, words: str) -> None:
    assert spell_retry_after(delay) == words
