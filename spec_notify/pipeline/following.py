"""One document after another, followed from what is remembered of it to how it stands.

Pieces come from the reflog (contract, section 4, "Git"): visible moves are compared, silent
ones are rested on. A question git did not answer defers the document it was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.errors import UnansweredError
from spec_notify.core.reflog import Checkout, Compare, Piece, Rest
from spec_notify.core.snapshot import Notice, Snapshot, remembered
from spec_notify.pipeline.belief import growing, unfinished, vanishing
from spec_notify.pipeline.carried import brought, carried, put_back, still
from spec_notify.pipeline.past import Past
from spec_notify.pipeline.seen import Found, Seen
from spec_notify.pipeline.trail import Trail
from spec_notify.pipeline.trees import is_tree
from spec_notify.ports import UNFINISHED, VANISHING, StoredDocument, Text, Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection

    from spec_notify.pipeline.carried import Carried
    from spec_notify.pipeline.documents import Documents
    from spec_notify.pipeline.rules import Rules
    from spec_notify.ports import History

    from .intake import Wish

_OTHER_RULES = "it is read by other rules than before: taken as it stands"


class Follower:
    """Follows documents under one checkout, and keeps what it found."""

    def __init__(
        self,
        *,
        documents: Documents,
        history: History | None,
        rules: Rules,
        checkout: Checkout | None,
        wish: Wish,
        now: int,
    ) -> None:
        self._documents = documents
        self._rules = rules
        self._stand = checkout or Checkout(branch=None, head=None)
        self._past = Past(documents, history, rules, self._stand)
        self._wish = wish
        self._now = now
        self.seen: list[Seen] = []
        self.deferred: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self.notices = self._past.notices

    def found(self, path: str) -> Found | None:
        """Read a document as it stands; None when it cannot be, or is not to be believed."""
        text = self._documents.here(path)
        try:
            if not isinstance(text, Text) or self._disbelief(path, text):
                return None
            snapshot = self._rules.read(path, text)
        except (ValueError, RecursionError):
            # Whoever reads it for its own sake says so.
            return None
        rules = self._rules.stamp(path, text)
        return Found(path=path, digest=text.digest, rules=rules, snapshot=snapshot)

    def document(self, path: str, stored: StoredDocument | None) -> None:
        """Follow one document to how it stands; what goes wrong with it is its own affair."""
        try:
            text = self._documents.here(path)
            if isinstance(text, Unreadable):
                self.unreadable[path] = text.why
            elif text is not None and not self._same(path, stored, text):
                self._changed(path, text, stored)
        except UnansweredError as error:
            self.deferred[path] = str(error)
        except (ValueError, RecursionError) as error:
            self.unreadable[path] = f"cannot be read: {error}"

    def _same(self, path: str, stored: StoredDocument | None, text: Text) -> bool:
        """Nothing to do: the bytes and the checkout are as remembered, and nothing is asked."""
        if stored is None or stored.held:
            return False
        now = (path, text.digest, self._rules.stamp(path, text))
        stand = (self._stand.branch, self._stand.head, self._stand.mark)
        then = (stored.path, stored.digest, stored.rules)
        return now == then and stand == (stored.branch, stored.head, stored.mark)

    def _changed(self, path: str, text: Text, stored: StoredDocument | None) -> None:
        why = self._disbelief(path, text)
        if why:
            self.deferred[path] = why
            return
        snapshot = self._rules.read(path, text)
        found = Found(
            path=path,
            digest=text.digest,
            rules=self._rules.stamp(path, text),
            snapshot=snapshot,
            stored=stored,
        )
        self.notices += [(path, notice) for notice in snapshot.notices]
        if stored is None:
            self._first(found)
        elif growing(text, snapshot, stored.snapshot, self._now) and not self._committed(found):
            self.deferred[path] = UNFINISHED
        elif self._wish.baseline or _named(found, self._wish.discard):
            self._keep(found, Trail(snapshot, stored.vanished), baseline=True)
        else:
            self._next(found, stored)

    def _first(self, found: Found) -> None:
        asked = self._wish.from_parent and not self._wish.baseline
        parent = self._past.before_head(found.path, now=self._now) if asked else None
        trail = Trail(parent.snapshot if parent else found.snapshot, {})
        if parent is not None:
            carried = self._past.uncommitted(found.path, found.snapshot)
            trail.compare(found.snapshot, self._stand.branch, None, untouched_since=carried)
        self._keep(found, trail, before=parent, baseline=parent is None)

    def _next(self, found: Found, stored: StoredDocument) -> None:
        before = self._before(found, stored)
        if before is None:
            self.notices.append((found.path, Notice(code="rules", message=_OTHER_RULES)))
            trail = Trail(found.snapshot, stored.vanished)
        elif self._vanishing(found, before):
            self.deferred[found.path] = VANISHING
            return
        else:
            self._led(found, stored, before)
            return
        self._keep(found, trail, before=stored)

    def _led(self, found: Found, stored: StoredDocument, before: Snapshot) -> None:
        """Follow a document along what led from the look before to this one."""
        then = Checkout(branch=stored.branch, head=stored.head, mark=stored.mark)
        pieces = self._past.pieces(then)
        trail = Trail(put_back(before, self._brought(found, stored, pieces[0])), stored.vanished)
        self._walk(found, trail, pieces)
        rested = isinstance(pieces[-1], Rest)
        self._keep(found, trail, before=stored, left=self._left(found, stored, rested=rested))

    def _brought(self, found: Found, stored: StoredDocument, first: Piece) -> Carried:
        """Answer the carried rows that the commits right after the look before have brought."""
        if not stored.carried or not isinstance(first, Compare) or first.before is not None:
            return {}
        committed = self._committed_at(found, first.after)
        return brought(stored.carried, committed) if committed else {}

    def _left(self, found: Found, stored: StoredDocument, *, rested: bool) -> Carried:
        """Answer the rows that stand here uncommitted and were not told for that."""
        if not (rested or stored.carried):
            return {}
        committed = self._committed_at(found, None)
        if committed is None:
            return {}
        if rested:
            return carried(committed, found.snapshot)
        return still(stored.carried, committed, found.snapshot)

    def _committed_at(self, found: Found, commit: str | None) -> Snapshot | None:
        """Answer a document as of a commit, or of HEAD; a tree's files are carried untold."""
        commit = commit or self._stand.head
        if commit is None or is_tree(found.path):
            return None
        return self._past.snapshot(commit, found.places)

    def _before(self, found: Found, stored: StoredDocument) -> Snapshot | None:
        """Answer what was last seen, read by today's rules; None when its text is gone."""
        if stored.rules == found.rules:
            return stored.snapshot
        if stored.digest == found.digest:
            return found.snapshot
        text = self._past.text(stored.head, stored.path)
        if not isinstance(text, Text) or text.digest != stored.digest:
            return None
        return self._rules.read(stored.path, text)

    def _walk(self, found: Found, trail: Trail, pieces: tuple[Piece, ...]) -> None:
        for piece in pieces:
            if isinstance(piece, Compare):
                self._compare(found, piece, trail)
            else:
                trail.rest(found.snapshot)
                if piece.why:
                    self.notices.append((found.path, Notice(code="rested", message=piece.why)))

    def _compare(self, found: Found, piece: Compare, trail: Trail) -> None:
        if piece.before is not None:
            trail.rest(self._at(found, piece.before))
        after = self._at(found, piece.after)
        base = self._at(found, piece.base) if piece.base else None
        if piece.before is not None and piece.after is None and found.stored is not None:
            base = self._past.uncommitted(found.path, found.stored.snapshot)
        if after is not None:
            trail.compare(after, piece.branch, piece.after, untouched_since=base)

    def _at(self, found: Found, commit: str | None) -> Snapshot | None:
        """Answer the document as of a commit, or as it stands; None where it was not there."""
        return self._past.snapshot(commit, found.places) if commit else found.snapshot

    def _keep(
        self,
        found: Found,
        trail: Trail,
        *,
        before: StoredDocument | None = None,
        baseline: bool = False,
        left: Carried | None = None,
    ) -> None:
        stored, stand = found.stored, self._stand
        kept = StoredDocument(
            path=found.path,
            snapshot=remembered(found.snapshot),
            digest=found.digest,
            revision=stored.revision + 1 if stored else 1,
            seen_at=self._now,
            branch=stand.branch,
            head=stand.head,
            mark=stand.mark,
            rules=found.rules,
            vanished=trail.vanished,
            carried={**(left or {})},
        )
        moved_from = stored.path if stored and stored.path != found.path else None
        self.seen.append(
            Seen(
                before=before,
                stored=kept,
                changes=tuple(trail.changes),
                baseline=baseline,
                moved_from=moved_from,
            )
        )

    def _vanishing(self, found: Found, before: Snapshot) -> bool:
        if _named(found, self._wish.settled) or _named(found, self._wish.accept):
            return False
        return vanishing(found.snapshot, before) and not self._committed(found)

    def _committed(self, found: Found) -> bool:
        """A document that equals HEAD's was written by git or committed: nobody is typing it."""
        try:
            committed = self._past.text(self._stand.head, found.path)
        except UnansweredError:
            return False
        return isinstance(committed, Text) and committed.digest == found.digest

    def _disbelief(self, path: str, text: Text) -> str | None:
        if unfinished(text, self._now):
            return UNFINISHED
        return self._rules.refusal(path, text)


def _named(found: Found, paths: Collection[str]) -> bool:
    return any(place in paths for place in found.places)
