"""Commits along first parents and what each changed, from one `git log` (`ports.Log`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_notify.core.body_parts import LONGEST_NAME, fitted
from spec_notify.core.errors import UnansweredError
from spec_notify.core.globs import pathspecs
from spec_notify.ports import Blob, Commit, Touch, Unreadable

from .git_files import spell
from .git_objects import FILES, LINK
from .git_process import GitError, GitRefusalError
from .git_stream import Stream
from .listing import spellable
from .workspace import CAP, as_text, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spec_notify.ports import Text

    from .git import Git

# Each is said aloud because a repository's config may say otherwise.
_LOG = (
    "log",
    "--first-parent",
    "--diff-merges=first-parent",
    "--root",
    "--raw",
    "-z",
    "--no-renames",
    "--no-abbrev",
    "--no-follow",
    "--no-relative",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-notes",
    f"-O{os.devnull}",
    "--encoding=UTF-8",
    "--format=%x01%H%x00%P%x00%ct%x00%an",
)
_COMMIT, _TOUCH = b"\x01", b":"
_LAST = 253_402_300_799
"""The last second that RFC 3339 can spell."""


class GitLog:
    """The history of one repository, as it is in this clone. Not for two threads."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def commits(self, tip: str, *, since: str | None, globs: Sequence[str]) -> Iterator[Commit]:
        """Answer the commits from `tip` on that changed what the globs match, oldest first.

        Those that `since` reaches are left out. Both are full names. A commit may say more than
        was asked for, and without a glob there is none. Raises UnansweredError.
        """
        paths = pathspecs(globs)
        if paths:
            revisions = (tip, *([f"^{since}"] if since else ()))
            yield from self._log("--reverse", *revisions, "--", *paths)

    def earlier(self, commit: str, path: str) -> Iterator[Touch]:
        """Answer what was done to one path in a commit and before, newest first."""
        for each in self._log(commit, "--", f":(top,literal){path}"):
            yield from (touch for touch in each.touches if touch.path == path)

    def content(self, blob: Blob, path: str) -> Text | Unreadable:
        """Read what stood at a path. Raises UnansweredError when git cannot be asked."""
        if blob.mode == LINK:
            return Unreadable(path=path, why="it was a symbolic link")
        try:
            body = self._git.objects.blob(blob.name, limit=CAP)
        except GitRefusalError as refusal:
            return Unreadable(path=path, why=f"it cannot be read: {refusal}")
        except GitError as error:
            raise UnansweredError(f"{path}: {error}") from error
        return too_large(path) if body is None else as_text(path, body)

    def read(self, commit: str, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there."""
        return self._git.read(commit, path)

    def leads(self, since: str, tip: str) -> bool:
        """Say whether first parents lead from `tip` back to `since`."""
        last = tip
        words = ("log", "--first-parent", "-z", "--no-notes", "--format=%P", tip, f"^{since}")
        try:
            for parents in Stream(self._git.program, *words, "--"):
                last = spell(parents.partition(b" ")[0])
        except GitError as error:
            raise UnansweredError(f"the history cannot be read: {error}") from error
        return last == since

    def _log(self, *words: str) -> Iterator[Commit]:
        try:
            yield from self._commits(Stream(self._git.program, *_LOG, *words))
        except GitError as error:
            raise UnansweredError(f"the history cannot be read: {error}") from error

    def _commits(self, stream: Iterable[bytes]) -> Iterator[Commit]:
        words = iter(stream)
        facts: list[bytes] = []
        touches: list[Touch] = []
        for word in words:
            # git puts a newline between a commit and what it changed.
            said = word.lstrip(b"\n")
            if said.startswith(_COMMIT):
                if facts:
                    yield self._commit(facts, touches)
                facts = [said[1:], *(next(words, b"") for _ in range(3))]
                touches = []
            elif said.startswith(_TOUCH):
                touches += _touch(said, next(words, b""))
        if facts:
            yield self._commit(facts, touches)

    def _commit(self, facts: list[bytes], touches: list[Touch]) -> Commit:
        name, parents, at, author = facts
        parent = spell(parents.partition(b" ")[0]) or None
        return Commit(
            name=spell(name),
            parent=parent,
            author=fitted(spell(author), LONGEST_NAME).strip() or None,
            at=int(at) * 1000 if at.isdigit() and int(at) <= _LAST else None,
            touches=tuple(touches),
            cut=parent is None and self._git.is_cut(spell(name)),
        )


def _touch(raw: bytes, path: bytes) -> Iterator[Touch]:
    # `:mode mode object object letter`: git-diff(1), "Raw output format".
    words = spell(raw).removeprefix(":").split()
    name = os.fsdecode(path)
    # What cannot be written down is no document, as in a folder.
    if len(words) >= 4 and spellable(name):  # noqa: PLR2004 - see the line above
        before, after = (_blob(words[at], words[at + 2]) for at in range(2))
        yield Touch(path=name, before=before, after=after)


def _blob(mode: str, name: str) -> Blob | None:
    return Blob(name=name, mode=mode) if mode in (LINK, *FILES) else None
