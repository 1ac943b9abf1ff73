"""`spec-notify deliver-team FILE`: tell whom a team's manifest names that it has ended."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spec_notify.core.delivery import State
from spec_notify.core.errors import SpecNotifyError, UsageError
from spec_notify.core.instant import parse_duration, rfc3339
from spec_notify.core.log_line import Level
from spec_notify.core.team import DELIVER
from spec_notify.sources.team_manifest import MOST_BYTES, read_manifests

from .output import columns, say
from .selection import user
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.core.team import Team
    from spec_notify.disk.credentials import Credentials
    from spec_notify.sources.team_manifest import Manifests
    from spec_notify.wiring.team_delivery import Told
    from spec_notify.wiring.team_lines import Manner

OK, FAILED, WAITING = 0, 1, 75
OPEN = {State.PENDING, State.IN_FLIGHT}
_NONE = "no AgentTeam stands in it"


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("deliver-team")(deliver_team)


def deliver_team(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="AgentTeam manifests, YAML or JSON; - is stdin.")
    ],
    credentials: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Where secrets are mounted, DIR/SECRET/KEY; else SPEC_NOTIFY_CREDENTIALS_DIR.",
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also dial private addresses and plain http.")
    ] = False,
    attempts: Annotated[
        int, typer.Option(min=1, max=10, help="Tries of each target, the first included.")
    ] = 3,
    drain: Annotated[str, typer.Option(help="How long to try, for each team.")] = "30s",
    again: Annotated[
        bool, typer.Option("--again", help="Send again what an earlier run has delivered.")
    ] = False,
) -> int:
    """Tell the targets of `lifecycle.delivery` that a team has ended; each is told once.

    Needs no config. Exit 1 when a target failed, 75 when something is left for a later run.
    """
    from spec_notify.disk.credentials import VARIABLE, Credentials
    from spec_notify.wiring.team_delivery import check_switch, signing_secret
    from spec_notify.wiring.team_lines import Manner

    here, budget = session(context), parse_duration(drain)
    check_switch(os.environ)
    found = _read(file)
    folder = credentials or os.environ.get(VARIABLE)
    manner = Manner(
        secret=signing_secret(os.environ), allow_private=allow_private, attempts=attempts
    )
    run = _Run(here, Credentials(Path(folder) if folder else None), manner, budget, again=again)
    for fault in found.faults:
        here.talk(f"{file}: {fault}", level=Level.WARNING)
    pages = [run.tell(team) for team in found.teams]
    if not here.answer("deliver-team", teams=pages, faults=list(found.faults)):
        for page in pages:
            _print(page)
    return _code(pages, found)


def _read(file: str) -> Manifests:
    """Read the manifests somebody named. Raises UsageError where there are none."""
    raw = sys.stdin.buffer.read(MOST_BYTES + 1) if file == "-" else _bytes(file)
    if len(raw) > MOST_BYTES:
        raise UsageError(f"{file}: it is larger than {MOST_BYTES:,} bytes")
    try:
        found = read_manifests(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"{file}: it is no UTF-8 text") from None
    if not found.teams:
        raise UsageError("\n".join(f"{file}: {each}" for each in (*found.faults, _NONE)))
    return found


def _bytes(file: str) -> bytes:
    from spec_notify.disk.regular import read_regular

    raw = read_regular(Path(file), most=MOST_BYTES)
    if raw is None:
        raise UsageError(f"{file}: there is no such file")
    if not isinstance(raw, bytes):
        raise UsageError(f"{file}: it {raw.why}")
    return raw


class _Run:
    """One run of the command over the teams of a file."""

    def __init__(
        self, here: Session, credentials: Credentials, manner: Manner, budget: int, *, again: bool
    ) -> None:
        self._here = here
        self._credentials = credentials
        self._manner = manner
        self._budget = budget
        self._again = again

    def tell(self, team: Team) -> dict[str, Any]:
        """Tell one team and answer its page; what goes wrong with it hurts no other."""
        note = _idle(team)
        for each in (*team.notes, *filter(None, [note])):
            self._here.talk(f"{team.title}: {each}")
        told: list[Told] = []
        evidence = None
        failed = False
        if team.event_type is not None and team.on_complete in {None, DELIVER}:
            try:
                told, evidence = self._deliver(team)
            except SpecNotifyError as error:
                self._here.talk(f"{team.title}: {error}", level=Level.WARNING)
                note, failed = str(error), True
        return {
            "team": team.name,
            "namespace": team.namespace,
            "phase": team.phase,
            "event": team.event_type,
            "note": note,
            "failed": failed or any(not each.success and not each.queued for each in told),
            "waiting": team.event_type is None or any(each.queued for each in told),
            "evidence": evidence,
            "delivery": [_outcome(each) for each in told],
        }

    def _deliver(self, team: Team) -> tuple[list[Told], str | None]:
        from spec_notify.wiring.team_delivery import TeamDelivery

        delivery = TeamDelivery(
            team, credentials=self._credentials, manner=self._manner, env=os.environ
        )
        told = delivery.tell(self._budget, by=user(), again=self._again)
        for warning in delivery.take_warnings():
            self._here.talk(f"{team.title}: {warning}", level=Level.WARNING)
        return told, str(delivery.evidence) if told else None


def _idle(team: Team) -> str | None:
    """Say why nobody is told, if nobody is."""
    if team.event_type is None:
        return f"it has not ended: its phase is {team.phase or 'not set yet'}; nobody is told"
    if team.on_complete not in {None, DELIVER}:
        return f"its onComplete is {team.on_complete}, not {DELIVER}; nobody is told"
    if team.on_complete is None:
        return f"it states no onComplete: {DELIVER}; nobody is told"
    return None if team.recipients else "its delivery list is empty; nobody is told"


def _outcome(told: Told) -> dict[str, Any]:
    """Answer what came of an entry: first what `status.delivery` of the resource would hold."""
    at = told.delivered_at
    return {
        **told.facts(),
        "deliveredAt": None if at is None else rfc3339(at),
        "success": told.success,
        "error": told.error,
        "state": told.delivery.state,
        "status": told.delivery.last_status,
        "attempts": told.delivery.attempts,
        "signed": told.signed,
        "before": told.before,
        "event": told.delivery.event,
        "delivery": told.delivery.id,
        "evidence": None if told.evidence is None else str(told.evidence),
    }


def _code(pages: list[dict[str, Any]], found: Manifests) -> int:
    if found.faults or any(page["failed"] for page in pages):
        return FAILED
    return WAITING if any(page["waiting"] for page in pages) else OK


def _print(page: dict[str, Any]) -> None:
    say(f"{page['namespace']}/{page['team']}: {page['phase'] or 'no phase'}")
    columns(
        [(_word(each), each["type"], each["target"], _detail(each)) for each in page["delivery"]],
        indent="  ",
    )
    if page["evidence"]:
        say(f"  evidence: {page['evidence']}")


def _word(each: dict[str, Any]) -> str:
    if each["success"]:
        return "delivered"
    return "queued" if each["state"] in OPEN else "failed"


def _detail(each: dict[str, Any]) -> str:
    if not each["success"]:
        return str(each["error"])
    signed = "signed" if each["signed"] else "unsigned"
    return f"{each['deliveredAt']} {'by an earlier run' if each['before'] else signed}"
