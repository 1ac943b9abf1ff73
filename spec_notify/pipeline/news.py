"""What of a document's changes is news: measured against what was told, branch by branch.

Contract, section 4, "Git": the status last told for each task is kept per branch; a silent move
does not erase it, a visible reopening does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.status import DONE, IN_REVIEW
from spec_notify.core.subscription import wants
from spec_notify.ports import Told

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.core.snapshot import Transition
    from spec_notify.core.status import Status
    from spec_notify.core.subscription import Subscription
    from spec_notify.pipeline.context import Context
    from spec_notify.pipeline.following import Seen
    from spec_notify.ports import Ledger

_ARRIVALS = (DONE, IN_REVIEW)


class News:
    """One document's news, found inside the transaction that admits it."""

    def __init__(
        self, ledger: Ledger, config: Config, context: Context, seen: Seen, now: int
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._context = context
        self._seen = seen
        self._now = now
        self._path = seen.stored.path
        self._tidings: list[Told] = []
        self._forgotten: list[tuple[str, str]] = []

    def wanted(self) -> list[tuple[int, tuple[Subscription, ...]]]:
        """Answer the indexes of newsworthy changes somebody subscribes to, and who does."""
        told = self._ledger.told(self._path)
        wanted = []
        for index, change in enumerate(self._seen.changes):
            heard = self._news(change.branch or "", index, told)
            if heard is None:
                continue
            facts = self._context.facts(self._path, change, heard=heard)
            takers = tuple(each for each in self._config.subscriptions if wants(each, facts))
            if takers:
                wanted.append((index, takers))
        return wanted

    def _news(self, branch: str, index: int, told: dict[tuple[str, str], str]) -> bool | None:
        """None for no news, else whether the arrival was already heard on another branch."""
        change = self._seen.changes[index]
        transition = change.transition
        if transition.after is None:
            return None
        key, to = transition.task.key, transition.after.canonical
        stand = _stand(transition.after)
        for stale in _undone(transition, branch):
            self._forgotten.append((stale, key))
            told.pop((stale, key), None)
        already = told.get((branch, key)) == stand and not change.counted
        heard = to in _ARRIVALS and (f"*{to}", key) in told and not change.counted
        self._tidings.append(Told(branch=branch, key=key, status=stand))
        told[branch, key] = stand
        if to in _ARRIVALS:
            self._tidings.append(Told(branch=f"*{to}", key=key, status=to))
            told[f"*{to}", key] = to
        return None if already else heard

    def tell(self) -> None:
        """Remember what `wanted` found."""
        for branch, key in self._forgotten:
            self._ledger.forget(self._path, branch, key)
        self._ledger.tell(self._path, self._tidings)

    def events(
        self, wanted: list[tuple[int, tuple[Subscription, ...]]]
    ) -> list[tuple[Event, tuple[Subscription, ...]]]:
        """Build the wanted events, each with its own occurrence."""
        built = []
        for index, takers in wanted:
            change = self._seen.changes[index]
            after = change.transition.after
            if after is None:
                continue
            count = self._ledger.occurrence(self._path, change.transition.task.key, after.canonical)
            event = self._context.event(self._path, change, occurrence=count, now=self._now)
            built.append((event, takers))
        return built


def _stand(status: Status) -> str:
    """Answer what two tellings of one task must differ in for the second to be news."""
    canonical = status.canonical
    # Words for one arrival are the same arrival; elsewhere other words are a transition.
    return canonical if canonical in _ARRIVALS else f"{canonical}: {status.text}"


def _undone(transition: Transition, branch: str) -> tuple[str, ...]:
    """Answer under which names a visible departure makes the next arrival news again."""
    before = transition.before.canonical if transition.before else None
    if before == DONE:
        return (branch, f"*{DONE}")
    if before == IN_REVIEW and transition.kind != "completed":
        return (f"*{IN_REVIEW}",)
    return ()
