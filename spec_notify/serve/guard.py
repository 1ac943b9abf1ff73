"""The guard before every route: the right name, nobody else's page, the token, and safe headers."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from .replies import problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .hosts import Hosts

_HEADERS = {
    # What is shown comes from this server alone, and no text ever becomes markup.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_METHODS = ("GET", "HEAD")


class Guard:
    """Lets a request through to `app`, or says why not; `open` are the paths without data.

    `token` is asked for as a bearer token unless it is None.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Hosts,
        token: bytes | None,
        open: Collection[str],
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token
        self._open = open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(_HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        answer = self._refusal(scope) or self._app
        await answer(scope, receive, sending)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._hosts.allow(hosts[0]):
            return problem(HTTPStatus.MISDIRECTED_REQUEST, "this server goes by another name")
        if scope["method"] not in _METHODS:
            refusal = problem(HTTPStatus.METHOD_NOT_ALLOWED, "nothing here can be changed")
            refusal.headers["allow"] = ", ".join(_METHODS)
            return refusal
        if scope["path"] in self._open:
            return None
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return problem(HTTPStatus.FORBIDDEN, "another site's page may not ask")
        if not self._knows(headers.getlist("authorization")):
            refusal = problem(HTTPStatus.UNAUTHORIZED, "a token is needed: Authorization: Bearer …")
            refusal.headers["www-authenticate"] = "Bearer"
            return refusal
        return None

    def _knows(self, given: list[str]) -> bool:
        if self._token is None:
            return True
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        # Starlette reads headers as Latin-1.
        known = hmac.compare_digest(token.strip(" ").encode("latin-1"), self._token)
        return known and scheme.lower() == "bearer"
