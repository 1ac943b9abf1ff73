"""Numbers of a report in words: exact where it matters, and never a miss rounded into a hit."""

from __future__ import annotations

import pytest

from spec_notify.cli.report_words import (
    effort,
    measured,
    millis,
    percent,
    remarks,
    size,
    spelled,
    totals,
    wanted,
    window,
)
from spec_notify.core import goals
from spec_notify.core.delivery import State
from spec_notify.core.figures import DAY, HOUR, MINUTE, Spread
from spec_notify.core.goals import Finding, Goal, Judgement
from tests.cli.reports import reported
from tests.core.test_passage import NOW, a_passage, delivered


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "-"),
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1 s"),
        (5_001, "5.001 s"),
        (12_340, "12.34 s"),
        (59_999, "59.999 s"),
        (MINUTE, "1 min"),
        (90_500, "1 min 30 s"),
        (HOUR, "1 h"),
        (HOUR + 59_999, "1 h"),
        (2 * HOUR + 4 * MINUTE, "2 h 4 min"),
        (7 * DAY, "7 d"),
        (DAY + 2 * HOUR, "1 d 2 h"),
    ],
)
def test_a_length_is_said_as_people_say_it(value: int | None, said: str) -> None:
    assert millis(value) == said


@pytest.mark.parametrize(
    ("share", "down", "up"),
    [
        (None, "-", "-"),
        (0.0, "0 %", "0 %"),
        (1.0, "100 %", "100 %"),
        (0.99499999, "99.49 %", "99.5 %"),
        (0.995, "99.5 %", "99.5 %"),
        (0.29, "29 %", "29 %"),
        (0.0100001, "1 %", "1.01 %"),
        (2 / 3, "66.66 %", "66.67 %"),
    ],
)
def test_a_share_is_cut_and_not_rounded(share: float | None, down: str, up: str) -> None:
    assert (percent(share), percent(share, up=True)) == (down, up)


@pytest.mark.parametrize(
    ("goal", "value", "said", "wish"),
    [
        (goals.FIRST_ATTEMPT, 5_001, "5.001 s", "≤ 5 s"),
        (goals.DELIVERY_TAIL, 30_001, "30.001 s", "≤ 30 s"),
        (goals.SUCCESS, 0.99499, "99.49 %", "≥ 99.5 %"),
        (goals.REPLAYS_NEEDED, 0.01001, "1.01 %", "≤ 1 %"),
        (goals.SIGNED, 0.99999, "99.99 %", "≥ 100 %"),
        (goals.EVIDENCE, 5_000_001, "5.01 MB", "≤ 5 MB"),
        (goals.ADOPTION, 1, "1", "≥ 2"),
    ],
)
def test_what_is_missed_by_a_little_reads_like_a_miss(
    goal: Goal, value: float, said: str, wish: str
) -> None:
    finding = Finding(goal=goal, value=value, of=9)

    assert finding.judgement is Judgement.FAIL
    assert (measured(finding), wanted(goal)) == (said, wish)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (5_123, "5.13 kB"),
        (4_900_000, "4.9 MB"),
        (4_999_999, "5 MB"),
        (5_000_000, "5 MB"),
    ],
)
def test_a_size_is_cut_upwards(value: int, said: str) -> None:
    assert size(value) == said


def test_nothing_is_said_of_nothing() -> None:
    assert spelled(Spread()) == "no data"
    assert size(None) == "-"
    assert [measured(each) for each in reported().report.findings if each.value is None] == [
        "-"
    ] * 9


def test_what_is_open_stands_apart_from_what_ended() -> None:
    found = reported(
        [delivered(9, at=NOW - HOUR)] * 1_284
        + [a_passage(state=State.PARKED), a_passage(state=State.IN_FLIGHT), a_passage()]
    )

    assert totals(found) == (
        "1,287 deliveries: 1,284 delivered, 0 dead, 2 pending, 1 parked, 0 cancelled, 0 dry"
    )
    assert effort(found) == "1,284 attempts, 0 after a first one"
    assert window(found).endswith(" (7 d)")


def test_replays_are_told_by_what_became_of_them() -> None:
    old = NOW - 3 * DAY
    found = reported(
        [
            delivered(HOUR, at=old, replayed_at=old + 9),
            delivered(2 * DAY, at=old, replayed_at=old + 9),
            a_passage(state=State.DEAD, detected_at=old, finished_at=old + 5, replayed_at=old + 2),
            a_passage(detected_at=old, replayed_at=NOW - HOUR),
            a_passage(detected_at=old, replayed_at=NOW - 2 * DAY),
        ]
    )

    assert effort(found).partition("; ")[2] == "5 replayed: 2 delivered, 1 dead again, 2 under way"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"forgotten": 3}, "3 evidence records of deliveries that have left the spool"),
        ({"acknowledged": 1}, "1 dead letter acknowledged by hand"),
        ({"since": NOW - 8 * DAY}, "the spool keeps what is finished for 7d"),
        ({"since": NOW - 7 * DAY}, None),
    ],
)
def test_what_the_figures_cannot_know_is_said(facts: dict[str, int], said: str | None) -> None:
    lines = [*remarks(reported([delivered(9, at=NOW - HOUR)], **facts))]

    assert len(lines) == (said is not None)
    assert said is None or said in lines[0]


def test_what_was_tried_and_is_still_open_is_said() -> None:
    (line,) = remarks(reported([a_passage(detected_at=NOW - HOUR, tried_at=NOW - 9, attempts=1)]))

    assert line.startswith("1 delivery tried and still open: neither delivered nor dead yet")


def test_what_was_never_tried_is_said_with_its_age() -> None:
    (line,) = remarks(reported([a_passage(), a_passage(detected_at=NOW - 5)]))

    assert line.startswith("2 deliveries not tried yet, the oldest detected 2")
