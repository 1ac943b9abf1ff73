"""What of a document's changes is news: measured against what was told, branch by branch.

Contract, section 4, "Git": the status last told for each task is kept per branch; a silent move
does not erase it, a visible reopening does.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from spec_notify.core.status import CANONICAL, DONE, IN_REVIEW
from spec_notify.core.subscription import wants
from spec_notify.ports import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.core.snapshot import Transition
    from spec_notify.core.status import Status
    from spec_notify.core.subscription import Subscription
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Ledger

_Name: TypeAlias = "tuple[str, str]"
"""A branch, and a task's name there."""

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
        self._tidings: dict[_Name, str] = {}
        self._forgotten: list[_Name] = []

    def wanted(self) -> list[tuple[int, tuple[Subscription, ...]]]:
        """Answer the indexes of newsworthy changes somebody subscribes to, and who does."""
        told = _Memory(self._ledger.told(self._path))
        wanted = []
        for index, change in enumerate(self._changes):
            heard = self._news(change.branch or "", index, told)
            if heard is None:
                continue
            facts = self._facts(self._path, change, heard)
            if facts is None:
                continue
            takers = tuple(each for each in self._config.subscriptions if wants(each, facts))
            if takers:
                wanted.append((index, takers))
        return wanted

    def _news(self, branch: str, index: int, told: _Memory) -> bool | None:
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
        already = told.status(branch, key) == _stand(transition.after) and not change.counted
        self._forget(_undone(transition, branch), key, told)
        heard = _arrives(to) and not change.counted and told.status(f"*{to}", key) is not None
        self._tell(branch, key, transition.after, told)
        return None if already else heard

    def _forget(self, branches: Collection[str], key: str, told: _Memory) -> None:
        """Forget what was told of a task on branches, by its id and by its words."""
        for name in told.drop(branches, key):
            self._forgotten.append(name)
            self._tidings.pop(name, None)

    def _tell(self, branch: str, key: str, status: Status, told: _Memory) -> None:
        names = {branch: _stand(status)}
        if _arrives(status.canonical):
            names[f"*{status.canonical}"] = status.canonical
        for name, each in names.items():
            told.put((name, key), each)
            self._tidings[name, key] = each

    def tell(self) -> None:
        """Remember what `wanted` found."""
        for branch, key in self._forgotten:
            self._ledger.forget(self._path, branch, key)
        tidings = [
            Told(branch=branch, key=key, status=each)
            for (branch, key), each in self._tidings.items()
        ]
        self._ledger.tell(self._path, tidings)


class _Memory:
    """What was told of one document's tasks, found by either half of a name: id or words.

    A task may have been told of under another number, or in other words.
    """

    def __init__(self, told: Mapping[_Name, str]) -> None:
        self._told = dict(told)
        self._names: dict[str, set[_Name]] = defaultdict(set)
        for name in told:
            self._index(name)

    def status(self, branch: str, key: str) -> str | None:
        """Answer the status last told of a task on a branch."""
        return self._told.get((branch, key))

    def put(self, name: _Name, status: str) -> None:
        """Remember what was told."""
        self._told[name] = status
        self._index(name)

    def drop(self, branches: Collection[str], key: str) -> list[_Name]:
        """Forget a task on some branches; answer what was known of it there."""
        near = {name for part in _parts(key) for name in self._names[part]}
        gone = [name for name in near if name[0] in branches and name in self._told]
        for name in gone:
            del self._told[name]
            for part in _parts(name[1]):
                self._names[part].discard(name)
        return gone

    def _index(self, name: _Name) -> None:
        for part in _parts(name[1]):
            self._names[part].add(name)


def _parts(key: str) -> set[str]:
    return {*key.split("\n")} - {""}


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
