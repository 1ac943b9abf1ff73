"""End to end: config, spool, dispatch, the real transport, and a service with its own rules.

The peers listen on the loopback and refuse what the services refuse; see `peers`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from spec_notify.core.delivery import Delivery, State, Verdict
from spec_notify.core.event import Event, delivery_id, event_id
from spec_notify.ports import Query
from spec_notify.transports.receiver import Answer, Receiver
from spec_notify.wiring import Wiring, now
from spec_notify.wiring.delivering import drained
from tests.targets import peers

from .hostile import TEXTS, bodies_of
from .peers import Answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.transports.receiver import Request

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
BODIES = {path.stem: path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))}
DAY = 86_400_000


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of target, the peer that stands for its service, and how it is reached."""

    kind: str
    peer: Answers
    path: str = ""
    secret: str | None = None
    terms: dict[str, str] = {}
    detail: str = ""
    """How a delivery's record ends."""


SERVICES = [
    Service(
        kind="discord",
        peer=peers.discord,
        path=peers.WEBHOOK_PATH,
        detail=f"HTTP 200 OK: stored as message {peers.SNOWFLAKE}",
    ),
    Service(
        kind="teams",
        peer=peers.teams,
        path=f"{peers.FLOW_PATH}?{peers.FLOW_QUERY}",
        detail="HTTP 202 Accepted: the flow took it",
    ),
    Service(
        kind="github",
        peer=peers.github,
        secret=peers.TOKEN,
        terms={"repository": "acme/rockets"},
        detail="HTTP 204 No Content",
    ),
    Service(
        kind="pagerduty",
        peer=peers.pagerduty,
        secret=peers.ROUTING_KEY,
        detail="HTTP 202 Accepted",
    ),
]


class Shop:
    """A folder with one subscription to a service, wired as a command wires it."""

    def __init__(self, home: Path, service: Service, peer: Receiver) -> None:
        keys: dict[str, object] = {
            "name": "shop",
            "type": service.kind,
            "url_env": "SPEC_NOTIFY_URL",
            "events": ["*"],
            "allow_private": True,
            **service.terms,
        }
        self.env = env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "SPEC_NOTIFY_STATE_DIR": str(home / "state"),
            "SPEC_NOTIFY_URL": peer.url + service.path,
        }
        if service.secret:
            keys["secret_env"] = "SPEC_NOTIFY_KEY"
            env["SPEC_NOTIFY_KEY"] = service.secret
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
        retry = '[subscriptions.retry]\nschedule = ["1ms"]\nmax_attempts = 3\njitter = 0.0'
        self.config = home / "config.toml"
        self.config.write_text(f"enabled = true\n[[subscriptions]]\n{lines}\n{retry}\n")
        self._queued = 0
        self.folder = home / "shop"
        self.folder.mkdir()
        self.wiring = Wiring.open(self.folder, config_file=str(self.config), env=env)

    def queue(self, *bodies: bytes) -> None:
        at = now()
        for body in bodies:
            self._queued += 1
            type_ = json.loads(body)["type"]
            event = Event(id=event_id(type_, self._queued), type=type_, at=at, body=body)
            delivery = Delivery(
                id=delivery_id(event.id, "shop"),
                event=event.id,
                type=type_,
                subscription="shop",
                state=State.PENDING,
                created_at=at,
                next_at=at,
                expires_at=at + DAY,
            )
            with self.wiring.spool.ledger() as ledger:
                ledger.admit(event, [delivery])

    def deliver(self, budget: int = 0) -> list[Attempted]:
        return drained(self.wiring, budget)

    def states(self) -> list[State]:
        return [each.state for each in self.wiring.spool.find(Query())]

    def records(self) -> str:
        """Everything the evidence says."""
        return "\n".join(path.read_text("utf-8") for path in self.folder.rglob("*.json"))


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Shop, Receiver]]:
    service, script = request.param
    with Receiver(script) as peer:
        shop = Shop(tmp_path, service, peer)
        yield shop, peer
        shop.wiring.close()


def before(service: Service, *answers: Answer) -> Answers:
    """Give these answers first, then the service's own."""

    def script(request: Request) -> Answer:
        early = request.number <= len(answers)
        return answers[request.number - 1] if early else service.peer(request)

    return script


