"""What a look may rely on: all of it stands or nothing, and no news is told twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.errors import StaleBaselineError
from spec_notify.core.event import event_id
from spec_notify.ports import Query, Told
from tests.spool.given import (
    NOW,
    a_delivery,
    a_document,
    an_event,
    claim,
    claim_one,
    deliver,
    in_state,
    queue,
    settle,
)

if TYPE_CHECKING:
    from spec_notify.ports import Ledger, Spool


class LedgerConformance:
    def test_a_new_spool_remembers_nothing(self, spool: Spool) -> None:
        assert dict(spool.documents()) == {}
        assert spool.find(Query()) == []
        assert spool.counts() == dict.fromkeys(State, 0)
        assert spool.gone() == frozenset()
        assert spool.unprojected() == []
        assert spool.generation == ""
        assert spool.writer

    def test_a_document_is_remembered_with_everything_in_it(self, spool: Spool) -> None:
        document = a_document(held=3, held_since=NOW)
        with spool.ledger() as ledger:
            assert ledger.document("SPEC.md") is None
            ledger.save(document)
            assert ledger.document("SPEC.md") == document
        assert dict(spool.documents()) == {"SPEC.md": document}
        with spool.ledger() as ledger:
            assert ledger.document("SPEC.md") == document

    def test_documents_come_in_the_order_of_their_paths(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            for path in ("b.md", "c.md", "a.md"):
                ledger.save(a_document(path))
        assert list(spool.documents()) == ["a.md", "b.md", "c.md"]
        assert len(spool.documents()) == 3
        assert "d.md" not in spool.documents()

    def test_a_look_sees_what_the_look_before_it_saved(self, spool: Spool) -> None:
        for revision in (1, 2, 3):
            with spool.ledger() as ledger:
                ledger.save(a_document(revision=revision, digest=f"{revision:064}"))
            assert spool.documents()["SPEC.md"].digest == f"{revision:064}"

    def test_documents_already_answered_do_not_change_under_the_reader(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            ledger.save(a_document(digest="old"))
        before = spool.documents()
        with spool.ledger() as ledger:
            ledger.save(a_document(revision=2, digest="new"))
        assert before["SPEC.md"].digest == "old"

    @pytest.mark.parametrize("revision", [-1, 0, 1, 3])
    def test_a_look_that_read_an_older_baseline_must_look_again(
        self, spool: Spool, revision: int
    ) -> None:
        with spool.ledger() as ledger:
            ledger.save(a_document(revision=1))
        with pytest.raises(StaleBaselineError), spool.ledger() as ledger:
            ledger.save(a_document(revision=revision))
        assert spool.documents()["SPEC.md"].revision == 1

    @pytest.mark.parametrize("revision", [0, 2])
    def test_the_first_revision_is_one(self, spool: Spool, revision: int) -> None:
        with pytest.raises(StaleBaselineError), spool.ledger() as ledger:
            ledger.save(a_document(revision=revision))

    def test_a_look_that_fails_leaves_nothing(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            ledger.save(a_document())
        event = an_event()

        def look(ledger: Ledger) -> None:
            ledger.save(a_document(revision=2))
            ledger.save(a_document("tasks.md"))
            ledger.tell("SPEC.md", [Told(branch="main", key="T1", status="Done")])
            assert ledger.occurrence("SPEC.md", "T1", "Done") == 1
            assert ledger.admit(event, [a_delivery(event)]) == 1
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), spool.ledger() as ledger:
            look(ledger)
        assert [each.revision for each in spool.documents().values()] == [1]
        assert spool.find(Query()) == []
        assert spool.event(event.id) is None
        with spool.ledger() as ledger:
            assert ledger.told("SPEC.md") == {}
            assert ledger.occurrence("SPEC.md", "T1", "Done") == 1

    def test_a_revision_that_failed_may_be_saved_with_other_contents(self, spool: Spool) -> None:
        def look(ledger: Ledger) -> None:
            ledger.save(a_document(digest="lost"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError), spool.ledger() as ledger:
            look(ledger)
        with spool.ledger() as ledger:
            ledger.save(a_document(digest="kept"))
        assert spool.documents()["SPEC.md"].digest == "kept"

    def test_an_event_comes_back_byte_for_byte(self, spool: Spool) -> None:
        event = an_event(body=bytes(range(256)), heard=True, branch=None, owners=())
        with spool.ledger() as ledger:
            ledger.admit(event, [])
        assert spool.event(event.id) == event
        assert spool.event(event_id("another")) is None

    def test_a_delivery_comes_back_as_it_was_admitted(self, spool: Spool) -> None:
        event = an_event()
        facts = {"expires_at": None, "last_status": 503, "reason": "…", "probe": True}
        delivery = a_delivery(event, attempts=3, tries=2, **facts)
        with spool.ledger() as ledger:
            ledger.admit(event, [delivery])
        assert spool.find(Query()) == [delivery]

    def test_an_event_that_is_known_is_no_news(self, spool: Spool) -> None:
        event = an_event()
        with spool.ledger() as ledger:
            assert ledger.admit(event, [a_delivery(event)]) == 1
        with spool.ledger() as ledger:
            late = msgspec.structs.replace(event, body=b"other")
            assert ledger.admit(late, [a_delivery(event), a_delivery(event, "other")]) == 0
        assert [each.subscription for each in spool.find(Query())] == ["chatops"]
        assert spool.event(event.id) == event

    def test_an_event_reaches_every_subscription_that_wants_it(self, spool: Spool) -> None:
        event = an_event()
        with spool.ledger() as ledger:
            assert ledger.admit(event, [a_delivery(event, name) for name in "abc"]) == 3
        assert {each.subscription for each in spool.find(Query())} == {*"abc"}

    def test_a_delivery_beyond_the_backlog_is_born_a_dead_letter(self, spool: Spool) -> None:
        dead = queue(spool, state=State.DEAD, reason="backlog_full")
        assert claim(spool) == []
        assert spool.find(Query(states=(State.DEAD,))) == [dead]

    def test_occurrences_count_per_document_task_and_status(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            assert ledger.occurrence("a", "T1", "Done") == 1
            assert ledger.occurrence("a", "T1", "Done") == 2
            assert ledger.occurrence("a", "T2", "Done") == 1
            assert ledger.occurrence("a", "T1", "In Review") == 1
            assert ledger.occurrence("b", "T1", "Done") == 1
        with spool.ledger() as ledger:
            assert ledger.occurrence("a", "T1", "Done") == 3

    def test_what_was_told_is_kept_per_branch_until_it_is_forgotten(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            ledger.tell(
                "a",
                [
                    Told(branch="main", key="T1", status="Done"),
                    Told(branch="*", key="T1", status="Done"),
                    Told(branch="main", key="T2", status="Done"),
                ],
            )
            ledger.tell("a", [Told(branch="main", key="T2", status="In Review")])
            ledger.tell("b", [Told(branch="main", key="T1", status="Blocked")])
            ledger.forget("a", "main", "T1")
            ledger.forget("a", "main", "T7")
        with spool.ledger() as ledger:
            assert ledger.told("a") == {("*", "T1"): "Done", ("main", "T2"): "In Review"}
            assert ledger.told("b") == {("main", "T1"): "Blocked"}

    def test_a_document_that_moves_takes_its_memory_along(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            ledger.save(a_document("old.md"))
            ledger.tell("old.md", [Told(branch="main", key="T1", status="Done")])
            ledger.occurrence("old.md", "T1", "Done")
        with spool.ledger() as ledger:
            ledger.rename("old.md", "new.md")
            assert ledger.document("old.md") is None
            moved = ledger.document("new.md")
            assert moved is not None
            assert (moved.path, moved.snapshot.document) == ("new.md", "new.md")
            ledger.save(a_document("new.md", revision=moved.revision + 1))
        with spool.ledger() as ledger:
            assert ledger.told("old.md") == {}
            assert ledger.told("new.md") == {("main", "T1"): "Done"}
            assert ledger.occurrence("new.md", "T1", "Done") == 2
            assert ledger.occurrence("old.md", "T1", "Done") == 1
        assert list(spool.documents()) == ["new.md"]

    def test_a_document_may_move_onto_one_that_was_known(self, spool: Spool) -> None:
        with spool.ledger() as ledger:
            ledger.save(a_document("old.md", digest="old"))
            ledger.save(a_document("new.md", digest="new"))
            ledger.tell("old.md", [Told(branch="main", key="T1", status="Done")])
            ledger.tell("new.md", [Told(branch="main", key="T1", status="Blocked")])
            for _ in range(3):
                ledger.occurrence("new.md", "T1", "Done")
            ledger.occurrence("old.md", "T1", "Done")
        with spool.ledger() as ledger:
            ledger.rename("old.md", "new.md")
            assert ledger.told("new.md") == {("main", "T1"): "Done"}
            # The higher count stays: an id that was given to an event is never given again.
            assert ledger.occurrence("new.md", "T1", "Done") == 4
        assert {path: each.digest for path, each in spool.documents().items()} == {"new.md": "old"}

    @pytest.mark.parametrize("path", ["SPEC.md", "unknown.md"])
    def test_a_document_that_stays_or_is_unknown_moves_without_effect(
        self, spool: Spool, path: str
    ) -> None:
        with spool.ledger() as ledger:
            ledger.save(a_document())
            ledger.occurrence("SPEC.md", "T1", "Done")
        with spool.ledger() as ledger:
            ledger.rename(path, "SPEC.md")
        assert dict(spool.documents()) == {"SPEC.md": a_document()}
        with spool.ledger() as ledger:
            assert ledger.occurrence("SPEC.md", "T1", "Done") == 2

    def test_open_deliveries_are_those_that_may_still_be_sent(self, spool: Spool) -> None:
        for number, state in enumerate(State):
            in_state(spool, state, number)
        for event in (an_event(10), an_event(11)):
            with spool.ledger() as ledger:
                opened = ledger.open_count("chatops")
                ledger.admit(event, [a_delivery(event), a_delivery(event, "other")])
                assert ledger.open_count("chatops") == opened + 1
        with spool.ledger() as ledger:
            assert ledger.open_count("chatops") == 3 + 2
            assert ledger.open_count("other") == 2
            assert ledger.open_count("nobody") == 0

    def test_a_dead_letter_born_in_this_look_is_not_open(self, spool: Spool) -> None:
        event = an_event()
        with spool.ledger() as ledger:
            assert ledger.open_count("chatops") == 0
            ledger.admit(event, [a_delivery(event, state=State.DEAD)])
            assert ledger.open_count("chatops") == 0

    def test_the_body_is_the_same_at_every_attempt(self, spool: Spool) -> None:
        event = an_event(body=bytes(range(256)))
        with spool.ledger() as ledger:
            ledger.admit(event, [a_delivery(event)])
        for seconds in (0, 1, 3):
            now = NOW + seconds * 1_000
            claimed = claim_one(spool, now=now)
            assert claimed.body == event.body
            settle(spool, claimed, Verdict.RETRY, now=now)
        spool.replay([claimed.delivery.id], by="ada", now=NOW)
        assert claim_one(spool).body == event.body

    def test_what_is_delivered_does_not_come_back_by_being_seen_again(self, spool: Spool) -> None:
        delivery = queue(spool)
        deliver(spool)
        event = an_event()
        with spool.ledger() as ledger:
            assert ledger.admit(event, [a_delivery(event)]) == 0
        assert [(each.id, each.state) for each in spool.find(Query())] == [
            (delivery.id, State.DELIVERED)
        ]
