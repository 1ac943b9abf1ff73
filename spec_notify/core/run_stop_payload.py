"""What the end of a run of conductor-loop says to the world (contract, section 5: `run_stop`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .body import encoded
from .body_parts import Evidence, fitted, whole
from .event import RUN_STOP, Event, event_id
from .evidence import directory
from .instant import rfc3339
from .plain import squeeze
from .run_stop import ENDED, AgentRun, RunStop, RunStopFacts, Stood
from .status import Status

if TYPE_CHECKING:
    from .snapshot import Transition

LONGEST_NAME = 255


def stand(run: RunStop) -> Status:
    """Answer a run's status; once it has ended its exit code is part of where it stands."""
    said = f"{run.status} {run.exit_code}" if run.status in ENDED else run.status
    return Status(canonical=run.status, text=said, raw=run.status)


def build_run_stop(
    transition: Transition,
    *,
    document: str,
    repository: str,
    generation: str,
    evidence_root: str,
    occurrence: int,
    now: int,
) -> Event | None:
    """Build the event of a run's end, or of its correction; None where no run ended.

    Raises ValueError for a run of which nothing but its status is known.
    """
    run, before, after = transition.task.fed, transition.before, transition.after
    if after is None or after.canonical not in ENDED:
        return None
    if not isinstance(run, RunStop):
        raise ValueError("its run-info.yaml was not read")  # noqa: TRY004 - a poison entry, no bug
    key = event_id(repository, generation, document, transition.task.key, after.text, occurrence)
    facts = RunStopFacts(
        idempotency_key=key,
        run=_run(run),
        correction=before is not None and before.canonical in ENDED,
        previous=_stood(before),
        appeared=transition.appeared,
        occurrence=occurrence,
        detected_at=rfc3339(now),
        evidence=Evidence(directory=directory(evidence_root, None)),
    )
    return Event(
        id=key,
        type=RUN_STOP,
        at=now,
        body=encoded(RUN_STOP, facts, now),
        task=facts.run.task,
        status=run.status,
        document=document,
    )


def _run(run: RunStop) -> AgentRun:
    return AgentRun(
        project=_name(run.project),
        task=_name(run.task),
        run=_name(run.run),
        agent=_name(run.agent),
        status=run.status,
        exit_code=run.exit_code,
        started_at=run.started.text if run.started else None,
        stopped_at=run.stopped.text if run.stopped else None,
        duration_seconds=run.seconds,
        error_summary=fitted(squeeze(run.error)),
        parent_run=None if run.parent is None else _name(run.parent),
        previous_run=None if run.previous is None else _name(run.previous),
        path=whole(run.path),
    )


def _stood(before: Status | None) -> Stood | None:
    if before is None or before.canonical not in ENDED:
        return None
    code = before.text.removeprefix(before.canonical).strip()
    return Stood(status=before.canonical, exit_code=int(code) if code else None)


def _name(text: str) -> str:
    return whole(text)[:LONGEST_NAME]
