"""`spec-notify scan`: one look at the documents; what is news is queued."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from .output import plural, say
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.pipeline.intake import Intake, Looked

VANISH_SECONDS = 5
"""How long a look waits before it believes that more than half the tasks are gone."""


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
    if deliver:
        drained(wiring, budget)
    _report(here, looked)
    return 0


def settled_look(intake: Intake, wish: object) -> Looked:
    """Look, and look again while tasks seem to have vanished, for at most five seconds."""
    import msgspec

    from spec_notify.pipeline.intake import Wish

    wish = wish if isinstance(wish, Wish) else Wish()
    looked = intake.look(wish)
    end = time.monotonic() + VANISH_SECONDS
    while _vanishing(looked) and time.monotonic() < end:
        time.sleep(0.2)
        looked = intake.look(wish)
    if _vanishing(looked):
        looked = intake.look(msgspec.structs.replace(wish, settled=_vanishing(looked)))
    return looked


def _vanishing(looked: Looked) -> tuple[str, ...]:
    return tuple(path for path, why in looked.deferred.items() if "vanished" in why)


def _report(here: Session, looked: Looked) -> None:
    facts = {
        "events": [{"id": e.id, "type": e.type, "task": e.task} for e in looked.events],
        "deliveries": looked.deliveries,
        "baselines": list(looked.baselines),
        "held": looked.held,
        "deferred": looked.deferred,
        "unreadable": looked.unreadable,
    }
    if here.answer("scan", **facts):
        return
    for path in looked.baselines:
        say(f"{path}: taken as the baseline; changes from here on are announced")
    for event in looked.events:
        say(f"{event.document}: {event.task or event.id} is {event.status} ({event.type})")
    queued = plural(looked.deliveries, "delivery")
    say(f"{plural(len(looked.events), 'event')}, {queued} queued")
    for path, count in looked.held.items():
        here.talk(f"{path}: {count} events are held; `spec-notify accept {path}` sends them")
    for path, why in {**looked.deferred, **looked.unreadable}.items():
        here.talk(f"{path}: not looked at: {why}")
    for path, notice in looked.notices:
        here.talk(f"{path}:{notice.line or 1}: {notice.message}")
