"""`spec-notify sign` and `spec-notify verify`: Standard Webhooks by hand."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from spec_notify.core.errors import UsageError
from spec_notify.core.message import Secret
from spec_notify.core.signature import decode_secret, sign_standard, verify_standard

from .output import say
from .session import session

TOLERANCE = 300
"""Seconds a timestamp may be off (Standard Webhooks reference libraries)."""

_SecretEnv = Annotated[
    str, typer.Option("--secret-env", metavar="NAME", help="Variable that holds the secret.")
]
_Id = Annotated[str, typer.Option("--id", metavar="ID", help="The webhook-id.")]
_File = Annotated[str, typer.Argument(metavar="FILE", help="The body, or - for stdin.")]


def register(app: typer.Typer) -> None:
    """Put both commands into the app."""
    app.command("sign")(sign)
    app.command("verify")(verify)


def sign(
    context: typer.Context,
    file: _File,
    id: _Id,
    secret_env: _SecretEnv = "SPEC_NOTIFY_SECRET",  # noqa: S107 - a variable's name
    timestamp: Annotated[
        int | None, typer.Option(help="Seconds since the epoch; default: now.")
    ] = None,
) -> int:
    """Sign a body and print the three headers a receiver checks."""
    at = timestamp if timestamp is not None else int(time.time())  # noqa: TID251 - a door
    key = decode_secret(_secret(secret_env).reveal())
    signature = sign_standard(key, id=id, timestamp=at, body=_body(file))
    headers = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signature}
    if not session(context).answer("sign", headers=headers):
        for name, value in headers.items():
            say(f"{name}: {value}")
    return 0


def verify(
    context: typer.Context,
    file: _File,
    id: _Id,
    timestamp: Annotated[int, typer.Option(help="The webhook-timestamp.")],
    signature: Annotated[str, typer.Option(help="The webhook-signature.")],
    secret_env: _SecretEnv = "SPEC_NOTIFY_SECRET",  # noqa: S107 - a variable's name
    any_time: Annotated[
        bool, typer.Option("--any-time", help="Accept a timestamp over five minutes off.")
    ] = False,
) -> int:
    """Check a signature; exit 0 when it is good, 1 when it is not."""
    key = decode_secret(_secret(secret_env).reveal())
    good = verify_standard(key, signature, id=id, timestamp=timestamp, body=_body(file))
    off = abs(int(time.time()) - timestamp)  # noqa: TID251 - a door
    stale = off > TOLERANCE and not any_time
    verdict = "wrong signature" if not good else f"stale: {off} s off" if stale else "good"
    if not session(context).answer("verify", verified=verdict == "good", verdict=verdict):
        say(verdict)
    return 0 if verdict == "good" else 1


def _secret(name: str) -> Secret:
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"{name} is not set: put the whsec_ secret there, never on the line")
    return Secret(value)


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
