"""What truly happened in a made-up project, commit by commit, known because it was made up.

Nothing here reads a file or imports the product: tasks have identities of their own, and what is
expected of a commit is read off them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DONE, OPEN, DOING, REVIEW, DROPPED = "done", "open", "doing", "review", "dropped"
# The contract calls texts alike from 0.6 on; what lies near it is nobody's to decide.
ALIKE, APART = 0.68, 0.55
MARGIN = 0.04


@dataclass(slots=True)
class Item:
    """A task: `uid` is who it is, everything else is what its file says of it."""

    uid: int
    words: str
    status: str = OPEN
    id: str | None = None
    section: str = ""
    depth: int = 0
    style: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sheet:
    """A document that holds tasks: `uid` survives its moves."""

    uid: int
    path: str
    items: list[Item] = field(default_factory=list)
    style: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Sheet:
        items = [replace(item, style=dict(item.style)) for item in self.items]
        return replace(self, items=items, style=dict(self.style))


class Told(NamedTuple):
    """An arrival in Done: where, and of which task (its id, or its words)."""

    document: str
    task: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: every file of the tree, and what it brought to Done.

    `documents` are the files that hold tasks; `moved` tells of each that was there before where
    it stood. `pairwise` compares with the commit before and nothing
    else; `remembered` knows rows that were gone for a while.
    """

    files: Mapping[str, str]
    documents: Sequence[str]
    moved: Mapping[str, str]
    pairwise: Counter[Told]
    remembered: Counter[Told]


class Truth:
    """Follows the sheets of a project from commit to commit."""

    def __init__(self) -> None:
        self._before: dict[int, Sheet] = {}
        self._gone: dict[tuple[int, int | str], str] = {}
        self._told: set[tuple[tuple[int, int | str], str]] = set()

    def revision(self, files: Mapping[str, str], sheets: Iterable[Sheet]) -> Revision:
        """Take the next commit. A sheet not seen before is a baseline: it brings nothing."""
        pairwise: Counter[Told] = Counter()
        remembered: Counter[Told] = Counter()
        moved: dict[str, str] = {}
        now: dict[int, Sheet] = {}
        for sheet in sheets:
            before = self._before.get(sheet.uid)
            if before is not None:
                moved[sheet.path] = before.path
                self._compare(before, sheet, pairwise, remembered)
            now[sheet.uid] = sheet.copy()
        self._before = now
        return Revision(
            files=dict(files),
            documents=[sheet.path for sheet in now.values()],
            moved=moved,
            pairwise=pairwise,
            remembered=remembered,
        )

    def _compare(
        self, before: Sheet, now: Sheet, pairwise: Counter[Told], remembered: Counter[Told]
    ) -> None:
        known = {item.uid: item for item in before.items}
        here = {item.uid for item in now.items}
        gone = [item for item in before.items if item.uid not in here]
        # Contract, section 4: such a look does not tell an id-less row that is new and Done.
        rewritten = any(item.id is None and item.status == DONE for item in gone)
        for item in now.items:
            told = Told(now.path, item.id or item.words)
            old = known.get(item.uid)
            last = self._gone.pop(_name(now, item), None) if old is None else None
            if item.status != DONE:
                self._told = {each for each in self._told if each[0] != _name(now, item)}
            if item.status != DONE or (old is not None and old.status == DONE):
                continue
            news = old is not None or not (rewritten and item.id is None)
            pairwise[told] += news
            # Contract, section 4: a row that comes back to a status already told is no news.
            stand = _name(now, item), item.words
            again = (
                last != DONE
                if last is not None
                else news and not (old is None and stand in self._told)
            )
            remembered[told] += again
            if again:
                self._told.add(stand)
        self._gone |= {_name(now, item): item.status for item in gone}
        for item in now.items:
            self._gone.pop(_name(now, item), None)


def _name(sheet: Sheet, item: Item) -> tuple[int, int | str]:
    # A number in a box list may be another's tomorrow; any other id is who a task is.
    numbered = sheet.path.endswith("/tasks.md")
    return sheet.uid, item.uid if item.id is None or numbered else item.id


