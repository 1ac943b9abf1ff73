"""What stands around a change: SPEC id, git, telemetry and consensus; and the event made of all.

Everything is read before the write transaction opens; missing or malformed neighbours leave a
reason and never hold the event back (contract, section 4, "Telemetry and consensus").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.body_parts import Absent, Git
from spec_notify.core.event import Event
from spec_notify.core.evidence import directory
from spec_notify.core.payload import Surroundings, arrival, build_task_event
from spec_notify.core.schema import validate
from spec_notify.core.spec_id import resolve
from spec_notify.ports import Text
from spec_notify.sources import consensus, stage_telemetry
from spec_notify.sources.document import read_document

if TYPE_CHECKING:
    from spec_notify.core.body_parts import Consensus, Telemetry
    from spec_notify.core.config import Config
    from spec_notify.core.snapshot import Snapshot, Task
    from spec_notify.core.spec_id import SpecId
    from spec_notify.pipeline.reading import Reading
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Checkout, History, Workspace

_FEW = 12
"""How many of the newest artefacts are read before giving up on finding a valid one."""


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
        self._config = config
        self._repository = repository
        self._generation = generation
        self._root = evidence_root
        self._folders: list[str] | None = None
        self._specs: dict[str, tuple[Telemetry | Absent, Consensus | Absent]] = {}
        self._heads: dict[str, Snapshot | None] = {}
        self._checkout: Checkout | None = None

    def prepare(self, reading: Reading) -> None:
        """Read what the changes of a reading may need, so that building events reads nothing."""
        self._checkout = reading.checkout
        self._folders = None
        self._specs.clear()
        self._heads.clear()
        for seen in reading.seen:
            for change in seen.changes:
                if change.transition.after is not None and not seen.baseline:
                    self._around(seen.stored.path, change)

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
            spec=self._spec(document, task).id,
            document=document,
            owners=task.owners,
            branch=change.branch,
            heard=heard,
        )

    def event(
        self,
        document: str,
        change: Change,
        *,
        occurrence: int,
        now: int,
        heard: bool = False,
    ) -> Event:
        """Build a change's event; its body is checked before it may be spooled."""
        event = build_task_event(
            change.transition,
            self._around(document, change),
            document=document,
            repository=self._repository,
            generation=self._generation,
            occurrence=occurrence,
            now=now,
            checklist=self._checklist(document),
            heard=heard,
        )
        validate(event.body)
        return event

    def _around(self, document: str, change: Change) -> Surroundings:
        spec = self._spec(document, change.transition.task)
        telemetry, agreed = self._pointers(spec.id)
        return Surroundings(
            spec=spec,
            git=self._git(document, change),
            telemetry=telemetry,
            consensus=agreed,
            evidence=directory(self._root, spec.id),
        )

    def _spec(self, document: str, task: Task) -> SpecId:
        if self._folders is None:
            self._folders = self._workspace.names("docs")
        return resolve(task, document=document, directories=self._folders, default=None)

    def _git(self, document: str, change: Change) -> Git | Absent:
        if self._history is None or self._checkout is None:
            return Absent(reason="not a git repository")
        commit = change.commit or self._checkout.head
        dirty = change.commit is None and not self._as_committed(document, change)
        return Git(
            repository=self._repository,
            branch=change.branch,
            commit=commit,
            author=self._history.author(commit) if commit and not dirty else None,
            dirty=dirty,
        )

    def _as_committed(self, document: str, change: Change) -> bool:
        """Say whether the row stands in HEAD as it stands in the working tree."""
        head = self._at_head(document)
        task = change.transition.task
        return head is not None and any(
            (each.key, each.title, each.status) == (task.key, task.title, task.status)
            for each in head.tasks
        )

    def _at_head(self, document: str) -> Snapshot | None:
        if document not in self._heads:
            self._heads[document] = self._read_head(document)
        return self._heads[document]

    def _read_head(self, document: str) -> Snapshot | None:
        if self._history is None or self._checkout is None or self._checkout.head is None:
            return None
        text = self._history.read(self._checkout.head, document)
        if not isinstance(text, Text):
            return None
        aliases, format_ = self._config.statuses, self._config.format
        return read_document(document, text.text, aliases=aliases, format=format_)

    def _checklist(self, document: str) -> str | Absent:
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
