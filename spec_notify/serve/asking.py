"""What a request asks for, read from its query; junk is refused with the word that was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State
from spec_notify.core.errors import UsageError
from spec_notify.ports import Query

from .answers import RANGES

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

MOST = 500
"""How many events or deliveries one answer may hold."""
LONGEST = 256
_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)
_FAILED = (State.DEAD, State.PARKED)


def limit(asked: QueryParams, default: int) -> int:
    """Answer how many are asked for. Raises UsageError unless it is 1 to 500."""
    text = _one(asked, "limit")
    if text is None:
        return default
    if not _COUNT.fullmatch(text) or not 1 <= int(text) <= MOST:
        raise UsageError(f"limit is a number from 1 to {MOST}")
    return int(text)


def word(asked: QueryParams, key: str) -> str | None:
    """Answer a word asked for by name; None for none, and for `*` or an empty one."""
    text = _one(asked, key)
    return None if text in {None, "", "*"} else text


def span(asked: QueryParams) -> str:
    """Answer how far back. Raises UsageError unless it is one of RANGES."""
    text = _one(asked, "range") or "24h"
    if text not in RANGES:
        raise UsageError(f"range is one of {', '.join(RANGES)}")
    return text


def query(asked: QueryParams) -> Query:
    """Answer which deliveries. Raises UsageError for a state that is none."""
    text = word(asked, "state")
    known = {*State, "failed"}
    if text is not None and not {*text.split(",")} <= known:
        raise UsageError(f"state is one or more of {', '.join(sorted(known))}, with commas")
    states = [
        _FAILED if each == "failed" else (State(each),) for each in (text or "").split(",") if each
    ]
    return Query(
        states=tuple(state for each in states for state in each),
        subscription=word(asked, "subscription"),
        type=word(asked, "event_type"),
        spec=word(asked, "spec"),
    )


def _one(asked: QueryParams, key: str) -> str | None:
    found = asked.getlist(key)
    if len(found) > 1:
        raise UsageError(f"{key} is given {len(found)} times")
    if found and len(found[0]) > LONGEST:
        raise UsageError(f"{key} is longer than {LONGEST} characters")
    return found[0] if found else None
