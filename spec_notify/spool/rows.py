"""Rows into values and back; a row that is no value of ours is damage, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from spec_notify.core.alarm import QUIET
from spec_notify.core.delivery import Claim, Delivery, State
from spec_notify.core.event import Event
from spec_notify.ports import StoredDocument

from .connection import Damaged

if TYPE_CHECKING:
    from collections.abc import Collection

    from spec_notify.core.passage import Passage

    from .connection import Database, Row

_Kind = TypeVar("_Kind")

_DELIVERY = Delivery.__struct_fields__
_EVENT = ("id", "type", "at", "body", "task", "status", "spec", "document", "owners", "branch")
_FINISHED = (State.DELIVERED, State.DEAD, State.CANCELLED)
_DOCUMENT = msgspec.json.Decoder(StoredDocument)
_OWNERS = msgspec.json.Decoder(tuple[str, ...])


def finished_at(state: State, now: int) -> int | None:
    """Answer `now` for a state nothing leaves by itself: retention counts from there."""
    return now if state in _FINISHED else None


def is_unheard(type_: str, state: State) -> bool:
    """Say whether a delivery that comes into a state is a dead letter somebody should hear of."""
    return state is State.DEAD and type_ not in QUIET


def listed(values: Collection[str]) -> str:
    """Answer values as the JSON list the statements take them as."""
    return msgspec.json.encode(list(values)).decode()


def delivery_row(delivery: Delivery, *, event: int) -> Row:
    """Answer a new delivery as its row; `event` is the row of its event."""
    name, _, *others = msgspec.structs.astuple(delivery)
    expires_at, created_at = delivery.expires_at, delivery.created_at
    life = None if expires_at is None else expires_at - created_at
    ended = finished_at(delivery.state, created_at)
    unheard = is_unheard(delivery.type, delivery.state)
    return (name, event, *others, life, created_at, ended, unheard)


def event_row(event: Event, *, deliveries: int) -> Row:
    """Answer a new event as its row."""
    return (
        event.id,
        event.type,
        event.at,
        event.task,
        event.status,
        event.spec,
        event.document,
        msgspec.json.encode(event.owners).decode(),
        event.branch,
        event.heard,
        deliveries,
        event.body,
    )


def read_delivery(database: Database, row: int) -> Delivery:
    """Read a delivery. Raises Damaged."""
    found = dict(zip(_DELIVERY, _only(database.row("delivery", seq=row)), strict=True))
    found["probe"] = bool(found["probe"])
    return _value(found, Delivery)


def read_passage(row: Row) -> Passage:
    """Read what became of a delivery. Raises Damaged."""
    # Imported late: a look reports nothing, and a git hook should not pay for it.
    from spec_notify.core.passage import Passage

    return _value(dict(zip(Passage.__struct_fields__, row, strict=True)), Passage)


def read_claim(database: Database, row: int) -> Claim:
    """Read a claim that is under way. Raises Damaged."""
    body, token, started_at, lease_until = _only(database.row("lease", seq=row))
    facts = {
        "delivery": read_delivery(database, row),
        "body": body,
        "token": token,
        "started_at": started_at,
        "lease_until": lease_until,
    }
    return _value(facts, Claim)


def no_attempt(delivery: Delivery, now: int) -> Claim:
    """Answer what stands for a claim where a record is sealed of no attempt: its number is 0."""
    named = msgspec.structs.replace(delivery, attempts=0)
    return Claim(delivery=named, body=b"", token="", started_at=now, lease_until=now)


def read_event(database: Database, id: str) -> Event | None:
    """Read an event. Raises Damaged."""
    row = database.row("event", id=id)
    if row is None:
        return None
    found = dict(zip(_EVENT, row, strict=False))
    try:
        owners = _OWNERS.decode(found["owners"])
    except (msgspec.MsgspecError, TypeError) as error:
        raise Damaged(f"event {id}: {error}") from error
    return _value({**found, "owners": owners, "heard": bool(row[-1])}, Event)


def document_body(document: StoredDocument) -> bytes:
    """Answer a document as the spool keeps it."""
    return msgspec.json.encode(document)


def read_document(body: object) -> StoredDocument:
    """Read what `document_body` wrote. Raises Damaged."""
    try:
        return _DOCUMENT.decode(body)  # type: ignore[arg-type]
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError) as error:
        raise Damaged(f"a remembered document: {error}") from error


def _only(row: Row | None) -> Row:
    if row is None:
        raise Damaged("a row that another one names is missing")
    return row


def _value(facts: dict[str, Any], kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.convert(facts, kind)
    except msgspec.ValidationError as error:
        raise Damaged(f"{kind.__name__.lower()} {facts.get('id', '')}: {error}") from error
