"""A message bus that others write, lock, rotate and spoil at the same time."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.bus_record import (
    BUS,
    BusRecord,
    dead_letter_mark,
    dead_letter_text,
    harmless,
)
from spec_notify.core.delivery import Delivery, State
from spec_notify.core.errors import BusError
from spec_notify.disk.message_bus import PATIENCE, POLL, TRIES, Waiting, append
from tests.disk.bus_reader import ID, KEYS, read_bus

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = Path(__file__).parents[2]
TASK = ["orchard", "prune"]
AT = 1_771_602_954_384_761_000
RECORD = BusRecord(
    at=AT,
    pid=130_154,
    sequence=2,
    project="orchard",
    task="prune",
    run="20260220-1554540000-30154",
    body="webhook delivery failed: nobody answers",
)
DEAD = Delivery(
    id="dlv_1",
    event="evt_1",
    type="run_stop",
    subscription="chatops",
    state=State.DEAD,
    created_at=0,
    next_at=0,
    attempts=3,
    tries=3,
    reason="HTTP 503 Service Unavailable; exhausted after 3 attempts",
)


class Time:
    """A clock that only rests move; `meanwhile` happens at each rest."""

    def __init__(self, meanwhile: Callable[[int], None] = lambda _: None) -> None:
        self.now = 0
        self.rests: list[int] = []
        self._meanwhile = meanwhile

    def rest(self, millis: int) -> None:
        self.now += millis
        self.rests.append(millis)
        self._meanwhile(self.now)

    def waiting(self, stopped: Callable[[], bool] = lambda: False) -> Waiting:
        return Waiting(clock=lambda: self.now, rest=self.rest, stopped=stopped)


@pytest.fixture
def bus(tmp_path: Path) -> Path:
    folder = tmp_path.joinpath(*TASK)
    folder.mkdir(parents=True)
    return folder / BUS


def put(
    bus: Path, body: str = "it failed", *, mark: str = "", waiting: Waiting | None = None
) -> bool:
    record = BusRecord(
        at=AT, pid=1, sequence=1, project="p", task="t", run="r", body=f"{body} {mark}"
    )
    return append(
        bus.parents[2],
        TASK,
        BUS,
        record.spelled(),
        mark=mark or "no such mark",
        waiting=waiting or Time().waiting(),
    )


def test_a_record_is_byte_for_byte_what_conductor_loop_writes() -> None:
    assert RECORD.spelled().decode() == (
        "---\n"
        "msg_id: MSG-20260220-155554-384761000-PID30154-0002\n"
        "ts: 2026-02-20T15:55:54.384761Z\n"
        "type: WARN\n"
        "project_id: orchard\n"
        "task_id: prune\n"
        "run_id: 20260220-1554540000-30154\n"
        "---\n"
        "webhook delivery failed: nobody answers\n"
    )


def test_a_new_bus_begins_with_its_record_and_a_blank_line_parts_the_next(bus: Path) -> None:
    put(bus)
    first = bus.read_bytes()
    put(bus)

    assert first.startswith(b"---\n")
    assert bus.read_bytes() == first + b"\n" + first
    assert oct(bus.stat().st_mode & 0o777) == "0o644"


def test_a_record_follows_whatever_stands_there(bus: Path) -> None:
    bus.write_text("[2026-01-01 10:00:00] INFO: an old line, without its end")
    put(bus)

    ((header, body),) = read_bus(bus)

    assert (header["type"], body) == ("WARN", "it failed ")


@pytest.mark.parametrize(
    "body", ["---", "a\n---\nb", "a\r\n---\r\nb", "---\n---", "a\n---\n", "a\r---\rb"]
)
def test_no_line_of_a_body_is_taken_for_the_end_of_its_record(bus: Path, body: str) -> None:
    put(bus, body)
    put(bus, "after")

    records = read_bus(bus)

    assert [list(header) for header, _ in records] == [KEYS, KEYS]
    assert "---" not in harmless(body).split("\n")


@pytest.mark.parametrize(
    "name", ["true", "2026-02-20", "0x1f", "1e3", "12", "~", "a: b", "", "- a", "é", "#a", "'", '"']
)
def test_names_that_yaml_would_take_for_something_else_stay_texts(bus: Path, name: str) -> None:
    record = BusRecord(at=AT, pid=1, sequence=1, project=name, task=name, run=name, body="x")
    bus.write_bytes(record.spelled())

    ((header, _),) = read_bus(bus)

    assert [header[key] for key in ("project_id", "task_id", "run_id")] == [name] * 3


def test_what_stands_there_already_is_not_said_twice(bus: Path) -> None:
    assert put(bus, mark="(delivery dlv_1)")
    assert not put(bus, mark="(delivery dlv_1)")
    assert put(bus, mark="(delivery dlv_2)")
    assert len(read_bus(bus)) == 2


def test_a_dead_letter_is_told_as_conductor_loop_tells_its_own() -> None:
    assert dead_letter_text(DEAD) == (
        "webhook delivery failed: webhook delivery failed after 3 attempts: "
        "HTTP 503 Service Unavailable (delivery dlv_1, target chatops, attempt 3)"
    )
    assert dead_letter_text(DEAD).endswith(dead_letter_mark(DEAD))


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_plain_file_is_refused(bus: Path, tmp_path: Path, kind: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    make = {
        "link": lambda: bus.symlink_to(victim),
        "pipe": lambda: os.mkfifo(bus),
        "folder": bus.mkdir,
    }
    make[kind]()

    with pytest.raises(BusError, match=r"symbolic link|no regular file"):
        put(bus)

    assert victim.read_text() == "mine\n"


def test_a_link_on_the_way_is_not_followed(bus: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    bus.parent.rmdir()
    bus.parent.symlink_to(elsewhere)

    with pytest.raises(BusError, match="cannot be opened"):
        put(bus)

    assert [*elsewhere.iterdir()] == []


def test_the_lock_is_asked_for_every_10_ms_and_given_up_after_three_times_10_s(bus: Path) -> None:
    bus.touch()
    time = Time()
    with bus.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BusError, match="held its lock"):
            put(bus, waiting=time.waiting())

    assert (time.rests.count(POLL), time.rests.count(100), time.rests.count(200)) == (
        TRIES * PATIENCE // POLL,
        1,
        1,
    )
    assert bus.read_bytes() == b""


def test_a_lock_that_is_let_go_in_time_is_taken(bus: Path) -> None:
    bus.touch()
    with bus.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        put(bus, waiting=Time(lambda now: now == 50 and other.close()).waiting())

    assert len(read_bus(bus)) == 1


def test_who_is_told_to_stop_stops_waiting(bus: Path) -> None:
    bus.touch()
    time = Time()
    with bus.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BusError, match="was stopped"):
            put(bus, waiting=time.waiting(lambda: time.now >= 30))

    assert time.now == 30


def test_a_bus_that_is_rotated_while_we_wait_is_left_and_the_new_one_written(bus: Path) -> None:
    bus.write_text("old\n")
    archived = bus.with_name(f"{BUS}.20260220-155554.archived")

    def rotate(now: int) -> None:
        if now == 20:
            bus.rename(archived)
            other.close()

    with bus.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        put(bus, waiting=Time(rotate).waiting())

    assert archived.read_text() == "old\n"
    assert len(read_bus(bus)) == 1


def test_a_record_and_the_blank_line_before_it_are_one_write(
    bus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bus)
    whole, written = os.write, list[bytes]()

    def write(file: int, data: bytes) -> int:
        written.append(data)
        return whole(file, data)

    monkeypatch.setattr(os, "write", write)
    put(bus)

    (once,) = written
    assert once.startswith(b"\n---\n")
    assert once.endswith(b"\n")


def test_a_record_there_is_no_room_for_leaves_nothing_behind(
    bus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bus)
    before = bus.read_bytes()
    whole = os.write
    monkeypatch.setattr(os, "write", lambda file, data: whole(file, data[:7]))

    with pytest.raises(BusError, match="the disk is full"):
        put(bus)

    assert bus.read_bytes() == before


def test_every_record_of_eight_writers_stays_readable_while_the_bus_is_rotated(
    bus: Path,
) -> None:
    writers, count = 8, 15
    words = [sys.executable, "-m", "tests.disk.bus_writer", str(bus.parents[2])]
    running = [
        subprocess.Popen([*words, str(writer), str(count)], cwd=TOP) for writer in range(writers)
    ]
    stamp = 0
    while working := [each for each in running if each.poll() is None]:
        # As conductor-loop rotates: a rename, whoever holds the lock.
        if bus.exists() and bus.stat().st_size > 60_000:
            bus.rename(bus.with_name(f"{BUS}.20260220-{stamp:06d}.archived"))
            stamp += 1
        with suppress(subprocess.TimeoutExpired):
            working[0].wait(0.005)
    assert [each.wait() for each in running] == [0] * writers

    buses = [*bus.parent.glob(f"{BUS}*")]
    records = [record for each in buses for record in read_bus(each)]

    assert stamp > 1
    marks = [re.findall(r"\(writer \d, record \d+\)", body)[0] for _, body in records]
    assert sorted(marks) == sorted(
        f"(writer {writer}, record {number})"
        for writer in range(writers)
        for number in range(count)
    )
    assert all(list(header) == KEYS and ID.fullmatch(header["msg_id"]) for header, _ in records)
