"""A runs server on the loopback: tells a run's tasks scene by scene, and misbehaves as told to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from spec_notify.transports.receiver import Answer, Receiver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.transports.receiver import Request

RUN = "run-abc123"
PAGE = 500
"""The most rows a page of it holds, whatever is asked for."""
DEFAULT = 50
"""The rows it gives to who does not say how many."""


def tasks(statuses: str) -> list[dict[str, Any]]:
    """Answer rows with these statuses, as `done done building`."""
    return [
        {
            "taskId": f"t{at}",
            "title": f"Task {at}",
            "status": each,
            "updatedAt": None,
            "error": None,
        }
        for at, each in enumerate(statuses.split())
    ]


class RunsServer:
    """Each ask for the tasks is answered by the next scene, the last one for ever.

    A scene is statuses (`done building`), rows, or an answer as it goes over the wire.
    """

    def __init__(
        self,
        *scenes: str | list[Any] | Answer,
        run: str = RUN,
        summary: dict[str, Any] | Answer | None = None,
        bare: bool = False,
    ) -> None:
        self._scenes: Sequence[str | list[Any] | Answer] = scenes
        self._run = run
        self._summary = summary
        self._bare = bare
        self._asked = 0
        self.receiver = Receiver(answers=self._answer)

    @property
    def url(self) -> str:
        return self.receiver.url

    @property
    def asked(self) -> list[Request]:
        """The requests for tasks."""
        return [each for each in self.receiver.requests if "/tasks" in each.path]

    def __enter__(self) -> Self:
        self.receiver.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.receiver.stop()

    def _answer(self, request: Request) -> Answer:
        place = urlsplit(request.path)
        if request.method != "GET":
            return Answer(status=405)
        if unquote(place.path) == f"/runs/{self._run}/tasks":
            scene = self._scenes[min(self._asked, len(self._scenes) - 1)]
            self._asked += 1
            return self._tell(scene, parse_qs(place.query).get("limit", [str(DEFAULT)])[0])
        if unquote(place.path) == f"/runs/{self._run}" and self._summary is not None:
            return self._summary if isinstance(self._summary, Answer) else said(self._summary)
        return Answer(status=404)

    def _tell(self, scene: str | list[Any] | Answer, limit: str) -> Answer:
        if isinstance(scene, Answer):
            return scene
        rows = tasks(scene) if isinstance(scene, str) else scene
        page = rows[: min(int(limit), PAGE)]
        return said(
            page if self._bare else {"runId": self._run, "source": "registry", "items": page}
        )


def said(body: object) -> Answer:
    """Answer some JSON."""
    return Answer(headers=(("content-type", "application/json"),), body=json.dumps(body).encode())
