"""The CloudEvents format: what the official package reads back, and what is signed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from spec_notify.core.schema import json_schema
from spec_notify.core.signature import decode_secret, verify_standard
from spec_notify.formats import cloudevents
from spec_notify.targets import webhook
from tests.targets.conformance import AT, BODY, SECRET, order

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
BODIES = {path.stem: path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))}


def read(body: bytes) -> CloudEvent:
    """What the official package makes of a spelled body; it raises on what is no CloudEvent."""
    message = HTTPMessage({"content-type": cloudevents.content_type}, cloudevents.spell(body))
    event = from_structured(message, JSONFormat(), CloudEvent)
    assert isinstance(event, CloudEvent)
    return event


@pytest.mark.parametrize("name", BODIES)
def test_the_official_package_reads_every_type_back(name: str) -> None:
    native = orjson.loads(BODIES[name])
    event = read(BODIES[name])

    assert event.get_specversion() == "1.0"
    assert (event.get_id(), event.get_type()) == (native["id"], native["type"])
    assert event.get_time() == datetime.fromisoformat(native["timestamp"])
    assert event.get_datacontenttype() == "application/json"
    assert event.get_data() == native["data"]
    assert event.get_dataschema() == json_schema(native["type"])["$id"]


def about(git: object, task: object) -> CloudEvent:
    body: dict[str, Any] = orjson.loads(BODY)
    body["data"] |= {"git": git, "task": task}
    return read(orjson.dumps(body))


@pytest.mark.parametrize(
    ("repository", "document", "source"),
    [
        ("git.example/team/widgets", "SPEC.md", "git.example/team/widgets/SPEC.md"),
        ("git.example:8443/w", "docs/a b/tasks.md", "git.example%3A8443/w/docs/a%20b/tasks.md"),
        ("é", "#?%", "%C3%A9/%23%3F%25"),
        (None, "SPEC.md", "SPEC.md"),
        ("/", "", "spec-notify"),
        (None, None, "spec-notify"),
    ],
)
def test_the_source_is_a_uri_reference(
    repository: str | None, document: str | None, source: str
) -> None:
    git = None if repository is None else {"repository": repository}

    assert about(git, {"document": document}).get_source() == source


@pytest.mark.parametrize(
    ("task", "subject"),
    [
        ({"id": "T49"}, "T49"),
        ({"id": None}, None),
        ({"id": ""}, None),
        ("T49", "T49"),
        (None, None),
    ],
)
def test_the_subject_is_the_task_s_id_where_there_is_one(task: object, subject: str | None) -> None:
    assert about(None, task).get_subject() == subject


def test_the_subject_of_a_workflow_is_its_name() -> None:
    assert read(BODIES["workflow_completed"]).get_subject() == "nightly"


def test_it_is_spelled_the_same_each_time() -> None:
    assert cloudevents.spell(BODY) == cloudevents.spell(BODY)


def test_the_spelled_bytes_are_what_is_signed() -> None:
    spelled = cloudevents.spell(BODY)
    sent = webhook.render(order(body=spelled))
    headers = dict(sent.headers)

    assert sent.body is spelled
    assert verify_standard(
        decode_secret(SECRET),
        headers["webhook-signature"],
        id=headers["webhook-id"],
        timestamp=AT // 1000,
        body=spelled,
    )


def test_the_subject_of_an_agents_run_is_its_id() -> None:
    assert read(BODIES["run_stop"]).get_subject() == "20261120-0958000000-4711-1"
