"""Append records to a bus from a process of its own; places and counts come on argv.

Writers with an odd number do as conductor-loop's own: they lock, write the blank line and the
record in two writes, and do not ask whether the file was rotated meanwhile.

usage: python -m tests.disk.bus_writer ROOT WRITER COUNT
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path

from spec_notify.core.bus_record import BUS, BusRecord
from spec_notify.disk.message_bus import Waiting, append

WAITING = Waiting(
    clock=lambda: time.monotonic_ns() // 1_000_000,
    rest=lambda millis: time.sleep(millis / 1000),
)


def main(root: Path, writer: str, count: int) -> None:
    for number in range(count):
        mark = f"(writer {writer}, record {number})"
        record = BusRecord(
            at=time.time_ns(),
            pid=os.getpid(),
            sequence=number + 1,
            project="orchard",
            task="prune",
            run="r1",
            body=f"line one of {writer}\n---\nmsg_id: no header\n---\n{'x' * 3_000} {mark}",
        )
        if int(writer) % 2:
            theirs(root / "orchard" / "prune" / BUS, record.spelled())
        else:
            append(root, ["orchard", "prune"], BUS, record.spelled(), mark=mark, waiting=WAITING)


def theirs(bus: Path, record: bytes) -> None:
    """Append as another program does."""
    with bus.open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_size:
            file.write(b"\n")
        file.write(record)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
