"""Documents now and as of a commit, each with the neighbours that say how it is read.

The neighbours are those of today in either case, as the config is: what a look compares is read
in one manner, so that a change of the manner is no change of a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.pipeline.trees import is_tree
from spec_notify.ports import Text, Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.pipeline.rules import Rules
    from spec_notify.pipeline.trees import Trees
    from spec_notify.ports import History, Workspace


class Documents:
    """Reads the documents of one look: a neighbour of many is read once.

    Evidence trees among them are gathered by `trees`. Raises UnansweredError when git could not be
    asked.
    """

    def __init__(
        self,
        workspace: Workspace,
        history: History | None,
        rules: Rules,
        *,
        trees: Trees | None = None,
        now: int | None = None,
    ) -> None:
        self._workspace = workspace
        self._history = history
        self._rules = rules
        self._trees = trees
        self._now = now
        self._neighbours: dict[str, str | None] = {}

    def list(self, globs: Sequence[str]) -> list[str]:
        """Answer the existing documents that match, repository-relative, sorted."""
        return self._workspace.documents(globs)

    def here(self, path: str) -> Text | Unreadable | None:
        """Read a document as it stands; None when there is none."""
        if is_tree(path):
            return self._gathered(path)
        return self._with_neighbours(path, self._workspace.read(path))

    def at(self, commit: str | None, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there, and without git."""
        if self._history is None or commit is None:
            return None
        if is_tree(path):
            return self._tree_at(self._history, commit, path)
        return self._with_neighbours(path, self._history.read(commit, path))

    def _gathered(self, path: str) -> Text | None:
        if self._trees is None:
            return None
        return self._trees.gather(path, self._workspace, now=self._now)

    def _tree_at(self, history: History, commit: str, path: str) -> Text | Unreadable | None:
        # A folder is no document and reads as None; what cannot be read was no empty tree.
        refused = history.read(commit, path.rstrip("/"))
        if isinstance(refused, Unreadable) or self._trees is None:
            return refused
        return self._trees.gather(path, history.as_of(commit))

    def _with_neighbours(
        self, path: str, text: Text | Unreadable | None
    ) -> Text | Unreadable | None:
        names = self._rules.beside(path) if isinstance(text, Text) else ()
        if not names or not isinstance(text, Text):
            return text
        found = {name: self._neighbour(name) for name in names}
        beside = {name: words for name, words in found.items() if words is not None}
        return msgspec.structs.replace(text, beside=beside)

    def _neighbour(self, name: str) -> str | None:
        if name not in self._neighbours:
            text = self._workspace.read(name)
            self._neighbours[name] = text.text if isinstance(text, Text) else None
        return self._neighbours[name]
