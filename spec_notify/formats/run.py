"""The run format: the end of a run at a server, flat, as a script that waits for one reads it."""

from __future__ import annotations

from typing import Any

import orjson

from spec_notify.core.errors import FormatError
from spec_notify.core.event import RUN_FINISHED, TEST

content_type = "application/json"
_KEYS = ("runId", "status", "counts", "createdAt", "completedAt", "links")


def spell(body: bytes) -> bytes:
    """Answer title, run, status, counts, instants and links; a test is told as a run of ours.

    Raises FormatError for an event that is about no run.
    """
    native: dict[str, Any] = orjson.loads(body)
    if native["type"] not in {RUN_FINISHED, TEST}:
        raise FormatError("run", native["type"], "it is about no run at a server")
    run = native["data"] if native["type"] == RUN_FINISHED else _sample(native)
    head = {"event": native["type"], "id": native["id"], "title": f"Run finished: {run['runId']}"}
    return orjson.dumps({**head, **{key: run[key] for key in _KEYS}})


def _sample(native: dict[str, Any]) -> dict[str, Any]:
    return {
        "runId": "spec-notify-test",
        "status": "success",
        "counts": {"done": 1, "failed": 0, "blocked": 0, "total": 1},
        "createdAt": native["timestamp"],
        "completedAt": native["timestamp"],
        "links": None,
    }
