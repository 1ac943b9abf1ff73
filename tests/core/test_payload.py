"""The native body: built, checked, published (contract, section 5)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core import event as types
from spec_notify.core.artifact import Accord, RunEnd, RunStage, StageEnd
from spec_notify.core.artifact_payload import build_artifact_event
from spec_notify.core.body import SHAPES
from spec_notify.core.body_parts import Absent, Agent, Consensus, Git, Telemetry
from spec_notify.core.errors import PayloadError, UsageError
from spec_notify.core.event import Event, event_id
from spec_notify.core.instant import parse_rfc3339
from spec_notify.core.payload import (
    Surroundings,
    arrival,
    build_plain_event,
    build_task_event,
    build_test_event,
)
from spec_notify.core.run import Counts, Finish, RunPlace
from spec_notify.core.run_payload import build_finish_event
from spec_notify.core.run_stop_payload import build_run_stop
from spec_notify.core.schema import json_schema, validate
from spec_notify.core.snapshot import Task, Transition
from spec_notify.core.spec_id import SpecId
from spec_notify.core.status import CANONICAL, Status
from spec_notify.core.workflow_payload import build_workflow_event
from spec_notify.sources.run_info import Place, read_run_info, task_of

from .test_team_payload import EVENTS as TEAMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.core.artifact import Artifact

GOLDEN = Path(__file__).parents[2] / "fixtures" / "payloads"
NOW = parse_rfc3339("2026-11-20T10:00:00.123Z")
NONE = Absent(reason="there is none")
EVIDENCE = "evidence/commands/SPEC-ORB-001-harvest"

BARE = Surroundings(
    spec=SpecId(id=None, reason="no cell names one"),
    git=NONE,
    telemetry=NONE,
    consensus=NONE,
    evidence="evidence/commands/_unassigned/webhooks/",
)
FULL = Surroundings(
    spec=SpecId(id="SPEC-ORB-001-harvest", matched_by="prd"),
    git=Git(
        repository="git.example/orchard",
        branch="main",
        commit="3f" * 20,
        author="Ada Grower",
        dirty=False,
    ),
    telemetry=Telemetry(
        schema_version=1,
        stage="validate",
        status="success",
        timestamp="2026-11-20T09:58:00Z",
        session_id="2026-11-20T09:57:00Z-77",
        path=f"{EVIDENCE}/spec-validate_2026-11-20T09:57:00Z-77.json",
        sha256="ab" * 32,
        size=812,
        artifacts=(f"{EVIDENCE}/spec-validate_2026-11-20T09:57:00Z-77.log",),
    ),
    consensus=Consensus(
        status="ok",
        stage="validate",
        timestamp=None,
        agents=(
            Agent(agent="gemini", model="twin-3", model_release="2026-02-01", reasoning_mode=None),
        ),
        path="evidence/consensus/SPEC-ORB-001-harvest/spec-validate_synthesis.json",
        sha256="cd" * 32,
        size=640,
    ),
    evidence=f"{EVIDENCE}/webhooks/",
)


def status(canonical: str, raw: str | None = None) -> Status:
    return Status(canonical=canonical, text=canonical.lower(), raw=raw or canonical)


def move(to: str = "Done", before: str | None = "In Progress", **about: Any) -> Transition:
    raw = about.pop("raw", f"**{to.upper()}** (2026-11-20)")
    facts: dict[str, Any] = {
        "key": "T49",
        "id": "T49",
        "title": "Prune the old trees",
        "line": 27,
        "section": "Active Tasks",
        "owners": ("Code", "Ada"),
        **about,
    }
    return Transition(
        task=Task(status=status(to, raw), **facts),
        kind="completed",
        before=status(before) if before else None,
        after=status(to, raw),
        appeared=before is None,
    )


def build(transition: Transition, around: Surroundings = FULL, **changes: Any) -> Event:
    facts: dict[str, Any] = {
        "document": "SPEC.md",
        "repository": "git.example/orchard",
        "generation": "",
        "occurrence": 1,
        "now": NOW,
        **changes,
    }
    return build_task_event(transition, around, **facts)


def told(event: Event) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(event.body)
    return body


def data(event: Event) -> dict[str, Any]:
    facts: dict[str, Any] = told(event)["data"]
    return facts


HEALTH: dict[str, Any] = {
    "delivery": "dlv_aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "event": "evt_bbbbbbbbbbbbbbbbbbbbbbbbbb",
    "subscription": "chatops",
    "type": types.TASK_COMPLETED,
    "task": "T49",
    "spec": "SPEC-ORB-001-harvest",
    "attempts": 11,
    "lastStatus": 503,
    "reason": "exhausted",
    "guidance": "mend the receiver, then replay it",
}


def workflow_event(type_: str, **data: Any) -> Event:
    return build_workflow_event(
        type_, data, workflow="nightly", repository="git.example/orchard", nonce="1f", at=NOW
    )


REPORT = {
    "summary": {"total": 3, "passed": 1, "failed": 1, "skipped": 1},
    "total_duration_ms": 61_200.5,
    "steps": [
        {"step_type": "lint", "service": "shop", "success": True, "duration_ms": 1_200.5},
        {"step_type": "test", "service": "shop", "success": False, "duration_ms": 60_000.0},
        {"step_type": "publish", "service": "shop", "success": False, "skipped": True},
    ],
}


def artifact_event(artifact: Artifact, outcome: str, **changes: Any) -> Event:
    facts: dict[str, Any] = {
        "git": FULL.git,
        "evidence": FULL.evidence,
        "document": "evidence/commands/",
        "repository": "git.example/orchard",
        "generation": "",
        "occurrence": 1,
        "now": NOW,
        **changes,
    }
    task = Task(key="k", id="k", title="t", status=status(outcome), line=1, artifact=artifact)
    return build_artifact_event(task, artifact, **facts)


assert isinstance(FULL.telemetry, Telemetry)
assert isinstance(FULL.consensus, Consensus)
ENDED = StageEnd(
    spec="SPEC-ORB-001-harvest",
    telemetry=FULL.telemetry,
    started=parse_rfc3339("2026-11-20T09:57:00Z"),
    ended=parse_rfc3339("2026-11-20T09:58:00Z"),
)
HALTED = msgspec.structs.replace(
    ENDED, telemetry=msgspec.structs.replace(ENDED.telemetry, status="halt"), started=None
)
HALTED_RUN = RunEnd(
    last=HALTED,
    started=parse_rfc3339("2026-11-20T09:30:00Z"),
    stages=(
        RunStage(
            stage="plan",
            outcome="success",
            ended=parse_rfc3339("2026-11-20T09:31:00Z"),
            session="2026-11-20T09:30:00Z-42",
            path=f"{EVIDENCE}/spec-plan_2026-11-20T09:30:00Z-42.json",
        ),
        RunStage(stage="tasks"),
        RunStage(stage="implement"),
        RunStage(
            stage="validate",
            outcome="halt",
            ended=HALTED.ended,
            session=HALTED.telemetry.session_id,
            path=HALTED.path,
        ),
        RunStage(stage="audit"),
        RunStage(stage="unlock"),
    ),
)
CONTESTED = Accord(spec="SPEC-ORB-001-harvest", consensus=FULL.consensus, broken=True, conflicts=2)
FINISH = Finish(
    place=RunPlace(base="http://127.0.0.1:5080", run="run-abc123"),
    counts=Counts(done=12, failed=2, blocked=1, total=15),
    outcome="attention-required",
    checked_at=NOW,
    created_at=parse_rfc3339("2026-11-20T08:15:00Z"),
)


def run_stop(name: str, before: str | None = None, **changes: Any) -> Event:
    place = Place(project="orchard", task="prune", run="20261120-0958000000-4711-1")
    text = (GOLDEN.parent / "conductor" / f"{name}.yaml").read_text("utf-8")
    run = msgspec.structs.replace(read_run_info(text, place), **changes)
    stood = None
    if before is not None:
        stood = Status(canonical=before.split(maxsplit=1)[0], text=before, raw=before)
    task = task_of(run, place)
    transition = Transition(
        task=task, kind="changed", before=stood, after=task.status, appeared=stood is None
    )
    event = build_run_stop(
        transition,
        document="conductor://runs~1a2b3c4d",
        repository="git.example/orchard",
        generation="",
        evidence_root="evidence",
        occurrence=1,
        now=NOW,
    )
    assert event is not None
    return event


EVENTS = {
    "stage_completed": artifact_event(ENDED, "success"),
    "stage_completed_bare": artifact_event(HALTED, "halt", git=NONE),
    "pipeline_completed": artifact_event(HALTED_RUN, "halt"),
    "consensus_conflict": artifact_event(CONTESTED, "conflict", document="evidence/consensus/"),
    "consensus_conflict_bare": artifact_event(
        msgspec.structs.replace(CONTESTED, conflicts=None),
        "conflict",
        git=NONE,
        document="evidence/consensus/",
    ),
    "task_completed": build(move()),
    "task_completed_bare": build(
        move(before=None, id=None, key="0f3c", section=None, owners=(), raw="[x]"), BARE
    ),
    "task_in_review": build(move("In Review"), checklist="docs/SPEC-ORB-001-harvest/checklist.md"),
    "task_in_review_bare": build(
        move("In Review", owners=()), BARE, checklist=Absent(reason="no checklist stands there")
    ),
    "task_transitioned": build(move("In Progress", "Backlog", raw="in progress")),
    "test": build_test_event(
        repository="git.example/orchard", nonce="1f", spec="SPEC-ORB-001-harvest", now=NOW
    ),
    "test_bare": build_test_event(repository="git.example/orchard", nonce="2f", now=NOW),
    **TEAMS,
    "run_finished": build_finish_event(FINISH),
    "run_finished_bare": build_finish_event(
        msgspec.structs.replace(
            FINISH,
            created_at=None,
            counts=Counts(done=3, failed=0, blocked=0, total=3),
            outcome="success",
        )
    ),
    "run_stop": run_stop("completed", before="running"),
    "run_stop_failed": run_stop("failed"),
    "run_stop_corrected": run_stop(
        "completed", before="failed -1", stopped=None, exit_code=0, error="adopted"
    ),
    "delivery_dead_lettered": build_plain_event(
        types.DEAD_LETTERED, HEALTH, HEALTH["delivery"], now=NOW
    ),
    "delivery_recovered": build_plain_event(
        types.RECOVERED,
        {"delivery": HEALTH["delivery"], "event": HEALTH["event"], "subscription": "chatops"},
        HEALTH["delivery"],
        now=NOW,
    ),
    "workflow_started": workflow_event(types.WORKFLOW_STARTED, step_count=4),
    "step_completed": workflow_event(
        types.STEP_COMPLETED, step_type="lint", service="shop", success=True, duration_ms=1_200.5
    ),
    "step_completed_badly": workflow_event(
        types.STEP_COMPLETED,
        step_type="command",
        service="make",
        success=False,
        duration_ms=840,
        exit_code=2,
    ),
    "failure_detected": workflow_event(
        types.FAILURE_DETECTED, step_type="test", service="shop", error="2 of 40 tests failed"
    ),
    "workflow_completed": workflow_event(
        types.WORKFLOW_COMPLETED,
        success=False,
        total_duration_ms=151_000,
        steps_passed=2,
        steps_failed=1,
        report=REPORT,
    ),
    "workflow_completed_bare": workflow_event(
        types.WORKFLOW_COMPLETED,
        success=True,
        total_duration_ms=0,
        steps_passed=1,
        steps_failed=0,
    ),
}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_body_is_byte_for_byte_the_golden_one(name: str) -> None:
    # SPEC_NOTIFY_REGENERATE=1 rewrites the golden files; read the difference before keeping it.
    path = GOLDEN / f"{name}.json"
    shown = orjson.dumps(told(EVENTS[name]), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if os.environ.get("SPEC_NOTIFY_REGENERATE") == "1":
        path.write_bytes(shown)

    assert shown == path.read_bytes()
    assert EVENTS[name].body == orjson.dumps(orjson.loads(path.read_bytes()))


def test_no_golden_body_is_left_unchecked() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_golden_body_fits_its_type_and_its_published_schema(name: str) -> None:
    body = orjson.loads((GOLDEN / f"{name}.json").read_bytes())
    schema = json_schema(body["type"])

    validate(body)
    validate(EVENTS[name].body)
    assert fits(schema, body, schema)


KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "null": type(None),
}
KEYWORDS: dict[str, Callable[[Any, Any, dict[str, Any]], bool]] = {
    "$ref": lambda ref, value, root: fits(root["$defs"][ref.removeprefix("#/$defs/")], value, root),
    "anyOf": lambda each, value, root: any(fits(one, value, root) for one in each),
    "oneOf": lambda each, value, root: sum(fits(one, value, root) for one in each) == 1,
    "const": lambda only, value, _: value == only,
    "enum": lambda some, value, _: value in some,
    "type": lambda kind, value, _: isinstance(value, KINDS[kind]),
    "pattern": lambda like, value, _: not isinstance(value, str) or bool(re.search(like, value)),
    "maxLength": lambda most, value, _: not isinstance(value, str) or len(value) <= most,
    "minLength": lambda least, value, _: not isinstance(value, str) or len(value) >= least,
    "minimum": lambda least, value, _: not isinstance(value, int) or value >= least,
    "items": lambda item, value, root: (
        not isinstance(value, list) or all(fits(item, each, root) for each in value)
    ),
    "required": lambda keys, value, _: not isinstance(value, dict) or {*keys} <= {*value},
    "properties": lambda known, value, root: (
        not isinstance(value, dict)
        or all(fits(each, value[key], root) for key, each in known.items() if key in value)
    ),
}
REMARKS = {"title", "description", "format", "default", "$schema", "$id", "$defs"}


def fits(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Read the keywords our schemas use a second time, independently of what wrote them."""
    said = {word: rule for word, rule in schema.items() if word not in REMARKS}
    return all(KEYWORDS[word](rule, value, root) for word, rule in said.items())


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("Done", types.TASK_COMPLETED),
        ("In Review", types.TASK_IN_REVIEW),
        ("In Progress", types.TASK_TRANSITIONED),
        ("Dropped", types.TASK_TRANSITIONED),
        ("Unknown", types.TASK_TRANSITIONED),
    ],
)
def test_the_status_arrived_in_decides_the_type(to: str, expected: str) -> None:
    event = build(move(to))

    assert event.type == told(event)["type"] == expected == arrival(status(to))


