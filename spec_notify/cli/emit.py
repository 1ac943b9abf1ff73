"""`spec-notify emit`: tell what happened in a workflow, from a shell, a cron job or a CI step."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spec_notify.core.delivery import State
from spec_notify.core.errors import PayloadError, UsageError
from spec_notify.core.log_line import Level

from .deliver import unready
from .output import columns, plural, say
from .selection import result
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.core.delivery import Delivery
    from spec_notify.wiring import Wiring
    from spec_notify.workflow.admitting import Emitted

OK, DIED, QUEUED = 0, 1, 75
_OPEN = (State.PENDING, State.IN_FLIGHT)
_GLANCE = 0.05
"""Seconds between two looks at what a watcher has delivered."""


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("emit")(emit)


def emit(
    context: typer.Context,
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help="workflow.started, step.completed, workflow.completed or failure.detected.",
        ),
    ],
    data: Annotated[
        str,
        typer.Option(
            metavar="JSON|@FILE|-", help="The event's data: JSON, a file of it, or stdin."
        ),
    ] = "{}",
    workflow: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The workflow's name; default: the folder's."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Makes it the same event when it is emitted again with this key."),
    ] = None,
    drain: Annotated[
        str, typer.Option(help="How long to deliver, or to wait for a watcher that does.")
    ] = "30s",
) -> int:
    """Tell what happened in a workflow. Exit 75 when something is still queued, 1 when it died.

    The event is on disk before anything is sent: a process that is killed from then on loses
    nothing. `spec-notify schema EVENT` says which keys its data must have; more are welcome.
    """
    from spec_notify.core.instant import parse_duration

    here = session(context)
    budget = parse_duration(drain)
    check_type(event)
    facts = read_data(data)
    wiring = here.wiring()
    wiring.require_enabled()
    emitted = _admit(wiring, event, facts, workflow or wiring.root.name, key)
    for trouble in unready(wiring):
        here.talk(trouble, level=Level.WARNING)
    if not emitted.deliveries:
        here.talk(f"no subscription takes {event}: name it in the `events` of one")
    evidence = _deliver(wiring, emitted, budget)
    return _report(here, emitted, _stand(wiring, emitted), evidence)


def check_type(event: str) -> None:
    """Refuse what is no event of a workflow. Raises UsageError, with what may have been meant."""
    from spec_notify.core.config.settings import suggest
    from spec_notify.core.event import TYPES
    from spec_notify.core.workflow import WORKFLOW_TYPES

    if event in WORKFLOW_TYPES:
        return
    known = ", ".join(WORKFLOW_TYPES)
    if event.startswith("spec-kit."):
        raise UsageError(f"{event} comes from documents alone; emit tells {known}")
    if event in TYPES:
        raise UsageError(f"{event} is told where it happens; emit tells {known}")
    near = suggest(event, WORKFLOW_TYPES)
    meant = f"did you mean {near}?" if near else f"one of {known}"
    raise UsageError(f"{event!r} is no event type: {meant}")


def read_data(given: str) -> dict[str, Any]:
    """Answer the data that JSON, `@file` or `-` (stdin) stand for. Raises UsageError."""
    import orjson

    try:
        found = orjson.loads(_raw(given))
    except ValueError as error:
        raise UsageError(f"--data is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError('--data is no JSON object: write {"key": value, …}')
    return found


def _raw(given: str) -> bytes:
    from spec_notify.core.workflow_payload import MOST_BYTES
    from spec_notify.disk.regular import read_regular
    from spec_notify.ports import Unreadable

    if given == "-":
        raw: bytes | Unreadable | None = sys.stdin.buffer.read(MOST_BYTES + 1)
    elif given.startswith("@"):
        raw = read_regular(Path(given[1:]), most=MOST_BYTES)
    else:
        raw = given.encode("utf-8", "surrogateescape")
    if raw is None:
        raise UsageError(f"--data {given}: there is no such file")
    if isinstance(raw, Unreadable):
        raise UsageError(f"--data {given}: {raw.why}")
    if len(raw) > MOST_BYTES:
        raise UsageError(f"--data is larger than {MOST_BYTES:,} bytes")
    return raw


def _admit(
    wiring: Wiring, event: str, facts: dict[str, Any], workflow: str, key: str | None
) -> Emitted:
    from spec_notify.wiring import now
    from spec_notify.workflow import WorkflowEvent
    from spec_notify.workflow.admitting import admit_event

    at = datetime.fromtimestamp(now() / 1000, UTC)
    try:
        return admit_event(wiring, WorkflowEvent(event, at, workflow, facts), key=key)
    except PayloadError as error:
        # The words of whoever called, not ours, do not fit.
        raise UsageError(str(error)) from None


def _deliver(wiring: Wiring, emitted: Emitted, budget: int) -> dict[str, str | None]:
    """Deliver, or have the watcher do it; answer the evidence of what was tried here."""
    from spec_notify.wiring.delivering import drained

    if not emitted.deliveries:
        return {}
    if not wiring.watching.lives():
        return {each.delivery.id: each.evidence for each in drained(wiring, budget)}
    wiring.watching.poke()
    end = time.monotonic() + budget / 1000
    while time.monotonic() < end and any(e.state in _OPEN for e in _stand(wiring, emitted)):
        time.sleep(_GLANCE)
    return {}


def _stand(wiring: Wiring, emitted: Emitted) -> list[Delivery]:
    from spec_notify.ports import Query

    return wiring.spool.find(Query(ids=(emitted.event.id,)))


def _report(
    here: Session, emitted: Emitted, stand: list[Delivery], evidence: dict[str, str | None]
) -> int:
    event, states = emitted.event, {each.state for each in stand}
    rows = [result(each, evidence.get(each.id)) for each in stand]
    if not here.answer("emit", event=event.id, type=event.type, workflow=event.task, results=rows):
        say(f"{event.id} {event.type} of {event.task}: {plural(len(stand), 'delivery')}")
        columns(
            (each.id, each.state, each.subscription, str(each.last_status or "-")) for each in stand
        )
    if State.DEAD in states:
        return DIED
    if not states & {*_OPEN, State.PARKED}:
        return OK
    here.talk("still queued: the next `spec-notify deliver`, hook or watcher goes on with it")
    return QUEUED
