"""Evidence trees as documents: stages, runs and conflicts told like the changes of any other."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.event import CONSENSUS_CONFLICT, PIPELINE_COMPLETED, STAGE_COMPLETED
from spec_notify.core.schema import validate
from spec_notify.disk.workspace import Folder
from spec_notify.pipeline.intake import Wish
from spec_notify.pipeline.trees import LARGEST, MOST, Trees
from spec_notify.sources.document import read_document
from tests.pipeline.desk import ANY, Desk
from tests.pipeline.runs import (
    COMMANDS,
    CONSENSUS,
    SPEC,
    stage_path,
    stage_text,
    synthesis_path,
    synthesis_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.event import Event
    from spec_notify.ports import Text, Unreadable

STAGES = ("plan", "tasks", "implement", "validate", "audit", "unlock")
PLAIN = ANY.replace('["*"]', '["spec-kit.task.completed"]')


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def run_stage(desk: Desk, stage: str, minute: int = 0, *, well: bool = True) -> str:
    path = stage_path(stage, minute)
    desk.repository.write(path, stage_text(stage, minute, well=well))
    return path


def told(desk: Desk, wish: Wish | None = None) -> list[tuple[str, str | None]]:
    """Look, and answer (last word of the type, status) of every event."""
    return [(each.type.rpartition(".")[0], each.status) for each in desk.look(wish).events]


STAGE, RUN = "spec-auto.stage", "spec-auto.pipeline"
CONFLICT = "spec-auto.anomaly"


def data(event: Event) -> dict[str, Any]:
    validate(event.body)
    facts: dict[str, Any] = json.loads(event.body)["data"]
    return facts


def test_a_stage_that_ended_is_told_once(desk: Desk) -> None:
    path = run_stage(desk, "plan")

    (event,) = desk.look().events

    assert (event.type, event.status, event.spec) == (STAGE_COMPLETED, "success", SPEC)
    assert (event.task, event.document, event.branch) == (None, path, "main")
    assert desk.look().events == ()


def test_a_stage_s_body_points_at_its_file_and_repeats_nothing_of_it(desk: Desk) -> None:
    path = run_stage(desk, "plan")

    (event,) = desk.look().events
    facts = data(event)

    assert facts["spec"] == {"id": SPEC, "matchedBy": "evidence"}
    assert facts["stage"] == {
        "name": "plan",
        "outcome": "success",
        "startedAt": "2026-03-02T00:00:00.000Z",
        "completedAt": "2026-03-02T00:00:30.000Z",
        "durationMs": 30_000,
    }
    assert facts["telemetry"]["path"] == path
    assert facts["telemetry"]["artifacts"] == [f"{COMMANDS}{SPEC}/plan.log"]
    assert facts["git"]["dirty"] is True
    assert facts["evidence"] == {"directory": f"{COMMANDS}{SPEC}/webhooks/"}
    assert b"Policy check" not in event.body
    assert b"/home/" not in event.body


def test_a_stage_without_a_time_in_its_session_has_no_duration(desk: Desk) -> None:
    path = f"{COMMANDS}{SPEC}/spec-plan_ci-7.json"
    desk.repository.write(path, stage_text("plan", sessionId="ci-7"))

    (event,) = desk.look().events

    assert data(event)["stage"]["startedAt"] is None
    assert data(event)["stage"]["durationMs"] is None


def test_the_first_look_takes_what_stands_there_as_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path, PLAIN)
    run_stage(desk, "plan")
    desk.repository.write(synthesis_path(), synthesis_text("conflict"))
    desk.configure()
    desk.wiring.reload()

    looked = desk.look()

    assert (looked.events, set(looked.baselines)) == ((), {COMMANDS, CONSENSUS})
    run_stage(desk, "tasks", 5)
    assert told(desk) == [(STAGE, "success")]
    desk.wiring.close()


def test_a_spec_folder_that_is_new_is_news(desk: Desk) -> None:
    other = stage_path("plan", spec="SPEC-SHOP-002")
    desk.repository.write(other, stage_text("plan", spec="SPEC-SHOP-002"))

    assert [each.spec for each in desk.look().events] == ["SPEC-SHOP-002"]


def test_a_run_is_told_when_its_last_stage_has_ended(desk: Desk) -> None:
    for minute, stage in enumerate(STAGES[:-1]):
        run_stage(desk, stage, minute)
    assert told(desk) == [(STAGE, "success")] * 5

    last = run_stage(desk, "unlock", 10)
    stage, run = desk.look().events

    assert (stage.type, run.type) == (STAGE_COMPLETED, PIPELINE_COMPLETED)
    assert (run.status, run.document, run.spec) == ("success", last, SPEC)
    summary = data(run)["pipeline"]
    assert (summary["total"], summary["passed"], summary["failed"], summary["skipped"]) == (
        6,
        6,
        0,
        0,
    )
    assert (summary["outcome"], summary["endedBy"]) == ("success", "unlock")
    assert summary["durationMs"] == 10 * 60_000 + 30_000
    assert [each["stage"] for each in summary["stages"]] == [*STAGES]
    assert summary["stages"][-1]["path"] == last


def test_a_stage_that_failed_ends_its_run_and_the_next_one_begins_anew(desk: Desk) -> None:
    run_stage(desk, "plan", 0)
    run_stage(desk, "tasks", 1, well=False)
    events = desk.look().events

    assert [(each.type, each.status) for each in events] == [
        (STAGE_COMPLETED, "success"),
        (STAGE_COMPLETED, "failure"),
        (PIPELINE_COMPLETED, "failure"),
    ]
    summary = data(events[2])["pipeline"]
    assert (summary["passed"], summary["failed"], summary["skipped"]) == (1, 1, 4)
    assert summary["stages"][2] == {
        "stage": "implement",
        "outcome": None,
        "completedAt": None,
        "sessionId": None,
        "path": None,
    }
    run_stage(desk, "tasks", 2)
    run_stage(desk, "unlock", 3, well=False)
    events = desk.look().events
    assert [(each.type, each.status) for each in events][-1] == (PIPELINE_COMPLETED, "halt")
    summary = data(events[-1])["pipeline"]
    assert (summary["passed"], summary["failed"], summary["skipped"]) == (1, 1, 4)
    assert summary["startedAt"] == "2026-03-02T00:02:00.000Z"


def test_of_a_stage_that_was_tried_again_the_newest_counts(desk: Desk) -> None:
    run_stage(desk, "plan", 0)
    newest = run_stage(desk, "plan", 1)
    run_stage(desk, "tasks", 2, well=False)

    summary = data(desk.look().events[-1])["pipeline"]

    assert summary["passed"] == 1
    assert summary["stages"][0]["path"] == newest


def test_a_rewritten_outcome_is_told_again_and_the_same_one_is_not(desk: Desk) -> None:
    run_stage(desk, "plan")
    assert told(desk) == [(STAGE, "success")]
    desk.repository.write(stage_path("plan"), stage_text("plan", note="the same in other words"))
    assert told(desk) == []
    run_stage(desk, "plan", well=False)
    assert told(desk) == [(STAGE, "failure"), (RUN, "failure")]
    run_stage(desk, "plan")
    assert told(desk) == [(STAGE, "success")]
    # The run it ends is the one that was told of.
    run_stage(desk, "plan", well=False)
    assert told(desk) == [(STAGE, "failure")]


def test_an_outcome_told_again_has_an_id_of_its_own(desk: Desk) -> None:
    ids = []
    for well in (True, False, True):
        run_stage(desk, "plan", well=well)
        ids += [each.id for each in desk.look().events if each.type == STAGE_COMPLETED]

    assert len(ids) == len({*ids}) == 3


@pytest.mark.parametrize("keep", [0, 1, 40, 200])
def test_a_half_written_file_is_skipped_with_a_reason_and_told_once_it_is_whole(
    desk: Desk, keep: int
) -> None:
    whole = stage_text("plan")
    desk.repository.write(stage_path("plan"), whole[:keep])

    looked = desk.look()
    assert looked.events == ()
    ((path, notice),) = looked.notices
    assert (path, notice.code) == (COMMANDS, "skipped_file")
    assert stage_path("plan").removeprefix(COMMANDS) in notice.message

    desk.repository.write(stage_path("plan"), whole)
    assert told(desk) == [(STAGE, "success")]


def test_what_is_no_outcome_keeps_nothing_back(desk: Desk) -> None:
    folder = f"{COMMANDS}{SPEC}"
    for name, text in {
        "spec-plan_2026-03-02T00:00:00Z-1.json": "\x00",
        "spec-tasks_2026-03-02T00:00:00Z-1.json": "[" * 100_000,
        "spec-audit_2026-03-02T00:00:00Z-1.json": '{"a": "' + "x" * LARGEST + '"}',
        "spec-plan_gpt-pro_2026-03-02T00:00:00Z-1.json": '{"agent": "gpt_pro"}',
        "20260302-000000Z-hal-health.json": "{}",
        "webhooks/spec-plan_2026-03-02T00:00:00Z-9.json": stage_text("plan"),
    }.items():
        desk.repository.write(f"{folder}/{name}", text)
    (desk.repository.root / folder / "spec-unlock_2026-03-02T00:00:00Z-1.json").symlink_to("/etc")
    desk.repository.write(f"{COMMANDS}not a spec/spec-plan_{'1' * 8}.json", stage_text("plan"))
    desk.save(T1="Done", T2="Backlog")
    run_stage(desk, "implement", 9)

    looked = desk.look()

    assert [(each.task, each.status) for each in looked.events] == [
        ("T1", "Done"),
        (None, "success"),
    ]
    reasons = {notice.message.rpartition(": ")[2] for _, notice in looked.notices}
    assert "larger than 64 KiB" in reasons
    assert len(looked.notices) == 3


def test_a_conflict_is_told_and_an_agreement_is_not(desk: Desk) -> None:
    desk.repository.write(synthesis_path("tasks"), synthesis_text("ok", stage="tasks"))
    desk.repository.write(synthesis_path(), synthesis_text("ok", ("when to bake", "who bakes")))

    (event,) = desk.look().events

    assert (event.type, event.status, event.spec) == (CONSENSUS_CONFLICT, "conflict", SPEC)
    assert data(event)["conflict"] == {"stage": "plan", "conflicts": 2}
    assert data(event)["consensus"]["status"] == "ok"
    assert [each["agent"] for each in data(event)["consensus"]["agents"]] == ["gemini", "gpt_pro"]
    assert b"who bakes" not in event.body


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"status": "conflict"}, 0),
        ({"status": "Conflict", "consensus": None}, None),
        ({"disagreement_detected": True}, 0),
        ({"consensus": {"disagreement_detected": True}}, None),
        ({"consensus": {}, "conflicts": ["one"]}, 1),
        ({"consensus": {"conflicts": {"a": 1, "b": 2}}}, 2),
        ({"consensus": {"conflicts": "they quarrel"}}, 1),
    ],
)
def test_a_conflict_shows_in_many_ways(desk: Desk, more: dict[str, Any], count: int | None) -> None:
    desk.repository.write(synthesis_path(), synthesis_text(**more))

    (event,) = desk.look().events

    assert data(event)["conflict"]["conflicts"] == count


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"status": "hold"},
        {"status": "degraded"},
        {"conflicts": None},
        {"consensus": {"conflicts": [], "conflicts_resolved": ["settled"]}},
        {"consensus": {"conflicts": ""}},
        {"disagreement_detected": False},
        {"status": "conflict", "stage": "${stage}"},
    ],
)
def test_what_is_no_open_conflict_is_no_news(desk: Desk, more: dict[str, Any]) -> None:
    desk.repository.write(synthesis_path(), synthesis_text(**more))

    assert desk.look().events == ()


def test_a_conflict_that_was_settled_may_break_out_again(desk: Desk) -> None:
    for status, expected in (("conflict", 1), ("ok", 0), ("conflict", 1), ("conflict", 0)):
        desk.repository.write(synthesis_path(), synthesis_text(status, note=time.time_ns()))
        assert len(desk.look().events) == expected


def test_the_agents_of_a_timed_synthesis_come_from_their_files(desk: Desk) -> None:
    run = f"{CONSENSUS}{SPEC}/spec-plan_2026-03-02T09:00:00Z"
    desk.repository.write(f"{run}_gpt_pro.json", '{"model": "grower-2"}')
    desk.repository.write(f"{run}_synthesis.json", synthesis_text("conflict", agents=[]))

    (event,) = desk.look().events

    (agent,) = data(event)["consensus"]["agents"]
    assert (agent["agent"], agent["model"]) == ("gpt_pro", "grower-2")


# Git: what a branch switch brings is no news, what a commit or merge brings is.


def test_a_commit_s_stage_is_told_and_then_stands(desk: Desk) -> None:
    desk.repository.commit({stage_path("plan"): stage_text("plan")}, "a stage")

    (event,) = desk.look().events

    assert data(event)["git"]["dirty"] is False
    assert data(event)["git"]["author"] == "Ada Example"
    desk.repository.commit({}, "nothing")
    assert desk.look().events == ()


def test_what_was_told_before_its_commit_is_not_told_by_it(desk: Desk) -> None:
    run_stage(desk, "plan")
    assert told(desk) == [(STAGE, "success")]
    desk.repository.commit({}, "the stage")
    assert told(desk) == []


def test_a_switch_that_brings_stages_is_silent(desk: Desk) -> None:
    desk.repository.branch("feature")
    desk.repository.commit({stage_path("plan"): stage_text("plan")}, "a stage")
    desk.repository.switch("main")
    desk.look()

    desk.repository.switch("feature")
    assert told(desk) == []
    desk.repository.switch("main")
    assert told(desk) == []


def test_a_popped_stash_is_silent(desk: Desk) -> None:
    run_stage(desk, "plan")
    assert told(desk) == [(STAGE, "success")]
    desk.repository.git("stash", "-q", "-u")
    desk.look(Wish(settled=(COMMANDS,)))
    desk.repository.git("stash", "pop", "-q")
    assert told(desk) == []


def test_a_merge_tells_a_stage_only_to_who_asks_for_the_branch(tmp_path: Path) -> None:
    main = ANY.replace('"any"', '"main"') + 'branches = ["main"]\n'
    desk = Desk(tmp_path, ANY + main)
    desk.repository.branch("feature")
    desk.repository.commit({stage_path("plan"): stage_text("plan")}, "a stage")
    assert len(desk.look().events) == 1
    assert (len(desk.sent_to("any")), len(desk.sent_to("main"))) == (1, 0)
    desk.repository.switch("main")
    desk.look()

    desk.repository.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    desk.look()

    assert (len(desk.sent_to("any")), len(desk.sent_to("main"))) == (1, 1)
    desk.wiring.close()


def test_files_git_is_not_told_of_stand_through_switches_and_commits(tmp_path: Path) -> None:
    """A baseline's files were never told; a commit of something else must not bring them up."""
    desk = Desk(tmp_path, PLAIN)
    desk.repository.write(".git/info/exclude", "evidence/\n")
    for minute in range(3):
        run_stage(desk, "plan", minute)
    desk.configure()
    desk.wiring.reload()
    desk.look()

    desk.repository.branch("feature")
    desk.repository.commit({"notes.md": "one"}, "one")
    assert told(desk) == []
    run_stage(desk, "tasks", 5)
    desk.repository.switch("main")
    desk.repository.commit({"notes.md": "two"}, "two")
    assert told(desk) == [(STAGE, "success")]
    desk.repository.branch("another")
    desk.repository.commit({"notes.md": "three"}, "three")
    desk.repository.branch("yet-another")
    desk.repository.commit({"notes.md": "four"}, "four")
    assert told(desk) == []
    desk.wiring.close()


