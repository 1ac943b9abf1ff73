"""Figures hold for any values: percentiles against their definition, counts against the whole."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import State
from spec_notify.core.figures import STRIDES, histogram, percentile, spread, stride
from spec_notify.core.passage import Passage, over_time

values = st.lists(st.integers(-(10**12), 10**12), max_size=60)
percents = st.integers(1, 100)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), percents)
def test_a_percentile_is_a_value_and_the_smallest_that_fits(some: list[int], percent: int) -> None:
    found = percentile(sorted(some), percent)

    assert found in some
    fits = [v for v in some if 100 * sum(each <= v for each in some) >= percent * len(some)]
    assert found == min(fits)


@given(values)
def test_percentiles_never_fall(some: list[int]) -> None:
    found = spread(some)

    assert found.count == len(some)
    ranks = [found.p50, found.p95, found.p99, found.most]
    assert ranks == sorted(ranks, key=lambda each: each or 0) if some else ranks == [None] * 4


@given(values, st.lists(st.integers(-(10**12), 10**12), max_size=8, unique=True).map(sorted))
def test_a_histogram_counts_every_value_once(some: list[int], edges: list[int]) -> None:
    found = histogram(some, edges)

    assert sum(found) == len(some)
    for at, edge in enumerate(edges):
        assert sum(found[: at + 1]) == sum(value < edge for value in some)


@given(st.integers(1, 10**13), st.integers(1, 500))
def test_a_stride_cuts_a_span_into_no_more_than_asked_for(span: int, most: int) -> None:
    found = stride(span, most)

    assert -(-span // found) <= most
    shorter = [each for each in STRIDES if each < found]
    assert all(each * most < span for each in shorter)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(State)), max_size=40),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(1, 60),
)
def test_buckets_leave_no_gap_and_count_each_passage_once(
    some: list[tuple[int, State]], one: int, other: int, most: int
) -> None:
    since, until = sorted((one, other))
    passages = [
        Passage(id="d", type="t", subscription="s", spec=None, state=state, detected_at=at)
        for at, state in some
    ]
    found = over_time(passages, since=since, until=until, most=most)

    assert len(found) <= most + 1
    assert all(before.end == after.start for before, after in pairwise(found))
    if since < until:
        assert found[0].start <= since
        assert until <= found[-1].end
    within = [state for at, state in some if since <= at < until]
    assert sum(each.delivered for each in found) == within.count(State.DELIVERED)
    assert sum(each.dead for each in found) == within.count(State.DEAD)
