"""The demo's stage: a wired repository in a temporary home, with no trace of the user's own."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from spec_notify.core.signature import encode_secret
from spec_notify.wiring import Wiring
from spec_notify.wiring.delivering import drained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.core.event import Event
    from spec_notify.pipeline.attempt import Attempted

_BUDGET = 5_000


class Stage:
    """A repository with one subscription, looked at and delivered from by hand."""

    def __init__(self, wiring: Wiring, secret: str) -> None:
        self._wiring = wiring
        self.secret = secret
        self.root = wiring.root
        self.env = dict(wiring.env)

    @classmethod
    @contextmanager
    def set(cls, home: Path, url: str, config: str) -> Iterator[Stage]:
        """Wire `home/shop`; its state and config live in `home` alone."""
        secret = encode_secret(secrets.token_bytes(33))
        (home / "config.toml").write_text(config, encoding="utf-8")
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "LOGNAME": "demo",
            "SPEC_NOTIFY_CONFIG": str(home / "config.toml"),
            "SPEC_NOTIFY_STATE_DIR": str(home / "state"),
            "SPEC_NOTIFY_DEMO_URL": url,
            "SPEC_NOTIFY_DEMO_SECRET": secret,
        }
        wiring = Wiring.open(home / "shop", config_file=None, env=env)
        try:
            yield cls(wiring, secret)
        finally:
            wiring.close()

    def write(self, path: str, text: str) -> None:
        """Save a document."""
        (self.root / path).write_text(text, encoding="utf-8")

    def look(self) -> list[tuple[Event, tuple[str, str]]]:
        """Look once; answer the events with their from and to."""
        events = self._wiring.intake().look().events
        bodies = [orjson.loads(each.body)["data"]["transition"] for each in events]
        return [(e, (b["from"], b["to"])) for e, b in zip(events, bodies, strict=True)]

    def deliver(self) -> list[Attempted]:
        """Deliver until nothing is due soon; answer the attempts."""
        return drained(self._wiring, _BUDGET)

    def evidence_folder(self) -> Path:
        """Answer the root of the evidence written."""
        return self._wiring.evidence_folder / "commands"
