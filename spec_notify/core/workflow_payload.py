"""The events of a workflow, built once from what their producer says and checked before spooling.

Contract, section 5. What a producer says may come from anywhere: its size and depth are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .body_parts import whole
from .errors import PayloadError
from .event import FAILURE_DETECTED
from .feed import feed_name
from .payload import build_plain_event
from .schema import validate
from .workflow import RESERVED, WORKFLOW_TYPES, keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .event import Event

MOST_BYTES = 262_144
"""What the data of one event may be as JSON: what most receivers of webhooks take."""
DEEPEST = 32
"""Tables and lists inside each other."""
_OUTCOMES = {True: "success", False: "failure"}


def build_workflow_event(
    type_: str,
    data: Mapping[str, object],
    *,
    workflow: str,
    repository: str,
    nonce: str,
    at: int,
    branch: str | None = None,
) -> Event:
    """Build an event of the workflow of that name; its body is made here, once.

    `at` is milliseconds UTC; the same `nonce` gives the same event the same id. Raises
    PayloadError, naming every key that is missing or not to be given.
    """
    _check_keys(type_, data)
    name = whole(workflow)
    try:
        said = {"workflow": {"name": name}, **data}
        event = build_plain_event(type_, said, repository, name, nonce, now=at, task=name)
    except (TypeError, ValueError) as error:
        raise PayloadError(type_, f"its data are no JSON: {error}") from error
    if len(event.body) > MOST_BYTES:
        raise PayloadError(type_, f"its data are larger than {MOST_BYTES:,} bytes")
    if _is_deep(data):
        raise PayloadError(type_, f"its data are more than {DEEPEST} levels deep")
    validate(event.body)
    # Events of one workflow are told in order, as those of one task, to whoever asks for that.
    feed = feed_name("workflow", name, name)
    return msgspec.structs.replace(event, status=_status(type_, data), document=feed, branch=branch)


def _check_keys(type_: str, data: Mapping[str, object]) -> None:
    if type_ not in WORKFLOW_TYPES:
        raise PayloadError(type_, f"is no event of a workflow: one of {', '.join(WORKFLOW_TYPES)}")
    missing = [key for key in keys(type_) if key not in data]
    if missing:
        raise PayloadError(type_, f"its data lack {', '.join(missing)}")
    ours = [key for key in RESERVED if key in data]
    if ours:
        raise PayloadError(type_, f"its data may not hold {', '.join(ours)}: spec-notify writes it")


def _is_deep(data: Mapping[str, object]) -> bool:
    """Say so without descending: what is too deep to look at must not end the one who looks."""
    level: list[object] = [data]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _status(type_: str, data: Mapping[str, object]) -> str | None:
    """Answer what `statuses` of a subscription can ask for."""
    success = False if type_ == FAILURE_DETECTED else data.get("success")
    return _OUTCOMES[success] if isinstance(success, bool) else None
