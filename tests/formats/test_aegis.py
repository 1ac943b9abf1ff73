"""The aegis format: four flat members, and a signature over exactly the bytes that are sent."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from spec_notify.core.message import Endpoint, Secret
from spec_notify.core.workflow_payload import build_workflow_event
from spec_notify.formats import aegis
from spec_notify.targets import webhook
from tests.targets.conformance import order

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
BODIES = {path.stem: path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))}
OWN_KEY = "a key of my own, not whsec_"


def body(**data: Any) -> bytes:
    return build_workflow_event(
        "workflow.started", data, workflow="nightly", repository="r", nonce="1", at=1_000
    ).body


def test_a_workflow_s_event_has_four_members_and_its_own_data() -> None:
    assert aegis.spell(body(step_count=3, note="ä")).decode() == (
        '{"event_type":"workflow.started","timestamp":"1970-01-01T00:00:01.000Z",'
        '"workflow_name":"nightly","data":{"step_count":3,"note":"ä"}}'
    )


@pytest.mark.parametrize("name", BODIES)
def test_every_type_can_be_spelled(name: str) -> None:
    native = orjson.loads(BODIES[name])
    said = orjson.loads(aegis.spell(BODIES[name]))

    assert list(said) == ["event_type", "timestamp", "workflow_name", "data"]
    assert said["event_type"] == native["type"]
    assert isinstance(said["workflow_name"], str)
    assert said["data"].items() <= native["data"].items()


def test_what_is_about_no_workflow_goes_by_the_name_of_its_spec() -> None:
    said = {name: orjson.loads(aegis.spell(each)) for name, each in BODIES.items()}
    names = {name: each["workflow_name"] for name, each in said.items()}

    assert names["workflow_completed"] == "nightly"
    assert names["stage_completed"] == "SPEC-ORB-001-harvest"
    assert names["task_completed_bare"] == ""
    assert names["delivery_dead_lettered"] == ""


def test_the_signature_is_over_the_bytes_that_are_sent() -> None:
    spelled = aegis.spell(body(step_count=3, note="ä"))
    endpoint = Endpoint(url=Secret("https://ci.example"), secrets=(Secret(OWN_KEY),))
    asked = msgspec.structs.replace(order(body=spelled, signature="aegis"), endpoint=endpoint)
    sent = webhook.render(asked)
    proof = dict(sent.headers)["X-Aegis-Signature"]

    assert sent.body is spelled
    assert proof == hmac.new(OWN_KEY.encode(), sent.body, hashlib.sha256).hexdigest()
    # What the standard library would make of the same event is other bytes, and does not verify.
    again = json.dumps(json.loads(sent.body)).encode()
    assert proof != hmac.new(OWN_KEY.encode(), again, hashlib.sha256).hexdigest()
