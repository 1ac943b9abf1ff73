"""What the requirements want of deliveries, as numbers, and whether a measurement meets them.

The sections are those of the requirement text "Webhook Notification System for Task Completion
Events", whose numbers these are.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

FOOTPRINT = 5_000_000
"""Bytes of evidence one SPEC may have."""
PROMPT = 5_000
"""Milliseconds within which a delivery is to be tried first."""
MENDED = 86_400_000
"""Milliseconds within which a replay is to succeed."""


class Unit(StrEnum):
    """What a goal is measured in."""

    MILLIS = "ms"
    SHARE = "share"
    BYTES = "bytes"
    COUNT = "count"


class Judgement(StrEnum):
    """Whether a goal is met; of nothing measured nothing is said."""

    PASS = "pass"  # noqa: S105 - a word, not a secret
    FAIL = "fail"
    NO_DATA = "no data"


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One number the requirements name: what is measured, and the bound it must keep."""

    key: str
    section: str
    cite: str
    """The section in few letters, for a narrow table."""
    what: str
    unit: Unit
    most: float | None = None
    least: float | None = None
    strict: bool = True
    """Whether a miss is a fault of deliveries; how many people use them is none."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured for a goal, over how many; `value` is None where there was nothing."""

    goal: Goal
    value: float | None
    of: int

    @property
    def judgement(self) -> Judgement:
        """Judge it."""
        goal, value = self.goal, self.value
        if value is None:
            return Judgement.NO_DATA
        over = goal.most is not None and value > goal.most
        under = goal.least is not None and value < goal.least
        return Judgement.FAIL if over or under else Judgement.PASS


_NEEDS = "Non-Functional Requirements"
_LATER = "Success Metrics, Post-Launch"

FIRST_ATTEMPT = Goal(
    key="first_attempt_p95",
    section=f"{_NEEDS}, NFR1",
    cite="NFR1",
    what="p95 to first attempt",
    unit=Unit.MILLIS,
    most=PROMPT,
)
DELIVERY_TAIL = Goal(
    key="delivery_p99",
    section=f"{_NEEDS}, NFR1",
    cite="NFR1",
    what="p99 to delivery with retries",
    unit=Unit.MILLIS,
    most=30_000,
)
DELIVERY_TIME = Goal(
    key="delivery_p95",
    section=_LATER,
    cite="Metrics",
    what="p95 to delivery",
    unit=Unit.MILLIS,
    most=5_000,
)
TRIED_IN_TIME = Goal(
    key="tried_in_time",
    section="Goals, Primary Goal 1",
    cite="Goal 1",
    what="tried within 5 s",
    unit=Unit.SHARE,
    least=0.99,
)
SUCCESS = Goal(
    key="success",
    section=f"{_NEEDS}, NFR2",
    cite="NFR2",
    what="delivered of all that ended",
    unit=Unit.SHARE,
    least=0.995,
)
REPLAYS_NEEDED = Goal(
    key="replays_needed",
    section=_LATER,
    cite="Metrics",
    what="dead or replayed of all ended",
    unit=Unit.SHARE,
    most=0.01,
)
REPLAY_SUCCESS = Goal(
    key="replay_success",
    section="Goals, Primary Goal 3",
    cite="Goal 3",
    what="replays delivered within 24 h",
    unit=Unit.SHARE,
    least=0.95,
)
SIGNED = Goal(
    key="signed",
    section="Goals, Primary Goal 2",
    cite="Goal 2",
    what="webhook requests signed",
    unit=Unit.SHARE,
    least=1.0,
)
ADOPTION = Goal(
    key="adoption",
    section=_LATER,
    cite="Metrics",
    what="subscriptions served",
    unit=Unit.COUNT,
    least=2,
    strict=False,
)
EVIDENCE = Goal(
    key="evidence",
    section=f"{_NEEDS}, NFR5",
    cite="NFR5",
    what="evidence of the largest SPEC",
    unit=Unit.BYTES,
    most=FOOTPRINT,
)
