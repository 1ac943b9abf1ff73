"""Nineteen mistakes a naive reader of these documents makes, each with a case that shows it unmade.

They were found by measuring a tracker's real history; the cases are our own.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.config import DEFAULT_PATHS
from spec_notify.core.globs import matches
from spec_notify.core.snapshot import PRINTED, Transition, diff
from spec_notify.sources.document import read_document
from tests.pipeline.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.core.snapshot import Snapshot

SPEC = "SPEC-POST-001"


def tracker(*rows: str, header: str = "ID | Task | Status | Notes", before: str = "") -> Snapshot:
    ruler = "|".join(["---"] * (header.count("|") + 1))
    lines = (before, f"| {header} |", f"|{ruler}|", *rows)
    return read_document("SPEC.md", "\n".join(lines) + "\n")


def statuses(snapshot: Snapshot) -> dict[str | None, str]:
    return {task.id: task.status.canonical for task in snapshot.tasks}


def news(before: Snapshot, after: Snapshot) -> list[tuple[str | None, str]]:
    return [(each.task.id, each.kind) for each in printed(before, after)]


def printed(before: Snapshot, after: Snapshot) -> list[Transition]:
    return [each for each in diff(before, after) if each.kind in PRINTED]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def told(desk: Desk, **artefacts: object) -> dict[str, Any]:
    """Finish a task of the SPEC while these artefacts stand, and answer its event's data."""
    for name, known in artefacts.items():
        folder, _, file = name.partition("/")
        text = known if isinstance(known, str) else json.dumps(known)
        desk.repository.write(f"evidence/{folder}/{SPEC}/{file}", text)
    desk.repository.commit({"SPEC.md": f"| ID | Status |\n|---|---|\n| {SPEC} | Todo |\n"})
    desk.look()
    desk.repository.commit({"SPEC.md": f"| ID | Status |\n|---|---|\n| {SPEC} | Done |\n"})
    (event,) = desk.look().events
    data: dict[str, Any] = json.loads(event.body)["data"]
    return data


def stage(stage: str = "tasks", **changes: object) -> dict[str, object]:
    return {
        "schemaVersion": 1,
        "command": f"spec-ops-{stage}",
        "specId": SPEC,
        "sessionId": "s",
        "timestamp": "2026-03-02T09:00:00Z",
        "tool": {"status": "ok"},
        "artifacts": [{"path": "docs/a.md"}],
        **changes,
    }


@pytest.mark.parametrize("done", ["Done", "**DONE**", "**COMPLETE**", "completed", "✅"])
def test_1_a_done_is_found_in_any_dress_any_table_and_any_row(done: str) -> None:
    text = "\n".join(
        [
            "T7 is named here first.\n",
            "| Order | Task ID | Title | Status |\n|---|---|---|---|\n| 1 | T1 | a | Todo |\n",
            f"| ID | Task | Status | Effort |\n|---|---|---|---|\n| T7 | b | {done} | 2 |\n",
        ]
    )
    assert statuses(read_document("SPEC.md", text)) == {"T1": "Backlog", "T7": "Done"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Order | Task ID | Title | Status", "| 1 | T1 | a | Done |"),
        ("ID | Title | Priority | Status", "| T1 | a | Done | Todo |"),
        ("Spec | Status | Description", "| T1 | Todo | Done |"),
        ("ID | Title | Owners | Status | Notes", "| T1 | | | Todo | Done |"),
    ],
)
def test_2_columns_are_known_by_name_and_empty_cells_keep_their_place(
    header: str, row: str
) -> None:
    expected = "Done" if row.endswith("a | Done |") else "Backlog"
    assert statuses(tracker(row, header=header)) == {"T1": expected}


@pytest.mark.parametrize("other", ["**DONE**", "**COMPLETE**", "✅", "Done (2026-01-02)", "done"])
def test_3_another_spelling_of_done_is_no_transition(other: str) -> None:
    before, after = tracker("| T1 | a | Done | |"), tracker(f"| T1 | a | {other} | |")
    assert diff(before, after) == diff(after, before) == ()


def test_4_neither_order_nor_line_nor_table_is_a_key() -> None:
    header = "Order | Task | Status"
    before = tracker("| 1 | Draw the map | Done |", "| 2 | Sell the van | Todo |", header=header)
    renumbered = tracker(
        "| 1 | Sell the van | Todo |", "| 2 | Draw the map | Done |", header=header
    )
    assert diff(before, renumbered) == ()
    reused = tracker("| 1 | Draw the map | Done |", "| 2 | Feed the owls | Done |", header=header)
    assert "completed" not in {each.kind for each in diff(before, reused) if not each.appeared}


