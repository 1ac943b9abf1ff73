"""Signatures that a public key verifies: Standard Webhooks 1.0 `v1a`, ed25519 (RFC 8032).

https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0. The curve is cryptography's, an
extra, imported by what signs or verifies and by nothing else.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from .errors import SecretError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE, PUBLIC = "whsk_", "whpk_"
LIBRARY = "cryptography"
MISSING = f"an ed25519 key needs {LIBRARY}: pip install 'spec-notify[ed25519]'"
_SEED = 32


def spell_pair(seed: bytes) -> tuple[str, str]:
    """Answer the private and the public key of 32 random bytes, as `whsk_…` and `whpk_…`.

    The private one holds both halves, as the standard's own senders write it. Raises SecretError.
    """
    public = _public_half(seed)
    return PRIVATE + _spelled(seed + public), PUBLIC + _spelled(public)


def public_key(private: str) -> str:
    """Answer the `whpk_` key that verifies what a `whsk_` key signs. Raises SecretError."""
    return PUBLIC + _spelled(_public_half(_seed(private)))


def decode_private(text: str) -> bytes:
    """Answer the 32 or 64 bytes of a `whsk_` key, unproven. Raises SecretError, echoing nothing."""
    return _bytes(text, PRIVATE, (_SEED, 2 * _SEED))


def sign_v1a(private: str, signed: bytes) -> str:
    """Answer `v1a,<base64>` over the signed content. Raises SecretError."""
    return "v1a," + _spelled(_key(_seed(private)).sign(signed))


def verify_v1a(public: str, signature: str, signed: bytes) -> bool:
    """Say whether any `v1a` entry of a signature list fits a `whpk_` key. Raises SecretError."""
    raw = _bytes(public, PUBLIC, (_SEED,))
    entries = (entry.partition(",") for entry in signature.split(" "))
    return any(_fits(raw, text, signed) for version, _, text in entries if version == "v1a")


def _fits(public: bytes, text: str, signed: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise SecretError(MISSING) from None
    try:
        mark = base64.b64decode(text, validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(mark, signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _seed(private: str) -> bytes:
    """Answer the half that signs, once the other half is known to be its own."""
    raw = decode_private(private)
    seed, stated = raw[:_SEED], raw[_SEED:]
    # Signing for a public key that is not one's own gives the private key away (RFC 8032, 5.1.6).
    if stated and stated != _public_half(seed):
        raise SecretError("the two halves of this whsk_ key are not of one pair")
    return seed


def _public_half(seed: bytes) -> bytes:
    return _key(seed).public_key().public_bytes_raw()


def _key(seed: bytes) -> Ed25519PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        raise SecretError(MISSING) from None
    return Ed25519PrivateKey.from_private_bytes(seed)


def _bytes(text: str, prefix: str, lengths: tuple[int, ...]) -> bytes:
    wanted = " or ".join(map(str, lengths))
    why = f"such a key is {prefix} and standard base64, with padding, of {wanted} bytes"
    if not text.startswith(prefix):
        raise SecretError(why)
    try:
        raw = base64.b64decode(text[len(prefix) :], validate=True)
    except (binascii.Error, ValueError):
        raise SecretError(why) from None
    # As with secrets: two spellings of one key would hide a typo.
    if len(raw) not in lengths or prefix + _spelled(raw) != text:
        raise SecretError(why)
    return raw


def _spelled(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
