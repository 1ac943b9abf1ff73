"""`spec-notify metrics`: how the queue stands, as Prometheus's textfile collector reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.errors import UsageError

from .output import say
from .session import session
from .vitals import RECENT, latency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.wiring import Wiring

_MILLIS = 1_000


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("metrics")(metrics)


def metrics(
    context: typer.Context,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Put it there whole; default: stdout."),
    ] = None,
) -> int:
    """Print the queue's gauges in Prometheus's text format, for its textfile collector.

    A file is replaced as a whole: a collector never reads half of it.
    """
    here = session(context)
    wiring = here.wiring()
    if here.answer("metrics", metrics=dict(_samples(wiring))):
        return 0
    text = _text(wiring)
    if output is None:
        say(text.rstrip("\n"))
        return 0
    beside = Path(f"{output}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="ascii")
        beside.replace(output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(f"{output}: {error.strerror}") from error
    return 0


_HELP = {
    "spec_notify_deliveries": "Deliveries in the spool by state; acknowledged dead letters apart.",
    "spec_notify_held_events": "Events that wait for spec-notify accept.",
    "spec_notify_oldest_pending_seconds": "Age of the oldest pending delivery; 0 for none.",
    "spec_notify_latency_seconds": f"From queued to delivered, of the latest {RECENT}.",
    "spec_notify_latency_measured": "How many deliveries the latency is taken over.",
}


def _samples(wiring: Wiring) -> Iterator[tuple[str, float]]:
    """Answer every sample by its name and labels; none without a spool."""
    from spec_notify.core.delivery import State
    from spec_notify.wiring import now

    if not wiring.has_spool:
        return
    spool = wiring.spool
    seen = len(spool.acknowledged())
    counts = spool.counts()
    for state, count in counts.items():
        dead = seen if state is State.DEAD else 0
        yield f'spec_notify_deliveries{{state="{state}"}}', count - dead
    yield 'spec_notify_deliveries{state="acknowledged"}', seen
    yield "spec_notify_held_events", sum(each.held for each in spool.documents().values())
    oldest = spool.oldest_pending()
    age = 0 if oldest is None else max(now() - oldest, 0)
    yield "spec_notify_oldest_pending_seconds", age / _MILLIS
    took = latency(spool.waits(RECENT))
    for quantile, wait in (("0.5", took["p50Ms"]), ("0.95", took["p95Ms"])):
        if wait is not None:
            yield f'spec_notify_latency_seconds{{quantile="{quantile}"}}', wait / _MILLIS
    yield "spec_notify_latency_measured", took["count"] or 0


def _text(wiring: Wiring) -> str:
    lines, known = [], ""
    for sample, value in _samples(wiring):
        name = sample.partition("{")[0]
        if name != known:
            lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
            known = name
        lines.append(f"{sample} {value}" if isinstance(value, int) else f"{sample} {value:.3f}")
    return "".join(f"{line}\n" for line in lines)