def test_5_moved_rows_first_looks_and_checkouts_tell_nothing(desk: Desk) -> None:
    rows = "| T1 | Done |\n", "| T2 | Todo |\n"
    head = "| ID | Status |\n|---|---|\n"
    desk.repository.commit({"docs/SPEC-A-1/tasks.md": head + "".join(rows)})
    assert desk.told() == []
    moved = f"# Later\n\n{head}{rows[1]}\n# Done\n\n{head}{rows[0]}"
    desk.repository.commit({"docs/SPEC-A-1/tasks.md": moved})
    assert desk.told() == []
    desk.repository.git("switch", "-q", "--detach", "HEAD~1")
    assert desk.told() == []
    desk.repository.switch("main")
    assert desk.told() == []


def test_6_a_pipe_row_outside_any_table_is_not_read_but_told_with_its_line() -> None:
    rows = ("| T1 | a | Todo | |", "", "- a list", "| T9 | far out | Done | |")
    snapshot = tracker(*rows)
    assert statuses(snapshot) == {"T1": "Backlog"}
    (notice,) = snapshot.notices
    assert (notice.code, notice.line) == ("orphan_row", 7)
    assert "T9" in notice.message


def test_7_a_pipe_in_a_code_span_splits_and_moves_no_false_value_under_status() -> None:
    notes = tracker("| T1 | a | Todo | `ls | wc` |")
    assert statuses(notes) == {"T1": "Backlog"}
    title = tracker("| T1 | `x | Done` | Todo | y | z |")
    assert statuses(title) == {"T1": "Unknown"}


@pytest.mark.parametrize(
    "line",
    [
        "| T2 | b | Todo | **Completed**: removed, ✅ |",
        "### T2: b ✅",
        "- T2: b ✅ done",
        "**STATUS**: 9/9 done",
        "> T2 is complete",
    ],
)
def test_8_words_outside_the_status_cell_say_no_status(line: str) -> None:
    before = f"{line}\n" if not line.startswith("|") else ""
    rows = ("| T2 | b | Todo | |",) if before else (line,)
    assert statuses(tracker(*rows, before=before)) == {"T2": "Backlog"}


@pytest.mark.parametrize(
    ("one", "other"), [("T1", "T10"), ("SPEC-KIT-07", "SPEC-KIT-070"), ("T61", "T61-64")]
)
def test_9_ids_are_compared_whole(one: str, other: str) -> None:
    before = tracker(f"| {one} | a | Todo | |", f"| {other} | b | Todo | |")
    after = tracker(f"| {one} | a | Todo | |", f"| {other} | b | Done | |")
    assert news(before, after) == [(other, "completed")]


@pytest.mark.parametrize("kind", ["Risk", "Scenario", "Criterion", "Phase", "Deliverable", "Stage"])
def test_10_a_status_column_alone_makes_no_task_table(kind: str) -> None:
    assert tracker("| fire | Done | |", header=f"{kind} | Status | Notes").tasks == ()
    assert tracker("| 1 | fire | Done |", header=f"ID | {kind} | Status").tasks == ()


@pytest.mark.parametrize(
    "path",
    [
        "codex/tests/fixtures/specs/001-a/tasks.md",
        "docs/archive/specs/001-a/tasks.md",
        "docs/archive/SPEC-A-1/tasks.md",
        "docs/spec-ops-tasks.md",
        "SPEC-kit-tasks.md",
        "specs/001-a/checklists/tasks.md",
    ],
)
def test_11_copies_fixtures_and_namesakes_are_not_watched(path: str) -> None:
    assert not any(matches(path, glob) for glob in DEFAULT_PATHS)


def test_12_an_id_is_one_of_its_document(desk: Desk) -> None:
    rows = {state: f"| ID | Status |\n|---|---|\n| T1 | {state} |\n" for state in ("Todo", "Done")}
    tasks = "docs/SPEC-A-1/tasks.md"
    desk.repository.commit({"SPEC.md": rows["Todo"], tasks: rows["Todo"]})
    desk.look()
    ids = []
    for path in ("SPEC.md", tasks):
        desk.repository.commit({path: rows["Done"]})
        (event,) = desk.look().events
        assert (event.task, event.document) == ("T1", path)
        ids.append(event.id)
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("Done (2026-09-29)", "Done"),
        ("Done 2026-09-29", "Done"),
        ("**Done** — shipped in #12", "Done"),
        ("Blocked (requires T20 Step 1 complete)", "Blocked"),
        ("research complete", "Unknown"),
        ("not done", "Unknown"),
        ("Done: 3/5", "Unknown"),
    ],
)
def test_13_a_suffix_is_no_status_and_no_status_is_found_inside_words(
    cell: str, status: str
) -> None:
    assert statuses(tracker(f"| T1 | a | {cell} | |")) == {"T1": status}


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("✅ search returns memory", "Unknown"),
        ("✅", "Done"),
        ("✅ Done", "Done"),
        ("☑ open", "Backlog"),
    ],
)
def test_14_a_tick_before_words_says_nothing(cell: str, status: str) -> None:
    assert statuses(tracker(f"| T1 | a | {cell} | |")) == {"T1": status}


