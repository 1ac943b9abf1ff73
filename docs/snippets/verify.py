"""
A receiver for spec-notify's webhooks. Python 3.11, standard library only.

    WEBHOOK_SECRET=whsec_… python verify.py 8788

It answers 204 to what it takes, and 401 to what it refuses. Copy `verify` into your own service.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

TOLERANCE = 5 * 60  # seconds a timestamp may be off, either way
LARGEST = 1024 * 1024


class RefusedError(Exception):
    """The request is not from the holder of the secret, or it is too old."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> dict[str, Any]:
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
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SystemExit("the secret is not whsec_ and base64") from None
    signed = b".".join((id_.encode(), stamp.encode(), body))
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    # A list, because two secrets sign while one replaces the other.
    for entry in headers.get("webhook-signature", "").split(" "):
        version, _, signature = entry.partition(",")
        if version == "v1" and hmac.compare_digest(signature.encode(), expected):
            event: dict[str, Any] = json.loads(body)
            return event
    raise RefusedError("no v1 signature fits")


class Seen:
    """The ids that were dealt with. Yours belong into your database, next to what you did."""

    def __init__(self, most: int = 10_000) -> None:
        """Keep the latest `most` ids."""
        self._most = most
        self._ids: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, id_: str) -> bool:
        return id_ in self._ids

    def add(self, id_: str) -> None:
        """Remember an id once its event is dealt with, not before: a failed one comes again."""
        self._ids[id_] = None
        while len(self._ids) > self._most:
            self._ids.popitem(last=False)


def receiver(secret: str, port: int) -> HTTPServer:
    """Answer a server on this machine's loopback."""
    seen = Seen()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = self.headers.get("content-length", "")
            if not size.isdecimal() or int(size) > LARGEST:
                return self._answer(413)
            body = self.rfile.read(int(size))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                event = verify(secret, headers, body, time.time_ns() // 1_000_000_000)
            except RefusedError as error:
                print(f"refused: {error}", flush=True)
                return self._answer(401)
            id_ = headers["webhook-id"]
            if id_ in seen:
                print(f"again: {id_}", flush=True)
                return self._answer(204)
            print(f"new: {id_} {event['type']}", flush=True)  # your work goes here
            seen.add(id_)
            return self._answer(204)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return HTTPServer(("127.0.0.1", port), Door)


if __name__ == "__main__":
    server = receiver(os.environ["WEBHOOK_SECRET"], int(sys.argv[1]))
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
