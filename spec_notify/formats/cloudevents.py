"""The CloudEvents format: version 1.0 in structured JSON, our data unchanged inside.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md. A signature is
made over these bytes, as over any other spelling.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

content_type = "application/cloudevents+json"
_OURS = "spec-notify"


def spell(body: bytes) -> bytes:
    """Answer the event around the body's data: source and id together name it for good.

    `source` is repository and document as a relative URI reference, `spec-notify` where there is
    neither; `dataschema` names what `spec-notify schema` prints.
    """
    native: dict[str, Any] = orjson.loads(body)
    data: dict[str, Any] = native["data"]
    subject = _subject(data)
    event = {
        "specversion": "1.0",
        "id": native["id"],
        "source": _source(data),
        "type": native["type"],
        "time": native["timestamp"],
        **({"subject": subject} if subject else {}),
        "datacontenttype": "application/json",
        "dataschema": f"urn:spec-notify:schema:{native['schemaVersion']}:{native['type']}",
        "data": data,
    }
    return orjson.dumps(event)


def _member(data: dict[str, Any], block: str, key: str) -> str:
    inner = data.get(block)
    value = inner.get(key) if isinstance(inner, dict) else None
    return value if isinstance(value, str) else ""


def _source(data: dict[str, Any]) -> str:
    parts = (_member(data, "git", "repository"), _member(data, "task", "document"))
    joined = "/".join(part.strip("/") for part in parts if part.strip("/"))
    # A colon in the first segment would read as a scheme: quoted, too.
    return quote(joined.encode("utf-8", "replace"), safe="/") or _OURS


def _subject(data: dict[str, Any]) -> str:
    """Answer the task's id; of an event about a delivery, the one it was about; workflow or run."""
    if "workflow" in data:
        return _member(data, "workflow", "name")
    told = data.get("task")
    if isinstance(told, str):
        return told
    return _member(data, "task", "id") or _member(data, "run", "run")
