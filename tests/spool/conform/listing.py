"""What a listing may rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import State
from spec_notify.ports import Query
from tests.spool.given import NOW, a_delivery, an_event, in_state, queue

if TYPE_CHECKING:
    from spec_notify.core.delivery import Delivery
    from spec_notify.ports import Spool


def tasks(deliveries: list[Delivery]) -> list[str | None]:
    return [each.task for each in deliveries]


def fill(spool: Spool) -> None:
    rows = [
        (1, "chatops", "spec-kit.task.completed", "SPEC-A"),
        (2, "mail", "spec-kit.task.completed", "SPEC-B"),
        (3, "chatops", "spec-kit.task.in_review", "SPEC-B"),
        (4, "mail", "run_stop", None),
    ]
    for number, subscription, kind, spec in rows:
        event = an_event(number, type=kind, spec=spec)
        at = NOW + number
        with spool.ledger() as ledger:
            ledger.admit(event, [a_delivery(event, subscription, created_at=at, next_at=at)])


class ListingConformance:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (Query(), ["T4", "T3", "T2", "T1"]),
            (Query(limit=2), ["T4", "T3"]),
            (Query(limit=0), []),
            (Query(subscription="mail"), ["T4", "T2"]),
            (Query(type="spec-kit.task.completed"), ["T2", "T1"]),
            (Query(spec="SPEC-B"), ["T3", "T2"]),
            (Query(spec="SPEC-B", subscription="mail"), ["T2"]),
            (Query(since=NOW + 2), ["T4", "T3", "T2"]),
            (Query(until=NOW + 2), ["T1"]),
            (Query(since=NOW + 2, until=NOW + 3), ["T2"]),
            (Query(states=(State.PENDING,)), ["T4", "T3", "T2", "T1"]),
            (Query(states=(State.DEAD, State.PARKED)), []),
            (Query(subscription="%"), []),
            (Query(ids=("%",)), []),
        ],
    )
    def test_every_stated_field_narrows_and_the_newest_comes_first(
        self, spool: Spool, query: Query, expected: list[str]
    ) -> None:
        fill(spool)
        assert tasks(spool.find(query)) == expected

    def test_of_two_created_together_the_later_admitted_comes_first(self, spool: Spool) -> None:
        for number in (1, 2, 3):
            queue(spool, number)
        assert tasks(spool.find(Query())) == ["T3", "T2", "T1"]

    def test_deliveries_are_found_by_their_id_or_their_events(self, spool: Spool) -> None:
        fill(spool)
        event = an_event(9)
        with spool.ledger() as ledger:
            ledger.admit(event, [a_delivery(event, name) for name in ("a", "b")])
        both = spool.find(Query(ids=(event.id,)))
        assert [each.subscription for each in both] == ["b", "a"]
        assert spool.find(Query(ids=(both[1].id,))) == [both[1]]
        assert spool.find(Query(ids=(event.id, both[0].id), limit=1)) == [both[0]]
        assert spool.find(Query(ids=(event.id,), subscription="a")) == [both[1]]
        assert spool.find(Query(ids=(event.id,), states=(State.DEAD,))) == []

    @pytest.mark.parametrize("state", State)
    def test_a_state_finds_its_own(self, spool: Spool, state: State) -> None:
        made = [in_state(spool, each, number) for number, each in enumerate(State)]
        found = spool.find(Query(states=(state,)))
        assert [(each.id, each.state) for each in found] == [
            (each.id, state) for each in made if each.state is state
        ]

    def test_every_state_is_counted(self, spool: Spool) -> None:
        for number, state in enumerate(State):
            in_state(spool, state, number)
        assert spool.counts() == dict.fromkeys(State, 1)
        queue(spool, 10)
        queue(spool, 11, probe=True)
        assert spool.counts()[State.PENDING] == 2
