"""What the event of a run's end holds: the parts of its body (contract, section 5)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from .body_parts import Facts, Instant, Part


class Counts(Part, frozen=True, kw_only=True):
    """How many tasks of a finished run ended in which way."""

    done: Annotated[int, Meta(ge=0)]
    failed: Annotated[int, Meta(ge=0)]
    blocked: Annotated[int, Meta(ge=0)]
    total: Annotated[int, Meta(ge=1)]


class Links(Part, frozen=True, kw_only=True):
    """Where the run's server tells of it."""

    run: str
    tasks: str
    events: str


class FinishFacts(Facts, frozen=True, kw_only=True):
    """A run at a server, as the check that found its end saw it."""

    run_id: str
    status: Literal["success", "attention-required"]
    counts: Counts
    created_at: Instant | None
    created_reason: str | UnsetType = UNSET
    completed_at: Instant
    """When that check was made."""
    links: Links