def test_an_event_repeats_what_its_body_says() -> None:
    event = build(move(), heard=True)
    body = told(event)

    assert event.id == body["id"] == body["data"]["idempotencyKey"]
    assert event.at == NOW
    assert body["timestamp"] == "2026-11-20T10:00:00.123Z"
    assert body["schemaVersion"] == "1.0"
    assert (event.task, event.status, event.document) == ("T49", "Done", "SPEC.md")
    assert (event.spec, event.branch) == ("SPEC-ORB-001-harvest", "main")
    assert event.owners == ("Code", "Ada")
    assert event.heard


def test_the_id_is_made_of_the_facts_that_make_the_event_this_one() -> None:
    one = build(move())

    assert one.id == event_id("git.example/orchard", "", "SPEC.md", "T49", "Done", 1)
    assert build(move(title="Prune them all", line=9), BARE, now=NOW + 1).id == one.id
    others = [
        build(move("In Review")),
        build(move(key="T50")),
        build(move(), occurrence=2),
        build(move(), generation="2"),
        build(move(), document="docs/SPEC-X/tasks.md"),
        build(move(), repository="git.example/vineyard"),
        build(move(), commit="c0ffee"),
    ]
    assert len({one.id, *(each.id for each in others)}) == 8


def test_a_commit_stands_in_the_place_of_the_occurrence() -> None:
    first = build(move(), commit="c0ffee", occurrence=1)
    again = build(move(), commit="c0ffee", occurrence=2)

    assert first.id == again.id
    assert data(again)["transition"]["occurrence"] == 2


