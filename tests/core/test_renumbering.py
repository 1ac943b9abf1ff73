"""A list whose numbers were dealt anew: its tasks are known by their words."""

from __future__ import annotations

import pytest

from spec_notify.core.renumbering import renumbered, standing_name
from spec_notify.core.snapshot import Snapshot, diff
from spec_notify.sources.document import read_document

KIRO = ".kiro/specs/mail/tasks.md"
BEFORE = """
- [x] 1.1 Light the lamp
- [ ] 1.2 Drive the van
- [ ] 1.3 Close the door
"""


def _list(text: str, path: str = "openspec/changes/mail/tasks.md") -> Snapshot:
    return read_document(path, text)


def _told(before: str, after: str, path: str = KIRO) -> list[tuple[str | None, str]]:
    changes = diff(_list(before, path), _list(after, path))
    return [(each.task.id, each.kind) for each in changes]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (
            (
                "- [ ] 1.1 Fill the lamp with oil\n- [x] 1.2 Light the lamp\n"
                "- [ ] 1.3 Drive the van\n- [ ] 1.4 Close the door"
            ),
            [("1.1", "appeared")],
        ),
        (
            "- [x] 1.1 Light the lamp\n- [x] 1.2 Close the door",
            [("1.2", "completed"), ("1.2", "vanished")],
        ),
        (
            "- [ ] 1.1 Drive the van\n- [x] 1.2 Light the lamp\n- [ ] 1.3 Close the door",
            [],
        ),
        (
            (
                "- [ ] 1.1 Fill the pump with oil\n- [x] 1.2 Light the big lamp\n"
                "- [x] 1.3 Drive the van\n- [ ] 1.4 Close the door"
            ),
            [("1.1", "appeared"), ("1.3", "completed")],
        ),
        (
            "- [ ] 2.1 Drive the van\n- [ ] 2.2 Close the door\n- [x] 2.3 Light the lamp",
            [],
        ),
    ],
    ids=["put in", "taken out and done", "turned round", "reworded too", "another group"],
)
def test_a_task_keeps_its_status_under_another_number(
    after: str, told: list[tuple[str | None, str]]
) -> None:
    assert sorted(_told(BEFORE, after)) == sorted(told)


def test_steps_that_say_the_same_are_told_apart_by_their_heading() -> None:
    before = (
        "## A\n- [x] 1. Light the lamp\n- [x] 2. Checkpoint\n## B\n- [ ] 3. Drive\n"
        "- [ ] 4. Checkpoint"
    )
    after = (
        "## A\n- [ ] 1. Fill it\n- [x] 2. Light the lamp\n- [x] 3. Checkpoint\n## B\n"
        "- [ ] 4. Drive\n- [x] 5. Checkpoint"
    )
    assert _told(before, after) == [("1", "appeared"), ("5", "completed")]


def test_a_task_may_get_a_number_that_another_leaves() -> None:
    before = "- [x] 1.1 Light the lamp\n- [ ] Drive the van\n- [x] 1.2 Close the door"
    after = "- [x] 1.1 Light the lamp\n- [ ] 1.2 Drive the van\n- [x] 1.3 Close the door"
    assert _told(before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- [ ] T001 Light the lamp", "- [x] T001 Drive the van"),
        ("- [ ] T001 Light the lamp", "- [x] T001 Light the lamp - it shines"),
    ],
)
def test_an_id_keeps_its_task_where_its_words_went_nowhere_else(before: str, after: str) -> None:
    assert _told(before, after) == [("T001", "completed")]


def test_an_id_in_a_column_is_no_number_of_this_kind() -> None:
    head = "| ID | Task | Status |\n|---|---|---|\n"
    before = f"{head}| T1 | Light the lamp | Done |\n| T2 | Drive the van | Backlog |\n"
    after = f"{head}| T1 | Drive the van | Backlog |\n| T2 | Light the lamp | Done |\n"
    assert _told(before, after, "SPEC.md") == [("T1", "reopened"), ("T2", "completed")]


def test_nothing_is_renumbered_where_numbers_stay() -> None:
    assert renumbered(_list(BEFORE), _list(BEFORE.replace("[ ]", "[x]"))) == ()
    assert renumbered(_list(BEFORE), _list(BEFORE.replace("lamp", "big lamp"))) == ()


def test_a_name_is_remembered_with_its_words_where_numbers_may_be_dealt_anew() -> None:
    (first, *_), (other, *_) = _list(BEFORE).tasks, _list(BEFORE.replace("lamp", "pump")).tasks
    assert first.key == other.key
    assert standing_name(first) != standing_name(other)
    assert standing_name(first).split("\n")[0] == first.key
    table = _list("| ID | Task | Status |\n|---|---|---|\n| T1 | Drive | Done |", "SPEC.md")
    assert standing_name(table.tasks[0]) == "T1"


TABLE = "| ID | Task | Status |\n|---|---|---|\n| M1 | Weigh the parcels | Backlog |\n\n"


def test_boxes_beside_a_task_table_are_renumbered_too() -> None:
    before = f"{TABLE}- [x] T001 set up\n- [x] T002 write parser\n- [ ] T003 deploy\n"
    after = (
        f"{TABLE}- [x] T001 set up\n- [ ] T002 choose a licence\n- [x] T003 write parser\n"
        "- [ ] T004 deploy\n"
    )
    assert _list(before).format == "mixed"
    assert _told(before, after, "specs/1/tasks.md") == [("T002", "appeared")]


def test_tags_behind_a_number_are_no_words_of_the_task() -> None:
    before = "- [x] T001 Light the lamp\n- [x] T002 [P] [US1] Draw\n- [ ] [P] T003 Drive\n"
    after = (
        "- [x] T001 [P] Light the lamp\n- [ ] T002 [P] Weigh all parcels\n"
        "- [x] T003 [Story: P1] Draw\n- [ ] T004 [P] Drive\n"
    )
    assert [each.title for each in _list(before).tasks][1:] == ["Draw", "Drive"]
    assert _told(before, after, "specs/1/tasks.md") == [("T002", "appeared")]
