"""Lanes: a failing destination is left alone, a rate is kept, a task's deliveries keep order."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.delivery import OFFLINE_PAUSE, State
from spec_notify.core.lane import FAILURES, PAUSE, Position, parse_rate, position
from spec_notify.core.message import Failure, Fault, Reply
from spec_notify.core.retry import schedule
from spec_notify.spool.memory import MemorySpool
from spec_notify.spool.sqlite import SqliteSpool
from tests.pipeline.bench import Bench, fails, replies, serving, silence, until
from tests.spool.given import NOW, a_delivery, an_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.core.delivery import Delivery

LONG = schedule("standard", jitter=0.0)
MARK = "mark of ill"


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    sqlite = request.param == "sqlite"
    path = tmp_path / "state" / "spool.db"
    bench = Bench(
        SqliteSpool.open(path, now=NOW, fresh_id=lambda: "x") if sqlite else MemorySpool()
    )
    yield bench
    bench.spool.close()


def opened(bench: Bench, queued: int = 20) -> None:
    """Let a destination fail until its breaker opens."""
    bench.subscribe("ill", replies(503), retry=LONG, concurrency=FAILURES)
    bench.queue("ill", queued)
    bench.drain()
    assert bench.received("ill") == FAILURES
    bench.drain()


class TestBreaker:
    def test_open_it_burns_no_attempts_and_says_when(self, bench: Bench) -> None:
        opened(bench)
        for bench.step in (1, PAUSE - 1):
            bench.queue("ill")
            bench.drain()
            bench.drain()
        assert bench.received("ill") == FAILURES
        waiting = [each for each in bench.of("ill") if each.attempts == 0]
        assert len(waiting) == 12
        assert {each.state for each in waiting} == {State.PENDING}
        assert {each.next_at for each in waiting} == {NOW + PAUSE}

    def test_where_it_stands_is_visible_to_others(self, bench: Bench) -> None:
        opened(bench)
        breaker = bench.spool.breakers()[MARK]
        assert position(breaker, NOW) is Position.OPEN
        assert (breaker.failures, breaker.until) == (FAILURES, NOW + PAUSE)

    def test_half_open_it_lets_one_try_and_stays_open_twice_as_long(self, bench: Bench) -> None:
        opened(bench)
        bench.step = PAUSE
        bench.drain()
        bench.drain()
        assert bench.received("ill") == FAILURES + 1
        assert bench.spool.breakers()[MARK].until == NOW + 3 * PAUSE

    def test_one_success_closes_it_and_all_others_follow(self, bench: Bench) -> None:
        opened(bench)
        bench.says["ill"] = replies(204)
        bench.step = PAUSE
        bench.drain()
        assert bench.received("ill") == FAILURES + 1
        assert bench.spool.breakers() == {}
        bench.step = 3 * 3_600_000
        bench.drain()
        bench.drain()
        assert len(bench.of("ill", State.DELIVERED)) == 20

    def test_two_processes_let_one_through_between_them(self, bench: Bench) -> None:
        bench.ticking = True
        opened(bench)
        before = bench.received("ill")

        async def run() -> None:
            bench.step = PAUSE
            async with serving(bench), serving(bench):
                await until(lambda: bench.received("ill") == before + 1)
                bench.subscribe("well", replies(204))
                bench.queue("well", 3)
                await until(lambda: len(bench.of("well", State.DELIVERED)) == 3)
                assert bench.received("ill") == before + 1

        bench.subscribe("ill", silence, retry=LONG, timeout=100)
        asyncio.run(run())

    def test_a_replay_and_a_test_go_through_while_it_is_open(self, bench: Bench) -> None:
        opened(bench)
        replayed = bench.of("ill")[-1]
        bench.spool.replay([replayed.id], by="me", now=bench.clock())
        bench.drain()
        assert bench.received("ill") == FAILURES + 1
        (probe,) = bench.queue("ill", probe=True)
        done = bench.once(probe.id)
        assert done is not None
        assert done.delivery.state is State.CANCELLED
        assert bench.spool.breakers()[MARK].until == NOW + PAUSE

    def test_a_single_delivery_keeps_exactly_its_printed_schedule(self, bench: Bench) -> None:
        bench.subscribe("ill", replies(500), retry=LONG)
        bench.queue("ill", expires_at=None)
        moments = []
        for _ in range(LONG.max_attempts):
            moments.append(bench.only("ill").next_at - NOW)
            bench.step = bench.only("ill").next_at - NOW
            bench.drain()
        gaps = [after - before for before, after in pairwise(moments)]
        assert gaps == [*LONG.delays]
        assert bench.only("ill").state is State.DEAD

    def test_subscriptions_of_one_url_share_it(self, bench: Bench) -> None:
        bench.subscribe("twin", replies(503), retry=LONG, mark=MARK)
        opened(bench)
        bench.queue("twin", 3)
        bench.drain()
        assert bench.received("twin") == 0

    def test_its_neighbours_never_notice(self, bench: Bench) -> None:
        opened(bench)
        bench.subscribe("well", replies(204))
        bench.queue("well", 30)
        for _ in range(5):
            bench.drain()
        assert len(bench.of("well", State.DELIVERED)) == 30

    def test_it_survives_a_restart(self, tmp_path: Path) -> None:
        path = tmp_path / "state" / "spool.db"
        first = Bench(SqliteSpool.open(path, now=NOW, fresh_id=lambda: "x"))
        opened(first)
        first.spool.close()
        again = Bench(SqliteSpool.open(path, now=NOW, fresh_id=lambda: "x"))
        again.subscribe("ill", replies(204), retry=LONG)
        again.drain()
        assert again.received("ill") == 0
        assert again.spool.breakers()[MARK].until == NOW + PAUSE
        again.spool.close()


class TestRate:
    def test_no_more_leave_than_it_allows_and_none_burns_an_attempt(self, bench: Bench) -> None:
        bench.subscribe("slow", replies(204), rate=parse_rate("2/s"))
        bench.queue("slow", 10)
        received = []
        for step in range(0, 2_001, 100):
            bench.step = step
            bench.drain()
            received.append(bench.received("slow"))
        assert received[:6] == [1, 1, 1, 1, 1, 2]
        assert received[-1] == 5
        assert {each.attempts for each in bench.of("slow", State.PENDING)} == {0}

    def test_processes_share_it(self, bench: Bench) -> None:
        bench.subscribe("slow", replies(204), rate=parse_rate("1/s"))
        bench.queue("slow", 10)
        for _ in range(5):
            bench.drain()
        assert bench.received("slow") == 1

    def test_a_drain_waits_for_what_its_rate_allows_later(self, bench: Bench) -> None:
        bench.subscribe("slow", replies(204), rate=parse_rate("100/s"))
        bench.queue("slow", 40)
        bench.ticking = True
        begun = bench.clock()
        bench.drain(20_000)
        assert len(bench.of("slow", State.DELIVERED)) == 40
        # 25 may begin at once; each of the others falls ten milliseconds after the one before.
        assert bench.clock() - begun >= 15 * 10 - 10


def admit(bench: Bench, number: int, task: str = "T1", **facts: Any) -> Delivery:
    event = an_event(number, task=task)
    delivery = a_delivery(event, "one", **facts)
    with bench.spool.ledger() as ledger:
        ledger.admit(event, [delivery])
    return delivery


def events(bench: Bench) -> list[str]:
    """Answer the ids of the events sent so far."""
    return [dict(message.headers)["webhook-id"] for _, message in bench.sent]


class TestOrder:
    def test_what_a_task_did_later_waits_for_what_it_did_earlier(self, bench: Bench) -> None:
        bench.subscribe("one", replies(500), order="task")
        review, done = admit(bench, 1), admit(bench, 2)
        other = admit(bench, 3, task="T2")
        bench.drain()
        assert events(bench) == [
            review.event,
            other.event,
        ]
        bench.says["one"] = replies(204)
        for bench.step in (1_000, 1_001):
            bench.drain()
        sent = events(bench)
        assert sent[-1] == done.event
        assert sent.index(done.event) > len(sent) - 1 - sent[::-1].index(review.event)

    def test_it_waits_no_longer_than_the_earlier_one_is_open(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204), order="task")
        for number, facts in enumerate(
            ({"state": State.DEAD}, {"state": State.CANCELLED}, {"state": State.DELIVERED}), start=1
        ):
            admit(bench, number, **facts)
        last = admit(bench, 9)
        bench.drain()
        assert events(bench) == [last.event]

    def test_one_that_is_cancelled_frees_the_next(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204), order="task")
        first = admit(bench, 1, next_at=NOW + 9_000)
        admit(bench, 2)
        bench.drain()
        assert bench.sent == []
        bench.spool.cancel([first.id], now=NOW)
        bench.drain()
        assert bench.received("one") == 1

    def test_a_parked_one_keeps_its_place(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204), order="task", unready="secret_missing")
        first = admit(bench, 1)
        bench.drain()
        bench.subscribe("one", replies(204), order="task")
        second = admit(bench, 2)
        for _ in range(3):
            bench.drain()
        assert events(bench) == [
            first.event,
            second.event,
        ]

    def test_without_it_nobody_waits(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204))
        admit(bench, 1, next_at=NOW + 9_000)
        admit(bench, 2)
        bench.drain()
        assert bench.received("one") == 1

    def test_a_drain_does_not_stay_for_what_waits_its_turn(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204), order="task")
        admit(bench, 1, next_at=NOW + 3_600_000)
        admit(bench, 2)
        bench.drain(600_000)
        assert bench.sent == []


class TestOffline:
    @pytest.mark.parametrize("fault", [Fault.DNS, Fault.CONNECT])
    def test_without_a_route_no_try_is_counted(self, bench: Bench, fault: Fault) -> None:
        bench.subscribe("far", fails(fault))
        bench.routed = False
        bench.queue("far", 3)
        for beat in range(20):
            bench.step = beat * OFFLINE_PAUSE
            bench.drain()
            bench.drain()
        waiting = bench.of("far")
        assert {(each.state, each.tries) for each in waiting} == {(State.PENDING, 0)}
        assert "offline: this machine has no route" in json.dumps(bench.files.records[0])
        # Once for all three, then one tries for all every thirty seconds.
        assert bench.received("far") == 3 + 19

    def test_the_route_back_makes_all_of_it_due(self, bench: Bench) -> None:
        bench.subscribe("far", fails())
        bench.routed = False
        bench.queue("far", 5)
        bench.drain()
        bench.step = 5_000
        bench.drain()
        bench.routed, bench.says["far"] = True, replies(204)
        bench.drain()
        assert len(bench.of("far", State.DELIVERED)) == 5
        assert bench.spool.breakers() == {}

    def test_the_route_back_makes_nothing_due_before_the_receiver_wished(
        self, bench: Bench
    ) -> None:
        async def busy() -> Reply:
            return Reply(status=503, headers=(("retry-after", "25"),))

        bench.subscribe("far", busy, retry=LONG)
        (asked,) = bench.queue("far")
        bench.drain()
        bench.routed, bench.says["far"] = False, fails()
        bench.step = 1_000
        bench.queue("far")
        bench.drain()
        bench.drain()
        bench.routed, bench.says["far"] = True, replies(204)
        bench.step = 5_000
        bench.drain()
        assert [each.state for each in bench.of("far")] == [State.PENDING, State.DELIVERED]
        assert bench.of("far")[0].id == asked.id
        assert bench.of("far")[0].next_at >= NOW + 25_000

    @pytest.mark.parametrize("fault", [Fault.TLS, Fault.TIMEOUT, Fault.REFUSED_ADDRESS])
    def test_what_is_no_matter_of_routes_counts(self, bench: Bench, fault: Fault) -> None:
        bench.subscribe("far", fails(fault), retry=LONG)
        bench.routed = False
        bench.queue("far")
        bench.drain()
        assert bench.only("far").attempts == 1
        assert bench.spool.breakers().get("mark of far") is None or not (
            bench.spool.breakers()["mark of far"].offline
        )

    @pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.PROTOCOL, Fault.TLS])
    def test_what_a_sleep_cut_off_is_no_try_and_leaves_at_once(
        self, bench: Bench, fault: Fault
    ) -> None:
        async def asleep() -> Failure:
            bench.step = 2 * 3_600_000
            return await fails(fault)()

        bench.subscribe("far", asleep, retry=LONG)
        bench.queue("far")
        bench.drain()
        far = bench.only("far")
        assert (far.state, far.attempts, far.tries) == (State.PENDING, 1, 0)
        assert "this machine slept meanwhile" in json.dumps(bench.files.records[0])
        bench.says["far"] = replies(204)
        bench.drain()
        assert bench.only("far").state is State.DELIVERED

    def test_an_answer_counts_whoever_slept(self, bench: Bench) -> None:
        async def asleep() -> Reply:
            bench.step = 2 * 3_600_000
            return Reply(status=503)

        bench.subscribe("far", asleep, retry=LONG)
        bench.queue("far")
        bench.drain()
        assert bench.only("far").tries == 1

    def test_with_a_route_it_is_the_receivers_failure(self, bench: Bench) -> None:
        bench.subscribe("far", fails(), retry=LONG)
        bench.queue("far")
        bench.drain()
        assert bench.only("far").tries == 1

    def test_what_answers_needs_no_route(self, bench: Bench) -> None:
        bench.routed = False
        bench.subscribe("near", replies(204))
        bench.queue("near", 3)
        bench.drain()
        assert len(bench.of("near", State.DELIVERED)) == 3


def test_a_sleep_of_hours_makes_all_due_at_once_and_opens_what_was_open(bench: Bench) -> None:
    bench.ticking = True
    opened(bench)
    bench.subscribe("well", replies(204))
    bench.queue("well", 3, next_at=bench.clock() + 3_600_000)
    bench.says["ill"] = replies(204)

    async def run() -> None:
        async with serving(bench):
            # The clock leaps, as after a sleep; nobody wakes the dispatch.
            bench.step += 4 * 3_600_000
            await until(lambda: len(bench.of("well", State.DELIVERED)) == 3)
            await until(lambda: len(bench.of("ill", State.DELIVERED)) == 20)

    asyncio.run(run())


def test_the_tenth_that_is_dead_is_overtaken_by_everybody(bench: Bench) -> None:
    """Nine are wholly served while the tenth still holds on to its first attempts."""
    order: list[str] = []

    def noted(name: str) -> Any:
        async def say() -> Reply:
            order.append(name)
            return Reply(status=204)

        return say

    bench.subscribe("dead", silence, timeout=100)
    bench.queue("dead", 50)
    names = [f"well{number}" for number in range(9)]
    for name in names:
        bench.subscribe(name, noted(name))
        bench.queue(name, 10)

    async def run() -> None:
        async with serving(bench):
            await until(lambda: len(order) == 90)
            assert bench.of("dead", State.DELIVERED) == []

    asyncio.run(run())
    # By turns: before anyone has its last, everyone has had its first.
    assert {*order[:60]} == {*names}
