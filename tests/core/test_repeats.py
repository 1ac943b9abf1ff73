"""How often a task may be told of within an hour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.repeats import ALL_TIMES, WINDOW, lately, noted, too_many

NOW = 1_763_632_800_000


def test_one_more_than_may_be_told_of_a_task_is_too_many() -> None:
    told = noted({}, ["T1", "T1", "T2"], NOW)

    assert too_many(told, ["T1"], each=3, look=500, now=NOW) is None
    assert too_many(told, ["T2", "T2"], each=3, look=500, now=NOW) is None
    why = too_many(told, ["T2", "T1", "T1"], each=3, look=500, now=NOW)
    assert why == "T1 changed more than 3 times in an hour"


def test_an_hour_later_it_may_be_told_again_and_nothing_is_kept_of_it() -> None:
    told = noted({}, ["T1"], NOW)

    assert too_many(told, ["T1"], each=1, look=500, now=NOW + WINDOW - 1) is not None
    assert too_many(told, ["T1"], each=1, look=500, now=NOW + WINDOW) is None
    assert lately(told, NOW + WINDOW) == {}


def test_an_instant_to_come_is_a_clocks_mistake() -> None:
    assert lately({"T1": (NOW + 1,)}, NOW) == {}


def test_ever_new_tasks_are_counted_together() -> None:
    told = noted({}, [f"T{number}" for number in range(ALL_TIMES * 5)], NOW)

    why = too_many(told, ["T999"], each=60, look=5, now=NOW)
    assert why == f"it had more than {ALL_TIMES * 5} events in an hour"
    assert too_many(told, ["T999"], each=60, look=6, now=NOW) is None


@given(
    gaps=st.lists(st.integers(0, 2 * WINDOW), max_size=60),
    each=st.integers(1, 5),
)
def test_no_hour_ever_holds_more_than_the_limit(gaps: list[int], each: int) -> None:
    told: dict[str, tuple[int, ...]] = {}
    let_through, now = [], NOW
    for gap in gaps:
        now += gap
        if too_many(told, ["T1"], each=each, look=500, now=now) is None:
            told = noted(told, ["T1"], now)
            let_through.append(now)

    for at in let_through:
        assert sum(at - WINDOW < other <= at for other in let_through) <= each
