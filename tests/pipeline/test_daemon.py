"""The watcher's loop with hands that only note what is asked, and a clock that is turned by hand.

Nothing here sleeps: an hour passes as fast as the loop finds out what is next.
"""

from __future__ import annotations

import asyncio
import selectors
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.errors import SpoolError
from spec_notify.pipeline.daemon import Daemon, Hands
from spec_notify.pipeline.intake import Looked
from spec_notify.pipeline.settle import QUIET, UNCLOSED, VANISHED
from spec_notify.ports import BUSY, VANISHING, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.pipeline.intake import Wish

FULL = SpoolError("spool.db", "disk is full")
BUSY_WITH = [f"{each}merge" for each in BUSY]


class Turned(selectors.SelectSelector):
    """Waits for nothing: where a loop would rest, its clock is turned on."""

    seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        assert found or timeout is not None, "nothing would ever happen again"
        if not found:
            self.seconds += timeout or 0
        return found


class Loop(asyncio.SelectorEventLoop):
    """An event loop on a turned clock, without threads."""

    def __init__(self) -> None:
        self._turned = Turned()
        super().__init__(self._turned)

    def time(self) -> float:
        return self._turned.seconds

    def run_in_executor(self, _: Any, work: Callable[..., Any], *args: Any) -> Any:
        done = self.create_future()
        try:
            done.set_result(work(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does
            done.set_exception(error)
        return done


class Desk:
    """A daemon's hands and its deliverer."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.looked_at: list[int] = []
        self.warnings: list[str] = []
        self.did: Counter[str] = Counter()
        self.look: Callable[[int], Looked | None] = lambda _: Looked()
        self.check: Callable[[int], str | None] = lambda _: None
        self.serving: Exception | None = None
        self.plan: list[tuple[int, Callable[[], object]]] = []

    def run(self, until: int) -> list[int]:
        """Watch for so many milliseconds, and answer when it looked."""
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(self._run(until))
        return self.looked_at

    def at(self, moment: int, reason: str) -> None:
        """Plan a hint."""
        self.plan.append((moment, lambda: self.daemon.hint(reason)))

    async def _run(self, until: int) -> None:
        loop = self.loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        self.daemon = Daemon(
            hands=Hands(
                look=self._look,
                rewatch=lambda: self.did.update(["rewatch"]),
                changed=self._changed,
                clock=self._clock,
                ready=lambda: self.did.update(["ready"]),
                told=lambda _: self.did.update(["told"]),
                warn=self.warnings.append,
            ),
            dispatch=self,
            grace=7,
        )
        for moment, what in [*self.plan, (until, stop.set)]:
            loop.call_at(moment / 1000, what)
        await self.daemon.run(stop)

    def _clock(self) -> int:
        return round(self.loop.time() * 1000)

    def _look(self, wish: Wish) -> Looked | None:
        assert len(self.wishes) < 5_000, "it looks without end"
        self.wishes.append(wish)
        self.looked_at.append(self._clock())
        return self.look(len(self.wishes))

    def _changed(self) -> str | None:
        self.did["check"] += 1
        return self.check(self.did["check"])

    def wake(self) -> None:
        self.did["wake"] += 1

    async def serve(self, stop: asyncio.Event, *, grace: int) -> None:
        if self.serving is not None:
            raise self.serving
        await stop.wait()
        self.did[f"drained within {grace}"] += 1


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_it_arms_looks_says_ready_and_drains_at_the_end(desk: Desk) -> None:
    assert desk.run(1_000) == [0]
    assert desk.did == {"rewatch": 1, "told": 1, "ready": 1, "wake": 1, "drained within 7": 1}


@pytest.mark.parametrize(
    ("hints", "looks"),
    [
        ([(500, Reason.CHANGED)], [500 + QUIET]),
        ([(500, Reason.WRITTEN)], [500 + UNCLOSED]),
        ([(500, Reason.WRITTEN), (510, Reason.CLOSED)], [510 + QUIET]),
        ([(500, Reason.CHANGED), (800, Reason.CHANGED)], [550, 850]),
    ],
)
def test_hints_lead_to_looks(desk: Desk, hints: list[tuple[int, str]], looks: list[int]) -> None:
    for moment, reason in hints:
        desk.at(moment, reason)

    assert desk.run(1_500) == [0, *looks]


def test_without_news_only_the_slow_timers_look(desk: Desk) -> None:
    assert desk.run(61_000) == [0, 30_000, 60_000]
    assert desk.did["rewatch"] == 3
    assert desk.did["check"] == 30


def test_a_stamp_that_changed_leads_to_a_look_at_once(desk: Desk) -> None:
    desk.check = lambda count: Reason.CHANGED if count == 2 else None

    assert desk.run(9_000) == [0, 4_000]


def test_a_file_somebody_may_be_writing_is_waited_for(desk: Desk) -> None:
    desk.check = lambda count: Reason.WRITTEN if count == 1 else None

    assert desk.run(9_000) == [0, 2_000 + UNCLOSED]


@pytest.mark.parametrize("found", [None, Reason.CHANGED, Reason.WRITTEN])
@pytest.mark.parametrize("tick", [2_000, 30_000, 600_000])
def test_a_tick_does_not_cut_short_what_settles(desk: Desk, tick: int, found: str | None) -> None:
    """Half a save is on disk when a timer ticks: it is read when the save has rested."""
    desk.at(tick - 20, Reason.WRITTEN)
    desk.check = lambda count: found if count == tick // 2_000 else None

    assert [each for each in desk.run(tick + 1_000) if each > tick - 2_000] == [
        tick - 20 + UNCLOSED
    ]


def test_tasks_that_vanished_are_believed_after_five_seconds(desk: Desk) -> None:
    def look(_: int) -> Looked:
        believed = desk.wishes[-1].settled
        return Looked(deferred={} if believed else {"SPEC.md": VANISHING})

    desk.look = look

    looks = desk.run(20_000)

    assert (looks[-1], desk.wishes[-1].settled) == (VANISHED, ("SPEC.md",))
    assert all(not each.settled for each in desk.wishes[:-1])


@pytest.mark.parametrize("why", BUSY_WITH)
def test_git_at_work_is_come_back_for_less_and_less_often(desk: Desk, why: str) -> None:
    desk.look = lambda _: Looked(deferred={"SPEC.md": why} if desk.looked_at[-1] < 9_000 else {})

    assert desk.run(20_000) == [0, 100, 300, 700, 1_500, 3_100, 5_100, 7_100, 9_100]


def test_a_document_that_is_refused_waits_for_a_hint(desk: Desk) -> None:
    desk.look = lambda _: Looked(deferred={"SPEC.md": "it holds merge conflict markers"})
    desk.at(5_000, Reason.CHANGED)

    assert desk.run(20_000) == [0, 5_000 + QUIET]


@pytest.mark.parametrize("error", [FULL, PermissionError(13, "Permission denied")])
def test_a_look_that_fails_is_told_and_made_up_for(desk: Desk, error: Exception) -> None:
    def look(count: int) -> Looked:
        if count == 1:
            raise error
        return Looked()

    desk.look = look

    assert desk.run(20_000) == [0, VANISHED]
    assert desk.warnings == [str(error)]
    assert desk.did["drained within 7"] == 1


def test_a_stat_pass_that_fails_is_told_and_made_up_for(desk: Desk) -> None:
    def check(count: int) -> str | None:
        if count == 1:
            raise FULL
        return None

    desk.check = check

    assert desk.run(9_000) == [0, 2_000 + VANISHED]
    assert desk.warnings == [str(FULL)]
    assert desk.did["drained within 7"] == 1


def test_a_bug_ends_it_after_the_drain(desk: Desk) -> None:
    def check(_: int) -> str | None:
        raise ZeroDivisionError

    desk.check = check

    with pytest.raises(ZeroDivisionError):
        desk.run(9_000)

    assert desk.did["drained within 7"] == 1


def test_a_deliverer_that_fails_ends_it(desk: Desk) -> None:
    desk.serving = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        desk.run(9_000)

    assert desk.looked_at == [0]


def test_while_nothing_enables_us_nothing_is_told_and_it_lives_on(desk: Desk) -> None:
    desk.look = lambda count: None if count == 1 else Looked()
    desk.at(1_000, Reason.CHANGED)

    desk.run(2_000)

    assert (desk.did["told"], len(desk.looked_at)) == (1, 2)
