"""Results of steps, added up: the report other systems' pipelines end with, under its own keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .delivery import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .passage import Passage


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one step came to; one that was skipped is no success, and no failure either."""

    step_type: str
    service: str
    success: bool
    skipped: bool = False
    duration_ms: float | None = None
    error: str | None = None


def added_up(steps: Sequence[Step], *, shown: int | None = None) -> dict[str, Any]:
    """Answer `summary`, `total_duration_ms` and `steps`, of these only the last `shown`."""
    passed = sum(each.success for each in steps)
    skipped = sum(each.skipped and not each.success for each in steps)
    latest = steps if shown is None else steps[len(steps) - min(shown, len(steps)) :]
    return {
        "summary": {
            "total": len(steps),
            "passed": passed,
            "failed": len(steps) - passed - skipped,
            "skipped": skipped,
        },
        "total_duration_ms": sum(each.duration_ms or 0 for each in steps),
        "steps": [msgspec.to_builtins(each) for each in latest],
    }


def as_steps(passages: Iterable[Passage]) -> list[Step]:
    """Answer deliveries as steps: delivered passed, dead failed, all others were skipped.

    A step is of the event's type, its service is the subscription, and its duration runs from
    detection, or from the last replay, to the end.
    """
    return [_step(each) for each in passages]


def _step(passage: Passage) -> Step:
    begun = passage.detected_at if passage.replayed_at is None else passage.replayed_at
    dead = passage.state is State.DEAD
    ended = passage.finished_at
    return Step(
        step_type=passage.type,
        service=passage.subscription,
        success=passage.delivered,
        skipped=not passage.delivered and not dead,
        duration_ms=None if ended is None else max(ended - begun, 0),
        error=passage.reason if dead else None,
    )
