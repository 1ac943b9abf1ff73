"""Documents from commit to commit along first parents: what is to be compared with what.

Contract, section 8, `history`. A commit is compared with its first parent; where the document
cannot be read in either, the last readable one before stands for it: nothing is lost by a broken
commit, and nothing invented. A document the parent does not have is a baseline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.globs import matches
from spec_notify.core.snapshot import Notice
from spec_notify.pipeline.editions import Edition, Editions
from spec_notify.pipeline.moves import ARCHIVES, home, paired
from spec_notify.ports import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from spec_notify.pipeline.rules import Rules
    from spec_notify.ports import Blob, Log, Touch

    Remark = Callable[[Commit, str, Notice], None]

MOST_BACK = 1_000
"""Changes of a document that are gone through in search of the last readable one."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A document in a commit, and what it is compared with; None for a baseline."""

    commit: Commit
    before: Edition | None
    after: Edition


class Chronicle:
    """The steps of the documents that `globs` match. What is left out is told to `remark`.

    A finished document is followed to where its tool puts it, as `moves` has it, and there.
    """

    def __init__(self, log: Log, rules: Rules, globs: Sequence[str], *, remark: Remark) -> None:
        self._log = log
        self._globs = globs
        self._remark = remark
        self.editions = Editions(log, rules)
        # What was last readable of a document that no longer is; None for nothing.
        self._doubted: dict[str, Edition | None] = {}

    def steps(self, tip: str, *, since: str | None = None) -> Iterator[Step]:
        """Answer the steps of a range, oldest first; both ends are full names of commits.

        Raises UnansweredError when git could not be asked.
        """
        self._doubted.clear()
        for commit in self._log.commits(tip, since=since, globs=[*self._globs, *ARCHIVES]):
            touches = sorted(filter(self._follows, commit.touches), key=lambda each: each.path)
            if touches and commit.cut:
                words = "this clone ends here: what its documents say is taken as it stands"
                self._remark(commit, "", Notice(code="shallow", message=words))
            yield from self._commit(commit, touches)

    def _follows(self, touch: Touch) -> bool:
        place = home(touch.path)
        return self._watches(touch.path) or (place is not None and self._watches(place))

    def _watches(self, path: str) -> bool:
        return any(matches(path, glob) for glob in self._globs)

    def _commit(self, commit: Commit, touches: Sequence[Touch]) -> Iterator[Step]:
        came = {t.path: e for t in touches if not t.before and (e := self._after(commit, t, None))}
        left = [touch for touch in touches if came and touch.after is None]
        gone = {t.path: e for t in left if (e := self._before(commit, t))}
        moved = paired(gone, came, {*filter(self._watches, came)})
        for touch in touches:
            if touch.after is None:
                self._doubted.pop(touch.path, None)
            elif touch.before is None:
                if after := came.get(touch.path):
                    before = gone.get(moved.get(touch.path, ""))
                    yield Step(commit=commit, before=before, after=after)
            else:
                yield from self._edited(commit, touch)

    def _edited(self, commit: Commit, touch: Touch) -> Iterator[Step]:
        before = self._before(commit, touch)
        after = self._after(commit, touch, before)
        if after is not None:
            yield Step(commit=commit, before=before, after=after)

    def _before(self, commit: Commit, touch: Touch) -> Edition | None:
        """Answer the last readable edition of a document before a commit."""
        if touch.path in self._doubted:
            last = self._doubted[touch.path]
            return self._again(commit, last) if last else None
        if touch.before is None:
            return None
        found = self._readable(commit, touch.path, touch.before)
        return found or self._earlier(commit, touch.path)

    def _after(self, commit: Commit, touch: Touch, before: Edition | None) -> Edition | None:
        """Answer a document as a commit left it; one that cannot be read is remembered as that."""
        if touch.after is None:
            return None
        found = self.editions.read(commit.name, touch.path, touch.after)
        if isinstance(found, Edition):
            self._doubted.pop(touch.path, None)
            return found
        words = f"{found.why}: left out, the next readable one is compared with the last"
        self._remark(commit, touch.path, Notice(code="not_compared", message=words))
        self._doubted[touch.path] = before
        return None

    def _again(self, commit: Commit, edition: Edition) -> Edition | None:
        """Read an edition in the manner of a later commit."""
        return self._readable(commit, edition.path, edition.blob)

    def _readable(self, commit: Commit, path: str, blob: Blob) -> Edition | None:
        found = self.editions.read(commit.name, path, blob)
        return found if isinstance(found, Edition) else None

    def _earlier(self, commit: Commit, path: str) -> Edition | None:
        """Look behind the range for the last readable edition since the document was added."""
        if commit.parent is None:
            return None
        for count, touch in enumerate(self._log.earlier(commit.parent, path)):
            if touch.after is None or count >= MOST_BACK:
                return None
            found = self._readable(commit, path, touch.after)
            if found is not None:
                return found
        return None
