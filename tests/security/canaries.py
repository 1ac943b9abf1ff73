"""Secrets that would be known again in any spelling, and a search for them over bytes."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from spec_notify.core.ed25519 import spell_pair
from spec_notify.core.signature import encode_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class Canary(NamedTuple):
    """What must never be found, under a name that may."""

    name: str
    secret: bytes


def random(name: str) -> bytes:
    """Answer 32 bytes that look random and are the same in every run."""
    return hashlib.sha256(f"canary of {name}".encode()).digest()


def token(name: str) -> str:
    """Answer a token as services make them, with characters that encodings change."""
    return base64.b64encode(random(name)).decode().rstrip("=") + "/+"


def signing(name: str) -> tuple[str, list[Canary]]:
    """Answer a signing secret, and all that would give it away."""
    text = encode_secret(random(name))
    return text, [Canary(name, text[6:].encode()), Canary(f"{name}, its key", random(name))]


def pair(name: str) -> tuple[str, list[Canary]]:
    """Answer a private key, and all that would give it away; its public half may be known."""
    text, _ = spell_pair(random(name))
    return text, [Canary(name, text[5:45].encode()), Canary(f"{name}, its seed", random(name))]


@cache
def account() -> tuple[str, list[Canary]]:
    """Answer a service account's key file, and a line from the middle of its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    text = json.dumps(
        {
            "type": "service_account",
            "client_email": "notify@project.iam.gserviceaccount.example",
            "private_key_id": "one",
            "private_key": key.decode(),
            "token_uri": "https://127.0.0.1:1/token",
        }
    )
    return text, [Canary("service account", key.splitlines()[7])]


def spellings(secret: bytes) -> dict[str, bytes]:
    """Answer a secret in the six encodings in which it may come back."""
    text = secret.decode("latin-1")
    return {
        "raw": secret,
        "base64": base64.b64encode(secret).rstrip(b"="),
        "base64url": base64.urlsafe_b64encode(secret).rstrip(b"="),
        "hex": secret.hex().encode(),
        "url": quote(secret, safe="").encode(),
        "json": json.dumps(text)[1:-1].replace("/", "\\/").encode(),
    }


def found(canaries: Iterable[Canary], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Answer where which secret stands, and in which encoding."""
    looked_for = [
        (canary.name, encoding, spelled)
        for canary in canaries
        for encoding, spelled in spellings(canary.secret).items()
    ]
    return [
        f"{name} as {encoding} in {place}"
        for place, content in places
        for name, encoding, spelled in looked_for
        if spelled in content or (encoding == "hex" and spelled.upper() in content)
    ]


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Answer every file below some folders, and what it holds."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield str(path), path.read_bytes()
