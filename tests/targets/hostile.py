"""Texts that try to mention, link, format, hide or break out of what they stand in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[2] / "fixtures" / "hostile" / "texts.json"
_GROUPS: dict[str, list[str]] = {
    name: texts
    for name, texts in json.loads(_FILE.read_text("utf-8")).items()
    if isinstance(texts, list)
}
TEXTS = tuple(text for texts in _GROUPS.values() for text in texts)


def data_of(text: str) -> dict[str, dict[str, Any]]:
    """Answer the data of an event of each shape, with one text wherever a document has its say."""
    spec = {"id": text, "matchedBy": "cell"}
    git = {"repository": text, "branch": text, "commit": text, "author": text, "dirty": False}
    telemetry = {"stage": text, "status": text, "path": text, "artifacts": [text]}
    consensus = {"stage": text, "status": text, "path": text, "agents": [{"agent": text}]}
    task = {
        **dict.fromkeys(("id", "title", "status", "statusText", "document", "section"), text),
        "owners": [text, text],
        "line": 27,
    }
    told: dict[str, Any] = {"spec": spec, "git": git, "telemetry": telemetry}
    told |= {"consensus": consensus, "evidence": {"directory": text}}
    turn = {"from": text, "to": text, "flags": [text], "detectedAt": text}
    about_task = {**told, "task": task, "transition": turn}
    stage = {"name": text, "outcome": text, "durationMs": 7}
    run = {"outcome": text, "endedBy": text, "passed": 1, "failed": 1, "skipped": 0}
    agent_run = ("project", "task", "run", "agent", "status", "errorSummary")
    step = {"workflow": {"name": text}, **dict.fromkeys(("step_type", "service", "error"), text)}
    names = ("delivery", "event", "subscription", "type", "task", "spec", "reason", "guidance")
    return {
        "spec-kit.task.completed": about_task,
        "spec-kit.task.in_review": {**about_task, "review": {"pending": [text], "checklist": text}},
        "spec-kit.task.transitioned": about_task,
        "spec-notify.test": {**about_task, "test": True},
        "spec-auto.stage.completed": {**told, "stage": stage},
        "spec-auto.pipeline.completed": {**told, "stage": stage, "pipeline": run},
        "spec-auto.anomaly.consensus_conflict": {**told, "conflict": {"stage": text}},
        "delivery.dead_lettered": dict.fromkeys(names, text),
        "delivery.recovered": dict.fromkeys(names, text),
        "run_stop": {
            "run": {**dict.fromkeys(agent_run, text), "exitCode": 1, "durationSeconds": 1.5},
            "correction": True,
            "previous": {"status": text, "exitCode": 1},
        },
        "team.failed": {
            "team": dict.fromkeys(("name", "namespace", "phase", "uid", "document"), text),
            "artifacts": [dict.fromkeys(("name", "path", "producedBy", "producedAt"), text)] * 2,
        },
        "workflow.started": {"workflow": {"name": text}, "step_count": text},
        "step.completed": {**step, "success": False, "duration_ms": 7, "exit_code": text},
        "workflow.completed": {
            "workflow": {"name": text},
            "success": True,
            "total_duration_ms": 7,
            "report": {"summary": {"skipped": text}, "markdown": text},
            "error": text,
        },
        "failure.detected": step,
        "run.finished": {
            **dict.fromkeys(("runId", "status", "createdAt", "completedAt"), text),
            "counts": dict.fromkeys(("done", "failed", "blocked", "total"), 1),
            "links": dict.fromkeys(("run", "tasks", "events"), text),
        },
    }


def bodies_of(text: str) -> dict[str, bytes]:
    """Answer a body of each type, with one text wherever a document has its say."""
    return {
        type_: json.dumps({"type": type_, "timestamp": text, "id": text, "data": data}).encode()
        for type_, data in data_of(text).items()
    }
