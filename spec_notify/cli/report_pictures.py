"""Small pictures of a report, as SVG that stands inside a page: no script, no outside asset.

Each is named and described for whoever does not see it, and none says what no table says.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from spec_notify.core.figures import DAY, HOUR, MINUTE, histogram
from spec_notify.core.instant import rfc3339

from .report_markup import escaped, nothing
from .report_words import millis, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spec_notify.core.passage import Bucket

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 12, 16, 34
_INNER, _TALL = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_LEAST = 3.0
"""Pixels that one delivery among a million still has: a single dead letter must be seen."""

EDGES = (
    *(20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000),
    *(MINUTE, 10 * MINUTE, HOUR, DAY),
)
"""Where the bars of a latency picture begin, milliseconds."""


_MARKS = (
    *(1, 10, 100, 1_000, 10_000),
    *(MINUTE, 10 * MINUTE, HOUR, 10 * HOUR),
    *(DAY * 10**power for power in range(6)),
)
"""Where lines of a picture of waits may lie, milliseconds: lengths that are said in one word."""


class Series(NamedTuple):
    """One kind of bar or line: its style's name, its word in the legend, and a value a place."""

    style: str
    word: str
    values: Sequence[float | None]


def latencies(first: Iterable[int], last: Iterable[int]) -> str:
    """Draw how many deliveries took how long, to the first attempt and to delivery."""
    counts = histogram(first, EDGES), histogram(last, EDGES)
    full = [at for at in range(len(EDGES) + 1) if counts[0][at] or counts[1][at]]
    if not full:
        return nothing("No delivery was tried in this time.")
    places = range(full[0], full[-1] + 1)
    series = (
        Series("first", "to first attempt", [counts[0][at] for at in places]),
        Series("last", "to delivery", [counts[1][at] for at in places]),
    )
    top = max(*counts[0], *counts[1])
    body = [*_scale(top), *_pairs(series, top, [_between(at) for at in places])]
    body += _names([_short(at) for at in places])
    return _picture("How long deliveries took", "Deliveries by time since detection", body, series)


def fates(buckets: Sequence[Bucket]) -> str:
    """Draw what became of deliveries over time, stacked."""
    series = (
        Series("delivered", "delivered", [each.delivered for each in buckets]),
        Series("open", "still open", [each.open for each in buckets]),
        Series("dead", "dead letters", [each.dead for each in buckets]),
    )
    sums = [each.delivered + each.open + each.dead for each in buckets]
    if not any(sums):
        return nothing("Nothing was detected in this time.")
    top = max(sums)
    # Room for the smallest pieces, which are drawn larger than they are.
    room = 1 - _LEAST * (len(series) - 1) / _TALL
    body = [*_scale(top, room), *_stacks(series, top / room, [_fate(each) for each in buckets])]
    body += _times(buckets)
    return _picture("Deliveries over time", "By when the change was detected", body, series)


def waits(buckets: Sequence[Bucket], bound: int) -> str:
    """Draw the 95th percentile from detection to delivery over time, beside what is wanted."""
    values = [each.to_delivery.p95 for each in buckets]
    known = [max(each, 1) for each in values if each is not None]
    if not known:
        return nothing("Nothing was delivered in this time.")
    marks = _around(min(*known, bound), max(*known, bound))

    def height(value: int) -> float:
        return math.log(max(value, 1) / marks[0]) / math.log(marks[-1] / marks[0])

    wish = _y(height(bound))
    body = [
        *_grid((_y(height(mark)), millis(mark)) for mark in marks),
        f'<line class="wish" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{wish:.1f}" y2="{wish:.1f}"/>',
        *_line(
            [None if each is None else height(each) for each in values],
            [f"{_span(each)}: {millis(each.to_delivery.p95)}" for each in buckets],
        ),
        *_times(buckets),
    ]
    series = (
        Series("last", "p95 to delivery", values),
        Series("wish", f"wanted: at most {millis(bound)}", ()),
    )
    return _picture("Latency over time", "Logarithmic; where nothing came, no dot", body, series)


def _around(least: int, most: int) -> Sequence[int]:
    """Answer the marks from the last one at or below `least` to the first one above `most`."""
    first = max(bisect_right(_MARKS, least) - 1, 0)
    return _MARKS[first : bisect_right(_MARKS, most) + 1]


def _picture(title: str, about: str, body: Iterable[str], series: Iterable[Series]) -> str:
    legend = "".join(
        f'<span class="key"><i class="{each.style}"></i>{escaped(each.word)}</span>'
        for each in series
    )
    return (
        f"<figure><figcaption>{escaped(title)} <small>{escaped(about)}</small></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escaped(title)}">'
        f'{"".join(body)}</svg><p class="legend">{legend}</p></figure>'
    )


