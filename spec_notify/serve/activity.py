"""An event as the API tells it, and as one line of the page: what, whose, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from spec_notify.core.event import (
    CONSENSUS_CONFLICT,
    DEAD_LETTERED,
    RECOVERED,
    TEST,
    WORKFLOW_STARTED,
)
from spec_notify.core.instant import rfc3339
from spec_notify.formats.aegis import flat
from spec_notify.targets._wording import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event

_OUTCOMES = {
    DEAD_LETTERED: "Given up",
    RECOVERED: "Delivered again",
    TEST: "Test",
    CONSENSUS_CONFLICT: "Conflict",
    WORKFLOW_STARTED: "Started",
}
_GOOD = ("done", "success", "succeeded", "completed", "passed", "delivered again")
_BAD = (
    *("failed", "failure", "timedout", "timeout", "crashed", "halted", "halt", "given up"),
    *("attention-required", "conflict", "error", "budgetexceeded"),
)
_WARN = ("blocked", "unknown", "dropped")


def told(event: Event) -> dict[str, Any]:
    """Answer an event in the four members of the API, the data as their producer gave them."""
    body = _body(event)
    data = _table(body, "data")
    # As the aegis format has it; but what is about no workflow has a name here all the same.
    said = flat({"type": event.type, "timestamp": rfc3339(event.at), **body, "data": data})
    return {**said, "workflow_name": workflow_name(event, data)}


def line(event: Event, deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Answer an event as the page shows it in one line, with where its deliveries stand."""
    data = _table(_body(event), "data")
    outcome = _outcome(event, data)
    turn = _table(data, "transition")
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": rfc3339(event.at),
        "name": workflow_name(event, data),
        "title": _title(event, data),
        "before": _text(turn, "from") if outcome == _text(turn, "to") else None,
        "outcome": outcome,
        "tone": tone(outcome),
        "deliveries": [
            {"delivery": each.id, "subscription": each.subscription, "state": each.state}
            for each in deliveries
        ],
    }


def workflow_name(event: Event, data: dict[str, Any]) -> str:
    """Answer whose event it is: the workflow's, else the run's, team's, SPEC's or document's.

    A run goes by its id, our own health by the subscription it is about.
    """
    named = (
        _text(_table(data, "workflow"), "name"),
        _text(data, "runId"),
        _text(_table(data, "run"), "run"),
        _text(_table(data, "team"), "name"),
        _text(data, "subscription"),
        event.spec,
        event.document,
        event.task,
    )
    return next(filter(None, named), event.type)


def tone(outcome: str | None) -> str:
    """Answer how an outcome is to be taken: good, bad, warn, or plain."""
    said = (outcome or "").casefold().replace(" ", "")
    for name, words in (("good", _GOOD), ("bad", _BAD), ("warn", _WARN)):
        if said in {word.replace(" ", "") for word in words}:
            return name
    return "plain"


def _title(event: Event, data: dict[str, Any]) -> str:
    said = wording(event.type, event.body).headline
    # What it came to and whose it is have places of their own in a line.
    for end in filter(None, (_outcome(event, data), event.status)):
        said = said.removesuffix(f" → {end}").removesuffix(f" → {end.lower()}")
    turn = _table(data, "transition")
    said = said.removesuffix(f": {_text(turn, 'from')}")
    return said.removeprefix(f"{workflow_name(event, data)}: ")


def _outcome(event: Event, data: dict[str, Any]) -> str | None:
    if event.type in _OUTCOMES:
        return _OUTCOMES[event.type]
    found = event.status or next(
        filter(None, (_text(_table(data, each), "outcome") for each in ("stage", "pipeline"))), None
    )
    return f"{found[:1].upper()}{found[1:]}" if found else None


def _body(event: Event) -> dict[str, Any]:
    try:
        found = orjson.loads(event.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    inner = found.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(found: dict[str, Any], key: str) -> str | None:
    value = found.get(key)
    return value if isinstance(value, str) and value else None
