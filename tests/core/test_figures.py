"""Figures: each definition on cases one can count by hand."""

from __future__ import annotations

import pytest

from spec_notify.core.figures import (
    DAY,
    HOUR,
    MINUTE,
    Spread,
    histogram,
    percentile,
    share,
    spread,
    stride,
)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 1, 7),
        ([7], 50, 7),
        ([7], 100, 7),
        ([1, 4], 50, 1),
        ([1, 4], 51, 4),
        ([1, 4], 95, 4),
        (range(1, 101), 1, 1),
        (range(1, 101), 50, 50),
        (range(1, 101), 95, 95),
        (range(1, 101), 99, 99),
        (range(1, 101), 100, 100),
        (range(1, 21), 95, 19),
        (range(1, 21), 99, 20),
        (range(1, 202), 99, 199),
        # A textbook case of the nearest rank.
        ([15, 20, 35, 40, 50], 5, 15),
        ([15, 20, 35, 40, 50], 30, 20),
        ([15, 20, 35, 40, 50], 40, 20),
        ([15, 20, 35, 40, 50], 100, 50),
    ],
)
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(
    values: list[int], percent: int, expected: int | None
) -> None:
    assert percentile(values, percent) == expected


def test_a_spread_takes_values_in_any_order() -> None:
    assert spread(iter([3, 1, 2])) == Spread(count=3, p50=2, p95=3, p99=3, most=3)
    assert spread(range(1_000, 0, -1)) == Spread(count=1_000, p50=500, p95=950, p99=990, most=1_000)


def test_nothing_is_spread_nowhere() -> None:
    assert spread([]) == Spread(count=0, p50=None, p95=None, p99=None, most=None)


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(0, 0, None), (0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0)]
)
def test_a_share_of_nothing_is_none(part: int, whole: int, expected: float | None) -> None:
    assert share(part, whole) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], (0, 0, 0)),
        ([0, 9], (2, 0, 0)),
        ([10, 99], (0, 2, 0)),
        ([100, 10**9], (0, 0, 2)),
        ([50, 5, 500, 5], (2, 1, 1)),
    ],
)
def test_a_value_on_an_edge_counts_above_it(values: list[int], expected: tuple[int, ...]) -> None:
    assert histogram(values, (10, 100)) == expected


@pytest.mark.parametrize(
    ("span", "most", "expected"),
    [
        (1, 48, 1_000),
        (48_000, 48, 1_000),
        (48_001, 48, 5_000),
        (HOUR, 60, MINUTE),
        (DAY, 48, HOUR),
        (7 * DAY, 48, 6 * HOUR),
        (7 * DAY, 7, DAY),
        (30 * DAY, 48, DAY),
        (365 * DAY, 1, 392 * DAY),
        (10_000 * DAY, 48, 224 * DAY),
    ],
)
def test_time_is_cut_in_lengths_people_count_in(span: int, most: int, expected: int) -> None:
    assert stride(span, most) == expected
