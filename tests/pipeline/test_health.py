"""What is told of our own health: once per destination and window, and never about itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.alarm import WINDOW
from spec_notify.core.body import SHAPES
from spec_notify.core.delivery import State
from spec_notify.core.event import DEAD_LETTERED, RECOVERED
from spec_notify.core.retry import schedule
from spec_notify.pipeline.dispatch import Limits
from spec_notify.ports import Query
from spec_notify.spool.memory import MemorySpool
from spec_notify.spool.sqlite import SqliteSpool
from tests.pipeline.bench import Bench, replies
from tests.spool.given import DAY, NOW, a_delivery, an_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONCE = schedule("conductor", max_attempts=1, jitter=0.0)


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    sqlite = request.param == "sqlite"
    path = tmp_path / "state" / "spool.db"
    bench = Bench(
        SqliteSpool.open(path, now=NOW, fresh_id=lambda: "x") if sqlite else MemorySpool()
    )
    bench.subscribe("ill", replies(500), retry=ONCE)
    yield bench
    bench.spool.close()


def pager(bench: Bench, name: str = "pager", **facts: Any) -> None:
    facts.setdefault("events", (DEAD_LETTERED, RECOVERED))
    bench.subscribe(name, facts.pop("says", replies(204)), **facts)


def told(bench: Bench, name: str = "pager") -> list[dict[str, Any]]:
    """Answer the bodies queued for a subscription, oldest first, each as its schema has it."""
    bodies = []
    for each in bench.of(name):
        event = bench.spool.event(each.event)
        assert event is not None
        body = json.loads(event.body)
        assert body["type"] in SHAPES
        bodies.append(body)
    return bodies


def pass_(bench: Bench, times: int = 2) -> None:
    """Deliver what is due, then what that gave rise to."""
    for _ in range(times):
        bench.drain()


def test_many_dead_letters_of_one_destination_are_told_once(bench: Bench) -> None:
    pager(bench)
    bench.queue("ill", 5)
    pass_(bench, 3)
    (body,) = told(bench)
    assert (body["type"], body["data"]["subscription"]) == (DEAD_LETTERED, "ill")
    assert body["data"]["deadLetters"] == 5
    assert body["data"]["guidance"].endswith(f"--replay {body['data']['delivery']}`")
    assert bench.received("pager") == 1


def test_what_dies_within_the_window_is_counted_in_the_next(bench: Bench) -> None:
    pager(bench)
    for _ in range(3):
        bench.queue("ill", 2)
        pass_(bench)
    assert [body["data"]["deadLetters"] for body in told(bench)] == [2]
    bench.step = WINDOW
    pass_(bench)
    assert [body["data"]["deadLetters"] for body in told(bench)] == [2, 4]


def test_a_window_that_a_clock_put_in_the_future_is_over(bench: Bench) -> None:
    bench.step = DAY
    pager(bench)
    bench.queue("ill")
    pass_(bench)
    bench.step = 0
    bench.queue("ill")
    pass_(bench, 3)
    assert len(told(bench)) == 2


def test_each_destination_is_told_of_by_itself(bench: Bench) -> None:
    pager(bench)
    bench.subscribe("too", replies(500), retry=ONCE)
    bench.queue("ill")
    bench.queue("too")
    pass_(bench)
    assert {body["data"]["subscription"] for body in told(bench)} == {"ill", "too"}


def test_the_first_delivery_after_it_was_told_is_a_recovery(bench: Bench) -> None:
    pager(bench)
    bench.queue("ill")
    pass_(bench)
    bench.says["ill"] = replies(204)
    for _ in range(3):
        bench.queue("ill")
        pass_(bench)
    assert [body["type"] for body in told(bench)] == [DEAD_LETTERED, RECOVERED]
    assert told(bench)[1]["data"]["deadLetters"] is None


def test_nothing_recovers_of_which_nothing_was_told(bench: Bench) -> None:
    bench.queue("ill")
    pass_(bench)
    pager(bench)
    bench.says["ill"] = replies(204)
    bench.queue("ill")
    pass_(bench, 3)
    assert told(bench) == []
    assert bench.spool.alarms()["mark of ill"].waiting == 0


@pytest.mark.parametrize("events", [("*",), (DEAD_LETTERED,), ("spec-kit.task.completed", "*")])
def test_whoever_asks_for_the_type_or_for_all_is_told(bench: Bench, events: tuple[str]) -> None:
    pager(bench, events=events)
    bench.queue("ill")
    pass_(bench)
    assert [body["type"] for body in told(bench)] == [DEAD_LETTERED]


@pytest.mark.parametrize(
    "facts",
    [
        {"events": ("spec-kit.task.completed",)},
        {"events": ("*",), "enabled": False},
        {"events": ("*",), "statuses": ("Done",)},
        {"events": ("*",), "mark": "mark of ill"},
    ],
)
def test_nobody_else_is_told(bench: Bench, facts: dict[str, Any]) -> None:
    pager(bench, **facts)
    bench.queue("ill")
    pass_(bench)
    assert told(bench) == []


def test_the_subscription_that_failed_is_not_told_even_when_it_asks(bench: Bench) -> None:
    bench.subscribe("ill", replies(500), retry=ONCE, events=("*",))
    bench.queue("ill")
    pass_(bench, 4)
    assert len(bench.of("ill")) == 1


def test_the_dead_letters_of_our_own_health_are_nobodys_news(bench: Bench) -> None:
    pager(bench, says=replies(500), retry=ONCE)
    pager(bench, "other", says=replies(500), retry=ONCE)
    bench.queue("ill")
    pass_(bench, 5)
    bench.step = 2 * WINDOW
    pass_(bench, 5)
    assert [len(bench.of(name, State.DEAD)) for name in ("pager", "other")] == [1, 1]
    assert bench.spool.has_unheard() is False


def test_what_expired_and_what_found_no_room_are_told_too(bench: Bench) -> None:
    pager(bench)
    bench.subscribe("full", replies(204))
    bench.queue("ill", next_at=NOW + 10, expires_at=NOW + 5)
    bench.queue("full", state=State.DEAD, reason="backlog_full")
    bench.step = 6
    pass_(bench)
    reasons = {body["data"]["subscription"]: body["data"]["reason"] for body in told(bench)}
    assert reasons == {"ill": "expired", "full": "backlog_full"}


def test_a_full_pager_gets_a_dead_letter_and_no_loop(bench: Bench) -> None:
    pager(bench)
    bench.limits = Limits(concurrency=16, retention=7 * DAY, max_pending=0)
    bench.queue("ill")
    pass_(bench, 3)
    (only,) = bench.of("pager")
    assert (only.state, only.reason) == (State.DEAD, "backlog_full")


def test_a_replay_that_dies_again_is_news_again(bench: Bench) -> None:
    pager(bench)
    (delivery,) = bench.queue("ill")
    pass_(bench)
    bench.step = WINDOW
    bench.spool.replay([delivery.id], by="me", now=bench.clock())
    pass_(bench)
    ids = [body["id"] for body in told(bench)]
    assert len({*ids}) == 2


def test_a_process_that_dies_in_between_leaves_it_for_the_next(bench: Bench) -> None:
    """The mark on the dead letter is written with its settlement; whoever comes next tells."""
    pager(bench)
    bench.queue("ill")
    bench.drain()
    assert bench.spool.has_unheard()
    assert told(bench) == []
    bench.drain()
    assert len(told(bench)) == 1
    bench.drain()
    assert len(told(bench)) == 1


def test_a_dead_letter_without_a_subscription_is_told_by_its_name(bench: Bench) -> None:
    pager(bench)
    event = an_event(77)
    dead = a_delivery(event, "forgotten", state=State.DEAD, reason="backlog_full")
    with bench.spool.ledger() as ledger:
        ledger.admit(event, [dead])
    pass_(bench)
    assert [body["data"]["subscription"] for body in told(bench)] == ["forgotten"]
    assert bench.spool.find(Query(ids=(dead.id,)))[0].state is State.DEAD
