"""Lists of boxes: how plans are worked on, whatever tool wrote them.

Shapes as seen in public repositories: letters behind an id where a step was put in later, numbers
dealt anew after an insertion or a deletion, plans replaced in place, struck-through steps, notes,
code and tables between tasks, marks the tool itself does not know, checkpoints that say the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from .project import (
    Project,
    by_section,
    drop,
    finish_and_retitle,
    restyle,
    retitle,
    shuffle,
    tick,
    untick,
)
from .truth import DOING, DONE, OPEN, Item, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FEATURES = ("parcels", "letters", "tracking", "counter", "night-mail", "returns", "customs")
_TRAPS = (
    "```sh\n- [x] T901 this box is code\n- [ ] 9.1 and so is this one\n```",
    "<!--\n- [x] T902 nobody sees this box\n-->",
    "| Risk | Mitigation | Status |\n|------|------------|--------|\n| Rain | umbrella | Done |",
    "> Checkpoint: everything above works by itself.",
    "**Progress**: 7/9 done ✅",
    "- Notes: [x] here is no box at the start",
    "    - [x] T903 indented so far, it is code",
)
_CHECKPOINT = "Checkpoint - all tests pass"


class Lists(Project):
    """Several features, each with a list of boxes in sections."""

    marks: ClassVar[dict[str, Sequence[str]]] = {}
    sections: ClassVar[Sequence[str]] = ()
    sizes = (2, 4)

    def begin(self) -> None:
        for feature in self.random.sample(_FEATURES, self.some(1, 3)):
            self.sheets.append(self.plan(self.place(feature)))

    def place(self, feature: str) -> str:
        """Answer where a feature's list is kept."""
        raise NotImplementedError

    def plan(self, path: str) -> Sheet:
        """Make a list nobody has worked on."""
        sheet = Sheet(uid=self.uid(), path=path)
        sheet.style["numbered"] = "" if self.chance(0.15) else "yes"
        self.fill(sheet)
        return sheet

    def fill(self, sheet: Sheet) -> None:
        """Write a plan into an empty list."""
        for section in self.sections[: self.some(2, len(self.sections))]:
            for _ in range(self.some(*self.sizes)):
                item = self.item(section=section, depth=self.some(0, 1))
                sheet.items.append(item)
            if self.chance(0.3) and self.numbered(sheet):
                checkpoint = Item(uid=self.uid(), words=_CHECKPOINT, section=section)
                sheet.items.append(checkpoint)
        self.number(sheet)

    def numbered(self, sheet: Sheet) -> bool:
        return bool(sheet.style["numbered"])

    def number(self, sheet: Sheet) -> None:
        """Deal out the ids of a list, as if it were new."""
        raise NotImplementedError

    def spare(self, sheet: Sheet, item: Item) -> str:
        """Answer an id for a task that is put in without touching the others."""
        raise NotImplementedError

    # --- How it is written.

    def write(self, sheet: Sheet) -> str:
        style = {key: int(value) for key, value in sheet.style.items() if value.isdigit()}
        lines = ["# Implementation Plan", ""]
        noise = style.get("noise", 0)
        for section in dict.fromkeys(item.section for item in sheet.items):
            lines += [f"## {section}", ""]
            for place, item in enumerate(each for each in sheet.items if each.section == section):
                lines += self.lines(item, style, first=place == 0)
                if noise % 4 == 3 and place == 0:
                    lines += ["", _TRAPS[(noise + len(section)) % (len(_TRAPS) - 1)], ""]
            lines.append("")
        text = "\n".join(lines)
        if style.get("newline", 0) % 3 == 1:
            text = text.replace("\n", "\r\n")
        return ("\ufeff" if style.get("bom", 0) == 1 else "") + text

    def lines(self, item: Item, style: dict[str, int], *, first: bool) -> list[str]:
        """Answer a task's line and what stands below it."""
        marks = self.marks[item.status]
        mark = marks[(style.get("mark", 0) + int(item.style.get("mark", 0))) % len(marks)]
        bullet = "-*+"[style.get("bullet", 0) % 3]
        indent = "" if first else "  " * item.depth
        lines = [f"{indent}{bullet} {mark} {self.text(item)}"]
        if style.get("tail", 0) % 3 == 2:
            lines.append(f"{indent}  - _Requirements: 1.{item.uid % 9}, 2.1_")
        elif style.get("tail", 0) % 3 == 1:
            lines.append(f"{indent}  **Validation**: it is done when [x] is written")
        return lines

    def text(self, item: Item) -> str:
        words = re.sub(r"src/\S+\.ts", r"`\g<0>`", item.words)
        if item.style.get("struck") and item.id is None:
            return f"~~{words}~~"
        if item.id is None:
            return words
        return self.opened(item.id, words, item.style)

    def opened(self, id_: str, words: str, style: dict[str, str]) -> str:
        """Answer an id and the words after it, as this tool's users join them."""
        match style.get("join"):
            case "bold":
                return f"**{id_}** {words}"
            case "struck":
                return f"~~{id_} {words}~~"
            case "colon":
                return f"{id_}: {words}"
        return f"{id_} {words}"


