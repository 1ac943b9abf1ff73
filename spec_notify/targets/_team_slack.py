"""The Slack target of a team's own delivery list: judged by its status alone, as its operator does.

What Slack says of a refusal is quoted where it is one of its codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import Verdict
from spec_notify.targets import slack, webhook

if TYPE_CHECKING:
    from spec_notify.core.delivery import Outcome
    from spec_notify.core.message import Failure, Reply

render = slack.render


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge: 2xx delivers; the rest is what it is to any webhook."""
    plain = webhook.judge(answer, strict=strict, now=now)
    if plain.verdict is Verdict.DELIVERED:
        return plain
    return slack.judge(answer, strict=strict, now=now)