def served(*answers: Answer) -> pytest.MarkDecorator:
    """Every service, after these answers."""
    cases = [(service, before(service, *answers)) for service in SERVICES]
    ids = [service.kind for service in SERVICES]
    return pytest.mark.parametrize("opened", cases, ids=ids, indirect=True)


@served()
def test_every_type_of_event_is_taken(
    opened: tuple[Shop, Receiver], request: pytest.FixtureRequest
) -> None:
    shop, peer = opened
    detail = next(each.detail for each in SERVICES if each.kind in request.node.name)
    shop.queue(*BODIES.values())
    attempts = shop.deliver(10_000)

    assert len(attempts) == len(BODIES) == len(peer.requests)
    assert {each.outcome.detail for each in attempts} == {detail}
    assert {*shop.states()} == {State.DELIVERED}


@served()
def test_hostile_and_long_texts_are_taken_too(opened: tuple[Shop, Receiver]) -> None:
    shop, _ = opened
    for text in (TEXTS[0], "🚀" * 300, "`*_" * 900, "x" * 9_000):
        shop.queue(*bodies_of(text).values())
        assert {each.outcome.verdict for each in shop.deliver(10_000)} == {Verdict.DELIVERED}


@served()
def test_nothing_that_lets_us_in_is_written_down(opened: tuple[Shop, Receiver]) -> None:
    shop, peer = opened
    shop.queue(BODIES["task_completed"])
    (attempt,) = shop.deliver()
    raw = peer.requests[0]

    assert "c4n4ry" in f"{raw.path} {raw.headers} {raw.body!r}"
    assert shop.records()
    assert "c4n4ry" not in f"{shop.records()} {attempt.outcome} {attempt.delivery}"


@served()
def test_a_test_by_hand_shows_the_request_and_not_what_lets_us_in(
    opened: tuple[Shop, Receiver],
) -> None:
    shop, peer = opened
    words = ["--test", "--repo", str(shop.folder), "--config", str(shop.config)]
    done = subprocess.run(
        [sys.executable, "-m", "spec_notify", *words],
        env=shop.env | {"PYTHONPATH": str(PAYLOADS.parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert len(peer.requests) == 1
    assert "content-type: application/json" in done.stdout
    assert "c4n4ry" not in done.stdout + done.stderr + shop.records()


@served(peers.said(503), peers.said(500))
def test_a_service_that_fails_is_asked_again(opened: tuple[Shop, Receiver]) -> None:
    shop, peer = opened
    shop.queue(BODIES["task_completed"])
    attempts = shop.deliver(5_000)

    assert [each.outcome.status for each in attempts[:2]] == [503, 500]
    assert shop.states() == [State.DELIVERED]
    assert len({request.body for request in peer.requests}) == 1


@served(peers.said(429, {"message": "slow down"}, retry_after="1"))
def test_a_service_that_asks_for_a_pause_gets_it(opened: tuple[Shop, Receiver]) -> None:
    shop, peer = opened
    shop.queue(BODIES["task_completed"])
    shop.deliver(10_000)
    first, second = peer.requests

    assert second.arrived - first.arrived >= 1.0
    assert shop.states() == [State.DELIVERED]


@pytest.mark.parametrize(
    "opened",
    [(SERVICES[0], before(SERVICES[0], peers.said(429, {"retry_after": 0.4, "global": False})))],
    indirect=True,
)
def test_a_fraction_of_a_second_is_a_pause_too(opened: tuple[Shop, Receiver]) -> None:
    shop, peer = opened
    shop.queue(BODIES["task_completed"])
    shop.deliver(10_000)
    first, second = peer.requests

    assert second.arrived - first.arrived >= 0.4
    assert shop.states() == [State.DELIVERED]


def refusal(place: int, status: int, body: object = None) -> tuple[Service, Answers]:
    return SERVICES[place], before(SERVICES[place], peers.said(status, body))


@pytest.mark.parametrize(
    ("opened", "state"),
    [
        (refusal(0, 403), State.DEAD),
        (refusal(0, 404, {"code": 10015}), State.PARKED),
        (refusal(2, 422), State.DEAD),
        (refusal(3, 400), State.DEAD),
    ],
    indirect=["opened"],
)
def test_what_would_be_refused_again_is_asked_once(
    opened: tuple[Shop, Receiver], state: State
) -> None:
    shop, peer = opened
    shop.queue(BODIES["task_completed"])
    shop.deliver(1_000)

    assert shop.states() == [state]
    assert len(peer.requests) == 1