def start(project: Lists, sheet: Sheet) -> None:
    """Begin a task, or give one up for now."""
    item = project.pick(sheet.items, OPEN, DOING)
    if item is not None:
        item.status = DOING if item.status == OPEN else OPEN


def put_in(project: Lists, sheet: Sheet) -> None:
    """Add a task without touching the others' ids; now and then one that is done already."""
    before = project.pick(sheet.items)
    if before is None:
        return
    item = project.item(section=before.section, depth=before.depth)
    item.status = DONE if project.chance(0.3) else OPEN
    if project.numbered(sheet) and not project.chance(0.1):
        item.id = project.spare(sheet, before)
    sheet.items.insert(sheet.items.index(before) + 1, item)


def renumber(project: Lists, sheet: Sheet) -> None:
    """Put a task in, or take one out, and deal all numbers anew; boxes may change meanwhile."""
    if not project.numbered(sheet):
        return
    before = project.pick(sheet.items)
    if before is not None and project.chance(0.7):
        item = project.item(section=before.section, id="?")
        sheet.items.insert(sheet.items.index(before), item)
    else:
        drop(project, sheet)
    if project.chance(0.5):
        tick(project, sheet)
    project.number(sheet)


def regenerate(project: Lists, sheet: Sheet) -> None:
    """Let an agent write the plan again: same steps, some in other words, order and numbers."""
    for item in sheet.items:
        if project.chance(0.2):
            item.words = project.words.reworded(item.words)
    by_section: dict[str, list[Item]] = {}
    for item in sheet.items:
        by_section.setdefault(item.section, []).append(item)
    for items in by_section.values():
        if project.chance(0.3):
            project.random.shuffle(items)
    sheet.items = [item for items in by_section.values() for item in items]
    if project.numbered(sheet) and project.chance(0.5):
        project.number(sheet)


def replace_plan(project: Lists, sheet: Sheet) -> None:
    """Throw the plan away and write another into the same file.

    By the contract an id is who a task is: where the new plan uses one again, it is that task.
    """
    if not project.numbered(sheet) or project.chance(0.6):
        return
    old = {item.id: item for item in sheet.items if item.id is not None}
    sheet.items = []
    project.fill(sheet)
    for item in sheet.items:
        if item.words == _CHECKPOINT:
            item.words = project.words.name()
        if project.chance(0.15):
            item.status = DONE
        if item.id in old:
            item.uid = old[item.id].uid


def move(project: Lists, sheet: Sheet) -> None:
    """Move a task to another section, as into one that is called Done."""
    item = project.pick(sheet.items)
    if item is not None:
        sheet.items.remove(item)
        item.section = project.random.choice((*project.sections, "Done", "Later"))
        sheet.items.append(item)
        by_section(sheet)


def rejoin(project: Lists, sheet: Sheet) -> None:
    """Write a task's id in bold, strike a task through, tick it in capitals."""
    item = project.pick(sheet.items)
    if item is not None:
        item.style["join"] = project.random.choice(("", "bold", "colon", "struck"))
        item.style["mark"] = str(project.some(0, 2))
        item.style["struck"] = project.random.choice(("", "", "yes"))


def part(project: Lists, sheet: Sheet) -> None:
    """Take a task out for a while, or bring one back; it may have been finished meanwhile."""
    shelf = project.shelf.setdefault(sheet.uid, [])
    used = {item.id for item in sheet.items}
    if shelf and project.chance(0.6):
        item = shelf.pop()
        here = item.uid in {each.uid for each in sheet.items}
        if not here and (item.id is None or item.id not in used):
            item.status = DONE if project.chance(0.4) else item.status
            sheet.items.append(item)
            by_section(sheet)
    elif len(sheet.items) > 4:
        item = project.random.choice(sheet.items)
        if item.words != _CHECKPOINT:
            sheet.items.remove(item)
            shelf.append(item)


EDITS: Sequence[tuple[int, Callable[..., None]]] = (
    (30, tick), (6, untick), (6, start), (8, retitle), (8, finish_and_retitle), (5, shuffle),
    (4, drop), (8, put_in), (8, renumber), (4, regenerate), (2, replace_plan), (5, move),
    (5, rejoin), (6, restyle), (5, part),
)  # fmt: skip
