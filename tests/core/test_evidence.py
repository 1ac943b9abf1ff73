"""What a record of an attempt says, how it is sealed, and where it goes."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.delivery import (
    Claim,
    Delivery,
    Outcome,
    Signal,
    State,
    Step,
    Verdict,
)
from spec_notify.core.evidence import (
    NameFacts,
    attempt_record,
    digest,
    directory,
    folder_name,
    parse_name,
    record_name,
    seal,
)
from spec_notify.core.message import Failure, Fault, HttpMessage, Reply, Secret, Timing

AT = 1_795_168_800_123
DLV = "dlv_" + "a" * 26
NAME = f"20261120T100000.123Z_00000007_{DLV}_a2.json"

KEY = hashlib.sha256(b"a canary of high entropy").digest()
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
TOKEN = hashlib.sha256(b"another canary").hexdigest()[:24].upper()
URL = f"https://hooks.example.test:8443/services/T01234567/{TOKEN}?key=Zz9Yy8Xx7Ww6"

DELIVERY = Delivery(
    id=DLV,
    event="evt_" + "b" * 26,
    type="spec-kit.task.completed",
    subscription="chatops",
    state=State.IN_FLIGHT,
    created_at=AT - 5_000,
    next_at=AT,
    attempts=2,
    tries=2,
    task="T49",
    spec="SPEC-KIT-075",
    document="SPEC.md",
)
MESSAGE = HttpMessage(
    url=Secret(URL),
    headers=(
        ("content-type", "application/json"),
        ("user-agent", "spec-notify/0.1.0"),
        ("webhook-id", "evt_" + "b" * 26),
        ("webhook-timestamp", "1795168800"),
        ("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
        ("Authorization", f"Bearer {TOKEN}"),
    ),
    body=b'{"type":"spec-kit.task.completed"}',
)
REPLY = Reply(
    status=503,
    headers=(
        ("Content-Type", "text/plain"),
        ("Retry-After", "30"),
        ("Set-Cookie", "session=1"),
        ("X-Request-Id", "req-1"),
    ),
    body=b"try again\nlater",
    address="203.0.113.7",
    tls="TLSv1.3",
    timing=Timing(dns=1.23456, connect=2.0, total=9.87654),
)
RETRY = Outcome(verdict=Verdict.RETRY, detail="HTTP 503", status=503)
AGAIN = Step(
    signal=Signal.RETRY,
    state=State.PENDING,
    reason="HTTP 503; next attempt in 30s (receiver asked for 30s)",
    next_at=AT + 30_000,
)


def record(
    *,
    delivery: Delivery = DELIVERY,
    message: HttpMessage | None = MESSAGE,
    answer: Reply | Failure | None = REPLY,
    outcome: Outcome = RETRY,
    step: Step = AGAIN,
    dry_run: bool = False,
) -> dict[str, object]:
    claim = Claim(
        delivery=delivery, body=b"{}", token="t", started_at=AT - 10, lease_until=AT + 20_000
    )
    return attempt_record(
        claim,
        message=message,
        answer=answer,
        outcome=outcome,
        step=step,
        secrets=[Secret(SIGNING)],
        at=AT,
        dry_run=dry_run,
    )


def test_a_record_says_what_went_out_what_came_back_and_what_follows() -> None:
    assert record() == {
        "schema": "spec-notify/evidence/1",
        "event": "evt_" + "b" * 26,
        "type": "spec-kit.task.completed",
        "delivery": DLV,
        "subscription": "chatops",
        "spec": "SPEC-KIT-075",
        "task": "T49",
        "document": "SPEC.md",
        "attempt": 2,
        "tries": 2,
        "dryRun": False,
        "startedAt": "2026-11-20T10:00:00.113Z",
        "finishedAt": "2026-11-20T10:00:00.123Z",
        "replay": None,
        "request": {
            "method": "POST",
            "host": "https://hooks.example.test:8443",
            "headers": {
                "content-type": "application/json",
                "user-agent": "spec-notify/0.1.0",
                "webhook-id": "evt_" + "b" * 26,
                "webhook-timestamp": "1795168800",
                "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
                "authorization": "[redacted]",
            },
            "bodySha256": hashlib.sha256(MESSAGE.body).hexdigest(),
            "bodyBytes": 34,
        },
        "peer": "203.0.113.7",
        "tls": "TLSv1.3",
        "response": {
            "status": 503,
            "headers": {"content-type": "text/plain", "retry-after": "30", "x-request-id": "req-1"},
            "body": "try again\nlater",
            "truncated": False,
        },
        "failure": None,
        "timing": {
            "dns": 1.235,
            "connect": 2.0,
            "tls": None,
            "response": None,
            "total": 9.877,
        },
        "verdict": "retry",
        "reason": "HTTP 503",
        "step": {
            "signal": "retry",
            "state": "pending",
            "reason": "HTTP 503; next attempt in 30s (receiver asked for 30s)",
            "nextAttemptAt": "2026-11-20T10:00:30.123Z",
        },
    }


def test_an_attempt_without_a_reply_says_where_it_failed() -> None:
    said = record(
        answer=Failure(
            fault=Fault.TLS, detail=f"certificate of {URL} expired", address="203.0.113.7"
        )
    )

    assert said["failure"] == {"fault": "tls", "detail": "certificate of [redacted] expired"}
    assert (said["response"], said["peer"], said["tls"]) == (None, "203.0.113.7", None)


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("its process died", "outcome unknown: its process died"),
        ("outcome unknown: its process died", "outcome unknown: its process died"),
    ],
)
def test_a_crashed_attempt_says_that_its_outcome_is_unknown(detail: str, said: str) -> None:
    crashed = record(
        message=None,
        answer=None,
        outcome=Outcome(verdict=Verdict.UNKNOWN, detail=detail),
        step=Step(signal=Signal.LEASE_EXPIRED, state=State.PENDING, reason=detail, next_at=AT),
    )

    assert (crashed["verdict"], crashed["reason"]) == ("unknown", said)
    assert (crashed["finishedAt"], crashed["request"], crashed["timing"]) == (None, None, None)


def test_only_a_dry_run_shows_its_payload() -> None:
    dry = record(
        answer=None, outcome=Outcome(verdict=Verdict.DRY_RUN, detail="dry run"), dry_run=True
    )

    assert dry["request"]["body"] == MESSAGE.body.decode()
    assert dry["request"]["truncated"] is False
    assert dry["dryRun"] is True
    assert "body" not in record()["request"]


def test_a_replay_names_who_and_when() -> None:
    replayed = msgspec.structs.replace(DELIVERY, replayed_by="ada\x1b[31m", replayed_at=AT - 1)

    assert record(delivery=replayed)["replay"] == {
        "by": r"ada\u{1b}[31m",
        "at": "2026-11-20T10:00:00.122Z",
    }


def test_of_a_redirect_only_the_host_it_points_to_is_kept() -> None:
    there = Reply(status=302, headers=(("Location", f"https://evil.test:1/{TOKEN}?a=b"),))

    assert record(answer=there)["response"]["headers"] == {"location": "https://evil.test:1"}


@pytest.mark.parametrize("location", ["/relative", "", "http://[broken", "//no.scheme/x"])
def test_a_location_that_names_no_host_is_told_as_nothing(location: str) -> None:
    there = Reply(status=302, headers=(("Location", location),))

    assert record(answer=there)["response"]["headers"] == {"location": None}


@pytest.mark.parametrize(
    ("body", "kept", "truncated"),
    [
        (b"x" * 2_048, "x" * 2_048, False),
        (b"x" * 2_049, "x" * 2_048, True),
        (b"\x1b" * 2_048, r"\u{1b}" * 341 + r"\u", True),
        ("ä".encode() * 1_025, "ä" * 1_024, True),
        (b"\xff\xfe", "\ufffd\ufffd", False),
        (b"", "", False),
    ],
)
def test_two_kib_of_an_answer_are_kept(body: bytes, kept: str, *, truncated: bool) -> None:
    response = record(answer=Reply(status=500, body=body))["response"]

    assert (response["body"], response["truncated"]) == (kept, truncated)


def test_a_secret_across_the_cut_is_masked() -> None:
    body = b"x" * (2_048 - 20) + SIGNING.encode()

    assert record(answer=Reply(status=500, body=body))["response"]["body"].endswith("xx[redacted]")


def test_a_word_of_the_url_across_the_cut_is_masked() -> None:
    url = Secret("https://example.test/notifications")
    message = msgspec.structs.replace(MESSAGE, url=url)
    body = b"x" * (2_048 - 9) + b"notifications"

    kept = record(message=message, answer=Reply(status=500, body=body))["response"]["body"]

    assert kept.endswith("xx[redacted")


def test_a_header_that_holds_a_secret_is_masked_whole() -> None:
    reply = Reply(status=500, headers=(("Server", f"token {TOKEN}, please"),))
    asked = msgspec.structs.replace(MESSAGE, headers=(("User-Agent", f"x {SIGNING}"),))
    said = record(message=asked, answer=reply)

    assert said["response"]["headers"] == {"server": "[redacted]"}
    assert said["request"]["headers"] == {"user-agent": "[redacted]"}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ada:pw@example.test/x", "https://example.test"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://[broken/x", None),
        ("nonsense", None),
    ],
)
def test_of_the_url_only_scheme_host_and_port_are_told(url: str, host: str | None) -> None:
    said = record(message=msgspec.structs.replace(MESSAGE, url=Secret(url)))["request"]

    assert said["host"] == host


def test_words_of_the_url_mask_neither_our_host_nor_our_user_agent() -> None:
    url = Secret("https://webhooks.example.test/webhooks/spec-notify")
    said = record(message=msgspec.structs.replace(MESSAGE, url=url))["request"]

    assert said["host"] == "https://webhooks.example.test"
    assert said["headers"]["user-agent"] == "spec-notify/0.1.0"


ECHOES = {
    "raw": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "url": lambda text: quote(text, safe=""),
    "json": lambda text: json.dumps(text).replace("/", r"\/"),
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("canary", [SIGNING, SIGNING[6:], URL, TOKEN, URL[-12:]])
def test_a_receiver_that_echoes_a_secret_leaves_no_trace_of_it(canary: str, echo: str) -> None:
    echoed = ECHOES[echo](canary)
    sealed = seal(
        record(
            answer=Reply(
                status=401,
                headers=(("Server", f"s {echoed}"), ("Location", f"https://{echoed}.test/x")),
                body=f"bad signature, we know {echoed}".encode(),
                tls=f"TLS {echoed}",
            ),
            outcome=Outcome(verdict=Verdict.RETRY, detail=f"HTTP 401: {echoed}"),
            step=Step(signal=Signal.RETRY, state=State.PENDING, reason=f"because {echoed}"),
        ),
        sequence=1,
        previous=None,
        writer="w",
    )

    for kept in (SIGNING[6:], TOKEN, "Zz9Yy8Xx7Ww6"):
        for spell in ECHOES.values():
            spelled = spell(kept)
            assert [
                at for at in range(4, len(spelled) - 11) if _in(spelled[at : at + 8], sealed)
            ] == []


def _in(piece: str, sealed: bytes) -> bool:
    return piece.encode() in sealed or json.dumps(piece)[1:-1].encode() in sealed


@settings(max_examples=200)
@given(
    body=st.binary(max_size=300),
    headers=st.lists(
        st.tuples(st.sampled_from(["Server", "LOCATION", "date", "x-odd"]), st.text()), max_size=4
    ),
    detail=st.text(),
    by=st.none() | st.text(),
)
def test_whatever_a_receiver_says_can_be_sealed_and_steers_nothing(
    body: bytes, headers: list[tuple[str, str]], detail: str, by: str | None
) -> None:
    sealed = seal(
        record(
            delivery=msgspec.structs.replace(DELIVERY, replayed_by=by, replayed_at=AT, task=by),
            answer=Reply(status=200, headers=tuple(headers), body=body),
            outcome=Outcome(verdict=Verdict.RETRY, detail=detail),
        ),
        sequence=1,
        previous=None,
        writer="w",
    )

    text = sealed.decode()
    assert orjson.loads(sealed)["sequence"] == 1
    assert not {"\x1b", "\x9b", "\u202e", "\u200b", "\x7f"} & set(text)
    assert len(sealed) < 16_384


def test_sealing_keeps_the_order_and_puts_the_place_in_the_chain_last() -> None:
    sealed = seal({"b": 1, "a": "ä"}, sequence=3, previous="0" * 64, writer="w1")

    assert list(orjson.loads(sealed)) == ["b", "a", "sequence", "writer", "previous"]
    assert sealed == seal({"b": 1, "a": "ä"}, sequence=3, previous="0" * 64, writer="w1")
    assert sealed.endswith(b"}\n")
    assert digest(sealed) == hashlib.sha256(sealed).hexdigest()


def test_a_name_is_the_time_the_sequence_the_delivery_and_the_attempt() -> None:
    assert record_name(at=AT, sequence=7, delivery=DLV, attempt=2) == NAME
    assert parse_name(NAME) == NameFacts(at=AT, sequence=7, delivery=DLV, attempt=2)


@given(
    at=st.integers(0, 4_102_444_800_000),
    sequence=st.integers(0, 10**12),
    attempt=st.integers(0, 10**6),
)
def test_a_name_reads_back_as_what_it_was_made_of(at: int, sequence: int, attempt: int) -> None:
    name = record_name(at=at, sequence=sequence, delivery=DLV, attempt=attempt)

    assert parse_name(name) == NameFacts(at=at, sequence=sequence, delivery=DLV, attempt=attempt)


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(0, 99_999_999)), max_size=20))
def test_names_sort_by_time_then_sequence(places: list[tuple[int, int]]) -> None:
    def named(place: tuple[int, int]) -> str:
        return record_name(at=place[0], sequence=place[1], delivery=DLV, attempt=1)

    assert sorted(map(named, places)) == [named(place) for place in sorted(places)]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "",
        NAME + "~",
        f".{NAME}.tmp",
        NAME.replace("_a2", "_a02"),
        NAME.replace("_00000007", "_7"),
        NAME.replace("_00000007", "_000000007"),
        NAME.replace("20261120", "20261320"),
        NAME.replace("T10", "T24"),
        NAME.replace("Z_", "z_"),
        NAME.replace("20261120", "\uff120261120"),
        f"x/{NAME}",
        NAME.replace(DLV, "dlv/../x"),
        NAME.replace(DLV, ""),
        NAME + "\n",
    ],
)
def test_a_file_we_did_not_name_is_nobodys_record(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("SPEC-KIT-075-add-webhook", "SPEC-KIT-075-add-webhook"),
        ("a" * 128, "a" * 128),
        ("v1.2_x", "v1.2_x"),
        (None, "_unassigned"),
        ("", "_unassigned"),
        ("_unassigned", "_unassigned"),
    ],
)
def test_a_plain_spec_id_is_its_own_folder(spec: str | None, name: str) -> None:
    assert folder_name(spec) == name
    assert directory("evidence", spec) == f"evidence/commands/{name}/webhooks/"


@pytest.mark.parametrize(
    "spec",
    [
        "../../x",
        "/etc/x",
        "a..b",
        "nul\0byte",
        "a" * 300,
        "CON",
        "con.txt",
        "LPT1",
        "trailing.",
        "~root",
        "-rf",
        ".git",
        "a/b",
        "a\\b",
        "SPEC Ä",
        "…",
        "_other",
        "half\udc80",
    ],
)
def test_an_odd_spec_id_gets_a_slug_and_a_mark_of_its_own(spec: str) -> None:
    name = folder_name(spec)

    assert name != spec
    assert name == folder_name(spec)
    assert folder_name(name) == name
    assert len(name) <= 128


@given(st.text())
def test_a_spec_id_never_leads_out_of_the_evidence_root(spec: str) -> None:
    name = folder_name(spec)

    assert name not in {"", ".", ".."}
    assert not set(name) & set("/\\\0")
    assert name.isascii()
    assert not name.startswith("-")


@given(st.text(), st.text())
def test_two_spec_ids_do_not_share_a_folder(one: str, other: str) -> None:
    named = {None if each in {"", "_unassigned"} else each for each in (one, other)}

    assert len({folder_name(one), folder_name(other)}) == len(named)


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("evidence", "evidence/commands/S-1/webhooks/"),
        ("docs/evidence/", "docs/evidence/commands/S-1/webhooks/"),
        (".", "commands/S-1/webhooks/"),
    ],
)
def test_the_directory_is_below_the_root(root: str, path: str) -> None:
    assert directory(root, "S-1") == path
