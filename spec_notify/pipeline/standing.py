"""Where a change stands in git: its branch and commit, who made it, and whether it is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.body_parts import Absent, Git
from spec_notify.core.errors import UnansweredError
from spec_notify.ports import Text

if TYPE_CHECKING:
    from spec_notify.core.artifact import Artifact
    from spec_notify.core.snapshot import Snapshot
    from spec_notify.pipeline.documents import Documents
    from spec_notify.pipeline.rules import Rules
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Checkout, History


class Standing:
    """Knows where the changes of one look stand; each document of HEAD is read once."""

    def __init__(
        self,
        *,
        documents: Documents,
        history: History | None,
        rules: Rules,
        repository: str,
        checkout: Checkout | None,
    ) -> None:
        self._documents = documents
        self._history = history
        self._rules = rules
        self._repository = repository
        self.checkout = checkout
        self._heads: dict[str, Snapshot | Absent | None] = {}
        self._authors: dict[str, str | None] = {}

    def git(self, document: str, change: Change) -> Git | Absent:
        """Answer the git block of a change, or why there is none."""
        if self._history is None or self.checkout is None:
            return Absent(reason="not a git repository")
        commit = change.commit or self.checkout.head
        try:
            dirty = change.commit is None and not self._committed(document, change)
        except UnansweredError as error:
            return Absent(reason=f"git could not be asked: {error}")
        return Git(
            repository=self._repository,
            branch=change.branch,
            commit=commit,
            author=self._author(commit) if commit and not dirty else None,
            dirty=dirty,
        )

    def _committed(self, document: str, change: Change) -> bool:
        artifact = change.transition.task.artifact
        if artifact is not None:
            return self._holds(artifact)
        return _stands(change, self._at_head(document))

    def _holds(self, artifact: Artifact) -> bool:
        """Say whether HEAD has the very file."""
        head = self.checkout.head if self.checkout else None
        text = self._documents.at(head, artifact.path)
        return isinstance(text, Text) and text.digest == artifact.sha256

    def _author(self, commit: str) -> str | None:
        if commit not in self._authors and self._history is not None:
            self._authors[commit] = self._history.author(commit)
        return self._authors.get(commit)

    def _at_head(self, document: str) -> Snapshot | None:
        if document not in self._heads:
            try:
                self._heads[document] = self._read_head(document)
            except UnansweredError as error:
                self._heads[document] = Absent(reason=str(error))
        head = self._heads[document]
        if isinstance(head, Absent):
            raise UnansweredError(head.reason)
        return head

    def _read_head(self, document: str) -> Snapshot | None:
        if self.checkout is None:
            return None
        text = self._documents.at(self.checkout.head, document)
        if not isinstance(text, Text) or self._rules.refusal(document, text):
            return None
        return self._rules.read(document, text)


def _stands(change: Change, head: Snapshot | None) -> bool:
    """Say whether the row stands in HEAD as it stands in the working tree."""
    task = change.transition.task
    return head is not None and any(
        (each.key, each.title, each.status) == (task.key, task.title, task.status)
        for each in head.tasks
    )
