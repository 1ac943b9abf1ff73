"""What happens between attempts: parked and freed, expired, replayed, cancelled, purged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import MOVES, PROBE_PATIENCE, Signal, State, Verdict
from spec_notify.core.errors import IllegalMoveError
from spec_notify.ports import Query
from tests.spool.given import (
    DAY,
    NOW,
    SECOND,
    a_delivery,
    an_event,
    claim,
    claim_one,
    deliver,
    in_state,
    only_one,
    queue,
    settle,
    spool_delivery,
)

if TYPE_CHECKING:
    from spec_notify.ports import Spool

LATER = NOW + DAY


def allowed(signal: Signal) -> list[State]:
    return [state for state in State if (state, signal) in MOVES]


def refused(signal: Signal) -> list[State]:
    return [state for state in State if (state, signal) not in MOVES]


class MoveConformance:
    @pytest.mark.parametrize("state", allowed(Signal.REPLAY))
    def test_a_replay_queues_a_delivery_again(self, spool: Spool, state: State) -> None:
        before = in_state(spool, state)
        (replayed,) = spool.replay([before.id], by="ada", now=LATER)
        assert replayed == only_one(spool)
        assert (replayed.state, replayed.next_at) == (State.PENDING, LATER)
        assert (replayed.tries, replayed.attempts) == (0, before.attempts)
        assert (replayed.replayed_by, replayed.replayed_at) == ("ada", LATER)
        assert replayed.reason is None
        assert replayed.expires_at == LATER + 7 * DAY
        assert [each.delivery.id for each in claim(spool, now=LATER)] == [before.id]

    @pytest.mark.parametrize("state", refused(Signal.REPLAY))
    def test_what_is_in_flight_is_not_replayed_and_nothing_else_is(
        self, spool: Spool, state: State
    ) -> None:
        stuck = in_state(spool, state, 1)
        other = in_state(spool, State.DEAD, 2)
        with pytest.raises(IllegalMoveError):
            spool.replay([other.id, stuck.id], by="ada", now=LATER)
        assert spool_delivery(spool, other.id) == other
        assert spool_delivery(spool, stuck.id) == stuck

    def test_a_replay_answers_in_the_order_asked_each_once(self, spool: Spool) -> None:
        first, second = in_state(spool, State.DEAD, 1), in_state(spool, State.DEAD, 2)
        asked = [second.id, "dlv_unknown", first.id, second.id]
        answered = spool.replay(asked, by="ada", now=LATER)
        assert [each.id for each in answered] == [second.id, first.id]
        assert spool.replay([], by="ada", now=LATER) == []

    def test_a_replay_does_not_lengthen_the_life_the_next_one_gives(self, spool: Spool) -> None:
        delivery = in_state(spool, State.DEAD)
        for days in (1, 2, 3):
            (replayed,) = spool.replay([delivery.id], by="ada", now=NOW + days * DAY)
            assert replayed.expires_at == NOW + (days + 7) * DAY

    def test_what_never_expires_does_not_expire_after_a_replay_either(self, spool: Spool) -> None:
        delivery = queue(spool, expires_at=None)
        (replayed,) = spool.replay([delivery.id], by="ada", now=LATER)
        assert replayed.expires_at is None

    def test_who_replayed_stays_known_after_it_is_delivered(self, spool: Spool) -> None:
        delivery = in_state(spool, State.DEAD)
        spool.replay([delivery.id], by="ada", now=NOW)
        claimed = claim_one(spool)
        assert claimed.delivery.replayed_by == "ada"
        assert claimed.delivery.attempts == 2
        settle(spool, claimed, Verdict.DELIVERED)
        assert (only_one(spool).state, only_one(spool).replayed_by) == (State.DELIVERED, "ada")

    @pytest.mark.parametrize("state", allowed(Signal.CANCEL))
    def test_what_waits_can_be_cancelled(self, spool: Spool, state: State) -> None:
        delivery = in_state(spool, state)
        (cancelled,) = spool.cancel([delivery.id, "dlv_unknown"], now=LATER)
        assert cancelled == only_one(spool)
        assert cancelled.state is State.CANCELLED
        assert claim(spool, now=LATER) == []

    @pytest.mark.parametrize("state", refused(Signal.CANCEL))
    def test_what_does_not_wait_cannot_be_cancelled(self, spool: Spool, state: State) -> None:
        stuck = in_state(spool, state, 1)
        waiting = queue(spool, 2)
        with pytest.raises(IllegalMoveError):
            spool.cancel([waiting.id, stuck.id], now=LATER)
        assert spool_delivery(spool, waiting.id) == waiting
        assert spool_delivery(spool, stuck.id) == stuck

    def test_parking_holds_what_is_pending_of_one_subscription(self, spool: Spool) -> None:
        for number, state in enumerate(State):
            in_state(spool, state, number)
        queue(spool, 10, "other")
        before = {each.id: each for each in spool.find(Query())}
        assert len(spool.park("chatops", "secret_missing", now=NOW)) == 1
        after = {each.id: each for each in spool.find(Query())}
        (changed,) = [each for each in after.values() if each != before[each.id]]
        assert (changed.state, changed.reason) == (State.PARKED, "secret_missing")
        assert (changed.subscription, changed.attempts) == ("chatops", 0)
        assert spool.park("chatops", "secret_missing", now=NOW) == []

    def test_what_is_parked_is_not_due(self, spool: Spool) -> None:
        queue(spool)
        spool.park("chatops", "secret_missing", now=NOW)
        assert spool.next_due(("chatops",)) is None
        assert claim(spool, now=LATER) == []

    def test_a_gone_endpoint_spares_the_replay_that_may_find_it_back(self, spool: Spool) -> None:
        parked = in_state(spool, State.PARKED, 1)
        fresh = queue(spool, 2)
        spool.replay([parked.id], by="ada", now=NOW)
        assert spool.park("chatops", "gone", now=NOW) == [fresh.id]
        assert spool_delivery(spool, parked.id).state is State.PENDING
        assert spool_delivery(spool, fresh.id).state is State.PARKED

    def test_a_replay_that_was_tried_is_parked_like_the_rest(self, spool: Spool) -> None:
        delivery = in_state(spool, State.DEAD)
        spool.replay([delivery.id], by="ada", now=NOW)
        settle(spool, claim_one(spool), Verdict.RETRY)
        assert spool.park("chatops", "gone", now=NOW) == [delivery.id]

    def test_a_missing_secret_parks_a_replay_too(self, spool: Spool) -> None:
        delivery = in_state(spool, State.DEAD)
        spool.replay([delivery.id], by="ada", now=NOW)
        assert spool.park("chatops", "secret_missing", now=NOW) == [delivery.id]

    def test_what_is_to_be_spared_is_not_parked(self, spool: Spool) -> None:
        first, second = queue(spool, 1), queue(spool, 2)
        assert spool.park("chatops", "disabled", now=NOW, spare={first.id}) == [second.id]
        assert spool_delivery(spool, first.id) == first

    def test_a_probe_is_not_parked(self, spool: Spool) -> None:
        probe = queue(spool, probe=True)
        assert spool.park("chatops", "secret_missing", now=NOW) == []
        assert len(claim(spool, only=probe.id)) == 1

    def test_a_wait_goes_on_while_parked_and_is_not_cut_short(self, spool: Spool) -> None:
        queue(spool)
        settle(spool, claim_one(spool), Verdict.RETRY)
        for millis in (0, 10, 999):
            spool.park("chatops", "secret_missing", now=NOW + millis)
            spool.resume("chatops", ("secret_missing",), now=NOW + millis)
            spool.expire(now=NOW + millis)
            assert only_one(spool).next_at == NOW + SECOND
        spool.park("chatops", "secret_missing", now=NOW)
        spool.resume("chatops", ("secret_missing",), now=LATER)
        assert only_one(spool).next_at == LATER

    def test_a_wait_that_a_clock_running_ahead_decided_is_mended_after_parking(
        self, spool: Spool
    ) -> None:
        queue(spool, expires_at=None)
        settle(spool, claim_one(spool), Verdict.RETRY, now=NOW + 3_650 * DAY)
        spool.park("chatops", "secret_missing", now=NOW)
        spool.resume("chatops", ("secret_missing",), now=NOW)
        spool.expire(now=NOW)
        assert only_one(spool).next_at == NOW + SECOND

    def test_only_what_was_parked_for_the_reason_is_freed(self, spool: Spool) -> None:
        queue(spool)
        spool.park("chatops", "secret_missing", now=NOW)
        assert spool.resume("chatops", ("gone", "invalid_url"), now=LATER) == 0
        assert spool.resume("other", ("secret_missing",), now=LATER) == 0
        assert spool.resume("chatops", (), now=LATER) == 0
        assert spool.resume("chatops", ("gone", "secret_missing"), now=LATER) == 1
        freed = only_one(spool)
        assert (freed.state, freed.next_at, freed.reason) == (State.PENDING, LATER, None)
        assert len(claim(spool, now=LATER)) == 1

    def test_what_a_410_parked_is_freed_with_its_endpoint(self, spool: Spool) -> None:
        in_state(spool, State.PARKED)
        assert spool.resume("chatops", ("secret_missing",), now=LATER) == 0
        assert spool.resume("chatops", ("gone",), now=LATER) == 1
        assert only_one(spool).attempts == 1

    def test_time_spent_parked_does_not_count(self, spool: Spool) -> None:
        queue(spool, expires_at=NOW + 10)
        spool.park("chatops", "secret_missing", now=NOW + 3)
        assert spool.expire(now=NOW + 1_000) == 0
        spool.resume("chatops", ("secret_missing",), now=NOW + 1_000)
        assert only_one(spool).expires_at == NOW + 1_007
        assert spool.expire(now=NOW + 1_007) == 0
        assert spool.expire(now=NOW + 1_008) == 1

    def test_a_clock_that_moved_back_while_parked_shortens_nothing(self, spool: Spool) -> None:
        delivery = queue(spool)
        spool.park("chatops", "secret_missing", now=NOW)
        spool.resume("chatops", ("secret_missing",), now=NOW - DAY)
        assert only_one(spool).expires_at == delivery.expires_at

    def test_what_was_replayed_or_cancelled_is_parked_no_more(self, spool: Spool) -> None:
        first, second = in_state(spool, State.PARKED, 1), in_state(spool, State.PARKED, 2)
        spool.replay([first.id], by="ada", now=NOW)
        spool.cancel([second.id], now=NOW)
        assert spool.resume("chatops", ("gone",), now=LATER) == 0

    def test_what_waited_too_long_is_a_dead_letter(self, spool: Spool) -> None:
        queue(spool, 1, expires_at=NOW)
        queue(spool, 2, expires_at=NOW + 1)
        queue(spool, 3, expires_at=None)
        assert spool.expire(now=NOW) == 0
        assert spool.expire(now=NOW + 1) == 1
        (dead,) = spool.find(Query(states=(State.DEAD,)))
        assert (dead.task, dead.reason) == ("T1", "expired")
        assert spool.expire(now=NOW + 1) == 0

    @pytest.mark.parametrize("state", [each for each in State if each is not State.PENDING])
    def test_only_what_is_pending_expires(self, spool: Spool, state: State) -> None:
        in_state(spool, state)
        assert spool.expire(now=NOW + 90 * DAY) == 0
        assert only_one(spool).state is state

    def test_a_probe_nobody_claimed_is_cancelled(self, spool: Spool) -> None:
        probe, other = queue(spool, 1, probe=True), queue(spool, 2, "other", probe=True)
        waiting = queue(spool, 3)
        claim(spool, only=other.id, subscriptions=("other",))
        assert spool.expire(now=NOW + PROBE_PATIENCE) == 0
        assert spool_delivery(spool, probe.id) == probe
        assert spool.expire(now=NOW + PROBE_PATIENCE + 1) == 0
        ended = spool_delivery(spool, probe.id)
        assert (ended.state, ended.reason) == (
            State.CANCELLED,
            "the test was never sent: its process ended before",
        )
        assert spool_delivery(spool, other.id).state is State.IN_FLIGHT
        assert spool_delivery(spool, waiting.id) == waiting
        spool.purge(now=LATER, retention=0)
        assert {each.id for each in spool.find(Query())} == {other.id, waiting.id}

    def test_what_a_clock_that_ran_ahead_put_off_is_not_stuck(self, spool: Spool) -> None:
        ahead = NOW + 3_650 * DAY
        queue(spool, 1, created_at=ahead, next_at=ahead, expires_at=None)
        queue(spool, 2, expires_at=None)
        settle(spool, claim_one(spool), Verdict.RETRY, now=ahead)
        assert claim(spool, now=NOW) == []
        spool.expire(now=NOW)
        assert [each.delivery.task for each in claim(spool, now=NOW)] == ["T1"]
        assert [each.delivery.task for each in claim(spool, now=NOW + SECOND)] == ["T2"]

    def test_a_delay_that_was_decided_just_now_is_kept(self, spool: Spool) -> None:
        ahead = NOW + DAY
        queue(spool, 1, created_at=ahead, next_at=ahead)
        queue(spool, 2)
        settle(spool, claim_one(spool), Verdict.RETRY)
        for _ in range(3):
            spool.expire(now=NOW)
        assert [each.delivery.task for each in claim(spool, now=NOW + SECOND - 1)] == ["T1"]
        assert [each.delivery.task for each in claim(spool, now=NOW + SECOND)] == ["T2"]

    def test_what_was_finished_long_ago_is_purged_and_dead_letters_counted(
        self, spool: Spool
    ) -> None:
        for number, state in enumerate(State):
            in_state(spool, state, number)
        spool.projected([record.row for record in spool.unprojected()])
        assert spool.purge(now=NOW + DAY, retention=DAY) == 0
        assert sum(spool.counts().values()) == 6
        assert spool.purge(now=NOW + DAY + 1, retention=DAY) == 1
        left = {each.state for each in spool.find(Query())}
        assert left == {State.PENDING, State.IN_FLIGHT, State.PARKED}

    def test_an_event_goes_with_the_last_of_its_deliveries(self, spool: Spool) -> None:
        event = an_event()
        with spool.ledger() as ledger:
            ledger.admit(event, [a_delivery(event, "a"), a_delivery(event, "b")])
        first, second = spool.find(Query())
        spool.cancel([first.id], now=NOW)
        spool.purge(now=NOW + 1, retention=0)
        assert spool.event(event.id) == event
        spool.cancel([second.id], now=NOW)
        spool.purge(now=NOW + 1, retention=0)
        assert spool.event(event.id) is None

    def test_an_event_nobody_wants_goes_when_its_time_is_up(self, spool: Spool) -> None:
        event = an_event()
        with spool.ledger() as ledger:
            ledger.admit(event, [])
        spool.purge(now=NOW + DAY, retention=DAY)
        assert spool.event(event.id) == event
        spool.purge(now=NOW + DAY + 1, retention=DAY)
        assert spool.event(event.id) is None

    def test_a_delivery_stays_until_all_its_evidence_is_in_files(self, spool: Spool) -> None:
        queue(spool)
        delivery = deliver(spool)
        spool.purge(now=LATER, retention=0)
        assert spool.find(Query()) == [delivery]
        (record,) = spool.unprojected()
        spool.projected([record.row])
        spool.purge(now=LATER, retention=0)
        assert spool.find(Query()) == []
        assert spool.evidence_names(delivery.id) == []

    def test_a_replay_starts_retention_anew(self, spool: Spool) -> None:
        delivery = in_state(spool, State.CANCELLED)
        spool.replay([delivery.id], by="ada", now=NOW)
        spool.purge(now=LATER, retention=0)
        assert only_one(spool).state is State.PENDING

    def test_an_endpoint_is_gone_until_it_answers(self, spool: Spool) -> None:
        spool.mark_gone("one", gone=True, now=NOW)
        spool.mark_gone("one", gone=True, now=LATER)
        spool.mark_gone("two", gone=True, now=NOW)
        spool.mark_gone("three", gone=False, now=NOW)
        assert spool.gone() == {"one", "two"}
        spool.mark_gone("one", gone=False, now=NOW)
        assert spool.gone() == {"two"}
