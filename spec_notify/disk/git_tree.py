"""The files of one commit as a `ports.Workspace`: no checkout is made, none is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_notify.core.errors import UnansweredError
from spec_notify.core.globs import matches

from .git_objects import FILES, FOLDER
from .git_process import GitError, GitRefusalError
from .listing import spellable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from spec_notify.ports import Text, Unreadable

    from .git import Git


class Tree:
    """What stood in a commit, given by its full name. Links are not followed.

    Raises UnansweredError when git cannot be asked.
    """

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git
        self._commit = commit

    def documents(self, globs: Sequence[str]) -> list[str]:
        """Answer the files that match, sorted."""
        return sorted(path for path in self._below("") if any(matches(path, g) for g in globs))

    def read(self, path: str) -> Text | Unreadable | None:
        """Read a file; None when there is none."""
        return self._git.read(self._commit, path)

    def names(self, folder: str) -> list[str]:
        """Answer the file names directly in a folder, sorted; none when it does not exist."""
        return [*self.stamps(folder)]

    def stamps(self, folder: str) -> dict[str, str]:
        """Answer `names`, each with the name of its object."""
        return self._entries(folder, FILES)

    def folders(self, folder: str) -> list[str]:
        """Answer the names of the folders directly in a folder, sorted."""
        return [*self._entries(folder, (FOLDER,))]

    def _below(self, folder: str) -> Iterator[str]:
        yield from (folder + name for name in self.names(folder.rstrip("/")))
        for name in self.folders(folder.rstrip("/")):
            yield from self._below(f"{folder}{name}/")

    def _entries(self, folder: str, modes: Collection[str]) -> dict[str, str]:
        try:
            found = self._git.objects.entries(self._commit, folder)
        except GitRefusalError:
            return {}
        except GitError as error:
            raise UnansweredError(f"{folder} as of {self._commit[:12]}: {error}") from error
        named = {os.fsdecode(name): object_ for name, mode, object_ in found if mode in modes}
        return {name: named[name] for name in sorted(filter(spellable, named))}
