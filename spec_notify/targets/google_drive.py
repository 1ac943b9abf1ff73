"""The Google Drive target: a delivery as one file in a folder, whatever is repeated.

The file is the `file` target's envelope: the exact body, its digest, and the facts of the attempt.
https://developers.google.com/workspace/drive/api/guides/manage-uploads
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import DriveMessage, Reply, Secret
from spec_notify.core.retry import parse_retry_after
from spec_notify.targets import file, webhook

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Order

_FOR_NOW = {"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded"}
"""Reasons of a 403 that pass: https://developers.google.com/workspace/drive/api/guides/handle-errors"""


def render(order: Order) -> DriveMessage:
    """Answer the file of one attempt; all attempts of a delivery are the same file."""
    written = file.render(msgspec.structs.replace(order, signature="none"))
    return DriveMessage(
        url=order.endpoint.url,
        headers=(("user-agent", webhook.header_text(order.user_agent)),),
        body=written.body,
        name=written.name,
        folder=order.terms.folder or "",
        delivery=written.name.removesuffix(".json"),
        account=next(iter(order.endpoint.secrets), Secret("")),
        at=order.at,
        again=order.attempt > 1,
    )


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge as a webhook, but a 403 that only asks for patience is tried again, strict or not."""
    outcome = webhook.judge(answer, strict=strict, now=now)
    if not isinstance(answer, Reply):
        return outcome
    if answer.status == HTTPStatus.FORBIDDEN and (reason := _reason(answer.body)) in _FOR_NOW:
        outcome = msgspec.structs.replace(
            outcome,
            verdict=Verdict.RETRY,
            detail=f"{outcome.detail}: {reason}",
            retry_after=parse_retry_after(answer.header("retry-after"), now=now),
        )
    if not answer.legs or outcome.verdict is Verdict.DELIVERED:
        return outcome
    detail = f"{outcome.detail} to {answer.legs[-1].asked}"
    return msgspec.structs.replace(outcome, detail=detail)


def _reason(body: bytes) -> str | None:
    """Answer why Google says no, as the first of its errors names it."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    match said:
        case {"error": {"errors": [{"reason": str(reason)}, *_]}}:
            return reason
    return None
