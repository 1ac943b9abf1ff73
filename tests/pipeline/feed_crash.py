"""Look at a faucet in a process that is killed at one named step; its places come on stdin.

usage: python -m tests.pipeline.feed_crash STEP
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from spec_notify.wiring import Wiring
from tests.pipeline.faucet import Faucet
from tests.pipeline.test_feeding import feeding


def main(step: str) -> None:
    root, config, faucet = map(Path, json.load(sys.stdin))

    def mark(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    wiring = Wiring.open(root, config_file=str(config), env=dict(os.environ))
    feeding(wiring, Faucet(faucet), mark=mark).look()


if __name__ == "__main__":
    main(sys.argv[1])
