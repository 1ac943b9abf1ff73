"""Start-up: light commands and hooks against a bare interpreter, interleaved in one run.

usage: python benchmarks/startup.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.acceptance.shop import Shop, board

PYTHON = [sys.executable, "-I"]


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        try:
            tasks = [f"T{number}" for number in range(50)]
            shop.repository.commit({"SPEC.md": board(**dict.fromkeys(tasks, "Backlog"))}, "board")
            shop.trust()
            shop.repository.write("old.md", board(**dict.fromkeys(tasks, "Backlog")))
            shop.repository.write("new.md", board(**dict.fromkeys(tasks, "Done")))
            report(shop, rounds)
        finally:
            shop.close()


def report(shop: Shop, rounds: int) -> None:
    own = [*PYTHON, "-m", "spec_notify"]
    cases = {
        "bare interpreter": [*PYTHON, "-c", "pass"],
        "--list": [*own, "--list"],
        "diff (50 rows)": [*own, "diff", "old.md", "new.md"],
        "--help": [*own, "--help"],
        "hook guardrail (detached)": [*own, "hook", "guardrail"],
    }
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, words in cases.items():
            start = time.perf_counter()
            subprocess.run(words, cwd=shop.root, env=shop.env, capture_output=True, check=False)
            times[name].append((time.perf_counter() - start) * 1000)
    bare = statistics.median(times["bare interpreter"])
    for name, each in times.items():
        middle = statistics.median(each)
        print(f"{name:28} {middle:7.1f} ms  {middle / bare:5.1f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
