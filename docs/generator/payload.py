"""What a body holds, read from the JSON Schema that `spec-notify schema` prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spec_notify.core.body import SHAPES
from spec_notify.core.event import (
    CONSENSUS_CONFLICT,
    PIPELINE_COMPLETED,
    RUN_FINISHED,
    RUN_STOP,
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TYPES,
)
from spec_notify.core.schema import json_schema
from spec_notify.core.workflow import FACTS

from .tables import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).resolve().parents[2] / "fixtures" / "payloads" / "task_completed.json"
_TYPES = (
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    PIPELINE_COMPLETED,
    CONSENSUS_CONFLICT,
    RUN_FINISHED,
    RUN_STOP,
)
_PARTS = ("Spec", "Row", "Change", "Git", "Telemetry", "Consensus", "Agent", "Evidence", "Review")
_RUN_PARTS = ("RunFacts", "StageResult", "Run", "RunStep", "ConflictFacts", "Conflict")
_FINISH_PARTS = ("FinishFacts", "Counts", "Links")
_STOP_PARTS = ("RunStopFacts", "AgentRun", "Stood")
_WORKFLOW_PARTS = {each.__name__: f"data of {name}" for name, each in FACTS.items()}


def types() -> str:
    """Answer all event types, with what one means where its shape is fixed."""
    rows = ((code(name), SHAPES[name].__doc__ or "") for name in TYPES)
    return table(("type", "what happened"), rows)


def fields() -> str:
    """Answer the parts of a task's body with their members."""
    defs: dict[str, Any] = {}
    for name in (*_TYPES, *FACTS):
        defs |= json_schema(name)["$defs"]  # type: ignore[operator]
    parts = (
        "TaskFacts",
        *_PARTS,
        *_RUN_PARTS,
        *_FINISH_PARTS,
        *_STOP_PARTS,
        *_WORKFLOW_PARTS,
        "Workflow",
    )
    return "\n\n".join(_part(_title(name), defs[name]) for name in parts)


def example() -> str:
    """Answer the golden body of a completed task."""
    body = json.loads(EXAMPLE.read_text("utf-8"))
    return f"```json\n{json.dumps(body, indent=1, ensure_ascii=False)}\n```"


def _title(name: str) -> str:
    wire = {
        "TaskFacts": "data",
        "Row": "data.task",
        "Change": "data.transition",
        "Agent": "data.consensus.agents[]",
        "Review": "data.review (In Review only)",
        "RunFacts": "data of a stage or run (a stage has no pipeline)",
        "StageResult": "data.stage",
        "Run": "data.pipeline",
        "RunStep": "data.pipeline.stages[]",
        "ConflictFacts": "data of a conflict",
        "FinishFacts": "data of a finished run",
        "RunStopFacts": "data of run_stop",
        "AgentRun": "data.run of run_stop",
        "Stood": "data.previous of run_stop",
        **_WORKFLOW_PARTS,
    }
    return wire.get(name, f"data.{name.lower()}")


def _part(title: str, schema: dict[str, Any]) -> str:
    return f"### {title}\n\n{schema.get('description', '')}\n\n" + table(
        ("member", "type"), _members(schema)
    )


def _members(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    required = set(schema.get("required", ()))
    for name, each in schema["properties"].items():
        yield code(name), _type(each) + ("" if name in required else ", may be absent")


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return "object, below"
    if "enum" in schema:
        return ", ".join(code(str(each)) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    words = [str(schema.get("type", "any")), str(schema.get("format", ""))]
    words += [f"up to {schema['maxLength']} characters"] if "maxLength" in schema else []
    words += [str(schema.get("description", "")).rstrip(".").lower()]
    return ", ".join(filter(None, words))
