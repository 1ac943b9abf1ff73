"""A request and its answer as evidence may keep them: shortened, redacted, and inert.

Contract, section 9: host, redacted request headers, body SHA-256, at most 2 KiB of response.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from .redaction import MASK, redact, safe_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .message import Failure, Message, Reply, Secret, Timing

BODY_LIMIT = 2_048
"""Bytes of a response kept, after redaction."""
PAYLOAD_LIMIT = 65_536
"""Bytes of a dry run's payload kept, after redaction."""
WORDS_LIMIT = 1_000
_HEADER_LIMIT = 256
# A secret that straddles the cut must still be seen whole.
_OVERLAP = 512
_LAYOUT = "\n\r\t"

_SENT = frozenset(
    (
        *("accept", "content-encoding", "content-length", "content-type", "host", "user-agent"),
        *("webhook-id", "webhook-timestamp", "webhook-signature", "idempotency-key"),
        *("x-hub-signature-256", "x-conductor-signature", "x-aegis-signature"),
        *("x-spec-notify-delivery", "x-spec-notify-attempt", "x-spec-notify-event"),
        *("x-spec-notify-schema-version", "x-github-api-version"),
    )
)
# How the headers end that prove a body: every profile's in core.signature.
_SIGNATURE = ("-signature", "-signature-256")
_RECEIVED = frozenset(
    (
        *("cf-ray", "content-length", "content-type", "date", "location", "request-id"),
        *("retry-after", "server", "traceparent", "x-correlation-id", "x-github-request-id"),
        *("x-request-id", "x-slack-req-id"),
    )
)


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    headers: dict[str, str] = {}


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    dry_run: bool = msgspec.field(name="dryRun", default=False)
    request: _Request | None = None


_RECORDS = msgspec.json.Decoder(_Record)


def is_signed(record: bytes) -> bool | None:
    """Say whether the webhook request a record tells of was signed; None if it tells of none."""
    try:
        said = _RECORDS.decode(record)
    except (ValueError, RecursionError):
        return None
    if said.request is None or said.dry_run or "webhook-id" not in said.request.headers:
        return None
    return any(name.endswith(_SIGNATURE) for name in said.request.headers)


def inert(text: str, secrets: Sequence[Secret]) -> str:
    """Answer words fit for a record: at most 1,000 bytes, no secret, nothing that steers."""
    return _excerpt(text, secrets, WORDS_LIMIT)[0]


def shown_headers(message: Message, secrets: Sequence[Secret]) -> dict[str, str]:
    """Answer the headers of a request; of one outside the list only the name."""
    keys = [secret for secret in secrets if "://" not in secret.reveal()]
    return {
        safe_text(name.lower()): _header(value, keys) if name.lower() in _SENT else MASK
        for name, value in message.headers
    }


def describe_request(
    message: Message, secrets: Sequence[Secret], *, payload: bool
) -> dict[str, object]:
    """Say what was sent; of a header outside the list only the name, of the URL no path."""
    # A path's plain words are often words of ours: `/webhooks/spec-notify` must not mask the host
    # or the user agent, and no header on the list is made from the URL.
    keys = [secret for secret in secrets if "://" not in secret.reveal()]
    said: dict[str, object] = {
        "method": message.method,
        "host": _origin(message.url.reveal(), keys),
        "headers": shown_headers(message, secrets),
        "bodySha256": hashlib.sha256(message.body).hexdigest(),
        "bodyBytes": len(message.body),
        **{
            name: inert(fact, keys) if isinstance(fact, str) else fact
            for name, fact in message.facts().items()
        },
    }
    if payload:
        said["body"], said["truncated"] = _excerpt(
            message.body, secrets, PAYLOAD_LIMIT, keep=_LAYOUT
        )
    return said


def describe_reply(reply: Reply, secrets: Sequence[Secret]) -> dict[str, object]:
    """Say what came back; headers outside the list are left out, the first of a name counts."""
    body, truncated = _excerpt(reply.body, secrets, BODY_LIMIT, keep=_LAYOUT)
    headers: dict[str, str | None] = {}
    for name, value in reply.headers:
        key = name.lower()
        if key in _RECEIVED and key not in headers:
            # A redirect is not followed; the record says to which host it pointed.
            tell = _origin if key == "location" else _header
            headers[key] = tell(value, secrets)
    return {"status": reply.status, "headers": headers, "body": body, "truncated": truncated}


def describe_failure(failure: Failure, secrets: Sequence[Secret]) -> dict[str, object]:
    """Say in which phase no reply came, and why."""
    return {"fault": failure.fault.value, "detail": inert(failure.detail, secrets)}


def describe_legs(
    answer: Reply | Failure | None, secrets: Sequence[Secret]
) -> dict[str, list[dict[str, object]]]:
    """Say what an attempt of several exchanges asked of whom, in order; nothing of one request."""
    if answer is None or not answer.legs:
        return {}
    keys = [secret for secret in secrets if "://" not in secret.reveal()]
    return {
        "legs": [
            {
                "asked": inert(leg.asked, keys),
                "host": None if leg.host is None else _header(leg.host, keys),
                "status": leg.status,
            }
            for leg in answer.legs
        ]
    }


def describe_timing(timing: Timing) -> dict[str, float | None]:
    """Say how many milliseconds each phase took; None for one not reached."""
    phases = msgspec.structs.asdict(timing)
    return {name: None if took is None else round(took, 3) for name, took in phases.items()}


def _excerpt(
    text: str | bytes, secrets: Sequence[Secret], limit: int, *, keep: str = ""
) -> tuple[str, bool]:
    """Answer the start of a text in at most `limit` bytes, and whether something was cut."""
    shown = safe_text(redact(text[: limit + _OVERLAP], secrets), keep=keep).encode()
    return shown[:limit].decode("utf-8", "ignore"), len(text) > limit or len(shown) > limit


def _header(value: str, secrets: Sequence[Secret]) -> str:
    shown, _ = _excerpt(value, secrets, _HEADER_LIMIT)
    return MASK if MASK in shown else shown


def _origin(url: str, secrets: Sequence[Secret]) -> str | None:
    """Answer scheme, host and port of a URL; None for what is no absolute URL."""
    try:
        split = urlsplit(url)
    except ValueError:
        return None
    place = split.netloc.rpartition("@")[2]
    return _header(f"{split.scheme}://{place}", secrets) if split.scheme and place else None