def test_15_the_newest_telemetry_is_so_by_the_time_inside_it(desk: Desk) -> None:
    files = {
        "spec-tasks_2026-03-02T09-00-00Z-2.json": stage(timestamp="2026-03-02T09:00:00Z"),
        "spec-plan_2026-03-02T08-00-00Z-9.json": stage(
            "plan",
            timestamp="2026-03-02T10:00:00Z",
            baseline={"mode": "x", "artifact": "y", "status": "passed"},
            hooks={"session.start": "ok"},
        ),
        "spec-tasks_gpt-pro_2026-03-02T11-00-00Z-3.json": {"stage": "tasks", "agent": "gpt-pro"},
    }
    artefacts = {f"commands/{name}": known for name, known in files.items()}
    for age, name in enumerate(files):
        file = desk.repository.write(f"evidence/commands/{SPEC}/{name}", "{}")
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    assert told(desk, **artefacts)["telemetry"]["stage"] == "plan"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"event": "dispatched"}', '{"a": "b "c""}'])
def test_16_an_artefact_that_is_none_and_a_huge_document_hold_no_event_back(
    desk: Desk, text: str
) -> None:
    big = "```json\n" + '{"a": 1}\n' * 80_000 + "```\n"
    desk.repository.commit({"docs/SPEC-B-1/tasks.md": big})
    data = told(desk, **{"commands/spec-tasks_2026-03-02T09-00-00Z-2.json": text})
    assert data["telemetry"] is None
    assert data["telemetryReason"]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "hold", "agents": {"active": ["gpt_pro"], "degraded": []}},
        {"status": "nobody has heard of it", "agents": [{"agent": "gpt_pro"}]},
        {"status": "ok", "agents": ["gpt_pro"], "consensus": {"conflicts": {"a": "b"}}},
    ],
)
def test_17_ready_is_success_and_other_shapes_of_agents_and_words_are_read(
    desk: Desk, changes: dict[str, object]
) -> None:
    synthesis = {"stage": "plan", "timestamp": "2026-03-02T09:00:00Z", **changes}
    data = told(
        desk,
        **{
            "commands/spec-tasks_2026-03-02T09-00-00Z-2.json": stage(tool={"status": "ready"}),
            "consensus/spec-plan_synthesis.json": synthesis,
        },
    )
    assert data["telemetry"]["status"] == "success"
    assert data["consensus"]["status"] == changes["status"]
    assert [each["agent"] for each in data["consensus"]["agents"]] == ["gpt_pro"]


def test_18_placeholders_are_not_trusted_and_no_home_is_told(desk: Desk) -> None:
    home = f"/home/ada/shop/docs/{SPEC}/plan.md"
    data = told(
        desk,
        **{
            "commands/spec-tasks_2026-03-02T09-00-00Z-2.json": stage(artifacts=[{"path": home}]),
            "consensus/spec-plan_2026-03-02T09-00-00Z_synthesis.json": {
                "stage": "${stage}",
                "agents": [],
                "status": "ok",
            },
        },
    )
    assert data["telemetry"]["artifacts"] == [f"docs/{SPEC}/plan.md"]
    assert (data["consensus"], "placeholder" in data["consensusReason"]) == (None, True)


def test_19_an_agents_name_is_not_cut_at_its_underscores(desk: Desk) -> None:
    run = "consensus/spec-plan_2026-03-02T09-00-00Z"
    synthesis = {"stage": "plan", "timestamp": "2026-03-02T09:00:00Z", "status": "ok"}
    data = told(
        desk,
        **{
            f"{run}_synthesis.json": synthesis,
            f"{run}_gpt_pro.json": {"agent": "gpt_pro", "model": "m-1", "stage": "plan"},
            f"{run}_gpt_codex.json": {"agent": "gpt_codex", "model": "m-2", "stage": "plan"},
        },
    )
    agents = {each["agent"]: each["model"] for each in data["consensus"]["agents"]}
    assert agents == {"gpt_codex": "m-2", "gpt_pro": "m-1"}
