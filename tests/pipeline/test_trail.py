"""What is remembered of rows that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.trail import MOST_VANISHED, Trail
from spec_notify.sources.document import read_document
from tests.pipeline.desk import ANY, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.core.snapshot import Snapshot, Transition

LIST = "docs/SPEC-A-1/tasks.md"
ORDERED = "| Order | Task | Owner | Status |\n|---|---|---|---|\n"


def boxes(*lines: str) -> Snapshot:
    return read_document("TODO.md", "# Now\n\n" + "".join(f"- [ ] {line}\n" for line in lines))


def test_a_reworded_row_is_not_gone() -> None:
    trail = Trail(boxes("Draw the route", "Fold it"), {})

    trail.compare(boxes("Draw the whole route", "Fold it"), None, None)

    assert trail.vanished == {}


def test_what_a_silent_move_took_away_is_not_gone() -> None:
    trail = Trail(boxes("Draw the route", "Fold it"), {})

    trail.rest(boxes("Fold it"))

    assert trail.vanished == {}


def test_what_stands_again_is_gone_no_more() -> None:
    trail = Trail(boxes("Draw the route", "Fold it"), {})
    trail.compare(boxes("Fold it"), None, None)
    assert len(trail.vanished) == 1

    trail.rest(boxes("Draw the route", "Fold it"))

    assert trail.vanished == {}


def test_only_the_rows_last_gone_are_remembered() -> None:
    ids = [f"T{n}" for n in range(MOST_VANISHED + 5)]
    trail = Trail(boxes("T9999 stay", *(f"{each} a task" for each in ids[:5])), {})
    trail.compare(boxes("T9999 stay", *(f"{each} a task" for each in ids[5:])), None, None)

    trail.compare(boxes("T9999 stay"), None, None)

    assert sorted(name.partition("\n")[0] for name in trail.vanished) == sorted(ids[5:])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{ORDERED}| 1 | Draw the route | A | Done |", f"{ORDERED}| 1 | Bake bread | A | Done |"),
        (f"{ORDERED}| 1 | Draw it | A | Backlog |", "- [x] T001 Bake bread\n- [x] T002 Sell it"),
        ("- [ ] T001 Bake bread", f"{ORDERED}| 1 | Draw it | A | In Review |"),
    ],
    ids=["rewritten beyond recognition", "boxes instead of a table", "a table instead of boxes"],
)
def test_a_look_tells_of_no_row_that_only_seems_new(
    tmp_path: Path, before: str, after: str
) -> None:
    desk = Desk(tmp_path)
    desk.repository.commit({LIST: f"{before}\n"})
    desk.look()
    desk.repository.commit({LIST: f"{after}\n"})
    assert desk.told() == []


def test_a_row_is_told_although_one_of_its_id_was_told_and_is_gone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    head = "| ID | Task | Status |\n|---|---|---|\n"
    desk.repository.commit({LIST: f"{head}| T7 | Draw | Backlog |\n| T7 | Fold | Backlog |\n"})
    desk.look()
    desk.repository.commit({LIST: f"{head}| T7 | Draw | Done |\n| T7 | Fold | Backlog |\n"})
    assert desk.told() == [("T7", "Done")]
    desk.repository.commit({LIST: f"{head}| T7 | Fold | Backlog |\n"})
    assert desk.told() == []
    desk.repository.commit({LIST: f"{head}| T7 | Fold | Done |\n"})
    assert desk.told() == [("T7", "Done")]


@pytest.mark.parametrize(
    ("mark", "told"), [("x", [("T003", "Done")]), (" ", [])], ids=["done", "open"]
)
def test_a_number_that_is_another_task_s_now_is_not_compared_with_the_one_gone(
    tmp_path: Path, mark: str, told: list[tuple[str, str]]
) -> None:
    desk = Desk(tmp_path, ANY.replace('["*"]', '["spec-kit.task.completed"]'))
    first = "- [ ] T001 set up\n- [ ] T002 write the parser\n"
    desk.repository.commit({LIST: f"{first}- [x] T003 configure the linter\n"})
    desk.look()
    desk.repository.commit({LIST: first})
    assert desk.told() == []
    desk.repository.commit({LIST: f"{first}- [{mark}] T003 deploy everything to production\n"})
    assert desk.told() == told
    assert not any(each.kind == "reopened" for each in _kinds(mark))


def _kinds(mark: str) -> tuple[Transition, ...]:
    trail = Trail(boxes("T001 a"), {})
    trail.compare(read_document("TODO.md", "- [x] T003 configure it\n"), None, None)
    trail.compare(boxes("T001 a"), None, None)
    trail.compare(read_document("TODO.md", f"- [{mark}] T003 deploy all of it\n"), None, None)
    return tuple(each.transition for each in trail.changes[-1:])


def test_an_id_that_became_another_task_is_told_although_the_first_was(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    head = "| ID | Task | Status | PRD |\n|---|---|---|---|\n"
    one = "| T7 | Draw the route | {} | docs/SPEC-A-1/PRD.md |\n"
    desk.repository.commit({LIST: head + one.format("Backlog")})
    desk.look()
    desk.repository.commit({LIST: head + one.format("Done")})
    assert desk.told() == [("T7", "Done")]
    desk.repository.commit({LIST: f"{head}| T7 | Invoice all | Done | docs/SPEC-B-2/PRD.md |\n"})
    assert desk.told() == [("T7", "Done")]
