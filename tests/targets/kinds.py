"""What a subscription of each kind must say beside its name, so that nothing is wrong with it."""

from __future__ import annotations

import json

from spec_notify.core.kinds import TARGET_KINDS, Place

TERMS: dict[str, dict[str, object]] = {
    "email": {"to": ["team@example.org"], "from": "notify@example.org"},
    "github": {"repository": "acme/rockets"},
    "file": {"path": "outbox"},
    "google-drive": {"folder": "1AbC"},
    "apprise": {"allow_private": True},
}
"""Keys of their own."""


ACCOUNT = json.dumps(
    {
        "type": "service_account",
        "client_email": "notify@project.iam.gserviceaccount.example",
        "private_key_id": "1",
        "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "token_uri": "https://oauth2.example/token",
    }
)
"""A service account that could sign nothing."""


def secret_for(kind: str, secret: str) -> str:
    """Answer a secret of the shape a kind takes: this one, unless it takes another."""
    return ACCOUNT if kind == "google-drive" else secret


def stated(kind: str, url: str, **more: object) -> dict[str, object]:
    """Answer the keys of a complete subscription of a kind; a URL only where it takes one."""
    where = {} if TARGET_KINDS[kind].place is Place.ELSEWHERE else {"url": url_for(kind, url)}
    return {"type": kind, **where, **TERMS.get(kind, {}), **more}


def url_for(kind: str, url: str) -> str:
    """Answer a URL in the scheme a kind dials."""
    schemes = TARGET_KINDS[kind].schemes
    if not schemes or url.partition("://")[0] in schemes:
        return url
    return f"{schemes[0]}://{url.partition('://')[2]}"
