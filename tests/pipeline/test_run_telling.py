"""A run's end is told once for good: found again by its id, and remembered past its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from spec_notify.core.run import ATTENTION, SUCCESS, Counts, Finish, RunPlace
from spec_notify.core.run_payload import finish_id
from spec_notify.core.subscription import Subscription
from spec_notify.pipeline.run_telling import Known, tell_finish, told_before
from spec_notify.ports import Query
from spec_notify.spool.memory import MemorySpool
from spec_notify.spool.sqlite import SqliteSpool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.ports import Spool

PLACE = RunPlace(base="http://swarm.example:5080", run="run-abc123")
FINISH = Finish(
    place=PLACE,
    counts=Counts(done=1, failed=1, blocked=0, total=2),
    outcome=ATTENTION,
    checked_at=1_795_168_800_456,
)
ROOM = Subscription(name="room", type="discord", events=("run.finished",))
CALM = msgspec.structs.replace(ROOM, name="calm", statuses=("success",))


@pytest.fixture(params=["memory", "sqlite"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    opened: Spool = MemorySpool()
    if request.param == "sqlite":
        opened = SqliteSpool.open(tmp_path / "spool.db", now=0, fresh_id=lambda: "0")
    yield opened
    opened.close()


def tell(spool: Spool, finish: Finish = FINISH) -> Known:
    return tell_finish(spool, finish, (ROOM, CALM), max_pending=9)


def test_the_first_to_find_the_end_tells_those_that_want_it(spool: Spool) -> None:
    assert told_before(spool, PLACE) is None
    assert tell(spool) == Known(outcome=ATTENTION, new=True)
    found = spool.find(Query(ids=(finish_id(PLACE),)))

    assert [each.subscription for each in found] == ["room"]
    assert told_before(spool, PLACE) == Known(outcome=ATTENTION, new=False)


def test_whoever_comes_later_tells_nothing_whatever_became_of_the_run(spool: Spool) -> None:
    tell(spool)
    later = msgspec.structs.replace(FINISH, outcome=SUCCESS, checked_at=FINISH.checked_at + 9)

    assert tell(spool, later) == Known(outcome=ATTENTION, new=False)
    assert len(spool.find(Query(ids=(finish_id(PLACE),)))) == 1


def test_that_a_run_was_told_outlives_its_event(spool: Spool) -> None:
    tell(spool)
    (delivery,) = spool.find(Query(ids=(finish_id(PLACE),)))
    spool.cancel([delivery.id], now=FINISH.checked_at + 1)
    spool.purge(now=FINISH.checked_at + 10**9, retention=10**6)

    assert spool.event(finish_id(PLACE)) is None
    assert told_before(spool, PLACE) == Known(outcome=ATTENTION, new=False)
    assert not tell(spool).new


def test_runs_and_servers_are_remembered_apart(spool: Spool) -> None:
    tell(spool)
    for base, run in ((PLACE.base, "run-2"), ("http://swarm.example:5081", PLACE.run)):
        assert told_before(spool, RunPlace(base=base, run=run)) is None
