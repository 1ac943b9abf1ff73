"""`spec-notify scan`: one look at the documents; what is news is queued."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.feed import is_feed

from .deliver import unready
from .output import plural, say
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.core.event import Event
    from spec_notify.pipeline.intake import Looked
    from spec_notify.pipeline.looks import Looks
    from spec_notify.wiring import Wiring


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
    since: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Tell the commits REV..HEAD, or OLD..NEW, instead."),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --since: the branch they are told under."),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="With --since: send more than hold_above, too.")
    ] = False,
) -> int:
    """Look once: compare the documents with what is remembered, and queue what is news.

    With --since nothing is remembered: the same commits give the same ids, however often they are
    told. Exit 1 when a document had more news than hold_above, which --accept sends.
    """
    from spec_notify.core.instant import parse_duration
    from spec_notify.wiring.delivering import drained

    from .since import refuse_without

    here = session(context)
    budget = parse_duration(drain)
    refuse_without(since, branch=branch, accept=accept, baseline=baseline)
    if since is None:
        wiring, looked = _look(here, baseline=baseline)
    else:
        wiring, looked = _range(here, since, branch=branch, accept=accept)
    for trouble in unready(wiring):
        here.talk(trouble)
    if deliver:
        drained(wiring, budget)
    _report(here, looked, way_out=f"--since {since} --accept" if since else None)
    return 1 if since and looked.held else 0


def _look(here: Session, *, baseline: bool) -> tuple[Wiring, Looked]:
    from spec_notify.pipeline.intake import Wish

    wiring = here.wiring()
    wiring.require_enabled()
    return wiring, settled_look(wiring.looks(), Wish(baseline=baseline))


def _range(here: Session, since: str, *, branch: str | None, accept: bool) -> tuple[Wiring, Looked]:
    from .since import open_range, told

    wiring, git = open_range(here)
    wiring.require_enabled()
    return wiring, told(here, wiring, git, since, branch=branch, accept=accept)


def settled_look(looks: Looks, wish: object) -> Looked:
    """Look, and look again for at most five seconds while something is in the way that passes."""
    import msgspec

    from spec_notify.pipeline.intake import Wish
    from spec_notify.pipeline.settle import VANISHED, look_patiently

    base = wish if isinstance(wish, Wish) else Wish()
    return look_patiently(
        lambda settled: looks.look(msgspec.structs.replace(base, settled=settled)),
        clock=lambda: time.monotonic_ns() // 1_000_000,
        rest=lambda wait: time.sleep(wait / 1000),
        patience=VANISHED,
    )


def named(event: Event) -> str:
    """Name what an event is about for people: a task by id or title, else a stage of a SPEC."""
    import orjson

    if event.task:
        return event.task
    facts = orjson.loads(event.body)["data"]
    if "task" in facts:
        return str(facts["task"]["title"])
    if event.document and is_feed(event.document):
        return event.type
    about = "pipeline" if "pipeline" in facts else facts.get("stage", {}).get("name", "consensus")
    return f"{event.spec} {about}"


def _report(here: Session, looked: Looked, *, way_out: str | None) -> None:
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
        words = (
            f"scan {way_out}` sends them, nothing was" if way_out else f"accept {path}` sends them"
        )
        here.talk(f"{path}: {plural(count, 'event')} held; `spec-notify {words}")
    for path, why in {**looked.deferred, **looked.unreadable}.items():
        here.talk(f"{path}: not looked at: {why}")
    for path, notice in looked.notices:
        here.talk(f"{path}:{notice.line or 1}: {notice.message}")