def test_a_hook_s_first_look_tells_what_the_commit_brought_and_no_other_file(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, PLAIN)
    desk.repository.commit({stage_path("plan"): stage_text("plan")}, "a stage")
    desk.configure()
    desk.wiring.reload()
    desk.repository.commit({stage_path("tasks", 1): stage_text("tasks", 1)}, "another")
    run_stage(desk, "validate", 2)

    looked = desk.look(Wish(from_parent=True))

    assert [each.document for each in looked.events] == [stage_path("tasks", 1)]
    desk.wiring.close()


def test_without_an_answer_of_git_s_a_stage_is_told_without_its_git_block(
    desk: Desk, tmp_path: Path
) -> None:
    desk.save(T1="Done", T2="Backlog")
    run_stage(desk, "plan")

    looked = desk.look_through(history=desk.deaf_git(tmp_path))

    assert ("T1", "Done") in [(each.task, each.status) for each in looked.events]
    stages = [json.loads(each.body)["data"] for each in looked.events if each.task is None]
    assert [each["git"] for each in stages] == [None]
    assert "could not be asked" in stages[0]["gitReason"]


# Many files, and none to ask for.


def test_two_hundred_stages_at_once_are_told_once_each(desk: Desk) -> None:
    for minute in range(200):
        run_stage(desk, "plan", minute)

    assert told(desk) == [(STAGE, "success")] * 200
    assert told(desk) == []


