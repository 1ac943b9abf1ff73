"""The run format: the end of a run, flat, as a script that waits for one reads it.

Bodies of other types are what they are in the native format: they have no run to tell of.
"""

from __future__ import annotations

from typing import Any

import orjson

from spec_notify.core.event import RUN_FINISHED

content_type = "application/json"
_KEYS = ("runId", "status", "counts", "createdAt", "completedAt", "links")


def spell(body: bytes) -> bytes:
    """Answer title, run, status, counts, instants and links of a finished run."""
    native: dict[str, Any] = orjson.loads(body)
    if native["type"] != RUN_FINISHED:
        return body
    data: dict[str, Any] = native["data"]
    told = {key: data[key] for key in _KEYS}
    head = {"event": native["type"], "id": native["id"], "title": f"Run finished: {data['runId']}"}
    return orjson.dumps({**head, **told})
