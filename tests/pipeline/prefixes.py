"""A writer so slow that every prefix of its file is looked at."""

from __future__ import annotations

import json
import os
from random import Random  # noqa: TID251 - a seed chooses a document
from typing import TYPE_CHECKING

from spec_notify.pipeline.intake import Wish
from spec_notify.wiring import Wiring, now
from tests.pipeline.desk import ANY
from tests.repository import environment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spec_notify.pipeline.intake import Looked

RESTED, FINISHED = 2, 6
"""Seconds since the last byte: long enough for any look to come, and for a file to be believed."""
STATUSES = ("Backlog", "In Progress", "In Review", "Done", "Blocked", "Done - needs review")
NAMES = (
    "Draw the route",
    "Fold it",
    "Send it",
    "Keep it",
    "Write the docs",
    "Write the docs again",
)

Told = list[tuple[str, str | None]]


class Slow:
    """A folder without git in which one document is written, slowly or at once."""

    def __init__(self, folder: Path, path: str, before: bytes) -> None:
        root = folder / "shop"
        self._path, self._file = path, root / path
        self._file.parent.mkdir(parents=True)
        (folder / "config.toml").write_text(f"enabled = true\n{ANY}")
        env = environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        self._wiring = Wiring.open(root, config_file=str(folder / "config.toml"), env=env)
        self._put(before)
        self._look(Wish(baseline=True))

    def told(self, texts: Iterable[bytes], *, settled: bool) -> Told:
        """Answer what is told while the file stands like this and like that."""
        wish = Wish(settled=(self._path,) if settled else ())
        told: Told = []
        for text in texts:
            self._put(text)
            told += self._told(wish)
        self._age(FINISHED)
        told += self._told(wish)
        self._wiring.close()
        return told

    def _told(self, wish: Wish) -> Told:
        events = self._look(wish).events
        return [(e.task or json.loads(e.body)["data"]["task"]["title"], e.status) for e in events]

    def _put(self, text: bytes) -> None:
        self._file.write_bytes(text)
        self._age(RESTED)

    def _age(self, seconds: int) -> None:
        rested = now() / 1000 - seconds
        os.utime(self._file, (rested, rested))

    def _look(self, wish: Wish) -> Looked:
        return self._wiring.intake().look(wish)


def grown(after: bytes) -> list[bytes]:
    """Answer every prefix of a file that is written anew."""
    return [after[:end] for end in range(len(after) + 1)]


def overwritten(before: bytes, after: bytes) -> list[bytes]:
    """Answer every state of a file that is written over from its start."""
    return [after[:end] + before[end:] for end in range(len(after) + 1)]


def document(seed: int) -> tuple[str, bytes, bytes]:
    """Answer a path, and a document there before and after an edit."""
    chance = Random(seed)
    kind = chance.choice(sorted(SHAPES))
    path, shape = SHAPES[kind]
    before = [(name, chance.choice(STATUSES)) for name in NAMES[: chance.randint(2, len(NAMES))]]
    after = [
        (name, chance.choice(STATUSES) if chance.random() < 0.4 else status)
        for name, status in before
    ]
    ends = chance.choice(("\n", "\n", "\r\n"))
    cut = chance.random() < 0.3
    old, new = (shape(rows).replace("\n", ends) for rows in (before, after))
    if cut:
        old, new = old.rstrip(), new.rstrip()
    return path, old.encode(), new.encode()


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"| T{n} | {name} | {status} |\n" for n, (name, status) in enumerate(rows, 9))
    return f"# Shop\n\n| ID | Title | Status |\n|-|-|-|\n{lines}"


def _boxes(rows: list[tuple[str, str]]) -> str:
    marks = {"Done": "x"}
    lines = "".join(f"- [{marks.get(status, ' ')}] {name}\n" for name, status in rows)
    return f"# Shop\n\n{lines}"


def _named_boxes(rows: list[tuple[str, str]]) -> str:
    marks = {"Done": "x"}
    lines = "".join(
        f"- [{marks.get(status, ' ')}] T{n} {name}\n" for n, (name, status) in enumerate(rows, 1)
    )
    return f"# Shop\n\n{lines}- [ ] T12 {NAMES[0]} twice\n"


def _mixed(rows: list[tuple[str, str]]) -> str:
    half = len(rows) // 2
    return f"{_table(rows[:half])}\n{_boxes(rows[half:])}"


def _front_matter(rows: list[tuple[str, str]]) -> str:
    name, status = rows[0]
    return f"---\nid: task-7\ntitle: {name}\nstatus: {status}\n---\n\n## Description\n\nDo it.\n"


def _task_master(rows: list[tuple[str, str]]) -> str:
    words = {"Done": "done", "In Review": "review", "In Progress": "in-progress"}
    tasks = [
        {"id": n, "title": name, "status": words.get(status, "pending"), "subtasks": []}
        for n, (name, status) in enumerate(rows, 1)
    ]
    return json.dumps({"master": {"tasks": tasks}}) + "\n"


SHAPES = {
    "table": ("SPEC.md", _table),
    "boxes": ("specs/a/tasks.md", _boxes),
    "named boxes": ("specs/a/tasks.md", _named_boxes),
    "mixed": ("SPEC.md", _mixed),
    "front matter": ("backlog/tasks/task-7 - draw.md", _front_matter),
    "task-master": (".taskmaster/tasks/tasks.json", _task_master),
}