def test_more_than_the_hold_waits_for_a_human(desk: Desk) -> None:
    for minute in range(501):
        run_stage(desk, "plan", minute)
    desk.save(T1="Done", T2="Backlog")

    looked = desk.look()

    assert looked.held == {COMMANDS: 501}
    assert [each.task for each in looked.events] == ["T1"]
    assert len(desk.look(Wish(accept=(COMMANDS,))).events) == 501
    assert desk.look().held == {}


def test_a_tree_that_vanished_and_came_back_is_no_news(desk: Desk) -> None:
    for minute in range(5):
        run_stage(desk, "plan", minute)
    desk.look()
    folder = desk.repository.root / "evidence"
    folder.rename(folder.with_name("elsewhere"))

    assert told(desk) == []
    folder.with_name("elsewhere").rename(folder)
    assert told(desk) == []
    desk.repository.commit({}, "committed")
    desk.look()
    folder.rename(folder.with_name("elsewhere"))

    assert COMMANDS in desk.look().deferred
    desk.look(Wish(settled=(COMMANDS,)))
    folder.with_name("elsewhere").rename(folder)
    assert told(desk) == []


def test_nobody_who_does_not_ask_has_trees_looked_at(tmp_path: Path) -> None:
    desk = Desk(tmp_path, PLAIN)
    run_stage(desk, "plan")

    desk.look()

    assert {*desk.wiring.spool.documents()} == {"SPEC.md"}
    assert desk.wiring.trees.globs == ()
    desk.wiring.close()


