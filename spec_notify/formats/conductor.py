"""The conductor format: the end of a run in eleven members, as conductor-loop sends it itself.

They stand in its order. An empty `error_summary` is an empty text; `stopped_at` is null where
nobody noted when the run ended.
"""

from __future__ import annotations

from typing import Any

import orjson

from spec_notify.core.errors import FormatError
from spec_notify.core.event import RUN_STOP, TEST

content_type = "application/json"


def spell(body: bytes) -> bytes:
    """Answer the members of a run's end; a test is told as a run of ours.

    Raises FormatError for an event that is about no run.
    """
    native: dict[str, Any] = orjson.loads(body)
    if native["type"] not in {RUN_STOP, TEST}:
        raise FormatError("conductor", native["type"], "it is about no run of conductor-loop")
    run = native["data"]["run"] if native["type"] == RUN_STOP else _sample(native)
    return orjson.dumps(
        {
            "event": native["type"],
            "project_id": run["project"],
            "task_id": run["task"],
            "run_id": run["run"],
            "agent_type": run["agent"],
            "status": run["status"],
            "exit_code": run["exitCode"],
            "started_at": run["startedAt"],
            "stopped_at": run["stoppedAt"],
            "duration_seconds": run["durationSeconds"],
            "error_summary": run["errorSummary"],
        }
    )


def _sample(native: dict[str, Any]) -> dict[str, Any]:
    return {
        "project": "spec-notify",
        "task": "test",
        "run": native["id"],
        "agent": "spec-notify",
        "status": "completed",
        "exitCode": 0,
        "startedAt": native["timestamp"],
        "stoppedAt": native["timestamp"],
        "durationSeconds": 0,
        "errorSummary": "",
    }
