"""`spec-notify schema [TYPE]`: the JSON Schema of an event's body."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from spec_notify.core.errors import UsageError
from spec_notify.core.event import TYPES
from spec_notify.core.schema import json_schema

from .output import print_json, say
from .session import session


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("schema")(schema)


def schema(
    context: typer.Context,
    type: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="An event type.")] = None,
) -> int:
    """Print the JSON Schema of one event type, or of all."""
    if type is not None and type not in TYPES:
        raise UsageError(f"{type} is no event type: one of {', '.join(TYPES)}")
    found = json_schema(type)
    if session(context).json:
        print_json(found)
    else:
        say(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    return 0
