"""The aegis format: event type, time, workflow and data, flat, as Aegis sends its own events."""

from __future__ import annotations

from typing import Any

import orjson

content_type = "application/json"
_OURS = ("idempotencyKey", "workflow")


def spell(body: bytes) -> bytes:
    """Answer the event as Aegis spells one; a signature is made over exactly these bytes."""
    return orjson.dumps(flat(orjson.loads(body)))


def flat(native: dict[str, Any]) -> dict[str, Any]:
    """Answer the four members of a native body's event, the data as their producer gave them.

    What is about no workflow goes by the name of its SPEC, or by none: an empty text.
    """
    data: dict[str, Any] = native["data"]
    return {
        "event_type": native["type"],
        "timestamp": native["timestamp"],
        "workflow_name": _name(data.get("workflow"), "name") or _name(data.get("spec"), "id"),
        "data": {key: value for key, value in data.items() if key not in _OURS},
    }


def _name(block: object, key: str) -> str:
    named = block.get(key) if isinstance(block, dict) else None
    return named if isinstance(named, str) else ""
