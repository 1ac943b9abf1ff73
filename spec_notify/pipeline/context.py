"""What stands around a change: SPEC id, git, telemetry and consensus; and the event made of all.

Everything is read before the write transaction opens; missing or malformed neighbours leave a
reason and never hold the event back (contract, section 4, "Telemetry and consensus").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.body_parts import Absent, Git
from spec_notify.core.errors import PayloadError, UnansweredError
from spec_notify.core.event import Event
from spec_notify.core.evidence import directory
from spec_notify.core.payload import Surroundings, arrival, build_task_event
from spec_notify.core.schema import validate
from spec_notify.core.snapshot import Notice
from spec_notify.core.spec_id import resolve
from spec_notify.pipeline.documents import Documents
from spec_notify.pipeline.rules import Rules
from spec_notify.ports import Text
from spec_notify.sources import consensus, stage_telemetry

if TYPE_CHECKING:
    from spec_notify.core.body_parts import Consensus, Telemetry
    from spec_notify.core.config import Config
    from spec_notify.core.snapshot import Snapshot
    from spec_notify.pipeline.following import Seen
    from spec_notify.pipeline.reading import Reading
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Checkout, History, Workspace

_FEW = 12
"""How many of the newest artefacts are read before giving up on finding a valid one."""


class _Around(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known around one change, read beforehand."""

    surroundings: Surroundings
    checklist: str | Absent


