"""A Google on the loopback: a token endpoint that checks assertions, and a Drive that keeps files.

It misbehaves by a script: `troubles` maps what is asked to what is answered instead, in turn.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from spec_notify.transports.receiver import Answer, Receiver, Request

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    Trouble = Answer | Callable[["Drive", Request], Answer]

EMAIL = "notify@project.iam.gserviceaccount.example"
HOST = "google.test"
_LIFE = 3_600


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Drive:
    """What it holds, and what was asked of it, by name."""

    def __init__(self, key: RSAPublicKey, tls: ssl.SSLContext, *, now: int) -> None:
        self._key = key
        self._now = now // 1000
        self.receiver = Receiver(self._answer, tls=tls)
        self.troubles: dict[str, list[Trouble]] = {}
        self.asked: list[str] = []
        self.files: dict[str, dict[str, Any]] = {}
        self.tokens: list[str] = []
        self.complaints: list[str] = []
        self.sessions: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.receiver.port}"

    @property
    def token_uri(self) -> str:
        return f"{self.url}/token"

    def contents(self) -> list[bytes]:
        return [each["body"] for each in self.files.values()]

    def _answer(self, request: Request) -> Answer:
        path = urlsplit(request.path).path
        name = self._name(request, path)
        self.asked.append(name)
        if self.troubles.get(name):
            trouble = self.troubles[name].pop(0)
            return trouble if isinstance(trouble, Answer) else trouble(self, request)
        if name == "token":
            return self._token(request)
        if dict(request.headers).get("authorization") != f"Bearer {self.tokens[-1]}":
            return said(401, {"error": {"code": 401}})
        match name:
            case "search":
                return self._search(request)
            case "open" | "reopen":
                return self._open(request, path)
            case "upload" | "resume":
                return self.receive(request)
        return said(404, {})

    def _name(self, request: Request, path: str) -> str:
        ranged = dict(request.headers).get("content-range", "")
        match request.method, path:
            case "POST", "/token":
                return "token"
            case "GET", "/drive/v3/files":
                return "search"
            case "POST", "/upload/drive/v3/files":
                return "open"
            case "PATCH", _:
                return "reopen"
            case "PUT", _:
                return "resume" if ranged.startswith("bytes */") else "upload"
        return "unknown"

    def _token(self, request: Request) -> Answer:
        form = parse_qs(request.body.decode())
        complaint = self._complaint(form["assertion"][0])
        if form["grant_type"] != ["urn:ietf:params:oauth:grant-type:jwt-bearer"] or complaint:
            self.complaints.append(complaint or "grant")
            return said(400, {"error": "invalid_grant", "assertion": form["assertion"][0]})
        self.tokens.append(f"ya29.c4n4ry-token-{len(self.tokens)}-Zq8Lm2Xw")
        return said(200, {"access_token": self.tokens[-1], "expires_in": _LIFE})

    def _complaint(self, assertion: str) -> str | None:
        head, claims, signature = assertion.split(".")
        try:
            signed = f"{head}.{claims}".encode()
            self._key.verify(unpacked(signature), signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            return "signature"
        if json.loads(unpacked(head)).get("alg") != "RS256":
            return "alg"
        said_ = json.loads(unpacked(claims))
        checks = {
            "iss": said_.get("iss") == EMAIL,
            "aud": said_.get("aud") == self.token_uri,
            "scope": said_.get("scope") == "https://www.googleapis.com/auth/drive",
            "iat": abs(said_.get("iat", 0) - self._now) <= 300,
            "exp": said_.get("exp", 0) == said_.get("iat", 0) + _LIFE,
        }
        return next((name for name, right in checks.items() if not right), None)

    def _search(self, request: Request) -> Answer:
        words = parse_qs(urlsplit(request.path).query)
        found = re.search(r"key='specNotifyDelivery' and value='([A-Za-z0-9_-]+)'", words["q"][0])
        assert found
        assert words["supportsAllDrives"] == words["includeItemsFromAllDrives"] == ["true"]
        ids = [
            {"id": id_}
            for id_, each in self.files.items()
            if each["meta"]["appProperties"]["specNotifyDelivery"] == found[1]
        ]
        return said(200, {"files": ids[:1]})

    def _open(self, request: Request, path: str) -> Answer:
        known = path.removeprefix("/upload/drive/v3/files").removeprefix("/")
        if known and known not in self.files:
            return said(404, {})
        length = int(dict(request.headers)["x-upload-content-length"])
        name = f"s{len(self.sessions)}"
        meta = json.loads(request.body)
        self.sessions[name] = {"meta": meta, "length": length, "body": b"", "file": known}
        return Answer(headers=(("Location", f"{self.url}/upload/session/{name}"),))

    def receive(self, request: Request, *, keep: int | None = None) -> Answer:
        """Take what an upload brings, or only its first bytes."""
        session = self.sessions[request.path.rpartition("/")[2]]
        ranged = re.fullmatch(
            r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", dict(request.headers)["content-range"]
        )
        assert ranged
        assert int(ranged[3]) == session["length"]
        if ranged[1] is not None:
            assert int(ranged[1]) == len(session["body"])
            assert int(ranged[2]) == session["length"] - 1
            session["body"] += request.body if keep is None else request.body[:keep]
        if len(session["body"]) < session["length"]:
            had = len(session["body"])
            return Answer(status=308, headers=(("Range", f"bytes=0-{had - 1}"),) if had else ())
        id_ = session["file"] = session["file"] or f"file{len(self.files)}"
        meta = {**self.files.get(id_, {}).get("meta", {}), **session["meta"]}
        self.files[id_] = {"meta": meta, "body": session["body"]}
        return said(200, {"kind": "drive#file", "id": id_, "name": meta["name"]})


def said(status: int, body: object, *, retry_after: str | None = None) -> Answer:
    headers = (("content-type", "application/json"),)
    waits = (("Retry-After", retry_after),) if retry_after else ()
    return Answer(status=status, headers=(*headers, *waits), body=json.dumps(body).encode())


def cut_off(keep: int) -> Callable[[Drive, Request], Answer]:
    """Take the first bytes of an upload and break the connection."""

    def answer(drive: Drive, request: Request) -> Answer:
        drive.receive(request, keep=keep)
        return Answer(raw=b"", reset=True)

    return answer


def lost(drive: Drive, request: Request) -> Answer:
    """Take all of an upload and break the connection: nobody hears that the file stands."""
    drive.receive(request)
    return Answer(raw=b"", reset=True)