def test_a_task_that_appeared_comes_from_nowhere() -> None:
    transition = data(build(move(before=None)))["transition"]

    assert transition["from"] is None
    assert transition["appeared"] is True


def test_a_task_that_vanished_has_no_event() -> None:
    gone = msgspec.structs.replace(move(), after=None, kind="vanished")

    with pytest.raises(ValueError, match="vanished"):
        build(gone)


@pytest.mark.parametrize("block", ["spec", "git", "telemetry", "consensus"])
def test_an_absent_block_is_null_with_its_reason_beside_it(block: str) -> None:
    absent = data(build(move(), BARE))
    present = data(build(move()))

    assert absent[block] is None
    assert absent[f"{block}Reason"]
    assert present[block] is not None
    assert f"{block}Reason" not in present


def test_in_review_says_who_is_asked_and_by_which_checklist() -> None:
    with_list = data(build(move("In Review"), checklist="docs/SPEC-X/checklist.md"))
    without = data(build(move("In Review"), checklist=Absent(reason="none stands there")))

    assert with_list["review"] == {
        "pending": ["Code", "Ada"],
        "checklist": "docs/SPEC-X/checklist.md",
    }
    assert "reviewReason" not in with_list
    assert without["review"] == {"pending": ["Code", "Ada"], "checklist": None}
    assert without["reviewReason"] == "none stands there"
    assert "review" not in data(build(move()))


