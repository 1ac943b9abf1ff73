"""What a dead endpoint costs nine healthy ones: their p95, with and without it, in the same run.

usage: python benchmarks/lanes.py [ROUNDS]

Prints milliseconds from admission to delivery over the durable spool, and the ratio of the two.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from spec_notify.core.figures import percentile
from spec_notify.core.message import Reply
from spec_notify.spool.sqlite import SqliteSpool
from tests.pipeline.bench import Bench, serving, silence, until

WELL = [f"well{number}" for number in range(9)]
EACH, AT_ONCE = 40, 5


def main(rounds: int) -> None:
    pairs = [(one_round(dead=False), one_round(dead=True)) for _ in range(rounds)]
    without, with_it = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(
        f"p95 of nine healthy endpoints: {without:.0f} ms alone, {with_it:.0f} ms with a dead one"
    )
    print(f"ratio: {statistics.median(b / a for a, b in pairs):.2f}, rounds: {rounds}")


def one_round(*, dead: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        spool = SqliteSpool.open(Path(folder, "state", "spool.db"), now=0, fresh_id=lambda: "x")
        try:
            lates = sorted(asyncio.run(served(Bench(spool), dead=dead)))
        finally:
            spool.close()
    return percentile(lates, 95) or 0


async def served(bench: Bench, *, dead: bool) -> list[int]:
    """Queue a little for each endpoint, again and again; answer how late each delivery was."""
    lates: list[int] = []
    bench.ticking = True
    if dead:
        bench.subscribe("dead", silence, timeout=100)
    for name in WELL:
        bench.subscribe(name, noting(bench, lates))
    async with serving(bench) as dispatch:
        for wave in range(1, EACH // AT_ONCE + 1):
            bench.begun = bench.clock()  # type: ignore[attr-defined]
            for name in [*WELL, *(["dead"] if dead else [])]:
                bench.queue(name, AT_ONCE)
            dispatch.wake()
            await until(lambda wave=wave: len(lates) == wave * AT_ONCE * len(WELL))
    return lates


def noting(bench: Bench, lates: list[int]) -> object:
    async def say() -> Reply:
        lates.append(bench.clock() - bench.begun)  # type: ignore[attr-defined]
        return Reply(status=204)

    return say


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
