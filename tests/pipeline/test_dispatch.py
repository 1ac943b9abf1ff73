"""What becomes of a delivery, whatever its receiver, its neighbours and its clock do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from spec_notify.core.delivery import PROBE_PATIENCE, Outcome, State, Verdict, advance
from spec_notify.core.errors import SpoolError
from spec_notify.core.message import Reply
from spec_notify.core.retry import schedule
from spec_notify.pipeline.dispatch import TIDY_EVERY, Limits
from spec_notify.pipeline.slots import LEASE_MARGIN, put_by, shares
from spec_notify.spool.memory import MemorySpool
from spec_notify.targets import webhook
from tests.pipeline.bench import TOKEN, Bench, open_, replies, serving, silence, until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.delivery import Claim, Step
    from spec_notify.core.message import HttpMessage, Order
    from spec_notify.ports import Settled

HOUR = 3_600_000


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestSlots:
    @pytest.mark.parametrize(
        ("wanting", "load", "free", "kept", "after", "given"),
        [
            ({"a": 8}, {}, 16, 0, "", {"a": 8}),
            ({"a": 8, "b": 8, "c": 8}, {}, 16, 0, "", {"a": 6, "b": 5, "c": 5}),
            ({"a": 8, "b": 8, "c": 8}, {}, 2, 0, "", {"a": 1, "b": 1}),
            ({"a": 8, "b": 8, "c": 8}, {}, 2, 0, "b", {"c": 1, "a": 1}),
            ({"a": 8, "b": 8, "c": 8}, {"a": 1, "b": 1}, 1, 0, "", {"c": 1}),
            ({"a": 1, "b": 8}, {}, 8, 0, "", {"a": 1, "b": 7}),
            ({"a": 8, "b": 8}, {}, 16, 1, "", {"a": 8, "b": 7}),
            ({"a": 8}, {"a": 2}, 1, 1, "", {}),
            ({"a": 8}, {}, 1, 1, "", {"a": 1}),
            ({"a": 0, "b": -1}, {"a": 8, "b": 9}, 5, 0, "", {}),
            ({"a": 8}, {}, 0, 0, "", {}),
            ({"a": 8}, {}, -3, 0, "", {}),
            ({"a": 2}, {}, 9, 0, "gone from the config", {"a": 2}),
            ({}, {}, 9, 0, "", {}),
        ],
    )
    def test_each_gets_one_before_anyone_gets_a_second(
        self,
        wanting: dict[str, int],
        load: dict[str, int],
        *,
        free: int,
        kept: int,
        after: str,
        given: dict[str, int],
    ) -> None:
        assert shares(wanting, load, free=free, kept=kept, after=after) == given

    @pytest.mark.parametrize(
        ("concurrency", "idle", "kept"), [(16, 0, 0), (16, 1, 1), (16, 20, 8), (1, 3, 0), (3, 3, 1)]
    )
    def test_slots_are_put_by_for_the_idle_but_never_most_of_them(
        self, concurrency: int, idle: int, kept: int
    ) -> None:
        assert put_by(concurrency, idle) == kept


class TestOneBadThingHurtsOnlyItself:
    def test_receivers_that_never_answer_do_not_hold_up_a_third(self, bench: Bench) -> None:
        for name in ("first", "second"):
            bench.subscribe(name, silence, timeout=100)
            bench.queue(name, 40)
        bench.subscribe("well", replies(204))
        bench.queue("well", 40)

        async def run() -> None:
            async with serving(bench):
                await until(lambda: len(bench.of("well", State.DELIVERED)) == 40)

        asyncio.run(run())
        assert bench.received("well") == 40

    def test_what_comes_while_all_others_hang_is_sent_at_once(self, bench: Bench) -> None:
        for name in ("first", "second", "well"):
            bench.subscribe(name, silence if name != "well" else replies(204), timeout=100)
        bench.queue("first", 40)
        bench.queue("second", 40)

        async def run() -> None:
            async with serving(bench) as dispatch:
                await until(lambda: bench.holding.total() == 15)
                bench.queue("well", 5)
                dispatch.wake()
                await until(lambda: len(bench.of("well", State.DELIVERED)) == 5)
                assert bench.holding.total() == 15

        asyncio.run(run())

    def test_as_many_are_under_way_as_the_limits_say_at_that_moment(self, bench: Bench) -> None:
        bench.subscribe("slow", silence, timeout=100, concurrency=64)
        bench.limits = Limits(concurrency=2, retention=HOUR)
        bench.queue("slow", 40)

        async def run() -> None:
            async with serving(bench) as dispatch:
                await until(lambda: bench.holding["slow"] == 2)
                bench.limits = Limits(concurrency=5, retention=HOUR)
                dispatch.wake()
                await until(lambda: bench.holding["slow"] == 5)

        asyncio.run(run())
        assert bench.received("slow") == 5

    def test_a_bug_in_one_attempt_is_a_retry_and_says_no_url(self, bench: Bench) -> None:
        async def break_() -> Reply:
            raise RuntimeError(f"https://broken.example/{TOKEN}")

        bench.subscribe("broken", break_)
        bench.subscribe("well", replies(204))
        bench.queue("broken")
        bench.queue("well")
        bench.drain()

        broken = bench.only("broken")
        assert (broken.state, broken.attempts) == (State.PENDING, 1)
        assert broken.reason == "a bug in this attempt: RuntimeError; next attempt in 1s"
        assert bench.warnings == [f"a bug, RuntimeError, while {broken.id} was sent; it is retried"]
        assert TOKEN not in str(bench.files.records)
        assert bench.only("well").state is State.DELIVERED

    def test_what_cannot_be_rendered_is_a_dead_letter_and_its_neighbour_leaves(
        self, bench: Bench
    ) -> None:
        class Poisoned:
            judge = staticmethod(webhook.judge)

            @staticmethod
            def render(order: Order) -> HttpMessage:
                if order.event == poison.event:
                    raise KeyError("title")
                return webhook.render(order)

        bench.subscribe("one", replies(204), target=Poisoned())
        poison, _ = bench.queue("one", 2)
        bench.drain()

        assert [each.state for each in bench.of("one")] == [State.DEAD, State.DELIVERED]
        assert bench.of("one")[0].reason == "this event cannot be rendered: KeyError"


class TestStopping:
    def test_a_clock_put_back_makes_no_drain_longer(self, bench: Bench) -> None:
        async def refuse() -> Reply:
            bench.step = -HOUR
            return Reply(status=503)

        bench.ticking = True
        bench.subscribe("one", refuse)
        bench.queue("one")
        bench.drain(500)
        assert (bench.only("one").state, bench.received("one")) == (State.PENDING, 1)

    def test_what_answers_within_its_timeout_is_waited_for(self, bench: Bench) -> None:
        answer = asyncio.Event()

        async def late() -> Reply:
            asyncio.get_running_loop().call_later(0.05, answer.set)
            await answer.wait()
            return Reply(status=204)

        bench.subscribe("slow", late, timeout=300_000)
        bench.queue("slow")

        async def run() -> None:
            async with serving(bench, grace=0):
                await until(lambda: bench.holding["slow"] == 1)

        asyncio.run(run())
        assert bench.only("slow").state is State.DELIVERED
        assert bench.received("slow") == 1

    def test_what_is_cut_off_is_settled_as_unknown(self, bench: Bench) -> None:
        bench.subscribe("hung", silence, timeout=100)
        bench.queue("hung")

        async def run() -> None:
            async with serving(bench, grace=0):
                await until(lambda: bench.holding["hung"] == 1)

        asyncio.run(run())
        assert_cut_off(bench)

    def test_a_drain_settles_what_it_cuts_off_too(self, bench: Bench) -> None:
        bench.subscribe("hung", silence, timeout=100)
        bench.queue("hung")
        bench.drain()
        assert_cut_off(bench)

    def test_an_interrupted_drain_leaves_nothing_in_flight(self, bench: Bench) -> None:
        bench.subscribe("hung", silence, timeout=300_000)
        bench.queue("hung")

        async def run() -> None:
            async with open_(bench.dispatch()) as dispatch:
                draining = asyncio.ensure_future(dispatch.drain(HOUR))
                await until(lambda: bench.holding["hung"] == 1)
                draining.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await draining

        asyncio.run(run())
        assert_cut_off(bench)

    def test_an_interrupted_test_is_over(self, bench: Bench) -> None:
        bench.subscribe("hung", silence, timeout=300_000)
        (probe,) = bench.queue("hung", probe=True)

        async def run() -> None:
            async with open_(bench.dispatch()) as dispatch:
                testing = asyncio.ensure_future(dispatch.once(probe.id))
                await until(lambda: bench.holding["hung"] == 1)
                testing.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await testing

        asyncio.run(run())
        assert bench.only("hung").state is State.CANCELLED


def assert_cut_off(bench: Bench) -> None:
    hung = bench.only("hung")
    assert (hung.state, hung.attempts) == (State.PENDING, 1)
    (record,) = bench.files.records
    assert (record["verdict"], record["finishedAt"]) == ("unknown", None)
    assert "stopped before this attempt ended" in record["reason"]


class TestClock:
    @pytest.mark.parametrize("step", [-HOUR, HOUR])
    def test_a_clock_that_is_set_sends_nothing_twice(self, bench: Bench, step: int) -> None:
        answer = asyncio.Event()

        async def wait() -> Reply:
            await answer.wait()
            return Reply(status=204)

        bench.subscribe("slow", wait)
        bench.subscribe("other", replies(204))
        bench.queue("slow")

        async def run() -> None:
            async with serving(bench) as dispatch:
                await until(lambda: bench.holding["slow"] == 1)
                bench.step = step
                bench.queue("other")
                dispatch.wake()
                # A pass that claims has tidied before: the clock it saw was the new one.
                await until(lambda: bench.of("other", State.DELIVERED) != [])
                answer.set()
                await until(lambda: bench.of("slow", State.DELIVERED) != [])

        asyncio.run(run())
        assert bench.received("slow") == 1
        assert bench.only("slow").attempts == 1


class TestParking:
    def test_processes_without_the_secret_spare_the_schedule(self, bench: Bench) -> None:
        bench.subscribe("one", replies(503), retry=schedule(["1h"], max_attempts=9, jitter=0.0))
        (delivery,) = bench.queue("one")
        able = bench.routes
        for _ in range(4):
            bench.routes = unready(able, "secret_missing")
            bench.drain()
            assert bench.only("one").state is State.PARKED
            bench.routes = able
            bench.drain()
        one = bench.only("one")
        assert (one.state, one.attempts) == (State.PENDING, 1)
        assert one.next_at == delivery.next_at + HOUR

    @pytest.mark.parametrize("reason", ["secret_missing", "invalid_url", "disabled", "unsupported"])
    def test_a_process_parks_a_delivery_once_and_leaves_it_to_who_freed_it(
        self, bench: Bench, reason: str
    ) -> None:
        bench.subscribe("one", replies(503), retry=schedule(["1h"], jitter=0.0))
        bench.queue("one")
        able = bench.routes

        async def run() -> None:
            async with open_(bench.dispatch()) as unable:
                bench.routes = unready(able, reason)
                await unable.drain(0)
                assert (bench.only("one").state, bench.only("one").reason) == (State.PARKED, reason)
                bench.routes = able
                async with open_(bench.dispatch()) as other:
                    await other.drain(0)
                bench.routes = unready(able, reason)
                (fresh,) = bench.queue("one")
                bench.step += 60_000
                await unable.drain(0)
                old, new = bench.of("one")
                assert (old.state, old.attempts) == (State.PENDING, 1)
                assert (new.id, new.state) == (fresh.id, State.PARKED)

        asyncio.run(run())

    def test_what_no_subscription_of_the_config_wants_is_parked_until_one_does(
        self, bench: Bench
    ) -> None:
        bench.subscribe("renamed", replies(204))
        bench.queue("renamed")
        known, bench.routes = bench.routes, {}
        bench.drain()
        renamed = bench.only("renamed")
        assert (renamed.state, renamed.reason) == (State.PARKED, "no_subscription")
        bench.routes = known
        bench.drain()
        assert bench.only("renamed").state is State.DELIVERED

    def test_nothing_is_touched_while_off(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204))
        bench.queue("one")
        bench.routes = None
        before = bench.only("one")
        bench.drain(1_000)
        assert bench.only("one") == before
        assert bench.once(before.id) is None

    def test_a_410_parks_what_waits_for_that_url_and_what_comes_later(self, bench: Bench) -> None:
        bench.subscribe("one", replies(410), mark="same", concurrency=1)
        bench.subscribe("two", replies(204), mark="same")
        bench.subscribe("three", replies(204), mark="other")
        bench.queue("one", 2)
        bench.drain()
        assert [each.state for each in bench.of("one")] == [State.PARKED, State.PENDING]
        for name in ("one", "two", "three"):
            bench.queue(name)
        bench.drain()
        assert {each.reason for each in bench.of("one")[1:]} == {"gone"}
        assert bench.only("two").state is State.PARKED
        assert bench.only("three").state is State.DELIVERED
        assert bench.received("one") == 1

    def test_a_replay_that_gets_through_frees_the_url(self, bench: Bench) -> None:
        bench.subscribe("one", replies(410))
        bench.queue("one")
        bench.drain()
        bench.queue("one", 3)
        bench.drain()
        bench.says["one"] = replies(200)
        first = bench.of("one")[0]
        bench.spool.replay([first.id], by="ada", now=bench.clock())
        bench.drain(1)
        assert {each.state for each in bench.of("one")} == {State.DELIVERED}

    def test_a_death_after_a_replay_got_through_leaves_nothing_parked(self, bench: Bench) -> None:
        def die(step: str) -> None:
            if step == "settled":
                raise RuntimeError("the process died here")

        bench.subscribe("one", replies(410))
        bench.queue("one", 3)
        bench.drain()
        bench.drain()
        bench.says["one"] = replies(200)
        bench.mark = die
        bench.spool.replay([bench.of("one")[0].id], by="ada", now=bench.clock())
        bench.drain()
        bench.mark = lambda _: None
        bench.drain()
        assert {each.state for each in bench.of("one")} == {State.DELIVERED}

    def test_a_replay_that_finds_the_url_gone_again_is_parked_with_the_rest(
        self, bench: Bench
    ) -> None:
        bench.subscribe("one", replies(410))
        bench.queue("one", 2)
        bench.drain()
        bench.spool.replay([bench.of("one")[0].id], by="ada", now=bench.clock())
        bench.drain(1)
        assert {each.state for each in bench.of("one")} == {State.PARKED}

    def test_what_was_parked_without_its_secret_says_gone_once_only_that_is_left(
        self, bench: Bench
    ) -> None:
        bench.subscribe("one", replies(204))
        bench.queue("one")
        able = bench.routes
        bench.routes = unready(able, "secret_missing")
        bench.drain()
        bench.spool.mark_gone("mark of one", gone=True, now=bench.clock())
        bench.routes = able
        bench.drain()
        assert bench.only("one").reason == "gone"


def unready(routes: Any, reason: str) -> Any:
    return {name: msgspec.structs.replace(each, unready=reason) for name, each in routes.items()}


class TestAttempt:
    def test_a_dry_run_shows_what_would_go_out_and_sends_nothing(self, bench: Bench) -> None:
        bench.subscribe("one", silence, dry_run=True)
        bench.queue("one")
        bench.drain()
        (done,) = bench.attempted
        assert (done.delivery.state, done.reply) == (State.DELIVERED, None)
        assert done.message is not None
        assert bench.sent == []
        assert [record["dryRun"] for record in bench.files.records] == [True]

    @pytest.mark.parametrize(
        ("status", "state"),
        [(204, State.DELIVERED), (503, State.CANCELLED), (410, State.CANCELLED)],
    )
    def test_a_test_is_one_attempt_and_never_a_dead_letter(
        self, bench: Bench, status: int, state: State
    ) -> None:
        bench.subscribe("one", replies(status))
        (probe,) = bench.queue("one", probe=True)
        bench.drain()
        assert bench.sent == []
        done = bench.once(probe.id)
        assert done is not None
        assert (done.delivery.state, done.delivery.last_status) == (state, status)
        assert done.evidence is not None
        assert bench.once(probe.id) is None
        assert bench.received("one") == 1

    def test_a_test_nobody_sent_does_not_stay(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204))
        bench.queue("one", probe=True)
        bench.step = PROBE_PATIENCE + 1
        bench.drain()
        assert bench.only("one").state is State.CANCELLED
        assert bench.sent == []

    def test_only_what_can_be_served_is_tested(self, bench: Bench) -> None:
        bench.subscribe("one", replies(204), unready="secret_missing")
        (probe,) = bench.queue("one", probe=True)
        assert bench.once(probe.id) is None

    def test_who_lost_his_lease_tells_nothing(self, bench: Bench) -> None:
        async def overtaken() -> Reply:
            claims = bench.spool.lapsed(now=bench.clock(), alive=lambda _: False)
            bench.says["one"] = replies(204)
            bench.step += 1
            # Another process takes the claim back, and delivers.
            (claim,) = claims
            await asyncio.to_thread(give_up_and_deliver, bench, claim)
            return Reply(status=500)

        bench.subscribe("one", overtaken)
        (delivery,) = bench.queue("one")
        assert bench.once(delivery.id) is None
        one = bench.only("one")
        assert (one.state, one.attempts) == (State.DELIVERED, 2)
        assert [each.delivery.state for each in bench.attempted] == [State.DELIVERED]

    def test_what_cannot_be_recorded_is_not_sent_again_until_its_lease_is_over(self) -> None:
        spool = Refusing()
        bench = Bench(spool)
        bench.subscribe("one", replies(204), timeout=100)
        bench.queue("one")
        bench.drain()
        bench.step = 100 + LEASE_MARGIN - 1
        bench.drain()
        assert bench.received("one") == 1
        assert bench.warnings == ["spool.db: there is no room to write"]
        spool.refuses = False
        bench.step += 1
        bench.drain(1)
        assert bench.received("one") == 2
        assert bench.only("one").state is State.DELIVERED
        assert [each["verdict"] for each in bench.files.records] == ["unknown", "delivered"]

    def test_while_nothing_can_be_recorded_a_slot_sends_once_a_second(self) -> None:
        bench = Bench(Refusing())
        moments: list[int] = []

        async def say() -> Reply:
            moments.append(bench.clock())
            return Reply(status=204)

        bench.subscribe("one", say, concurrency=1)

        async def run() -> None:
            async with serving(bench):
                bench.queue("one", 3)
                await until(lambda: len(moments) == 2)

        asyncio.run(run())
        assert moments[1] - moments[0] >= TIDY_EVERY - 50
        assert len(moments) == 2

    def test_a_spool_that_cannot_be_read_sends_nothing(self) -> None:
        class Broken(MemorySpool):
            def next_due(self, subscriptions: object, **_: object) -> int | None:
                raise SpoolError("spool.db", "reading it failed")

        bench = Bench(Broken())
        bench.subscribe("one", replies(204))
        bench.queue("one")
        bench.drain()
        assert bench.sent == []
        assert bench.warnings == ["spool.db: reading it failed"]


class Refusing(MemorySpool):
    """A spool on a full disk: nothing can be settled."""

    refuses = True

    def settle(
        self,
        claim: Claim,
        step: Step,
        record: Mapping[str, object],
        **facts: Any,
    ) -> Settled | None:
        if self.refuses:
            raise SpoolError("spool.db", "there is no room to write")
        return super().settle(claim, step, record, **facts)


def give_up_and_deliver(bench: Bench, claim: Claim) -> None:
    outcome = Outcome(verdict=Verdict.UNKNOWN, detail="outcome unknown")
    plan = schedule("conductor", jitter=0.0)
    step = advance(claim.delivery, outcome, plan, now=bench.clock(), jitter=0.5)
    assert bench.spool.settle(claim, step, {}, status=None, now=bench.clock())
    bench.drain()
