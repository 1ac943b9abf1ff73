"""A delivery's life: the contract's table row by row, and what one attempt does to it."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from spec_notify.core.delivery import (
    MOVES,
    Delivery,
    Outcome,
    Signal,
    State,
    Step,
    Verdict,
    advance,
    move,
    sources_of,
)
from spec_notify.core.errors import IllegalMoveError
from spec_notify.core.retry import schedule

NOW = 1_763_632_800_000
PLAN = schedule("conductor", jitter=0)

# The state table as the architecture has it, and the test that is never a dead letter.
TABLE = """
pending   claim          in_flight
in_flight delivered      delivered
in_flight retry          pending
in_flight offline        pending
in_flight lease_expired  pending
in_flight rejected       dead
in_flight exhausted      dead
in_flight test_failed    cancelled
pending   expired        dead
pending   gone           parked
in_flight gone           parked
pending   secret_missing parked
in_flight secret_missing parked
parked    resumed        pending
pending   cancel         cancelled
parked    cancel         cancelled
pending   replay         pending
parked    replay         pending
dead      replay         pending
delivered replay         pending
cancelled replay         pending
"""
ROWS = [
    (State(state), Signal(signal), State(after))
    for state, signal, after in (line.split() for line in TABLE.strip().splitlines())
]
EVERY_PAIR = list(itertools.product(State, Signal))


def flying(*, tries: int = 1, attempts: int = 1, probe: bool = False) -> Delivery:
    return Delivery(
        id="dlv_a",
        event="evt_a",
        type="spec-kit.task.completed",
        subscription="chatops",
        state=State.IN_FLIGHT,
        created_at=NOW,
        next_at=NOW,
        tries=tries,
        attempts=attempts,
        probe=probe,
    )


def after(
    verdict: Verdict,
    *,
    tries: int = 1,
    attempts: int = 1,
    probe: bool = False,
    retry_after: int | None = None,
) -> Step:
    outcome = Outcome(verdict=verdict, detail="HTTP 500", retry_after=retry_after)
    delivery = flying(tries=tries, attempts=attempts, probe=probe)
    return advance(delivery, outcome, PLAN, now=NOW, jitter=0.5)


@pytest.mark.parametrize(("state", "signal", "expected"), ROWS)
def test_each_row_of_the_table_is_a_move(state: State, signal: Signal, expected: State) -> None:
    assert move(state, signal) is expected


def test_the_table_holds_no_other_move() -> None:
    assert {(state, signal): to for state, signal, to in ROWS} == dict(MOVES)


@pytest.mark.parametrize(("state", "signal"), [pair for pair in EVERY_PAIR if pair not in MOVES])
def test_every_other_pair_is_an_illegal_move_that_names_itself(
    state: State, signal: Signal
) -> None:
    with pytest.raises(IllegalMoveError) as refused:
        move(state, signal)

    assert (refused.value.state, refused.value.signal) == (state, signal)
    assert state in str(refused.value)
    assert signal in str(refused.value)


@pytest.mark.parametrize("signal", Signal)
def test_the_sources_of_a_signal_are_the_states_that_take_it(signal: Signal) -> None:
    assert sources_of(signal) == tuple(state for state, known in MOVES if known is signal)
    assert sources_of(signal), "a signal nobody takes is a word too many"


def test_every_state_but_the_first_can_be_reached() -> None:
    assert {*MOVES.values()} == {*State}


def test_a_delivery_in_flight_is_neither_replayed_nor_cancelled() -> None:
    assert State.IN_FLIGHT not in sources_of(Signal.REPLAY)
    assert State.IN_FLIGHT not in sources_of(Signal.CANCEL)


@pytest.mark.parametrize(
    ("verdict", "tries", "signal", "state"),
    [
        (Verdict.DELIVERED, 1, Signal.DELIVERED, State.DELIVERED),
        (Verdict.DELIVERED, 99, Signal.DELIVERED, State.DELIVERED),
        (Verdict.DRY_RUN, 1, Signal.DELIVERED, State.DELIVERED),
        (Verdict.RETRY, 1, Signal.RETRY, State.PENDING),
        (Verdict.RETRY, 2, Signal.RETRY, State.PENDING),
        (Verdict.RETRY, 3, Signal.EXHAUSTED, State.DEAD),
        (Verdict.RETRY, 4, Signal.EXHAUSTED, State.DEAD),
        (Verdict.UNKNOWN, 1, Signal.LEASE_EXPIRED, State.PENDING),
        (Verdict.UNKNOWN, 3, Signal.EXHAUSTED, State.DEAD),
        (Verdict.OFFLINE, 1, Signal.OFFLINE, State.PENDING),
        (Verdict.OFFLINE, 99, Signal.OFFLINE, State.PENDING),
        (Verdict.REJECTED, 1, Signal.REJECTED, State.DEAD),
        (Verdict.GONE, 1, Signal.GONE, State.PARKED),
        (Verdict.GONE, 3, Signal.GONE, State.PARKED),
    ],
)
def test_a_verdict_becomes_a_signal(
    verdict: Verdict, tries: int, signal: Signal, state: State
) -> None:
    step = after(verdict, tries=tries)

    assert (step.signal, step.state) == (signal, state)
    assert (step.next_at is not None) is (state is State.PENDING)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.DELIVERED, State.DELIVERED),
        (Verdict.DRY_RUN, State.DELIVERED),
        (Verdict.RETRY, State.CANCELLED),
        (Verdict.REJECTED, State.CANCELLED),
        (Verdict.GONE, State.CANCELLED),
        (Verdict.UNKNOWN, State.CANCELLED),
        (Verdict.OFFLINE, State.CANCELLED),
    ],
)
def test_a_probe_is_given_one_try_and_is_never_a_dead_letter(
    verdict: Verdict, state: State
) -> None:
    assert after(verdict, probe=True).state is state


def test_a_retry_is_due_after_its_delay_and_says_so() -> None:
    step = after(Verdict.RETRY, tries=2)

    assert step.next_at == NOW + 2_000
    assert step.reason == "HTTP 500; next attempt in 2s"


def test_a_retry_waits_as_long_as_the_receiver_asked() -> None:
    step = after(Verdict.RETRY, retry_after=7_000)

    assert step.next_at == NOW + 7_000
    assert step.reason == "HTTP 500; next attempt in 7s (receiver asked for 7s)"


def test_an_attempt_nobody_finished_is_due_again_at_once() -> None:
    assert after(Verdict.UNKNOWN).next_at == NOW


def test_an_exhausted_delivery_says_after_how_many_attempts() -> None:
    once = advance(
        flying(),
        Outcome(verdict=Verdict.RETRY, detail="HTTP 500"),
        schedule("conductor", max_attempts=1),
        now=NOW,
        jitter=0.5,
    )

    assert once.reason == "HTTP 500; exhausted after 1 attempt"
    assert after(Verdict.RETRY, tries=3).reason == "HTTP 500; exhausted after 3 attempts"


def test_a_replay_starts_the_schedule_again_whatever_was_tried_before() -> None:
    assert after(Verdict.RETRY, tries=1, attempts=40).state is State.PENDING


def test_a_step_holds_still() -> None:
    with pytest.raises(AttributeError):
        after(Verdict.RETRY).state = State.DEAD  # type: ignore[misc]
    assert msgspec.structs.asdict(after(Verdict.GONE))["reason"] == "HTTP 500"
