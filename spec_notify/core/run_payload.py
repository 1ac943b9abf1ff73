"""What the end of a run says to the world (contract, section 5: `run.finished`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from .body import encoded
from .event import RUN_FINISHED, Event, event_id
from .instant import rfc3339
from .run_facts import Counts, FinishFacts, Links

if TYPE_CHECKING:
    from .run import Finish, RunPlace

_NOT_TOLD = "the server does not say when the run was made"


def finish_id(place: RunPlace) -> str:
    """Answer the id of the event that tells a run's end: one for each run, for good."""
    return event_id(RUN_FINISHED, place.server, place.run)


def build_finish_event(finish: Finish) -> Event:
    """Build the event of a run's end; its body is made here, once."""
    place, counts = finish.place, finish.counts
    key = finish_id(place)
    facts = FinishFacts(
        idempotency_key=key,
        run_id=place.run,
        status=finish.outcome,
        counts=Counts(
            done=counts.done, failed=counts.failed, blocked=counts.blocked, total=counts.total
        ),
        created_at=None if finish.created_at is None else rfc3339(finish.created_at),
        created_reason=_NOT_TOLD if finish.created_at is None else UNSET,
        completed_at=rfc3339(finish.checked_at),
        links=Links(run=place.url(), tasks=place.url("/tasks"), events=place.url("/events")),
    )
    body = encoded(RUN_FINISHED, facts, finish.checked_at)
    return Event(
        id=key,
        type=RUN_FINISHED,
        at=finish.checked_at,
        body=body,
        # What lists show, and filters by task look at, is the run.
        task=place.run,
        status=finish.outcome,
    )
