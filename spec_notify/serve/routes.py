"""The routes: each reads a query, looks through the window, and answers; none changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from spec_notify.core.errors import SpoolError, UsageError
from spec_notify.pipeline.gauges import exposition
from spec_notify.ports import Showing

from . import answers, asking
from .kept import Kept
from .replies import answer, problem

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.requests import Request

    from .files import Files
    from .hub import Hub
    from .window import Window

T = TypeVar("T")
_Route: TypeAlias = "Callable[[Request], Awaitable[Response]]"
HEALTH = "/healthz"
_STREAM = "text/event-stream"
_BUG, _UNREADABLE = HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE
_UNPROMPTED = 20
_LISTED = 100
_STATS_AGE = 1_000
_GONE = "there is no such event here: it was purged, or this is another spool"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes are handed. `clock` answers milliseconds since the epoch, UTC."""

    clock: Callable[[], int]
    about: Callable[[], dict[str, Any]]
    """Whose spool it is, and whether anything fills it."""
    breakers: Callable[[Showing], list[dict[str, Any]]]
    """The destinations that hold their deliveries back."""
    report: Callable[[Exception], str]
    """Writes down a bug and answers what to say of it."""


class Routes:
    """The answers to requests, out of one window."""

    def __init__(self, window: Window, hub: Hub, files: Files, facts: Facts) -> None:
        self._window = window
        self._hub = hub
        self._files = files
        self._facts = facts
        self._stats = Kept(facts.clock, age=_STATS_AGE)

    def app(self) -> Starlette:
        """Answer the application."""
        routes = [Route(path, self._files.send) for path in self._files.paths]
        table = {
            "/api/events": self._events,
            "/api/events/{id}": self._event,
            "/api/recent": self._recent,
            "/api/deliveries": self._deliveries,
            "/api/stats": self._figures,
            "/api/stream": self._stream,
            "/metrics": self._metrics,
            HEALTH: self._health,
        }
        routes += [Route(path, self._guarded(each)) for path, each in table.items()]
        return Starlette(routes=routes, exception_handlers={404: _nothing})

    async def _events(self, request: Request) -> Response:
        limit = asking.limit(request.query_params, _UNPROMPTED)
        kind = asking.word(request.query_params, "event_type")
        return answer(await self._look(lambda spool: answers.events(spool, limit, kind)))

    async def _event(self, request: Request) -> Response:
        id_ = request.path_params["id"]
        return _found(await self._look(lambda spool: answers.event(spool, id_)))

    async def _recent(self, request: Request) -> Response:
        asked = request.query_params
        limit, kind = asking.limit(asked, _UNPROMPTED), asking.word(asked, "event_type")
        before = asking.word(asked, "before")
        return _found(await self._look(lambda spool: answers.recent(spool, limit, kind, before)))

    async def _deliveries(self, request: Request) -> Response:
        limit = asking.limit(request.query_params, _LISTED)
        query = asking.query(request.query_params)

        def listed(spool: Showing | None) -> dict[str, Any]:
            breakers = self._facts.breakers(spool) if spool else []
            return answers.deliveries(spool, query, limit) | {"breakers": breakers}

        return answer(await self._look(listed))

    async def _figures(self, request: Request) -> Response:
        span = asking.span(request.query_params)
        return answer(
            await self._look(
                lambda spool: self._stats.answer(span, lambda: self._count(spool, span))
            )
        )

    async def _stream(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type=_STREAM)
        if self._hub.is_full:
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "too many listen already")
        last = request.headers.get("last-event-id")
        headers = {"x-accel-buffering": "no"}
        frames = self._hub.stream(last)
        return StreamingResponse(frames, headers=headers, media_type=_STREAM)

    async def _metrics(self, _: Request) -> Response:
        text = await self._look(lambda spool: exposition(spool, self._facts.clock()))
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def _health(self, _: Request) -> Response:
        stands = await self._look(lambda spool: spool is not None)
        return answer({"status": "ok", "spool": stands})

    def _count(self, spool: Showing | None, span: str) -> dict[str, Any]:
        return answers.stats(spool, span, self._facts.clock()) | self._facts.about()

    async def _look(self, ask: Callable[[Showing | None], T]) -> T:
        def looked() -> T:
            with self._window.looking() as spool:
                return ask(spool)

        return await asyncio.to_thread(looked)

    def _guarded(self, route: _Route) -> _Route:
        """Turn what goes wrong into an answer."""

        async def answered(request: Request) -> Response:
            try:
                return await route(request)
            except UsageError as error:
                return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
            except SpoolError as error:
                # Its words name a folder of this machine; what is wrong is for everybody.
                return problem(_UNREADABLE, f"the spool cannot be read: {error.why}")
            except Exception as error:  # noqa: BLE001 - a bug: one line here, the rest in a file
                return problem(_BUG, f"this is a bug: {self._facts.report(error)}")

        return answered


def _found(found: object | None) -> Response:
    return problem(HTTPStatus.NOT_FOUND, _GONE) if found is None else answer(found)


async def _nothing(_: Request, __: Exception) -> Response:
    return problem(HTTPStatus.NOT_FOUND, "there is nothing at this path")
