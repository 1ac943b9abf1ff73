"""What of a document's changes is news: measured against what was told, branch by branch.

Contract, section 4, "Git": the status last told for each task is kept per branch; a silent move
does not erase it, a visible reopening does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.status import CANONICAL, DONE, IN_REVIEW
from spec_notify.core.subscription import wants
from spec_notify.ports import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.core.snapshot import Transition
    from spec_notify.core.status import Status
    from spec_notify.core.subscription import Subscription
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Ledger

_ARRIVALS = (DONE, IN_REVIEW)


class News:
    """One document's news, found inside the transaction that admits it."""

    def __init__(
        self,
        ledger: Ledger,
        config: Config,
        facts: Callable[[str, Change, bool], Event | None],
        *,
        path: str,
        changes: Sequence[Change],
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._facts = facts
        self._path = path
        self._changes = changes
        self._tidings: list[Told] = []
        self._forgotten: list[tuple[str, str]] = []

    def wanted(self) -> list[tuple[int, tuple[Subscription, ...]]]:
        """Answer the indexes of newsworthy changes somebody subscribes to, and who does."""
        told = self._ledger.told(self._path)
        wanted = []
        for index, change in enumerate(self._changes):
            heard = self._news(change.branch or "", index, told)
            if heard is None:
                continue
            facts = self._facts(self._path, change, heard)
            takers = facts and tuple(e for e in self._config.subscriptions if wants(e, facts))
            if takers:
                wanted.append((index, takers))
        return wanted

    def _news(self, branch: str, index: int, told: dict[tuple[str, str], str]) -> bool | None:
        """None for no news, else whether the arrival was already heard on another branch."""
        change = self._changes[index]
        transition = change.transition
        key = change.name or transition.task.key
        if transition.after is None:
            if change.counted and "\n" not in key:
                # The row that was told of is gone, and another goes by its key.
                self._forget((branch, *(f"*{each}" for each in _ARRIVALS)), key, told)
            return None
        to = transition.after.canonical
        already = told.get((branch, key)) == _stand(transition.after) and not change.counted
        self._forget(_undone(transition, branch), key, told)
        heard = _arrives(to) and (f"*{to}", key) in told and not change.counted
        self._tell(branch, key, transition.after, told)
        return None if already else heard

    def _forget(
        self, branches: Collection[str], key: str, told: dict[tuple[str, str], str]
    ) -> None:
        """Forget what was told of a task on branches: by its id, and by its words, if it has both.

        It may have been told under another number, or in other words.
        """
        id_, _, words = key.partition("\n")
        parts = {id_, words} - {""}
        gone = {name for name in told if name[0] in branches and parts & {*name[1].split("\n")}}
        self._forgotten += gone
        self._tidings = [each for each in self._tidings if (each.branch, each.key) not in gone]
        for name in gone:
            del told[name]

    def _tell(
        self, branch: str, key: str, status: Status, told: dict[tuple[str, str], str]
    ) -> None:
        names = {branch: _stand(status)}
        if _arrives(status.canonical):
            names[f"*{status.canonical}"] = status.canonical
        told.update({(name, key): each for name, each in names.items()})
        self._tidings += [Told(branch=name, key=key, status=each) for name, each in names.items()]

    def tell(self) -> None:
        """Remember what `wanted` found."""
        for branch, key in self._forgotten:
            self._ledger.forget(self._path, branch, key)
        self._ledger.tell(self._path, self._tidings)


def _stand(status: Status) -> str:
    """Answer what two tellings of one task must differ in for the second to be news."""
    canonical = status.canonical
    # Words for one arrival are the same arrival; elsewhere other words are a transition.
    return canonical if _arrives(canonical) else f"{canonical}: {status.text}"


def _arrives(canonical: str) -> bool:
    """Say whether a status is one to arrive in: what a run came to always is."""
    return canonical in _ARRIVALS or canonical not in CANONICAL


def _undone(transition: Transition, branch: str) -> tuple[str, ...]:
    """Answer under which names a visible departure makes the next arrival news again."""
    before = transition.before.canonical if transition.before else None
    if before is not None and before not in CANONICAL:
        return (f"*{before}",)
    if before == DONE:
        return (branch, f"*{DONE}")
    if before == IN_REVIEW and transition.kind != "completed":
        return (f"*{IN_REVIEW}",)
    return ()
