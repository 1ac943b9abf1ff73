"""The native body checked, and published as JSON Schema (contract, section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import orjson

from .body import SCHEMA_VERSION, SHAPES, OpenBody
from .errors import PayloadError, UsageError
from .event import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping


def validate(body: bytes | Mapping[str, object]) -> None:
    """Check a body, as bytes or decoded, against its type. Raises PayloadError."""
    type_ = "event"
    try:
        known = orjson.loads(body) if isinstance(body, bytes) else body
        type_ = msgspec.convert(known, OpenBody).type
        msgspec.convert(known, SHAPES[type_])
    except (ValueError, RecursionError) as error:
        raise PayloadError(type_, str(error)) from error


def json_schema(type_: str | None = None) -> dict[str, object]:
    """Answer the JSON Schema (draft 2020-12) of a type's body, or of all. Raises UsageError.

    Unknown members are allowed, as bodies grow within 1.x.
    """
    if type_ is not None and type_ not in TYPES:
        raise UsageError(f"{type_!r} is no event type: one of {', '.join(TYPES)}")
    wanted = TYPES if type_ is None else (type_,)
    shapes = [SHAPES[name] for name in wanted]
    bodies, parts = msgspec.json.schema_components(shapes, ref_template="#/$defs/{name}")
    schemas = [
        {**body, "properties": {"type": {"const": name}}}
        for name, body in zip(wanted, bodies, strict=True)
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:spec-notify:schema:{SCHEMA_VERSION}:{type_ or 'event'}",
        "title": type_ or "event",
        "description": shapes[0].__doc__ if type_ else "Any event spec-notify may send.",
        **(schemas[0] if type_ else {"oneOf": schemas}),
        "$defs": parts,
    }
