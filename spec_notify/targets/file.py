"""The file target: a delivery as a file that somebody carries across an air gap and posts there.

The file holds what a webhook would have sent, the same headers and the same body (contract,
section 7), signed when the subscription names a secret.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.instant import rfc3339
from spec_notify.core.message import Failure, FileMessage, Order, Reply
from spec_notify.targets import webhook
from spec_notify.targets._ids import plain_id

SCHEMA = "spec-notify/file/1"


def render(order: Order) -> FileMessage:
    """Answer the file of one attempt: named by its delivery, so that a replay replaces it.

    Raises SecretError when a signature is due and the secret is of no use.
    """
    signature = order.signature if order.endpoint.secrets else "none"
    request = webhook.render(msgspec.structs.replace(order, signature=signature))
    envelope = {
        "schema": SCHEMA,
        "delivery": plain_id(order.delivery),
        "event": plain_id(order.event),
        "attempt": order.attempt,
        "writtenAt": rfc3339(order.at),
        "signature": signature,
        "method": request.method,
        "headers": dict(request.headers),
        **_body(request.body),
        "bodySha256": hashlib.sha256(request.body).hexdigest(),
    }
    return FileMessage(
        url=order.endpoint.url,
        headers=request.headers,
        body=orjson.dumps(envelope, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        folder=order.terms.path or "",
        name=f"{plain_id(order.delivery)}.json",
    )


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge: a file that stands is delivered; a disk that refuses is asked again."""
    if isinstance(answer, Failure):
        return webhook.judge(answer, strict=strict, now=now)
    return Outcome(verdict=Verdict.DELIVERED, detail="the file stands")


def _body(body: bytes) -> dict[str, str]:
    """Spell a body so that its exact bytes can be had again."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"bodyBase64": base64.b64encode(body).decode()}
