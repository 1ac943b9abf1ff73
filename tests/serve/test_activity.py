"""Every kind of event has a line a person can read, and says what came of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from spec_notify.core.event import TYPES, Event
from spec_notify.serve.activity import line, told, tone

PAYLOADS = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "payloads").glob("*.json"))


def stored(file: Path) -> Event:
    """Answer the event a body is of, without what routing would know besides."""
    body = file.read_bytes()
    found = orjson.loads(body)
    return Event(id=found["id"], type=found["type"], at=1_800_000_000_000, body=body)


@pytest.mark.parametrize("file", PAYLOADS, ids=lambda file: file.stem)
def test_every_body_makes_a_line_and_the_four_members(file: Path) -> None:
    event = stored(file)

    shown, api = line(event, []), told(event)

    assert shown["title"].strip() == shown["title"] != ""
    assert shown["name"]
    assert [*api] == ["event_type", "timestamp", "workflow_name", "data"]
    assert api["workflow_name"] == shown["name"]
    data = orjson.loads(event.body)["data"]
    assert api["data"] == {k: v for k, v in data.items() if k not in {"idempotencyKey", "workflow"}}


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"data": 7}', b'{"data": {"task": []}}'])
@pytest.mark.parametrize("kind", [TYPES[0], "workflow.completed", "something.else"])
def test_a_body_that_says_nothing_makes_a_line_of_its_type(body: bytes, kind: str) -> None:
    event = Event(id="evt_x", type=kind, at=0, body=body)

    assert line(event, [])["name"] == kind
    assert told(event)["event_type"] == kind


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("Done", "good"),
        ("Success", "good"),
        ("TimedOut", "bad"),
        ("Attention-required", "bad"),
        ("Given up", "bad"),
        ("Blocked", "warn"),
        ("In Review", "plain"),
        (None, "plain"),
    ],
)
def test_an_outcome_has_its_tone(outcome: str | None, expected: str) -> None:
    assert tone(outcome) == expected
