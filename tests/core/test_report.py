"""A report: each figure from passages one can count by hand, and each goal at its edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core import goals
from spec_notify.core.delivery import DRY_RUN, State
from spec_notify.core.figures import DAY, HOUR, Spread
from spec_notify.core.goals import Finding, Goal, Judgement
from spec_notify.core.report import Outside, Replays, Report, Totals, report
from tests.core.test_passage import NOW, a_passage, delivered

if TYPE_CHECKING:
    from spec_notify.core.passage import Passage

SECOND = 1_000


def of(*passages: Passage, outside: Outside | None = None, now: int = NOW + HOUR) -> Report:
    return report(passages, since=NOW - DAY, until=now, outside=outside or Outside(), now=now)


def found(report: Report, goal: Goal) -> tuple[float | None, int, str]:
    (finding,) = [each for each in report.findings if each.goal is goal]
    return finding.value, finding.of, finding.judgement.value


def dead(**facts: object) -> Passage:
    return a_passage(
        state=State.DEAD, **{"tried_at": NOW + 1, "finished_at": NOW + 9, "reason": "no", **facts}
    )


def test_of_nothing_nothing_is_said() -> None:
    empty = of()

    assert empty.totals == Totals()
    assert empty.totals.success is None
    assert {each.judgement for each in empty.findings} == {Judgement.NO_DATA}
    assert {each.of for each in empty.findings} == {0}
    assert empty.failed == 0
    assert empty.to_delivery == Spread()


def test_what_became_of_deliveries_is_counted_apart() -> None:
    told = of(
        delivered(9),
        delivered(7, reason=DRY_RUN),
        dead(),
        a_passage(),
        a_passage(state=State.IN_FLIGHT, tried_at=NOW + 1, attempts=1),
        a_passage(state=State.PARKED),
        a_passage(state=State.CANCELLED, finished_at=NOW + 3),
    )

    assert told.totals == Totals(
        deliveries=7,
        delivered=1,
        dead=1,
        pending=1,
        in_flight=1,
        parked=1,
        cancelled=1,
        dry_run=1,
    )
    assert (told.totals.ended, told.totals.open, told.totals.success) == (2, 3, 0.5)
    assert (told.waiting, told.oldest_waiting) == (2, NOW)


def test_attempts_and_retries_are_added_up() -> None:
    told = of(delivered(9, attempts=3), delivered(9), a_passage())

    assert (told.attempts, told.retries) == (4, 2)


def test_reasons_of_dead_letters_come_by_how_often() -> None:
    told = of(dead(), dead(reason="HTTP 500"), dead(reason="HTTP 500"), dead(reason=None))

    assert told.reasons == (("HTTP 500", 2), ("no", 1), ("unknown", 1))


def test_each_subscription_has_its_line() -> None:
    told = of(delivered(9), delivered(5, subscription="mail", attempts=2), dead())

    assert [(each.name, each.totals.success, each.retries) for each in told.subscriptions] == [
        ("chatops", 0.5, 0),
        ("mail", 1.0, 1),
    ]
    assert told.subscriptions[1].to_delivery == Spread(count=1, p50=5, p95=5, p99=5, most=5)


@pytest.mark.parametrize(
    ("goal", "passages", "expected"),
    [
        (goals.FIRST_ATTEMPT, [delivered(9, tried_at=NOW + 5_000)], (5_000, 1, "pass")),
        (goals.FIRST_ATTEMPT, [delivered(9, tried_at=NOW + 5_001)], (5_001, 1, "fail")),
        (goals.FIRST_ATTEMPT, [a_passage()], (None, 0, "no data")),
        (goals.DELIVERY_TIME, [delivered(5_000)], (5_000, 1, "pass")),
        (goals.DELIVERY_TIME, [delivered(5_001)], (5_001, 1, "fail")),
        (goals.DELIVERY_TAIL, [delivered(30_000)], (30_000, 1, "pass")),
        (goals.DELIVERY_TAIL, [delivered(30_001)], (30_001, 1, "fail")),
        (goals.DELIVERY_TAIL, [delivered(99_999, replayed_at=NOW)], (None, 0, "no data")),
        (goals.SUCCESS, [delivered(9)] * 199 + [dead()], (0.995, 200, "pass")),
        (goals.SUCCESS, [delivered(9)] * 198 + [dead()], (198 / 199, 199, "fail")),
        (goals.SUCCESS, [a_passage(), a_passage(state=State.PARKED)], (None, 0, "no data")),
        (goals.REPLAYS_NEEDED, [delivered(9)] * 99 + [dead()], (0.01, 100, "pass")),
        (goals.REPLAYS_NEEDED, [delivered(9)] * 98 + [dead()], (1 / 99, 99, "fail")),
        # A replay under way was needed; a first delivery under way says nothing.
        (goals.REPLAYS_NEEDED, [a_passage(replayed_at=NOW), a_passage()], (1.0, 1, "fail")),
        (goals.ADOPTION, [delivered(9)], (1, 1, "fail")),
        (goals.ADOPTION, [delivered(9), delivered(9, subscription="mail")], (2, 2, "pass")),
        (goals.ADOPTION, [dead()], (0, 1, "fail")),
    ],
)
def test_a_goal_at_its_edge(
    goal: Goal, passages: list[Passage], expected: tuple[float | None, int, str]
) -> None:
    assert found(of(*passages), goal) == expected


@pytest.mark.parametrize(
    ("passage", "value", "count"),
    [
        (delivered(9, tried_at=NOW + 5_000), 1.0, 1),
        (delivered(9, tried_at=NOW + 5_001), 0.0, 1),
        # Never tried, and should have been.
        (dead(tried_at=None, reason="backlog_full"), 0.0, 1),
        (a_passage(), 0.0, 1),
        (a_passage(state=State.PARKED), 0.0, 1),
        # Not due yet, or called off before.
        (a_passage(detected_at=NOW + HOUR - 5_000), None, 0),
        (a_passage(state=State.CANCELLED, finished_at=NOW + 1), None, 0),
    ],
)
def test_what_waits_for_its_first_attempt_too_long_was_not_tried_in_time(
    passage: Passage, value: float | None, count: int
) -> None:
    assert found(of(passage), goals.TRIED_IN_TIME)[:2] == (value, count)


@pytest.mark.parametrize(
    ("passage", "now", "expected"),
    [
        (delivered(DAY, replayed_at=NOW), NOW + DAY, (1, 1, 1, 0)),
        (delivered(DAY + 1, replayed_at=NOW), NOW + 2 * DAY, (1, 1, 0, 1)),
        (dead(replayed_at=NOW + 2), NOW + 9, (1, 0, 0, 1)),
        (a_passage(replayed_at=NOW), NOW + DAY, (1, 0, 0, 0)),
        (a_passage(replayed_at=NOW), NOW + DAY + 1, (1, 0, 0, 1)),
        (a_passage(state=State.CANCELLED, replayed_at=NOW), NOW + 9, (0, 0, 0, 0)),
        (delivered(9), NOW + 9, (0, 0, 0, 0)),
    ],
)
def test_a_replay_succeeds_within_a_day(
    passage: Passage, now: int, expected: tuple[int, int, int, int]
) -> None:
    replayed, arrived, in_time, failed = expected
    told = of(passage, now=now)

    assert told.replays == Replays(
        replayed=replayed,
        delivered=arrived,
        dead=int(passage.state is State.DEAD),
        in_time=in_time,
        failed=failed,
    )
    assert found(told, goals.REPLAY_SUCCESS)[1] == in_time + failed


@pytest.mark.parametrize(
    ("outside", "goal", "expected"),
    [
        (Outside(requests=7, signed=7), goals.SIGNED, (1.0, 7, "pass")),
        (Outside(requests=8, signed=7), goals.SIGNED, (0.875, 8, "fail")),
        (Outside(footprints=(9, 5_000_000)), goals.EVIDENCE, (5_000_000, 2, "pass")),
        (Outside(footprints=(5_000_001,)), goals.EVIDENCE, (5_000_001, 1, "fail")),
    ],
)
def test_what_was_measured_elsewhere_is_judged_too(
    outside: Outside, goal: Goal, expected: tuple[float, int, str]
) -> None:
    assert found(of(outside=outside), goal) == expected


def test_missed_goals_are_counted_but_for_how_many_use_it() -> None:
    told = of(dead(), outside=Outside(requests=2, signed=1))

    missed = {each.goal.key for each in told.findings if each.judgement is Judgement.FAIL}
    assert missed == {"success", "replays_needed", "adoption", "signed"}
    assert told.failed == 3


def test_every_goal_has_one_bound_and_names_its_section() -> None:
    known = [each.goal for each in of().findings]

    assert len({each.key for each in known}) == len(known) == 10
    for goal in known:
        assert (goal.most is None) != (goal.least is None)
        assert goal.section.startswith(
            ("Non-Functional Requirements, NFR", "Goals, Primary Goal", "Success Metrics")
        )
    assert Finding(goal=known[0], value=None, of=0).judgement is Judgement.NO_DATA
