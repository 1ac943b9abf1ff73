"""Secrets everywhere, receivers that echo them, DEBUG logging on: not one byte is left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .canaries import files, found
from .nest import Nest, subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.shop import Shop

COMMANDS = [
    "init",
    "config check",
    "config show",
    "test",
    "scan --deliver --drain 20s",
    "deliver --drain 1s --log-format json",
    "list",
    "list --failed --json",
    "explain --file SPEC.md",
    "doctor --json",
    "metrics",
    "evidence verify",
    "history",
]
AFTERWARDS = [
    "list --json",
    "report --json",
    "ack --failed --yes",
    "cancel --state parked --yes",
    "purge --state dead --yes",
    "metrics --json",
    "config show --json",
    "hook post-commit --sync",
    "evidence audit",
]
LOUD = (
    "import logging, os\n"
    "logging.basicConfig(level=1, filename=os.environ['LOUD_LOG'])\n"
    "logging.captureWarnings(True)\n"
)


@pytest.fixture
def nest(open_shop: Callable[..., Shop], tmp_path: Path) -> tuple[Shop, Nest]:
    nest, shop = Nest(), open_shop()
    loud, temporary = tmp_path / "loud", tmp_path / "temporary"
    for folder in (loud, temporary):
        folder.mkdir()
    (loud / "sitecustomize.py").write_text(LOUD)
    known = os.environ.get("PYTHONPATH")
    shop.env |= nest.env | {
        "PYTHONPATH": os.pathsep.join([str(loud), *([known] if known else [])]),
        "PYTHONASYNCIODEBUG": "1",
        "PYTHONDEVMODE": "1",
        "LOUD_LOG": str(tmp_path / "loud.log"),
        "TMPDIR": str(temporary),
    }
    shop.repository.write(".spec-notify/config.toml", nest.config())
    return shop, nest


def test_no_secret_is_left_on_disk_or_said_in_any_encoding(
    nest: tuple[Shop, Nest], tmp_path: Path
) -> None:
    shop, birds = nest
    shop.board(T1="Backlog")
    said: list[tuple[str, bytes]] = []

    def run(command: str) -> None:
        done = shop.run(*command.split())
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in {0, 1, 2, 69, 75, 78}, (command, done.stderr)
        said.append((f"what {command} says", (done.stdout + done.stderr).encode()))

    run("trust --allow-private")
    shop.board(T1="Done")
    for command in COMMANDS:
        run(command)
    scenarios = subscriptions()
    listed = shop.json("list", "--limit", "1000")["deliveries"]
    told = {each["subscription"]: each for each in listed if "task" in each["type"]}
    assert len(scenarios) >= 60
    assert told.keys() == scenarios.keys()
    # Where `test` was told 410, nothing else is sent.
    unsent = {name for name, each in told.items() if not each["attempts"]}
    assert unsent <= {name for name in scenarios if name.endswith("-gone")}
    for manner in ("refuses", "gone", "breaks", "tls"):
        some = told[f"webhook-{manner}"]["delivery"]
        run(f"explain {some}")
        run(f"export {some}")
    birds.mended = True
    run("replay --failed --yes --drain 20s")
    for command in AFTERWARDS:
        run(command)
    birds.receiver.stop()

    log = (tmp_path / "loud.log").read_bytes()
    assert b"DEBUG" in log, "logging was not on: this test would prove less than it says"
    arrived = [repr(each).encode() for each in birds.receiver.requests]
    assert len(found(birds.of["github"], [("there", each) for each in arrived])) >= 2
    kept = [*files(tmp_path), *said]
    records = [content for place, content in kept if "/webhooks/" in place]
    assert len([each for each in records if b"[redacted]" in each]) >= 60
    assert found(birds.canaries, kept) == []
