"""Lists as spec-kit, OpenSpec and Kiro write them: where they are, how they number and mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .lists import EDITS, Lists
from .truth import DOING, DONE, OPEN

if TYPE_CHECKING:
    from .truth import Item, Sheet


class SpecKit(Lists):
    """`specs/001-name/tasks.md`, ids T001 on through all phases."""

    edits = EDITS
    sections = (
        "Phase 1: Setup", "Phase 2: Foundational", "Phase 3: User Story 1 - Send (P1) 🎯 MVP",
        "Phase 4: User Story 2 - Track (P2)", "Phase N: Polish",
    )  # fmt: skip
    marks: ClassVar = {OPEN: ("[ ]",), DOING: ("[~]", "[/]", "[-]"), DONE: ("[X]", "[x]")}

    def place(self, feature: str) -> str:
        return f"specs/{self.uid():03}-{feature}/tasks.md"

    def number(self, sheet: Sheet) -> None:
        if self.numbered(sheet):
            named = [item for item in sheet.items if item.id is not None or item.status == OPEN]
            for place, item in enumerate(named, 1):
                item.id = f"T{place:03}"

    def spare(self, sheet: Sheet, item: Item) -> str:
        used = {each.id for each in sheet.items}
        if item.id and item.id[1:].isdigit() and self.chance(0.5):
            letters = "abcdABCD"
            free = (f"{item.id}{letter}" for letter in letters)
            return next(each for each in free if each not in used)
        return next(f"T{n:03}" for n in range(1, 999) if f"T{n:03}" not in used)

    def opened(self, id_: str, words: str, style: dict[str, str]) -> str:
        if not style.get("join") and len(words) % 3 == 0:
            return f"{id_} [P] [US{len(words) % 4}] {words}"
        return super().opened(id_, words, style)


class OpenSpec(Lists):
    """`openspec/changes/name/tasks.md`, archived when it is over; ids 1.1 below `## 1.`."""

    edits = EDITS
    sections = ("1. Parcels", "2. Letters", "3. Verification", "4. Documentation")
    marks: ClassVar = {OPEN: ("[ ]", "[]"), DOING: ("[~]", "[?]"), DONE: ("[x]", "[X]", "[ x]")}

    def begin(self) -> None:
        super().begin()
        self.archived: set[int] = set()

    def place(self, feature: str) -> str:
        return f"openspec/changes/add-{feature}/tasks.md"

    def number(self, sheet: Sheet) -> None:
        if not self.numbered(sheet):
            return
        sections = list(dict.fromkeys(item.section for item in sheet.items))
        for place, section in enumerate(sections, 1):
            named = [item for item in sheet.items if item.section == section]
            for step, item in enumerate(named, 1):
                item.id = f"{place}.{step}"

    def spare(self, sheet: Sheet, item: Item) -> str:
        used = {each.id for each in sheet.items}
        group = item.id.split(".")[0] if item.id else "9"
        if item.id and item.id.count(".") == 1 and self.chance(0.3):
            return next(f"{item.id}.{n}" for n in range(1, 99) if f"{item.id}.{n}" not in used)
        return next(f"{group}.{n}" for n in range(1, 99) if f"{group}.{n}" not in used)

    def news(self) -> None:
        """Archive a change, often with its last boxes ticked in the same commit."""
        if not self.chance(0.1):
            return
        sheet = self.random.choice(self.sheets)
        if sheet.uid in self.archived:
            return
        self.archived.add(sheet.uid)
        for item in sheet.items:
            if self.chance(0.5):
                item.status = DONE
        name = sheet.path.split("/")[2]
        sheet.path = f"openspec/changes/archive/2026-03-{self.some(10, 28)}-{name}/tasks.md"

    def commit(self) -> None:
        self.news()
        live = [sheet for sheet in self.sheets if sheet.uid not in self.archived]
        if not live:
            self.sheets.append(self.plan(self.place(f"more-{self.uid()}")))
            return
        kept, self.sheets = self.sheets, live
        super_news, self.news = self.news, lambda: None  # type: ignore[method-assign]
        super().commit()
        self.sheets, self.news = kept, super_news  # type: ignore[method-assign]


class Kiro(Lists):
    """`.kiro/specs/name/tasks.md`: `1.` and `1.1`; `[-]` is under way, `[~]` queued."""

    edits = EDITS
    sections = ("Tasks", "Phase 2", "Notes and rest")
    sizes = (3, 6)
    marks: ClassVar = {OPEN: ("[ ]", "[ ]*", "[~]"), DOING: ("[-]",), DONE: ("[x]", "[x]*")}

    def place(self, feature: str) -> str:
        return f".kiro/specs/{feature}/tasks.md"

    def number(self, sheet: Sheet) -> None:
        if not self.numbered(sheet):
            return
        top = sub = 0
        for item in sheet.items:
            if item.depth == 0 or top == 0:
                top, sub, item.depth = top + 1, 0, 0
                item.id = f"{top}"
            else:
                sub += 1
                item.id = f"{top}.{sub}"

    def spare(self, sheet: Sheet, item: Item) -> str:
        used = {each.id for each in sheet.items}
        if item.id and "." in item.id:
            group = item.id.split(".")[0]
            return next(f"{group}.{n}" for n in range(1, 99) if f"{group}.{n}" not in used)
        return next(f"{n}" for n in range(1, 99) if f"{n}" not in used)

    def opened(self, id_: str, words: str, style: dict[str, str]) -> str:
        if "." not in id_:
            bold = style.get("join") == "bold"
            return f"**{id_}. {words}**" if bold else f"{id_}. {words}"
        return super().opened(id_, words, style)
