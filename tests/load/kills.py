"""SIGKILL at random moments, and what must hold after every single one.

What was in flight when a process died is read from the spool it left; each such delivery may be
sent once more for it, and no other may be sent after a 2xx.
"""

from __future__ import annotations

import random  # noqa: TID251 - seeded: the same plan in every run
import shutil
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import apsw

from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import board, told

from .depot import Depot
from .warm import Warm

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.transports.receiver import Request

TASKS = 150
SUBSCRIPTIONS = 2
MOST_AT_ONCE = 3
RETRY = (
    'timeout = "5s"\n[subscriptions.retry]\n'
    'schedule = ["10ms", "20ms", "50ms"]\nmax_attempts = 500\n'
)
CAP = "[evidence]\ncap_bytes = 100_000"
COLD = (sys.executable, "-m", "spec_notify")
WORDS = {
    "watch": ("watch",),
    "scan": ("scan", "--deliver", "--drain", "5s"),
    "deliver": ("deliver", "--drain", "5s"),
    "hook": ("hook", "post-commit", "--sync"),
    "detached hook": ("hook", "post-commit"),
}
"""What is started and killed; `git` is a commit with our hooks in it."""
ROLES = (*WORDS, "git")


class Toll(NamedTuple):
    """What so many kills came to."""

    moments: int
    kills: int
    roles: Counter[str]
    in_flight: int
    deliveries: int
    sends: int
    extra: int

    def __str__(self) -> str:
        roles = ", ".join(f"{count} {role}" for role, count in sorted(self.roles.items()))
        return (
            f"{self.kills:,} processes killed at {self.moments:,} moments ({roles}), "
            f"{self.in_flight:,} deliveries in flight; {self.deliveries:,} deliveries, 0 lost, "
            f"0 unexpected; {self.sends:,} sends, {self.extra:,} of them extra"
        )

    def __add__(self, other: Toll) -> Toll:  # type: ignore[override] - sums, not lists
        return Toll(*(mine + yours for mine, yours in zip(self, other, strict=True)))


NOTHING = Toll(0, 0, Counter(), 0, 0, 0, 0)


