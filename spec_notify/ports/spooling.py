"""The seam to the spool: what is remembered, queued, claimed and settled.

All instants are integers of milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from spec_notify.core.delivery import Claim, Delivery, Step, Verdict

from .showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from spec_notify.core.alarm import Alarm
    from spec_notify.core.lane import Lane

    from .ledger import Ledger


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed evidence record, waiting to become a file: where it goes and its exact bytes."""

    row: int
    spec: str
    name: str
    body: bytes


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What settling a claim left behind."""

    delivery: Delivery
    record: Record


class Spool(Showing, Protocol):
    """The durable middle. Every verb is one transaction, synced before it returns.

    Raises SpoolError when the database cannot be used.
    """

    @property
    def writer(self) -> str:
        """The random id of this spool, in every evidence record."""

    @property
    def generation(self) -> str:
        """Empty for a spool that was never lost; a rebuilt one starts a new generation."""

    def ledger(self) -> AbstractContextManager[Ledger]:
        """Open the one write transaction of a look; it commits when the block ends well."""

    def claim(
        self,
        limit: int,
        *,
        subscriptions: Collection[str],
        owner: str,
        token: Callable[[], str],
        now: int,
        leases: Mapping[str, int],
        only: str | None = None,
        lanes: Mapping[str, Lane] | None = None,
    ) -> list[Claim]:
        """Lease due deliveries of these subscriptions, oldest due first.

        `leases` gives each subscription's lease in milliseconds. The attempt is numbered and its
        row written here, before any byte is sent. `only` claims that one delivery, probe or not.
        `lanes` says what holds a subscription back: its rate, the order of its tasks, and the
        breaker of its endpoint, which lets a replay's first try through always.
        """

    def settle(
        self,
        claim: Claim,
        step: Step,
        record: Mapping[str, object],
        *,
        status: int | None,
        now: int,
        endpoint: str = "",
        verdict: Verdict = Verdict.UNKNOWN,
    ) -> Settled | None:
        """Finish an attempt and seal its record into the chain; None if the lease was lost.

        The record gets `sequence`, `writer` and `previous` here (contract, section 9). In the same
        transaction the `verdict` moves the breaker of the `endpoint`, unless it is empty.
        """

    def lapsed(
        self, *, now: int, alive: Callable[[str], bool], mine: Collection[str] = ()
    ) -> list[Claim]:
        """Answer in-flight claims whose lease is over or whose owner is dead, but none of `mine`.

        `mine` are the tokens of attempts under way in this process. A lease that starts in the
        future, because the clock has moved back since, is given its whole length from now.
        """

    def park(
        self, subscription: str, reason: str, *, now: int, spare: Collection[str] = ()
    ) -> list[str]:
        """Park a subscription's pending deliveries, save those in `spare`; answer their ids.

        No probe is parked, and for the reason `gone` none that a replay waits to try.
        """

    def resume(self, subscription: str, reasons: Collection[str], *, now: int) -> int:
        """Free parked deliveries that were parked for one of these reasons; answer how many.

        Each is due when it was due before, or now when that has passed.
        """

    def expire(self, *, now: int) -> int:
        """Make dead letters of pending deliveries past their expiry; answer how many.

        A probe nobody claimed within PROBE_PATIENCE was abandoned and is cancelled, uncounted.
        """

    def purge(self, *, now: int, retention: int) -> int:
        """Delete what was finished longer than `retention` ago; answer how many dead letters."""

    def replay(self, ids: Sequence[str], *, by: str, now: int) -> list[Delivery]:
        """Queue these deliveries (`dlv_` ids) again. Raises IllegalMoveError for one in flight."""

    def cancel(self, ids: Sequence[str], *, now: int) -> list[Delivery]:
        """Cancel pending or parked deliveries. Raises IllegalMoveError for any other."""

    def alarms(self) -> Mapping[str, Alarm]:
        """Answer what was told, and is to tell, of destinations that had dead letters."""

    def has_unheard(self) -> bool:
        """Say whether there is a dead letter that nothing was told of."""

    def postpone(self, subscription: str, *, until: int, now: int) -> int:
        """Let nothing of a subscription be due before `until`; answer how many had to wait.

        Tests and untried replays are spared.
        """

    def reconnect(self, endpoint: str, *, subscriptions: Collection[str], now: int) -> int:
        """Close a breaker that was open for want of a route; answer how many are due at once."""

    def gone(self) -> frozenset[str]:
        """Answer the endpoint marks that answered 410 and were not freed since."""

    def mark_gone(self, endpoint: str, *, gone: bool, now: int) -> None:
        """Remember, or forget, that an endpoint answered 410."""

    def unprojected(self, limit: int = 100, *, skip: int = 0) -> list[Record]:
        """Answer sealed records whose file does not stand yet, oldest first, past `skip`."""

    def projected(self, rows: Sequence[int]) -> None:
        """The files of these records stand: their bytes leave the database."""

    def discard(self, ids: Sequence[str]) -> list[Delivery]:
        """Delete finished deliveries (`dlv_` ids) now, their attempts and idle events with them.

        Answers those deleted; an open one, and one whose evidence is not all in files yet, stays.
        """

    def acknowledge(
        self, ids: Sequence[str], record: Callable[[Delivery], Mapping[str, object]], *, now: int
    ) -> list[Settled]:
        """Note that a human has seen these dead letters, and seal a record of each.

        Any other delivery, and one acknowledged since it died, is passed over. The delivery
        stays as it is.
        """
