"""Files as runs of stages and agents leave them in an evidence tree."""

from __future__ import annotations

import json
from typing import Any

SPEC = "SPEC-SHOP-001"
COMMANDS = "evidence/commands/"
CONSENSUS = "evidence/consensus/"
_WELL: dict[str, dict[str, Any]] = {
    "plan": {"baseline": {"status": "passed"}, "hooks": {"session.start": "ok"}},
    "tasks": {"tool": {"status": "ready"}},
    "implement": {"lock_status": "locked", "hook_status": "ok"},
    "validate": {"scenarios": [{"name": "bread", "status": "passed"}]},
    "audit": {"scenarios": [{"name": "till", "status": "skipped"}]},
    "unlock": {"unlock_status": "unlocked"},
}
_ILL: dict[str, dict[str, Any]] = {
    "plan": {"baseline": {"status": "failed"}, "hooks": {"session.start": "ok"}},
    "tasks": {"tool": {"status": "failed"}},
    "implement": {"lock_status": "unlocked", "hook_status": "ok"},
    "validate": {"scenarios": [{"name": "bread", "status": "failed"}]},
    "audit": {"scenarios": [{"name": "till", "status": "failed"}]},
    "unlock": {"unlock_status": "halted"},
}


def session(minute: int) -> str:
    """Answer the session id of what began in a minute of one day."""
    return f"2026-03-02T{minute // 60:02d}:{minute % 60:02d}:00Z-{minute}77"


def stage_path(stage: str, minute: int = 0, spec: str = SPEC) -> str:
    """Answer where a stage that began in a minute leaves its file."""
    return f"{COMMANDS}{spec}/spec-{stage}_{session(minute)}.json"


def stage_text(
    stage: str, minute: int = 0, *, well: bool = True, spec: str = SPEC, **more: Any
) -> str:
    """Answer what a stage writes half a minute after it began."""
    facts = {
        "schemaVersion": 1,
        "command": f"spec-ops-{stage}",
        "specId": spec,
        "sessionId": session(minute),
        "timestamp": f"2026-03-02T{minute // 60:02d}:{minute % 60:02d}:30Z",
        "artifacts": [{"path": f"/home/ada/shop/{COMMANDS}{spec}/{stage}.log"}],
        "policy": {"final": {"note": "Policy check for the shop"}},
        **(_WELL if well else _ILL)[stage],
        **more,
    }
    return json.dumps(facts, indent=2)


def synthesis_path(stage: str = "plan", spec: str = SPEC) -> str:
    """Answer where a synthesis that is rewritten in place stands."""
    return f"{CONSENSUS}{spec}/spec-{stage}_synthesis.json"


def synthesis_text(
    status: str = "ok", contested: tuple[str, ...] = (), stage: str = "plan", **more: Any
) -> str:
    """Answer what a synthesis of two agents says."""
    facts = {
        "stage": stage if "$" in stage else f"spec-{stage}",
        "specId": SPEC,
        "timestamp": "2026-03-02T09:00:00Z",
        "status": status,
        "agents": [{"agent": "gemini", "model": "twin-3"}, {"agent": "gpt_pro"}],
        "consensus": {"agreements": ["bake at dawn"], "conflicts": list(contested)},
        **more,
    }
    return json.dumps(facts, indent=2)
