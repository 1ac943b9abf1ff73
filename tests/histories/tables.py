"""A SPEC.md of many tables, and task lists in tables that number their rows by place.

Shapes as the upstream tracker has them: columns that differ from table to table, decorated
statuses, remarks and dates behind them, ranges as ids, two rows of one id, rows wider than their
header, tables that list no tasks, rows without id, rows that move, vanish and return.
"""

from __future__ import annotations

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
from .truth import DOING, DONE, DROPPED, OPEN, REVIEW, Item, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SPEC = "SPEC.md"
_SECTIONS = ("Active Tasks", "**Quality** debt", "Docs & Evidence", "Rejected / Obsolete", "Later")
_HEADERS = (
    ("Order", "Task ID", "Title", "Status", "Owners", "PRD", "Branch", "Notes"),
    ("ID", "Task", "Status", "Notes"),
    ("Order", "Task ID", "Title", "Priority", "Status", "PRD", "Notes"),
    ("ID", "Task", "Status", "Effort", "Blocker"),
    ("Spec", "Status", "Description", "Sessions"),
)
_STATUSES = {
    OPEN: ("Backlog", "**Backlog**", "TODO", "Pending", "**NEEDS PRD**", "HIGH PRIORITY",
           "Done: 3/5", "Completed (80%)", "RESEARCH COMPLETE", "Scheduled (Sep 30)", "⏳ Pending"),
    DOING: ("In Progress", "**IN PROGRESS**", "wip", "In-Progress", "in progress (S1.0 done)"),
    REVIEW: ("In Review", "**needs review**", "Ready for review"),
    DONE: ("Done", "**DONE**", "**Done** — shipped in #12", "Done (2026-01-05)", "✅", "COMPLETE",
           "**COMPLETE** 2026-01-05", "✅ Done", "completed", "Done; see notes"),
    DROPPED: ("Removed", "**OBSOLETE**", "CLOSED", "**REJECTED**", "N/A", "Superseded"),
}  # fmt: skip
_IDS = ("T{}", "AR-{}", "SPEC-POST-{:03}", "MAINT-3.{}", "T{0}-T{0}9", "DOC-{}")
_OTHERS = (
    "| Stage | Status | Branch |\n|---|---|---|\n| plan | Done | main |\n| tasks | **DONE** | |",
    "| Risk | Mitigation | Status |\n|---|---|---|\n| rain | umbrella | Resolved |",
    "| Phase | Status | Key Deliverables |\n|:--|:-:|--:|\n| P0 | ✅ Done | `scan` |",
    "```\n| ID | Task | Status |\n|----|------|--------|\n| T1 | shown only | Done |\n```",
    "Progress: 9/9 done ✅ (T1 is done, T2 was removed)",
)


