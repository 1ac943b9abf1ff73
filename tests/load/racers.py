"""Many processes see the same change at the same moment: one event of it, and one message."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import board, told, wait_until

from .depot import Depot
from .warm import Warm

if TYPE_CHECKING:
    from pathlib import Path

WAYS = (
    ("scan",),
    ("hook", "post-commit", "--sync"),
    ("scan", "--deliver", "--drain", "1s"),
    ("hook", "post-commit"),
)
"""How a change may be seen: by a look, by a hook that git waits for, by one it does not."""


class Race(NamedTuple):
    """What so many races came to."""

    changes: int
    racers: int
    events: int
    sends: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.racers} processes x {self.changes} changes in {self.seconds:.0f} s: "
            f"{self.events} events, {self.sends} messages"
        )


def race(folder: Path, *, changes: int, racers: int) -> Race:
    """Commit one change after the other, each seen by so many processes at once, and count."""
    began, tasks = time.monotonic(), [f"T{number}" for number in range(1, changes + 1)]
    depot, warm = Depot(folder, lambda _: Answer()), Warm(folder / "said.log")
    repository = depot.repository
    try:
        depot.subscribe(1)
        repository.commit(
            {".gitignore": "evidence/\n", "SPEC.md": board(**dict.fromkeys(tasks, "Backlog"))}
        )
        depot.run("scan", "--baseline", code=0)
        for count in range(1, changes + 1):
            rows = dict.fromkeys(tasks, "Backlog") | dict.fromkeys(tasks[:count], "Done")
            repository.commit({"SPEC.md": board(**rows)})
            crowd = [
                warm.fork(WAYS[number % len(WAYS)], depot.root, depot.env)
                for number in range(racers)
            ]
            # 75: it was queued, and somebody else is at it.
            assert {warm.wait(pid) for pid in crowd} <= {0, 75}
        # Hooks leave their children behind; what these still owe has to come.
        wait_until(lambda: depot.counts == {"delivered": changes}, "everything is delivered")
        arrived = depot.receiver.requests
        assert sorted(map(told, arrived)) == sorted((task, "Done") for task in tasks)
        listed = depot.json("list", "--limit", "100000")["deliveries"]
        events = {each["event"] for each in listed}
        assert len(listed) == changes
        depot.proven()
    finally:
        warm.close()
        depot.close()
    return Race(changes, racers, len(events), len(arrived), time.monotonic() - began)
