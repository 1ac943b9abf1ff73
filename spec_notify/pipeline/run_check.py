"""A run looked at from outside: its server is asked, and only a whole answer is believed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import msgspec

from spec_notify.core.message import Failure, HttpMessage, Reply, Secret
from spec_notify.core.retry import parse_retry_after
from spec_notify.core.run import PAGE, Counts, Finish, RunPlace
from spec_notify.sources.runs_api import Rows, Summary, Unread, read_summary, read_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.ports import Transport

ANSWER_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer beyond which nobody listens; 500 tasks with long errors need half of it."""
PATIENCE = 3
"""Checks in a row that wait for the run's own word before a verdict goes without it."""
_NO_SUCH_PAGE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_PHRASES = {status.value: status.phrase for status in HTTPStatus}

T = TypeVar("T")


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why there was no answer to go by; `wish` is how many milliseconds the server asked for."""

    why: str
    status: int | None = None
    wish: int | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found: counts as far as they are known, and the run's end if this is it."""

    counts: Counts | None = None
    finish: Finish | None = None
    trouble: str | None = None
    wish: int | None = None
    unknown: bool = False
    """The server has not heard of the run, and never had."""


class RunCheck:
    """Checks one run; it remembers only whether the server ever knew it.

    `clock` is milliseconds UTC. The answers' words reach nobody: what is said is ours.
    """

    def __init__(
        self,
        place: RunPlace,
        transport: Transport,
        *,
        clock: Callable[[], int],
        user_agent: str,
        api_key: Secret | None = None,
        allow_private: bool = True,
    ) -> None:
        self._place = place
        self._transport = transport
        self._clock = clock
        key = () if api_key is None else (("x-api-key", api_key.reveal()),)
        self._headers = (("accept", "application/json"), ("user-agent", user_agent), *key)
        self._allow_private = allow_private
        self._known = False
        self._unanswered = 0

    async def check(self, deadline: int) -> Found:
        """Ask for the run's tasks and, where they seem to be its end, for its own word on them.

        Each request is given `deadline` milliseconds. Expected failure is a value.
        """
        rows = await self._ask(f"/tasks?limit={PAGE}", deadline, read_tasks)
        if isinstance(rows, Trouble):
            unknown = rows.status == HTTPStatus.NOT_FOUND and not self._known
            return Found(trouble=self._told(rows), wish=rows.wish, unknown=unknown)
        self._known = True
        if rows.counts.outcome is None:
            self._unanswered = 0
            return Found(counts=rows.counts)
        said = None if rows.missing() else await self._ask("", deadline, read_summary)
        return self._judge(rows, said)

    def _judge(self, rows: Rows, said: Summary | Trouble | None) -> Found:
        if isinstance(said, Trouble) and said.status not in _NO_SUCH_PAGE:
            self._unanswered += 1
            if self._unanswered < PATIENCE:
                why = f"no verdict yet, the run itself was not answered: {said.why}"
                return Found(counts=rows.counts, trouble=why, wish=said.wish)
        summary = said if isinstance(said, Summary) else Summary()
        missing, outcome = rows.missing(summary.tasks), rows.counts.outcome
        if missing or outcome is None:
            return Found(counts=rows.counts, trouble=f"no verdict over a part: {missing}")
        finish = Finish(
            place=self._place,
            counts=rows.counts,
            outcome=outcome,
            checked_at=self._clock(),
            created_at=summary.created_at,
        )
        return Found(counts=rows.counts, finish=finish)

    async def _ask(
        self, below: str, deadline: int, read: Callable[[bytes, str], T | Unread]
    ) -> T | Trouble:
        message = HttpMessage(
            method="GET", url=Secret(self._place.url(below)), headers=self._headers, body=b""
        )
        answer = await self._transport.send(
            message, deadline=deadline, allow_private=self._allow_private
        )
        if isinstance(answer, Failure):
            return Trouble(why=answer.detail)
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return self._refused(answer)
        if len(answer.body) > ANSWER_LIMIT:
            return Trouble(why=f"the answer is over {ANSWER_LIMIT // 1024**2} MiB")
        found = read(answer.body, self._place.run)
        return Trouble(why=found.why) if isinstance(found, Unread) else found

    def _refused(self, answer: Reply) -> Trouble:
        why = f"HTTP {answer.status} {_PHRASES.get(answer.status, '')}".rstrip()
        if answer.status in _REFUSED:
            why += ": does it want another API_KEY?"
        elif HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            why += ": redirects are not followed, mend BASE_URL"
        wish = parse_retry_after(answer.header("retry-after"), now=self._clock())
        return Trouble(why=why, status=answer.status, wish=wish)

    def _told(self, trouble: Trouble) -> str:
        if trouble.status != HTTPStatus.NOT_FOUND:
            return trouble.why
        return f"{trouble.why}: the run is not known " + ("any more" if self._known else "yet")
