"""The n-th write or sync of a real process fails, once or from then on, until none is left to fail.

strace makes the kernel answer so. Each thread of the process counts its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import board, told

from .depot import Depot
from .warm import Warm

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = (("fsync,fdatasync", "EIO"), ("pwrite64", "ENOSPC"))
LASTING = ("{}", "{}+")
"""What strace calls `only the n-th` and `the n-th and all after it`."""
COMMANDS = (("hook", "post-commit", "--sync"), ("scan", "--deliver", "--drain", "1s"))
RETRY = '[subscriptions.retry]\nschedule = ["10ms"]\nmax_attempts = 100\n'


def need_strace() -> str:
    """Skip loudly where strace is missing; in CI that is a failure."""
    found = shutil.which("strace")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("strace is missing")
    if found is None:
        pytest.skip("strace is missing: no write was made to fail")
    return found


class Ordeal:
    """One checkout in which a process after the other meets a fault."""

    def __init__(self, folder: Path, most: int) -> None:
        self._strace = need_strace()
        self._log = folder / "strace.log"
        self._warm = Warm(folder / "said.log")
        self.depot = Depot(folder, lambda _: Answer())
        self._tasks = [f"T{number}" for number in range(1, most + 1)]
        self._done = 0
        self.depot.subscribe(1, more=RETRY)
        self.depot.repository.commit({".gitignore": "evidence/\n", "SPEC.md": self._board()})
        self.depot.run("scan", "--baseline", code=0)

    def meet(self, command: tuple[str, ...], calls: str, error: str, when: str) -> bool:
        """Have a change told by a process that meets a fault; say whether there was one to meet."""
        self._done += 1
        self.depot.repository.commit({"SPEC.md": self._board()})
        done = subprocess.run(
            [
                *(
                    self._strace,
                    "-f",
                    "--seccomp-bpf",
                    "-o",
                    str(self._log),
                    "-e",
                    f"trace={calls}",
                ),
                *("-e", f"inject={calls}:error={error}:when={when}"),
                *(sys.executable, "-m", "spec_notify", *command),
            ],
            cwd=self.depot.root,
            env=self.depot.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "bug" not in done.stderr, done.stderr
        assert "damaged" not in done.stderr, done.stderr
        assert command[0] != "hook" or done.returncode == 0, done.stderr
        # In peace again: whatever was left undone is found and told.
        words = ("scan", "--deliver", "--drain", "5s")
        assert self._warm.wait(self._warm.fork(words, self.depot.root, self.depot.env)) == 0
        self._check()
        return "(INJECTED)" in self._log.read_text("utf-8", "replace")

    def _check(self) -> None:
        """Nothing is lost, no fault costs more than one send, and no id changes."""
        arrived = self.depot.receiver.requests
        sends = Counter(map(told, arrived))
        assert sends.keys() == {(task, "Done") for task in self._tasks[: self._done]}, "lost"
        assert max(sends.values()) <= 2, "sent again and again while it could not be recorded"
        assert len({each.header("webhook-id") for each in arrived}) == self._done

    def end(self) -> tuple[int, int]:
        """Check the evidence; answer how many changes there were and how many messages."""
        try:
            assert self.depot.counts == {"delivered": self._done}
            self.depot.proven()
            self.depot.run("evidence", "verify", code=0)
            return self._done, len(self.depot.receiver.requests)
        finally:
            self.close()

    def close(self) -> None:
        """End everything."""
        self._warm.close()
        self.depot.close()

    def _board(self) -> str:
        done = dict.fromkeys(self._tasks[: self._done], "Done")
        return board(**dict.fromkeys(self._tasks, "Backlog") | done)


def fail_each(
    ordeal: Ordeal, command: tuple[str, ...], fault: tuple[str, str], lasting: str, *, step: int = 1
) -> int:
    """Have every `step`-th write or sync of a command fail, up to the last; answer how many."""
    met = 0
    while ordeal.meet(command, *fault, lasting.format(1 + met * step)):
        met += 1
    return met
