"""A feed whose content is a JSON file: entries by name, each with a status or null for damage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from spec_notify.core.feed import feed_name
from spec_notify.core.payload import build_plain_event
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import Status
from spec_notify.ports import Fed, Unread, Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spec_notify.core.event import Event
    from spec_notify.ports import Telling

ENDED = ("over", "broken")


class Faucet:
    """Tells of what is over or broken, as `run.finished`."""

    remote = False
    place = ""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.name = feed_name("faucet", file.stem, str(file))

    def pour(self, **statuses: str | None) -> None:
        """Write what the feed says from now on."""
        self.file.write_text(json.dumps(statuses), "utf-8")

    def read(self, before: Snapshot | None) -> Fed | Unreadable:
        del before
        if not self.file.exists():
            return Unreadable(path=self.name, why="is dry")
        entries: dict[str, str | None] = json.loads(self.file.read_text("utf-8"))
        tasks = tuple(
            Task(key=f"key:{name}", id=name, title=name, status=_status(status), line=1)
            for name, status in entries.items()
            if status is not None
        )
        damaged = [name for name, status in entries.items() if status is None]
        return Fed(
            snapshot=Snapshot(document=self.name, format="faucet", tasks=tasks),
            unread=tuple(
                Unread(place=name, why="is damaged", keys=frozenset({f"key:{name}"}))
                for name in damaged
            ),
        )

    def stands_at(self, task: Task) -> str:
        return str(task.id)

    def tell(self, telling: Telling) -> Event | None:
        task, after = telling.transition.task, telling.transition.after
        if after is None or after.canonical not in ENDED:
            return None
        if task.id == "poison":
            raise ValueError("nobody can tell this")
        ids = (telling.repository, telling.generation, telling.document, task.key)
        return build_plain_event(
            "run.finished",
            _told(str(task.id), after.canonical),
            *ids,
            after.text,
            telling.occurrence,
            now=telling.now,
            task=task.id,
        )

    def stirred(self, now: int) -> bool:
        del now
        return False

    def folders(self) -> Sequence[Path]:
        return (self.file.parent,)

    def minds(self, path: str) -> bool:
        del path
        return True


def _told(run: str, ended: str) -> dict[str, object]:
    counts = {"done": int(ended == "over"), "failed": int(ended == "broken"), "blocked": 0}
    return {
        "runId": run,
        "status": "success" if ended == "over" else "attention-required",
        "counts": counts | {"total": 1},
        "createdAt": None,
        "completedAt": "2026-11-20T10:00:00.123Z",
        "links": {"run": "", "tasks": "", "events": ""},
    }


def _status(said: str) -> Status:
    return Status(canonical=said.split(maxsplit=1)[0], text=said, raw=said)
