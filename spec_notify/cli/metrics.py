"""`spec-notify metrics`: how the queue stands, as Prometheus's textfile collector reads it."""

from __future__ import annotations

from typing import Annotated

import typer

from spec_notify.pipeline.gauges import exposition, samples

from .output import put, say
from .session import session


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
    from spec_notify.wiring import now

    here = session(context)
    wiring = here.wiring()
    spool = wiring.spool if wiring.has_spool else None
    if here.answer("metrics", metrics=dict(samples(spool, now()))):
        return 0
    text = exposition(spool, now())
    if output is None:
        say(text.rstrip("\n"))
        return 0
    put(output, text.encode("ascii"))
    return 0
