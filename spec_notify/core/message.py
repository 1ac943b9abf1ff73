"""What goes out and what comes back: messages, replies and failures, all plain values."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Secret:
    """A string that never shows itself: `repr`, `str` and formatting give stars."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Answer the string itself, to sign or dial with."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What goes out, whatever the wire: evidence tells these four facts. `body` is sent unchanged.

    Its class says which wire carries it.
    """

    url: Secret
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes
    method: str

    def facts(self) -> dict[str, object]:
        """Answer what evidence says of this class of message beside those four: no secret."""
        return {}


class HttpMessage(Message, frozen=True, kw_only=True):
    """A request as it will stand on the wire."""

    method: str = "POST"
    signed: bool | None = None
    """Whether its receiver can check who sent it; None where its kind knows no signature."""

    def facts(self) -> dict[str, object]:
        """Say whether a message that could be signed is."""
        return {} if self.signed is None else {"signed": self.signed}


class MailMessage(Message, frozen=True, kw_only=True):
    """A mail for an SMTP server: `url` is `smtp://` (STARTTLS) or `smtps://`, `body` RFC 5322."""

    sender: str
    recipients: tuple[str, ...]
    username: str | None = None
    password: Secret | None = None
    method: str = "MAIL"

    def facts(self) -> dict[str, object]:
        """Count the recipients; who they are is nobody's business (contract, section 5)."""
        return {"recipients": len(self.recipients)}


class FileMessage(Message, frozen=True, kw_only=True):
    """A file to leave in a folder, relative to the repository or absolute; `url` is empty."""

    folder: str
    name: str
    method: str = "WRITE"

    def facts(self) -> dict[str, object]:
        """Name the file; a folder outside the repository stays unnamed, as all such paths do."""
        inside = not self.folder.startswith("/")
        return {"file": f"{self.folder.rstrip('/')}/{self.name}" if inside else self.name}


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds spent in each phase of an attempt; None where a phase was not reached."""

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    response: float | None = None
    total: float = 0.0


class DriveMessage(Message, frozen=True, kw_only=True):
    """A file for a folder of Google Drive: `url` is the API's, `account` a service account's key.

    `at` is when the attempt started, milliseconds UTC; `again` says that it is not the first.
    """

    name: str
    folder: str
    delivery: str
    account: Secret
    at: int
    again: bool
    method: str = "UPLOAD"

    def facts(self) -> dict[str, object]:
        """Name the file."""
        return {"file": self.name}


_UNPROVEN: dict[str, object] = {"signed": False, "receipt": "none"}
"""What evidence says of a message nobody can check, and of which nothing but "sent" comes back."""


class AppriseMessage(Message, frozen=True, kw_only=True):
    """A notification for whatever service the URL names; `body` is plain text."""

    title: str
    method: str = "NOTIFY"

    def facts(self) -> dict[str, object]:
        """Say what such a message lacks, and the URL's scheme alone: its host may be a token."""
        scheme = self.url.reveal().partition("://")[0]
        return {"host": f"{scheme}:" if scheme.isalnum() else None, **_UNPROVEN}


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange of a conversation that takes several: what was asked, and the answer's code."""

    asked: str
    """Words of ours, as `MAIL` or `token`."""
    status: int | None = None
    """None when no answer came."""
    host: str | None = None
    """Scheme, host and port where it is not the message's own."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver said: at most `limit` raw bytes of body are ever read."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    address: str | None = None
    timing: Timing = Timing()
    tls: str | None = None
    legs: tuple[Leg, ...] = ()
    """What led to this answer, and it, where one request does not make an attempt."""

    def header(self, name: str) -> str | None:
        """Answer the first value of a header, by its lower-case name."""
        return next((value for known, value in self.headers if known.lower() == name), None)


class Fault(StrEnum):
    """How a request may come to nothing."""

    DNS = "dns"
    REFUSED_ADDRESS = "refused_address"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    DISK = "disk"
    INVALID = "invalid"


class Flaw(StrEnum):
    """What exactly is wrong where one phase fails in ways that are mended differently."""

    UNKNOWN_HOST = "unknown_host"
    RESOLVER = "resolver"
    SLOW_LOOKUP = "slow_lookup"
    SLOW_CONNECT = "slow_connect"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_HOST = "wrong_host"
    SELF_SIGNED = "self_signed"
    UNKNOWN_AUTHORITY = "unknown_authority"
    WEAK = "weak"
    TLS_VERSION = "tls_version"
    WANTS_CERTIFICATE = "wants_certificate"
    NO_TLS = "no_tls"
    HUNG_UP = "hung_up"
    SLOW_HANDSHAKE = "slow_handshake"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """No reply came: the phase that failed and why, in words without secrets."""

    fault: Fault
    detail: str
    flaw: Flaw | None = None
    address: str | None = None
    timing: Timing = Timing()
    legs: tuple[Leg, ...] = ()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message goes and what signs it: the current secret first, then the previous one."""

    url: Secret
    secrets: tuple[Secret, ...] = ()
    previous_until: int | None = None
    """When the previous one ceases to sign, milliseconds UTC; it stays a secret."""

    def signing(self, at: int) -> tuple[Secret, ...]:
        """Answer what signs at an instant."""
        ended = self.previous_until is not None and at >= self.previous_until
        return self.secrets[:1] if ended else self.secrets


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription says beside the URL of where its messages go, as its kind needs it."""

    to: tuple[str, ...] = ()
    sender: str | None = None
    username: str | None = None
    repository: str | None = None
    folder: str | None = None
    path: str | None = None
    channel: str | None = None
    subject: str | None = None
    words: tuple[str, ...] = ()
    """Lines in the place of ours. These three only a team's own manifest gives."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a target needs to render one attempt; `at` is its start, milliseconds UTC.

    `event`, `delivery` and `type` are ids and words of ours; `body` is the stored native body.
    """

    event: str
    type: str
    delivery: str
    attempt: int
    at: int
    body: bytes
    signature: str
    endpoint: Endpoint
    user_agent: str
    terms: Terms = Terms()
    content_type: str = "application/json"
