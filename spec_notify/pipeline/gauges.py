"""How the queue stands, as gauges in Prometheus's text format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import State

from .vitals import RECENT, latency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.ports import Showing

_MILLIS = 1_000
_HELP = {
    "spec_notify_deliveries": "Deliveries in the spool by state; acknowledged dead letters apart.",
    "spec_notify_held_events": "Events that wait for spec-notify accept.",
    "spec_notify_oldest_pending_seconds": "Age of the oldest pending delivery; 0 for none.",
    "spec_notify_latency_seconds": f"From queued to delivered, of the latest {RECENT}.",
    "spec_notify_latency_measured": "How many deliveries the latency is taken over.",
}


def samples(spool: Showing | None, now: int) -> Iterator[tuple[str, float]]:
    """Answer every sample by its name and labels; none without a spool."""
    if spool is None:
        return
    seen = len(spool.acknowledged())
    counts = spool.counts()
    for state, count in counts.items():
        dead = seen if state is State.DEAD else 0
        yield f'spec_notify_deliveries{{state="{state}"}}', count - dead
    yield 'spec_notify_deliveries{state="acknowledged"}', seen
    yield "spec_notify_held_events", sum(each.held for each in spool.documents().values())
    oldest = spool.oldest_pending()
    age = 0 if oldest is None else max(now - oldest, 0)
    yield "spec_notify_oldest_pending_seconds", age / _MILLIS
    took = latency(spool.waits(RECENT))
    for quantile, wait in (("0.5", took["p50Ms"]), ("0.95", took["p95Ms"])):
        if wait is not None:
            yield f'spec_notify_latency_seconds{{quantile="{quantile}"}}', wait / _MILLIS
    yield "spec_notify_latency_measured", took["count"] or 0


def exposition(spool: Showing | None, now: int) -> str:
    """Answer all samples in Prometheus's text format, in ASCII."""
    lines, known = [], ""
    for sample, value in samples(spool, now):
        name = sample.partition("{")[0]
        if name != known:
            lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
            known = name
        lines.append(f"{sample} {value}" if isinstance(value, int) else f"{sample} {value:.3f}")
    return "".join(f"{line}\n" for line in lines)
