"""How often a document's tasks were told of lately: one that goes back and forth floods nobody.

What was told is kept with the document, as the instants of the last hour, milliseconds UTC.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WINDOW = 3_600_000
ALL_TIMES = 100
"""A document may tell, of all its tasks, so many times in a window what one look may tell."""


def lately(told: Mapping[str, tuple[int, ...]], now: int) -> dict[str, tuple[int, ...]]:
    """Answer what of it is of the last hour; an instant to come was a clock's mistake."""
    kept = {key: tuple(at for at in when if now - WINDOW < at <= now) for key, when in told.items()}
    return {key: when for key, when in kept.items() if when}


def noted(
    told: Mapping[str, tuple[int, ...]], keys: Sequence[str], now: int
) -> dict[str, tuple[int, ...]]:
    """Answer it with these keys told of now, one for each time they stand there."""
    known = lately(told, now)
    for key in keys:
        known[key] = (*known.get(key, ()), now)
    return known


def too_many(
    told: Mapping[str, tuple[int, ...]], keys: Sequence[str], *, each: int, look: int, now: int
) -> str | None:
    """Say what would be told of too often if these keys were; None for nothing.

    `each` is how many times in an hour one task may be told of, `look` how many events one look
    may have.
    """
    known = lately(told, now)
    for key, times in Counter(keys).items():
        if len(known.get(key, ())) + times > each:
            return f"{_name(key)} changed more than {each} times in an hour"
    if sum(map(len, known.values())) + len(keys) > ALL_TIMES * look:
        return f"it had more than {ALL_TIMES * look} events in an hour"
    return None


def _name(key: str) -> str:
    # A key is an id, or an id and words, or a hash of words.
    return key.partition("\n")[0] or "a task"
