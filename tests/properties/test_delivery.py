"""Walks through the state table: whatever happens, a delivery stays where it can be found."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import (
    MOVES,
    Delivery,
    Outcome,
    Signal,
    State,
    Verdict,
    advance,
    move,
)
from spec_notify.core.errors import IllegalMoveError
from spec_notify.core.retry import RETRY_AFTER_CAP, Schedule

NOW = 1_763_632_800_000
FINAL = {State.DELIVERED, State.DEAD, State.CANCELLED}

schedules = st.builds(
    Schedule,
    delays=st.lists(st.integers(0, 10**8), min_size=1, max_size=12).map(tuple),
    max_attempts=st.integers(1, 20),
    jitter=st.floats(0, 1),
)
outcomes = st.builds(
    Outcome,
    verdict=st.sampled_from(Verdict),
    detail=st.text(max_size=20),
    status=st.none() | st.integers(100, 599),
    retry_after=st.none() | st.integers(0, 10**15),
)


def flying(tries: int, *, probe: bool) -> Delivery:
    return Delivery(
        id="dlv_a",
        event="evt_a",
        type="t",
        subscription="s",
        state=State.IN_FLIGHT,
        created_at=NOW,
        next_at=NOW,
        tries=tries,
        attempts=tries,
        probe=probe,
    )


@given(st.sampled_from(State), st.lists(st.sampled_from(Signal), max_size=60))
def test_a_walk_moves_by_the_table_or_not_at_all(state: State, signals: list[Signal]) -> None:
    for signal in signals:
        try:
            after = move(state, signal)
        except IllegalMoveError:
            assert (state, signal) not in MOVES
            continue
        assert after is MOVES[state, signal]
        if state in FINAL:
            assert signal is Signal.REPLAY
        state = after


@given(
    tries=st.integers(1, 25),
    probe=st.booleans(),
    outcome=outcomes,
    plan=schedules,
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_advance_answers_a_legal_step_for_everything(
    tries: int, *, probe: bool, outcome: Outcome, plan: Schedule, jitter: float
) -> None:
    step = advance(flying(tries, probe=probe), outcome, plan, now=NOW, jitter=jitter)

    assert step.state is MOVES[State.IN_FLIGHT, step.signal]
    assert (step.next_at is None) is (step.state is not State.PENDING)
    assert step.reason.startswith(outcome.detail)
    if step.next_at is not None:
        assert step.next_at >= NOW
        if outcome.verdict is Verdict.RETRY and outcome.retry_after is not None:
            assert step.next_at >= NOW + min(outcome.retry_after, RETRY_AFTER_CAP)


@given(plan=schedules, verdict=st.sampled_from([Verdict.RETRY, Verdict.UNKNOWN]))
def test_a_delivery_that_never_succeeds_is_dead_after_exactly_max_attempts(
    plan: Schedule, verdict: Verdict
) -> None:
    outcome = Outcome(verdict=verdict, detail="no")
    delivery, made = flying(1, probe=False), 1
    while (step := advance(delivery, outcome, plan, now=NOW, jitter=0.5)).state is State.PENDING:
        made += 1
        delivery = msgspec.structs.replace(delivery, tries=made, attempts=made)

    assert step.state is State.DEAD
    assert made == plan.max_attempts
