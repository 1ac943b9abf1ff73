"""Evidence trees read from their text: stages, runs, agreements, and what no line tells."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.artifact import Accord, RunEnd, StageEnd
from spec_notify.core.snapshot import APPEARED, diff, remembered
from spec_notify.sources.artefact import Skipped
from spec_notify.sources.consensus import read_synthesis
from spec_notify.sources.document import read_document, unreadable
from spec_notify.sources.leaves import leaves, written
from spec_notify.sources.stage_telemetry import Artifact, read_artifact
from tests.pipeline.runs import (
    COMMANDS,
    CONSENSUS,
    SPEC,
    stage_path,
    stage_text,
    synthesis_path,
    synthesis_text,
)


def line(stage: str, minute: int, *, well: bool = True, spec: str = SPEC) -> str:
    path = stage_path(stage, minute, spec)
    return written(read_artifact(path, stage_text(stage, minute, well=well, spec=spec)))


def accord(stage: str, status: str) -> str:
    path = synthesis_path(stage)
    return written(read_synthesis(path, synthesis_text(status, stage=stage), {}))


def stages(*lines: str, format: str | None = None) -> Any:
    return read_document(COMMANDS, "\n".join(lines), format=format)


def test_stages_stand_in_the_order_they_ended_each_run_after_its_last() -> None:
    snapshot = stages(
        line("unlock", 9), line("plan", 1), line("tasks", 2, well=False), line("plan", 3)
    )

    assert snapshot.format == "stage-telemetry"
    assert [(each.title, each.status.canonical) for each in snapshot.tasks] == [
        (f"{SPEC} plan", "success"),
        (f"{SPEC} tasks", "failure"),
        (f"{SPEC} pipeline", "failure"),
        (f"{SPEC} plan", "success"),
        (f"{SPEC} unlock", "success"),
        (f"{SPEC} pipeline", "success"),
    ]
    assert [each.line for each in snapshot.tasks] == [1, 2, 3, 4, 5, 6]
    assert len({each.key for each in snapshot.tasks}) == 6
    kinds = [type(each.artifact) for each in snapshot.tasks]
    assert kinds == [StageEnd, StageEnd, RunEnd, StageEnd, StageEnd, RunEnd]


def test_each_spec_has_runs_of_its_own() -> None:
    other = "SPEC-SHOP-002"
    snapshot = stages(
        line("plan", 1), line("plan", 2, spec=other), line("unlock", 3, spec=other, well=False)
    )

    (run,) = [each.artifact for each in snapshot.tasks if isinstance(each.artifact, RunEnd)]
    assert run.spec == other
    assert [each.stage for each in run.stages if each.outcome] == ["plan", "unlock"]


def test_an_outcome_keeps_the_words_it_was_read_from() -> None:
    (stage,) = stages(line("tasks", 1)).tasks

    assert (stage.status.canonical, stage.status.raw) == ("success", "ready")


def test_agreements_stand_beside_conflicts() -> None:
    snapshot = read_document(
        CONSENSUS, "\n".join([accord("plan", "conflict"), accord("tasks", "hold")])
    )

    assert snapshot.format == "consensus"
    assert [(each.title, each.status.canonical) for each in snapshot.tasks] == [
        (f"{SPEC} plan", "conflict"),
        (f"{SPEC} tasks", "agreed"),
    ]
    assert all(isinstance(each.artifact, Accord) for each in snapshot.tasks)


@pytest.mark.parametrize("format", [None, "auto", "table", "front-matter"])
def test_no_format_makes_a_tree_another_document(format: str | None) -> None:
    assert stages(line("plan", 1), format=format).format == "stage-telemetry"
    assert unreadable(COMMANDS, "| a\n" * 100, format=format) is None


@pytest.mark.parametrize("path", [COMMANDS, CONSENSUS])
def test_a_tree_without_a_file_is_no_silent_document(path: str) -> None:
    snapshot = read_document(path, "")

    assert (snapshot.tasks, snapshot.notices) == ((), ())
    assert snapshot.format != "none"


def test_a_first_stage_is_news_after_a_tree_without_any() -> None:
    (change,) = diff(stages(), stages(line("plan", 1)))

    assert (change.kind, change.after and change.after.canonical) == (APPEARED, "success")


def test_two_stages_are_never_taken_for_one_however_alike() -> None:
    changes = diff(stages(line("plan", 1)), stages(line("plan", 2, well=False)))

    assert {(each.kind, each.after is None) for each in changes} == {
        ("appeared", False),
        ("vanished", True),
    }


def test_what_is_remembered_holds_no_pointers() -> None:
    snapshot = stages(line("plan", 1), line("tasks", 2, well=False))

    kept = remembered(snapshot)

    assert all(each.artifact is None for each in kept.tasks)
    assert diff(kept, snapshot) == diff(snapshot, kept) == ()


def test_a_skipped_file_has_a_notice_that_names_it_and_keeps_no_other_back() -> None:
    skipped = written(Skipped(path=stage_path("tasks", 2), reason="empty"))
    snapshot = stages(line("plan", 1), skipped, "{", '{"type": "stage"}', line("audit", 3))

    assert len(snapshot.tasks) == 2
    assert [(each.line, each.code) for each in snapshot.notices] == [
        (2, "skipped_file"),
        (3, "skipped_file"),
        (4, "skipped_file"),
    ]
    assert snapshot.notices[0].message.endswith("Z-277.json: empty")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([COMMANDS, CONSENSUS]), st.text() | st.lists(st.text()).map("\n".join))
def test_any_text_is_a_tree(path: str, text: str) -> None:
    assert read_document(path, text).tasks == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["plan", "tasks", "implement", "validate", "audit", "unlock"]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_every_stage_is_in_one_run_at_most_and_each_run_adds_up(
    told: list[tuple[str, bool]],
) -> None:
    lines = [line(stage, minute, well=well) for minute, (stage, well) in enumerate(told)]
    tasks = stages(*lines).tasks
    runs = [each.artifact for each in tasks if isinstance(each.artifact, RunEnd)]

    ends = [stage == "unlock" or not well for stage, well in told]
    assert len(runs) == sum(ends)
    paths = [each.path for run in runs for each in run.stages if each.path]
    assert len(paths) == len({*paths})
    for run in runs:
        assert len(run.stages) == 6
        bad = [each for each in run.stages if each.outcome in {"failure", "halt"}]
        assert [each.path for each in bad] == ([run.path] if bad else [])
        assert bool(bad) == (run.last.telemetry.status != "success")
        assert run.path in paths


def test_the_line_separators_of_unicode_cut_no_file_in_two() -> None:
    skipped = [Skipped(path="a/b/c.json", reason=f"odd{mark}end") for mark in "\u2028\u2029\x85"]

    found, notices = leaves("\n".join(map(written, skipped)) + "\n", Artifact)

    assert found == []
    assert [each.line for each in notices] == [1, 2, 3]
