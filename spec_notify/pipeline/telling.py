"""Changes made into events: one teller for tasks, one for what runs left behind.

A teller is asked three times of a change: to read what stands around it, for what filters look
at, and for the event. Only the first reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.artifact_payload import build_artifact_event, told_as
from spec_notify.core.body_parts import Absent, Git
from spec_notify.core.event import Event
from spec_notify.core.evidence import directory
from spec_notify.core.payload import Surroundings, arrival, build_task_event
from spec_notify.core.spec_id import resolve
from spec_notify.pipeline.artefacts import Artefacts

if TYPE_CHECKING:
    from spec_notify.core.artifact import Artifact
    from spec_notify.core.snapshot import Task
    from spec_notify.core.status import Status
    from spec_notify.pipeline.standing import Standing
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Workspace


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of a checkout share."""

    repository: str
    generation: str
    evidence_root: str
    spec_id: str | None
    """The SPEC of tasks that name none."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What tells an event from others of its task: a count, and a commit in its place."""

    occurrence: int
    now: int
    commit: str | None = None


class _Around(msgspec.Struct, frozen=True, kw_only=True):
    surroundings: Surroundings
    checklist: str | Absent


class TaskTeller:
    """Tells of tasks."""

    def __init__(self, source: Source, workspace: Workspace, standing: Standing) -> None:
        self._source = source
        self._workspace = workspace
        self._standing = standing
        self._artefacts = Artefacts(workspace, source.evidence_root)
        self._folders: list[str] | None = None
        self._around: dict[tuple[str, Change], _Around] = {}
        self._checklists: dict[str, str | Absent] = {}

    def prepare(self, document: str, change: Change) -> bool:
        """Read what stands around a change; say whether there is an event to tell."""
        self._around[document, change] = self._read_around(document, change)
        return True

    def facts(self, document: str, change: Change, *, heard: bool) -> Event:
        """Answer what filters look at, without id and body."""
        task, after = _arrived(change)
        return Event(
            id="",
            type=arrival(after),
            at=0,
            body=b"",
            task=task.id,
            status=after.canonical,
            spec=self._around[document, change].surroundings.spec.id,
            document=document,
            owners=task.owners,
            branch=change.branch,
            heard=heard,
        )

    def event(self, document: str, change: Change, count: Count) -> Event:
        """Build a prepared change's event."""
        around = self._around[document, change]
        return build_task_event(
            change.transition,
            around.surroundings,
            document=document,
            repository=self._source.repository,
            generation=self._source.generation,
            occurrence=count.occurrence,
            now=count.now,
            checklist=around.checklist,
            commit=count.commit,
        )

    def _read_around(self, document: str, change: Change) -> _Around:
        if self._folders is None:
            self._folders = self._workspace.folders("docs")
        task, default = change.transition.task, self._source.spec_id
        spec = resolve(task, document=document, directories=self._folders, default=default)
        telemetry, agreed = self._artefacts.newest(spec.id)
        surroundings = Surroundings(
            spec=spec,
            git=self._standing.git(document, change),
            telemetry=telemetry,
            consensus=agreed,
            evidence=directory(self._source.evidence_root, spec.id),
        )
        return _Around(surroundings=surroundings, checklist=self._checklist(document))

    def _checklist(self, document: str) -> str | Absent:
        if document not in self._checklists:
            self._checklists[document] = self._find_checklist(document)
        return self._checklists[document]

    def _find_checklist(self, document: str) -> str | Absent:
        folder = document.rpartition("/")[0]
        for name in ("checklist.md", "checklists/requirements.md"):
            path = f"{folder}/{name}" if folder else name
            below, _, file = path.rpartition("/")
            if folder and file in self._workspace.names(below):
                return path
        return Absent(reason="no checklist stands beside the document")


class ArtifactTeller:
    """Tells of stages, runs and conflicts; what it tells came with the change."""

    def __init__(self, source: Source, standing: Standing) -> None:
        self._source = source
        self._standing = standing
        self._gits: dict[tuple[str, Change], Git | Absent] = {}

    def prepare(self, document: str, change: Change) -> bool:
        """Read what stands around a change; say whether there is an event to tell."""
        if told_as(_artifact(change)) is None:
            return False
        self._gits[document, change] = self._standing.git(document, change)
        return True

    def facts(self, _document: str, change: Change, *, heard: bool) -> Event | None:
        """Answer what filters look at, without id and body; None for what is no news."""
        (_, after), artifact = _arrived(change), _artifact(change)
        type_ = told_as(artifact)
        if type_ is None:
            return None
        return Event(
            id="",
            type=type_,
            at=0,
            body=b"",
            status=after.canonical,
            spec=artifact.spec,
            document=artifact.path,
            branch=change.branch,
            heard=heard,
        )

    def event(self, document: str, change: Change, count: Count) -> Event:
        """Build a prepared change's event."""
        artifact, source = _artifact(change), self._source
        return build_artifact_event(
            change.transition.task,
            artifact,
            git=self._gits[document, change],
            evidence=directory(source.evidence_root, artifact.spec),
            document=document,
            repository=source.repository,
            generation=source.generation,
            occurrence=count.occurrence,
            now=count.now,
            commit=count.commit,
        )


def _arrived(change: Change) -> tuple[Task, Status]:
    task, after = change.transition.task, change.transition.after
    if after is None:
        raise ValueError(f"{task.key} vanished: that is no arrival")
    return task, after


def _artifact(change: Change) -> Artifact:
    artifact = change.transition.task.artifact
    if artifact is None:
        raise ValueError(f"{change.transition.task.key} is no artefact of a run")
    return artifact