def _scale(top: int, height: float = 1.0) -> Iterator[str]:
    return _grid(((_y(height), f"{top:,}"), (_y(0.0), "0")))


def _grid(lines: Iterable[tuple[float, str]]) -> Iterator[str]:
    for y, said in lines:
        yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _beside(y, said)


def _beside(y: float, said: str) -> str:
    x = _LEFT - 6
    return f'<text class="axis" x="{x}" y="{y + 4:.1f}" text-anchor="end">{escaped(said)}</text>'


def _pairs(series: Sequence[Series], top: float, words: Sequence[str]) -> Iterator[str]:
    place = _INNER / len(words)
    wide = min(place * 0.38, 40)
    for at, word in enumerate(words):
        middle = _LEFT + place * (at + 0.5)
        for number, each in enumerate(series):
            if value := each.values[at]:
                x, tall = middle + (number - 1) * wide, max(_TALL * value / top, _LEAST)
                yield _bar(each.style, (x, 0, wide, tall), f"{word}: {value:,.0f} {each.word}")


def _stacks(series: Sequence[Series], top: float, words: Sequence[str]) -> Iterator[str]:
    place = _INNER / len(words)
    wide = max(min(place * 0.8, 40), 1)
    for at, word in enumerate(words):
        x, base = _LEFT + place * (at + 0.5) - wide / 2, 0.0
        for each in series:
            if value := each.values[at]:
                tall = max(_TALL * value / top, _LEAST)
                yield _bar(each.style, (x, base, wide, tall), word)
                base += tall


def _bar(style: str, box: tuple[float, float, float, float], word: str) -> str:
    """Draw a bar whose box is x, height above the ground, width and own height."""
    x, base, wide, tall = box
    y = _y(0.0) - base - tall
    return (
        f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}">'
        f"<title>{escaped(word)}</title></rect>"
    )


def _line(heights: Sequence[float | None], words: Sequence[str]) -> Iterator[str]:
    place = _INNER / len(heights)
    points = [
        None if each is None else (_LEFT + place * (at + 0.5), _y(each))
        for at, each in enumerate(heights)
    ]
    # Pieces: where nothing came there is no line to draw.
    piece: list[str] = []
    for point in (*points, None):
        if point is not None:
            piece.append(f"{point[0]:.1f},{point[1]:.1f}")
        elif piece:
            yield f'<polyline class="last" points="{" ".join(piece)}"/>'
            piece = []
    for point, word in zip(points, words, strict=True):
        if point is not None:
            yield (
                f'<circle class="last" cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="3">'
                f"<title>{escaped(word)}</title></circle>"
            )


def _names(words: Sequence[str]) -> Iterator[str]:
    place = _INNER / len(words)
    for at, word in enumerate(words):
        x = _LEFT + place * (at + 0.5)
        yield _axis(x, word, "middle")


def _times(buckets: Sequence[Bucket]) -> Iterator[str]:
    first, last = buckets[0], buckets[-1]
    yield _axis(_LEFT, _moment(first.start), "start")
    yield _axis(WIDTH - _RIGHT, _moment(last.end), "end")
    middle = buckets[len(buckets) // 2]
    if middle.start not in {first.start, last.start}:
        yield _axis(_LEFT + _INNER * (len(buckets) // 2) / len(buckets), _moment(middle.start))


def _axis(x: float, word: str, anchor: str = "middle") -> str:
    y = HEIGHT - _BOTTOM + 18
    return f'<text class="axis" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escaped(word)}</text>'


def _y(height: float) -> float:
    return _TOP + _TALL * (1 - height)


def _between(at: int) -> str:
    if at == 0:
        return f"below {millis(EDGES[0])}"
    if at == len(EDGES):
        return f"{millis(EDGES[-1])} or more"
    return f"{millis(EDGES[at - 1])} to {millis(EDGES[at])}"


def _short(at: int) -> str:
    return f"<{millis(EDGES[0])}" if at == 0 else f"{millis(EDGES[at - 1])}+"


def _fate(bucket: Bucket) -> str:
    return (
        f"{_span(bucket)}: {bucket.delivered:,} delivered, {bucket.dead:,} dead, "
        f"{bucket.open:,} open; success {percent(bucket.success)}"
    )


def _span(bucket: Bucket) -> str:
    return f"{_moment(bucket.start)} to {_moment(bucket.end)}"


def _moment(at: int) -> str:
    day, _, time = rfc3339(at).partition("T")
    seconds = time[5:8] if at % MINUTE else ""
    return day[5:] if at % DAY == 0 else f"{day[5:]} {time[:5]}{seconds}"
