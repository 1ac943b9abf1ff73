"""What whoever shows a spool may rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import Verdict
from tests.spool.given import DAY, NOW, a_delivery, an_event, claim_one, queue, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.ports import Admitted, Spool

DONE, REVIEW = "spec-kit.task.completed", "spec-kit.task.in_review"


def tasks(events: Sequence[Admitted]) -> list[str | None]:
    return [each.event.task for each in events]


def admit(spool: Spool, *types: str) -> None:
    """Admit one event of each type: T1 is the first."""
    for number, kind in enumerate(types, start=1):
        event = an_event(number, type=kind, at=NOW - number)
        with spool.ledger() as ledger:
            ledger.admit(event, [a_delivery(event)] if number % 2 else [])


class ShowingConformance:
    def test_events_come_in_the_order_of_their_admission_newest_first(self, spool: Spool) -> None:
        admit(spool, DONE, REVIEW, DONE)

        found = spool.events(10)

        assert tasks(found) == ["T3", "T2", "T1"]
        assert [each.number for each in found] == sorted(
            {each.number for each in found}, reverse=True
        )
        assert found[1].event == an_event(2, type=REVIEW, at=NOW - 2)
        assert tasks(spool.events(2)) == ["T3", "T2"]
        assert spool.events(0) == []

    def test_a_type_and_two_numbers_narrow(self, spool: Spool) -> None:
        admit(spool, DONE, REVIEW, DONE, DONE)
        numbers = [spool.number(an_event(each).id) for each in (1, 2, 3, 4)]

        assert tasks(spool.events(10, type=DONE)) == ["T4", "T3", "T1"]
        assert tasks(spool.events(1, type=REVIEW)) == ["T2"]
        assert spool.events(10, type="spec-kit.task.%") == []
        assert tasks(spool.events(10, before=numbers[2])) == ["T2", "T1"]
        assert tasks(spool.events(10, after=numbers[1])) == ["T4", "T3"]
        assert tasks(spool.events(10, after=numbers[0], before=numbers[3], type=DONE)) == ["T3"]

    def test_an_event_that_is_not_here_has_no_number(self, spool: Spool) -> None:
        admit(spool, DONE)

        assert spool.number("evt_%") is None
        assert spool.number(an_event(1).id) == spool.events(1)[0].number

    def test_events_are_counted_by_type(self, spool: Spool) -> None:
        assert spool.types() == {}

        admit(spool, DONE, REVIEW, DONE)

        assert [*spool.types().items()] == [(DONE, 2), (REVIEW, 1)]

    def test_what_was_purged_is_shown_no_more(self, spool: Spool) -> None:
        admit(spool, DONE, REVIEW)
        settled = settle(spool, claim_one(spool), Verdict.DELIVERED)
        assert settled is not None
        spool.projected([settled.record.row])

        spool.purge(now=NOW + 9 * DAY, retention=DAY)

        assert spool.events(10) == []
        assert spool.types() == {}

    def test_a_version_stays_until_something_changes(self, spool: Spool) -> None:
        seen = [spool.version()]
        assert spool.version() == seen[0]

        queue(spool)
        seen.append(spool.version())
        spool.counts()
        assert spool.version() == seen[1]
        claim_one(spool)
        seen.append(spool.version())

        assert len({*seen}) == 3
        assert spool.is_current()
