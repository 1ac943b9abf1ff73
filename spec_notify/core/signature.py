"""Signatures: Standard Webhooks 1.0 `v1` and `v1a`, and the body-only profiles of other systems.

https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0; contract, section 7.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from .ed25519 import PRIVATE, PUBLIC, public_key, sign_v1a, verify_v1a
from .errors import SecretError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .message import Secret

PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64
PROFILES = ("standard", "github", "conductor", "aegis", "none")


def decode_secret(text: str) -> bytes:
    """Answer the key of a `whsec_` secret. Raises SecretError, never echoing the secret."""
    if not text.startswith(PREFIX):
        raise SecretError(
            f"a signing secret starts with {PREFIX} or {PRIVATE}: `spec-notify secret` makes one"
        )
    try:
        key = base64.b64decode(text[len(PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise SecretError("a signing secret is whsec_ and standard base64 with padding") from None
    if encode_secret(key) != text:
        # Base64 leaves spare bits in the last character; two spellings of one key hide a typo.
        raise SecretError("a signing secret is whsec_ and standard base64 with padding")
    if not _FEWEST <= len(key) <= _MOST:
        raise SecretError(f"a signing secret holds 24 to 64 bytes; this one holds {len(key)}")
    return key


def encode_secret(key: bytes) -> str:
    """Spell a key as a `whsec_` secret."""
    return PREFIX + base64.b64encode(key).decode("ascii")


def sign_standard(key: bytes, *, id: str, timestamp: int, body: bytes) -> str:
    """Answer `v1,<base64>` over `id.timestamp.body`; the timestamp is in whole seconds."""
    signed = _content(id, timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")


def verify_standard(
    key: bytes,
    signature: str,
    *,
    id: str,
    timestamp: int,
    body: bytes,
) -> bool:
    """Say whether any `v1` entry of a signature list is ours, each compared in constant time."""
    expected = sign_standard(key, id=id, timestamp=timestamp, body=body).encode()
    entries = [entry.encode("utf-8", "replace") for entry in signature.split(" ")]
    return any(hmac.compare_digest(expected, entry) for entry in entries)


def check_secret(text: str) -> None:
    """Raise SecretError unless a `whsec_` secret or a `whsk_` key can sign with what is here."""
    if text.startswith(PRIVATE):
        public_key(text)
    else:
        decode_secret(text)


def sign_entry(secret: str, *, id: str, timestamp: int, body: bytes) -> str:
    """Answer the entry of a secret: `v1` by a `whsec_`, `v1a` by a `whsk_`. Raises SecretError."""
    if secret.startswith(PRIVATE):
        return sign_v1a(secret, _content(id, timestamp, body))
    return sign_standard(decode_secret(secret), id=id, timestamp=timestamp, body=body)


def verify_entry(secret: str, signature: str, *, id: str, timestamp: int, body: bytes) -> bool:
    """Say whether a list holds an entry that fits a `whsec_`, `whpk_` or `whsk_`.

    Raises SecretError for what is none of them.
    """
    if secret.startswith((PRIVATE, PUBLIC)):
        public = public_key(secret) if secret.startswith(PRIVATE) else secret
        return verify_v1a(public, signature, _content(id, timestamp, body))
    return verify_standard(decode_secret(secret), signature, id=id, timestamp=timestamp, body=body)


def _content(id: str, timestamp: int, body: bytes) -> bytes:
    return b"%s.%d.%s" % (id.encode("utf-8", "surrogatepass"), timestamp, body)


def body_hex(secret: str, body: bytes) -> str:
    """Answer the lower-case hex HMAC-SHA256 of a body under the secret's own bytes.

    Those of an environment variable are taken as they are, UTF-8 or not.
    """
    key = secret.encode("utf-8", "surrogateescape")
    return hmac.digest(key, body, hashlib.sha256).hex()


def signature_headers(
    profile: str,
    secrets: Sequence[Secret],
    *,
    id: str,
    timestamp: int,
    body: bytes,
) -> tuple[tuple[str, str], ...]:
    """Answer the headers that prove a body, current secret first. Raises SecretError.

    Body-only profiles carry one signature, so only the current secret signs there.
    """
    if profile == "none":
        return ()
    if not secrets or not all(secret.reveal() for secret in secrets):
        raise SecretError("no signing secret: nothing is sent unsigned by accident")
    current = secrets[0].reveal()
    match profile:
        case "github":
            return (("X-Hub-Signature-256", f"sha256={body_hex(current, body)}"),)
        case "conductor":
            return (("X-Conductor-Signature", f"sha256={body_hex(current, body)}"),)
        case "aegis":
            return (("X-Aegis-Signature", body_hex(current, body)),)
    signed = [
        sign_entry(secret.reveal(), id=id, timestamp=timestamp, body=body) for secret in secrets
    ]
    return (("webhook-signature", " ".join(signed)),)
