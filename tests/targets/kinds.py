"""What a subscription of each kind must say beside its name, so that nothing is wrong with it."""

from __future__ import annotations

from spec_notify.core.kinds import TARGET_KINDS, Place

TERMS: dict[str, dict[str, object]] = {
    "email": {"to": ["team@example.org"], "from": "notify@example.org"},
    "github": {"repository": "acme/rockets"},
    "file": {"path": "outbox"},
    "google-drive": {"folder": "1AbC"},
}
"""Keys of their own."""


def stated(kind: str, url: str, **more: object) -> dict[str, object]:
    """Answer the keys of a complete subscription of a kind; a URL only where it takes one."""
    where = {} if TARGET_KINDS[kind].place is Place.ELSEWHERE else {"url": url_for(kind, url)}
    return {"type": kind, **where, **TERMS.get(kind, {}), **more}


def url_for(kind: str, url: str) -> str:
    """Answer a URL in the scheme a kind dials."""
    schemes = TARGET_KINDS[kind].schemes
    if not schemes or "https" in schemes:
        return url
    return f"{schemes[0]}://{url.partition('://')[2]}"
