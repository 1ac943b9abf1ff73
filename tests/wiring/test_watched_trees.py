"""Evidence trees under watch: what runs leave there wakes the watcher, what we write does not."""

from __future__ import annotations

import time
from itertools import count
from typing import TYPE_CHECKING

import pytest

from spec_notify.pipeline.settle import PERIODS
from spec_notify.ports import Reason, Record
from tests.pipeline.desk import ANY, Desk
from tests.pipeline.runs import COMMANDS, SPEC, stage_path, stage_text
from tests.watchers.looker import Notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.watchers.files import FileWatcher

LATER = 60_000
"""Milliseconds by which a file's stamp has aged."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    (desk.repository.root / COMMANDS / SPEC).mkdir(parents=True)
    yield desk
    desk.wiring.close()


def record(desk: Desk, number: int) -> str:
    """Write a record of an attempt, as a delivery does."""
    name = f"20261120T100000.123Z_{number:08d}_dlv_{number}_a1.json"
    written = desk.wiring.evidence.write(Record(row=number, spec=SPEC, name=name, body=b"{}"))
    assert written is not None
    return written


def watching(desk: Desk, hints: Notes) -> FileWatcher:
    watcher = desk.wiring.watching.watcher(hints, Notes())
    watcher.rewatch(desk.wiring.watching.folders())
    return watcher


def test_a_stage_wakes_and_our_own_evidence_does_not(desk: Desk) -> None:
    hints = Notes()
    watcher = watching(desk, hints)
    try:
        assert desk.repository.root / COMMANDS / SPEC in watcher.watched
        for number in range(1, 4):
            record(desk, number)
        desk.repository.write(stage_path("plan"), stage_text("plan"))

        assert hints.wait(lambda came: Reason.WRITTEN in came)
        # The stage file's own creation and nothing before it.
        assert hints.all()[:3] == [Reason.REARMED, Reason.CHANGED, Reason.WRITTEN]
    finally:
        watcher.stop()


def test_a_tree_nobody_asks_for_is_not_watched(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ANY.replace('"*"', '"spec-kit.task.completed"'))
    desk.repository.write(stage_path("plan"), stage_text("plan"))
    hints = Notes()
    watcher = watching(desk, hints)
    try:
        desk.repository.write("evidence/elsewhere/file.json", "{}")
        desk.repository.write(stage_path("tasks"), stage_text("tasks"))
        desk.save(T1="Done")

        assert hints.wait(lambda came: Reason.WRITTEN in came)
        assert hints.all()[:2] == [Reason.REARMED, Reason.WRITTEN]
        assert not any("evidence" in str(each) for each in watcher.watched)
    finally:
        watcher.stop()
        desk.wiring.close()


def test_where_no_event_comes_the_stat_pass_finds_a_stage_and_no_evidence(desk: Desk) -> None:
    touched = desk.wiring.watching.touched
    passes = count(time.time_ns() // 1_000_000 + LATER, PERIODS["stat"])
    assert touched(next(passes)) is not None
    assert touched(next(passes)) is None

    record(desk, 1)
    assert touched(next(passes)) is None
    desk.repository.write(stage_path("plan"), stage_text("plan")[:40])
    assert touched(next(passes)) is not None
    assert touched(next(passes)) is None
    desk.repository.write(stage_path("plan"), stage_text("plan"))
    assert touched(next(passes)) is not None


def test_the_hooks_gate_asks_git_about_the_files_of_the_trees(desk: Desk) -> None:
    assert {"evidence/commands/*/*.json", "evidence/consensus/*/*.json"} <= {
        *desk.wiring.gate_paths()
    }
    desk.configure(ANY.replace('"*"', '"spec-auto.anomaly.consensus_conflict"'))
    desk.wiring.reload()
    assert "evidence/commands/*/*.json" not in desk.wiring.gate_paths()
