"""A shop with much to send: many tasks, several subscriptions, processes that share the work."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.acceptance.shop import Shop, board, verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_notify.transports.receiver import Answer, Request

SPEC = "SPEC-KIT-900-much-to-tell"
DOCUMENT = f"docs/{SPEC}/tasks.md"
SNIPPET = Path(__file__).parents[2] / "docs" / "snippets" / "verify_evidence.py"
WEIGHING = Path(__file__).with_name("weighing.py")
LONG = 900
"""Seconds until it is believed that a process will never end."""


class Weighed(NamedTuple):
    """What the outside process saw: how often it looked, and the most there was."""

    looks: int
    bytes: int
    files: int


class Depot(Shop):
    """A shop whose requests are verified as they come: a long run outlives their timestamps."""

    def __init__(self, folder: Path, answers: Callable[[Request], Answer], top: str = "") -> None:
        self.wrong: list[str] = []

        def answer(request: Request) -> Answer:
            try:
                verified(request)
            except Exception as error:  # noqa: BLE001 - on the receiver's thread: told at the end
                self.wrong.append(repr(error))
            return answers(request)

        super().__init__(folder, answers=answer, top=top)

    def subscribe(self, count: int, *, top: str = "", more: str = "") -> None:
        """Have so many subscriptions hear of everything, and trust that."""
        text = f"enabled = true\n{top}\n"
        for number in range(1, count + 1):
            text += (
                f'[[subscriptions]]\nname = "s{number}"\nurl_env = "SPEC_NOTIFY_SHOP_URL"\n'
                f'secret_env = "SPEC_NOTIFY_SHOP_SECRET"\nallow_private = true\n{more}\n'
            )
        self.repository.write(".spec-notify/config.toml", text)
        self.trust()

    def queue(self, tasks: int) -> None:
        """Have so many tasks of one SPEC done, and queue what that means."""
        names = [f"T{number}" for number in range(1, tasks + 1)]
        self.repository.write(DOCUMENT, board(**dict.fromkeys(names, "Backlog")))
        self.run("scan", "--baseline", code=0)
        self.repository.write(DOCUMENT, board(**dict.fromkeys(names, "Done")))
        self.run("scan", code=0)
        if self.json("list", "--limit", "1")["held"]:
            self.run("accept", code=0)

    def deliver(self, processes: int) -> list[int]:
        """Have so many processes deliver what is queued; answer their exit codes."""
        crew = [self.start("deliver", "--drain", f"{LONG}s") for _ in range(processes)]
        return [each.wait(LONG) for each in crew]

    @property
    def sends(self) -> Counter[str | None]:
        """How often each delivery arrived."""
        return Counter(each.header("x-spec-notify-delivery") for each in self.receiver.requests)

    @property
    def counts(self) -> dict[str, int]:
        """How many deliveries stand where, without what is nowhere."""
        found: dict[str, int] = self.json("list", "--limit", "1")["counts"]
        return {state: count for state, count in found.items() if count}

    @property
    def folder(self) -> Path:
        """Where the evidence of the one SPEC stands."""
        return self.root / "evidence" / "commands" / SPEC / "webhooks"

    def proven(self) -> str:
        """Have the single-file verifier prove the evidence; answer what it says."""
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(SNIPPET), str(self.root / "evidence")],
            text=True,
            capture_output=True,
            timeout=LONG,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def close(self) -> None:
        """End what was started; every request that ever arrived must have been signed."""
        self.receiver.stop()
        # The shop verifies what it finds; here that is done, and some of it is hours old.
        self.receiver = type(self.receiver)()
        super().close()
        assert self.wrong == []


@contextmanager
def weighed(folder: Path) -> Iterator[Callable[[], Weighed]]:
    """Have a process of its own weigh a folder meanwhile; answer what it saw, asked at the end."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", str(WEIGHING), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield lambda: Weighed(**json.loads(child.communicate()[0]))
    finally:
        child.kill()
        child.communicate()
