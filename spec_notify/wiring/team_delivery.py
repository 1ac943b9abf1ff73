"""One team told once, as a Kubernetes Job would: its event and deliveries in a spool of their own.

No repository, no config: the manifest somebody named says where. What was delivered before is not
sent again, under the same id, however often the same manifest is given.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.config import Config
from spec_notify.core.delivery import Delivery, State
from spec_notify.core.errors import NotEnabledError, SecretError
from spec_notify.core.evidence import directory, folder_name, parse_name
from spec_notify.core.message import Secret
from spec_notify.core.schema import validate
from spec_notify.core.signature import check_secret
from spec_notify.core.team import DELIVER, Recipient
from spec_notify.core.team_payload import build_team_event, contents
from spec_notify.disk.config import SWITCH, Loaded
from spec_notify.disk.environment import Environment
from spec_notify.disk.state import ensure, state_root
from spec_notify.pipeline.admission import admit
from spec_notify.ports import Query

from . import Wiring, now
from .delivering import drained
from .team_routes import shown_target, team_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spec_notify.core.team import Team
    from spec_notify.disk.credentials import Credentials
    from spec_notify.ports import Route

    from .team_lines import Manner

SECRET = "SPEC_NOTIFY_TEAM_SECRET"  # noqa: S105 - the name of a variable
_RETENTION = 90 * 86_400_000
"""Milliseconds for which a Job that runs again is known: longer than one is ever kept."""
_TRY_AGAIN = (State.DEAD, State.PARKED)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one entry of a delivery list. `delivered_at` is milliseconds UTC."""

    recipient: Recipient
    delivery: Delivery
    delivered_at: int | None
    """When it was last tried, whatever came of it; None before."""
    evidence: Path | None
    signed: bool | None
    """Whether the last attempt was; None where this run made none."""
    before: bool
    """It was delivered by an earlier run, and not sent again."""

    @property
    def success(self) -> bool:
        """Whether the receiver has it."""
        return self.delivery.state is State.DELIVERED

    @property
    def queued(self) -> bool:
        """Whether a later run may still deliver it without being asked to try again."""
        return self.delivery.state in {State.PENDING, State.IN_FLIGHT}

    @property
    def error(self) -> str | None:
        """Why the receiver does not have it; no secret."""
        return None if self.success else self.delivery.reason or "not tried yet"

    def facts(self) -> dict[str, object]:
        """Answer the outcome's own two facts: of whom, and what kind."""
        return {"type": self.recipient.type, "target": shown_target(self.recipient)}


class TeamWiring(Wiring):
    """The live objects that tell one team: nothing of a repository or of its config.

    All is kept in the team's own folder in the user's state directory.
    """

    def __init__(self, team: Team, routes: Mapping[str, Route], *, env: Mapping[str, str]) -> None:
        self._routes = routes
        root = state_root(env) / "teams" / folder_name(team.title)
        ensure(root)
        super().__init__(root, None, env=env, config_file=None)

    def reload(self) -> None:
        """Take the one setting there is: how long a delivery is remembered."""
        config = Config(enabled=True, evidence_root="evidence", dead_letter_retention=_RETENTION)
        self.loaded = Loaded(config=config)

    def routes(self) -> dict[str, Route]:
        """Answer a route for each entry of the delivery list."""
        return {**self._routes}

    @cached_property
    def state(self) -> Path:
        """Answer where the spool lies, beside the evidence."""
        return self.root / "state"


def signing_secret(env: Mapping[str, str]) -> Secret | None:
    """Answer what signs the webhooks of a team, if anything does. Raises SecretError."""
    folder = env.get("SPEC_NOTIFY_SECRETS_DIR")
    text = Environment(env, Path(folder) if folder else None).get(SECRET)
    if text is None:
        return None
    try:
        check_secret(text)
    except SecretError as error:
        raise SecretError(f"{SECRET}: {error}") from None
    return Secret(text)


def check_switch(env: Mapping[str, str]) -> None:
    """Raise NotEnabledError where the environment switches everything off."""
    if env.get(SWITCH) == "0":
        raise NotEnabledError(f"{SWITCH}=0 switches every delivery off")


class TeamDelivery:
    """The one telling of one team."""

    def __init__(
        self,
        team: Team,
        *,
        credentials: Credentials,
        manner: Manner,
        env: Mapping[str, str],
        wired: type[TeamWiring] = TeamWiring,
    ) -> None:
        self.team = team
        asked = team.recipients if team.on_complete == DELIVER else ()
        told = "\n".join((team.title, team.uid or "", team.phase or "", contents(team)))
        self._routes = team_routes(asked, told, credentials, manner)
        self._recipients = dict(zip(self._routes, asked, strict=True))
        self._wiring = wired(team, self._routes, env=env)

    def tell(self, budget: int, *, by: str, again: bool = False) -> list[Told]:
        """Admit what is new, deliver within `budget` milliseconds, and answer what came of it.

        What an earlier run gave up is tried anew; with `again`, what it delivered too. Raises
        SpoolError, PayloadError, and ValueError for a team that has not ended.
        """
        wiring = self._wiring
        try:
            known = self._known()
            self._admit([name for name in self._routes if name not in known])
            self._requeue(known.values(), by=by, again=again)
            if self._routes:
                drained(wiring, budget)
            done = {
                name for name, each in known.items() if each.state is State.DELIVERED and not again
            }
            return [
                self._told(name, each, before=name in done) for name, each in self._known().items()
            ]
        finally:
            wiring.close()

    @property
    def evidence(self) -> Path:
        """The root of the evidence of this team's deliveries."""
        return self._wiring.evidence_folder

    def take_warnings(self) -> list[str]:
        """Answer what there is to warn of."""
        return self._wiring.take_warnings()

    def _known(self) -> dict[str, Delivery]:
        """Answer the delivery of each entry that has one, in the order of the list."""
        spool = self._wiring.spool
        found = ((name, spool.find(Query(subscription=name, limit=1))) for name in self._routes)
        return {name: each[0] for name, each in found if each}

    def _admit(self, names: Sequence[str]) -> None:
        """Admit one event for the entries no run knows yet; without any entry, the event alone.

        An entry mended after a first run is told to whom it names, and to nobody twice.
        """
        if self._routes and not names:
            return
        wiring, at = self._wiring, now()
        event = build_team_event(self.team, "deliver-team", contents(self.team), *names, now=at)
        validate(event.body)
        takers = [self._routes[name].subscription for name in names]
        with wiring.spool.ledger() as ledger:
            admit(ledger, event, takers, max_pending=wiring.config.max_pending, now=at)

    def _requeue(self, known: Iterable[Delivery], *, by: str, again: bool) -> None:
        wanted = (*_TRY_AGAIN, State.DELIVERED) if again else _TRY_AGAIN
        late = [each.id for each in known if each.state in wanted]
        if late:
            self._wiring.spool.replay(late, by=by, now=now())

    def _told(self, name: str, delivery: Delivery, *, before: bool) -> Told:
        wiring = self._wiring
        names = [record for _, record in wiring.spool.evidence_names(delivery.id)]
        last = parse_name(names[-1]) if names else None
        place = directory(wiring.evidence_root, delivery.spec)
        return Told(
            recipient=self._recipients[name],
            delivery=delivery,
            delivered_at=last.at if last else None,
            evidence=wiring.evidence_home / place / names[-1] if names else None,
            signed=None if before else self._routes[name].subscription.signature != "none",
            before=before,
        )
