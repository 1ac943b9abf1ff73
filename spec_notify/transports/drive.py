"""The Google Drive transport: token, search, resumable upload; one conversation, one deadline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeGuard
from urllib.parse import urlencode, urlsplit

import msgspec
import orjson

from spec_notify.core.errors import SecretError
from spec_notify.core.instant import spell_duration
from spec_notify.core.message import Failure, Fault, HttpMessage, Leg, Reply, Secret, Timing
from spec_notify.core.redaction import redact
from spec_notify.core.service_account import read_account
from spec_notify.transports.attempt import Progress, since
from spec_notify.transports.google import read_token, token_request

if TYPE_CHECKING:
    from spec_notify.core.message import DriveMessage
    from spec_notify.transports.google import Token
    from spec_notify.transports.http import HttpTransport

PROPERTY = "specNotifyDelivery"
_ROUNDS = 3
"""How often an upload that broke off is taken up again within one attempt."""
_SHARED = {"supportsAllDrives": "true"}
_ID = re.compile(r"[A-Za-z0-9_-]{1,256}", re.ASCII)
_RANGE = re.compile(r"bytes=0-([0-9]{1,12})")


class DriveTransport:
    """A guarded wire to Google Drive (`transports.wires.Wire`); it keeps tokens in memory."""

    def __init__(self, http: HttpTransport) -> None:
        self._http = http
        self._tokens: dict[Secret, Token] = {}

    async def send(
        self, message: DriveMessage, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Upload one file within `deadline` ms; the answer tells all it took to get there.

        Every request is judged and dialled as any other of ours is.
        """
        talk = _Talk(self._http, self._tokens, message, deadline, allow_private=allow_private)
        return talk.told(await talk.upload())

    async def aclose(self) -> None:
        """Let go of idle connections and of the tokens."""
        self._tokens.clear()
        await self._http.aclose()


