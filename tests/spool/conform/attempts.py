"""What a worker may rely on: one lease, one settlement, and evidence that chains."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import Signal, State, Step, Verdict
from spec_notify.core.errors import IllegalMoveError
from spec_notify.core.evidence import parse_name
from spec_notify.ports import Query
from tests.spool.given import (
    DAY,
    LEASE,
    NOW,
    SECOND,
    a_delivery,
    an_event,
    claim,
    claim_one,
    only_one,
    queue,
    settle,
)

if TYPE_CHECKING:
    from spec_notify.core.delivery import Claim
    from spec_notify.ports import Spool


LATER = NOW + DAY


def ids(claims: list[Claim]) -> list[str]:
    return [each.delivery.id for each in claims]


class AttemptConformance:
    def test_a_claim_is_a_numbered_attempt_under_a_lease(self, spool: Spool) -> None:
        delivery = queue(spool)
        claimed = claim_one(spool)
        assert claimed.delivery == only_one(spool)
        assert claimed.delivery.id == delivery.id
        assert claimed.delivery.state is State.IN_FLIGHT
        assert (claimed.delivery.attempts, claimed.delivery.tries) == (1, 1)
        assert claimed.body == an_event().body
        assert (claimed.started_at, claimed.lease_until) == (NOW, NOW + LEASE)

    def test_what_is_claimed_is_not_claimed_again(self, spool: Spool) -> None:
        queue(spool)
        claim_one(spool)
        assert claim(spool) == []

    def test_the_oldest_due_is_claimed_first_then_the_first_admitted(self, spool: Spool) -> None:
        for number, next_at in ((1, NOW), (2, NOW - 5), (3, NOW - 9), (4, NOW - 5)):
            queue(spool, number, next_at=next_at)
        assert [each.delivery.task for each in claim(spool)] == ["T3", "T2", "T4", "T1"]

    def test_no_more_is_claimed_than_asked_for(self, spool: Spool) -> None:
        for number in range(5):
            queue(spool, number)
        assert [len(claim(spool, 2)) for _ in range(4)] == [2, 2, 1, 0]

    def test_nothing_is_claimed_for_a_limit_of_nothing(self, spool: Spool) -> None:
        queue(spool)
        assert claim(spool, 0) == []

    def test_what_is_not_due_waits(self, spool: Spool) -> None:
        queue(spool, next_at=NOW + 1)
        assert claim(spool, now=NOW) == []
        assert len(claim(spool, now=NOW + 1)) == 1

    def test_only_the_subscriptions_asked_for_are_claimed(self, spool: Spool) -> None:
        for number, name in enumerate(["a", "b", "c", "a"]):
            queue(spool, number, name, next_at=NOW - number)
        found = claim(spool, 2, subscriptions=("a", "b"))
        assert [each.delivery.subscription for each in found] == ["a", "b"]
        assert claim(spool, subscriptions=()) == []

    def test_each_subscription_has_its_own_lease(self, spool: Spool) -> None:
        queue(spool, 1, "a")
        queue(spool, 2, "b")
        tokens = iter("xy")
        claims = spool.claim(
            9,
            subscriptions=("a", "b"),
            owner="worker",
            token=lambda: next(tokens),
            now=NOW,
            leases={"a": 5, "b": 7},
        )
        assert [(each.lease_until, each.token) for each in claims] == [
            (NOW + 5, "x"),
            (NOW + 7, "y"),
        ]

    def test_a_probe_is_claimed_only_by_name(self, spool: Spool) -> None:
        probe = queue(spool, 1, probe=True, next_at=NOW - 1)
        other = queue(spool, 2)
        assert spool.next_due(("chatops",)) == NOW
        assert ids(claim(spool)) == [other.id]
        assert spool.next_due(("chatops",)) is None
        assert ids(claim(spool, only=probe.id)) == [probe.id]

    def test_one_delivery_may_be_claimed_by_name_out_of_turn(self, spool: Spool) -> None:
        queue(spool, 1)
        second = queue(spool, 2)
        queue(spool, 3, "other")
        assert ids(claim(spool, only=second.id)) == [second.id]
        assert claim(spool, only=second.id) == []
        assert claim(spool, only="dlv_unknown") == []

    @pytest.mark.parametrize(
        ("verdict", "state", "status"),
        [
            (Verdict.DELIVERED, State.DELIVERED, 204),
            (Verdict.DRY_RUN, State.DELIVERED, None),
            (Verdict.RETRY, State.PENDING, 503),
            (Verdict.UNKNOWN, State.PENDING, None),
            (Verdict.REJECTED, State.DEAD, 422),
            (Verdict.GONE, State.PARKED, 410),
        ],
    )
    def test_settling_moves_a_delivery_where_its_outcome_says(
        self, spool: Spool, verdict: Verdict, state: State, status: int | None
    ) -> None:
        queue(spool)
        settled = settle(spool, claim_one(spool), verdict, status=status)
        assert settled is not None
        assert settled.delivery == only_one(spool)
        assert (settled.delivery.state, settled.delivery.last_status) == (state, status)
        assert settled.delivery.reason is not None
        assert settled.delivery.reason.startswith(f"it was {verdict}")

    def test_a_retry_waits_as_long_as_its_step_says(self, spool: Spool) -> None:
        queue(spool)
        settle(spool, claim_one(spool), Verdict.RETRY)
        assert only_one(spool).next_at == NOW + SECOND
        assert claim(spool, now=NOW + SECOND - 1) == []
        again = claim_one(spool, now=NOW + SECOND)
        assert (again.delivery.attempts, again.delivery.tries) == (2, 2)

    def test_tries_run_out_and_leave_a_dead_letter(self, spool: Spool) -> None:
        queue(spool)
        for seconds in (0, 1, 3):
            now = NOW + seconds * SECOND
            settle(spool, claim_one(spool, now=now), Verdict.RETRY, now=now)
        assert only_one(spool).state is State.DEAD
        assert only_one(spool).reason == "it was retry; exhausted after 3 attempts"

    def test_a_failed_probe_is_no_dead_letter(self, spool: Spool) -> None:
        probe = queue(spool, probe=True)
        (claimed,) = claim(spool, only=probe.id)
        settle(spool, claimed, Verdict.RETRY)
        assert only_one(spool).state is State.CANCELLED

    def test_a_second_settlement_changes_nothing(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        settle(spool, claimed, Verdict.DELIVERED, status=200)
        before = only_one(spool)
        assert settle(spool, claimed, Verdict.REJECTED, status=400) is None
        assert only_one(spool) == before
        assert len(spool.unprojected()) == 1

    def test_a_lost_lease_cannot_settle_the_claim_that_followed(self, spool: Spool) -> None:
        queue(spool)
        slow = claim_one(spool)
        late = NOW + LEASE
        (lapsed,) = spool.lapsed(now=late, alive=lambda _: True)
        settle(spool, lapsed, Verdict.UNKNOWN, now=late)
        quick = claim_one(spool, now=late)
        assert settle(spool, slow, Verdict.DELIVERED, now=late) is None
        assert only_one(spool) == quick.delivery
        assert settle(spool, quick, Verdict.DELIVERED, now=late) is not None

    def test_an_unknown_delivery_cannot_be_settled(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        deliver_and_purge(spool, claimed)
        assert settle(spool, claimed, Verdict.DELIVERED) is None

    def test_settling_takes_no_step_the_table_does_not_know(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        step = Step(signal=Signal.CANCEL, state=State.CANCELLED, reason="no")
        with pytest.raises(IllegalMoveError):
            spool.settle(claimed, step, {}, status=None, now=NOW)
        assert only_one(spool) == claimed.delivery

    def test_a_live_lease_has_not_lapsed(self, spool: Spool) -> None:
        queue(spool)
        claim_one(spool)
        assert spool.lapsed(now=NOW + LEASE - 1, alive=lambda owner: owner == "worker") == []

    def test_a_lease_lapses_with_its_time(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        assert spool.lapsed(now=NOW + LEASE, alive=lambda _: True) == [claimed]

    def test_a_lease_lapses_with_its_owner(self, spool: Spool) -> None:
        queue(spool, 1)
        queue(spool, 2)
        (dead,) = claim(spool, 1, owner="dead")
        claim(spool, 1, owner="alive")
        assert spool.lapsed(now=NOW, alive=lambda owner: owner == "alive") == [dead]

    def test_a_clock_that_moved_back_takes_no_lease_from_who_lives(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        early = NOW - DAY
        assert spool.lapsed(now=early, alive=lambda _: True) == []
        assert spool.lapsed(now=early + LEASE - 1, alive=lambda _: True) == []
        (lapsed,) = spool.lapsed(now=early + LEASE, alive=lambda _: True)
        assert (lapsed.delivery, lapsed.token) == (claimed.delivery, claimed.token)
        assert (lapsed.started_at, lapsed.lease_until) == (early, early + LEASE)
        assert settle(spool, claimed, Verdict.DELIVERED) is not None

    def test_a_lease_from_the_future_lapses_with_its_owner(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        (lapsed,) = spool.lapsed(now=NOW - 1, alive=lambda _: False)
        assert lapsed.token == claimed.token

    @pytest.mark.parametrize("now", [NOW - DAY, NOW, NOW + DAY])
    def test_what_this_process_is_attempting_has_not_lapsed(self, spool: Spool, now: int) -> None:
        queue(spool, 1)
        queue(spool, 2)
        mine, other = claim(spool)
        found = spool.lapsed(now=now, alive=lambda _: False, mine={mine.token})
        assert [each.token for each in found] == [other.token]
        assert only_claim(spool, mine.token) == mine

    def test_every_record_names_its_place_in_its_chain(self, spool: Spool) -> None:
        for number in range(3):
            queue(spool, number)
        bodies = []
        for number in range(3):
            settled = settle(spool, claim_one(spool), Verdict.DELIVERED, now=NOW + number)
            assert settled is not None
            bodies.append(settled.record.body)
        records = [json.loads(body) for body in bodies]
        assert [record["sequence"] for record in records] == [1, 2, 3]
        assert {record["writer"] for record in records} == {spool.writer}
        digests = [hashlib.sha256(body).hexdigest() for body in bodies]
        assert [record["previous"] for record in records] == [None, *digests[:2]]
        assert {record["said"] for record in records} == {"delivered"}

    def test_every_spec_has_a_chain_of_its_own(self, spool: Spool) -> None:
        places = []
        for number, spec in enumerate(["SPEC-A", "SPEC-B", None, "SPEC-A", None]):
            event = an_event(number, spec=spec)
            with spool.ledger() as ledger:
                ledger.admit(event, [a_delivery(event)])
            settled = settle(spool, claim_one(spool), Verdict.DELIVERED)
            assert settled is not None
            record = settled.record
            places.append((record.spec, json.loads(record.body)["sequence"]))
        assert places == [
            ("SPEC-A", 1),
            ("SPEC-B", 1),
            ("_unassigned", 1),
            ("SPEC-A", 2),
            ("_unassigned", 2),
        ]

    def test_a_record_is_named_by_time_sequence_delivery_and_attempt(self, spool: Spool) -> None:
        delivery = queue(spool)
        settle(spool, claim_one(spool), Verdict.RETRY)
        settled = settle(
            spool, claim_one(spool, now=NOW + SECOND), Verdict.DELIVERED, now=NOW + 2 * SECOND
        )
        assert settled is not None
        facts = parse_name(settled.record.name)
        assert facts is not None
        assert (facts.at, facts.sequence, facts.delivery, facts.attempt) == (
            NOW + 2 * SECOND,
            2,
            delivery.id,
            2,
        )

    def test_names_sort_as_the_chain_runs_though_the_clock_moves_back(self, spool: Spool) -> None:
        names = []
        for number, moved in enumerate([0, -3_600_000, 5]):
            queue(spool, number, next_at=0)
            settled = settle(spool, claim_one(spool), Verdict.DELIVERED, now=NOW + moved)
            assert settled is not None
            names.append(settled.record.name)
        assert names == sorted(names)

    def test_sealed_records_wait_until_their_files_stand(self, spool: Spool) -> None:
        for number in range(3):
            queue(spool, number)
        settled = [settle(spool, claim_one(spool), Verdict.DELIVERED) for _ in range(3)]
        records = [each.record for each in settled if each]
        assert spool.unprojected() == records
        assert spool.unprojected(2) == records[:2]
        assert spool.unprojected(1, skip=1) == records[1:2]
        spool.projected([records[0].row, records[2].row])
        assert spool.unprojected() == [records[1]]
        spool.projected([])
        assert spool.unprojected() == [records[1]]

    def test_the_chain_goes_on_though_its_records_have_left(self, spool: Spool) -> None:
        queue(spool, 1)
        queue(spool, 2)
        first = settle(spool, claim_one(spool), Verdict.DELIVERED)
        assert first is not None
        spool.projected([first.record.row])
        second = settle(spool, claim_one(spool), Verdict.DELIVERED)
        assert second is not None
        previous = json.loads(second.record.body)["previous"]
        assert previous == hashlib.sha256(first.record.body).hexdigest()

    def test_a_delivery_knows_the_names_of_its_records(self, spool: Spool) -> None:
        delivery = queue(spool, 1)
        queue(spool, 2)
        first = settle(spool, claim_one(spool), Verdict.RETRY)
        settle(spool, claim_one(spool), Verdict.DELIVERED)
        second = settle(spool, claim_one(spool, now=NOW + SECOND), Verdict.DELIVERED)
        assert first is not None
        assert second is not None
        spool.projected([first.record.row])
        assert spool.evidence_names(delivery.id) == [
            (first.record.spec, first.record.name),
            (second.record.spec, second.record.name),
        ]
        assert spool.evidence_names("dlv_unknown") == []

    def test_the_next_due_is_the_earliest_of_these_subscriptions(self, spool: Spool) -> None:
        for number, (name, next_at) in enumerate([("a", NOW + 3), ("b", NOW + 2), ("c", NOW)]):
            queue(spool, number, name, next_at=next_at)
        assert spool.next_due(("a", "b")) == NOW + 2
        assert spool.next_due(("a",)) == NOW + 3
        assert spool.next_due(("d",)) is None
        assert spool.next_due(()) is None

    def test_who_has_something_pending_is_known_by_name(self, spool: Spool) -> None:
        assert spool.subscriptions() == frozenset()
        for number, name in enumerate(["b", "a", "c", "a", "d", "e"]):
            queue(spool, number, name, probe=name == "d", next_at=NOW + number)
        claim(spool, subscriptions=("c",), now=LATER)
        spool.park("e", "no_subscription", now=NOW)
        assert spool.subscriptions() == {"a", "b"}

    def test_only_what_is_pending_is_due(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        assert spool.next_due(("chatops",)) is None
        settle(spool, claimed, Verdict.RETRY)
        assert spool.next_due(("chatops",)) == NOW + SECOND


def only_claim(spool: Spool, token: str) -> Claim:
    everything = spool.lapsed(now=NOW, alive=lambda _: False)
    (found,) = [each for each in everything if each.token == token]
    return found


def deliver_and_purge(spool: Spool, claimed: Claim) -> None:
    settled = settle(spool, claimed, Verdict.DELIVERED)
    assert settled is not None
    spool.projected([settled.record.row])
    spool.purge(now=NOW + 1, retention=0)
    assert spool.find(Query()) == []
