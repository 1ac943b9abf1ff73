"""
Verify spec-notify's `v1a` signatures. Python 3.11 and `pip install cryptography`.

    WEBHOOK_KEY=whpk_… python verify_ed25519.py 8788

It answers 204 to what it takes, and 401 to what it refuses. Copy `verify` into your own service.
The key is public: nobody can sign with it. What else a receiver does stands in verify.py.
"""

import base64
import binascii
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE = 5 * 60  # seconds a timestamp may be off, either way
LARGEST = 1024 * 1024


class RefusedError(Exception):
    """The request is not from the holder of the private key, or it is too old."""


def verify(key: str, headers: Mapping[str, str], body: bytes, now: int) -> dict[str, Any]:
    """
    Answer the event in a request. Raises RefusedError.

    `headers` have lower-case names. `body` is the bytes as they came: parsed and written again,
    they would be other bytes. `now` is in seconds.
    """
    id_ = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if not id_ or not re.fullmatch(r"[0-9]{1,12}", stamp):
        raise RefusedError("webhook-id or webhook-timestamp is missing or malformed")
    if abs(now - int(stamp)) > TOLERANCE:
        raise RefusedError("webhook-timestamp is more than five minutes off")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    signed = b".".join((id_.encode(), stamp.encode(), body))
    # A list, because two keys sign while one replaces the other, and `v1` may stand beside `v1a`.
    for entry in headers.get("webhook-signature", "").split(" "):
        version, _, signature = entry.partition(",")
        if version == "v1a" and _fits(public, signature, signed):
            event: dict[str, Any] = json.loads(body)
            return event
    raise RefusedError("no v1a signature fits")


def _fits(public: Ed25519PublicKey, signature: str, signed: bytes) -> bool:
    try:
        public.verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def receiver(key: str, port: int) -> HTTPServer:
    """Answer a server on this machine's loopback."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if not size.isdecimal() or int(size) > LARGEST:
                return self._answer(413)
            body = self.rfile.read(int(size))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                event = verify(key, headers, body, time.time_ns() // 1_000_000_000)
            except RefusedError as error:
                print(f"refused: {error}", flush=True)
                return self._answer(401)
            # Your work goes here; remember the id, as verify.py does.
            print(f"new: {headers['webhook-id']} {event['type']}", flush=True)
            return self._answer(204)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return HTTPServer(("127.0.0.1", port), Door)


if __name__ == "__main__":
    server = receiver(os.environ["WEBHOOK_KEY"], int(sys.argv[1]))
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
