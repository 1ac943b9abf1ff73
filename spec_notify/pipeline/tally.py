"""What a look has done so far, and holding back what is too much at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.repeats import too_many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.pipeline.seen import Seen
    from spec_notify.ports import Ledger

TOO_MANY = "too many changes at once"


class Tally:
    """What a look has done so far."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.deliveries = 0
        self.baselines: list[str] = []
        self.held: dict[str, int] = {}

    def admitted(self, event: Event, deliveries: int) -> None:
        """Count an event, unless it was known."""
        self.deliveries += deliveries
        if deliveries:
            self.events.append(event)


def overflow(
    seen: Seen,
    keys: Sequence[str],
    lately: Mapping[str, tuple[int, ...]],
    config: Config,
    now: int,
) -> str | None:
    """Say why changes of these tasks wait for a human; None when they do not."""
    if not keys:
        return None
    # What is held waits for a human, even once fewer than the limit are left of it.
    if seen.before and seen.before.held:
        return seen.before.held_why or TOO_MANY
    if len(keys) > config.hold_above:
        return TOO_MANY
    each, look = config.hold_repeats_above, config.hold_above
    return too_many(lately, keys, each=each, look=look, now=now)


def hold(
    ledger: Ledger, seen: Seen, count: int, now: int, tally: Tally, *, why: str = TOO_MANY
) -> None:
    """Leave what is remembered as it was, so that every look finds the same until it is told."""
    before = seen.before or seen.stored
    if seen.moved_from is not None:
        # It moves when it is told: till then the next look must see the move again.
        ledger.rename(seen.stored.path, seen.moved_from)
    held = msgspec.structs.replace(
        before,
        revision=seen.stored.revision,
        held=count,
        held_since=before.held_since or now,
        held_why=before.held_why or why,
    )
    ledger.save(held)
    tally.held[held.path] = count
