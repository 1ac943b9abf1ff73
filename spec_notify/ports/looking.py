"""The seams a look sees through: the watched folder, git, and why somebody looks.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_notify.core.reflog import Checkout, Move


class Reason(StrEnum):
    """Why somebody hints that something may have changed. Any other word is a change too."""

    CHANGED = "changed"
    WRITTEN = "written"
    """In place, and not closed yet."""
    CLOSED = "closed"
    """The last file that was being written."""
    OVERFLOW = "overflow"
    """Events were lost."""
    REARMED = "rearmed"
    """A folder is watched anew; what happened there before was not seen."""


UNFINISHED = "its last line may still be being written"
VANISHING = "more than half of its tasks vanished; waiting for them"
"""Why a look deferred a document: it passes when they return, or have been gone for long enough."""
BUSY = ("git is in the middle of a ", "another git is at work")
"""How the reason begins when git is busy: that passes by itself, as no other reason does."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A document as read: its text and the SHA-256 of its bytes, hex."""

    text: str
    digest: str
    modified: int | None = None
    """When the file was last written, milliseconds UTC; None for what is no file."""
    beside: dict[str, str] = {}
    """Path → text of the files that say how this one is read, as far as they exist."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A document that could not be read, and why, naming the fix."""

    path: str
    why: str


class Workspace(Protocol):
    """The watched folder: listing and reading documents, safely and without following links."""

    def documents(self, globs: Sequence[str]) -> list[str]:
        """Answer the existing documents that match, repository-relative, sorted."""

    def read(self, path: str) -> Text | Unreadable | None:
        """Read a document; None when there is none."""

    def names(self, folder: str) -> list[str]:
        """Answer the file names directly in a folder, sorted; none when it does not exist."""

    def folders(self, folder: str) -> list[str]:
        """Answer the names of the folders directly in a folder, sorted; links left out."""

    def stamps(self, folder: str) -> dict[str, str]:
        """Answer `names`, each with a stamp: a file that keeps its stamp keeps its bytes.

        Save one that was written so lately that the clock does not tell two writes apart.
        """


class History(Protocol):
    """What git knows. Every answer is None outside a repository.

    Raises UnansweredError when git could not be asked; None is git's own word.
    """

    def checkout(self, *, stale_before: int | None = None) -> Checkout | None:
        """Answer branch, commit and whether git is busy.

        An index.lock made before the instant `stale_before` counts for nothing.
        """

    def locked_since(self) -> int | None:
        """Answer when index.lock was made; None without one."""

    def moves(
        self, since: str | None, *, after: str | None = None, until: str | None = None
    ) -> tuple[Move, ...] | None:
        """Answer HEAD's reflog, oldest first, after the newest entry that landed on `since`.

        Where the mark `after` of an earlier checkout still fits the reflog, what follows it is the
        answer; nothing past the mark `until` is. None when no entry landed there.
        """

    def read(self, commit: str, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there."""

    def as_of(self, commit: str) -> Workspace:
        """Answer the files of a commit; it raises UnansweredError when git cannot be asked."""

    def first_parent(self, commit: str) -> str | None:
        """Answer a commit's first parent."""

    def author(self, commit: str) -> str | None:
        """Answer a commit's author name, never the e-mail; None, too, when git fails."""

    def identity(self) -> str | None:
        """Answer the origin URL as host/path, else the root commit (contract, section 5, "Ids")."""


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a path in a commit: a file's or link's object and mode, as git spells them."""

    name: str
    mode: str


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """A path a commit changed; None where no file stood. A submodule is no file."""

    path: str
    before: Blob | None
    after: Blob | None


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit, and what it changed since its first parent; since nothing where it has none."""

    name: str
    parent: str | None
    author: str | None
    """The name alone, never the e-mail."""
    at: int | None
    """When it was committed; None when the commit does not say."""
    touches: tuple[Touch, ...] = ()
    cut: bool = False
    """It has parents, and this clone does not have them."""


class Log(Protocol):
    """git's history along first parents. Raises UnansweredError when git could not be asked."""

    def commits(self, tip: str, *, since: str | None, globs: Sequence[str]) -> Iterator[Commit]:
        """Answer the commits from `tip` on that changed what the globs match, oldest first.

        Those that `since` reaches are left out. A commit may say more than was asked for.
        """

    def earlier(self, commit: str, path: str) -> Iterator[Touch]:
        """Answer what was done to one path in a commit and before, newest first."""

    def content(self, blob: Blob, path: str) -> Text | Unreadable:
        """Read what stood at a path."""

    def read(self, commit: str, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit; None when it was not there."""

    def leads(self, since: str, tip: str) -> bool:
        """Say whether first parents lead from `tip` back to `since`."""
