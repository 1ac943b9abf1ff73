"""The Apprise target: plain text for the long tail of services; unsigned, and without a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import AppriseMessage, Failure, Reply
from spec_notify.targets import webhook
from spec_notify.targets._wording import disarmed, one_line, wording

if TYPE_CHECKING:
    from spec_notify.core.message import Order

_TITLE_LIMIT = 150


def render(order: Order) -> AppriseMessage:
    """Answer the notification of one attempt, the same at each."""
    said = wording(order.type, order.body)
    lines = (said.headline, *said.lines)
    links = (f"{label}: {link}" for label, link in said.links)
    return AppriseMessage(
        url=order.endpoint.url,
        title=disarmed(one_line(said.headline, _TITLE_LIMIT)),
        body="\n".join((*map(disarmed, lines), *links)).encode(),
    )


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge: what Apprise calls sent is delivered, and nobody can say more; all else is retried."""
    if isinstance(answer, Failure):
        return webhook.judge(answer, strict=strict, now=now)
    return Outcome(verdict=Verdict.DELIVERED, detail="apprise says it was sent; no receipt")
