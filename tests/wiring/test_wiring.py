"""What is wired follows the config in force, and every kind of target is one line of one table."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import spec_notify.targets
from spec_notify.core.delivery import State
from spec_notify.core.errors import ConfigError
from spec_notify.core.kinds import TARGET_KINDS, Credential, TargetKind
from spec_notify.core.signature import encode_secret
from spec_notify.ports import Query
from spec_notify.transports.receiver import Receiver
from spec_notify.wiring import Wiring, now
from spec_notify.wiring.delivering import drained
from tests.spool.given import a_delivery, an_event
from tests.targets.kinds import secret_for, stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.delivery import Delivery

SECRET = encode_secret(b"only for the tests of the wiring")
DAY = 86_400_000


class Desk:
    """A folder with a config, and a receiver on the loopback."""

    def __init__(self, home: Path, receiver: Receiver) -> None:
        (home / "shop").mkdir()
        self.config = home / "config.toml"
        self.env = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "SPEC_NOTIFY_STATE_DIR": str(home / "state"),
            "SPEC_NOTIFY_SECRET": SECRET,
        }
        self.url = receiver.url
        self.write()
        self.wiring = Wiring.open(home / "shop", config_file=str(self.config), env=self.env)

    def write(self, more: str = "", *, name: str = "shop", kind: str = "webhook") -> None:
        self.env["SPEC_NOTIFY_SECRET"] = secret_for(kind, SECRET)
        terms = stated(kind, self.url, allow_private=True)
        keys = {"name": name, "secret_env": "SPEC_NOTIFY_SECRET", **terms}
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
        self.config.write_text(f"enabled = true\n[[subscriptions]]\n{lines}\n{more}\n")

    def queue(self, number: int) -> Delivery:
        at = now()
        event = an_event(number, at=at)
        delivery = a_delivery(event, "shop", created_at=at, next_at=at, expires_at=at + DAY)
        with self.wiring.spool.ledger() as ledger:
            ledger.admit(event, [delivery])
        return delivery

    def states(self) -> list[tuple[State, str | None]]:
        return [(each.state, each.reason) for each in self.wiring.spool.find(Query())]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    receiver = Receiver()
    receiver.start()
    desk = Desk(tmp_path, receiver)
    yield desk
    desk.wiring.close()
    receiver.stop()


def test_a_drain_answers_its_attempts_and_tells_of_each(desk: Desk) -> None:
    queued = {desk.queue(number).id for number in range(3)}
    heard: list[str] = []
    attempts = drained(desk.wiring, 0, lambda each: heard.append(each.delivery.id))
    assert {each.delivery.id for each in attempts} == queued == {*heard}
    assert {each.delivery.state for each in attempts} == {State.DELIVERED}
    assert drained(desk.wiring, 0) == []


def test_a_reload_moves_the_evidence(desk: Desk) -> None:
    desk.queue(1)
    (first,) = drained(desk.wiring, 0)
    desk.write('[evidence]\nroot = "proof"')
    desk.wiring.reload()
    desk.queue(2)
    (second,) = drained(desk.wiring, 0)
    assert first.evidence is not None
    assert second.evidence is not None
    assert first.evidence.startswith("evidence/")
    assert second.evidence.startswith("proof/")
    assert (desk.wiring.root / second.evidence).is_file()


def test_a_dispatch_that_lives_follows_the_config(desk: Desk) -> None:
    dispatch = desk.wiring.dispatch()
    desk.queue(1)

    async def run() -> None:
        desk.write('[evidence]\nroot = "proof"', name="other")
        desk.wiring.reload()
        await dispatch.drain(0)
        assert desk.states() == [(State.PARKED, "no_subscription")]
        desk.write('[evidence]\nroot = "proof"')
        desk.wiring.reload()
        await dispatch.drain(0)
        await dispatch.aclose()

    asyncio.run(run())
    assert [state for state, _ in desk.states()] == [State.DELIVERED]
    assert [each.name for each in desk.wiring.root.iterdir()] == ["proof"]


def test_nothing_is_parked_while_nothing_enables_us(desk: Desk) -> None:
    delivery = desk.queue(1)
    desk.config.write_text("enabled = false\n")
    desk.wiring.reload()
    assert drained(desk.wiring, 1_000) == []
    assert desk.wiring.spool.find(Query()) == [delivery]


def test_a_broken_config_leaves_the_last_good_one(desk: Desk) -> None:
    evidence = desk.wiring.evidence
    desk.config.write_text("enabled = maybe\n")
    assert desk.wiring.config_changed()
    with pytest.raises(ConfigError):
        desk.wiring.reload()
    assert [*desk.wiring.routes()] == ["shop"]
    assert desk.wiring.evidence is evidence


@pytest.mark.parametrize("kind", TARGET_KINDS)
def test_every_kind_has_a_route_that_is_ready_where_it_is_built(desk: Desk, kind: str) -> None:
    desk.write(kind=kind)
    desk.wiring.reload()
    route = desk.wiring.routes()["shop"]
    built = TARGET_KINDS[kind].module is not None
    assert route.unready == (None if built else "unsupported")
    assert (route.endpoint is not None) == built


@pytest.mark.parametrize("kind", [each for each in TARGET_KINDS.values() if each.module])
def test_only_a_kind_that_signs_or_logs_in_asks_for_a_secret(desk: Desk, kind: TargetKind) -> None:
    desk.write(kind=kind.name)
    desk.wiring.reload()
    del desk.env["SPEC_NOTIFY_SECRET"]
    asks = kind.signed or kind.can_sign or kind.credential is not Credential.NONE
    assert desk.wiring.routes()["shop"].unready == ("secret_missing" if asks else None)


def test_every_target_is_a_kind_and_every_kind_that_is_built_is_a_target() -> None:
    folder = Path(spec_notify.targets.__path__[0])
    modules = {f"spec_notify.targets.{each.stem}" for each in folder.glob("[!_]*.py")}
    named = {each.module for each in TARGET_KINDS.values() if each.module}
    assert named == modules
    for name in named:
        module = import_module(name)
        assert callable(module.render)
        assert callable(module.judge)
