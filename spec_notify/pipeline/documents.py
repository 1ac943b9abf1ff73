"""Documents now and as of a commit, each with the neighbours that say how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.ports import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spec_notify.pipeline.rules import Rules
    from spec_notify.ports import History, Unreadable, Workspace

    Reads = Callable[[str], Text | Unreadable | None]


class Documents:
    """Reads the documents of one look: a neighbour of many is read once.

    Raises UnansweredError when git could not be asked.
    """

    def __init__(self, workspace: Workspace, history: History | None, rules: Rules) -> None:
        self._workspace = workspace
        self._history = history
        self._rules = rules
        self._neighbours: dict[tuple[str | None, str], str | None] = {}

    def list(self, globs: Sequence[str]) -> list[str]:
        """Answer the existing documents that match, repository-relative, sorted."""
        return self._workspace.documents(globs)

    def here(self, path: str) -> Text | Unreadable | None:
        """Read a document as it stands; None when there is none."""
        return self._read(None, path, self._workspace.read)

    def at(self, commit: str | None, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there, and without git."""
        history = self._history
        if history is None or commit is None:
            return None
        return self._read(commit, path, lambda each: history.read(commit, each))

    def _read(self, commit: str | None, path: str, read: Reads) -> Text | Unreadable | None:
        text = read(path)
        names = self._rules.beside(path) if isinstance(text, Text) else ()
        if not names or not isinstance(text, Text):
            return text
        found = {name: self._neighbour(commit, name, read) for name in names}
        beside = {name: words for name, words in found.items() if words is not None}
        return msgspec.structs.replace(text, beside=beside)

    def _neighbour(self, commit: str | None, name: str, read: Reads) -> str | None:
        if (commit, name) not in self._neighbours:
            text = read(name)
            self._neighbours[commit, name] = text.text if isinstance(text, Text) else None
        return self._neighbours[commit, name]
