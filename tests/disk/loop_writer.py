"""Many runs, one after another, each found dead and healed or stopped; a process of its own.

usage: python -m tests.disk.loop_writer ROOT WRITER COUNT
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.disk.conductor_loop import Run


def main(root: Path, writer: str, count: int) -> None:
    """Write so many runs of a task; the names say how each ends."""
    for number in range(count):
        kind = ("stops", "fails", "heals")[number % 3]
        name = f"20261120-{number:010d}-{writer}-{kind}"
        run = Run(root, name, task=f"task-{writer}").start()
        if kind == "stops":
            run.stop()
        elif kind == "fails":
            run.stop("failed", 1, "agent reported failure")
        else:
            run.reconcile().heal()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
