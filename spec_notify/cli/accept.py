"""`spec-notify accept`: send, or let go, what a document holds back for a human."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from spec_notify.core.errors import UsageError

from .output import plural, say
from .session import Session, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.pipeline.intake import Looked
    from spec_notify.ports import Spool
    from spec_notify.wiring import Wiring


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
    """Release held documents: queue their events, or with --discard take them as baseline.

    Exit 1 when one stays held: it could not be read, or is not believed yet.
    """
    from spec_notify.pipeline.intake import Looked, Wish

    here = session(context)
    wiring = here.wiring()
    wiring.require_enabled()
    chosen = _chosen(wiring.spool, documents or [])
    wish = Wish(discard=chosen) if discard else Wish(accept=chosen)
    looked = wiring.looks().look(wish) if chosen else Looked()
    done, still = _outcome(wiring, chosen, looked, discard=discard)
    if looked.deliveries and wiring.watching.lives():
        wiring.watching.poke()
    _report(here, looked, done, still)
    return 1 if still else 0


def _chosen(spool: Spool, documents: list[str]) -> tuple[str, ...]:
    held = _held(spool)
    unheld = [path for path in documents if path not in held]
    if unheld:
        raise UsageError(f"not held: {', '.join(unheld)}")
    return tuple(documents or held)


def _held(spool: Spool) -> list[str]:
    return [path for path, each in spool.documents().items() if each.held]


def _outcome(
    wiring: Wiring, chosen: tuple[str, ...], looked: Looked, *, discard: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Answer what became of each document that was let go, and why the others stay held."""
    done: dict[str, str] = {}
    still: dict[str, str] = {}
    held = _held(wiring.spool)
    for path in chosen:
        why = looked.deferred.get(path) or looked.unreadable.get(path)
        if path not in held:
            done[path] = "taken as it stands" if discard else "released"
        elif why:
            still[path] = why
        elif discard:
            _let_go(wiring.spool, path)
            done[path] = "it is not there any more, and nothing of it is held now"
        else:
            still[path] = "it is not there any more: put it back, or say --discard"
    return done, still


def _let_go(spool: Spool, path: str) -> None:
    """Drop the hold of a document that no look can find; what is remembered of it stays."""
    with spool.ledger() as ledger:
        stored = ledger.document(path)
        if stored is not None:
            after = stored.revision + 1
            freed = {"held": 0, "held_since": None, "held_why": ""}
            ledger.save(msgspec.structs.replace(stored, revision=after, **freed))


def _report(
    here: Session, looked: Looked, done: Mapping[str, str], still: Mapping[str, str]
) -> None:
    if not (done or still):
        here.talk("nothing is held")
    if here.answer("accept", documents=[*done], deliveries=looked.deliveries, held=still):
        return
    for path, what in done.items():
        say(f"{path}: {what}")
    for path, why in still.items():
        say(f"{path}: still held: {why}")
    if done:
        say(f"{plural(looked.deliveries, 'delivery')} queued")
