"""The file target: an envelope that proves itself, named by its delivery."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import msgspec
import orjson
import pytest
from hypothesis import given

from spec_notify.core.message import Terms
from spec_notify.targets import file, webhook

from .conformance import AT, BODY, hostile_orders, order

if TYPE_CHECKING:
    from spec_notify.core.message import Order


def test_it_holds_what_the_webhook_would_have_sent() -> None:
    envelope = orjson.loads(file.render(order()).body)
    request = webhook.render(order())

    assert envelope["body"].encode() == request.body == BODY
    assert [*envelope["headers"].items()] == [*request.headers]
    assert envelope["bodySha256"] == hashlib.sha256(BODY).hexdigest()
    assert envelope["signature"] == "standard"


def test_without_a_secret_it_is_unsigned_and_says_so() -> None:
    envelope = orjson.loads(file.render(order(secrets=())).body)

    assert envelope["signature"] == "none"
    assert "webhook-signature" not in envelope["headers"]


def test_a_replay_has_the_same_name_and_a_fresh_signature() -> None:
    first, again = file.render(order()), file.render(order(attempt=2, at=AT + 60_000))

    assert first.name == again.name == "dlv_abcdefghijklmnopqrstuvwxyz.json"
    assert first.body != again.body


@given(asked=hostile_orders)
def test_no_delivery_is_named_as_a_path_and_no_byte_of_a_body_is_lost(asked: Order) -> None:
    message = file.render(asked)
    envelope = orjson.loads(message.body)

    assert not {*message.name} & {"/", "\\", "\0"}
    assert not message.name.startswith(".")
    assert len(message.name) <= 70
    body = envelope.get("body", "").encode() or base64.b64decode(envelope.get("bodyBase64", ""))
    assert body == asked.body


@pytest.mark.parametrize(
    ("path", "told"), [("out", "out/dlv_a.json"), ("/media/ada/stick", "dlv_a.json")]
)
def test_evidence_names_the_file_and_no_folder_outside(path: str, told: str) -> None:
    asked = msgspec.structs.replace(order(delivery="dlv_a"), terms=Terms(path=path))
    assert file.render(asked).facts() == {"file": told}
