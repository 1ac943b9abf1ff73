"""A project under way: people and agents edit its task files, one commit after another."""

from __future__ import annotations

from random import Random  # noqa: TID251 - a seeded one is an argument
from typing import TYPE_CHECKING

from .truth import DONE, OPEN, Item, Revision, Sheet, Truth, unambiguous
from .words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class Project:
    """The part every tool's project shares; a subclass says what is edited and how it is written.

    `edits` are (weight, edit); an edit changes sheets in place and may do nothing. What an edit
    leaves in doubt by the contract's own rules is taken back.
    """

    edits: Sequence[tuple[int, Callable[..., None]]] = ()

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.words = Words(self.random)
        self.sheets: list[Sheet] = []
        self.shelf: dict[int, list[Item]] = {}
        """What was taken out of a sheet and may come back."""
        self._last = 0

    def history(self, commits: int) -> Iterator[Revision]:
        """Answer so many commits; the first is the baseline."""
        truth = Truth()
        self.begin()
        yield truth.revision(self.tree(), self.sheets)
        for _ in range(commits - 1):
            self.commit()
            yield truth.revision(self.tree(), self.sheets)

    def begin(self) -> None:
        """Make the project's first files."""
        raise NotImplementedError

    def write(self, sheet: Sheet) -> str:
        """Answer a sheet as its tool writes it."""
        raise NotImplementedError

    def tree(self) -> dict[str, str]:
        """Answer every file of the project."""
        return {sheet.path: self.write(sheet) for sheet in self.sheets}

    def commit(self) -> None:
        """Edit some sheets, each a few times."""
        self.news()
        for sheet in self.random.sample(self.sheets, min(len(self.sheets), self.some(1, 3))):
            before = sheet.copy()
            for _ in range(self.some(1, 3)):
                self.edit(sheet)
            if not self.clear(before, sheet):
                sheet.items, sheet.style = before.items, before.style
            self.settle(before, sheet)

    def news(self) -> None:
        """Once in a while, do what concerns more than one sheet."""

    def clear(self, before: Sheet, sheet: Sheet) -> bool:
        """Say whether the contract decides who is who between two states of a sheet."""
        return unambiguous(before, sheet)

    def settle(self, before: Sheet, sheet: Sheet) -> None:
        """Put right what has to follow from an edit."""

    def edit(self, sheet: Sheet) -> None:
        """Do one edit, picked by weight."""
        weights = [weight for weight, _ in self.edits]
        (edit,) = self.random.choices([each for _, each in self.edits], weights)
        edit(self, sheet)

    def some(self, least: int, most: int) -> int:
        """Answer a number from least to most."""
        return self.random.randint(least, most)

    def chance(self, odds: float) -> bool:
        """Answer True that often."""
        return self.random.random() < odds

    def uid(self) -> int:
        """Answer who comes next."""
        self._last += 1
        return self._last

    def item(self, **facts: object) -> Item:
        """Make a task nobody has seen yet."""
        return Item(uid=self.uid(), words=self.words.name(), **facts)  # type: ignore[arg-type]

    def pick(self, items: Iterable[Item], *statuses: str) -> Item | None:
        """Answer any task in one of these statuses, or any at all."""
        found = [item for item in items if not statuses or item.status in statuses]
        return self.random.choice(found) if found else None


def tick(project: Project, sheet: Sheet) -> None:
    """Finish one task, or a handful at once."""
    for _ in range(project.random.choice((1, 1, 1, 2, 5))):
        item = project.pick(sheet.items, *(s for s in _statuses(sheet) if s != DONE))
        if item is not None:
            item.status = DONE


def untick(project: Project, sheet: Sheet) -> None:
    """Find that a finished task is not finished."""
    item = project.pick(sheet.items, DONE)
    if item is not None:
        item.status = OPEN


def retitle(project: Project, sheet: Sheet) -> None:
    """Say a task a little otherwise; a task with an id at times in entirely other words."""
    item = project.pick(sheet.items)
    if item is not None:
        anew = item.id is not None and project.chance(0.3)
        item.words = project.words.name() if anew else project.words.reworded(item.words)


def finish_and_retitle(project: Project, sheet: Sheet) -> None:
    """Finish a task and write down what became of it, as agents do."""
    item = project.pick(sheet.items, *(s for s in _statuses(sheet) if s != DONE))
    if item is not None:
        item.status = DONE
        item.words = project.words.reworded(item.words)


def shuffle(project: Project, sheet: Sheet) -> None:
    """Put a task elsewhere in its section."""
    item = project.pick(sheet.items)
    if item is not None:
        sheet.items.remove(item)
        sheet.items.insert(project.some(0, len(sheet.items)), item)
        by_section(sheet)


def drop(project: Project, sheet: Sheet) -> None:
    """Take a task out."""
    item = project.pick(sheet.items)
    if item is not None and len(sheet.items) > 3:
        sheet.items.remove(item)


def restyle(project: Project, sheet: Sheet) -> None:
    """Write the same otherwise: line ends, capitals, bullets."""
    key = project.random.choice(("newline", "bullet", "mark", "noise", "bom", "tail"))
    sheet.style[key] = str(project.some(0, 9))


def _statuses(sheet: Sheet) -> set[str]:
    return {item.status for item in sheet.items}


def by_section(sheet: Sheet) -> None:
    """Put the tasks of each section together again, in the order sections are first met."""
    sections = list(dict.fromkeys(item.section for item in sheet.items))
    sheet.items.sort(key=lambda item: sections.index(item.section))