def unambiguous(before: Sheet, now: Sheet) -> bool:
    """Say whether the contract leaves no doubt who is who between two states of a sheet.

    It names a task by its id, else by its words under its heading, else by words that are alike
    (0.6), and a renumbered one by its words. What an honest reader of both files could not
    decide is not asked: see the package's list of what is left out.
    """
    known = {item.uid: item for item in before.items}
    here = {item.uid: item for item in now.items}
    left = [item for item in before.items if not _stays(item, here.get(item.uid))]
    came = [item for item in now.items if not _stays(item, known.get(item.uid))]
    if not _ids_agree(before, now, known) or not _numbers_agree(before, now, known):
        return False
    # The same words are enough, and so is the same id.
    left = [item for item in left if not _plainly(item, here.get(item.uid))]
    came = [item for item in came if not _plainly(item, known.get(item.uid))]
    for item in came:
        own = known.get(item.uid)
        near = likeness(own.words, item.words) if own is not None else APART
        if own is not None and near < ALIKE:
            return False
        rivals = [likeness(each.words, item.words) for each in left if each.uid != item.uid]
        rivals += [likeness(own.words, each.words) for each in came if own and each.uid != item.uid]
        if any(rival > max(near - MARGIN, 0) for rival in rivals):
            return False
    return True


def _stays(item: Item, other: Item | None) -> bool:
    """Whether a task is known by what stands there, before any likeness is asked."""
    if other is None or item.id != other.id:
        return False
    return item.id is not None or (item.words, item.section) == (other.words, other.section)


def _plainly(item: Item, other: Item | None) -> bool:
    if other is None:
        return False
    return item.words == other.words or (item.id is not None and item.id == other.id)


def _ids_agree(before: Sheet, now: Sheet, known: Mapping[int, Item]) -> bool:
    """An id may go to another task only where its own has gone on, word for word, elsewhere."""
    twins = _twins(before) | _twins(now)
    if not all(_one_changed(before, now, id_) for id_ in twins):
        return False
    holders = {
        item.id: item.uid for item in before.items if item.id is not None and item.id not in twins
    }
    words = Counter(item.words for item in now.items)
    here = {item.uid: item for item in now.items}
    for item in now.items:
        holder = holders.get(item.id) if item.id is not None else None
        if holder is None or holder == item.uid:
            continue
        former = here.get(holder)
        old = known.get(item.uid)
        followed = former is not None and former.words == known[holder].words
        follows = old is not None and old.words == item.words and words[item.words] == 1
        if not (followed or follows):
            return False
    return True


def _twins(sheet: Sheet) -> set[str]:
    counts = Counter(item.id for item in sheet.items if item.id is not None)
    return {id_ for id_, count in counts.items() if count > 1}


def _one_changed(before: Sheet, now: Sheet, id_: str) -> bool:
    """Rows of one id are counted: of two that change at once, one may hide the other."""
    old, new = (
        {item.uid: item.status for item in sheet.items if item.id == id_} for sheet in (before, now)
    )
    return sum(old.get(uid) != new.get(uid) for uid in {*old, *new}) <= 1


def _numbers_agree(before: Sheet, now: Sheet, known: Mapping[int, Item]) -> bool:
    """Numbers dealt anew are known by a task that kept its words; and who gets one keeps them."""
    dealt = [
        (known[item.uid], item)
        for item in now.items
        if item.uid in known and known[item.uid].id != item.id
    ]
    if not dealt:
        return True
    if any((old.id is None or new.id is None) and old.words != new.words for old, new in dealt):
        return False
    sides = [Counter(item.words for item in sheet.items) for sheet in (before, now)]
    kept = [new.words for old, new in dealt if old.words == new.words and old.id is not None]
    if not any(sides[0][words] == sides[1][words] == 1 for words in kept):
        used = {item.id for item in before.items} - {None}
        return all(None in {old.id, new.id} and new.id not in used for old, new in dealt)
    stayed = [(known[item.uid], item) for item in now.items if item.uid in known]
    if any(likeness(old.words, new.words) < ALIKE for old, new in stayed):
        return False
    # Of several that say the same, nobody can tell which one went away or came.
    return all(
        sorted(item.uid for item in before.items if item.words == words)
        == sorted(item.uid for item in now.items if item.words == words)
        for words in {*sides[0], *sides[1]}
        if max(sides[0][words], sides[1][words]) > 1
    )


def likeness(first: str, second: str) -> float:
    """Answer the ratio of difflib, on case-folded texts."""
    return SequenceMatcher(None, first.casefold(), second.casefold(), autojunk=False).ratio()
