"""The page's own files, read once; they hold no data of anybody's."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

_TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}


class Files:
    """The files by the path they are asked for under; the page itself is `/`."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, str, str]] = {}
        for file in files(__package__).joinpath("static").iterdir():
            kind = _TYPES.get(file.name.rpartition(".")[2])
            if kind is not None:
                body = file.read_bytes()
                path = "/" if file.name == "index.html" else f"/{file.name}"
                tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
                self._known[path] = (body, kind, tag)

    @property
    def paths(self) -> tuple[str, ...]:
        """Answer every path there is."""
        return tuple(self._known)

    async def send(self, request: Request) -> Response:
        """Answer a file, or that the one known by its tag still is the same."""
        body, kind, tag = self._known[request.url.path]
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=kind)
