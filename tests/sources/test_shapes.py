"""Files in the odd shapes real repositories have, and every task that is in them.

An expected task is its id, title, status, status text and line. The files are ours; the shapes
were seen in public repositories of the tools' users.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.sources.document import read_document, unreadable

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot

SHAPES = Path(__file__).parents[2] / "fixtures" / "tasks" / "shapes"
FILES = sorted(each for each in SHAPES.iterdir() if not each.name.endswith(".expected.json"))


def _expected(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.with_name(f"{file.stem}.expected.json").read_text("utf-8")))


def _rows(snapshot: Snapshot) -> list[list[object]]:
    return [
        [task.id, task.title, task.status.canonical, task.status.text, task.line]
        for task in snapshot.tasks
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_task_of_an_odd_file_is_read_as_it_is_meant(file: Path, newline: str) -> None:
    expected = _expected(file)
    text = "\ufeff" + file.read_text("utf-8").replace("\n", newline)

    snapshot = read_document(expected["path"], text)

    assert unreadable(expected["path"], text) is None
    assert _rows(snapshot) == expected["tasks"]
    assert snapshot.format == expected["format"]
    assert sorted({notice.code for notice in snapshot.notices}) == expected["notices"]


def test_every_tool_has_a_file_and_every_file_an_answer() -> None:
    tools = ("spec-kit", "openspec", "kiro", "backlog", "task-master", "spec-tables")
    assert all(any(file.name.startswith(tool) for file in FILES) for tool in tools)
    answers = {each.name.removesuffix(".expected.json") for each in SHAPES.glob("*.expected.json")}
    assert answers == {file.stem for file in FILES}
