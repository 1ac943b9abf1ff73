"""Eight processes drain one spool and rotate one folder of evidence: what must hold, counted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from spec_notify.core.evidence import parse_name
from spec_notify.transports.receiver import Answer

from .depot import Depot, weighed

if TYPE_CHECKING:
    from pathlib import Path

WORDS = Answer(body=b"z" * 2_048)
"""As much as a record keeps of an answer."""


class Run(NamedTuple):
    """What a run came to."""

    delivered: int
    seconds: float
    looks: int
    heaviest: int
    standing: int
    rotated: int

    def __str__(self) -> str:
        return (
            f"{self.delivered:,} deliveries, each sent once, in {self.seconds:.0f} s; the folder, "
            f"weighed {self.looks:,} times, held {self.heaviest:,} bytes at most; {self.rotated:,} "
            f"records rotated, {self.standing:,} standing and proven"
        )


def drain_and_rotate(folder: Path, *, tasks: int, subscriptions: int, crew: int, cap: int) -> Run:
    """Queue tasks x subscriptions, have a crew of processes deliver them, and check everything."""
    depot = Depot(folder, lambda _: WORDS)
    try:
        depot.subscribe(subscriptions, top=f"[evidence]\ncap_bytes = {cap}")
        depot.queue(tasks)
        total = tasks * subscriptions
        assert depot.counts == {"pending": total}
        began = os.times().elapsed
        with weighed(depot.folder) as outcome:
            codes = depot.deliver(crew)
            seconds = os.times().elapsed - began
            seen = outcome()
        assert {*codes} <= {0, 75}, "75: others still had some in flight"
        assert depot.counts == {"delivered": total}
        assert len(depot.sends) == total, "lost"
        assert set(depot.sends.values()) == {1}, "sent twice"
        names = [each.name for each in depot.folder.iterdir()]
        records = sorted(filter(None, map(parse_name, names)), key=lambda each: each.sequence)
        assert records[-1].sequence == total, "a record for every attempt, and no other"
        weight = sum(each.stat().st_size for each in depot.folder.iterdir())
        assert max(weight, seen.bytes) <= cap
        assert any(name.startswith("anchor_") for name in names), "nothing rotated"
        assert f"{len(records)} records, ok" in depot.proven()
        depot.run("evidence", "verify", code=0)
    finally:
        depot.close()
    return Run(total, seconds, seen.looks, seen.bytes, len(records), total - len(records))