@pytest.mark.parametrize(
    ("events", "trees"),
    [
        (STAGE_COMPLETED, (COMMANDS,)),
        (PIPELINE_COMPLETED, (COMMANDS,)),
        (CONSENSUS_CONFLICT, (CONSENSUS,)),
        ("*", (COMMANDS, CONSENSUS)),
        ("run_stop", ()),
    ],
)
def test_a_subscription_s_types_say_which_trees_are_asked_for(
    tmp_path: Path, events: str, trees: tuple[str, ...]
) -> None:
    desk = Desk(tmp_path, ANY.replace('"*"', f'"{events}"'))
    assert desk.wiring.trees.paths == trees
    desk.configure(ANY.replace('"*"', f'"{events}"') + "enabled = false\n")
    desk.wiring.reload()
    assert desk.wiring.trees.paths == ()
    desk.wiring.close()


def test_filters_choose_by_outcome_spec_and_branch(tmp_path: Path) -> None:
    named = {
        "failures": 'statuses = ["Failure"]\n',
        "this": f'spec_ids = ["{SPEC}"]\n',
        "other": 'spec_ids = ["SPEC-SHOP-002"]\n',
        "branch": 'branches = ["feature"]\n',
        "tasks": 'task_ids = ["T1"]\n',
    }
    desk = Desk(tmp_path, "".join(ANY.replace('"any"', f'"{n}"') + m for n, m in named.items()))
    run_stage(desk, "plan", 0)
    run_stage(desk, "tasks", 1, well=False)
    desk.look()

    assert {name: len(desk.sent_to(name)) for name in named} == {
        "failures": 2,
        "this": 3,
        "other": 0,
        "branch": 0,
        "tasks": 0,
    }
    desk.wiring.close()


