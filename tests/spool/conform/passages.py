"""What figures may rely on: when a delivery was detected, first tried and finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import DRY_RUN, Outcome, State, Verdict, advance
from spec_notify.core.passage import Passage
from tests.spool.given import (
    DAY,
    NOW,
    PLAN,
    SECOND,
    claim,
    claim_one,
    deliver,
    in_state,
    queue,
    settle,
)

if TYPE_CHECKING:
    from spec_notify.ports import Spool

EVER = NOW + 365 * DAY


def passages(spool: Spool) -> list[Passage]:
    return spool.passages(since=0, until=EVER)


class PassageConformance:
    def test_a_passage_says_when_it_was_tried_first_and_when_it_ended(self, spool: Spool) -> None:
        delivery = queue(spool)
        settle(spool, claim_one(spool, now=NOW + 7), Verdict.RETRY, now=NOW + 9)
        deliver(spool, now=NOW + 9 + SECOND)
        assert passages(spool) == [
            Passage(
                id=delivery.id,
                type=delivery.type,
                subscription="chatops",
                spec=delivery.spec,
                state=State.DELIVERED,
                detected_at=NOW,
                tried_at=NOW + 7,
                finished_at=NOW + 9 + SECOND,
                attempts=2,
                reason="it was delivered",
            )
        ]

    def test_one_that_was_never_tried_says_so(self, spool: Spool) -> None:
        queue(spool)
        (waiting,) = passages(spool)
        assert (waiting.tried_at, waiting.finished_at, waiting.attempts) == (None, None, 0)

    def test_a_first_attempt_stays_the_first_over_retries_and_replays(self, spool: Spool) -> None:
        delivery = in_state(spool, State.DEAD)
        spool.replay([delivery.id], by="ada", now=NOW + DAY)
        (waiting,) = passages(spool)
        assert (waiting.finished_at, waiting.replayed_at) == (None, NOW + DAY)
        deliver(spool, now=NOW + DAY + 5)
        (replayed,) = passages(spool)
        assert (replayed.tried_at, replayed.finished_at) == (NOW, NOW + DAY + 5)
        assert (replayed.replayed_at, replayed.attempts) == (NOW + DAY, 2)

    @pytest.mark.parametrize("state", State)
    def test_every_state_has_its_passage(self, spool: Spool, state: State) -> None:
        delivery = in_state(spool, state)
        (found,) = passages(spool)
        assert (found.id, found.state) == (delivery.id, state)
        assert (found.finished_at is None) == (
            state in {State.PENDING, State.IN_FLIGHT, State.PARKED}
        )

    def test_a_dry_run_is_told_from_a_delivery(self, spool: Spool) -> None:
        queue(spool)
        claimed = claim_one(spool)
        outcome = Outcome(verdict=Verdict.DRY_RUN, detail=DRY_RUN)
        step = advance(claimed.delivery, outcome, PLAN, now=NOW, jitter=0.5)
        spool.settle(claimed, step, {}, status=None, now=NOW)
        (found,) = passages(spool)
        assert (found.dry_run, found.delivered) == (True, False)

    def test_they_come_oldest_first_from_the_first_instant_up_to_the_last(
        self, spool: Spool
    ) -> None:
        for number, at in ((1, NOW + 3), (2, NOW + 1), (3, NOW + 2), (4, NOW + 1), (5, NOW + 4)):
            queue(spool, number, created_at=at)
        by_task = {each.id: each.task for each in claim(spool, now=NOW) for each in [each.delivery]}
        found = spool.passages(since=NOW + 1, until=NOW + 4)
        assert [by_task[each.id] for each in found] == ["T2", "T4", "T3", "T1"]
        assert spool.passages(since=NOW + 4, until=NOW + 4) == []

    def test_a_test_is_nobodys_delivery(self, spool: Spool) -> None:
        queue(spool, probe=True)
        assert passages(spool) == []

    def test_what_was_purged_is_forgotten_and_counted(self, spool: Spool) -> None:
        queue(spool, 1)
        settle(spool, claim_one(spool), Verdict.RETRY)
        deliver(spool, now=NOW + SECOND)
        queue(spool, 2)
        deliver(spool, now=NOW + DAY)
        assert spool.forgotten() == 0
        spool.projected([each.row for each in spool.unprojected()])
        spool.purge(now=NOW + DAY, retention=DAY - 2 * SECOND)
        assert spool.forgotten() == 2
        assert len(passages(spool)) == 1
        spool.discard([each.id for each in passages(spool)])
        assert (spool.forgotten(), passages(spool)) == (3, [])
