"""A day's load in minutes, over receivers of which many misbehave: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import apsw

from spec_notify.transports.receiver import Answer, Receiver
from tests.acceptance.node import types_by_node
from tests.acceptance.shop import board, wait_until
from tests.transports.conftest import Authority

from .chaos import Chaos, absurd
from .depot import LONG, Depot
from .warm import Warm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spec_notify.transports.receiver import Request

CHAOTIC = tuple(f"chaotic-{number}" for number in range(1, 9))
STRICT, GONE, DOWN, FALSE = "strict", "gone", "down", "certificate"
SUBSCRIPTIONS = (*CHAOTIC, STRICT, GONE, DOWN, FALSE)
SHARE = 0.2
RETRY = (
    'timeout = "2s"\n[subscriptions.retry]\n'
    'schedule = ["20ms", "50ms", "100ms", "200ms"]\nmax_attempts = 12\n'
)


class Day(NamedTuple):
    """What a day came to."""

    hours: int
    deliveries: int
    attempts: int
    verified: int
    misdeeds: Counter[str]
    delivered: int
    dead: Counter[str]
    unheard: int
    replayed: int
    seconds: float

    def __str__(self) -> str:
        done = ", ".join(f"{count} {name}" for name, count in self.misdeeds.most_common())
        dead = ", ".join(f"{count} {name}" for name, count in sorted(self.dead.items()))
        return (
            f"{self.hours} hours in {self.seconds:.0f} s: {self.deliveries:,} deliveries, "
            f"{self.attempts:,} requests, verified by Python and, {self.verified:,}, by Node; "
            f"faults: {done}; {self.delivered:,} delivered, dead letters: {dead}; 0 lost, 0 sent "
            f"again after a 2xx that reached us ({self.unheard} did not); "
            f"{self.replayed:,} replayed"
        )


class Hardship:
    """One checkout, a watcher and its helpers, and what they have to cope with."""

    def __init__(self, folder: Path, *, specs: int, expire: str) -> None:
        self.trap = Receiver()
        self.trap.start()
        self.chaos = Chaos(f"{self.trap.url}/trap", share=SHARE, seed="day")
        self.mended = False
        self.taken: set[tuple[str, int]] = set()
        self.depot = Depot(folder, self._answer)
        (folder / "authority").mkdir()
        authority = Authority(folder=folder / "authority")
        authority.found()
        self.false = Receiver(tls=authority.server("DNS:elsewhere.test"))
        self.false.start()
        self._said = folder / "said.log"
        self.warm = Warm(self._said)
        self._documents = [f"docs/SPEC-KIT-{900 + n}-load/tasks.md" for n in range(specs)]
        self._tasks: list[str] = []
        self._verified = 0
        self._configure(expire)

    def _configure(self, expire: str) -> None:
        text = "enabled = true\n[delivery]\nconcurrency = 32\n"
        for name in SUBSCRIPTIONS:
            there = self.false.url if name == FALSE else self.depot.receiver.url
            more = {STRICT: "strict = true\n"}.get(name, "")
            if name in {DOWN, FALSE}:
                more = f'expire_after = "{expire}"\n'
            text += (
                f'[[subscriptions]]\nname = "{name}"\nurl = "{there}/{name}"\n'
                f'secret_env = "SPEC_NOTIFY_SHOP_SECRET"\nallow_private = true\n{more}{RETRY}'
            )
        self.depot.repository.write(".spec-notify/config.toml", text)
        self.depot.trust()

    def _answer(self, request: Request) -> Answer:
        answer = self._decide(request)
        if answer.raw is None and answer.status < 300:
            self.taken.add(attempt_of(request))
        return answer

    def _decide(self, request: Request) -> Answer:
        name = request.path.strip("/")
        if self.mended:
            return Answer(status=204)
        if name == DOWN:
            self.chaos.done["down"] += 1
            return absurd(request.number)
        if name == GONE and request.number > 40:
            self.chaos.done["410"] += 1
            return Answer(status=410)
        return self.chaos.answer(request)

    def begin(self, hours: int, per_hour: int) -> None:
        """Take the first look at boards on which everything is open, and watch."""
        self._tasks = [f"T{number}" for number in range(1, hours * per_hour + 1)]
        self._save(0)
        self.depot.run("scan", "--baseline", code=0)
        # Into a file: a pipe that nobody reads would stop it in the middle of a word.
        self._watcher = self._fork("watch", "--jsonl")
        wait_until(lambda: '"ready"' in self._said.read_text("utf-8"), "the watcher is ready")

    def live(self, hour: int, per_hour: int, helpers: int) -> None:
        """Have tasks of every SPEC done, and other processes help with what that means."""
        self._save((hour + 1) * per_hour)
        pids = [self._fork("deliver", "--drain", "1s") for _ in range(helpers)]
        for pid in pids:
            assert self.warm.wait(pid) in {0, 1, 75}
        self.verify()

    def rest(self, deliveries: int) -> None:
        """Wait until nothing is on its way any more, then stop watching."""
        end = time.monotonic() + LONG
        while (counts := self.counts()).total() < deliveries or (
            counts["pending"] + counts["in_flight"]
        ):
            assert time.monotonic() < end, counts
            time.sleep(0.2)
        os.kill(self._watcher, signal.SIGTERM)
        assert self.warm.wait(self._watcher) == 0
        self.verify()

    def verify(self) -> None:
        """Have Node verify what came since it was last asked: Python did so on arrival."""
        fresh = self.depot.receiver.requests[self._verified :]
        assert set(types_by_node(fresh)) <= {"spec-kit.task.completed"}
        self._verified += len(fresh)

    def replay(self, name: str, state: str) -> int:
        """Send again what is left of a subscription, now that its receiver is mended."""
        self.mended = True
        words = ("--subscription", name, "--state", state, "--yes", "--drain", "120s")
        return len(self.depot.json("replay", *words)["results"])

    def counts(self) -> Counter[str]:
        """How many deliveries stand where."""
        return Counter(state for _, _, state in self.deliveries())

    def deliveries(self) -> Sequence[tuple[str, str, str]]:
        """Answer id, subscription and state of every delivery, as the spool has them."""
        (path,) = self.depot.state.rglob("spool.db")
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(10_000)
            found = connection.execute("SELECT id, subscription, state FROM delivery")
            return found.fetchall()  # type: ignore[return-value] - three texts
        finally:
            connection.close()

    def records(self) -> dict[str, list[tuple[int, str]]]:
        """Answer attempt and verdict of every record, by delivery, in order."""
        found = defaultdict(list)
        for file in (self.depot.root / "evidence").rglob("*_a*.json"):
            said = json.loads(file.read_bytes())
            found[said["delivery"]].append((said["attempt"], said["verdict"]))
        return {delivery: sorted(attempts) for delivery, attempts in found.items()}

    @property
    def verified(self) -> int:
        """How many requests Node has verified."""
        return self._verified

    def close(self) -> None:
        """End everything."""
        self.warm.close()
        self.false.stop()
        self.trap.stop()
        self.depot.close()

    def _fork(self, *words: str) -> int:
        return self.warm.fork(words, self.depot.root, self.depot.env)

    def _save(self, done: int) -> None:
        rows = dict.fromkeys(self._tasks, "Backlog") | dict.fromkeys(self._tasks[:done], "Done")
        for document in self._documents:
            self.depot.repository.write(document, board(**rows))


def survive(
    folder: Path, *, hours: int, specs: int, per_hour: int, helpers: int, expire: str
) -> Day:
    """Live through a day, check every promise about it, replay what died, and count."""
    began = time.monotonic()
    here = Hardship(folder, specs=specs, expire=expire)
    try:
        here.begin(hours, per_hour)
        for hour in range(hours):
            here.live(hour, per_hour, helpers)
        events = hours * specs * per_hour
        here.rest(events * len(SUBSCRIPTIONS))
        unheard = check(here)
        spool = here.deliveries()
        assert len(spool) == events * len(SUBSCRIPTIONS), "lost"
        dead = Counter(name for _, name, state in spool if state == "dead")
        assert dead.keys() <= {STRICT, DOWN, FALSE}
        assert dead[DOWN] == dead[FALSE] == events
        replayed = here.replay(DOWN, "dead") + here.replay(GONE, "parked")
        replayed += here.replay(STRICT, "dead") if dead[STRICT] else 0
        here.verify()
        check(here)
        left = Counter(name for _, name, state in here.deliveries() if state != "delivered")
        assert left == {FALSE: events}, "only what has no honest receiver is still dead"
        return Day(
            hours,
            len(spool),
            len(here.depot.receiver.requests),
            here.verified,
            here.chaos.done,
            Counter(state for _, _, state in spool)["delivered"],
            dead,
            unheard,
            replayed,
            time.monotonic() - began,
        )
    finally:
        here.close()


def check(here: Hardship) -> int:
    """Hold what arrived against spool and evidence; answer how many 2xx did not reach us."""
    assert here.trap.connections == 0, "a redirect was followed"
    records = here.records()
    spool = {delivery: state for delivery, _, state in here.deliveries()}
    arrived = Counter(map(attempt_of, here.depot.receiver.requests))
    assert set(arrived.values()) == {1}, "an attempt was sent twice"
    known = {
        (delivery, number): verdict
        for delivery, tries in records.items()
        for number, verdict in tries
    }
    assert arrived.keys() <= known.keys(), "something was sent of which there is no evidence"
    for delivery, tries in records.items():
        numbers, verdicts = zip(*tries, strict=True)
        assert numbers == (*range(1, len(tries) + 1),), "evidence of every attempt, once"
        assert "delivered" not in verdicts[:-1], "sent again after a 2xx that reached us"
        assert (verdicts[-1] == "delivered") == (spool[delivery] == "delivered")
    here.depot.proven()
    return sum(known[each] != "delivered" for each in here.taken)


def attempt_of(request: Request) -> tuple[str, int]:
    """Answer the delivery and the number of its attempt that a request is."""
    number = int(request.header("x-spec-notify-attempt") or 0)
    return str(request.header("x-spec-notify-delivery")), number
