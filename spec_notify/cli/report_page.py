"""A report as one page for a browser: nothing is loaded, nothing runs, everything is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify import __version__
from spec_notify.core import goals
from spec_notify.core.goals import Judgement
from spec_notify.core.instant import rfc3339
from spec_notify.core.passage import lengths, over_time

from .report_markup import cell, escaped, head, nothing, number, table
from .report_pictures import fates, latencies, waits
from .report_style import STYLE
from .report_table import folder
from .report_words import (
    effort,
    measured,
    millis,
    percent,
    remarks,
    size,
    totals,
    wanted,
    window,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.figures import Spread
    from spec_notify.core.goals import Finding
    from spec_notify.core.passage import Bucket
    from spec_notify.core.report import Line
    from spec_notify.disk.audit import Usage

    from .report import Reported

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
_MARKS = {
    Judgement.PASS: ("pass", "✓ "),
    Judgement.FAIL: ("fail", "✗ "),
    Judgement.NO_DATA: ("none", ""),
}
_TERMS = (
    ("percentile", "nearest rank: the smallest length that so many of a hundred do not exceed"),
    ("detection", "the look that found the change queued its deliveries: one transaction"),
    ("first attempt", "the first time a delivery left for its receiver, whatever came of it"),
    ("delivery", "its receiver took it; retries are included, replayed ones left out"),
    ("success", "delivered, of those delivered or dead; what is open counts for neither"),
    ("no data", "nothing was there to measure: neither met nor missed"),
)


def page(found: Reported) -> str:
    """Answer the page of a report."""
    title, own = escaped(f"Deliveries of {found.repository}"), found.report
    parts = (
        f"<h1>{title}</h1>",
        f'<p class="quiet">{escaped(window(found))}</p>',
        _tiles(found),
        f"<p>{escaped(_judged(found))}</p>",
        _part("Goals", _goals(own.findings)),
        _part("Latency", _latency(found)),
        _part("Over time", _times(found)),
        _part("Subscriptions", _subscriptions(own.subscriptions)),
        _part("Dead letters", _dead(own.reasons)),
        _part("Evidence", _evidence(found.usage, found.cap)),
        _part("How to read this", _notes(found)),
        f'<p class="quiet">spec-notify {escaped(__version__)}, {rfc3339(found.at)}</p>',
    )
    return _PAGE.format(title=title, style=STYLE, body="\n".join(parts))


def _part(name: str, body: str) -> str:
    return f"<section>\n<h2>{escaped(name)}</h2>\n{body}\n</section>"


def _tiles(found: Reported) -> str:
    own = found.report.totals
    each = {
        "delivered": f"{own.delivered:,}",
        "dead letters": f"{own.dead:,}",
        "success": percent(own.success),
        "pending": f"{own.pending + own.in_flight:,}",
        "parked": f"{own.parked:,}",
        "p95 to delivery": millis(found.report.to_delivery.p95),
        "retries": f"{found.report.retries:,}",
    }
    tiles = (f"<li><b>{escaped(said)}</b>{escaped(word)}</li>" for word, said in each.items())
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _judged(found: Reported) -> str:
    judged = [each.judgement for each in found.report.findings]
    said = ", ".join(f"{judged.count(each)} {each}" for each in Judgement)
    return f"Goals: {said}. {totals(found)}. {effort(found)}."


def _goals(findings: Sequence[Finding]) -> str:
    heads = ("goal", "judgement", "section of the requirements", "measured", "wanted", "of")
    rows = (
        (
            head(each.goal.what),
            cell(_MARKS[each.judgement][1] + each.judgement, f"judged {_MARKS[each.judgement][0]}"),
            cell(each.goal.section, "quiet"),
            number(measured(each)),
            number(wanted(each.goal)),
            number(f"{each.of:,}"),
        )
        for each in findings
    )
    return table("What the requirements want, and what was measured", heads, rows, words=3)


def _latency(found: Reported) -> str:
    own = found.report
    heads = ("from detection", "p50", "p95", "p99", "longest", "of")
    rows = (
        _spread("to first attempt", own.to_first_attempt),
        _spread("to delivery", own.to_delivery),
    )
    return latencies(*lengths(found.passages)) + table("The same in numbers", heads, rows)


def _spread(name: str, spread: Spread) -> tuple[str, ...]:
    values = (spread.p50, spread.p95, spread.p99, spread.most)
    return (head(name), *(number(millis(each)) for each in values), number(f"{spread.count:,}"))


def _times(found: Reported) -> str:
    since, until = found.report.since, found.report.until
    buckets = over_time(found.passages, since=since, until=until)
    heads = ("from", "to", "delivered", "dead", "open", "success", "p95 to delivery")
    rows = [_bucket(each) for each in buckets if each.delivered or each.dead or each.open]
    pictures = fates(buckets) + waits(buckets, goals.PROMPT)
    if not rows:
        return pictures
    numbers = table("Only times in which something was detected", heads, rows, words=2)
    return f"{pictures}<details><summary>The same in numbers</summary>{numbers}</details>"


def _bucket(bucket: Bucket) -> tuple[str, ...]:
    counts = (bucket.delivered, bucket.dead, bucket.open)
    return (
        head(_moment(bucket.start)),
        cell(_moment(bucket.end)),
        *(number(f"{each:,}") for each in counts),
        number(percent(bucket.success)),
        number(millis(bucket.to_delivery.p95)),
    )


def _moment(at: int) -> str:
    # Buckets begin at whole seconds.
    return rfc3339(at).replace(".000Z", "Z").replace("T", " ")


def _subscriptions(lines: Sequence[Line]) -> str:
    if not lines:
        return nothing("No subscription had a delivery in this time.")
    heads = ("subscription", "delivered", "dead", "open", "success", "retries", "p95", "p99")
    return table("Latency from detection to delivery", heads, map(_line, lines))


def _line(line: Line) -> tuple[str, ...]:
    counts = (line.totals.delivered, line.totals.dead, line.totals.open)
    return (
        head(line.name),
        *(number(f"{each:,}") for each in counts),
        number(percent(line.totals.success)),
        number(f"{line.retries:,}"),
        number(millis(line.to_delivery.p95)),
        number(millis(line.to_delivery.p99)),
    )


def _dead(reasons: Sequence[tuple[str, int]]) -> str:
    if not reasons:
        return "<p>None in this time.</p>"
    rows = ((head(reason), number(f"{count:,}")) for reason, count in reasons)
    listed = table("The most frequent reason first", ("reason", "dead letters"), rows)
    return f"{listed}<p>What to do about each: <code>spec-notify --list --failed</code></p>"


def _evidence(usage: Sequence[Usage], cap: int) -> str:
    if not usage:
        return nothing("No evidence stands on this disk.")
    rows = (
        (
            head(folder(each)),
            f"<td>{_meter(each.bytes, cap)}</td>",
            number(percent(each.bytes / cap, up=True)),
            number(f"{each.bytes:,}"),
            number(f"{each.files:,}"),
        )
        for each in usage
    )
    about = f"As it stands on disk now, largest first; the cap is {size(cap)} for each SPEC"
    return table(about, ("SPEC", "of the cap", "share", "bytes", "files"), rows, words=2)


def _meter(value: int, cap: int) -> str:
    style = ' class="over"' if value > cap else ""
    wide = min(value / cap * 100, 100)
    return f'<span class="meter"><i{style} style="width:{wide:.2f}%"></i></span>'


def _notes(found: Reported) -> str:
    said = "".join(f"<li>{escaped(each)}</li>" for each in remarks(found))
    terms = "".join(f"<dt>{escaped(word)}</dt><dd>{escaped(means)}</dd>" for word, means in _TERMS)
    return (f"<ul>{said}</ul>" if said else "") + f"<dl>{terms}</dl>"
