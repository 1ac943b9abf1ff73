"""What is owed after a dead letter: a WARN on the bus of the task whose run it was about."""

from __future__ import annotations

import itertools
import os
import time
from typing import TYPE_CHECKING

import orjson

from spec_notify.core.errors import BusError
from spec_notify.core.event import RUN_STOP

from . import nanoseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.core.delivery import Delivery
    from spec_notify.disk.run_folders import RunFolders
    from spec_notify.ports import Debts
    from spec_notify.wiring import Wiring

_SEQUENCE = itertools.count(1)
_DEPTH = 5


def owing(wiring: Wiring) -> Debts:
    """Answer who remembers and pays what is owed to the sources in force at that moment."""
    from spec_notify.disk.debts import DebtFolder

    return DebtFolder(
        wiring.state / "owed",
        owed=lambda dead: _is_owed(wiring, dead),
        pay=lambda debt, stopped: _pay(wiring, debt, stopped),
        warn=wiring.warn,
    )


def _is_owed(wiring: Wiring, dead: Delivery) -> bool:
    return (
        dead.type == RUN_STOP and wiring.config.warn_on_failure and _feed(wiring, dead) is not None
    )


def _feed(wiring: Wiring, dead: Delivery) -> RunFolders | None:
    from spec_notify.disk.run_folders import RunFolders

    named = (feed for feed in wiring.feeds if feed.name == dead.document)
    return next((feed for feed in named if isinstance(feed, RunFolders)), None)


def _pay(wiring: Wiring, debt: Delivery, stopped: Callable[[], bool]) -> None:
    """Append the WARN of a dead letter; one whose event or root is no more owes nothing.

    Raises BusError, and SpoolError.
    """
    from spec_notify.core.bus_record import BUS, BusRecord, dead_letter_mark, dead_letter_text
    from spec_notify.disk.message_bus import Waiting, append

    event, feed = wiring.spool.event(debt.event), _feed(wiring, debt)
    if event is None or feed is None:
        return
    run = orjson.loads(event.body)["data"]["run"]
    folders = run["path"].split("/")
    if len(folders) != _DEPTH or {"", ".", ".."} & {*folders}:
        raise BusError(BUS, "its event names no folder of a task")
    record = BusRecord(
        at=nanoseconds(),
        pid=os.getpid(),
        sequence=next(_SEQUENCE),
        project=run["project"],
        task=run["task"],
        run=run["run"],
        body=dead_letter_text(debt),
    )
    append(
        feed.root,
        folders[:2],
        BUS,
        record.spelled(),
        mark=dead_letter_mark(debt),
        waiting=Waiting(
            clock=lambda: time.monotonic_ns() // 1_000_000,
            rest=lambda millis: time.sleep(millis / 1000),
            stopped=stopped,
        ),
    )
    wiring.mark("paid")