class Siege:
    """One checkout whose processes are killed until all its tasks are done."""

    def __init__(self, folder: Path, warm: Warm, seed: str) -> None:
        self._chance = random.Random(seed)
        self._answers = random.Random(f"{seed} answers")
        self._warm = warm
        self.accepted: Counter[str | None] = Counter()
        self.spared: defaultdict[str, set[str]] = defaultdict(set)
        self.roles: Counter[str] = Counter()
        self.kills = self.moments = 0
        self.depot = Depot(folder, self._answer)
        self._tasks = [f"T{number}" for number in range(1, TASKS + 1)]
        self._done = 0
        self.depot.subscribe(SUBSCRIPTIONS, top=CAP, more=RETRY)
        self.depot.repository.write(".gitignore", "evidence/\n")
        self._save()
        self._quietly("add", "-A")
        self._quietly("commit", "-qm", "board")
        self._run("scan", "--baseline")
        self._run("hooks", "install")
        (self._database,) = self.depot.state.rglob("spool.db")

    def strike(self, role: str) -> None:
        """Have some tasks done, start processes that tell of them, and kill them all."""
        self._more_done()
        if role == "git":
            self._start_git()
        else:
            self._start(role)
        if self._chance.random() < 0.2:
            self._start(self._chance.choice(("scan", "deliver", "watch")))
        self._let_them_come(role)
        self.kills += self._warm.kill()
        self.moments += 1
        self.roles[role] += 1
        self._look_at_the_spool()

    def end(self) -> Toll:
        """Let everything be delivered in peace, check all that was promised, and count."""
        depot = self.depot
        try:
            for _ in range(20):
                self._run("scan", "--deliver", "--drain", "20s")
                if depot.counts.keys() == {"delivered"}:
                    break
            assert depot.counts == {"delivered": self._done * SUBSCRIPTIONS}, "lost or unexpected"
            arrived = depot.receiver.requests
            self._check_ids(arrived)
            extra = self._check_extra()
            depot.proven()
            depot.run("evidence", "verify", code=0)
        finally:
            depot.close()
        in_flight = sum(map(len, self.spared.values()))
        deliveries = self._done * SUBSCRIPTIONS
        sends = len(arrived)
        return Toll(self.moments, self.kills, self.roles, in_flight, deliveries, sends, extra)

    @property
    def over(self) -> bool:
        """Say whether there are no tasks left to be done."""
        return self._done + MOST_AT_ONCE > TASKS

    def _answer(self, request: Request) -> Answer:
        delay = self._answers.choice((0, 0, 5, 15, 30))
        if self._answers.random() < 0.15:
            return Answer(status=503, delay=delay)
        self.accepted[request.header("x-spec-notify-delivery")] += 1
        return Answer(delay=delay)

    def _more_done(self) -> None:
        self._done += self._chance.randint(1, MOST_AT_ONCE)
        self._save()

    def _save(self) -> None:
        done = dict.fromkeys(self._tasks[: self._done], "Done")
        self.depot.repository.write(
            "SPEC.md", board(**{**dict.fromkeys(self._tasks, "Backlog"), **done})
        )

    def _start(self, role: str) -> None:
        if "hook" in role:
            self._quietly("commit", "-qam", "done")
        words = WORDS[role]
        if self._chance.random() < 0.05:
            self._warm.exec([*COLD, *words], self.depot.root, self.depot.env)
        else:
            self._warm.fork(words, self.depot.root, self.depot.env)

    def _start_git(self) -> None:
        self._warm.exec(["git", "commit", "-qam", "done"], self.depot.root, self.depot.env)

    def _let_them_come(self, role: str) -> None:
        """Wait for a random moment; half of them shortly after another request came."""
        slow = 4 if role == "git" else 1
        if self._chance.random() < 0.5:
            time.sleep(self._chance.uniform(0, 0.2) * slow)
        else:
            known = len(self.depot.receiver.requests)
            self.depot.receiver.wait_for(known + 1, timeout=0.25 * slow)
            time.sleep(self._chance.uniform(0, 0.02))

    def _look_at_the_spool(self) -> None:
        """Everybody is dead: what is in flight now was theirs, and may be sent once more."""
        connection = apsw.Connection(str(self._database))
        try:
            found = connection.execute("PRAGMA integrity_check").fetchall()
            assert found == [("ok",)]
            query = "SELECT id, token FROM delivery WHERE state = 'in_flight'"
            for delivery, token in connection.execute(query):
                self.spared[delivery].add(token)
        finally:
            connection.close()
        for lock in (self.depot.root / ".git").rglob("*.lock"):
            lock.unlink()  # git's own, of a git that was killed

    def _check_ids(self, arrived: list[Request]) -> None:
        ids = defaultdict(set)
        for request in arrived:
            task, status = told(request)
            ids[task].add(request.header("webhook-id"))
            assert status == "Done"
        assert sorted(map(str, ids)) == sorted(self._tasks[: self._done]), "lost or unexpected"
        assert {len(each) for each in ids.values()} == {1}, "an id changed"
        kinds = {
            (each.header("webhook-id"), each.header("x-spec-notify-delivery")) for each in arrived
        }
        assert len(kinds) == self._done * SUBSCRIPTIONS

    def _check_extra(self) -> int:
        """Answer how many sends followed a 2xx; each must belong to a kill in its flight."""
        assert len(self.accepted) == self._done * SUBSCRIPTIONS, "lost"
        extra = {each: count - 1 for each, count in self.accepted.items() if count > 1}
        unexplained = {
            each: count for each, count in extra.items() if count > len(self.spared[str(each)])
        }
        assert unexplained == {}
        return sum(extra.values())

    def _run(self, *words: str) -> None:
        code = self._warm.wait(self._warm.fork(words, self.depot.root, self.depot.env))
        assert code in {0, 1, 75}, (words, code)

    def _quietly(self, *words: str) -> None:
        """Give git a command that starts no hook."""
        self.depot.repository.run("-c", "core.hooksPath=/dev/null", *words)


def kill_at_random(
    folder: Path, *, seed: str, strikes: int, seconds: float = 1e9, sieges: int = 1
) -> Toll:
    """Strike so often, or for so long, over as many checkouts as that takes; answer the toll.

    Several sieges go on beside each other, each in checkouts of its own.
    """
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(sieges) as threads:
        tolls = [
            threads.submit(_besiege, folder, f"{seed} {number}", strikes // sieges, end)
            for number in range(sieges)
        ]
        return sum((each.result() for each in tolls), NOTHING)


def _besiege(folder: Path, seed: str, strikes: int, end: float) -> Toll:
    log, toll, chance = folder / f"{seed}.log", NOTHING, random.Random(seed)
    warm = Warm(log)
    try:
        while toll.moments < strikes and time.monotonic() < end:
            home = folder / f"{seed} {toll.moments}"
            home.mkdir()
            siege = Siege(home, warm, f"{seed} {toll.moments}")
            left = strikes - toll.moments
            while not siege.over and siege.moments < left and time.monotonic() < end:
                siege.strike(chance.choice(ROLES))
            toll += siege.end()
            shutil.rmtree(home)
    finally:
        warm.close()
    said = log.read_text("utf-8", "replace")
    assert "bug" not in said, said
    assert "damaged" not in said, said
    return toll
