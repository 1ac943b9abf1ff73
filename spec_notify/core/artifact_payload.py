"""What an event about a run artefact says to the world (contract, section 5).

Pointers only: the file itself stays where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .artifact import Accord, RunEnd, StageEnd, lasted
from .body import ConflictFacts, RunFacts, StageFacts, encoded
from .body_parts import (
    Conflict,
    Evidence,
    Git,
    Run,
    RunStep,
    Spec,
    StageResult,
    block,
    clean_git,
    reason,
)
from .event import CONSENSUS_CONFLICT, PIPELINE_COMPLETED, STAGE_COMPLETED, Event, event_id
from .instant import rfc3339
from .status import Status

if TYPE_CHECKING:
    from typing import Any

    from .artifact import Artifact
    from .body_parts import Absent
    from .snapshot import Task

BROKEN, AGREED = "conflict", "agreed"
"""The status of what agents did not agree on, and of all they did."""


def outcome(word: str, said: str) -> Status:
    """Answer an artefact's outcome as a status; it keeps the words it was read from."""
    return Status(canonical=word, text=word, raw=said)


def told_as(artifact: Artifact) -> str | None:
    """Answer the type of the event that tells an artefact; None for one that is no news."""
    match artifact:
        case StageEnd():
            return STAGE_COMPLETED
        case RunEnd():
            return PIPELINE_COMPLETED
        case Accord():
            return CONSENSUS_CONFLICT if artifact.broken else None


def build_artifact_event(
    task: Task,
    artifact: Artifact,
    *,
    git: Git | Absent,
    evidence: str,
    document: str,
    repository: str,
    generation: str,
    occurrence: int,
    now: int,
    commit: str | None = None,
    heard: bool = False,
) -> Event:
    """Build the event of a stage, a run or a conflict; its body is made here, once.

    `document` is the tree the artefact was found in; a `commit` stands in the id in place of the
    occurrence. Raises ValueError for one that is no news.
    """
    type_ = told_as(artifact)
    if type_ is None:
        raise ValueError(f"{artifact.path} tells of no conflict")
    to = task.status.canonical
    key = event_id(repository, generation, document, task.key, to, commit or occurrence)
    around = {
        "idempotency_key": key,
        "spec": Spec(id=artifact.spec, matched_by="evidence"),
        "git": block(clean_git(git)),
        "git_reason": reason(git),
        "evidence": Evidence(directory=evidence),
    }
    return Event(
        id=key,
        type=type_,
        at=now,
        body=encoded(type_, _facts(artifact, around), now),
        status=to,
        spec=artifact.spec,
        document=artifact.path,
        branch=git.branch if isinstance(git, Git) else None,
        heard=heard,
    )


def _facts(artifact: Artifact, around: dict[str, Any]) -> StageFacts | RunFacts | ConflictFacts:
    match artifact:
        case StageEnd():
            return StageFacts(**around, stage=_stage(artifact), telemetry=artifact.telemetry)
        case RunEnd(last=last):
            stage = _stage(last)
            return RunFacts(
                **around, stage=stage, telemetry=last.telemetry, pipeline=_run(artifact)
            )
        case Accord(consensus=consensus):
            conflict = Conflict(stage=consensus.stage, conflicts=artifact.conflicts)
            return ConflictFacts(**around, consensus=consensus, conflict=conflict)


def _stage(end: StageEnd) -> StageResult:
    return StageResult(
        name=end.telemetry.stage,
        outcome=end.telemetry.status,
        started_at=_instant(end.started),
        completed_at=rfc3339(end.ended),
        duration_ms=lasted(end.started, end.ended),
    )


def _run(end: RunEnd) -> Run:
    outcomes = [each.outcome for each in end.stages]
    passed, skipped = outcomes.count("success"), outcomes.count(None)
    return Run(
        outcome=end.last.telemetry.status,
        ended_by=end.last.telemetry.stage,
        total=len(outcomes),
        passed=passed,
        failed=len(outcomes) - passed - skipped,
        skipped=skipped,
        started_at=_instant(end.started),
        completed_at=rfc3339(end.last.ended),
        duration_ms=lasted(end.started, end.last.ended),
        stages=tuple(
            RunStep(
                stage=each.stage,
                outcome=each.outcome,
                completed_at=_instant(each.ended),
                session_id=each.session,
                path=each.path,
            )
            for each in end.stages
        ),
    )


def _instant(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
