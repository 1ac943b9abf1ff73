"""Figures: percentiles, shares and counts, each defined here once for the whole house."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Number = TypeVar("_Number", int, float)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
STRIDES = (
    *(1_000, 5_000, 15_000),
    *(MINUTE, 5 * MINUTE, 15 * MINUTE),
    *(HOUR, 3 * HOUR, 6 * HOUR),
    *(DAY, 7 * DAY, 28 * DAY),
)
"""Lengths of time people count in, milliseconds."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How values are spread: how many, three percentiles and the largest; None of no values."""

    count: int = 0
    p50: int | None = None
    p95: int | None = None
    p99: int | None = None
    most: int | None = None


def percentile(ordered: Sequence[_Number], percent: int) -> _Number | None:
    """Answer the nearest-rank percentile of sorted values; None of no values.

    It is the smallest value that at least `percent` (1 to 100) of a hundred do not exceed, so it
    is always a value that was measured: nothing is interpolated.
    """
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def spread(values: Iterable[int]) -> Spread:
    """Answer how values in any order are spread."""
    ordered = sorted(values)
    return Spread(
        count=len(ordered),
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        p99=percentile(ordered, 99),
        most=percentile(ordered, 100),
    )


def share(part: int, whole: int) -> float | None:
    """Answer which part of a whole something is, 0 to 1; None of nothing, which is no success."""
    return part / whole if whole else None


def histogram(values: Iterable[int], edges: Sequence[int]) -> tuple[int, ...]:
    """Count values between ascending edges: below the first, from each up to the next, the rest.

    A value on an edge counts above it; there is one count more than there are edges.
    """
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect_right(edges, value)] += 1
    return tuple(counts)


def stride(span: int, most: int) -> int:
    """Answer the shortest of STRIDES, or of its last one's multiples, that cuts `span` into `most`.

    At most one more piece is needed where the cuts stand on whole strides of the clock. `most` is
    at least 1.
    """
    for length in STRIDES:
        if span <= length * most:
            return length
    longest = STRIDES[-1]
    return longest * -(-span // (longest * most))
