"""Signatures: published vectors, another library's opinion, and every bit that may flip."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from spec_notify.core.errors import SecretError
from spec_notify.core.message import Endpoint, Secret
from spec_notify.core.signature import (
    body_hex,
    decode_secret,
    encode_secret,
    sign_standard,
    signature_headers,
    verify_standard,
)

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors"
STANDARD: list[dict[str, Any]] = orjson.loads((VECTORS / "standard-v1.json").read_bytes())
BODY_ONLY: list[dict[str, Any]] = orjson.loads((VECTORS / "body-hmac.json").read_bytes())

EVENT = "evt_abcdefghijklmnopqrstuvwxyz"
KEY = bytes(range(32))
OLD_KEY = bytes(range(32, 64))
BODY = b'{"type":"spec-kit.task.completed"}'
NOW = 1_763_632_800

keys = st.binary(min_size=24, max_size=64)


def named(vector: dict[str, Any]) -> str:
    return str(vector["name"])


def headers_of(
    profile: str, *secrets: str, body: bytes = BODY, timestamp: int = NOW
) -> dict[str, str]:
    return dict(
        signature_headers(
            profile,
            [Secret(each) for each in secrets],
            id=EVENT,
            timestamp=timestamp,
            body=body,
        )
    )


@pytest.mark.parametrize("vector", STANDARD, ids=named)
def test_a_standard_vector_is_signed_and_verified(vector: dict[str, Any]) -> None:
    key = decode_secret(vector["secret"])
    facts = {
        "id": vector["id"],
        "timestamp": vector["timestamp"],
        "body": vector["body"].encode(),
    }

    assert sign_standard(key, **facts) == vector["signature"]
    assert verify_standard(key, vector["signature"], **facts)


@pytest.mark.parametrize("vector", BODY_ONLY, ids=named)
@pytest.mark.parametrize(
    ("profile", "header", "prefix"),
    [
        ("github", "X-Hub-Signature-256", "sha256="),
        ("conductor", "X-Conductor-Signature", "sha256="),
        ("aegis", "X-Aegis-Signature", ""),
    ],
)
def test_a_body_only_profile_carries_the_vectors_hex(
    vector: dict[str, Any], profile: str, header: str, prefix: str
) -> None:
    body = vector["body"].encode()

    assert body_hex(vector["secret"], body) == vector["hex"]
    assert headers_of(profile, vector["secret"], body=body) == {header: prefix + vector["hex"]}


@given(
    keys,
    st.integers(min_value=0, max_value=4_000_000_000),
    st.text(st.characters(codec="utf-8")),
)
def test_the_reference_library_signs_the_same(key: bytes, timestamp: int, body: str) -> None:
    theirs = Webhook(encode_secret(key)).sign(EVENT, datetime.fromtimestamp(timestamp, UTC), body)

    assert sign_standard(key, id=EVENT, timestamp=timestamp, body=body.encode()) == theirs


def test_the_reference_library_verifies_our_headers_and_refuses_a_changed_body() -> None:
    now = int(datetime.now(UTC).timestamp())  # noqa: TID251 - their verifier reads the clock
    signed = headers_of("standard", encode_secret(KEY), encode_secret(OLD_KEY), timestamp=now)
    headers = {"webhook-id": EVENT, "webhook-timestamp": str(now), **signed}

    for key in (KEY, OLD_KEY):
        assert Webhook(encode_secret(key)).verify(BODY, headers) == orjson.loads(BODY)
        with pytest.raises(WebhookVerificationError):
            Webhook(encode_secret(key)).verify(BODY + b" ", headers)
    for stale in (now - 301, now + 302):
        late = headers_of("standard", encode_secret(KEY), timestamp=stale)
        with pytest.raises(WebhookVerificationError):
            Webhook(encode_secret(KEY)).verify(
                BODY, {**headers, "webhook-timestamp": str(stale), **late}
            )


def test_rotation_signs_with_both_secrets_current_first() -> None:
    both = headers_of("standard", encode_secret(KEY), encode_secret(OLD_KEY))
    entries = both["webhook-signature"].split(" ")

    assert entries == [
        sign_standard(KEY, id=EVENT, timestamp=NOW, body=BODY),
        sign_standard(OLD_KEY, id=EVENT, timestamp=NOW, body=BODY),
    ]
    for key in (KEY, OLD_KEY):
        assert verify_standard(key, both["webhook-signature"], id=EVENT, timestamp=NOW, body=BODY)


@pytest.mark.parametrize(("off", "count"), [(-1, 2), (0, 1), (1, 1)])
def test_a_rotation_ends_at_its_end_and_the_old_secret_stays_one(off: int, count: int) -> None:
    both = (Secret(encode_secret(KEY)), Secret(encode_secret(OLD_KEY)))
    endpoint = Endpoint(url=Secret("https://x.example"), secrets=both, previous_until=NOW * 1000)

    assert endpoint.signing(NOW * 1000 + off) == both[:count]
    assert endpoint.secrets == both


def test_every_flipped_bit_of_the_body_is_refused() -> None:
    signature = sign_standard(KEY, id=EVENT, timestamp=NOW, body=BODY)

    for position in range(len(BODY) * 8):
        changed = bytearray(BODY)
        changed[position // 8] ^= 1 << position % 8
        assert not verify_standard(KEY, signature, id=EVENT, timestamp=NOW, body=bytes(changed))


@given(key=keys, body=st.binary(max_size=200), bit=st.integers(min_value=0))
def test_a_flipped_bit_of_key_or_signature_is_refused(key: bytes, body: bytes, bit: int) -> None:
    signature = sign_standard(key, id=EVENT, timestamp=NOW, body=body)
    other = bytearray(key)
    other[bit // 8 % len(key)] ^= 1 << bit % 8
    mark = bytearray(base64.b64decode(signature[3:]))
    mark[bit // 8 % len(mark)] ^= 1 << bit % 8
    forged = "v1," + base64.b64encode(mark).decode()

    assert not verify_standard(bytes(other), signature, id=EVENT, timestamp=NOW, body=body)
    assert not verify_standard(key, forged, id=EVENT, timestamp=NOW, body=body)
    assert not verify_standard(key, signature, id=EVENT + "x", timestamp=NOW, body=body)
    assert not verify_standard(key, signature, id=EVENT, timestamp=NOW + 1, body=body)


@pytest.mark.parametrize(
    "signature",
    ["", " ", "v1", "v1,", ",", "v2,abc", "v1,abc v1a,def", "v1,\ud800", "\x00", "v1,é" * 100],
)
def test_a_signature_that_is_none_is_refused_quietly(signature: str) -> None:
    assert not verify_standard(KEY, signature, id=EVENT, timestamp=NOW, body=BODY)


@given(st.text(st.characters()), st.text(st.characters()), st.integers())
def test_no_signature_and_no_id_makes_the_verifier_fall_over(
    signature: str, id: str, timestamp: int
) -> None:
    assert not verify_standard(KEY, signature, id=id, timestamp=timestamp, body=BODY)


def test_a_known_entry_among_unknown_ones_is_found() -> None:
    mine = sign_standard(KEY, id=EVENT, timestamp=NOW, body=BODY)
    listed = f"v2,xyz v1a,abc {mine} v1,zzz"

    assert verify_standard(KEY, listed, id=EVENT, timestamp=NOW, body=BODY)


@given(keys)
def test_a_secret_survives_its_spelling(key: bytes) -> None:
    assert decode_secret(encode_secret(key)) == key


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "password",
        "whsec_",
        "whsec_YQ==",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        base64.b64encode(bytes(32)).decode(),
        "WHSEC_" + base64.b64encode(bytes(32)).decode(),
        "whsec_" + base64.b64encode(bytes(32)).decode().rstrip("="),
        "whsec_" + base64.b64encode(bytes(32)).decode() + "=",
        "whsec_" + base64.b64encode(bytes(32)).decode() + "\n",
        " whsec_" + base64.b64encode(bytes(32)).decode(),
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        "whsec_" + base64.b64encode(bytes(32)).decode()[:-2] + "B=",
        "whsec_" + "é" * 44,
        "whsec_" + "A" * 20 + " " + "A" * 23 + "=",
    ],
)
def test_a_secret_that_is_not_strict_base64_of_24_to_64_bytes_is_refused(secret: str) -> None:
    with pytest.raises(SecretError) as refused:
        decode_secret(secret)

    inner = secret.strip().removeprefix("whsec_")
    assert not inner or inner not in str(refused.value)


@pytest.mark.parametrize("profile", ["standard", "github", "conductor", "aegis"])
@pytest.mark.parametrize("secrets", [(), ("",)])
def test_nothing_is_sent_unsigned_by_accident(profile: str, secrets: tuple[str, ...]) -> None:
    with pytest.raises(SecretError):
        headers_of(profile, *secrets)


def test_the_profile_none_signs_nothing_whatever_secrets_there_are() -> None:
    assert headers_of("none") == headers_of("none", encode_secret(KEY)) == {}


def test_a_body_only_profile_signs_with_the_current_secret_alone() -> None:
    assert headers_of("github", "new", "old") == headers_of("github", "new")


def test_a_secret_from_a_byte_environment_signs_with_those_bytes() -> None:
    from_environment = b"\xff\xfekey".decode("utf-8", "surrogateescape")

    assert len(headers_of("aegis", from_environment)["X-Aegis-Signature"]) == 64
