"""Between attempts: lost claims taken back, what cannot be served parked, old things put away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import GONE, NO_SUBSCRIPTION, UNREADY, Outcome, Verdict
from spec_notify.core.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from spec_notify.core.delivery import Claim
    from spec_notify.pipeline.attempt import Attempt, Facts
    from spec_notify.ports import Route, Spool

LOST = Outcome(
    verdict=Verdict.UNKNOWN,
    detail="outcome unknown: the process that made this attempt did not finish it",
)
"""What is known of an attempt whose owner died or overran: it may have reached the wire."""


class Tidy:
    """Keeps the spool tidy; every verb runs on the spool's thread."""

    def __init__(
        self, *, spool: Spool, attempt: Attempt, facts: Facts, warn: Callable[[str], None]
    ) -> None:
        self._spool = spool
        self._attempt = attempt
        self._facts = facts
        self._warn = warn
        self._parked: dict[str, set[str]] = {}

    def run(
        self,
        routes: Mapping[str, Route],
        *,
        mine: Collection[str],
        now: int,
        retention: int,
        alone: bool = False,
    ) -> None:
        """Tidy once; `mine` are the tokens of attempts under way here, which are left alone.

        So is, `alone`, whatever belongs to no route of these: others serve it.
        """
        for claim in self._spool.lapsed(now=now, alive=self._facts.alive, mine=mine):
            if not alone or claim.delivery.subscription in routes:
                self._give_up(claim, routes.get(claim.delivery.subscription))
        gone = self._spool.gone()
        for name, route in routes.items():
            if route.unready is None:
                self._serve(name, gone=route.mark in gone, now=now)
            else:
                self._park(name, route.unready, now)
        if not alone:
            for name in sorted(self._spool.subscriptions() - routes.keys()):
                self._park(name, NO_SUBSCRIPTION, now)
        self._spool.expire(now=now)
        purged = self._spool.purge(now=now, retention=retention)
        if purged:
            plural = "" if purged == 1 else "s"
            self._warn(f"purged {purged} dead letter{plural} past their retention")
        self._attempt.back_fill()

    def _give_up(self, claim: Claim, route: Route | None) -> None:
        try:
            self._attempt.settle(claim, LOST, route)
        except SpoolError:
            raise
        except Exception as error:  # noqa: BLE001 - one poison row must not stop its neighbours
            self._warn(f"a bug, {type(error).__name__}, while {claim.delivery.id} was given up")

    def _serve(self, name: str, *, gone: bool, now: int) -> None:
        self._parked.pop(name, None)
        self._spool.resume(name, UNREADY if gone else (*UNREADY, GONE), now=now)
        if gone:
            self._spool.park(name, GONE, now=now)

    def _park(self, name: str, reason: str, now: int) -> None:
        """Park what this process cannot serve, each delivery once: another one may have freed it.

        Contract, section 6, of a missing secret; it holds for every reason alike.
        """
        known = self._parked.setdefault(name, set())
        known.update(self._spool.park(name, reason, now=now, spare=known))
