"""A repository with a spool, filled by this process, and `spec-notify serve` beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
from msgspec.structs import replace

from spec_notify.core.delivery import Delivery, Outcome, State, Verdict, advance
from spec_notify.core.event import TASK_COMPLETED, Event, delivery_id
from spec_notify.core.payload import build_plain_event
from spec_notify.core.retry import schedule
from spec_notify.wiring import Wiring
from tests.repository import Repository, environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spec_notify.ports import Spool

NOW = 1_800_000_000_000
SPEC = "SPEC-SHOP-001-vouchers"
PLAN = schedule("conductor", jitter=0.0)


def an_event(
    number: int,
    type_: str = TASK_COMPLETED,
    *,
    at: int = NOW,
    data: dict[str, object] | None = None,
    spec: str | None = SPEC,
    status: str | None = "Done",
    title: str = "Checkout takes vouchers",
    task: str | None = None,
) -> Event:
    """Build an event by hand: a task's arrival, unless `data` say something else."""
    known = f"T{number}"
    said = {
        "spec": {"id": spec} if spec else None,
        "task": {"id": known, "title": title, "status": status, "document": "SPEC.md", "line": 7},
        "transition": {"from": "In Progress", "to": status},
    }
    event = build_plain_event(
        type_, said if data is None else data, "shop", number, now=at, spec=spec
    )
    return replace(event, task=known if data is None else task, status=status, document="SPEC.md")


def a_delivery(event: Event, subscription: str = "chatops", **facts: Any) -> Delivery:
    """Answer a delivery of an event, pending since the event."""
    known = {
        "id": delivery_id(event.id, subscription),
        "event": event.id,
        "type": event.type,
        "subscription": subscription,
        "state": State.PENDING,
        "created_at": event.at,
        "next_at": event.at,
        "task": event.task,
        "spec": event.spec,
        "document": event.document,
    }
    return Delivery(**{**known, **facts})


def admit(spool: Spool, event: Event, *deliveries: Delivery) -> None:
    """Admit an event with these deliveries."""
    with spool.ledger() as ledger:
        assert ledger.admit(event, deliveries) == len(deliveries)


def attempt(
    spool: Spool,
    delivery: Delivery,
    verdict: Verdict,
    *,
    at: int,
    took: int = 40,
    status: int = 204,
) -> None:
    """Make one attempt of a delivery that is due: begun `at`, over `took` milliseconds later."""
    (claim,) = spool.claim(
        1,
        subscriptions=[delivery.subscription],
        owner="test",
        token=lambda: f"token-{delivery.id}-{at}",
        now=at,
        leases={delivery.subscription: 20_000},
        only=delivery.id,
    )
    outcome = Outcome(verdict=verdict, detail=f"HTTP {status}", status=status)
    step = advance(claim.delivery, outcome, PLAN, now=at + took, jitter=0.5)
    settled = spool.settle(claim, step, {"said": verdict}, status=status, now=at + took)
    assert settled is not None
    spool.projected([settled.record.row])


class Scene:
    """The repository, the spool once it is asked for, and the servers started here."""

    def __init__(self, folder: Path) -> None:
        home = folder / "home"
        home.mkdir()
        self.env = environment(home, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        for name in [each for each in self.env if each.startswith("SPEC_NOTIFY_")]:
            if name != "SPEC_NOTIFY_STATE_DIR":
                del self.env[name]
        self.repository = Repository(folder / "shop", env=self.env)
        self._wiring: Wiring | None = None
        self._started: list[Server] = []

    @property
    def wiring(self) -> Wiring:
        """The repository as this process has it open."""
        if self._wiring is None:
            self._wiring = Wiring.open(self.repository.root, config_file=None, env=self.env)
        return self._wiring

    @property
    def spool(self) -> Spool:
        """The spool, made when it is first asked for."""
        return self.wiring.spool

    @property
    def path(self) -> Path:
        """Where the spool stands, or would."""
        return self.wiring.state / "spool.db"

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command here to its end."""
        return subprocess.run(
            [sys.executable, "-m", "spec_notify", *words],
            cwd=self.repository.root,
            env=self.env | env,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def serve(self, *words: str, **env: str) -> Server:
        """Start a server on a free port and wait until it serves."""
        self._started.append(Server.start(self.repository.root, self.env | env, *words))
        return self._started[-1]

    def close(self) -> None:
        """End what was started."""
        if self._wiring is not None:
            self._wiring.close()
            self._wiring = None
        for server in self._started:
            server.close()

    def forget_spool(self) -> None:
        """Let go of the spool and delete it, as somebody who starts over would."""
        path = self.path
        self.wiring.close()
        self._wiring = None
        for file in path.parent.glob("spool.db*"):
            file.unlink()


class Server:
    """A running server, and a client of it that follows no proxy of the environment."""

    def __init__(self, child: subprocess.Popen[str], url: str) -> None:
        self.child = child
        self.url = url
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=20)

    @classmethod
    def start(cls, root: Path, env: Mapping[str, str], *words: str) -> Server:
        """Start a server on a free port and wait until it serves."""
        child = subprocess.Popen(
            [sys.executable, "-m", "spec_notify", "serve", "--port", "0", "--json", *words],
            cwd=root,
            env=dict(env),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout is not None
        line = child.stdout.readline()
        assert line, child.communicate()[1]
        return cls(child, json.loads(line)["url"])

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a path; names of headers are given with `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=given)

    def json(self, path: str, **headers: str) -> Any:
        """Ask for a path and answer its JSON."""
        found = self.get(path, **headers)
        assert found.status_code == 200, found.text
        return found.json()

    def close(self) -> None:
        """End it, however it is doing."""
        self.client.close()
        self.child.kill()
        self.child.communicate()


def names(events: Sequence[dict[str, Any]]) -> list[str]:
    """Answer the tasks of events as the API tells them."""
    return [each["data"]["task"]["id"] for each in events]
