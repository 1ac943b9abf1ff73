"""The GitHub target: one dispatch with our body inside, its clock heeded, its token unseen."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.exchange import describe_request, shown_headers
from spec_notify.core.message import Reply, Secret, Terms
from spec_notify.targets import github

from .conformance import AT, BODY, order

TOKEN = "github_pat_11AAAAAAA0aBcDeFgHiJkL_canary"


def payload(body: bytes, *, type_: str = "spec-kit.task.completed") -> dict[str, Any]:
    sent = github.render(order(body=body, type=type_))
    asked = orjson.loads(sent.body)
    assert {*asked} == {"event_type", "client_payload"}
    assert {*asked["client_payload"]} == {"spec_notify"}
    assert len(orjson.dumps(asked["client_payload"])) < 65_536
    inner: dict[str, Any] = asked["client_payload"]["spec_notify"]
    return inner


def test_the_body_stands_whole_under_one_key() -> None:
    assert payload(BODY) == orjson.loads(BODY)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.github.com", "https://api.github.com/repos/acme/rockets/dispatches"),
        ("https://g.example/api/v3/", "https://g.example/api/v3/repos/acme/rockets/dispatches"),
    ],
)
def test_the_address_stands_beneath_the_base(base: str, url: str) -> None:
    assert github.render(order(url=base)).url.reveal() == url


def test_a_body_too_large_leaves_the_essential_and_says_so() -> None:
    body = orjson.loads(BODY)
    body["data"]["telemetry"] = {"artifacts": ["x" * 250] * 400}
    shorter = payload(orjson.dumps(body))

    assert shorter["truncated"] is True
    assert shorter["data"]["task"] == body["data"]["task"]
    assert shorter["id"] == body["id"]
    assert "telemetry" not in shorter["data"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", orjson.dumps({"data": {"task": "x" * 70_000}})]
)
def test_what_cannot_go_along_at_all_leaves_the_event_s_name(body: bytes) -> None:
    assert payload(body) == {
        "type": "spec-kit.task.completed",
        "id": "evt_abcdefghijklmnopqrstuvwxyz",
        "truncated": True,
    }


@pytest.mark.parametrize("type_", ["x" * 300, "é" * 300, "", "\r\n"])
def test_the_event_type_is_short_and_never_empty(type_: str) -> None:
    asked = orjson.loads(github.render(order(type=type_)).body)

    assert 1 <= len(asked["event_type"]) <= 100


def test_without_a_repository_or_a_token_nothing_is_made() -> None:
    with pytest.raises(ValueError, match="token"):
        github.render(order(secrets=()))
    with pytest.raises(ValueError, match="repository"):
        github.render(msgspec.structs.replace(order(), terms=Terms()))


def test_the_token_is_shown_nowhere() -> None:
    message = github.render(order(secrets=(TOKEN,)))
    shown = shown_headers(message, [Secret(TOKEN)])
    record = describe_request(message, [Secret(TOKEN)], payload=True)

    assert dict(message.headers)["authorization"] == f"Bearer {TOKEN}"
    assert shown["authorization"] == "[redacted]"
    assert "canary" not in repr((shown, record))
    assert b"canary" not in message.body


def judged(status: int, *headers: tuple[str, str], body: bytes = b"", strict: bool = False) -> Any:
    return github.judge(Reply(status=status, headers=headers, body=body), strict=strict, now=AT)


NOW = AT // 1000
LATER = ("x-ratelimit-reset", str(NOW + 90))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("status", "headers", "body", "wish"),
    [
        (403, [("Retry-After", "30")], b"", 30_000),
        (429, [("retry-after", "30")], b"", 30_000),
        (403, [("X-RateLimit-Remaining", "0"), LATER], b"", (NOW + 90) * 1000 - AT),
        (429, [("x-ratelimit-remaining", "0"), LATER], b"", (NOW + 90) * 1000 - AT),
        (429, [("x-ratelimit-remaining", "0"), LATER, ("retry-after", "200")], b"", 200_000),
        (429, [("x-ratelimit-remaining", "3"), LATER], b"", 60_000),
        (429, [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "soon")], b"", 60_000),
        (403, [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], b"", 0),
        (403, [], b'{"message":"You have exceeded a secondary rate limit"}', 60_000),
    ],
)
def test_its_clock_is_heeded_even_with_strict(
    status: int, headers: list[tuple[str, str]], body: bytes, wish: int, *, strict: bool
) -> None:
    outcome = judged(status, *headers, body=body, strict=strict)

    assert (outcome.verdict, outcome.retry_after) == (Verdict.RETRY, wish)
    assert "GitHub asks for a pause" in outcome.detail


@pytest.mark.parametrize(
    ("status", "headers", "verdict", "words"),
    [
        (204, [], Verdict.DELIVERED, "HTTP 204 No Content"),
        (401, [], Verdict.RETRY, "the token is not known"),
        (403, [("x-ratelimit-remaining", "12"), LATER], Verdict.RETRY, "contents: write"),
        (404, [], Verdict.RETRY, "no such repository for this token"),
        (422, [("retry-after", "7")], Verdict.REJECTED, "does not take this payload"),
        (500, [], Verdict.RETRY, "HTTP 500"),
    ],
)
def test_a_refusal_names_what_to_mend(
    status: int, headers: list[tuple[str, str]], verdict: Verdict, words: str
) -> None:
    outcome = judged(status, *headers)

    assert (outcome.verdict, outcome.retry_after) == (verdict, None)
    assert words in outcome.detail
