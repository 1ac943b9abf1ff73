"""What a look reads: every document, under one checkout that stands still meanwhile.

Nothing is written here. How one document is followed is `following`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.errors import UnansweredError
from spec_notify.core.feed import is_feed
from spec_notify.core.snapshot import Notice
from spec_notify.pipeline.documents import Documents
from spec_notify.pipeline.following import Follower
from spec_notify.pipeline.moves import archives, is_archived, paired
from spec_notify.pipeline.rules import Rules
from spec_notify.pipeline.seen import Seen
from spec_notify.pipeline.trees import is_tree
from spec_notify.ports import BUSY, Checkout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spec_notify.core.config import Config
    from spec_notify.pipeline.trees import Trees
    from spec_notify.ports import History, StoredDocument, Workspace
    from spec_notify.sources.memory import Memory

    from .intake import Wish

STALE_LOCK = 60_000
"""Milliseconds after which an index.lock is one that git left behind."""

_TRIES = 3
_IN_THE_MIDDLE, _ANOTHER = BUSY
_MOVED_ON = f"{_ANOTHER}: HEAD moved during the look"
_LOCK = "index.lock"


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
        trees: Trees | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._workspace = workspace
        self._history = history
        self._paths = config.paths
        self._rules = Rules(config, memory)
        self._clock = clock
        self._trees = trees

    def read(self, known: Mapping[str, StoredDocument], wish: Wish) -> Reading:
        """Read every watched document once.

        All are deferred where git cannot say where HEAD is, or HEAD will not stand still: a
        document read after a switch must not be compared under the branch before it.
        """
        why = _MOVED_ON
        known = {path: each for path, each in known.items() if not is_feed(path)}
        try:
            for _ in range(_TRIES):
                reading = self._once(known, wish)
                if self._checkout(self._clock()) == reading.checkout:
                    return reading
        except UnansweredError as error:
            why = str(error)
        return self._all_deferred(None, why)

    def _once(self, known: Mapping[str, StoredDocument], wish: Wish) -> Reading:
        now = self._clock()
        checkout = self._checkout(now)
        if checkout and checkout.busy and checkout.busy not in wish.despite:
            return self._all_deferred(checkout, _in_the_middle(checkout.busy))
        follower = Follower(
            documents=Documents(
                self._workspace, self._history, self._rules, trees=self._trees, now=now
            ),
            history=self._history,
            rules=self._rules,
            checkout=checkout,
            wish=wish,
            now=now,
        )
        self._follow(follower, known, wish)
        return Reading(
            checkout=checkout,
            seen=tuple(follower.seen),
            deferred=follower.deferred,
            unreadable=follower.unreadable,
            notices=(*self._stale_lock(now), *follower.notices),
        )

    def _follow(self, follower: Follower, known: Mapping[str, StoredDocument], wish: Wish) -> None:
        watched = self._watched()
        moved = self._moved(follower, known, watched)
        for path in sorted({*watched, *moved, *filter(is_archived, known)}):
            stored = known.get(moved.get(path, path))
            if not (wish.unseen_only and stored):
                follower.document(path, stored)

    def _moved(
        self, follower: Follower, known: Mapping[str, StoredDocument], watched: list[str]
    ) -> dict[str, str]:
        """Answer new path → old path of the known documents that are not where they were."""
        here = {*watched}
        gone = {
            path: known[path]
            for path in known
            if path not in here and self._workspace.read(path) is None
        }
        places = [glob for path in gone for glob in archives(path)]
        new = {*watched, *self._workspace.documents(places)} if gone else set()
        # A tree stays where the config says: an empty one looks like any other empty text.
        came = {
            path: each
            for path in new - {*known}
            if not is_tree(path) and (each := follower.found(path))
        }
        return paired(gone, came, here) if came else {}

    def _checkout(self, now: int) -> Checkout | None:
        return self._history.checkout(stale_before=now - STALE_LOCK) if self._history else None

    def _stale_lock(self, now: int) -> tuple[tuple[str, Notice], ...]:
        made = self._history.locked_since() if self._history else None
        if made is None or made >= now - STALE_LOCK:
            return ()
        age = (now - made) // 1000
        words = f"has stood for {age} s and is looked past: remove it if no git is running"
        return ((f".git/{_LOCK}", Notice(code="stale_lock", message=words)),)

    def _all_deferred(self, checkout: Checkout | None, why: str) -> Reading:
        # Of a tree that is not there nobody needs to hear that it waits.
        paths = [
            path
            for path in self._watched()
            if not is_tree(path) or self._workspace.folders(path.rstrip("/"))
        ]
        return Reading(checkout=checkout, deferred=dict.fromkeys(paths, why))

    def _watched(self) -> list[str]:
        trees = self._trees.paths if self._trees else ()
        return [*self._workspace.documents(self._paths), *trees]


def _in_the_middle(busy: str) -> str:
    if busy == _LOCK:
        return f"{_ANOTHER} ({_LOCK})"
    return f"{_IN_THE_MIDDLE}{busy}"
