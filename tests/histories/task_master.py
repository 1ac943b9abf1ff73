"""task-master: one JSON file of tags, each with numbered tasks and subtasks.

Shapes as in public repositories: the old flat file beside the tagged one, ids as numbers or as
strings, `previousStatus`, tasks expanded and cleared, tags that come and go, the file written
compactly or with its keys in another order, metadata with counts and statuses of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from .project import Project, finish_and_retitle, retitle, tick, untick
from .truth import DOING, DONE, DROPPED, OPEN, REVIEW, Item, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SAID = {
    OPEN: ("pending", "deferred", "blocked"),
    DOING: ("in-progress",),
    REVIEW: ("review",),
    DONE: ("done", "completed"),
    DROPPED: ("cancelled",),
}
_MASTER = "master"


class TaskMaster(Project):
    """`.taskmaster/tasks/tasks.json`; an item's section is its tag."""

    edits: ClassVar[Sequence[tuple[int, Callable[..., None]]]]

    def begin(self) -> None:
        sheet = Sheet(uid=self.uid(), path=".taskmaster/tasks/tasks.json")
        self.sheets.append(sheet)
        for n in range(1, self.some(5, 9)):
            sheet.items.append(self.item(section=_MASTER, id=str(n)))
            if self.chance(0.4):
                expand(self, sheet)

    def write(self, sheet: Sheet) -> str:
        style = {key: int(value) for key, value in sheet.style.items()}
        tags = dict.fromkeys([_MASTER, *(item.section for item in sheet.items)])
        whole: dict[str, object] = {
            tag: {
                "tasks": self.tasks(sheet, tag, "", style),
                "metadata": {"created": "2026-03-02T09:00:00Z", "status": "done", "id": 7},
            }
            for tag in tags
        }
        if style.get("noise", 0) % 3 == 1 and len(tags) == 1:
            whole = {"tasks": self.tasks(sheet, _MASTER, "", style), "meta": {"version": "0.1"}}
        dense = style.get("newline", 0) % 4 == 1
        return json.dumps(whole, indent=None if dense else 2, ensure_ascii=bool(dense)) + "\n"

    def tasks(
        self, sheet: Sheet, tag: str, above: str, style: dict[str, int]
    ) -> list[dict[str, object]]:
        """Answer the tasks of a tag, or the subtasks of one of them."""
        found = []
        for item in sheet.items:
            name = _own(item)
            parent, _, last = name.rpartition(".")
            if item.section != tag or parent != above:
                continue
            task: dict[str, object] = {"id": self.numbered(name, last, style), "title": item.words}
            said = _SAID[item.status]
            task["status"] = said[int(item.style.get("said", 0)) % len(said)]
            task["description"] = '"status": "done" is what another one says'
            task["dependencies"] = [1]
            if item.style.get("before"):
                task["previousStatus"] = item.style["before"]
            if above:
                task["parentTaskId"] = int(above)
            else:
                task["subtasks"] = self.tasks(sheet, tag, name, style)
            found.append(dict(reversed(task.items())) if style.get("mark", 0) % 3 == 2 else task)
        return found

    def numbered(self, name: str, last: str, style: dict[str, int]) -> object:
        """Answer an id as one version of the tool or another writes it."""
        match style.get("tail", 0) % 4:
            case 1:
                return last
            case 2:
                return name
        return int(last)


def _own(item: Item) -> str:
    whole = item.id or ""
    return whole if item.section == _MASTER else whole.removeprefix(f"{item.section}.")


def _named(tag: str, name: str) -> str:
    return name if tag == _MASTER else f"{tag}.{name}"


def advance(project: TaskMaster, sheet: Sheet) -> None:
    """Set a status; its subtasks go with a task that is done."""
    item = project.pick(sheet.items)
    if item is None:
        return
    item.style["before"] = _SAID[item.status][0]
    item.style["said"] = str(project.some(0, 5))
    item.status = project.random.choice((OPEN, DOING, REVIEW, DONE, DONE, DROPPED))
    if item.status == DONE and project.chance(0.5):
        for each in _under(sheet, item):
            each.status = DONE


def expand(project: TaskMaster, sheet: Sheet) -> None:
    """Split a task into subtasks."""
    item = project.pick(each for each in sheet.items if "." not in _own(each))
    if item is not None and not _under(sheet, item):
        for n in range(1, project.some(2, 6)):
            name = _named(item.section, f"{_own(item)}.{n}")
            sheet.items.append(project.item(section=item.section, id=name))


def clear(project: TaskMaster, sheet: Sheet) -> None:
    """Take a task's subtasks away."""
    item = project.pick(each for each in sheet.items if "." not in _own(each))
    if item is not None and len(sheet.items) > 8:
        for each in _under(sheet, item):
            sheet.items.remove(each)


def add(project: TaskMaster, sheet: Sheet) -> None:
    """Add a task under the next number of a tag; now and then one that is done."""
    item = project.pick(sheet.items)
    if item is not None:
        _append(project, sheet, item.section)


def tag(project: TaskMaster, sheet: Sheet) -> None:
    """Begin a tag, or delete one with all that is in it."""
    tags = {item.section for item in sheet.items} - {_MASTER}
    if len(tags) > 1:
        gone = project.random.choice(sorted(tags))
        sheet.items = [item for item in sheet.items if item.section != gone]
    else:
        for _ in range(project.some(1, 4)):
            _append(project, sheet, f"feature-{len(tags)}")


def rewrite(project: TaskMaster, sheet: Sheet) -> None:
    """Let another version of the tool write the same file."""
    sheet.style |= {key: str(project.some(0, 9)) for key in ("noise", "newline", "mark", "tail")}


def remove(project: TaskMaster, sheet: Sheet) -> None:
    """Remove a task with its subtasks."""
    item = project.pick(sheet.items)
    if item is not None and len(sheet.items) > 8:
        for each in [item, *_under(sheet, item)]:
            sheet.items.remove(each)


def part(project: TaskMaster, sheet: Sheet) -> None:
    """Take a leaf out for a while, or bring it back; it may have been finished meanwhile."""
    shelf = project.shelf.setdefault(sheet.uid, [])
    if shelf:
        item = shelf.pop()
        parent = item.id.rpartition(".")[0] if item.id and "." in _own(item) else None
        ids = {each.id for each in sheet.items}
        if item.id not in ids and (parent is None or parent in ids):
            item.status = DONE if project.chance(0.4) else item.status
            sheet.items.append(item)
    else:
        leaf = project.pick(each for each in sheet.items if not _under(sheet, each))
        if leaf is not None:
            sheet.items.remove(leaf)
            shelf.append(leaf)


def _append(project: TaskMaster, sheet: Sheet, tag: str) -> None:
    own = [_own(item) for item in sheet.items if item.section == tag]
    number = max((int(name) for name in own if "." not in name), default=0) + 1
    item = project.item(section=tag, id=_named(tag, str(number)))
    item.status = DONE if project.chance(0.2) else OPEN
    sheet.items.append(item)


def _under(sheet: Sheet, item: Item) -> list[Item]:
    return [each for each in sheet.items if (each.id or "").startswith(f"{item.id}.")]


TaskMaster.edits = (
    (15, tick), (20, advance), (5, untick), (8, retitle), (5, finish_and_retitle), (6, expand),
    (3, clear), (8, add), (4, tag), (8, rewrite), (4, remove), (5, part),
)  # fmt: skip
