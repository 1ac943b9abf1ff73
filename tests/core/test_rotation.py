"""Which evidence files leave: the oldest of ours, as many as must, and never anybody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.evidence import record_name
from spec_notify.core.rotation import EvictionPlan, Shelf


def name(at: int, sequence: int = 1, who: str = "a") -> str:
    return record_name(at=at, sequence=sequence, delivery=f"dlv_{who}", attempt=1)


OLD, MIDDLE, NEW = name(1_000), name(2_000), name(3_000)


@pytest.mark.parametrize(
    ("existing", "incoming", "cap", "plan"),
    [
        ([], 10, 10, EvictionPlan()),
        ([], 11, 10, EvictionPlan(fits=False)),
        ([(OLD, 5), (NEW, 5)], 0, 10, EvictionPlan()),
        ([(NEW, 5), (OLD, 5)], 1, 10, EvictionPlan(victims=(OLD,))),
        ([(NEW, 5), (OLD, 5), (MIDDLE, 5)], 6, 15, EvictionPlan(victims=(OLD, MIDDLE))),
        ([(OLD, 5), ("README.md", 4)], 6, 10, EvictionPlan(victims=(OLD,))),
        ([(OLD, 5), ("README.md", 6)], 5, 10, EvictionPlan(fits=False)),
        ([("README.md", 20)], 1, 10, EvictionPlan(fits=False)),
        ([("anchor_w.json", 5), (OLD, 5)], 1, 10, EvictionPlan(victims=(OLD,))),
        ([(f".{OLD}.tmp", 5), (NEW, 5)], 1, 10, EvictionPlan(victims=(NEW,))),
        ([(OLD, 0), (MIDDLE, 5)], 6, 10, EvictionPlan(victims=(OLD, MIDDLE))),
    ],
)
def test_the_oldest_of_ours_leave_until_it_fits(
    existing: list[tuple[str, int]], incoming: int, cap: int, plan: EvictionPlan
) -> None:
    assert Shelf(existing).plan(incoming, cap) == plan


def test_age_is_the_time_then_the_sequence_whoever_wrote_it() -> None:
    files = [
        (name(2_000, 1, "b"), 1),
        (name(1_000, 3, "a"), 1),
        (name(1_000, 20, "b"), 1),
        (name(1_000, 100_000_000, "a"), 1),
    ]

    assert Shelf(files).plan(3, 4).victims == (
        name(1_000, 3, "a"),
        name(1_000, 20, "b"),
        name(1_000, 100_000_000, "a"),
    )


def test_slack_frees_a_little_more_but_only_when_something_must_leave() -> None:
    shelf = Shelf([(name(at), 10) for at in range(100)])

    assert shelf.plan(0, 1_000, slack=50) == EvictionPlan()
    assert len(shelf.plan(1, 1_000, slack=50).victims) == 6
    assert len(shelf.plan(1, 1_000, slack=900).victims) == 10
    assert len(shelf.plan(500, 1_000, slack=900).victims) == 50


FILES = st.lists(
    st.tuples(
        st.one_of(
            st.builds(name, st.integers(0, 9), st.integers(0, 9), st.sampled_from("ab")),
            st.sampled_from(["README.md", "anchor_w.json", "x.json"]),
        ),
        st.integers(0, 20),
    ),
    unique_by=lambda file: file[0],
    max_size=25,
)


@given(FILES, st.integers(0, 50), st.integers(0, 200))
def test_a_plan_that_fits_keeps_to_the_cap_and_one_victim_less_would_not(
    files: list[tuple[str, int]], incoming: int, cap: int
) -> None:
    plan = Shelf(files).plan(incoming, cap)
    sizes = dict(files)
    ours = {each for each in sizes if each[0].isdigit()}
    left = {each: size for each, size in files if each not in plan.victims}

    assert set(plan.victims) <= ours
    if not plan.fits:
        assert sum(size for each, size in files if each not in ours) + incoming > cap
        return
    assert sum(left.values()) + incoming <= cap
    if plan.victims:
        assert sum(left.values()) + sizes[plan.victims[-1]] + incoming > cap
        assert all(each > plan.victims[-1] for each in left if each in ours)


@given(FILES, st.lists(st.tuples(st.booleans(), st.integers(0, 24), st.integers(0, 20))))
def test_a_shelf_kept_in_step_plans_as_one_read_anew(
    files: list[tuple[str, int]], changes: list[tuple[bool, int, int]]
) -> None:
    shelf, sizes = Shelf(), {}
    for put, which, size in changes:
        if which >= len(files):
            continue
        each = files[which][0]
        if put:
            shelf.put(each, size)
            sizes[each] = size
        else:
            shelf.drop(each)
            sizes.pop(each, None)

    assert shelf.total == sum(sizes.values())
    assert all(shelf.size(each) == sizes.get(each) for each, _ in files)
    assert shelf.plan(5, 30) == Shelf(sizes.items()).plan(5, 30)
