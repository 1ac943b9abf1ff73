"""Backlog.md: a file per task, whose name follows its title and which moves when it is finished.

Shapes as in public repositories: quoted scalars, folded titles, an id written in capitals one day
where it was in small, sub-tasks `task-4.02`, a file renamed in the commit that finishes it,
`completed/` and `archive/`, drafts, documents and milestones that are no tasks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from .project import Project
from .truth import DOING, DONE, OPEN, REVIEW, Item, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SAID = {OPEN: "To Do", DOING: "In Progress", REVIEW: "In Review", DONE: "Done"}
_QUOTES = ("{}", '"{}"', "'{}'")
_OTHERS = {
    "backlog/config.yml": 'project_name: "Post"\ndefault_status: "To Do"\n',
    "backlog/drafts/draft-1 - Think.md": "---\nid: draft-1\ntitle: Think\nstatus: Done\n---\n",
    "backlog/decisions/decision-1 - Ink.md": "---\nid: decision-1\nstatus: accepted\n---\n",
    "backlog/docs/doc-1 - Map.md": "---\nid: doc-1\ntitle: Map\n---\n\n- [x] drawn\n",
}


class Backlog(Project):
    """`backlog/tasks/task-7 - Title-of-it.md`."""

    edits: ClassVar[Sequence[tuple[int, Callable[..., None]]]]

    def begin(self) -> None:
        self._number = 0
        for _ in range(self.some(4, 8)):
            self.sheets.append(self.made())

    def made(self) -> Sheet:
        """Make a task and its file."""
        whole = [sheet.items[0].id for sheet in self.sheets if "." not in (sheet.items[0].id or "")]
        self._number += 1
        id_ = f"task-{self._number}"
        if whole and self.chance(0.25):
            id_ = f"{self.random.choice(whole)}.{self._number:02}"
        item = self.item(id=id_)
        item.status = self.random.choice((OPEN, OPEN, DOING, DONE))
        sheet = Sheet(uid=self.uid(), path="", items=[item])
        _rename(sheet, "backlog/tasks")
        return sheet

    def clear(self, before: Sheet, sheet: Sheet) -> bool:
        """A file is a task: its id says which, in whatever letters."""
        return True

    def commit(self) -> None:
        super().commit()
        # A file that first stands where finished ones are kept is nobody's new document.
        if self.chance(0.3):
            self.sheets.append(self.made())

    def tree(self) -> dict[str, str]:
        return {**_OTHERS, **super().tree()}

    def write(self, sheet: Sheet) -> str:
        (item,) = sheet.items
        style = {key: int(value) for key, value in sheet.style.items()}
        head = [f"id: {item.id}", *self.titled(item.words, style)]
        head.append(f"status: {_QUOTES[style.get('mark', 0) % 3].format(_SAID[item.status])}")
        head += ["assignee:", "  - '@ada'"] if style.get("tail", 0) % 2 else ["assignee: []"]
        head += ["created_date: '2026-03-02 09:00'", "labels: [post, 'desk, back']"]
        if style.get("noise", 0) % 3 == 1:
            head += ["milestone: m-1", f"ordinal: {item.uid * 1000}", "dependencies: []"]
        ticked = "x" if style.get("bullet", 0) % 2 else " "
        body = (
            "## Description\n\nstatus: Done is what another task says.\n\n"
            "## Acceptance Criteria\n<!-- AC:BEGIN -->\n"
            f"- [{ticked}] #1 It works\n- [x] #2 It is written down\n<!-- AC:END -->\n"
        )
        text = "\n".join(["---", *head, "---", "", body])
        return text.replace("\n", "\r\n") if style.get("newline", 0) % 3 == 1 else text

    def titled(self, words: str, style: dict[str, int]) -> list[str]:
        """Answer the title as YAML writers put it: bare, quoted or folded."""
        match style.get("mark", 0) % 3:
            case 1:
                first, _, rest = words.partition(" the ")
                return ["title: >-", f"  {first} the" if rest else f"  {first}", f"  {rest}"]
            case 2:
                return [f"title: '{words}'"]
        return [f'title: "{words}"']


def advance(project: Backlog, sheet: Sheet) -> None:
    """Give the task another status."""
    sheet.items[0].status = project.random.choice((OPEN, DOING, REVIEW, DONE, DONE))


def edit(project: Backlog, sheet: Sheet) -> None:
    """Edit the task by way of the tool: the whole file is written anew."""
    sheet.style |= {
        key: str(project.some(0, 9)) for key in ("mark", "tail", "noise", "bullet", "newline")
    }


def retitle(project: Backlog, sheet: Sheet) -> None:
    """Give the task another title, and by default the file another name."""
    item = sheet.items[0]
    anew = project.chance(0.4)
    item.words = project.words.name() if anew else project.words.reworded(item.words)
    if project.chance(0.7):
        _rename(sheet, sheet.path.rsplit("/", 1)[0])


def recase(project: Backlog, sheet: Sheet) -> None:
    """Write the id in capitals, as newer versions of the tool do."""
    item = sheet.items[0]
    item.id = (item.id or "").upper()


def file_away(project: Backlog, sheet: Sheet) -> None:
    """Move a finished task to where finished tasks are kept, or an unwanted one to the archive."""
    name = sheet.path.rsplit("/", 1)[1]
    if sheet.path.startswith("backlog/tasks/"):
        if project.chance(0.7):
            sheet.items[0].status = DONE
            sheet.path = f"backlog/completed/{name}"
        else:
            sheet.path = f"backlog/archive/tasks/{name}"
    elif sheet.path.startswith("backlog/completed/") and project.chance(0.3):
        sheet.path = f"backlog/tasks/{name}"


def _rename(sheet: Sheet, folder: str) -> None:
    item: Item = sheet.items[0]
    slug = re.sub(r"[^\w.()&+-]+", "-", item.words).strip("-")
    if folder == "backlog/tasks" or not sheet.path:
        sheet.path = f"{folder}/{(item.id or '').lower()} - {slug}.md"


Backlog.edits = ((30, advance), (10, edit), (8, retitle), (3, recase), (5, file_away))
