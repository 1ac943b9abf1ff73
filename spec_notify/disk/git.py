"""A git checkout as `ports.History`: where it stands, how it got there, documents as of a commit.

HEAD and the reflog are read from files, without a process; objects through one that is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Self

from spec_notify.core.errors import UnansweredError
from spec_notify.core.reflog import Checkout
from spec_notify.ports import Unreadable

from . import git_place
from .git_files import GitFiles, spell
from .git_objects import LINK, Objects
from .git_process import GitError, GitFailureError, GitRefusalError, Program
from .git_refs import GitRefs
from .git_tree import Tree
from .workspace import CAP, as_text, too_large

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spec_notify.core.reflog import Move
    from spec_notify.ports import Text

    from .git_place import Place

TIMEOUT = 5.0
"""Seconds one question to git may take."""

_URL = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/]*@)?(\[[0-9a-f:.]+\]|[^/:@\[\]]+)(?::\d*)?/(.*)", re.IGNORECASE
)
_SCP = re.compile(r"(?:[^/@:]*@)?([^/@:\[\]]{2,}):(?!:|//)(.*)")
_OBJECT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII)


def find(
    start: Path, *, environ: Mapping[str, str] | None = None, timeout: float = TIMEOUT
) -> Git | None:
    """Answer the checkout or bare repository a folder is in; None when it is in none.

    No variable of git's has a say in it: `at` is for GIT_DIR. git runs with `environ` (the
    process's own when not stated) less its own variables, and answers within `timeout` seconds.
    """
    return _open(git_place.around(start), environ, timeout)


def at(
    git_directory: Path, *, environ: Mapping[str, str] | None = None, timeout: float = TIMEOUT
) -> Git | None:
    """Answer the repository of a git directory, as GIT_DIR names one; None when it is none."""
    return _open(git_place.at(git_directory), environ, timeout)


def host_path(url: str) -> str | None:
    """Spell an origin as host/path, without user, port, query and `.git`; None for a folder."""
    found = _URL.fullmatch(url) or _SCP.fullmatch(url)
    if found is None or url.casefold().startswith("file:") or not url.isprintable():
        return None
    host, path = found[1].casefold(), re.split(r"[?#]", found[2])[0]
    path = path.strip("/").removesuffix(".git").rstrip("/")
    return f"{host}/{path}" if path and _HOST.fullmatch(host) else None


def _open(place: Place | None, environ: Mapping[str, str] | None, timeout: float) -> Git | None:
    if place is None:
        return None
    return Git(place, environ=os.environ if environ is None else environ, timeout=timeout)


class Git:
    """A checkout, or a bare repository. It may keep a process: close it, or use it in a `with`.

    `root` is the working tree, for a bare repository the repository itself; `git_dir` is the git
    directory of this checkout, `common_dir` the one its worktrees share. Not for two threads.
    """

    def __init__(self, place: Place, *, environ: Mapping[str, str], timeout: float) -> None:
        self.root = place.root
        self.git_dir = place.own
        self.common_dir = place.common
        self.is_bare = place.is_bare
        self.program = Program(place.root, environ=environ, timeout=timeout)
        self.objects = Objects(self.program)
        self._files = GitFiles(place.own, place.common)
        self._refs = self._files if self._files.readable else GitRefs(self.program)
        self._identity: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the process that reads objects; the next reading starts one again."""
        self.objects.close()

    def checkout(self, *, stale_before: int | None = None) -> Checkout:
        """Answer branch, commit and whether git is busy.

        An index.lock made before the instant `stale_before` (milliseconds since the epoch) counts
        for nothing. Raises UnansweredError.
        """
        busy = self._files.busy(stale_before)
        branch, head = self._refs.head()
        return Checkout(branch=branch, head=head, busy=busy, mark=self._refs.mark(head))

    def locked_since(self) -> int | None:
        """Answer when index.lock was made, in milliseconds since the epoch; None without one."""
        return self._files.locked_since()

    def moves(
        self, since: str | None, *, after: str | None = None, until: str | None = None
    ) -> tuple[Move, ...] | None:
        """Answer HEAD's reflog since a commit or a mark, as ports.History has it.

        A HEAD that still is at `since` has not moved, whatever became of the reflog. Raises
        UnansweredError.
        """
        moves = self._refs.moves(since, after=after, until=until)
        if moves is None and self._refs.head()[1] == since:
            return ()
        return moves

    def read(self, commit: str, path: str) -> Text | Unreadable | None:
        """Read a document as of a commit (its full name); None when it was not there.

        Unreadable when the commit is not in this clone. Raises UnansweredError when git cannot be
        asked: that says nothing about the document.
        """
        why = f"cannot be read as of {commit[:12]}"
        try:
            found = self.objects.file(commit, path, limit=CAP)
        except GitRefusalError as refusal:
            return Unreadable(path=path, why=f"{why}: {refusal}")
        except GitError as error:
            raise UnansweredError(f"{why}: {error}") from error
        if found is None:
            return None
        if found.mode == LINK:
            return Unreadable(path=path, why=f"was a symbolic link as of {commit[:12]}")
        return too_large(path) if found.body is None else as_text(path, found.body)

    def as_of(self, commit: str) -> Tree:
        """Answer the files of a commit, given by its full name."""
        return Tree(self, commit)

    def first_parent(self, commit: str) -> str | None:
        """Answer a commit's first parent; None for a root and where a shallow clone ends.

        Raises UnansweredError when git cannot be asked.
        """
        if self._files.shallow(commit):
            return None
        try:
            parents = self.objects.header(commit, b"parent")
        except GitRefusalError:
            return None
        except GitError as error:
            raise UnansweredError(f"the parent of {commit[:12]}: {error}") from error
        return spell(parents[0]) if parents else None

    @property
    def is_shallow(self) -> bool:
        """Say whether history is cut anywhere in this clone."""
        return self._files.is_shallow

    def is_cut(self, commit: str) -> bool:
        """Say whether a commit's parents are left out of this clone."""
        return self._files.shallow(commit)

    def author(self, commit: str) -> str | None:
        """Answer a commit's author name, never the e-mail; None when there is none."""
        try:
            authors = self.objects.header(commit, b"author")
            encodings = self.objects.header(commit, b"encoding")
        except GitError:
            return None
        name = b"".join(authors[:1]).partition(b"<")[0].strip()
        return _decoded(name, spell(b"".join(encodings[:1])) or "utf-8") or None

    def identity(self) -> str | None:
        """Answer the origin URL as host/path, else the root commit; None when there is neither.

        An origin that is a folder is none: its path says something about one machine only. Nor is
        the commit where a shallow clone ends a root. The first answer stands. Raises
        UnansweredError: a git that fails must not give a repository another name.
        """
        if self._identity is None:
            try:
                self._identity = self._origin() or self._root_commit()
            except GitError as error:
                fix = "`repository` in the config says it without git"
                raise UnansweredError(
                    f"git cannot say whose ids these are: {error}; {fix}"
                ) from error
        return self._identity

    def resolve(self, revision: str) -> str | None:
        """Answer the full name of the commit a revision means; None when it means none.

        Raises UnansweredError when git cannot be asked.
        """
        wanted = f"{revision}^{{commit}}"
        try:
            found = self._told("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        except GitFailureError:
            return None
        except GitError as error:
            raise UnansweredError(f"{revision}: {error}") from error
        # `^name` is no commit, but all that are not behind it.
        return found if found and _OBJECT.fullmatch(found) else None

    def hooks_folder(self) -> Path:
        """Answer the folder git runs hooks from, core.hooksPath and worktrees considered.

        It need not exist. Raises GitError when git cannot be asked.
        """
        named = self.program.ask("rev-parse", "--git-path", "hooks", hooks=True)
        return self.root / os.fsdecode(named.removesuffix(b"\n"))

    @property
    def gate_name(self) -> str:
        """What a hook's gate for this checkout is called: git tells hooks their git directory."""
        return self.git_dir.name

    def state_key(self) -> str:
        """Answer 64 hex digits that stand for this checkout on this machine, worktrees apart."""
        return _key(self.common_dir, self.root)

    def shared_key(self) -> str:
        """Answer 64 hex digits that stand for this repository, the same in all its worktrees."""
        return _key(self.common_dir)

    def _origin(self) -> str | None:
        origin = self._told("config", "--get", "remote.origin.url")
        return host_path(origin) if origin else None

    def _root_commit(self) -> str | None:
        if self._files.is_shallow or self._refs.head()[1] is None:
            return None
        words = ("--first-parent", "--max-parents=0", "--end-of-options", "HEAD")
        return self._told("rev-list", *words)

    def _told(self, *words: str) -> str | None:
        try:
            return spell(self.program.ask(*words)).strip() or None
        except GitRefusalError:
            return None


def _decoded(name: bytes, encoding: str) -> str:
    # A commit says which encoding it was written in, and may say anything.
    try:
        return name.decode(encoding, "replace")
    except LookupError:
        return spell(name)


def _key(*places: Path) -> str:
    named = b"\0".join(os.fsencode(place.resolve()) for place in places)
    return hashlib.sha256(named).hexdigest()
