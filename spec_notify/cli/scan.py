"""`spec-notify scan`: one look at the documents; what is news is queued."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from .deliver import unready
from .output import plural, say
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.core.event import Event
    from spec_notify.pipeline.intake import Intake, Looked


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("scan")(scan)


def scan(
    context: typer.Context,
    deliver: Annotated[bool, typer.Option("--deliver", help="Then deliver what is due.")] = False,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Take every document as it stands; announce nothing.")
    ] = False,
    drain: Annotated[str, typer.Option(help="How long --deliver may take.")] = "30s",
) -> int:
    """Look once: compare the documents with what is remembered, and queue what is news."""
    from spec_notify.core.instant import parse_duration
    from spec_notify.pipeline.intake import Wish
    from spec_notify.wiring.delivering import drained

    here = session(context)
    budget = parse_duration(drain)
    wiring = here.wiring()
    wiring.require_enabled()
    looked = settled_look(wiring.intake(), Wish(baseline=baseline))
    for trouble in unready(wiring):
        here.talk(trouble)
    if deliver:
        drained(wiring, budget)
    _report(here, looked)
    return 0


def settled_look(intake: Intake, wish: object) -> Looked:
    """Look, and look again for at most five seconds while something is in the way that passes."""
    import msgspec

    from spec_notify.pipeline.intake import Wish
    from spec_notify.pipeline.settle import VANISHED, look_patiently

    base = wish if isinstance(wish, Wish) else Wish()
    return look_patiently(
        lambda settled: intake.look(msgspec.structs.replace(base, settled=settled)),
        clock=lambda: time.monotonic_ns() // 1_000_000,
        rest=lambda wait: time.sleep(wait / 1000),
        patience=VANISHED,
    )


def named(event: Event) -> str:
    """Name an event's task for people: its id, else its title."""
    import orjson

    return event.task or str(orjson.loads(event.body)["data"]["task"]["title"])


def _report(here: Session, looked: Looked) -> None:
    facts = {
        "events": [{"id": e.id, "type": e.type, "task": e.task} for e in looked.events],
        "deliveries": looked.deliveries,
        "baselines": list(looked.baselines),
        "held": looked.held,
        "deferred": looked.deferred,
        "unreadable": looked.unreadable,
        "warnings": [
            {"document": path, "code": n.code, "line": n.line, "message": n.message}
            for path, n in looked.notices
        ],
    }
    if here.answer("scan", **facts):
        return
    for path in looked.baselines:
        say(f"{path}: taken as the baseline; changes from here on are announced")
    for event in looked.events:
        say(f"{event.document}: {named(event)} is {event.status} ({event.type})")
    queued = plural(looked.deliveries, "delivery")
    say(f"{plural(len(looked.events), 'event')}, {queued} queued")
    for path, count in looked.held.items():
        here.talk(f"{path}: {count} events are held; `spec-notify accept {path}` sends them")
    for path, why in {**looked.deferred, **looked.unreadable}.items():
        here.talk(f"{path}: not looked at: {why}")
    for path, notice in looked.notices:
        here.talk(f"{path}:{notice.line or 1}: {notice.message}")
