"""What stands around a change: SPEC id, git, telemetry and consensus; and the event made of all.

Everything is read before the write transaction opens; missing or malformed neighbours leave a
reason and never hold the event back (contract, section 4, "Telemetry and consensus").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.errors import PayloadError
from spec_notify.core.schema import validate
from spec_notify.core.snapshot import Notice
from spec_notify.pipeline.documents import Documents
from spec_notify.pipeline.rules import Rules
from spec_notify.pipeline.standing import Standing
from spec_notify.pipeline.telling import ArtifactTeller, Count, Source, TaskTeller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.pipeline.reading import Reading
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Checkout, History, Workspace
    from spec_notify.sources.memory import Memory


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
        memory: Memory | None = None,
    ) -> None:
        self._workspace = workspace
        self._history = history
        self._rules = Rules(config, memory)
        self._source = Source(
            repository=repository,
            generation=generation,
            evidence_root=evidence_root,
            spec_id=config.spec_id,
        )
        self._begin(None)

    def prepare(self, reading: Reading) -> Reading:
        """Read what the changes of a reading need, so that building events reads nothing.

        A change of which no valid event can be made is left out, with a notice: one poison row
        must not keep the others back (contract, promise 11).
        """
        self._begin(reading.checkout)
        notices: list[tuple[str, Notice]] = []
        seen = []
        for each in reading.seen:
            changes, untold = self._tellable(each.stored.path, each.changes)
            seen.append(msgspec.structs.replace(each, changes=changes))
            notices += [(each.stored.path, notice) for notice in untold]
        return msgspec.structs.replace(
            reading, seen=tuple(seen), notices=(*reading.notices, *notices)
        )

    def prepare_changes(
        self, document: str, changes: Sequence[Change], checkout: Checkout
    ) -> tuple[tuple[Change, ...], tuple[Notice, ...]]:
        """Prepare some changes of one document, seen in a commit; answer those that can be told."""
        self._standing.checkout = self._standing.checkout or checkout
        return self._tellable(document, changes)

    def facts(self, document: str, change: Change, heard: bool) -> Event | None:  # noqa: FBT001 - a fact
        """Answer what filters look at, without id and body; None for what is never told."""
        return self._teller(change).facts(document, change, heard=heard)

    def event(
        self,
        document: str,
        change: Change,
        *,
        occurrence: int,
        now: int,
        commit: str | None = None,
    ) -> Event:
        """Build a prepared change's event; its body is checked before it may be spooled.

        In its id a `commit` stands in place of the occurrence.
        """
        count = Count(occurrence=occurrence, now=now, commit=commit)
        event = self._teller(change).event(document, change, count)
        validate(event.body)
        return event

    def _begin(self, checkout: Checkout | None) -> None:
        self._standing = Standing(
            documents=Documents(self._workspace, self._history, self._rules),
            history=self._history,
            rules=self._rules,
            repository=self._source.repository,
            checkout=checkout,
        )
        self._tasks = TaskTeller(self._source, self._workspace, self._standing)
        self._artifacts = ArtifactTeller(self._source, self._standing)

    def _teller(self, change: Change) -> TaskTeller | ArtifactTeller:
        return self._artifacts if change.transition.task.artifact else self._tasks

    def _tellable(
        self, path: str, changes: Sequence[Change]
    ) -> tuple[tuple[Change, ...], tuple[Notice, ...]]:
        told, notices = [], []
        for change in changes:
            try:
                self._rehearse(path, change)
                told.append(change)
            except (PayloadError, ValueError, TypeError, RecursionError) as error:
                task = change.transition.task
                words = f"{task.id or task.title} cannot be told: {error}"
                notices.append(Notice(code="untellable", message=words, line=task.line))
        return tuple(told), tuple(notices)

    def _rehearse(self, document: str, change: Change) -> None:
        """Read what stands around a change, and make its event once to see that it can be."""
        if change.transition.after is None:
            return
        if self._teller(change).prepare(document, change):
            self.event(document, change, occurrence=1, now=0)
