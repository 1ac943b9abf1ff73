"""What may be relied on of lanes: who is held back, for how long, and what is remembered of it."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.alarm import Alarm
from spec_notify.core.delivery import GONE, Outcome, State, Verdict, advance
from spec_notify.core.event import DEAD_LETTERED
from spec_notify.core.lane import FAILURES, PAUSE, Lane, parse_rate
from tests.spool.given import LEASE, NOW, PLAN, SECOND, in_state, queue, spool_delivery

if TYPE_CHECKING:
    from spec_notify.core.delivery import Claim
    from spec_notify.ports import Spool

MARK = "a destination"
NAME = "chatops"
BREAKING = {NAME: Lane(endpoint=MARK)}
ORDERED = {NAME: Lane(ordered=True)}

_tokens = count(1)


def take(spool: Spool, lanes: dict[str, Lane], limit: int = 100, *, now: int = NOW) -> list[Claim]:
    return spool.claim(
        limit,
        subscriptions=tuple(lanes),
        owner="worker",
        token=lambda: f"lane token {next(_tokens)}",
        now=now,
        leases=dict.fromkeys(lanes, LEASE),
        lanes=lanes,
    )


def end(spool: Spool, claim: Claim, verdict: Verdict, *, now: int = NOW) -> None:
    outcome = Outcome(verdict=verdict, detail=f"it was {verdict}")
    step = advance(claim.delivery, outcome, PLAN, now=now, jitter=0.5)
    done = spool.settle(claim, step, {}, status=None, now=now, endpoint=MARK, verdict=verdict)
    assert done is not None


def opened(spool: Spool) -> None:
    """Let a destination fail until its breaker opens; as many again are still queued."""
    for number in range(2 * FAILURES):
        queue(spool, number)
    for claim in take(spool, BREAKING, FAILURES):
        end(spool, claim, Verdict.RETRY)


class LaneConformance:
    def test_a_row_of_failures_shuts_the_lane_until_it_says(self, spool: Spool) -> None:
        opened(spool)
        assert spool.breakers()[MARK].until == NOW + PAUSE
        assert take(spool, BREAKING, now=NOW + PAUSE - 1) == []
        assert spool.next_due((NAME,), lanes=BREAKING, now=NOW) == NOW + PAUSE
        assert len(take(spool, BREAKING, now=NOW + PAUSE)) == 1

    def test_one_tries_for_all_until_its_lease_is_over(self, spool: Spool) -> None:
        opened(spool)
        now = NOW + PAUSE
        (trial,) = take(spool, BREAKING, now=now)
        assert take(spool, BREAKING, now=now + 1) == []
        assert spool.next_due((NAME,), lanes=BREAKING, now=now) == trial.lease_until
        assert len(take(spool, BREAKING, now=trial.lease_until)) == 1

    def test_lanes_of_one_destination_share_their_trial(self, spool: Spool) -> None:
        opened(spool)
        queue(spool, 99, "twin")
        both = {NAME: Lane(endpoint=MARK), "twin": Lane(endpoint=MARK)}
        assert len(take(spool, both, now=NOW + PAUSE)) == 1

    def test_what_stands_before_a_delivery_of_its_task_is_named(self, spool: Spool) -> None:
        first, second, third = (queue(spool, number, task="T1") for number in (1, 2, 3))
        other, twin = queue(spool, 4, task="T2"), queue(spool, 5, "twin", task="T1")
        assert spool.ahead(third.id) == [first.id, second.id]
        assert spool.ahead(first.id) == spool.ahead(other.id) == spool.ahead(twin.id) == []
        assert spool.ahead("dlv_nobody") == []
        (claim,) = take(spool, ORDERED, 1)
        assert claim.delivery.id == first.id
        end(spool, claim, Verdict.DELIVERED)
        assert spool.ahead(third.id) == [second.id]

    def test_a_breaker_remembers_since_when_however_often_it_is_tried(self, spool: Spool) -> None:
        opened(spool)
        (trial,) = take(spool, BREAKING, now=NOW + PAUSE)
        end(spool, trial, Verdict.RETRY, now=NOW + PAUSE)
        breaker = spool.breakers()[MARK]
        assert (breaker.since, breaker.opened_at) == (NOW, NOW + PAUSE)

    def test_a_success_opens_the_lane_to_all(self, spool: Spool) -> None:
        opened(spool)
        (trial,) = take(spool, BREAKING, now=NOW + PAUSE)
        end(spool, trial, Verdict.DELIVERED, now=NOW + PAUSE)
        assert spool.breakers() == {}
        assert len(take(spool, BREAKING, now=NOW + PAUSE)) == 2 * FAILURES - 1

    def test_the_first_try_of_a_replay_is_never_held(self, spool: Spool) -> None:
        opened(spool)
        (waiting,) = [each.delivery for each in take(spool, {NAME: Lane()}, 1)]
        (claimed,) = [
            each
            for each in spool.lapsed(now=NOW + LEASE, alive=lambda _: True)
            if each.delivery.id == waiting.id
        ]
        end(spool, claimed, Verdict.RETRY)
        spool.replay([waiting.id], by="me", now=NOW)
        assert spool.next_due((NAME,), lanes=BREAKING, now=NOW) == NOW
        (passed,) = take(spool, BREAKING)
        assert passed.delivery.id == waiting.id

    def test_what_is_postponed_says_until_when_and_spares_replays(self, spool: Spool) -> None:
        early, late, replayed = queue(spool, 1), queue(spool, 2, next_at=NOW + 99), queue(spool, 3)
        spool.replay([replayed.id], by="me", now=NOW)
        assert spool.postpone(NAME, until=NOW + 50, now=NOW) == 1
        assert spool.postpone(NAME, until=NOW + 50, now=NOW) == 0
        dues = [spool_delivery(spool, each.id).next_at for each in (early, late, replayed)]
        assert dues == [NOW + 50, NOW + 99, NOW]

    def test_what_had_no_route_is_due_when_it_is_back_and_no_try_was_counted(
        self, spool: Spool
    ) -> None:
        delivery = queue(spool)
        (claim,) = take(spool, BREAKING)
        end(spool, claim, Verdict.OFFLINE)
        waiting = spool_delivery(spool, delivery.id)
        assert (waiting.state, waiting.tries, waiting.attempts) == (State.PENDING, 0, 1)
        assert spool.breakers()[MARK].offline
        assert spool.reconnect(MARK, subscriptions=(NAME,), now=NOW + SECOND) == 1
        assert spool.breakers() == {}
        assert len(take(spool, BREAKING, now=NOW + SECOND)) == 1

    def test_a_breaker_that_receivers_opened_is_not_reconnected(self, spool: Spool) -> None:
        opened(spool)
        assert spool.reconnect(MARK, subscriptions=(NAME,), now=NOW) == 0
        assert MARK in spool.breakers()

    def test_a_rate_is_kept_and_says_when_the_next_may_leave(self, spool: Spool) -> None:
        lanes = {NAME: Lane(rate=parse_rate("2/s"))}
        for number in range(5):
            queue(spool, number)
        assert len(take(spool, lanes)) == 1
        assert take(spool, lanes, now=NOW + 499) == []
        assert spool.next_due((NAME,), lanes=lanes, now=NOW) == NOW + 500
        assert len(take(spool, lanes, now=NOW + 500)) == 1
        # An hour of rest is no credit.
        assert len(take(spool, lanes, now=NOW + 3_600_000)) == 1

    def test_a_task_goes_in_the_order_it_was_admitted(self, spool: Spool) -> None:
        first = queue(spool, 1, task="T1", next_at=NOW + 10)
        second = queue(spool, 2, task="T1")
        other = queue(spool, 3, task="T2", next_at=NOW + 5)
        assert take(spool, ORDERED) == []
        assert spool.next_due((NAME,), lanes=ORDERED, now=NOW) == NOW + 5
        taken = [each.delivery.id for each in take(spool, ORDERED, now=NOW + 10)]
        assert taken == [other.id, first.id]
        spool.replay([second.id], by="me", now=NOW)
        assert take(spool, ORDERED, now=NOW + 10) == []

    def test_what_belongs_to_no_task_waits_for_nobody(self, spool: Spool) -> None:
        for number in range(3):
            queue(spool, number, task=None)
        assert len(take(spool, ORDERED)) == 3

    @pytest.mark.parametrize("state", [State.DELIVERED, State.DEAD, State.CANCELLED])
    def test_what_ended_frees_the_next_of_its_task(self, spool: Spool, state: State) -> None:
        before = in_state(spool, state, 1)
        queue(spool, 2, task=before.task)
        assert len(take(spool, ORDERED)) == 1

    def test_what_is_parked_keeps_its_place(self, spool: Spool) -> None:
        before = in_state(spool, State.PARKED, 1)
        after = queue(spool, 2, task=before.task)
        assert take(spool, ORDERED) == []
        assert spool.resume(NAME, (GONE,), now=NOW) == 1
        assert [each.delivery.id for each in take(spool, ORDERED)] == [before.id]
        assert spool_delivery(spool, after.id).state is State.PENDING

    def test_each_dead_letter_is_unheard_until_it_is_told(self, spool: Spool) -> None:
        died = in_state(spool, State.DEAD, 1)
        full = queue(spool, 2, state=State.DEAD, reason="backlog_full")
        expired = queue(spool, 3, next_at=NOW + 9, expires_at=NOW - 1)
        queue(spool, 4, state=State.DEAD, type=DEAD_LETTERED)
        queue(spool, 5, next_at=NOW + 9, expires_at=NOW - 1, type=DEAD_LETTERED)
        spool.expire(now=NOW)
        with spool.ledger() as ledger:
            assert [each.id for each in ledger.unheard(9)] == [died.id, full.id, expired.id]
            assert len(ledger.unheard(2)) == 2
            ledger.heard([died.id, full.id])
        assert spool.has_unheard()
        with spool.ledger() as ledger:
            ledger.heard([expired.id])
        assert not spool.has_unheard()

    def test_an_alarm_is_remembered_with_the_transaction_or_not_at_all(self, spool: Spool) -> None:
        alarm = Alarm(endpoint=MARK, told_at=NOW, waiting=2, latest=queue(spool))
        with suppress(RuntimeError), spool.ledger() as ledger:
            ledger.keep(alarm)
            raise RuntimeError
        assert spool.alarms() == {}
        with spool.ledger() as ledger:
            ledger.keep(alarm)
            assert ledger.alarm(MARK) == alarm
        assert spool.alarms() == {MARK: alarm}