def test_a_test_says_what_a_completed_task_would_and_that_none_was() -> None:
    facts = data(EVENTS["test"])

    assert facts.pop("test") is True
    assert facts["spec"]["id"] == "SPEC-ORB-001-harvest"
    assert facts["transition"]["to"] == "Done"
    assert facts["evidence"]["directory"] == f"{EVIDENCE}/webhooks/"
    assert set(facts) - set(data(EVENTS["task_completed_bare"])) == set()


def test_two_tests_are_two_events() -> None:
    assert EVENTS["test"].id != EVENTS["test_bare"].id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
        ("🍎" * 500, "🍎" * 299 + "…"),
        ("ask ada.grower@orchard.example, today", "ask ada.grower, today"),
        ("<ada@orchard.example>", "<ada>"),
        ("@ada bump node@18.0.1", "@ada bump node@18.0.1"),
        ("a\x1b[31mb\x00c", "a\ufffd[31mb\ufffdc"),
        ("half a \ud83c", "half a \ufffd"),
    ],
)
def test_people_s_words_are_short_and_without_addresses(text: str, shown: str) -> None:
    assert data(build(move(title=text)))["task"]["title"] == shown
    assert data(build(move(raw=text)))["task"]["statusText"] == shown
    assert data(build(move(section=text)))["task"]["section"] == shown


