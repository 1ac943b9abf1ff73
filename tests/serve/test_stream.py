"""The stream: what is admitted elsewhere is told to all who listen, and where they left off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.delivery import Verdict

from .scene import NOW, a_delivery, admit, an_event, attempt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .scene import Scene, Server


class Listener:
    """One client of the stream, reading frame by frame."""

    def __init__(self, server: Server, last: str | None = None) -> None:
        headers = {"last-event-id": last} if last else {}
        self._asked = server.client.stream("GET", "/api/stream", headers=headers)
        answer = self._asked.__enter__()
        assert answer.headers["content-type"].startswith("text/event-stream")
        self._lines = answer.iter_lines()
        assert next(self._lines) == "retry: 2000"
        assert self.frame() == {}

    def frame(self) -> dict[str, Any]:
        """Answer the next frame's fields, `data` decoded; none of a comment."""
        fields: dict[str, Any] = {}
        for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(": ")
            if name:
                fields[name] = json.loads(value) if name == "data" else value
        raise AssertionError("the stream ended")

    def told(self, count: int) -> list[tuple[str, str | None]]:
        """Answer the kind and task of so many frames that are no comments."""
        found: list[tuple[str, str | None]] = []
        while len(found) < count:
            frame = self.frame()
            if frame:
                found.append(
                    (frame["event"], frame["data"].get("data", {}).get("task", {}).get("id"))
                )
        return found

    def close(self) -> None:
        self._asked.__exit__(None, None, None)


@pytest.fixture
def listen(scene: Scene) -> Iterator[Any]:
    made: list[Listener] = []

    def listening(server: Server, last: str | None = None) -> Listener:
        made.append(Listener(server, last))
        return made[-1]

    yield listening
    for each in made:
        each.close()


def test_what_another_process_admits_is_told_to_all_who_listen(
    scene: Scene, server: Server, listen: Any
) -> None:
    admit(scene.spool, an_event(1))
    both = [listen(server), listen(server)]

    event = an_event(2)
    admit(scene.spool, event, a_delivery(event))

    assert [each.told(2) for each in both] == [[("admitted", "T2"), ("changed", None)]] * 2
    attempt(scene.spool, a_delivery(event), Verdict.DELIVERED, at=NOW)
    assert both[0].told(1) == [("changed", None)]


def test_a_frame_is_the_event_as_the_api_tells_it_with_its_id(
    scene: Scene, server: Server, listen: Any
) -> None:
    listener = listen(server)

    admit(scene.spool, an_event(1))

    frame = listener.frame()
    assert frame["id"] == an_event(1).id
    assert frame["data"] == server.json("/api/events")["events"][0]


def test_who_comes_back_is_told_what_was_missed_and_nothing_twice(
    scene: Scene, server: Server, listen: Any
) -> None:
    for number in (1, 2, 3):
        admit(scene.spool, an_event(number))

    listener = listen(server, last=an_event(1).id)
    assert listener.told(2) == [("admitted", "T2"), ("admitted", "T3")]
    admit(scene.spool, an_event(4))

    assert listener.told(2) == [("admitted", "T4"), ("changed", None)]


@pytest.mark.parametrize("last", ["evt_unknown", "7"])
def test_who_left_off_where_nobody_knows_is_told_to_ask_anew(
    scene: Scene, server: Server, listen: Any, last: str
) -> None:
    admit(scene.spool, an_event(1))

    assert listen(server, last=last).told(1) == [("reset", None)]


def test_more_than_can_be_told_and_another_spool_are_told_to_be_asked_for(
    scene: Scene, server: Server, listen: Any
) -> None:
    admit(scene.spool, an_event(1))
    listener = listen(server)

    with scene.spool.ledger() as ledger:
        for number in range(2, 300):
            ledger.admit(an_event(number), [])
    assert listener.told(2) == [("reset", None), ("changed", None)]
    scene.forget_spool()
    admit(scene.spool, an_event(1, title="Of another spool"))

    told = listener.told(2)
    assert ("reset", None) in told or ("changed", None) in told
    assert server.json("/api/stats")["events"] == 1
