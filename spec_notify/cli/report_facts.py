"""A report for programs: `spec-notify/report/1`, and beside it the keys other pipelines know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from spec_notify.core.instant import rfc3339, spell_duration
from spec_notify.core.passage import over_time
from spec_notify.core.steps import added_up, as_steps

if TYPE_CHECKING:
    from spec_notify.core.figures import Spread
    from spec_notify.core.goals import Finding
    from spec_notify.core.passage import Bucket
    from spec_notify.core.report import Totals
    from spec_notify.disk.audit import Usage

    from .report import Reported


def facts(found: Reported, *, steps: int) -> dict[str, Any]:
    """Answer a report as JSON has it; instants RFC 3339, lengths milliseconds, shares 0 to 1.

    `summary`, `total_duration_ms` and the latest `steps` are a pipeline's report step's.
    """
    own = found.report
    buckets = over_time(found.passages, since=own.since, until=own.until)
    return {
        "repository": found.repository,
        "window": _window(found),
        "ok": not own.failed,
        "goals": [_goal(each) for each in own.findings],
        "totals": _totals(own.totals) | {"acknowledged": found.acknowledged},
        "attempts": own.attempts,
        "retries": own.retries,
        "latency": {
            "toFirstAttempt": _spread(own.to_first_attempt),
            "toDelivery": _spread(own.to_delivery),
        },
        "waiting": {"count": own.waiting, "oldestAt": _instant(own.oldest_waiting)},
        "replays": {
            "replayed": own.replays.replayed,
            "delivered": own.replays.delivered,
            "dead": own.replays.dead,
            "inTime": own.replays.in_time,
            "failed": own.replays.failed,
        },
        "deadLetters": [{"reason": reason, "count": count} for reason, count in own.reasons],
        "subscriptions": [
            {
                "subscription": line.name,
                **_totals(line.totals),
                "retries": line.retries,
                "toFirstAttempt": _spread(line.to_first_attempt),
                "toDelivery": _spread(line.to_delivery),
            }
            for line in own.subscriptions
        ],
        "overTime": [_bucket(each) for each in buckets],
        "evidence": {"cap": found.cap, "directories": [_usage(each) for each in found.usage]},
        **added_up(as_steps(found.passages), shown=steps),
    }


def _window(found: Reported) -> dict[str, Any]:
    return {
        "since": rfc3339(found.report.since),
        "until": rfc3339(found.report.until),
        "retention": spell_duration(found.retention),
        "complete": found.complete,
        "forgottenRecords": found.forgotten,
    }


def _goal(finding: Finding) -> dict[str, Any]:
    goal = finding.goal
    return {
        "goal": goal.key,
        "section": goal.section,
        "what": goal.what,
        "unit": goal.unit,
        "value": finding.value,
        "atMost": goal.most,
        "atLeast": goal.least,
        "of": finding.of,
        "judgement": finding.judgement,
    }


def _totals(totals: Totals) -> dict[str, Any]:
    counts: dict[str, Any] = msgspec.to_builtins(totals)
    dry = counts.pop("dry_run")
    return {**counts, "dryRun": dry, "success": totals.success}


def _spread(spread: Spread) -> dict[str, int | None]:
    return {
        "count": spread.count,
        "p50Ms": spread.p50,
        "p95Ms": spread.p95,
        "p99Ms": spread.p99,
        "maxMs": spread.most,
    }


def _bucket(bucket: Bucket) -> dict[str, Any]:
    return {
        "start": rfc3339(bucket.start),
        "end": rfc3339(bucket.end),
        "delivered": bucket.delivered,
        "dead": bucket.dead,
        "open": bucket.open,
        "success": bucket.success,
        "toFirstAttempt": _spread(bucket.to_first_attempt),
        "toDelivery": _spread(bucket.to_delivery),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {"directory": usage.directory, "bytes": usage.bytes, "files": usage.files}


def _instant(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
