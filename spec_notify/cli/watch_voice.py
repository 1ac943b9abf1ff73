"""What a watcher says: lines for people or for programs, and each trouble once while it lasts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from spec_notify.core.log_line import Level

from .output import json_bytes, plural
from .scan import named
from .talk import TALK, tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.pipeline.intake import Looked

    from .session import Session


class Voice:
    """Speaks on stderr for one watcher."""

    def __init__(self, here: Session, *, jsonl: bool) -> None:
        self._jsonl = jsonl or here.json
        self._quiet = here.quiet
        self._troubles: dict[str, frozenset[str]] = {}

    def ready(self) -> None:
        """Say that baseline and watches stand; a quiet watcher says this too."""
        self._speak({"event": "ready"}, "ready", always=True)

    def told(self, looked: Looked) -> None:
        """Say what a look found."""
        for path in looked.baselines:
            self._speak({"event": "baseline", "document": path}, f"{path}: taken as the baseline")
        for event in looked.events:
            facts = {"event": "queued", "id": event.id, "type": event.type, "task": event.task}
            self._speak(facts, f"{event.document}: {named(event)} is {event.status}")
        unseen = {**looked.unreadable, **looked.deferred}
        troubles = [
            f"{path}: {plural(count, 'event')} held; `spec-notify accept {path}` sends them"
            for path, count in looked.held.items()
        ]
        self.troubled(
            "look", troubles + [f"{path}: not looked at: {unseen[path]}" for path in unseen]
        )

    def attempted(self, attempted: Attempted) -> None:
        """Say how an attempt ended."""
        delivery = attempted.delivery
        facts = {
            "event": "attempted",
            "delivery": delivery.id,
            "subscription": delivery.subscription,
            "state": delivery.state,
            "status": attempted.outcome.status,
            "attempt": delivery.attempts,
        }
        said = f"{delivery.subscription}: {delivery.task or delivery.event}: "
        level = _LEVELS.get(delivery.state, Level.WARNING)
        self._speak(facts, f"{said}{delivery.state} ({attempted.outcome.detail})", level=level)

    def troubled(self, about: str, troubles: Iterable[str]) -> None:
        """Say those troubles that the last report about the same thing did not hold.

        So one that lasts is said once, and one that passed and comes again is said again.
        """
        found = tuple(dict.fromkeys(troubles))
        for trouble in found:
            if trouble not in self._troubles.get(about, ()):
                self.warn(trouble)
        self._troubles[about] = frozenset(found)

    def warn(self, text: str) -> None:
        """Say a warning, whether or not it was said before."""
        self._speak({"event": "warning", "message": text}, text, level=Level.WARNING)

    def _speak(
        self,
        facts: dict[str, Any],
        words: str,
        *,
        always: bool = False,
        level: Level = Level.INFO,
    ) -> None:
        if self._jsonl and not TALK.json:
            sys.stderr.write(json_bytes(facts).decode("ascii") + "\n")
            sys.stderr.flush()
        elif self._jsonl or always or not self._quiet:
            tell(words, level=level, **{k: v for k, v in facts.items() if k != "message"})


_LEVELS = {"delivered": Level.INFO, "dead": Level.ERROR}
