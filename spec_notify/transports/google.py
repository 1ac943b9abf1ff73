"""A service account's access token: asked for with a signed assertion, kept until it expires.

RFC 7523 and https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from spec_notify.core.errors import SecretError
from spec_notify.core.message import HttpMessage, Secret

if TYPE_CHECKING:
    from spec_notify.core.service_account import ServiceAccount

SCOPE = "https://www.googleapis.com/auth/drive"
"""The narrower drive.file does not see a folder that somebody shared with the account."""
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = 3_600
_EARLY = 60.0
"""Seconds before its end at which a token is no longer used."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, and until when on the monotonic clock, in seconds, it is good."""

    value: Secret
    until: float

    @property
    def good(self) -> bool:
        """Whether it can still be used."""
        return time.monotonic() < self.until


def token_request(account: ServiceAccount, *, at: int, user_agent: str) -> HttpMessage:
    """Answer the request for a token, its assertion dated `at` (milliseconds UTC).

    Raises SecretError for a key that cannot sign.
    """
    body = urlencode({"grant_type": _GRANT, "assertion": _assertion(account, at=at // 1000)})
    headers = (
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", user_agent),
    )
    return HttpMessage(url=Secret(account.token_uri), headers=headers, body=body.encode())


def read_token(body: bytes) -> Token | None:
    """Answer the token in an answer; None where there is none a header could hold."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    match found:
        case {"access_token": str(value), "expires_in": int(seconds)} if _fits(value):
            life = min(max(seconds, 0), _LIFE) - _EARLY
            return Token(value=Secret(value), until=time.monotonic() + life)
    return None


def _fits(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable() and " " not in value


def _assertion(account: ServiceAccount, *, at: int) -> str:
    head = {"alg": "RS256", "typ": "JWT", "kid": account.private_key_id}
    claims = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": at,
        "exp": at + _LIFE,
    }
    signed = ".".join(_spelled(orjson.dumps(part)) for part in (head, claims))
    signature = _key(account).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_spelled(signature)}"


def _key(account: ServiceAccount) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(account.private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SecretError("the account's private key cannot be read") from None
    if not isinstance(key, RSAPrivateKey):
        raise SecretError("the account's private key is not RSA")
    return key


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
