"""What a look reads: each document against what is remembered of it, piece by piece.

Pieces come from the reflog (contract, section 4, "Git"): visible moves are compared, silent
ones are rested on. Nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.reflog import Compare, Piece, plan
from spec_notify.core.snapshot import Notice, Snapshot
from spec_notify.pipeline.trail import Change, Trail
from spec_notify.ports import Checkout, StoredDocument, Text, Unreadable
from spec_notify.sources.document import read_document, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spec_notify.core.config import Config
    from spec_notify.ports import History, Workspace

    from .intake import Wish

_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is to be remembered anew, and the changes that led there."""

    before: StoredDocument | None
    stored: StoredDocument
    changes: tuple[Change, ...] = ()
    baseline: bool = False
    moved_from: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """All a look has read, and what it does not believe or could not read."""

    checkout: Checkout | None
    seen: tuple[Seen, ...] = ()
    deferred: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    notices: tuple[tuple[str, Notice], ...] = ()


class Reader:
    """Reads documents through a workspace and git's history."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        history: History | None,
        config: Config,
        clock: Callable[[], int],
    ) -> None:
        self._workspace = workspace
        self._history = history
        self._config = config
        self._clock = clock

    def read(self, known: Mapping[str, StoredDocument], wish: Wish) -> Reading:
        """Read every watched document once."""
        checkout = self._history.checkout() if self._history else None
        if checkout and checkout.busy and checkout.busy not in wish.despite:
            why = f"git is in the middle of a {checkout.busy}"
            paths = self._workspace.documents(self._config.paths)
            return Reading(checkout=checkout, deferred=dict.fromkeys(paths, why))
        pass_ = _Pass(
            workspace=self._workspace,
            history=self._history,
            config=self._config,
            checkout=checkout,
            wish=wish,
            now=self._clock(),
        )
        for path in self._workspace.documents(self._config.paths):
            if not (wish.unseen_only and path in known):
                pass_.document(path, known.get(path))
        return pass_.reading()


class _Pass:
    """One reading in the making."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        history: History | None,
        config: Config,
        checkout: Checkout | None,
        wish: Wish,
        now: int,
    ) -> None:
        self._workspace = workspace
        self._history = history
        self._config = config
        self._checkout = checkout
        self._wish = wish
        self._now = now
        self._seen: list[Seen] = []
        self._deferred: dict[str, str] = {}
        self._unreadable: dict[str, str] = {}
        self._notices: list[tuple[str, Notice]] = []
        self._plans: dict[tuple[str | None, ...], tuple[Piece, ...]] = {}

    def reading(self) -> Reading:
        return Reading(
            checkout=self._checkout,
            seen=tuple(self._seen),
            deferred=self._deferred,
            unreadable=self._unreadable,
            notices=tuple(self._notices),
        )

    def document(self, path: str, stored: StoredDocument | None) -> None:
        text = self._workspace.read(path)
        if isinstance(text, Unreadable):
            self._unreadable[path] = text.why
        elif text is not None and not self._same(stored, text):
            self._changed(path, text, stored)

    def _same(self, stored: StoredDocument | None, text: Text) -> bool:
        """Nothing to do: the bytes and the checkout are as remembered, and nothing is asked."""
        if stored is None or stored.held or stored.digest != text.digest:
            return False
        return (stored.branch, stored.head, stored.mark) == self._stand()

    def _changed(self, path: str, text: Text, stored: StoredDocument | None) -> None:
        why = _disbelief(text.text) or self._refusal(path, text)
        if why:
            self._deferred[path] = why
            return
        snapshot = self._parse(path, text)
        self._notices += [(path, notice) for notice in snapshot.notices]
        if stored is None or self._wish.baseline or path in self._wish.discard:
            self._first(path, text, snapshot, stored)
        elif self._vanishing(path, text, stored.snapshot, snapshot):
            self._deferred[path] = "more than half of its tasks vanished; waiting for them"
        else:
            self._next(path, text, snapshot, stored)

    def _first(
        self, path: str, text: Text, snapshot: Snapshot, stored: StoredDocument | None
    ) -> None:
        before = None if stored or self._wish.baseline else self._as_of_parent(path)
        keep = stored.vanished if stored else {}
        trail = Trail(before or snapshot, keep)
        if before is not None:
            trail.compare(snapshot, self._checkout.branch if self._checkout else None, None)
        self._keep(path, text, snapshot, stored, trail, baseline=before is None)

    def _next(self, path: str, text: Text, snapshot: Snapshot, stored: StoredDocument) -> None:
        trail = Trail(stored.snapshot, stored.vanished)
        for piece in self._pieces(stored):
            if isinstance(piece, Compare):
                self._compare(path, piece, trail, snapshot)
            else:
                trail.rest(snapshot)
                if piece.why:
                    self._notices.append((path, Notice(code="rested", message=piece.why)))
        self._keep(path, text, snapshot, stored, trail)

    def _compare(self, path: str, piece: Compare, trail: Trail, snapshot: Snapshot) -> None:
        if piece.before is not None:
            trail.rest(self._at(path, piece.before, snapshot))
        after = self._at(path, piece.after, snapshot)
        base = self._at(path, piece.base, snapshot) if piece.base else None
        if after is not None:
            trail.compare(after, piece.branch, piece.after, untouched_since=base)

    def _at(self, path: str, commit: str | None, working: Snapshot) -> Snapshot | None:
        """Answer the document as of a commit, or as it stands; None where it was not there."""
        if commit is None:
            return working
        text = self._history.read(commit, path) if self._history else None
        return self._believed(path, text)

    def _keep(
        self,
        path: str,
        text: Text,
        snapshot: Snapshot,
        stored: StoredDocument | None,
        trail: Trail,
        *,
        baseline: bool = False,
    ) -> None:
        branch, head, mark = self._stand()
        document = StoredDocument(
            path=path,
            snapshot=snapshot,
            digest=text.digest,
            revision=stored.revision + 1 if stored else 1,
            seen_at=self._now,
            branch=branch,
            head=head,
            mark=mark,
            vanished=trail.vanished,
        )
        self._seen.append(
            Seen(before=stored, stored=document, changes=tuple(trail.changes), baseline=baseline)
        )

    def _pieces(self, stored: StoredDocument) -> tuple[Piece, ...]:
        stand = (stored.branch, stored.head, stored.mark)
        if stand not in self._plans:
            self._plans[stand] = self._plan(stored)
        return self._plans[stand]

    def _plan(self, stored: StoredDocument) -> tuple[Piece, ...]:
        if self._history is None or self._checkout is None:
            return (Compare(before=None, after=None, branch=None),)
        then = Checkout(branch=stored.branch, head=stored.head, mark=stored.mark)
        moves = self._history.moves(then.head, after=then.mark, until=self._checkout.mark)
        return plan(then, self._checkout, moves)

    def _vanishing(self, path: str, text: Text, before: Snapshot, after: Snapshot) -> bool:
        if path in self._wish.settled or path in self._wish.accept:
            return False
        known = {task.key for task in before.tasks}
        lost = known - {task.key for task in after.tasks}
        return len(lost) * 2 > len(known) and not self._committed(path, text)

    def _committed(self, path: str, text: Text) -> bool:
        """A document that equals HEAD's was written by git or committed: nobody is typing it."""
        if self._history is None or self._checkout is None or self._checkout.head is None:
            return False
        committed = self._history.read(self._checkout.head, path)
        return isinstance(committed, Text) and committed.digest == text.digest

    def _as_of_parent(self, path: str) -> Snapshot | None:
        if not self._wish.from_parent or self._history is None or self._checkout is None:
            return None
        parent = self._history.first_parent(self._checkout.head) if self._checkout.head else None
        text = self._history.read(parent, path) if parent else None
        return self._believed(path, text)

    def _believed(self, path: str, text: Text | Unreadable | None) -> Snapshot | None:
        if not isinstance(text, Text) or self._refusal(path, text):
            return None
        return self._parse(path, text)

    def _refusal(self, path: str, text: Text) -> str | None:
        return unreadable(path, text.text, format=self._config.format)

    def _parse(self, path: str, text: Text) -> Snapshot:
        config = self._config
        return read_document(path, text.text, aliases=config.statuses, format=config.format)

    def _stand(self) -> tuple[str | None, str | None, str | None]:
        stand = self._checkout
        return (stand.branch, stand.head, stand.mark) if stand else (None, None, None)


def _disbelief(text: str) -> str | None:
    marked = [mark for mark in _CONFLICT if text.startswith(mark) or f"\n{mark}" in text]
    return "it holds merge conflict markers" if marked else None
