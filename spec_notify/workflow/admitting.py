"""An event of a workflow written down: one transaction, and it outlives this process."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from spec_notify.core.errors import UnansweredError
from spec_notify.core.event import Event, delivery_id
from spec_notify.core.subscription import wants
from spec_notify.core.workflow_payload import build_workflow_event

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from spec_notify.wiring import Wiring

    from .events import WorkflowEvent


class Emitted(NamedTuple):
    """An event in the spool, and its deliveries by the name of their subscription."""

    event: Event
    deliveries: Mapping[str, str]


def admit_event(
    wiring: Wiring,
    said: WorkflowEvent,
    *,
    only: Collection[str] | None = None,
    key: str | None = None,
) -> Emitted:
    """Check an event and write it into the spool, for `only` these subscriptions if some are named.

    The same `key` in the same workflow is the same event: a second time nothing is written. Raises
    PayloadError and SpoolError.
    """
    from spec_notify.pipeline.admission import admit
    from spec_notify.wiring import now

    event = build_workflow_event(
        said.event_type,
        said.data,
        workflow=said.workflow_name,
        repository=wiring.identity,
        nonce=secrets.token_hex(16) if key is None else f"key {key}",
        at=said.at,
        branch=_branch(wiring),
    )
    takers = [
        each
        for each in wiring.config.subscriptions
        if wants(each, event) and (only is None or each.name in only)
    ]
    with wiring.spool.ledger() as ledger:
        admit(ledger, event, takers, max_pending=wiring.config.max_pending, now=now())
    return Emitted(event, {each.name: delivery_id(event.id, each.name) for each in takers})


def _branch(wiring: Wiring) -> str | None:
    """Answer the branch that `branches` of a subscription is compared with, where git knows one."""
    with suppress(UnansweredError):
        return wiring.git.checkout().branch if wiring.git is not None else None
    return None
