"""`spec-notify sign` and `spec-notify verify`: every signature profile, by hand."""

from __future__ import annotations

import hmac
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from spec_notify.core.ed25519 import PUBLIC
from spec_notify.core.errors import UsageError
from spec_notify.core.message import Secret
from spec_notify.core.signature import PROFILES, signature_headers, verify_entry

from .output import say
from .session import session

STANDARD = "standard"
KNOWN = tuple(each for each in PROFILES if each != "none")
TOLERANCE = 300
"""Seconds a timestamp may be off (Standard Webhooks reference libraries)."""

_SecretEnv = Annotated[
    str, typer.Option("--secret-env", metavar="NAME", help="Variable that holds the secret.")
]
_Profile = Annotated[
    str, typer.Option(metavar="NAME", help=f"How it is signed: {', '.join(KNOWN)}.")
]
_Id = Annotated[
    str | None, typer.Option("--id", metavar="ID", help="The webhook-id; standard only.")
]
_File = Annotated[str | None, typer.Argument(metavar="[FILE]", help="The body, or - for stdin.")]
_Body = Annotated[str | None, typer.Option("--body", metavar="TEXT", help="The body itself.")]
_BodyFile = Annotated[
    str | None, typer.Option("--body-file", metavar="FILE", help="Another word for FILE.")
]


def register(app: typer.Typer) -> None:
    """Put both commands into the app."""
    app.command("sign")(sign)
    app.command("verify")(verify)


def sign(
    context: typer.Context,
    file: _File = None,
    id: _Id = None,
    body: _Body = None,
    body_file: _BodyFile = None,
    profile: _Profile = STANDARD,
    secret_env: _SecretEnv = "SPEC_NOTIFY_SECRET",  # noqa: S107 - a variable's name
    timestamp: Annotated[
        int | None, typer.Option(help="Seconds since the epoch; default: now.")
    ] = None,
) -> int:
    """Sign a body and print the headers a receiver checks.

    The standard profile signs `id.timestamp.body`, as `v1` with a whsec_ secret and as `v1a` with
    a whsk_ key; the others sign the body alone.
    """
    _check(profile, id)
    at = timestamp if timestamp is not None else int(time.time())  # noqa: TID251 - a door
    signed = signature_headers(
        profile,
        (_secret(secret_env),),
        id=id or "",
        timestamp=at,
        body=_body(file, body, body_file),
    )
    headers = dict(signed)
    if profile == STANDARD:
        headers = {"webhook-id": str(id), "webhook-timestamp": str(at), **headers}
    if not session(context).answer("sign", headers=headers):
        for name, value in headers.items():
            say(f"{name}: {value}")
    return 0


def verify(
    context: typer.Context,
    signature: Annotated[str, typer.Option(help="The signature header's value.")],
    file: _File = None,
    id: _Id = None,
    body: _Body = None,
    body_file: _BodyFile = None,
    profile: _Profile = STANDARD,
    timestamp: Annotated[
        int | None, typer.Option(help="The webhook-timestamp; standard only.")
    ] = None,
    secret_env: _SecretEnv = "SPEC_NOTIFY_SECRET",  # noqa: S107 - a variable's name
    public_key: Annotated[
        str | None,
        typer.Option("--public-key", metavar="WHPK", help="Check `v1a` with this whpk_ key."),
    ] = None,
    any_time: Annotated[
        bool, typer.Option("--any-time", help="Accept a timestamp over five minutes off.")
    ] = False,
) -> int:
    """Check a signature; exit 0 when it is good, 1 when it is not.

    `v1a` needs no secret: a whpk_ key is public and may stand on the line, or in the variable.
    """
    _check(profile, id)
    text, secret = _body(file, body, body_file), _verifier(public_key, profile, secret_env)
    if profile != STANDARD:
        verdict = "good" if _same(profile, secret, text, signature) else "wrong signature"
    elif timestamp is None:
        raise UsageError("--timestamp is needed: the webhook-timestamp is signed too")
    else:
        good = verify_entry(secret.reveal(), signature, id=str(id), timestamp=timestamp, body=text)
        off = abs(int(time.time()) - timestamp)  # noqa: TID251 - a door
        stale = off > TOLERANCE and not any_time
        verdict = "wrong signature" if not good else f"stale: {off} s off" if stale else "good"
    if not session(context).answer("verify", verified=verdict == "good", verdict=verdict):
        say(verdict)
    return 0 if verdict == "good" else 1


def _check(profile: str, id: str | None) -> None:
    if profile not in KNOWN:
        raise UsageError(f"{profile} is no profile: one of {', '.join(KNOWN)}")
    if profile == STANDARD and not id:
        raise UsageError("--id is needed: the webhook-id is signed too")


def _same(profile: str, secret: Secret, body: bytes, signature: str) -> bool:
    ((_, expected),) = signature_headers(profile, (secret,), id="", timestamp=0, body=body)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _secret(name: str) -> Secret:
    value = os.environ.get(name)
    if not value:
        raise UsageError(f"{name} is not set: put the secret there, never on the line")
    return Secret(value)


def _verifier(public_key: str | None, profile: str, secret_env: str) -> Secret:
    if public_key is None:
        return _secret(secret_env)
    if profile != STANDARD:
        raise UsageError("--public-key is for the standard profile: the others have no public key")
    if not public_key.startswith(PUBLIC):
        raise UsageError(f"--public-key takes a {PUBLIC} key, and nothing that is secret")
    return Secret(public_key)


def _body(file: str | None, body: str | None, body_file: str | None) -> bytes:
    stated = [each for each in (file, body, body_file) if each is not None]
    if len(stated) != 1:
        raise UsageError("sign which body? One of FILE, --body-file and --body")
    if body is not None:
        return os.fsencode(body)
    try:
        return sys.stdin.buffer.read() if stated[0] == "-" else Path(stated[0]).read_bytes()
    except OSError as error:
        raise UsageError(f"{stated[0]}: {error.strerror}") from error
