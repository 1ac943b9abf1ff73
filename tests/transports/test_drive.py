"""The Drive wire against a token endpoint and an upload server that keep Google's promises."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Fault, Reply
from spec_notify.targets import google_drive
from spec_notify.transports.drive import DriveTransport
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.receiver import Answer
from tests.targets.conformance import AT, BODY, order

from .conftest import failure, reply
from .drive_peer import EMAIL, HOST, Drive, cut_off, lost, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.message import DriveMessage, Failure

    from .conftest import Authority


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture
def drive(authority: Authority, key: RSAPrivateKey) -> Iterator[Drive]:
    peer = Drive(key.public_key(), authority.server(f"DNS:{HOST}"), now=AT)
    with peer.receiver:
        yield peer


def account(drive: Drive, key: RSAPrivateKey, **changed: object) -> str:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    facts = {
        "type": "service_account",
        "client_email": EMAIL,
        "private_key_id": "k1",
        "private_key": pem,
        "token_uri": drive.token_uri,
    }
    return json.dumps({**facts, **changed})


def a_file(drive: Drive, secret: str, *, attempt: int = 1, at: int = AT) -> DriveMessage:
    return google_drive.render(order(url=drive.url, secrets=(secret,), attempt=attempt, at=at))


def uploaded(
    authority: Authority, *files: DriveMessage, deadline: int = 5_000
) -> list[Reply | Failure]:
    """Upload one file after the other over one transport."""

    async def loopback(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> list[Reply | Failure]:
        wire = DriveTransport(HttpTransport(tls=authority.client, resolver=loopback))
        try:
            return [await wire.send(each, deadline=deadline, allow_private=True) for each in files]
        finally:
            await wire.aclose()

    return asyncio.run(run())


def test_a_delivery_becomes_one_file_in_the_folder(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    message = a_file(drive, account(drive, key))
    [came] = uploaded(authority, message)

    assert google_drive.judge(reply(came), strict=True, now=AT).verdict is Verdict.DELIVERED
    [(id_, kept)] = drive.files.items()
    assert kept["body"] == message.body
    assert json.loads(kept["body"])["body"].encode() == BODY
    assert kept["meta"] == {
        "name": "dlv_abcdefghijklmnopqrstuvwxyz.json",
        "mimeType": "application/json",
        "parents": ["1AbC"],
        "appProperties": {"specNotifyDelivery": "dlv_abcdefghijklmnopqrstuvwxyz"},
    }
    assert json.loads(reply(came).body)["id"] == id_
    assert [(leg.asked, leg.status, leg.host) for leg in came.legs] == [
        ("token", 200, drive.url),
        ("open", 200, drive.url),
        ("upload", 200, drive.url),
    ]


@pytest.mark.parametrize(
    ("changed", "at", "complaint"),
    [
        ({"client_email": "other@example.org"}, AT, "iss"),
        ({}, AT + 3_600_000, "iat"),
    ],
)
def test_the_token_endpoint_checks_what_it_is_told(
    authority: Authority,
    drive: Drive,
    key: RSAPrivateKey,
    *,
    changed: dict[str, object],
    at: int,
    complaint: str,
) -> None:
    [came] = uploaded(authority, a_file(drive, account(drive, key, **changed), at=at))

    judged = google_drive.judge(reply(came), strict=True, now=AT)
    assert drive.complaints == [complaint]
    assert judged.verdict is Verdict.REJECTED
    assert judged.detail == "HTTP 400 Bad Request to token"
    assert b"eyJ" not in reply(came).body


def test_a_key_that_is_not_the_accounts_gets_no_token(authority: Authority, drive: Drive) -> None:
    other = generate_private_key(public_exponent=65_537, key_size=2_048)
    uploaded(authority, a_file(drive, account(drive, other)))
    assert drive.complaints == ["signature"]


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_x", "{}", '{"type":"authorized_user"}', '{"type":1}', "[" * 100_000],
)
def test_what_is_no_service_account_is_refused_without_quoting_it(
    authority: Authority, drive: Drive, secret: str
) -> None:
    [came] = uploaded(authority, a_file(drive, secret))
    assert failure(came).fault is Fault.INVALID
    assert drive.asked == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nc4n4ry\n"}, "cannot be read"),
        ({"private_key": "c4n4ry"}, "no PEM"),
        ({"token_uri": "http://google.test/token"}, "token_uri is not used"),
        ({"token_uri": "https://169.254.169.254/token"}, "token_uri is not used"),
        ({"token_uri": "file:///etc/passwd"}, "token_uri is not used"),
    ],
)
def test_an_account_of_no_use_is_refused_before_anything_is_asked(
    authority: Authority,
    drive: Drive,
    key: RSAPrivateKey,
    changed: dict[str, object],
    words: str,
) -> None:
    [came] = uploaded(authority, a_file(drive, account(drive, key, **changed)))
    assert failure(came).fault is Fault.INVALID
    assert words in failure(came).detail
    assert drive.asked == []


def test_a_token_is_kept_until_it_expires(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    message = a_file(drive, account(drive, key))
    other = msgspec.structs.replace(message, delivery="dlv_b", name="dlv_b.json")
    uploaded(authority, message, other)

    assert drive.asked.count("token") == 1
    assert len(drive.files) == 2


@pytest.mark.parametrize("asked", ["open", "upload", "search"])
def test_a_token_that_is_no_longer_taken_is_renewed_once(
    authority: Authority, drive: Drive, key: RSAPrivateKey, asked: str
) -> None:
    message = a_file(drive, account(drive, key), attempt=2)
    drive.troubles[asked] = [said(401, {})]
    [came] = uploaded(authority, message)

    assert reply(came).status == 200
    assert drive.asked.count("token") == 2
    assert drive.contents() == [message.body]


def test_a_token_that_is_never_taken_ends_the_attempt(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    drive.troubles["open"] = [said(401, {})] * 9
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    assert reply(came).status == 401
    assert drive.asked == ["token", "open", "token", "open"]


@pytest.mark.parametrize("keep", [0, 1, 100])
def test_an_upload_that_is_cut_off_goes_on_where_it_stopped(
    authority: Authority, drive: Drive, key: RSAPrivateKey, keep: int
) -> None:
    message = a_file(drive, account(drive, key))
    drive.troubles["upload"] = [cut_off(keep), cut_off(keep)]
    [came] = uploaded(authority, message)

    assert reply(came).status == 200
    assert drive.asked[2:] == ["upload", "resume", "upload", "resume", "upload"]
    assert drive.contents() == [message.body]


def test_an_upload_answered_308_or_503_goes_on(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    message = a_file(drive, account(drive, key))
    drive.troubles["upload"] = [lambda peer, asked: peer.receive(asked, keep=7), said(503, {})]
    [came] = uploaded(authority, message)

    assert reply(came).status == 200
    assert drive.contents() == [message.body]


def test_an_upload_whose_end_nobody_heard_is_found_done(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    message = a_file(drive, account(drive, key))
    drive.troubles["upload"] = [lost]
    [came] = uploaded(authority, message)

    assert reply(came).status == 200
    assert drive.contents() == [message.body]


def test_a_retry_after_an_unknown_outcome_makes_no_second_file(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    secret = account(drive, key)
    drive.troubles = {"upload": [lost], "resume": [said(503, {})] * 9}
    first, again = a_file(drive, secret), a_file(drive, secret, attempt=2)
    came = uploaded(authority, first, again)

    assert google_drive.judge(came[0], strict=True, now=AT).verdict is Verdict.RETRY
    assert reply(came[1]).status == 200
    assert drive.contents() == [again.body]


def test_a_session_that_is_gone_is_opened_anew_at_the_next_attempt(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    drive.troubles["upload"] = [said(410, {})]
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    judged = google_drive.judge(failure(came), strict=True, now=AT)
    assert judged.verdict is Verdict.RETRY


@pytest.mark.parametrize("reason", ["userRateLimitExceeded", "rateLimitExceeded"])
def test_a_403_that_asks_for_patience_waits_as_long_as_it_says(
    authority: Authority, drive: Drive, key: RSAPrivateKey, reason: str
) -> None:
    body = {"error": {"code": 403, "errors": [{"reason": reason}]}}
    drive.troubles["open"] = [said(403, body, retry_after="7")]
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    judged = google_drive.judge(came, strict=True, now=AT)
    assert (judged.verdict, judged.retry_after) == (Verdict.RETRY, 7_000)
    assert judged.detail == f"HTTP 403 Forbidden: {reason} to open"


def test_a_403_that_means_it_is_refused_when_strict(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    body = {"error": {"code": 403, "errors": [{"reason": "insufficientFilePermissions"}]}}
    drive.troubles["open"] = [said(403, body)]
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    assert google_drive.judge(came, strict=True, now=AT).verdict is Verdict.REJECTED


@pytest.mark.parametrize(
    "place", ["https://evil.test/x", "http://google.test/x", "", "/x", "http://["]
)
def test_an_upload_is_sent_nowhere_else(
    authority: Authority, drive: Drive, key: RSAPrivateKey, place: str
) -> None:
    drive.troubles["open"] = [Answer(headers=(("Location", place),))]
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    assert failure(came).detail == "the upload is not at Drive's own address"
    assert drive.asked == ["token", "open"]


@pytest.mark.parametrize("asked", ["token", "open", "upload"])
def test_the_deadline_is_over_the_whole_conversation(
    authority: Authority, drive: Drive, key: RSAPrivateKey, asked: str
) -> None:
    drive.troubles[asked] = [Answer(delay=2_000)]
    [came] = uploaded(authority, a_file(drive, account(drive, key)), deadline=600)

    assert failure(came).fault is Fault.TIMEOUT
    assert failure(came).timing.total < 1_500


def test_no_token_or_assertion_is_kept_when_it_is_echoed(
    authority: Authority, drive: Drive, key: RSAPrivateKey
) -> None:
    def echo(peer: Drive, request: object) -> Answer:
        return said(400, {"you": peer.tokens[-1]})

    drive.troubles["open"] = [echo]
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    assert b"c4n4ry" not in reply(came).body
    assert b"[redacted]" in reply(came).body


@pytest.mark.parametrize(
    "answer",
    [
        said(200, {}),
        said(200, {"access_token": "a\r\nx: y", "expires_in": 3600}),
        said(200, {"access_token": "", "expires_in": 3600}),
        said(200, {"access_token": "a", "expires_in": "x"}),
        Answer(body=b"[" * 10_000),
    ],
)
def test_a_token_answer_without_a_token_is_tried_again(
    authority: Authority, drive: Drive, key: RSAPrivateKey, answer: Answer
) -> None:
    drive.troubles["token"] = [answer]
    [came] = uploaded(authority, a_file(drive, account(drive, key)))

    assert failure(came).fault is Fault.PROTOCOL
    assert google_drive.judge(came, strict=True, now=AT).verdict is Verdict.RETRY
