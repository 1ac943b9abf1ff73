"""`spec-notify secret`: make a signing secret, or a pair of keys."""

from __future__ import annotations

import os
import secrets
from typing import Annotated

import typer

from spec_notify.core.ed25519 import PRIVATE, public_key, spell_pair
from spec_notify.core.errors import UsageError
from spec_notify.core.signature import encode_secret

from .output import say
from .session import session

# A length divisible by three leaves no `=` to be lost in copying.
_BYTES = 33
_SEED = 32


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("secret")(secret)


def secret(
    context: typer.Context,
    ed25519: Annotated[
        bool,
        typer.Option("--ed25519", help="Make a pair: whsk_ to sign with, whpk_ for receivers."),
    ] = False,
    public_of: Annotated[
        str | None,
        typer.Option("--public-of", metavar="NAME", help="Print the public key of a variable's."),
    ] = None,
) -> int:
    """Make a fresh signing secret and print it; nothing is stored.

    `--ed25519` prints two lines: the private key, for your environment alone, then the public one.
    """
    if public_of is not None:
        return _say(context, public=public_key(_private(public_of)))
    if ed25519:
        private, public = spell_pair(secrets.token_bytes(_SEED))
        if not session(context).json:
            session(context).talk("the private key, for your environment; then the public one")
        return _say(context, private=private, public=public)
    return _say(context, secret=encode_secret(secrets.token_bytes(_BYTES)))


def _say(context: typer.Context, **made: str) -> int:
    if not session(context).answer("secret", **made):
        for each in made.values():
            say(each)
    return 0


def _private(name: str) -> str:
    value = os.environ.get(name, "")
    if not value.startswith(PRIVATE):
        raise UsageError(f"{name} holds no {PRIVATE} key")
    return value
