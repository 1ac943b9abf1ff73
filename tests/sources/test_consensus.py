"""Consensus syntheses: the status as written, the agents from wherever they are told."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.body_parts import Absent, Agent
from spec_notify.sources.artefact import Skipped
from spec_notify.sources.consensus import (
    Synthesis,
    agent_files,
    candidates,
    newest,
    read_synthesis,
)
from spec_notify.sources.disagreement import open_conflicts

ORCHARD = Path(__file__).parents[2] / "fixtures" / "consensus" / "SPEC-ORB-001-harvest"
FOLDER = "evidence/consensus/SPEC-ORB-001-harvest"
RUN = "spec-plan_2026-03-02T09-20-00Z"


def read(name: str) -> Synthesis | Skipped:
    names = [path.name for path in ORCHARD.iterdir()]
    agents = {each: (ORCHARD / each).read_text() for each in agent_files(name, names)}
    return read_synthesis(f"{FOLDER}/{name}", (ORCHARD / name).read_text(), agents)


def agent(
    name: str | None,
    model: str | None = None,
    release: str | None = None,
    mode: str | None = None,
) -> Agent:
    return Agent(agent=name, model=model, model_release=release, reasoning_mode=mode)


def told(facts: object, agents: dict[str, object] | None = None) -> Synthesis | Skipped:
    files = {name: orjson.dumps(each).decode() for name, each in (agents or {}).items()}
    return read_synthesis(f"d/{RUN}_synthesis.json", orjson.dumps(facts).decode(), files)


def test_a_synthesis_is_pointed_at_with_the_agents_that_answered() -> None:
    synthesis = read(f"{RUN}_synthesis.json")

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.status == "ok"
    assert synthesis.consensus.stage == "plan"
    assert synthesis.consensus.timestamp == "2026-03-02T09:22:00Z"
    assert synthesis.consensus.path == f"{FOLDER}/{RUN}_synthesis.json"
    assert synthesis.consensus.size == (ORCHARD / f"{RUN}_synthesis.json").stat().st_size
    assert synthesis.consensus.agents == (
        agent("gemini", "twin-3", "2026-02-01", "thinking"),
        agent("gpt_pro", "grower-2", "2026-01-15", "high"),
    )


def test_agents_may_be_an_object_of_the_active_and_the_degraded() -> None:
    synthesis = read("spec-validate_synthesis.json")

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.status == "hold"
    assert synthesis.consensus.agents == (
        agent(None, "grower-2"),
        agent("gemini", "twin-3", "2026-02-01"),
    )


def test_a_placeholder_s_status_is_worth_nothing() -> None:
    skipped = read("spec-tasks_2026-03-02T09-45-00Z_synthesis.json")

    assert isinstance(skipped, Skipped)
    assert "placeholder" in skipped.reason


def test_the_newest_is_told_by_the_time_inside() -> None:
    names = candidates([path.name for path in ORCHARD.iterdir()])
    synthesis = newest(read(name) for name in names)

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.stage == "validate"


@pytest.mark.parametrize("status", ["ok", "conflict", "degraded", "unknown", "hold", "Größe 3!"])
def test_a_status_passes_through_as_written(status: str) -> None:
    synthesis = told({"status": status})

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.status == status


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"consensus": {"status": "conflict"}}, "conflict"),
        ({"consensusStatus": "ok", "consensus": "we agree"}, "ok"),
        ({"consensus_status": "degraded", "consensus": None}, "degraded"),
    ],
)
def test_later_writers_put_the_status_elsewhere(facts: object, status: str) -> None:
    synthesis = told(facts)

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.status == status


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "no status"),
        ({"status": None}, "no status"),
        ({"status": 3}, "no status"),
        ({"status": ""}, "no status"),
        ({"status": "x" * 65}, "no status"),
        ({"status": "ok", "prompt_version": "${prompt_version}"}, "placeholder"),
        ({"status": "${status}"}, "placeholder"),
        ([], "not a JSON object"),
    ],
)
def test_what_is_no_synthesis_is_skipped_with_a_reason(facts: object, reason: str) -> None:
    skipped = told(facts)

    assert isinstance(skipped, Skipped)
    assert reason in skipped.reason


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        (["gemini", "gpt_pro"], (agent("gemini"), agent("gpt_pro", "grower-2", None, "high"))),
        (["gpt-pro"], (agent("gpt-pro", "grower-2", None, "high"),)),
        (
            [{"agent": "gpt_pro", "model": "grower-9", "model_release": "2026-03-01"}],
            (agent("gpt_pro", "grower-9", "2026-03-01", "high"),),
        ),
        ({"gemini": {"model": "twin-3"}}, (agent("gemini", "twin-3"),)),
        ([], (agent("gpt_pro", "grower-2", None, "high"),)),
        (None, (agent("gpt_pro", "grower-2", None, "high"),)),
        ({"total": 3}, (agent("gpt_pro", "grower-2", None, "high"),)),
        ([7, None, {"role": "x"}, "two\nlines"], (agent("gpt_pro", "grower-2", None, "high"),)),
    ],
)
def test_agents_are_those_listed_or_else_those_that_left_a_file(
    agents: object, expected: tuple[Agent, ...]
) -> None:
    files: dict[str, object] = {
        f"{RUN}_gpt_pro.json": {"agent": "stub", "model": "grower-2", "reasoning_mode": "high"},
        f"{RUN}_claude.json": {"agent": "claude", "error": "no answer"},
    }
    synthesis = told({"status": "ok", "agents": agents}, files)

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.agents == expected


def test_an_agent_s_unreadable_file_hurts_only_itself() -> None:
    files = {f"{RUN}_claude.json": "{", f"{RUN}_gpt_pro.json": '{"model": "grower-2"}'}
    synthesis = read_synthesis("d/spec-plan_synthesis.json", '{"status": "ok"}', files)

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.agents == (agent("gpt_pro", "grower-2"),)


def test_a_crowd_of_agents_is_cut_short() -> None:
    synthesis = told({"status": "ok", "agents": [f"agent-{n}" for n in range(99)]})

    assert isinstance(synthesis, Synthesis)
    assert len(synthesis.consensus.agents) == 8


def test_candidates_are_syntheses_those_rewritten_in_place_first() -> None:
    names = [
        "spec-plan_2026-03-02T09:20:00Z_synthesis.json",
        "spec-plan_2026-10-14T16_58_53.123Z_synthesis.json",
        "spec-plan_2026-10-14T16_58_53.123Z_verdict.json",
        "spec-plan_2026-03-02T09:20:00Z_gpt_pro.json",
        "spec-plan_2026-03-02T09:20:00Z_gpt_pro_metrics.json",
        "spec-plan_2026-03-02T09:20:00Z_telemetry.jsonl",
        "spec-plan_synthesis.json",
        "plan_synthesis.json",
        "plan_verdict.json",
    ]

    assert candidates(names) == [
        "spec-plan_synthesis.json",
        "plan_synthesis.json",
        "spec-plan_2026-10-14T16_58_53.123Z_synthesis.json",
        "spec-plan_2026-03-02T09:20:00Z_synthesis.json",
    ]


def test_the_agents_of_a_run_are_found_by_its_name() -> None:
    names = [
        "spec-plan_2026-03-02T09:20:00Z_gpt_pro.json",
        "spec-plan_2026-03-02T09:20:00Z_gpt_pro_metrics.json",
        "spec-plan_2026-03-02T09:20:00Z_synthesis.json",
        "spec-plan_2026-03-02T09:20:00Z_verdict.json",
        "spec-plan_2026-03-02T09:20:00Z_telemetry.json",
        "spec-plan_2026-03-02T09:20:00Z_telemetry.jsonl",
        "spec-plan_2026-03-02T09:20:01Z_gpt_pro.json",
        "spec-tasks_2026-03-02T09:20:00Z_gpt_pro.json",
    ]

    assert agent_files("spec-plan_2026-03-02T09:20:00Z_synthesis.json", names) == names[:2]
    assert agent_files("spec-plan_synthesis.json", names) == []
    assert agent_files("plan_verdict.json", names) == []


def test_one_without_any_time_is_the_oldest() -> None:
    timed = read_synthesis("d/plan_synthesis.json", '{"status":"a","timestamp":"2001-01-01"}', {})
    untimed = read_synthesis("d/tasks_synthesis.json", '{"status":"b"}', {})

    assert isinstance(untimed, Synthesis)
    assert untimed.consensus.timestamp is None
    assert untimed.consensus.stage == "tasks"
    assert newest([timed, untimed]) == timed
    assert newest([untimed]) == untimed


def test_when_there_is_none_it_is_said_why() -> None:
    assert newest([]) == Absent(reason="no consensus synthesis found")
    assert newest([Skipped(path="a/b.json", reason="empty")]) == Absent(
        reason="no valid consensus synthesis: b.json: empty"
    )


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["status", "agents", "active", "agent", "model", "consensus"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_synthesis_or_skipped(facts: object) -> None:
    answer = told({"status": "ok", "agents": facts}, {f"{RUN}_gemini.json": facts})

    assert isinstance(answer, Synthesis)
    assert isinstance(told(facts), Synthesis | Skipped)


# The public tree of another project: real shapes nobody made for us.


def sample_tree() -> Path:
    root = os.environ.get("SPEC_NOTIFY_SAMPLES")
    if root is None:
        if os.environ.get("CI") == "true":
            pytest.fail("SPEC_NOTIFY_SAMPLES names no folder, and CI must try the real shapes")
        pytest.skip("SPEC_NOTIFY_SAMPLES names no folder with real evidence trees")
    found = sorted(Path(root).glob("evidence-tree/docs/*/evidence/consensus"))
    assert found, "SPEC_NOTIFY_SAMPLES holds no evidence-tree"
    return found[0]


def read_samples(spec: str) -> dict[str, Synthesis | Skipped]:
    folder = sample_tree() / spec
    names = [path.name for path in folder.iterdir()]
    return {
        name: read_synthesis(
            f"docs/O/evidence/consensus/{spec}/{name}",
            (folder / name).read_text(),
            {each: (folder / each).read_text() for each in agent_files(name, names)},
        )
        for name in candidates(names)
    }


def test_of_a_real_tree_every_timed_synthesis_is_a_placeholder() -> None:
    read_ones = {
        **read_samples("SPEC-KIT-DEMO"),
        **read_samples("SPEC-KIT-025-add-automated-conflict-resolution-with"),
    }
    skipped = {name for name, each in read_ones.items() if isinstance(each, Skipped)}

    assert len(skipped) == 7
    assert skipped == {name for name in read_ones if "Z_synthesis" in name}


def test_every_json_file_of_a_real_tree_is_read_or_skipped_for_a_reason() -> None:
    reasons: Counter[str] = Counter()
    for path in sorted(sample_tree().glob("*/*.json")):
        told = read_synthesis(
            f"docs/O/evidence/consensus/{path.parent.name}/{path.name}", path.read_text(), {}
        )
        reasons[told.reason if isinstance(told, Skipped) else "read"] += 1

    assert reasons == {
        "read": 6,
        "a placeholder stands where a value should": 7,
        "no synthesis by its name": 41,
    }


def test_in_a_real_tree_no_agents_disagree_and_what_was_resolved_is_no_conflict() -> None:
    told_ones = read_samples("SPEC-KIT-DEMO").values()
    syntheses = [each for each in told_ones if isinstance(each, Synthesis)]

    assert len(syntheses) == 6
    assert [(each.disagrees, each.conflicts) for each in syntheses] == [(False, None)] * 6


# What the files of a consensus hold in a tree of another project: see the same of stages.
SYNTHESIS = {"agents", "consensus", "specId", "stage", "status", "timestamp"}
METRICS = {"agent", "error", "model_id", "model_release", "reasoning_mode", "status"}
ANSWER = {"agent", "model", "model_release", "reasoning_mode"}
NO_ANSWER = {"agent", "error", "spec_id", "stage", "consensus"}


def test_the_shapes_of_a_real_tree_are_those_we_know() -> None:
    shapes = {"synthesis": SYNTHESIS, "metrics": METRICS, "answer": ANSWER, "none": NO_ANSWER}
    counts: Counter[str] = Counter()
    for path in sorted(sample_tree().glob("*/*.json")):
        known = orjson.loads(path.read_bytes())
        kind = path.stem.rpartition("_")[2]
        if kind not in shapes:
            kind = "none" if "error" in known else "answer"
        assert shapes[kind] <= {*known}, path.name
        counts[kind] += 1

    assert counts == {"synthesis": 13, "metrics": 13, "answer": 12, "none": 16}


def test_of_a_real_tree_the_statuses_are_as_written() -> None:
    told_ones = read_samples("SPEC-KIT-DEMO").values()
    statuses = {
        each.consensus.stage: each.consensus.status
        for each in told_ones
        if isinstance(each, Synthesis)
    }

    assert statuses == {
        "plan": "ok",
        "tasks": "ok",
        "implement": "ok",
        "validate": "degraded",
        "audit": "degraded",
        "unlock": "hold",
    }


def test_of_a_real_tree_the_newest_is_the_last_stage_s() -> None:
    synthesis = newest(read_samples("SPEC-KIT-DEMO").values())

    assert isinstance(synthesis, Synthesis)
    assert synthesis.consensus.stage == "unlock"
    assert [each.model for each in synthesis.consensus.agents] == [
        "gemini-2.5-pro",
        "claude-4.5-sonnet",
        "gpt-5-codex",
    ]


@pytest.mark.parametrize(
    ("told", "count"),
    [
        (["None"], 0),
        (["none.", "-"], 0),
        (["None", "the schema of the roster"], 1),
        ("no conflicts", 0),
        ([{"on": "the schema"}], 1),
    ],
)
def test_a_conflict_that_says_none_is_none(told: object, count: int) -> None:
    assert open_conflicts({"conflicts": told}) == count