class _Talk:
    """One conversation, and how far it came."""

    def __init__(
        self,
        http: HttpTransport,
        tokens: dict[Secret, Token],
        message: DriveMessage,
        deadline: int,
        *,
        allow_private: bool,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._message = message
        self._deadline = deadline
        self._allow_private = allow_private
        self._progress = Progress()
        self._legs: list[Leg] = []
        self._base = message.url.reveal().rstrip("/")

    async def upload(self) -> Reply | Failure:
        known: str | None = None
        if self._message.again:
            found = await self._search()
            if not isinstance(found, str | None):
                return found
            known = found
        session = await self._open(known)
        return await self._push(session) if isinstance(session, str) else session

    async def _search(self) -> str | Reply | Failure | None:
        """Answer the id of the file an earlier attempt made; None when there is none."""
        query = (
            f"appProperties has {{ key='{PROPERTY}' and value='{self._message.delivery}' }} "
            "and trashed = false"
        )
        words = {
            **_SHARED,
            "q": query,
            "corpora": "allDrives",
            "includeItemsFromAllDrives": "true",
            "orderBy": "createdTime",
            "pageSize": "1",
            "fields": "files(id)",
        }
        answer = await self._ask("search", "GET", f"{self._base}/drive/v3/files?{urlencode(words)}")
        if not _fine(answer):
            return answer
        match _json(answer.body):
            case {"files": []}:
                return None
            case {"files": [{"id": str(known)}, *_]} if _ID.fullmatch(known):
                return known
        return Failure(fault=Fault.PROTOCOL, detail="the answer to search names no file")

    async def _open(self, known: str | None) -> str | Reply | Failure:
        """Open an upload to a new or known file; answer where its bytes go."""
        message = self._message
        facts: dict[str, object] = {"name": message.name, "mimeType": "application/json"}
        if known is None:
            facts |= {"parents": [message.folder], "appProperties": {PROPERTY: message.delivery}}
        words = urlencode({"uploadType": "resumable", **_SHARED, "fields": "id,name"})
        answer = await self._ask(
            "open",
            "POST" if known is None else "PATCH",
            f"{self._base}/upload/drive/v3/files{f'/{known}' if known else ''}?{words}",
            headers=(
                ("content-type", "application/json; charset=UTF-8"),
                ("x-upload-content-type", "application/json"),
                ("x-upload-content-length", str(len(message.body))),
            ),
            body=orjson.dumps(facts),
        )
        if not _fine(answer):
            return answer
        session = answer.header("location") or ""
        # Whoever could send us elsewhere would be given the token.
        if _origin(session) != _origin(self._base):
            return Failure(fault=Fault.PROTOCOL, detail="the upload is not at Drive's own address")
        return session

    async def _push(self, session: str) -> Reply | Failure:
        """Send the bytes; where it breaks off, ask how many arrived and send the rest."""
        body, sent = self._message.body, 0
        for number in range(_ROUNDS + 1):
            rest = f"bytes {sent}-{len(body) - 1}/{len(body)}"
            headers = (("content-type", "application/json"), ("content-range", rest))
            answer = await self._ask("upload", "PUT", session, headers=headers, body=body[sent:])
            if _broken(answer) and number < _ROUNDS:
                asking = (("content-range", f"bytes */{len(body)}"),)
                answer = await self._ask("resume", "PUT", session, headers=asking)
            arrived = _arrived(answer)
            if arrived is None or arrived >= len(body):
                break
            sent = arrived
        if isinstance(answer, Reply) and answer.status in {308, 404, 410}:
            # The next attempt searches, and opens another.
            return Failure(fault=Fault.PROTOCOL, detail="the upload ended before all was there")
        return answer

    async def _ask(
        self,
        asked: str,
        method: str,
        url: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> Reply | Failure:
        """Ask with a token; one that is no longer taken is renewed, once."""
        answer: Reply | Failure
        for fresh in (False, True):
            token = await self._token(fresh=fresh)
            if isinstance(token, Reply | Failure):
                return token
            bearer = ("authorization", f"Bearer {token.value.reveal()}")
            request = HttpMessage(
                url=Secret(url),
                method=method,
                headers=(*self._message.headers, *headers, bearer),
                body=body,
            )
            answer = _masked(await self._say(asked, request), token.value)
            if not isinstance(answer, Reply) or answer.status != 401:  # noqa: PLR2004 - Unauthorized
                break
        return answer

    async def _token(self, *, fresh: bool) -> Token | Reply | Failure:
        account = self._message.account
        known = self._tokens.get(account)
        if known is not None and known.good and not fresh:
            return known
        try:
            who = read_account(account.reveal(), allow_private=self._allow_private)
            agent = dict(self._message.headers).get("user-agent", "")
            request = token_request(who, at=self._message.at, user_agent=agent)
        except SecretError as error:
            return Failure(fault=Fault.INVALID, detail=str(error))
        answer = await self._say("token", request)
        if not _fine(answer):
            return _masked(answer, Secret(request.body.decode().partition("assertion=")[2]))
        token = read_token(answer.body)
        if token is None:
            return Failure(fault=Fault.PROTOCOL, detail="the answer to token holds no token")
        self._tokens[account] = token
        return token

    async def _say(self, asked: str, request: HttpMessage) -> Reply | Failure:
        left = self._deadline - round(since(self._progress.started))
        if left <= 0:
            spelled = spell_duration(self._deadline)
            return Failure(
                fault=Fault.TIMEOUT, detail=f"not done within {spelled}: still before {asked}"
            )
        answer = await self._http.send(request, deadline=left, allow_private=self._allow_private)
        status = answer.status if isinstance(answer, Reply) else None
        where = _origin(request.url.reveal())
        self._legs.append(Leg(asked=asked, status=status, host=where))
        return answer

    def told(self, answer: Reply | Failure) -> Reply | Failure:
        """Answer with all it took: the legs, and the time from the first of them."""
        timing: Timing = msgspec.structs.replace(answer.timing, total=since(self._progress.started))
        return msgspec.structs.replace(answer, legs=tuple(self._legs), timing=timing)


def _masked(answer: Reply | Failure, secret: Secret) -> Reply | Failure:
    """Answer without what was sent along: it may be echoed, and no config knows it."""
    if not isinstance(answer, Reply):
        return answer
    return msgspec.structs.replace(answer, body=redact(answer.body, [secret]).encode())


def _fine(answer: Reply | Failure) -> TypeGuard[Reply]:
    return isinstance(answer, Reply) and 200 <= answer.status < 300  # noqa: PLR2004 - HTTP's classes


def _broken(answer: Reply | Failure) -> bool:
    if isinstance(answer, Reply):
        return 500 <= answer.status < 600  # noqa: PLR2004 - HTTP's classes
    return answer.fault is Fault.PROTOCOL


def _arrived(answer: Reply | Failure) -> int | None:
    """Answer how many bytes an upload in progress has; None when it is not in progress."""
    if not isinstance(answer, Reply) or answer.status != 308:  # noqa: PLR2004 - Resume Incomplete
        return None
    found = _RANGE.fullmatch(answer.header("range") or "")
    return int(found[1]) + 1 if found else 0


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _origin(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()