def test_an_author_is_a_name_even_where_git_holds_an_address() -> None:
    assert isinstance(FULL.git, Git)
    git = msgspec.structs.replace(FULL.git, author="ada@orchard.example")
    event = build(move(owners=("ada@orchard.example",)), msgspec.structs.replace(FULL, git=git))

    assert data(event)["git"]["author"] == "ada"
    assert data(event)["task"]["owners"] == ["ada"]
    assert b"orchard.example" not in event.body
    # A filter may well name the address the row holds.
    assert event.owners == ("ada@orchard.example",)


def test_names_that_are_no_utf_8_do_not_stop_an_event() -> None:
    event = build(move(), document="docs/caf\udce9.md")

    assert data(event)["task"]["document"] == "docs/caf\ufffd.md"
    validate(event.body)


def test_the_largest_task_stays_below_twenty_kilobytes() -> None:
    wide, word = "🍎" * 2000, "w" * 64
    assert isinstance(FULL.telemetry, Telemetry)
    assert isinstance(FULL.consensus, Consensus)
    around = msgspec.structs.replace(
        FULL,
        telemetry=msgspec.structs.replace(
            FULL.telemetry, session_id="s" * 128, artifacts=("d" * 240,) * 16
        ),
        consensus=msgspec.structs.replace(
            FULL.consensus,
            agents=(Agent(agent=word, model=word, model_release=word, reasoning_mode=word),) * 8,
        ),
    )
    task = move("In Review", title=wide, section=wide, raw=wide, owners=(wide,) * 500)
    event = build(task, around, document="d" * 1000, checklist="c" * 1000)

    validate(event.body)
    assert len(event.body) < 20_000


