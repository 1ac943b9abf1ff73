"""Answers in JSON: what was asked for, or what was wrong with the asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from http import HTTPStatus


def answer(found: object, status: int = 200) -> Response:
    """Answer a value as JSON."""
    return Response(
        orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json"
    )


def problem(status: HTTPStatus, said: str) -> Response:
    """Answer why there is no other answer: `{"error": …}`."""
    return answer({"error": said}, status)
