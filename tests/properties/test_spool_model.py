"""Whatever is done to a spool, in whatever order: the file behaves as the memory does.

The memory spool is the model; beside it stand the promises no model is needed for.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from spec_notify.core.delivery import Outcome, State, Verdict, advance
from spec_notify.core.errors import IllegalMoveError, StaleBaselineError
from spec_notify.core.lane import Lane, parse_rate
from spec_notify.ports import Query, Told
from spec_notify.spool.connection import Journal
from spec_notify.spool.memory import MemorySpool
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.given import DAY, LEASE, NOW, PLAN, SECOND, a_delivery, a_document, an_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spec_notify.core.delivery import Claim, Delivery
    from spec_notify.ports import Ledger, Spool

T = TypeVar("T")

# Nothing here loses power, so nothing here waits for the disk.
UNSYNCED = Journal("wal", "OFF")
REASONS = ("gone", "secret_missing")
FOREVER = 10**9
MARK = "a destination"
WAYS = (
    Lane(endpoint=MARK),
    Lane(rate=parse_rate("2/s")),
    Lane(ordered=True),
    Lane(endpoint=MARK, rate=parse_rate("60/m"), ordered=True),
)

a_name = st.sampled_from(["a", "b"])
some_names = st.sampled_from([("a",), ("b",), ("a", "b")])
a_number = st.integers(0, 5)
a_span = st.sampled_from([0, 1, SECOND, 2 * SECOND, LEASE, DAY, 8 * DAY])
some_places = st.lists(st.integers(0, 11), max_size=3)


class SpoolMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.spool = self.opened()
        self.model = MemorySpool(writer=self.spool.writer)
        self.now = NOW
        self.tokens = count(1)
        self.claims: list[Claim] = []
        self.known: dict[str, Delivery] = {}
        self.replayed: set[str] = set()

    def opened(self) -> SqliteSpool:
        path = Path(self.folder.name) / "spool.db"
        return SqliteSpool.open(path, now=NOW, fresh_id=lambda: "writer", journal=UNSYNCED)

    def teardown(self) -> None:
        assert self.spool.check() is None
        self.spool.close()
        self.folder.cleanup()

    def both(self, do: Callable[[Spool], T]) -> T:
        """Do the same to the file and to the model; both must answer, or refuse, the same."""
        expected, answered = attempt(do, self.model), attempt(do, self.spool)
        assert answered == expected
        return answered

    def places(self, places: list[int]) -> list[str]:
        ids = sorted(self.known)
        return [ids[place % len(ids)] for place in places if ids]

    @rule(number=a_number, names=some_names, wait=a_span, life=a_span, probe=st.booleans())
    def admit(
        self, number: int, names: tuple[str, ...], wait: int, life: int, *, probe: bool
    ) -> None:
        event = an_event(number, at=self.now)
        deliveries = [
            a_delivery(
                event,
                name,
                created_at=self.now,
                next_at=self.now + wait,
                expires_at=self.now + life if life else None,
                probe=probe,
            )
            for name in names
        ]
        known = self.spool.event(event.id) is not None

        def look(spool: Spool) -> tuple[int, list[int]]:
            with spool.ledger() as ledger:
                opened = [ledger.open_count(name) for name in names]
                return ledger.admit(event, deliveries), opened

        admitted, _ = self.both(look)
        assert admitted == (0 if known else len(deliveries))

    @rule(path=a_name, revision=st.integers(1, 4), stale=st.booleans(), fail=st.booleans())
    def save(self, path: str, revision: int, *, stale: bool, fail: bool) -> None:
        def look(spool: Spool) -> tuple[object, ...]:
            with spool.ledger() as ledger:
                return remember(ledger, path, revision if stale else None, fail=fail)

        self.both(look)
        self.both(lambda spool: dict(spool.documents()))

    @rule(old=a_name, new=a_name)
    def rename(self, old: str, new: str) -> None:
        def look(spool: Spool) -> object:
            with spool.ledger() as ledger:
                ledger.rename(old, new)
                return ledger.told(new), ledger.told(old)

        self.both(look)
        self.both(lambda spool: dict(spool.documents()))

    @rule(limit=st.integers(0, 4), names=some_names, owner=st.sampled_from(["x", "y"]))
    def claim(self, limit: int, names: tuple[str, ...], owner: str) -> None:
        self.lease(limit, names, owner, None)

    @rule(limit=st.integers(0, 4), names=some_names, lane=st.sampled_from(WAYS))
    def claim_in_lanes(self, limit: int, names: tuple[str, ...], lane: Lane) -> None:
        self.lease(limit, names, "x", None, dict.fromkeys(names, lane))

    @rule(name=a_name, wait=st.integers(-5, 60_000))
    def postpone(self, name: str, wait: int) -> None:
        until = self.now + wait
        self.both(lambda spool: spool.postpone(name, until=until, now=self.now))

    @rule(names=some_names)
    def reconnect(self, names: tuple[str, ...]) -> None:
        self.both(lambda spool: spool.reconnect(MARK, subscriptions=names, now=self.now))

    @rule(places=some_places, names=some_names)
    def claim_by_name(self, places: list[int], names: tuple[str, ...]) -> None:
        for each in self.places(places):
            self.lease(1, names, "x", each)

    def lease(
        self,
        limit: int,
        names: tuple[str, ...],
        owner: str,
        only: str | None,
        lanes: Mapping[str, Lane] | None = None,
    ) -> None:
        first = next(self.tokens) * 1_000

        def ask(spool: Spool) -> list[Claim]:
            tokens = count(first)
            return spool.claim(
                limit,
                subscriptions=names,
                owner=owner,
                token=lambda: str(next(tokens)),
                now=self.now,
                leases=dict.fromkeys(names, LEASE),
                only=only,
                lanes=lanes,
            )

        for each in self.both(ask):
            before = self.known[each.delivery.id]
            assert before.state is State.PENDING
            assert before.next_at <= self.now
            assert each.delivery.attempts == before.attempts + 1
            assert each.body == an_event(int((before.task or "")[1:])).body
            self.claims.append(each)

    @precondition(lambda self: self.claims)
    @rule(place=st.integers(0, 20), verdict=st.sampled_from(Verdict), drop=st.booleans())
    def settle(self, place: int, verdict: Verdict, *, drop: bool) -> None:
        """Settle any claim ever made, most of them long lost."""
        claimed = self.claims[place % len(self.claims)]
        if drop:
            self.claims.remove(claimed)
        outcome = Outcome(verdict=verdict, detail=verdict.value, status=place)
        step = advance(claimed.delivery, outcome, PLAN, now=self.now, jitter=0.5)
        standing = self.known.get(claimed.delivery.id)

        def finish(spool: Spool) -> object:
            record = {"said": verdict.value}
            settled = spool.settle(
                claimed,
                step,
                record,
                status=place,
                now=self.now,
                endpoint=MARK,
                verdict=verdict,
            )
            if settled is None:
                return None
            return settled.delivery, settled.record.name, settled.record.body

        settled = self.both(finish)
        in_time = standing is not None and standing == claimed.delivery
        assert (settled is not None) <= in_time

    @rule(alive=st.sets(st.sampled_from(["x", "y"])), places=some_places)
    def find_lapsed(self, alive: set[str], places: list[int]) -> None:
        mine = {self.claims[place % len(self.claims)].token for place in places if self.claims}
        found = self.both(
            lambda spool: spool.lapsed(now=self.now, alive=alive.__contains__, mine=mine)
        )
        assert not mine & {each.token for each in found}

    @rule(places=some_places)
    def replay(self, places: list[int]) -> None:
        ids = self.places(places)
        self.both(lambda spool: spool.replay(ids, by="ada", now=self.now))
        self.replayed.update(ids)

    @rule(places=some_places)
    def cancel(self, places: list[int]) -> None:
        ids = self.places(places)
        self.both(lambda spool: spool.cancel(ids, now=self.now))

    @rule(name=a_name, reason=st.sampled_from(REASONS), places=some_places)
    def park(self, name: str, reason: str, places: list[int]) -> None:
        spare = self.places(places)
        parked = self.both(
            lambda spool: sorted(spool.park(name, reason, now=self.now, spare=spare))
        )
        assert not {*parked} & {*spare}

    @rule(name=a_name, reasons=st.sets(st.sampled_from(REASONS)))
    def resume(self, name: str, reasons: set[str]) -> None:
        self.both(lambda spool: spool.resume(name, reasons, now=self.now))

    @rule()
    def expire(self) -> None:
        self.both(lambda spool: spool.expire(now=self.now))

    @rule(retention=a_span)
    def purge(self, retention: int) -> None:
        self.both(lambda spool: spool.purge(now=self.now, retention=retention))

    @rule(limit=st.integers(1, 4))
    def project(self, limit: int) -> None:
        for spool in (self.model, self.spool):
            spool.projected([each.row for each in spool.unprojected(limit)])

    @rule(endpoint=a_name, gone=st.booleans())
    def mark(self, endpoint: str, *, gone: bool) -> None:
        self.both(lambda spool: spool.mark_gone(endpoint, gone=gone, now=self.now))

    @rule(span=a_span)
    def wait(self, span: int) -> None:
        self.now += span

    @rule(span=a_span)
    def move_the_clock_back(self, span: int) -> None:
        self.now -= span

    @rule()
    def reopen(self) -> None:
        self.spool.close()
        self.spool = self.opened()
        assert self.spool.recovered_from is None

    @invariant()
    def the_file_says_what_the_memory_says(self) -> None:
        found = self.both(lambda spool: spool.find(Query()))
        self.both(lambda spool: spool.counts())
        self.both(lambda spool: spool.gone())
        self.both(lambda spool: spool.subscriptions())
        self.both(lambda spool: [spool.next_due(names) for names in (("a",), ("b", "a"))])
        self.both(lambda spool: (dict(spool.breakers()), spool.has_unheard()))
        for lane in WAYS:
            lanes = {"a": lane, "b": lane}
            self.both(lambda spool, way=lanes: spool.next_due([*way], lanes=way, now=self.now))
        self.both(lambda spool: [(each.spec, each.name) for each in spool.unprojected(FOREVER)])
        self.both(lambda spool: [spool.evidence_names(each.id) for each in found])
        self.both(lambda spool: [spool.event(each.event) for each in found])
        self.both(lambda spool: spool.passages(since=NOW - SECOND, until=NOW + 9 * DAY))
        self.both(lambda spool: spool.forgotten())

    @invariant()
    def the_promises_hold(self) -> None:
        found = {each.id: each for each in self.spool.find(Query())}
        counts = self.spool.counts()
        for state in State:
            counted = [each for each in found.values() if each.state is state and not each.probe]
            assert counts[state] == len(counted)
        for each in found.values():
            before = self.known.get(each.id)
            if before is not None:
                assert each.attempts >= before.attempts
                delivered = before.state is State.DELIVERED
                assert not delivered or before == each or each.id in self.replayed
        owners = self.spool.lapsed(now=self.now + FOREVER * 1_000, alive=lambda _: False)
        leased = [each.delivery.id for each in owners]
        flying = {each.id for each in found.values() if each.state is State.IN_FLIGHT}
        assert len(leased) == len(flying)
        assert set(leased) == flying
        self.known, self.replayed = found, set()


def attempt(do: Callable[[Spool], T], spool: Spool) -> T:
    """Answer what was answered, or which refusal it was."""
    try:
        return do(spool)
    except (IllegalMoveError, StaleBaselineError, ZeroDivisionError) as error:
        return str(error)  # type: ignore[return-value]


def remember(ledger: Ledger, path: str, revision: int | None, *, fail: bool) -> tuple[object, ...]:
    known = ledger.document(path)
    following = (known.revision if known else 0) + 1
    ledger.save(a_document(path, revision=revision or following))
    ledger.tell(path, [Told(branch="main", key="T1", status=f"{following}")])
    answered = (known, ledger.told(path), ledger.occurrence(path, "T1", "Done"))
    if fail:
        raise ZeroDivisionError
    return answered


TestSpoolModel = SpoolMachine.TestCase
TestSpoolModel.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, database=None
)
