"""Look and deliver in a process that is killed at one named step; run by the kill tests.

usage: python -m tests.acceptance.crash STEP ORDINAL
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from spec_notify.wiring import Wiring


def main(step: str, ordinal: int) -> None:
    """Look once and deliver what is due, unless the step comes first."""
    passed = 0

    def mark(name: str) -> None:
        nonlocal passed
        passed += name == step
        if name == step and passed == ordinal:
            os.kill(os.getpid(), signal.SIGKILL)

    wiring = Wiring.open(Path.cwd(), config_file=None, env=os.environ, mark=mark)
    wiring.looks().look()

    async def deliver() -> None:
        dispatch = wiring.dispatch()
        await dispatch.drain(2_000)
        await dispatch.aclose()

    asyncio.run(deliver())
    wiring.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
