"""The end of a run is told once: whoever comes later finds that it was, and what was told.

The event's id is made from the server and the run, so what was admitted is known again; and that
a run was told is remembered when the event itself is long purged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import msgspec

from spec_notify.core.feed import feed_name
from spec_notify.core.run import Finish, Outcome, RunPlace
from spec_notify.core.run_payload import build_finish_event, finish_id
from spec_notify.core.schema import validate
from spec_notify.core.subscription import Subscription, wants
from spec_notify.pipeline.admission import admit
from spec_notify.ports import Told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.ports import Ledger, Spool

_ANYWHERE = ""
"""A run has no branch."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """That a run's end is told: with which outcome, and whether it was told just now."""

    outcome: Outcome
    new: bool


def server_name(place: RunPlace) -> str:
    """Answer what a server is called where runs are remembered; it shows no URL."""
    return feed_name("runs", urlsplit(place.base).hostname or "", place.server)


def told_before(spool: Spool, place: RunPlace) -> Known | None:
    """Answer how a run was told, by whomever; None if it was not."""
    event = spool.event(finish_id(place))
    if event is not None:
        return Known(outcome=cast("Outcome", event.status), new=False)
    with spool.ledger() as ledger:
        return _known(ledger, place)


def tell_finish(
    spool: Spool, finish: Finish, takers: Iterable[Subscription], *, max_pending: int
) -> Known:
    """Admit the event of a run's end for those takers that want it, unless it was told."""
    event, place = build_finish_event(finish), finish.place
    validate(event.body)
    wanted = [each for each in takers if wants(each, event)]
    with spool.ledger() as ledger:
        if (before := _known(ledger, place)) is not None:
            return before
        admit(ledger, event, wanted, max_pending=max_pending, now=finish.checked_at)
        told = Told(branch=_ANYWHERE, key=place.run, status=finish.outcome)
        ledger.tell(server_name(place), [told])
    return Known(outcome=finish.outcome, new=True)


def _known(ledger: Ledger, place: RunPlace) -> Known | None:
    status = ledger.told(server_name(place)).get((_ANYWHERE, place.run))
    return None if status is None else Known(outcome=cast("Outcome", status), new=False)