class Tables(Project):
    """Root SPEC.md and one or two `docs/SPEC-*/tasks.md`."""

    edits: ClassVar[Sequence[tuple[int, Callable[..., None]]]]

    def begin(self) -> None:
        self._number = 0
        self.sheets.append(self.sheet(_SPEC, _SECTIONS))
        for n in range(self.some(0, 2)):
            self.sheets.append(self.sheet(f"docs/SPEC-POST-{n:03}-mail/tasks.md", ("Tasks",)))

    def sheet(self, path: str, sections: Sequence[str]) -> Sheet:
        """Make a file of tables."""
        sheet = Sheet(uid=self.uid(), path=path)
        for section in sections:
            for _ in range(self.some(2, 6)):
                sheet.items.append(self.row(sheet, section))
        return sheet

    def row(self, sheet: Sheet, section: str) -> Item:
        """Make a row; in a list numbered by place few have an id."""
        named = self.chance(0.9 if sheet.path == _SPEC else 0.15)
        self._number += 1
        pattern = self.random.choice(_IDS) if sheet.path == _SPEC else "POST-DEMO-{}"
        item = self.item(section=section, id=pattern.format(self._number) if named else None)
        item.status = self.random.choice((OPEN, OPEN, OPEN, DOING, REVIEW))
        return item

    def write(self, sheet: Sheet) -> str:
        style = {key: int(value) for key, value in sheet.style.items()}
        lines = ["# Tracker", ""]
        for place, section in enumerate(dict.fromkeys(item.section for item in sheet.items)):
            items = [item for item in sheet.items if item.section == section]
            header = self.header(sheet, section, style)
            lines += [f"## {section}", "", *self.table(header, items, style), ""]
            if (style.get("noise", 0) + place) % 3 == 1:
                lines += [_OTHERS[(style.get("noise", 0) + place) % len(_OTHERS)], ""]
        text = "\n".join(lines)
        if style.get("newline", 0) % 3 == 1:
            text = text.replace("\n", "\r\n")
        return ("\ufeff" if style.get("bom", 0) == 1 else "") + text

    def header(self, sheet: Sheet, section: str, style: dict[str, int]) -> tuple[str, ...]:
        if sheet.path != _SPEC:
            return ("Order", "Task", "Owner", "Status", "Validation")
        return _HEADERS[(len(section) + style.get("bullet", 0)) % len(_HEADERS)]

    def table(
        self, header: tuple[str, ...], items: Sequence[Item], style: dict[str, int]
    ) -> list[str]:
        rule = (":---", "---", ":-:")[style.get("mark", 0) % 3]
        lines = [f"| {' | '.join(header)} |", f"|{'|'.join(rule for _ in header)}|"]
        for place, item in enumerate(items, 1):
            cells = [self.cell(name, item, place) for name in header]
            if style.get("tail", 0) % 3 == 2 and header[-1] == "Notes" and place == 2:
                cells[-1] = "`sort parcels | wc -l`"
            lines.append(f"| {' | '.join(cells)} |")
        return lines

    def cell(self, name: str, item: Item, place: int) -> str:
        words = item.words.replace("src/post/app.ts", "`src/post/app.ts`")
        match name:
            case "Order":
                return str(place)
            case "Task ID" | "ID" | "Spec":
                joined = {"bold": "**{}**", "struck": "~~{}~~"}.get(item.style.get("join", ""))
                return (joined or "{}").format(item.id) if item.id else "-"
            case "Title" | "Description":
                return words
            case "Task":
                inside = item.id is not None and item.id.startswith("POST-DEMO")
                return f"{item.id}: {words}" if inside else words
            case "Status":
                written = _STATUSES[item.status]
                return written[int(item.style.get("said", "0")) % len(written)]
            case "Owner" | "Owners":
                return "Ada, Code"
            case "PRD":
                return "[PRD](docs/SPEC-POST-001-letters/PRD.md)" if item.uid % 3 else ""
        return "" if place % 2 else "removed the old one; complete"


def advance(project: Tables, sheet: Sheet) -> None:
    """Give a task another status, or say the same one otherwise."""
    item = project.pick(sheet.items)
    if item is not None:
        item.status = project.random.choice((item.status, OPEN, DOING, REVIEW, DONE, DROPPED))
        item.style["said"] = str(project.some(0, 20))
        item.style["join"] = project.random.choice(("", "", "bold", "struck"))


def add(project: Tables, sheet: Sheet) -> None:
    """Add a row, at times of what is done already, at times under an id that is there."""
    beside = project.pick(sheet.items)
    if beside is None:
        return
    item = project.row(sheet, beside.section)
    item.status = DONE if project.chance(0.4) else item.status
    if project.chance(0.1) and beside.id is not None and sheet.path == _SPEC:
        item.id = beside.id
    sheet.items.append(item)
    by_section(sheet)


def move(project: Tables, sheet: Sheet) -> None:
    """Move a row to another table, also into one that was not there."""
    item = project.pick(sheet.items)
    if item is not None:
        sheet.items.remove(item)
        here = _SECTIONS if sheet.path == _SPEC else ("Tasks", "Done", "Next")
        item.section = project.random.choice(here)
        sheet.items.append(item)
        by_section(sheet)


def part(project: Tables, sheet: Sheet) -> None:
    """Take a row out for a while, or bring one back; it may have been finished meanwhile."""
    shelf = project.shelf.setdefault(sheet.uid, [])
    if shelf and project.chance(0.6):
        item = shelf.pop()
        ids = {each.id for each in sheet.items} - {None}
        if item.uid not in {each.uid for each in sheet.items} and item.id not in ids:
            item.status = DONE if project.chance(0.4) else item.status
            sheet.items.append(item)
            by_section(sheet)
    elif len(sheet.items) > 4:
        item = project.random.choice(sheet.items)
        sheet.items.remove(item)
        shelf.append(item)


Tables.edits = (
    (20, tick), (14, advance), (5, untick), (8, retitle), (6, finish_and_retitle), (6, shuffle),
    (4, drop), (12, add), (8, move), (6, restyle), (7, part),
)  # fmt: skip
