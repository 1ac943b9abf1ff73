"""Passages: what counts as a latency, and what became of deliveries over time."""

from __future__ import annotations

import pytest

from spec_notify.core.delivery import DRY_RUN, State
from spec_notify.core.figures import HOUR, Spread
from spec_notify.core.passage import Bucket, Passage, lengths, over_time

# A whole hour: cuts stand on whole strides of the clock.
NOW = 500_000 * HOUR


def a_passage(**facts: object) -> Passage:
    known: dict[str, object] = {
        "id": "dlv_1",
        "type": "spec-kit.task.completed",
        "subscription": "chatops",
        "spec": "SPEC-KIT-075",
        "state": State.PENDING,
        "detected_at": NOW,
    }
    return Passage(**{**known, **facts})  # type: ignore[arg-type]


def delivered(after: int, at: int = NOW, **facts: object) -> Passage:
    known = {"tried_at": at + 1, "finished_at": at + after, "attempts": 1}
    return a_passage(state=State.DELIVERED, detected_at=at, **{**known, **facts})


@pytest.mark.parametrize(
    ("passage", "first", "last"),
    [
        (a_passage(), None, None),
        (a_passage(tried_at=NOW + 3, attempts=1), 3, None),
        (delivered(9), 1, 9),
        (delivered(0, tried_at=NOW), 0, 0),
        # How long a human took is no latency; that of the first attempt stays true.
        (delivered(9, replayed_at=NOW + 5), 1, None),
        (delivered(9, reason=DRY_RUN), 1, None),
        (a_passage(state=State.DEAD, tried_at=NOW + 2, finished_at=NOW + 5), 2, None),
        (a_passage(state=State.CANCELLED, finished_at=NOW + 5), None, None),
        (a_passage(state=State.PARKED, tried_at=NOW + 2), 2, None),
        # A clock that moved back makes nobody faster than at once.
        (delivered(-9, tried_at=NOW - 4), 0, 0),
    ],
)
def test_what_counts_as_a_latency(passage: Passage, first: int | None, last: int | None) -> None:
    assert (passage.to_first_attempt, passage.to_delivery) == (first, last)
    expected = [each for each in [first] if each is not None], [e for e in [last] if e is not None]
    assert lengths([passage]) == expected


def test_deliveries_are_counted_where_they_were_detected() -> None:
    found = over_time(
        [
            delivered(5, at=NOW),
            delivered(7, at=NOW + HOUR - 1),
            a_passage(state=State.DEAD, detected_at=NOW + HOUR, finished_at=NOW + 9 * HOUR),
            a_passage(state=State.PARKED, detected_at=NOW + HOUR),
            delivered(5, at=NOW + HOUR, reason=DRY_RUN),
            a_passage(state=State.CANCELLED, detected_at=NOW + 2 * HOUR),
        ],
        since=NOW,
        until=NOW + 4 * HOUR,
        most=4,
    )

    assert [(each.start - NOW, each.end - NOW) for each in found] == [
        (at * HOUR, (at + 1) * HOUR) for at in range(4)
    ]
    assert [(each.delivered, each.dead, each.open) for each in found] == [
        (2, 0, 0),
        (0, 1, 1),
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert [each.success for each in found] == [1.0, 0.0, None, None]
    assert found[0].to_delivery == Spread(count=2, p50=5, p95=7, p99=7, most=7)
    assert found[2] == Bucket(start=NOW + 2 * HOUR, end=NOW + 3 * HOUR)


def test_a_time_that_begins_within_a_stride_is_cut_like_any_other() -> None:
    until = NOW + 4 * HOUR + 60_000
    found = over_time([delivered(5, at=NOW)], since=NOW + 60_000, until=until, most=4)

    assert [(each.start - NOW) // HOUR for each in found] == [0, 1, 2, 3, 4]
    assert sum(each.delivered for each in found) == 0


@pytest.mark.parametrize("until", [NOW + 5, NOW - HOUR])
def test_no_time_at_all_has_no_buckets(until: int) -> None:
    assert over_time([delivered(5)], since=NOW + 5, until=until) == ()