class Context:
    """Knows the surroundings of one checkout's changes."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        history: History | None,
        config: Config,
        repository: str,
        generation: str,
        evidence_root: str,
    ) -> None:
        self._workspace = workspace
        self._history = history
        self._rules = Rules(config)
        self._repository = repository
        self._generation = generation
        self._root = evidence_root
        self._begin(None)

    def prepare(self, reading: Reading) -> Reading:
        """Read what the changes of a reading need, so that building events reads nothing.

        A change of which no valid event can be made is left out, with a notice: one poison row
        must not keep the others back (contract, promise 11).
        """
        self._begin(reading.checkout)
        notices: list[tuple[str, Notice]] = []
        seen = tuple(self._tellable(each, notices) for each in reading.seen)
        return msgspec.structs.replace(reading, seen=seen, notices=(*reading.notices, *notices))

    def facts(self, document: str, change: Change, *, heard: bool) -> Event:
        """Answer what filters look at, without id and body."""
        task, after = change.transition.task, change.transition.after
        if after is None:
            raise ValueError(f"{task.key} vanished: that is no arrival")
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

    def event(self, document: str, change: Change, *, occurrence: int, now: int) -> Event:
        """Build a prepared change's event; its body is checked before it may be spooled."""
        around = self._around[document, change]
        event = build_task_event(
            change.transition,
            around.surroundings,
            document=document,
            repository=self._repository,
            generation=self._generation,
            occurrence=occurrence,
            now=now,
            checklist=around.checklist,
        )
        validate(event.body)
        return event

    def _begin(self, checkout: Checkout | None) -> None:
        self._checkout = checkout
        self._documents = Documents(self._workspace, self._history, self._rules)
        self._folders: list[str] | None = None
        self._around: dict[tuple[str, Change], _Around] = {}
        self._specs: dict[str, tuple[Telemetry | Absent, Consensus | Absent]] = {}
        self._heads: dict[str, Snapshot | Absent | None] = {}
        self._authors: dict[str, str | None] = {}
        self._checklists: dict[str, str | Absent] = {}

    def _tellable(self, seen: Seen, notices: list[tuple[str, Notice]]) -> Seen:
        path, told = seen.stored.path, []
        for change in seen.changes:
            try:
                self._rehearse(path, change)
                told.append(change)
            except (PayloadError, ValueError, TypeError, RecursionError) as error:
                task = change.transition.task
                words = f"{task.id or task.title} cannot be told: {error}"
                notices.append((path, Notice(code="untellable", message=words, line=task.line)))
        return msgspec.structs.replace(seen, changes=tuple(told))

    def _rehearse(self, document: str, change: Change) -> None:
        """Read what stands around a change, and make its event once to see that it can be."""
        if change.transition.after is not None:
            self._around[document, change] = self._read_around(document, change)
            self.event(document, change, occurrence=1, now=0)

    def _read_around(self, document: str, change: Change) -> _Around:
        if self._folders is None:
            self._folders = self._workspace.folders("docs")
        task = change.transition.task
        spec = resolve(task, document=document, directories=self._folders, default=None)
        telemetry, agreed = self._pointers(spec.id)
        surroundings = Surroundings(
            spec=spec,
            git=self._git(document, change),
            telemetry=telemetry,
            consensus=agreed,
            evidence=directory(self._root, spec.id),
        )
        return _Around(surroundings=surroundings, checklist=self._checklist(document))

    def _git(self, document: str, change: Change) -> Git | Absent:
        if self._history is None or self._checkout is None:
            return Absent(reason="not a git repository")
        commit, dirty = change.commit or self._checkout.head, False
        if change.commit is None:
            head = self._at_head(document)
            if isinstance(head, Absent):
                return head
            dirty = not _stands(change, head)
        return Git(
            repository=self._repository,
            branch=change.branch,
            commit=commit,
            author=self._author(commit) if commit and not dirty else None,
            dirty=dirty,
        )

    def _author(self, commit: str) -> str | None:
        if commit not in self._authors and self._history is not None:
            self._authors[commit] = self._history.author(commit)
        return self._authors.get(commit)

    def _at_head(self, document: str) -> Snapshot | Absent | None:
        """Answer the document as HEAD has it: Absent where git does not say."""
        if document not in self._heads:
            try:
                self._heads[document] = self._read_head(document)
            except UnansweredError as error:
                self._heads[document] = Absent(reason=f"git could not be asked: {error}")
        return self._heads[document]

    def _read_head(self, document: str) -> Snapshot | None:
        if self._checkout is None:
            return None
        text = self._documents.at(self._checkout.head, document)
        return self._rules.read(document, text) if isinstance(text, Text) else None

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

    def _pointers(self, spec: str | None) -> tuple[Telemetry | Absent, Consensus | Absent]:
        if spec is None:
            none = Absent(reason="the task has no SPEC id to look under")
            return none, none
        if spec not in self._specs:
            self._specs[spec] = (self._telemetry(spec), self._consensus(spec))
        return self._specs[spec]

    def _telemetry(self, spec: str) -> Telemetry | Absent:
        folder = f"{self._root}/commands/{spec}"
        read = []
        for name in stage_telemetry.candidates(self._workspace.names(folder))[:_FEW]:
            path = f"{folder}/{name}"
            text = self._workspace.read(path)
            if isinstance(text, Text):
                found = stage_telemetry.read_artifact(path, text.text, digest=text.digest)
                read.append(found)
        best = stage_telemetry.newest(read)
        return best if isinstance(best, Absent) else best.telemetry

    def _consensus(self, spec: str) -> Consensus | Absent:
        folder = f"{self._root}/consensus/{spec}"
        names = self._workspace.names(folder)
        read = []
        for name in consensus.candidates(names)[:_FEW]:
            path = f"{folder}/{name}"
            text = self._workspace.read(path)
            if isinstance(text, Text):
                agents = self._texts(folder, consensus.agent_files(name, names))
                read.append(consensus.read_synthesis(path, text.text, agents, digest=text.digest))
        best = consensus.newest(read)
        return best if isinstance(best, Absent) else best.consensus

    def _texts(self, folder: str, names: list[str]) -> dict[str, str]:
        texts = {name: self._workspace.read(f"{folder}/{name}") for name in names}
        return {name: text.text for name, text in texts.items() if isinstance(text, Text)}


def _stands(change: Change, head: Snapshot | None) -> bool:
    """Say whether the row stands in HEAD as it stands in the working tree."""
    task = change.transition.task
    return head is not None and any(
        (each.key, each.title, each.status) == (task.key, task.title, task.status)
        for each in head.tasks
    )
