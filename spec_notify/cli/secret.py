"""`spec-notify secret`: make a signing secret."""

from __future__ import annotations

import secrets

import typer

from spec_notify.core.signature import encode_secret

from .output import say
from .session import session

# A length divisible by three leaves no `=` to be lost in copying.
_BYTES = 33


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("secret")(secret)


def secret(context: typer.Context) -> int:
    """Make a fresh signing secret and print it; nothing is stored."""
    made = encode_secret(secrets.token_bytes(_BYTES))
    if not session(context).answer("secret", secret=made):
        say(made)
    return 0
