"""A report for a person at a terminal, or as plain columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .board import board
from .output import say
from .report_words import (
    counted,
    effort,
    measured,
    millis,
    percent,
    remarks,
    spelled,
    totals,
    wanted,
    window,
)

if TYPE_CHECKING:
    from spec_notify.core.goals import Finding
    from spec_notify.core.report import Line
    from spec_notify.disk.audit import Usage

    from .report import Reported

_GOALS = ("goal", "judged", "measured", "wanted", "of", "section")
_SECTIONS = (
    "NFR: Non-Functional Requirements; Goal: Goals, Primary; Metrics: Success Metrics, Post-Launch"
)
_LINES = ("subscription", "delivered", "dead", "open", "success", "first p95", "p95")
_USAGE = ("evidence of", "bytes", "of the cap", "files")
_REASONS = 5


def show(found: Reported) -> None:
    """Print a report."""
    own = found.report
    say(f"{found.repository}: {window(found)}")
    say(totals(found))
    say(effort(found))
    say(f"detection to first attempt: {spelled(own.to_first_attempt)}")
    say(f"detection to delivery: {spelled(own.to_delivery)}")
    say()
    board(_GOALS, [_goal(each) for each in own.findings], named=True)
    say(_SECTIONS)
    if own.subscriptions:
        say()
        board(_LINES, [_line(each) for each in own.subscriptions], named=True)
    if found.usage:
        say()
        board(_USAGE, [_weight(each, found.cap) for each in found.usage], named=True)
    if own.reasons:
        say()
        for reason, count in own.reasons[:_REASONS]:
            say(f"{counted(count, 'dead letter')}: {reason}")
        if more := sum(count for _, count in own.reasons[_REASONS:]):
            say(f"{counted(more, 'dead letter')}: other reasons")
        say("what to do about each: spec-notify --list --failed")
    said = list(remarks(found))
    if said:
        say()
    for remark in said:
        say(f"note: {remark}")


def folder(usage: Usage) -> str:
    """Answer the SPEC whose evidence a directory holds, as its folder is called."""
    return usage.directory.removeprefix("commands/").removesuffix("/webhooks")


def _goal(finding: Finding) -> tuple[str, ...]:
    goal = finding.goal
    judged = (goal.what, finding.judgement, measured(finding), wanted(goal))
    return (*judged, f"{finding.of:,}", goal.cite)


def _line(line: Line) -> tuple[str, ...]:
    own = line.totals
    return (
        line.name,
        *(f"{count:,}" for count in (own.delivered, own.dead, own.open)),
        percent(own.success),
        millis(line.to_first_attempt.p95),
        millis(line.to_delivery.p95),
    )


def _weight(usage: Usage, cap: int) -> tuple[str, ...]:
    share = percent(usage.bytes / cap, up=True)
    return (folder(usage), f"{usage.bytes:,}", share, f"{usage.files:,}")
