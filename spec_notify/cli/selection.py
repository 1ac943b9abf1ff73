"""Which deliveries a command is about: by id or by description, in one set of words for all."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from spec_notify.core.delivery import Delivery, State
from spec_notify.core.errors import UsageError

from .output import columns, plural, say
from .talk import ask

if TYPE_CHECKING:
    from collections.abc import Collection

    from spec_notify.ports import Query
    from spec_notify.wiring import Wiring

    from .session import Session

ASK_ABOVE = 20
FAILED = (State.DEAD, State.PARKED)

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="dlv_ or evt_ ids.")]
Failed = Annotated[
    bool, typer.Option("--failed", help="Every dead or parked one nobody acknowledged.")
]
States = Annotated[
    list[str] | None,
    typer.Option("--state", metavar="STATE", help="Only those in this state; may be repeated."),
]
Since = Annotated[
    str | None, typer.Option(help="Queued at or after this instant, date or time ago (7d).")
]
Until = Annotated[str | None, typer.Option(help="Queued before this instant, date or time ago.")]
OfSubscription = Annotated[str | None, typer.Option("--subscription", help="Only this one's.")]
OfType = Annotated[str | None, typer.Option("--type", help="Only this event type.")]
OfSpec = Annotated[str | None, typer.Option("--spec", help="Only this SPEC's.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show which ones; change nothing.")]


class Selection(NamedTuple):
    """The words a user chose deliveries with."""

    ids: tuple[str, ...] = ()
    failed: bool = False
    states: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    subscription: str | None = None
    type: str | None = None
    spec: str | None = None

    def query(self, verb: str) -> Query:
        """Answer what to ask the spool. Raises UsageError for no words at all, and wrong ones."""
        from spec_notify.ports import Query

        if not any(self):
            words = "ids, --failed, --state, --since, --until, --subscription, --type or --spec"
            raise UsageError(f"{verb} what? Give {words}")
        for each in self.ids:
            if not each.startswith(("evt_", "dlv_")):
                raise UsageError(
                    f"{each} is no id: one starts with evt_ or dlv_ (`--list` shows them)"
                )
        return Query(
            ids=self.ids,
            states=(*(FAILED if self.failed else ()), *map(_state, self.states)),
            subscription=self.subscription,
            type=self.type,
            spec=self.spec,
            since=instant(self.since),
            until=instant(self.until),
        )


def _state(text: str) -> State:
    try:
        return State(text.replace("-", "_"))
    except ValueError:
        raise UsageError(f"{text} is no state: one of {', '.join(State)}") from None


def instant(text: str | None) -> int | None:
    """Read what `--since` and `--until` say. Raises UsageError for what is no instant."""
    from spec_notify.core.instant import parse_moment
    from spec_notify.wiring import now

    return None if text is None else parse_moment(text, now=now())


def find(here: Session, wiring: Wiring, selection: Selection, verb: str) -> list[Delivery]:
    """Answer the deliveries chosen, newest first; an id nobody knows is refused."""
    query = selection.query(verb)
    found = wiring.spool.find(query) if wiring.has_spool else []
    known = {name for each in found for name in (each.id, each.event)}
    missing = [each for each in selection.ids if each not in known]
    if missing:
        raise UsageError(f"no such delivery or event: {', '.join(missing)}")
    if not selection.failed or selection.ids or not wiring.has_spool:
        return found
    seen = wiring.spool.acknowledged()
    left_out = sum(each.id in seen for each in found)
    if left_out:
        here.talk(
            f"{plural(left_out, 'acknowledged dead letter')} left out: name it, or say --state dead"
        )
    return [each for each in found if each.id not in seen]


def only(
    here: Session,
    found: list[Delivery],
    states: Collection[State],
    selection: Selection,
    *,
    verb: str,
) -> list[Delivery]:
    """Answer those in one of these states; another is refused by id, and else left out aloud."""
    other = [each for each in found if each.state not in states]
    if other and selection.ids:
        said = ", ".join(f"{each.id} is {each.state.replace('_', ' ')}" for each in other)
        raise UsageError(f"{said}: only what is {' or '.join(states)} can be {verb}")
    if other:
        here.talk(f"{plural(len(other), 'delivery')} left out: not {' or '.join(states)}")
    return [each for each in found if each.state in states]


def agreed(
    here: Session,
    command: str,
    chosen: list[Delivery],
    *,
    past: str,
    verb: str | None = None,
    dry_run: bool,
    yes: bool,
    above: int = ASK_ABOVE,
) -> bool:
    """Say whether to go on: a dry run only shows what would be done, a person is asked first.

    Raises UsageError for a no, or nobody to ask.
    """
    if dry_run:
        show(here, command, [(each, None) for each in chosen], f"would be {past}")
        return False
    confirm(verb or command, len(chosen), yes=yes, above=above)
    return True


def confirm(verb: str, count: int, *, yes: bool, above: int = ASK_ABOVE) -> None:
    """Ask a person about more than `above` deliveries. Raises UsageError for a no, or nobody."""
    if count <= above or yes:
        return
    question = f"{verb.capitalize()} {plural(count, 'delivery')}?"
    if not ask(question):
        raise UsageError(f"nothing done: say --yes to {verb} this many")


def user() -> str:
    """Answer who asks, for the evidence."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def result(delivery: Delivery, evidence: str | None = None) -> dict[str, Any]:
    """Answer a delivery as `results` shows it (contract, section 8)."""
    return {
        "delivery": delivery.id,
        "event": delivery.event,
        "subscription": delivery.subscription,
        "state": delivery.state,
        "status": delivery.last_status,
        "attempts": delivery.attempts,
        "evidence": evidence,
    }


def show(here: Session, command: str, results: list[tuple[Delivery, str | None]], did: str) -> None:
    """Show what a command did to whom."""
    rows = [result(*each) for each in results]
    if here.answer(command, results=rows):
        return
    say(f"{plural(len(results), 'delivery')} {did}")
    columns(
        (each.id, each.state, each.subscription, each.task or "-", str(each.last_status or "-"))
        for each, _ in results
    )
