"""What a human does to what is finished: acknowledged, or thrown away before its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from spec_notify.core.chain import verify_chain
from spec_notify.core.delivery import State, Verdict
from spec_notify.core.evidence import acknowledgement_record, parse_name
from spec_notify.ports import Query
from tests.spool.given import (
    NOW,
    a_delivery,
    an_event,
    claim_one,
    deliver,
    in_state,
    queue,
    settle,
    spool_delivery,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.ports import Settled, Spool

SECOND = 1_000
OPEN = [State.PENDING, State.IN_FLIGHT, State.PARKED]
FINISHED = [State.DELIVERED, State.DEAD, State.CANCELLED]


def acknowledge(spool: Spool, ids: Sequence[str], *, now: int = NOW) -> list[Settled]:
    return spool.acknowledge(
        ids, lambda each: acknowledgement_record(each, by="ada", at=now), now=now
    )


def project(spool: Spool) -> None:
    spool.projected([each.row for each in spool.unprojected()])


class ByHandConformance:
    def test_an_acknowledgement_is_sealed_after_the_attempts_and_changes_nothing(
        self, spool: Spool
    ) -> None:
        dead = in_state(spool, State.DEAD)

        (noted,) = acknowledge(spool, [dead.id, dead.id, "dlv_unknown"], now=NOW + SECOND)

        assert noted.delivery == dead == spool_delivery(spool, dead.id)
        assert spool.acknowledged() == {dead.id: NOW + SECOND}
        facts = parse_name(noted.record.name)
        assert facts is not None
        assert (facts.delivery, facts.attempt, facts.sequence) == (dead.id, 0, 2)
        said = orjson.loads(noted.record.body)
        assert said["acknowledged"]["by"] == "ada"
        assert (said["attempt"], said["sequence"], said["tries"]) == (0, 2, 1)
        attempt, record = spool.unprojected()
        assert record == noted.record
        assert said["previous"] != orjson.loads(attempt.body)["previous"]
        assert [name for _, name in spool.evidence_names(dead.id)] == [attempt.name, record.name]

    def test_a_chain_with_an_acknowledgement_in_it_holds(self, spool: Spool) -> None:
        first, second = in_state(spool, State.DEAD, 1), in_state(spool, State.DEAD, 2)
        noted = acknowledge(spool, [first.id, second.id])
        records = [(each.record.name, each.record.body) for each in noted]

        breaches = verify_chain(records, [])
        assert [each.kind for each in breaches] == ["truncated"]

    @pytest.mark.parametrize("state", [each for each in State if each is not State.DEAD])
    def test_only_a_dead_letter_is_acknowledged(self, spool: Spool, state: State) -> None:
        other = in_state(spool, state)

        assert acknowledge(spool, [other.id]) == []
        assert spool.acknowledged() == {}

    def test_once_is_enough_until_it_dies_again(self, spool: Spool) -> None:
        dead = in_state(spool, State.DEAD)
        acknowledge(spool, [dead.id])
        assert acknowledge(spool, [dead.id], now=NOW + 1) == []

        spool.replay([dead.id], by="ada", now=NOW + SECOND)
        assert spool.acknowledged() == {}
        settle(spool, claim_one(spool, now=NOW + SECOND), Verdict.REJECTED, now=NOW + SECOND)
        assert spool.acknowledged() == {}

        (again,) = acknowledge(spool, [dead.id], now=NOW + 2 * SECOND)
        assert spool.acknowledged() == {dead.id: NOW + 2 * SECOND}
        assert orjson.loads(again.record.body)["replay"]["by"] == "ada"
        assert len(spool.evidence_names(dead.id)) == 4

    @pytest.mark.parametrize("state", FINISHED)
    def test_what_is_finished_can_be_discarded(self, spool: Spool, state: State) -> None:
        finished, other = in_state(spool, state, 1), in_state(spool, State.DELIVERED, 2)
        project(spool)

        assert spool.discard([finished.id, "dlv_unknown", finished.id]) == [finished]

        assert spool.find(Query()) == [other]
        assert spool.event(finished.event) is None
        assert spool.evidence_names(finished.id) == []

    @pytest.mark.parametrize("state", OPEN)
    def test_what_is_open_is_never_discarded(self, spool: Spool, state: State) -> None:
        waiting = in_state(spool, state)
        project(spool)

        assert spool.discard([waiting.id]) == []
        assert spool.find(Query()) == [waiting]

    def test_what_has_evidence_without_a_file_is_not_discarded(self, spool: Spool) -> None:
        dead = in_state(spool, State.DEAD)
        assert spool.discard([dead.id]) == []

        acknowledge(spool, [dead.id])
        spool.projected([spool.unprojected()[0].row])
        assert spool.discard([dead.id]) == []

        project(spool)
        assert spool.discard([dead.id]) == [dead]
        assert spool.acknowledged() == {}

    def test_an_event_stays_for_its_other_deliveries(self, spool: Spool) -> None:
        event = an_event()
        first = a_delivery(event, "chatops", state=State.DEAD, reason="backlog_full")
        second = a_delivery(event, "ops")
        with spool.ledger() as ledger:
            ledger.admit(event, [first, second])

        assert [each.id for each in spool.discard([first.id, second.id])] == [first.id]
        assert spool.event(event.id) == event

    def test_the_oldest_that_waits_is_known(self, spool: Spool) -> None:
        assert spool.oldest_pending() is None
        queue(spool, 1, probe=True, created_at=NOW - 3 * SECOND)
        queue(spool, 2, created_at=NOW - SECOND)
        queue(spool, 3)
        assert spool.oldest_pending() == NOW - SECOND

    def test_how_long_the_latest_took_is_known_newest_first(self, spool: Spool) -> None:
        assert spool.waits(10) == []
        for number in (1, 2):
            queue(spool, number)
            deliver(spool, now=NOW + number * SECOND)
        in_state(spool, State.DEAD, 3)
        assert spool.waits(10) == [2 * SECOND, SECOND]
        assert spool.waits(1) == [2 * SECOND]

        first = spool.find(Query())[-1]
        spool.replay([first.id], by="ada", now=NOW + 10 * SECOND)
        assert spool.waits(10) == [2 * SECOND]
        settle(spool, claim_one(spool, now=NOW + 10 * SECOND), Verdict.DELIVERED, now=NOW + 10_500)
        assert spool.waits(10) == [500, 2 * SECOND]
