"""The webhook target: the contract's headers, each profile, and what a redirect may reveal."""

from __future__ import annotations

import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.errors import SecretError
from spec_notify.core.message import Reply
from spec_notify.core.signature import body_hex, decode_secret, verify_standard
from spec_notify.targets import webhook

from .conformance import AT, BODY, OLD_SECRET, SECRET, order


def headers(**facts: object) -> dict[str, str]:
    return dict(webhook.render(order(**facts)).headers)  # type: ignore[arg-type]


def test_the_stored_body_is_sent_unchanged() -> None:
    assert webhook.render(order()).body is BODY


def test_the_headers_are_the_contracts() -> None:
    found = headers(attempt=3)
    signature = found.pop("webhook-signature")

    assert found == {
        "content-type": "application/json",
        "user-agent": "spec-notify/0.1.0",
        "webhook-id": "evt_abcdefghijklmnopqrstuvwxyz",
        "webhook-timestamp": "1795168800",
        "x-spec-notify-delivery": "dlv_abcdefghijklmnopqrstuvwxyz",
        "x-spec-notify-attempt": "3",
        "x-spec-notify-event": "spec-kit.task.completed",
        "x-spec-notify-schema-version": "1.0",
    }
    assert verify_standard(
        decode_secret(SECRET), signature, id=found["webhook-id"], timestamp=AT // 1000, body=BODY
    )


def test_a_later_attempt_has_the_same_id_and_a_fresh_timestamp() -> None:
    first, second = headers(attempt=1, at=AT), headers(attempt=2, at=AT + 61_000)

    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 61
    assert first["webhook-signature"] != second["webhook-signature"]


def test_during_rotation_each_secret_verifies() -> None:
    signed = headers(secrets=(SECRET, OLD_SECRET))["webhook-signature"].split(" ")
    alone = [headers(secrets=(secret,))["webhook-signature"] for secret in (SECRET, OLD_SECRET)]

    assert signed == alone


@pytest.mark.parametrize(
    ("profile", "header", "value"),
    [
        ("github", "X-Hub-Signature-256", "sha256=" + body_hex("key", BODY)),
        ("conductor", "X-Conductor-Signature", "sha256=" + body_hex("key", BODY)),
        ("aegis", "X-Aegis-Signature", body_hex("key", BODY)),
    ],
)
def test_another_profile_has_its_own_header_beside_ours(
    profile: str, header: str, value: str
) -> None:
    found = headers(signature=profile, secrets=("key",))

    assert found[header] == value
    assert "webhook-signature" not in found
    assert {"webhook-id", "webhook-timestamp", "x-spec-notify-delivery"} <= {*found}


def test_the_profile_none_is_the_only_way_to_send_unsigned() -> None:
    unsigned = headers(signature="none", secrets=())

    assert not [name for name in unsigned if "signature" in name.lower()]
    with pytest.raises(SecretError):
        headers(secrets=())
    with pytest.raises(SecretError):
        headers(secrets=("password",))


def test_the_signed_id_is_the_id_that_is_sent() -> None:
    found = headers(event="evt_\r\nx")

    assert found["webhook-id"] == "evt_??x"
    assert verify_standard(
        decode_secret(SECRET),
        found["webhook-signature"],
        id=found["webhook-id"],
        timestamp=AT // 1000,
        body=BODY,
    )


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (None, "redirects are not followed"),
        ("https://other.example/path?token=abc", "(to other.example)"),
        ("https://user:abc@other.example/", "(to other.example)"),
        ("/login?token=abc", "(to the same host)"),
        ("http://[abc", "(to an unreadable place)"),
        ("http://other\x1b[31m.example/", "redirects are not followed"),
        ("file:///etc/abc", "(to the same host)"),
    ],
)
def test_a_redirect_is_a_failure_that_names_the_host_and_no_more(
    location: str | None, words: str
) -> None:
    found = (("Location", location),) if location is not None else ()
    judged = webhook.judge(Reply(status=302, headers=found), strict=True, now=AT)

    assert judged.verdict is Verdict.RETRY
    assert words in judged.detail
    assert "abc" not in judged.detail
    assert judged.detail.isprintable()


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (200, "HTTP 200 OK"),
        (503, "HTTP 503 Service Unavailable"),
        (299, "HTTP 299"),
        (
            410,
            "HTTP 410 Gone: the endpoint is parked until a replay gets through or its URL changes",
        ),
    ],
)
def test_a_status_is_told_in_words(status: int, detail: str) -> None:
    assert webhook.judge(Reply(status=status), strict=False, now=AT).detail == detail
