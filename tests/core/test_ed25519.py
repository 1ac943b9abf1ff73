"""`v1a`: our vectors against the curve of another library, and every bit that may flip."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from spec_notify.core.ed25519 import public_key, spell_pair
from spec_notify.core.errors import SecretError
from spec_notify.core.message import Secret
from spec_notify.core.redaction import redact
from spec_notify.core.signature import (
    check_secret,
    encode_secret,
    sign_entry,
    signature_headers,
    verify_entry,
)

VECTORS: list[dict[str, Any]] = orjson.loads(
    (Path(__file__).parents[2] / "fixtures" / "vectors" / "standard-v1a.json").read_bytes()
)
EVENT, NOW = "evt_abcdefghijklmnopqrstuvwxyz", 1_763_632_800
BODY = b'{"type":"spec-kit.task.completed"}'
PRIVATE, PUBLIC = spell_pair(bytes(range(32)))
OTHER, OTHER_PUBLIC = spell_pair(bytes(range(32, 64)))
SHARED = encode_secret(bytes(range(32)))
FACTS: dict[str, Any] = {"id": EVENT, "timestamp": NOW, "body": BODY}


def header(*secrets: str) -> str:
    ((name, value),) = signature_headers("standard", [Secret(each) for each in secrets], **FACTS)
    assert name == "webhook-signature"
    return value


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: str(each["name"]))
def test_a_vector_is_signed_and_verified_here_and_by_the_library_itself(
    vector: dict[str, Any],
) -> None:
    body = vector["body"].encode()
    facts = {"id": vector["id"], "timestamp": vector["timestamp"], "body": body}
    signed = f"{vector['id']}.{vector['timestamp']}.".encode() + body
    seed = base64.b64decode(vector["private"][5:])[:32]
    mark = base64.b64decode(vector["signature"].removeprefix("v1a,"))

    assert public_key(vector["private"]) == vector["public"]
    assert sign_entry(vector["private"], **facts) == vector["signature"]
    assert verify_entry(vector["public"], vector["signature"], **facts)
    assert Ed25519PrivateKey.from_private_bytes(seed).sign(signed) == mark
    stated = Ed25519PublicKey.from_public_bytes(base64.b64decode(vector["public"][5:]))
    stated.verify(mark, signed)


@given(seed=st.binary(min_size=32, max_size=32), body=st.binary(max_size=300))
def test_whatever_is_signed_is_verified_by_the_public_key_alone(seed: bytes, body: bytes) -> None:
    private, public = spell_pair(seed)
    facts: dict[str, Any] = {"id": EVENT, "timestamp": NOW, "body": body}
    alone = "whsk_" + base64.b64encode(seed).decode()

    assert sign_entry(private, **facts) == sign_entry(alone, **facts)
    assert verify_entry(public, sign_entry(private, **facts), **facts)
    assert verify_entry(private, sign_entry(private, **facts), **facts)


def test_every_flipped_bit_of_the_body_and_the_signature_is_refused() -> None:
    entry = sign_entry(PRIVATE, **FACTS)
    mark = base64.b64decode(entry[4:])

    for position in range(len(BODY) * 8):
        changed = bytearray(BODY)
        changed[position // 8] ^= 1 << position % 8
        assert not verify_entry(PUBLIC, entry, id=EVENT, timestamp=NOW, body=bytes(changed))
    for position in range(len(mark) * 8):
        forged = bytearray(mark)
        forged[position // 8] ^= 1 << position % 8
        assert not verify_entry(PUBLIC, "v1a," + base64.b64encode(forged).decode(), **FACTS)
    assert not verify_entry(PUBLIC, entry, id=EVENT, timestamp=NOW + 1, body=BODY)
    assert not verify_entry(PUBLIC, entry, id=EVENT + "a", timestamp=NOW, body=BODY)
    assert not verify_entry(OTHER_PUBLIC, entry, **FACTS)


@pytest.mark.parametrize(
    "entry", ["", "v1a", "v1a,", "v1a,é", "v1a,AAAA", "v1,{}", "v2,{}", "v1a,{}=", " , , "]
)
def test_a_list_of_anything_else_is_refused(entry: str) -> None:
    mark = sign_entry(PRIVATE, **FACTS)[4:]

    assert not verify_entry(PUBLIC, entry.format(mark), **FACTS)


@pytest.mark.parametrize(
    ("secrets", "versions", "verifiers"),
    [
        ((PRIVATE,), ["v1a"], [PUBLIC]),
        ((PRIVATE, OTHER), ["v1a", "v1a"], [PUBLIC, OTHER_PUBLIC]),
        ((PRIVATE, SHARED), ["v1a", "v1"], [PUBLIC, SHARED]),
        ((SHARED, PRIVATE), ["v1", "v1a"], [SHARED, PUBLIC]),
    ],
)
def test_rotation_signs_with_both_whatever_they_are_current_first(
    secrets: tuple[str, ...], versions: list[str], verifiers: list[str]
) -> None:
    signed = header(*secrets)

    assert [entry.partition(",")[0] for entry in signed.split(" ")] == versions
    assert all(verify_entry(each, signed, **FACTS) for each in verifiers)


def test_a_library_that_knows_v1_alone_passes_over_v1a() -> None:
    import time

    now = int(time.time())  # noqa: TID251 - their verifier reads the clock
    both = [Secret(PRIVATE), Secret(SHARED)]
    signed = signature_headers("standard", both, id=EVENT, timestamp=now, body=BODY)
    headers = {"webhook-id": EVENT, "webhook-timestamp": str(now), **dict(signed)}

    assert Webhook(SHARED).verify(BODY, headers) == orjson.loads(BODY)


def spelled(raw: bytes, prefix: str = "whsk_") -> str:
    return prefix + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "key",
    [
        "whsk_",
        "whsk_????",
        spelled(b"a" * 31),
        spelled(b"a" * 33),
        spelled(b"a" * 63),
        spelled(b"a" * 32).rstrip("="),
        spelled(b"a" * 32) + "\n",
        spelled(bytes(range(32)) + b"b" * 32),
        spelled(b"\xff" * 32).replace("/", "_"),
        spelled(b"a" * 32, "WHSK_"),
        PUBLIC,
    ],
)
def test_what_is_no_private_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(SecretError) as refused:
        check_secret(key)

    assert key[5:] == "" or key[5:] not in str(refused.value)
    with pytest.raises(SecretError):
        header(key)


@pytest.mark.parametrize("key", ["whpk_", spelled(b"a" * 31, "whpk_"), spelled(b"a" * 64, "whpk_")])
def test_what_is_no_public_key_verifies_nothing(key: str) -> None:
    with pytest.raises(SecretError):
        verify_entry(key, sign_entry(PRIVATE, **FACTS), **FACTS)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [each for each in sys.modules if each.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, module, None)

    for use in (
        lambda: check_secret(PRIVATE),
        lambda: header(PRIVATE),
        lambda: verify_entry(PUBLIC, "v1a,AAAA", **FACTS),
        lambda: spell_pair(bytes(32)),
    ):
        with pytest.raises(SecretError, match=r"pip install 'spec-notify\[ed25519\]'"):
            use()
    assert header(SHARED).startswith("v1,")


def test_an_echo_of_the_private_key_is_masked() -> None:
    seed = bytes(range(32))
    echo = f"{PRIVATE} {seed.hex()} {base64.b64encode(seed).decode()} {PRIVATE[9:40]}"

    shown = redact(echo, [Secret(PRIVATE)])

    assert "whsk_AAE" not in shown
    assert seed.hex()[:16] not in shown
    assert base64.b64encode(seed).decode()[:12] not in shown
