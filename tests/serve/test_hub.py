"""One look for all who listen, none where nobody does, and no waiting for who does not read."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpoolError
from spec_notify.serve.hub import MOST_LISTENERS, Hub
from spec_notify.serve.kept import Kept
from spec_notify.serve.window import Window
from spec_notify.spool.memory import MemorySpool

from .scene import admit, an_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from spec_notify.ports import Showing


class Counted(Window):
    """A window that counts who looks through it; `broken` makes the spool unreadable."""

    def __init__(self, spool: MemorySpool) -> None:
        self.looks = 0
        self.broken = False
        self._spool = spool
        super().__init__(self._counted)

    def _counted(self) -> Showing:
        if self.broken:
            raise SpoolError("spool.db", "it seems damaged")
        return self._spool

    def _current(self) -> Showing | None:
        self.looks += 1
        return None if self.broken and self._counted() else super()._current()


async def rest(stream: AsyncIterator[bytes]) -> bytes:
    return b"".join([frame async for frame in stream])


def test_while_nobody_listens_nobody_looks() -> None:
    window = Counted(MemorySpool())

    async def story() -> None:
        running = asyncio.create_task(Hub(window, pause=0).run())
        for _ in range(20):
            await asyncio.sleep(0)
        assert window.looks == 0
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(story())


def test_any_number_who_listen_cost_one_look() -> None:
    spool = MemorySpool()
    window = Counted(spool)

    async def story() -> None:
        hub = Hub(window)
        streams = [hub.stream(None) for _ in range(50)]
        for each in streams:
            await anext(each)
        admit(spool, an_event(1))
        before = window.looks
        await hub.look()
        assert window.looks == before + 1
        told = [await anext(each) for each in streams]
        assert len({*told}) == 1
        assert b"event: admitted" in told[0]
        hub.stop()
        assert [await rest(each) for each in streams] == [b""] * 50

    asyncio.run(story())


def test_however_many_come_at_once_no_more_are_listened_to_than_there_is_room_for() -> None:
    async def story() -> None:
        hub = Hub(Counted(MemorySpool()))
        streams = [hub.stream(None) for _ in range(MOST_LISTENERS + 3)]
        assert not hub.is_full
        begun = await asyncio.gather(*(anext(each, b"") for each in streams))
        assert begun.count(b"") == len(streams) - MOST_LISTENERS
        assert hub.is_full
        await streams[0].aclose()
        assert not hub.is_full
        for each in streams:
            await each.aclose()

    asyncio.run(story())


def test_who_does_not_read_is_let_go_and_the_others_are_told_on() -> None:
    spool = MemorySpool()

    async def story() -> None:
        hub = Hub(Counted(spool))
        idle, reader = hub.stream(None), hub.stream(None)
        await anext(idle)
        await anext(reader)
        for number in range(100):
            admit(spool, an_event(number))
            await hub.look()
            assert an_event(number).id.encode() in await anext(reader)
        assert 0 < (await rest(idle)).count(b"event: admitted") < 100
        hub.stop()
        assert await rest(reader) == b""

    asyncio.run(story())


def test_a_spool_that_cannot_be_read_is_told_of_once() -> None:
    window = Counted(MemorySpool())

    async def story() -> None:
        hub = Hub(window)
        stream = hub.stream(None)
        await anext(stream)
        window.broken = True
        await hub.look()
        await hub.look()
        assert await anext(stream) == b"event: changed\ndata: {}\n\n"
        window.broken = False
        await hub.look()
        assert await anext(stream) == b"event: changed\ndata: {}\n\n"
        hub.stop()
        assert await rest(stream) == b""

    asyncio.run(story())


def test_what_is_dear_to_answer_is_kept_ten_times_as_long() -> None:
    times = iter([0, 500, 5_499, 5_500, 5_501, 5_600, 6_500, 6_501, 6_502])
    made: list[int] = []
    kept = Kept(lambda: next(times), age=1_000)

    def make() -> dict[str, int]:
        made.append(1)
        return {"made": len(made)}

    # Made from 0 to 500: kept until 5,500. Then made at once, and kept for a second.
    found = [kept.answer("24h", make)["made"] for _ in range(5)]

    assert found == [1, 1, 2, 2, 2]
    assert kept.answer("24h", make)["made"] == 3


def test_a_quiet_stream_shows_now_and_then_that_it_is_there() -> None:
    async def story() -> None:
        hub = Hub(Counted(MemorySpool()), pause=0, beat=0)
        running = asyncio.create_task(hub.run())
        stream = hub.stream(None)
        await anext(stream)
        assert await anext(stream) == b": still here\n\n"
        hub.stop()
        await rest(stream)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(story())
