"""From save to request: 10 SPECs at once and 50 rows in one write, under `spec-notify watch`.

usage: python benchmarks/latency.py [ROUNDS]

Prints milliseconds from the save to each request's arrival at a loopback receiver, and the same
divided by the time of a bare interpreter start on the same machine in the same run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from spec_notify.core.figures import percentile
from tests.acceptance.shop import Shop, board

TASKS = [f"T{number}" for number in range(1, 51)]
SPECS = [f"docs/SPEC-SHOP-{number:03d}/tasks.md" for number in range(10)]


def main(rounds: int) -> None:
    bare = statistics.median(timed_start() for _ in range(11))
    rows = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            rows += one_round(Path(folder))
    print(f"bare interpreter start: {bare:.1f} ms")
    for name in ("one row", "50 rows in one write", "10 SPECs at once"):
        show(name, [row for row in rows if row[0] == name], bare)


def show(name: str, rows: list[tuple[str, list[float]]], bare: float) -> None:
    every = sorted(late for _, lates in rows for late in lates)
    lasts = [max(lates) for _, lates in rows]
    p50, p95 = percentile(every, 50) or 0.0, percentile(every, 95) or 0.0
    print(
        f"{name}: p50 {p50:.0f} ms ({p50 / bare:.1f} x bare), p95 {p95:.0f} ms "
        f"({p95 / bare:.1f} x), last {statistics.median(lasts):.0f} ms, n={len(every)}"
    )


def one_round(folder: Path) -> list[tuple[str, list[float]]]:
    shop = Shop(folder)
    try:
        shop.repository.write("SPEC.md", board(**dict.fromkeys([*TASKS, "X"], "Backlog")))
        for name in SPECS:
            shop.repository.write(name, board(A1="Backlog"))
        shop.trust()
        shop.watch()
        time.sleep(0.5)
        one = {"SPEC.md": board(**dict.fromkeys(TASKS, "Backlog"), X="Done")}
        fifty = {"SPEC.md": board(**dict.fromkeys([*TASKS, "X"], "Done"))}
        specs = {name: board(A1="Done") for name in SPECS}
        return [
            ("one row", save(shop, one, 1)),
            ("50 rows in one write", save(shop, fifty, 50)),
            ("10 SPECs at once", save(shop, specs, 10)),
        ]
    finally:
        shop.close()


def save(shop: Shop, files: dict[str, str], count: int) -> list[float]:
    before = len(shop.receiver.requests)
    start = time.monotonic()
    for name, text in files.items():
        shop.repository.write(name, text)
    assert shop.receiver.wait_for(before + count, timeout=30)
    time.sleep(0.3)
    return [(each.arrived - start) * 1000 for each in shop.receiver.requests[before:]]


def timed_start() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-c", "pass"], check=True)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
