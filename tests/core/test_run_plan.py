"""What `poll-run` is asked to do: the plan's variables, their defaults, and when to ask again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.errors import UsageError
from spec_notify.core.run import RunPlace
from spec_notify.core.run_plan import RunPlan, next_check, read_plan


def plan(stated: dict[str, str | None] | None = None, **env: str) -> RunPlan:
    return read_plan(stated or {}, env.get)


def test_the_defaults_are_the_plans() -> None:
    assert plan(RUN_ID="run-abc123") == RunPlan(
        place=RunPlace(base="http://127.0.0.1:5080", run="run-abc123"),
        interval=15_000,
        limit=None,
        attentive=False,
    )


def test_every_variable_counts() -> None:
    read = plan(
        BASE_URL="https://swarm.example/",
        RUN_ID="r",
        POLL_SECONDS="0.5",
        MAX_WAIT_SECONDS="90",
        FAIL_ON_ATTENTION="1",
    )

    assert (read.place.base, read.place.run) == ("https://swarm.example", "r")
    assert (read.interval, read.limit, read.attentive) == (500, 90_000, True)


def test_an_option_outweighs_its_variable() -> None:
    assert plan({"RUN_ID": "mine", "POLL_SECONDS": None}, RUN_ID="r").place.run == "mine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RUN_ID", "a/b"),
        ("BASE_URL", "swarm"),
        ("BASE_URL", "http://169.254.169.254/"),
        ("POLL_SECONDS", "0"),
        ("POLL_SECONDS", "soon"),
        ("POLL_SECONDS", "-1"),
        ("POLL_SECONDS", "1e3"),
        ("POLL_SECONDS", "99999"),
        ("MAX_WAIT_SECONDS", "inf"),
        ("FAIL_ON_ATTENTION", "yes"),
    ],
)
def test_a_mistake_names_its_variable_and_never_the_value(name: str, value: str) -> None:
    with pytest.raises(UsageError) as refused:
        plan(**({"RUN_ID": "r"} | {name: value}))

    assert str(refused.value).startswith(f"{name}: ")
    assert value not in str(refused.value).removeprefix(name) or value in {"0", "-1"}


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UsageError) as refused:
        plan(POLL_SECONDS="x", FAIL_ON_ATTENTION="2")

    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "RUN_ID",
        "POLL_SECONDS",
        "FAIL_ON_ATTENTION",
    ]


@pytest.mark.parametrize(
    ("took", "troubles", "wish", "after"),
    [
        (0, 0, None, 15_000),
        (4_000, 0, None, 11_000),
        (20_000, 0, None, 250),
        (0, 1, None, 1_000),
        (0, 2, None, 2_000),
        (0, 4, None, 8_000),
        (0, 5, None, 15_000),
        (0, 90, None, 15_000),
        (10_000, 1, None, 1_000),
        (10_000, 4, None, 5_000),
        (0, 1, 6_000, 6_000),
        (0, 1, 3_600_000, 15_000),
    ],
)
def test_when_the_next_check_is(took: int, troubles: int, wish: int | None, after: int) -> None:
    due = next_check(15_000, started=0, now=took, troubles=troubles, wish=wish)

    assert due - took == after


@given(
    st.integers(50, 86_400_000), st.integers(0, 10**6), st.integers(0, 60), st.integers(0, 10**7)
)
def test_no_check_comes_later_than_an_interval_or_in_a_rush(
    interval: int, took: int, troubles: int, wish: int
) -> None:
    due = next_check(interval, started=0, now=took, troubles=troubles, wish=wish)

    assert took + 50 <= due <= max(interval, took + 250)
