"""A checkout's past: how HEAD got here, and what documents said on the way.

Contract, section 4, "Git". Raises UnansweredError when git could not be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.reflog import Checkout, Compare, Piece, plan
from spec_notify.core.snapshot import Notice, Snapshot
from spec_notify.pipeline.trees import is_tree
from spec_notify.ports import StoredDocument, Text, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.pipeline.documents import Documents
    from spec_notify.pipeline.rules import Rules
    from spec_notify.ports import History


class Past:
    """What led to one stand of a checkout, read by one set of rules."""

    def __init__(
        self, documents: Documents, history: History | None, rules: Rules, stand: Checkout
    ) -> None:
        self._documents = documents
        self._history = history
        self._rules = rules
        self._stand = stand
        self._plans: dict[Checkout, tuple[Piece, ...]] = {}
        self.notices: list[tuple[str, Notice]] = []

    def pieces(self, then: Checkout) -> tuple[Piece, ...]:
        """Answer what to compare, oldest first, to get from an earlier stand to this one."""
        if self._history is None:
            return (Compare(before=None, after=None, branch=None),)
        if then not in self._plans:
            moves = self._history.moves(then.head, after=then.mark, until=self._stand.mark)
            self._plans[then] = plan(then, self._stand, moves)
        return self._plans[then]

    def text(self, commit: str | None, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there."""
        return self._documents.at(commit, path)

    def snapshot(self, commit: str, places: Iterable[str]) -> Snapshot | None:
        """Answer a document as of a commit, at the first of its places where it then stood.

        None where it stood at none, or could not be read there; a notice tells the latter.
        """
        for path in places:
            text = self.text(commit, path)
            if text is not None:
                return self._read(commit, path, text)
        return None

    def before_head(self, path: str, *, now: int) -> StoredDocument | None:
        """Answer what would be remembered of a document, had we looked before HEAD's commit."""
        head = self._stand.head
        parent = self._history.first_parent(head) if self._history and head else None
        text = self.text(parent, path)
        snapshot = self._read(parent, path, text) if parent and text else None
        if snapshot is None or not isinstance(text, Text):
            return None
        then = Checkout(branch=self._stand.branch, head=parent)
        # Where the reflog does not lead from there to here, what is held stands for this HEAD.
        one = (Compare(before=None, after=None, branch=then.branch),)
        stand = then if self.pieces(then) == one else self._stand
        return StoredDocument(
            path=path,
            snapshot=snapshot,
            digest=text.digest,
            revision=0,
            seen_at=now,
            branch=stand.branch,
            head=stand.head,
            mark=stand.mark,
            rules=self._rules.stamp(path, text),
        )

    def uncommitted(self, path: str, known: Snapshot) -> Snapshot | None:
        """Answer what of an evidence tree HEAD does not have; None for any other document.

        Runs leave files that git is not told of: they stand through every switch, and no commit
        brought them.
        """
        head = self._stand.head
        if head is None or not is_tree(path):
            return None
        committed = self.snapshot(head, (path,))
        if committed is None:
            return None
        there = {(task.key, task.status) for task in committed.tasks}
        tasks = tuple(task for task in known.tasks if (task.key, task.status) not in there)
        return msgspec.structs.replace(known, tasks=tasks)

    def _read(self, commit: str, path: str, text: Text | Unreadable) -> Snapshot | None:
        refused = self._rules.refusal(path, text) if isinstance(text, Text) else text.why
        if refused or not isinstance(text, Text):
            words = f"{refused} ({commit[:12]}): what it says there is not compared"
            self.notices.append((path, Notice(code="not_compared", message=words)))
            return None
        return self._rules.read(path, text)