@settings(max_examples=100, deadline=None)
@given(
    title=st.text(max_size=400),
    raw=st.text(max_size=40),
    owners=st.lists(st.text(max_size=60), max_size=12).map(tuple),
    to=st.sampled_from(CANONICAL),
    before=st.none() | st.sampled_from(CANONICAL),
)
def test_whatever_a_row_says_its_body_fits(
    title: str, raw: str, owners: tuple[str, ...], to: str, before: str | None
) -> None:
    transition = move(to, before, title=title, raw=raw or "?", owners=owners)

    validate(build(transition).body)


def changed(path: str, value: object) -> dict[str, Any]:
    body = told(EVENTS["task_completed"])
    *folders, last = path.split(".")
    place = body
    for folder in folders:
        place = place[folder]
    place[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("type", "spec-kit.task.celebrated", "pattern|matching"),
        ("id", "evt_x", "matching regex"),
        ("id", "evt_" + "a" * 26, "idempotencyKey is not the id"),
        ("timestamp", "yesterday", "matching regex"),
        ("schemaVersion", "2.0", "matching regex"),
        ("data", None, "object"),
        ("data.task.title", "x" * 301, "length <= 300"),
        ("data.task.status", "Nearly", "matching regex"),
        ("data.task.line", 0, ">= 1"),
        ("data.task.line", "27", "Expected `int`"),
        ("data.task.document", "/home/ada/orchard/SPEC.md", "matching regex"),
        ("data.task.document", "C:\\orchard\\SPEC.md", "matching regex"),
        ("data.telemetry.artifacts", ["/home/ada/a.log"], "matching regex"),
        ("data.telemetry.sha256", "ab", "matching regex"),
        ("data.telemetry.status", "fine", "Invalid enum value"),
        ("data.telemetry", None, "telemetry is null without telemetryReason"),
        ("data.spec", None, "spec is null without specReason"),
        ("data.spec.matchedBy", "luck", "Invalid enum value"),
        ("data.transition.occurrence", 0, ">= 1"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_reason(
    path: str, value: object, why: str
) -> None:
    with pytest.raises(PayloadError, match=why):
        validate(changed(path, value))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"type":7}', b"[" * 5000, {}])
def test_what_is_no_body_at_all_is_refused(body: bytes | dict[str, object]) -> None:
    with pytest.raises(PayloadError):
        validate(body)


def test_a_review_without_checklist_or_reason_is_refused() -> None:
    body = told(EVENTS["task_in_review_bare"])
    del body["data"]["reviewReason"]

    with pytest.raises(PayloadError, match="reviewReason"):
        validate(body)


def test_a_receiver_s_tomorrow_is_allowed_today() -> None:
    body = changed("data.task.colour", "green")

    validate(body)
    schema = json_schema(body["type"])
    assert fits(schema, body, schema)


@pytest.mark.parametrize("type_", types.TYPES)
def test_every_type_has_a_schema_of_its_own(type_: str) -> None:
    schema = json_schema(type_)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:spec-notify:schema:1.0:{type_}"
    assert schema["title"] == type_
    assert schema["properties"] == {"type": {"const": type_}}


def test_every_type_says_what_its_data_hold() -> None:
    assert {*types.TYPES} == {*SHAPES}


def test_the_schema_of_all_tells_the_types_apart() -> None:
    schema = json_schema()
    body = told(EVENTS["task_completed"])

    assert fits(schema, body, schema)
    del body["data"]["task"]
    assert not fits(schema, body, schema)


def test_no_schema_is_given_for_a_type_that_is_none() -> None:
    with pytest.raises(UsageError, match="is no event type"):
        json_schema("spec-kit.task.celebrated")
