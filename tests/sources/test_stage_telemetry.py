"""Stage telemetry v1: what is read, what is skipped, and which one is the newest."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.body_parts import Absent
from spec_notify.sources.artefact import Skipped, repository_path
from spec_notify.sources.stage_telemetry import Artifact, candidates, newest, read_artifact

ORCHARD = Path(__file__).parents[2] / "fixtures" / "telemetry" / "SPEC-ORB-001-harvest"
FOLDER = "evidence/commands/SPEC-ORB-001-harvest"


def read(name: str) -> Artifact | Skipped:
    return read_artifact(f"{FOLDER}/{name}", (ORCHARD / name).read_text())


def written(**changes: object) -> str:
    facts: dict[str, object] = {
        "schemaVersion": 1,
        "command": "spec-ops-tasks",
        "specId": "SPEC-ORB-001",
        "sessionId": "ci-42",
        "timestamp": "2026-03-02T09:00:00Z",
        "tool": {"status": "ok"},
        "artifacts": [{"path": "docs/a.md"}],
        **changes,
    }
    return orjson.dumps({k: v for k, v in facts.items() if v is not ...}).decode()


def outcome(text: str, stage: str = "tasks") -> str:
    told = read_artifact(f"{FOLDER}/spec-{stage}_2026-03-02T08:59:00Z-1.json", text)
    return told.reason if isinstance(told, Skipped) else told.telemetry.status


@pytest.mark.parametrize(
    ("name", "stage", "status"),
    [
        ("spec-plan_2026-03-02T09-15-00Z-1188420731.json", "plan", "success"),
        ("spec-tasks_2026-03-02T09-41-07Z-52210984.json", "tasks", "success"),
        ("spec-implement_2026-03-02T10-00-00Z-77.json", "implement", "success"),
        ("spec-validate_2026-03-02T11-05-12Z-90214.json", "validate", "failure"),
        ("spec-audit_2026-03-02T11-20-00Z-431.json", "audit", "success"),
        ("spec-unlock_2026-03-02T11-45-00Z-8812.json", "unlock", "success"),
    ],
)
def test_every_stage_is_read(name: str, stage: str, status: str) -> None:
    told = read(name)

    assert isinstance(told, Artifact)
    assert (told.telemetry.stage, told.telemetry.status) == (stage, status)


def test_an_artifact_is_pointed_at_by_path_hash_and_size() -> None:
    name = "spec-plan_2026-03-02T09-15-00Z-1188420731.json"
    told = read(name)

    assert isinstance(told, Artifact)
    assert told.telemetry.schema_version == 1
    assert told.telemetry.path == f"{FOLDER}/{name}"
    assert told.telemetry.size == (ORCHARD / name).stat().st_size
    assert told.telemetry.timestamp == "2026-03-02T09:18:40Z"
    assert told.telemetry.session_id == "2026-03-02T09-15-00Z-1188420731"
    assert told.telemetry.artifacts == (
        f"{FOLDER}/baseline_2026-03-02T09-15-00Z-1188420731.md",
        f"{FOLDER}/spec-plan_2026-03-02T09-15-00Z-1188420731.log",
    )


def test_the_hash_is_that_of_the_bytes_read_when_it_is_known() -> None:
    told = read_artifact("spec-tasks_x.json", written(), digest="0" * 64)

    assert isinstance(told, Artifact)
    assert told.telemetry.sha256 == "0" * 64


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("spec-tasks_2026-03-02T12-40-00Z-611.json", "not JSON"),
        ("spec-plan_2026-03-02T12-50-00Z-612.json", "not JSON"),
        ("spec-audit_2026-03-02T12-55-00Z-613.json", "empty"),
        ("spec-plan_gpt-pro_2026-03-02T09-15-00Z-1188420731.json", "one agent"),
        ("roster_2026-03-02.json", "`command`"),
    ],
)
def test_what_is_no_telemetry_is_skipped_with_a_reason(name: str, reason: str) -> None:
    told = read(name)

    assert isinstance(told, Skipped)
    assert reason in told.reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tool": {"status": "ready"}}, "success"),
        ({"tool": {"status": "skipped"}}, "success"),
        ({"tool": {"status": "failed"}}, "failure"),
        ({"tool": {"status": "who knows"}}, "failure"),
        ({"tool": {"status": "halt"}}, "halt"),
        ({"policy": {"final": {"status": "failed"}}}, "success"),
        ({"schemaVersion": "1"}, "success"),
        ({"schemaVersion": "1.0"}, "success"),
        ({"schemaVersion": ...}, "success"),
        ({"schemaVersion": 2}, "schemaVersion '2' is not 1"),
        ({"schemaVersion": True}, "Expected `int | str`, got `bool` - at `$.schemaVersion`"),
        ({"command": "spec-ops-plan"}, "named for tasks, its `command` is for plan"),
        ({"command": "guardrail.tasks"}, "Object missing required field `success`"),
        ({"command": "guardrail.dance"}, "its `command` is no spec-ops stage"),
        ({"command": ...}, "its `command` is no spec-ops stage"),
        ({"sessionId": ...}, "Object missing required field `sessionId`"),
        ({"specId": ...}, "Object missing required field `specId`"),
        ({"specId": "${spec}"}, "a placeholder stands where a value should"),
        ({"sessionId": "${session}"}, "a placeholder stands where a value should"),
        ({"tool": ...}, "Object missing required field `tool`"),
        ({"tool": "ok"}, "Expected `object`, got `str` - at `$.tool`"),
        ({"artifacts": []}, "it names no artifacts"),
        ({"artifacts": ...}, "it names no artifacts"),
        ({"artifacts": "docs/a.md"}, "Expected `array`, got `str` - at `$.artifacts`"),
    ],
)
def test_a_stage_is_judged_by_its_own_rule(changes: dict[str, object], expected: str) -> None:
    assert outcome(written(**changes)) == expected


@pytest.mark.parametrize(
    ("stage", "own", "expected"),
    [
        ("plan", {"baseline": {"status": "skipped"}, "hooks": {"session.start": "ok"}}, "success"),
        ("plan", {"baseline": {"status": "failed"}, "hooks": {"session.start": "ok"}}, "failure"),
        ("plan", {"baseline": {"status": "passed"}, "hooks": {"session.start": "no"}}, "failure"),
        ("implement", {"lock_status": "locked", "hook_status": "ok"}, "success"),
        ("implement", {"lock_status": "unlocked", "hook_status": "ok"}, "failure"),
        ("validate", {"scenarios": [{"status": "passed"}, {"status": "skipped"}]}, "success"),
        ("validate", {"scenarios": [{"status": "passed"}, {"status": "failed"}]}, "failure"),
        ("unlock", {"unlock_status": "unlocked"}, "success"),
        ("unlock", {"unlock_status": "locked"}, "failure"),
        (
            "audit",
            {"scenarios": []},
            "Expected `array` of length >= 1 - at `$.scenarios`",
        ),
        (
            "plan",
            {"baseline": {"status": "passed"}, "hooks": {}},
            "Object missing required field `session.start` - at `$.hooks`",
        ),
    ],
)
def test_each_stage_has_words_for_success(
    stage: str, own: dict[str, object], expected: str
) -> None:
    assert outcome(written(command=f"spec-ops-{stage}", tool=..., **own), stage) == expected


def guardrail(**changes: object) -> str:
    facts: dict[str, object] = {
        "schemaVersion": 1,
        "command": "guardrail.plan",
        "specId": "SPEC-ORB-001",
        "sessionId": "31415",
        "timestamp": "2026-03-02T09:00:00Z",
        "success": True,
        "stage": "Plan",
        "checks": [{"name": "clean-tree", "status": "passed", "message": "no changes"}],
        "artifacts": [],
        **changes,
    }
    return orjson.dumps({k: v for k, v in facts.items() if v is not ...}).decode()


def lifecycle(**changes: object) -> str:
    facts: dict[str, object] = {
        "spec_id": "SPEC-ORB-001",
        "stage": "validate",
        "event": "completed",
        "stage_run_id": "validate-SPEC-ORB-001-auto-attempt-1-2718",
        "attempt": 1,
        "timestamp": "2026-03-02T09:00:00.674206480+00:00",
        **changes,
    }
    return orjson.dumps({k: v for k, v in facts.items() if v is not ...}).decode()


GUARDRAIL = "guardrail-plan-2026-03-02T08:59:00Z_31415.json"
LIFECYCLE = "SPEC-ORB-001_spec-validate_telemetry_20260302_085900.json"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "success"),
        ({"success": False}, "failure"),
        ({"success": "true"}, "Expected `bool`, got `str` - at `$.success`"),
        ({"success": ...}, "Object missing required field `success`"),
        ({"schemaVersion": 2}, "schemaVersion '2' is not 1"),
        ({"command": "guardrail.tasks"}, "named for plan, its `command` is for tasks"),
    ],
)
def test_the_second_generation_says_whether_it_was_a_success(
    changes: dict[str, object], expected: str
) -> None:
    told = read_artifact(f"{FOLDER}/{GUARDRAIL}", guardrail(**changes))

    assert (told.reason if isinstance(told, Skipped) else told.telemetry.status) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "success"),
        ({"event": "Complete"}, "success"),
        ({"event": "failed"}, "failure"),
        ({"event": "cancelled"}, "halt"),
        ({"event": "dispatched"}, "its run is 'dispatched': that is no end of a stage"),
        ({"event": "checking_consensus"}, "its run is 'checking_consensus': that is no end of a"),
        ({"event": ...}, "Object missing required field `event`"),
        ({"stage_run_id": ...}, "its `command` is no spec-ops stage"),
        ({"stage": "dance"}, "its `command` is no spec-ops stage"),
        ({"spec_id": "${SPEC}"}, "a placeholder stands where a value should"),
    ],
)
def test_the_third_generation_is_an_outcome_only_when_its_run_has_ended(
    changes: dict[str, object], expected: str
) -> None:
    told = read_artifact(f"{FOLDER}/{LIFECYCLE}", lifecycle(**changes))
    said = told.reason if isinstance(told, Skipped) else told.telemetry.status

    assert said.startswith(expected)


@pytest.mark.parametrize(
    ("name", "text", "at", "session"),
    [
        (GUARDRAIL, guardrail(), "2026-03-02T09:00:00Z", "31415"),
        (GUARDRAIL, guardrail(timestamp=...), "2026-03-02T08:59:00.000Z", "31415"),
        (
            LIFECYCLE,
            lifecycle(),
            "2026-03-02T09:00:00.674Z",
            "validate-SPEC-ORB-001-auto-attempt-1-2718",
        ),
        (
            LIFECYCLE,
            lifecycle(timestamp="soon"),
            "2026-03-02T08:59:00.000Z",
            "validate-SPEC-ORB-001-auto-attempt-1-2718",
        ),
    ],
)
def test_later_generations_have_their_times_and_sessions_too(
    name: str, text: str, at: str, session: str
) -> None:
    told = read_artifact(f"{FOLDER}/{name}", text)

    assert isinstance(told, Artifact)
    assert (told.telemetry.timestamp, told.telemetry.session_id) == (at, session)
    assert told.started is None


@pytest.mark.parametrize("text", ["", " \n", "[]", "null", '"x"', "{", "[" * 100_000, "\x00"])
def test_no_text_is_too_broken_to_be_skipped(text: str) -> None:
    assert isinstance(read_artifact("a/spec-plan_x.json", text), Skipped)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert outcome("\ufeff" + written()) == "success"


@pytest.mark.parametrize(
    ("told", "stamp"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00.25Z", "2026-03-02T09:00:00.25Z"),
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00.000Z"),
        ("yesterday", "2026-03-02T08:59:00.000Z"),
        (..., "2026-03-02T08:59:00.000Z"),
    ],
)
def test_the_time_is_the_one_inside_or_else_the_one_in_the_name(told: object, stamp: str) -> None:
    artifact = read_artifact("spec-tasks_2026-03-02T08:59:00Z-1.json", written(timestamp=told))

    assert isinstance(artifact, Artifact)
    assert artifact.telemetry.timestamp == stamp


@pytest.mark.parametrize("told", [..., "", "soon", "2026-13-45T99:99:99Z"])
def test_without_any_time_there_is_no_saying_what_is_newest(told: object) -> None:
    skipped = read_artifact("spec-tasks_ci-42.json", written(timestamp=told))

    assert isinstance(skipped, Skipped)
    assert "no time" in skipped.reason


def test_candidates_are_newest_first_and_no_agent_s_file() -> None:
    names = [
        "spec-plan_2026-03-02T09:15:00Z-11.json",
        "spec-validate_2026-03-02T09_15_01Z-2.json",
        "spec-unlock_2026-03-02T09-15-02Z-3.json",
        "spec-audit_2026-12-01T00:00:00Z-9.json",
        "spec-plan_ci-9.json",
        "spec-plan_ci-10.json",
        "spec-plan_2026-13-45T99:99:99Z-1.json",
        "spec-plan_gpt-pro_2026-12-31T15:58:30Z-79.json",
        "spec-plan_2026-03-02T09:15:00Z-11.log",
        "baseline_2026-03-02T09:15:00Z-11.md",
        "guardrail-plan-2026-11-01T20:34:06Z_150.json",
        "guardrail-dance-2026-11-01T20:34:06Z_150.json",
        "SPEC-ORB-001_spec-validate_telemetry_20261226_135336.json",
        "20260302-091500Z-hal-health.json",
        "spec-dance_2026-03-02T09:15:00Z-11.json",
    ]

    assert candidates(names) == [
        "SPEC-ORB-001_spec-validate_telemetry_20261226_135336.json",
        "spec-audit_2026-12-01T00:00:00Z-9.json",
        "guardrail-plan-2026-11-01T20:34:06Z_150.json",
        "spec-unlock_2026-03-02T09-15-02Z-3.json",
        "spec-validate_2026-03-02T09_15_01Z-2.json",
        "spec-plan_2026-03-02T09:15:00Z-11.json",
        "spec-plan_ci-10.json",
        "spec-plan_ci-9.json",
        "spec-plan_2026-13-45T99:99:99Z-1.json",
    ]


def test_the_newest_is_the_one_that_ended_last() -> None:
    names = [path.name for path in ORCHARD.iterdir()]
    told = newest(read(name) for name in candidates(names))

    assert isinstance(told, Artifact)
    assert told.telemetry.stage == "implement"


def test_when_there_is_none_it_is_said_why() -> None:
    bad = [Skipped(path="a/b.json", reason="empty"), Skipped(path="a/c.json", reason="not JSON")]

    assert newest([]) == Absent(reason="no stage telemetry found")
    assert newest(bad[:1]) == Absent(reason="no valid stage telemetry: b.json: empty")
    assert newest(bad) == Absent(
        reason="no valid stage telemetry: b.json: empty, and 1 more skipped"
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("docs/SPEC-X/a.md", "docs/SPEC-X/a.md"),
        ("./src//grow.rs", "src/grow.rs"),
        ("/home/ann/code/evidence/commands/S/a.log", "evidence/commands/S/a.log"),
        ("/home/ann/code/docs/SPEC-X/docs/a.md", "docs/SPEC-X/docs/a.md"),
        ("/home/docs/code/docs/a.md", "docs/a.md"),
        ("/home/ann/code/.kiro/specs/x/tasks.md", ".kiro/specs/x/tasks.md"),
        ("C:\\Users\\ann\\code\\docs\\a.md", "docs/a.md"),
        ("\\\\host\\share\\a.md", "a.md"),
        ("file:///home/ann/a.md", "a.md"),
        ("~/code/a.md", "a.md"),
        ("/home/ann/secret-plan.md", "secret-plan.md"),
        ("../../home/ann/a.md", "a.md"),
        ("/x/docs/../../etc/passwd", "passwd"),
        ("docs/" + "d/" * 200 + "a.md", "a.md"),
        ("/", None),
        ("..", None),
        ("", None),
        ("a\nb", None),
        (7, None),
        (None, None),
    ],
)
def test_a_path_never_leads_outside_the_repository(raw: object, expected: str | None) -> None:
    assert repository_path(raw, beside="evidence/commands/S") == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="/\\.~:abdocs \u00e9\ud800", max_size=40))
def test_no_path_is_absolute_or_climbs(raw: str) -> None:
    path = repository_path(raw, beside="docs/a")

    if path is not None:
        assert not path.startswith("/")
        assert ".." not in path.split("/")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_any_text_is_an_artifact_or_skipped(text: str) -> None:
    assert isinstance(read_artifact("d/spec-plan_x.json", text), Skipped)


# The public tree of another project: real shapes nobody made for us.


def sample_tree() -> Path:
    root = os.environ.get("SPEC_NOTIFY_SAMPLES")
    if root is None:
        if os.environ.get("CI") == "true":
            pytest.fail("SPEC_NOTIFY_SAMPLES names no folder, and CI must try the real shapes")
        pytest.skip("SPEC_NOTIFY_SAMPLES names no folder with real evidence trees")
    found = sorted(Path(root).glob("evidence-tree/docs/*/evidence/commands"))
    assert found, "SPEC_NOTIFY_SAMPLES holds no evidence-tree"
    return found[0]


def read_sample(path: Path) -> Artifact | Skipped:
    return read_artifact(
        f"docs/O/evidence/commands/{path.parent.name}/{path.name}", path.read_text()
    )


# What a stage's file holds in a tree of another project: should a writer add, drop or rename a
# member, this is where we hear of it, before a user does.
ALWAYS = {"schemaVersion", "command", "specId", "sessionId", "timestamp", "artifacts"}
OWN = {
    "spec-ops-plan": {"baseline", "hooks"},
    "spec-ops-tasks": {"tool"},
    "spec-ops-implement": {"lock_status", "hook_status"},
    "spec-ops-validate": {"scenarios"},
    "spec-ops-audit": {"scenarios"},
    "spec-ops-unlock": {"unlock_status"},
}
SOMETIMES = {"policy", "hal"}


def test_the_shapes_of_a_real_tree_are_those_we_know() -> None:
    stages = set()
    for path in sorted(sample_tree().glob("*/*.json")):
        if isinstance(read_sample(path), Skipped):
            continue
        known = orjson.loads(path.read_bytes())
        stages.add(known["command"])
        assert {*known} - SOMETIMES == ALWAYS | OWN[known["command"]], path.name

    assert stages == {*OWN}


@pytest.mark.parametrize(
    "member",
    [
        *("command", "specId", "sessionId", "timestamp", "artifacts", "baseline", "hooks", "tool"),
        *("lock_status", "hook_status", "scenarios", "unlock_status"),
    ],
)
def test_a_real_file_without_a_member_it_needs_is_skipped(member: str) -> None:
    tried = 0
    for path in sorted(sample_tree().glob("*/*.json")):
        told = read_sample(path)
        known = orjson.loads(path.read_bytes()) if isinstance(told, Artifact) else {}
        if member not in known:
            continue
        del known[member]
        drifted = read_artifact(
            f"evidence/commands/{path.parent.name}/{path.name.replace(':', '-')}",
            orjson.dumps(known).decode(),
        )
        optional = {"timestamp"} | ({"artifacts"} if "scenarios" in known else set())
        assert isinstance(drifted, Artifact if member in optional else Skipped), path.name
        tried += 1

    assert tried


def test_every_file_of_a_real_tree_is_read_or_skipped_whatever_half_of_it_stands() -> None:
    for path in sorted(sample_tree().glob("*/*.json")):
        text = path.read_text()
        for cut in {0, 1, len(text) // 3, len(text) // 2, len(text) - 3}:
            told = read_artifact(f"{FOLDER}/{path.name}", text[:cut])
            assert isinstance(told, Skipped), (path.name, cut)


def test_of_a_real_tree_only_the_malformed_files_are_skipped() -> None:
    told = [read_sample(path) for path in sorted(sample_tree().glob("*/*.json"))]
    skipped = [each for each in told if isinstance(each, Skipped)]

    assert len(told) == 56
    assert len(skipped) == 6
    assert all("_2025-10-03T17:3" in each.path for each in skipped)
    assert all(each.reason.startswith("not JSON") for each in skipped)


def test_every_ready_of_a_real_tree_is_a_success() -> None:
    told = [read_sample(path) for path in sample_tree().glob("*/spec-tasks_*.json")]
    statuses = [each.telemetry.status for each in told if isinstance(each, Artifact)]

    assert len(statuses) == 7
    assert set(statuses) == {"success"}


def test_no_path_of_a_real_tree_tells_whose_home_it_was() -> None:
    told = [read_sample(path) for path in sample_tree().glob("*/*.json")]
    paths = [
        path for each in told if isinstance(each, Artifact) for path in each.telemetry.artifacts
    ]

    assert len(paths) > 50
    assert all(path.startswith("docs/") for path in paths)
    assert not any("home" in path for path in paths)


@pytest.mark.parametrize(
    ("spec", "stage", "status", "at"),
    [
        ("SPEC-KIT-018", "validate", "success", "2025-09-29T16:34:25Z"),
        ("SPEC-KIT-DEMO", "unlock", "success", "2025-10-12T16:49:50Z"),
    ],
)
def test_the_newest_of_a_real_tree_needs_no_more_than_three_files(
    spec: str, stage: str, status: str, at: str
) -> None:
    folder = sample_tree() / spec
    names = candidates([path.name for path in folder.iterdir()])
    told = newest(read_sample(folder / name) for name in names[:3])

    assert isinstance(told, Artifact)
    assert (told.telemetry.stage, told.telemetry.status) == (stage, status)
    assert told.telemetry.timestamp == at


@pytest.mark.parametrize("spec", ["SPEC-ORB-002-other", "SPEC-ORB", "SPEC-ORB-001-harv"])
def test_a_file_about_another_spec_is_skipped_and_a_name_cut_short_is_the_same(spec: str) -> None:
    name = "spec-unlock_2026-03-02T11-45-00Z-8812.json"
    known = orjson.loads((ORCHARD / name).read_bytes())

    told = read_artifact(f"{FOLDER}/{name}", orjson.dumps({**known, "specId": spec}).decode())

    assert isinstance(told, Artifact) == "SPEC-ORB-001-harvest".startswith(spec)


@pytest.mark.parametrize("member", ["unlock_status", "command", "sessionId", "note"])
def test_a_placeholder_anywhere_makes_a_file_worthless(member: str) -> None:
    name = "spec-unlock_2026-03-02T11-45-00Z-8812.json"
    known = orjson.loads((ORCHARD / name).read_bytes())

    told = read_artifact(f"{FOLDER}/{name}", orjson.dumps({**known, member: "${x}"}).decode())

    assert isinstance(told, Skipped)
    assert "placeholder" in told.reason
