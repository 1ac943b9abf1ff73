"""`spec-notify accept`: send, or let go, what a document holds back for a human."""

from __future__ import annotations

from typing import Annotated

import typer

from spec_notify.core.errors import UsageError

from .output import plural, say
from .session import session


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("accept")(accept)


def accept(
    context: typer.Context,
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="[DOCUMENT]...", help="Default: all held.")
    ] = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="Send nothing; take them as they stand.")
    ] = False,
) -> int:
    """Release held documents: queue their events, or with --discard take them as baseline."""
    from spec_notify.pipeline.intake import Wish

    here = session(context)
    wiring = here.wiring()
    wiring.require_enabled()
    held = [path for path, each in wiring.spool.documents().items() if each.held]
    chosen = tuple(documents or held)
    if not chosen:
        here.talk("nothing is held")
    unheld = [path for path in chosen if path not in held]
    if unheld:
        raise UsageError(f"not held: {', '.join(unheld)}")
    wish = Wish(discard=chosen) if discard else Wish(accept=chosen)
    looked = wiring.intake().look(wish)
    if not here.answer("accept", documents=list(chosen), deliveries=looked.deliveries):
        for path in chosen:
            say(f"{path}: {'taken as it stands' if discard else 'released'}")
        if chosen:
            say(f"{plural(looked.deliveries, 'delivery')} queued")
    if looked.deliveries and wiring.watching.lives():
        wiring.watching.poke()
    return 0