def test_a_new_word_for_a_status_costs_no_stage(desk: Desk) -> None:
    run_stage(desk, "plan")
    desk.configure(top='[statuses]\nshipped = "Done"')
    desk.wiring.reload()

    assert told(desk) == [(STAGE, "success")]


class Counting(Folder):
    """A workspace that counts what is read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads = 0

    def read(self, path: str) -> Text | Unreadable | None:
        self.reads += 1
        return super().read(path)


def test_what_did_not_change_is_not_read_again_and_what_did_is(desk: Desk) -> None:
    for minute in range(20):
        run_stage(desk, "plan", minute)
    place, trees = Counting(desk.repository.root), Trees(desk.wiring.config, "evidence")
    later = time.time_ns() // 1_000_000 + 60_000
    first = trees.gather(COMMANDS, place, now=later)
    assert place.reads == 20
    assert trees.gather(COMMANDS, place, now=later) == first
    assert place.reads == 20
    run_stage(desk, "plan", 3, well=False)
    assert trees.gather(COMMANDS, place, now=later).digest != first.digest
    assert place.reads == 21


def test_a_file_too_young_for_its_stamp_is_read_again(desk: Desk) -> None:
    run_stage(desk, "plan")
    place, trees = Counting(desk.repository.root), Trees(desk.wiring.config, "evidence")
    for _ in range(3):
        trees.gather(COMMANDS, place, now=time.time_ns() // 1_000_000)
    assert place.reads == 3


def test_a_tree_says_the_same_now_and_as_of_its_commit(desk: Desk) -> None:
    desk.repository.commit(
        {stage_path("plan"): stage_text("plan"), synthesis_path(): synthesis_text("conflict")}, "x"
    )
    git, trees = desk.wiring.git, desk.wiring.trees
    assert git is not None

    for tree in (COMMANDS, CONSENSUS):
        here = trees.gather(tree, desk.wiring.workspace)
        assert trees.gather(tree, git.as_of(desk.repository.head)).text == here.text


def test_a_real_tree_is_gathered_without_one_exception(tmp_path: Path) -> None:
    folder = os.environ.get("SPEC_NOTIFY_SAMPLES")
    if folder is None and os.environ.get("CI") == "true":
        pytest.fail("SPEC_NOTIFY_SAMPLES names no folder, and CI must try the real shapes")
    if folder is None:
        pytest.skip("SPEC_NOTIFY_SAMPLES names no folder with real evidence trees")
    (root,) = Path(folder, "evidence-tree").glob("docs/*/evidence")
    place = Folder(root.parents[2])
    desk = Desk(tmp_path)
    trees = Trees(desk.wiring.config, root.relative_to(root.parents[2]).as_posix())
    desk.wiring.close()

    commands, agreed = (read_document(path, trees.gather(path, place).text) for path in trees.paths)

    kinds = Counter(type(each.artifact).__name__ for each in commands.tasks)
    assert kinds == {"StageEnd": 50, "RunEnd": 9}
    assert len(commands.notices) == 6
    assert [each.status.canonical for each in agreed.tasks] == ["agreed"] * 6
    assert len(agreed.notices) == 7


def test_of_too_many_files_the_newest_are_read_and_the_others_named(tmp_path: Path) -> None:
    folder = tmp_path / COMMANDS / SPEC
    folder.mkdir(parents=True)
    for number in range(MOST + 5):
        name = f"spec-plan_2026-03-02T{number // 3600:02d}:{number // 60 % 60:02d}:"
        (folder / f"{name}{number % 60:02d}Z-77.json").write_text("{}")
    desk = Desk(tmp_path / "desk")

    text = Trees(desk.wiring.config, "evidence").gather(COMMANDS, Folder(tmp_path)).text

    assert len(text.splitlines()) == MOST + 1
    assert "5 of its files are not read" in text
    assert "T00:00:04Z" not in text
    assert "T00:00:05Z" in text
    desk.wiring.close()


def test_a_spec_whose_folder_is_renamed_tells_no_old_result(desk: Desk) -> None:
    for minute, stage in enumerate(STAGES):
        run_stage(desk, stage, minute)
    desk.repository.commit(message="ran")
    assert len(told(desk)) == len(STAGES) + 1

    desk.repository.git("mv", f"{COMMANDS}{SPEC}", f"{COMMANDS}SPEC-SHOP-002")
    desk.repository.commit(message="renamed")

    assert told(desk) == []
