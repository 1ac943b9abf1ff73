"""The Discord target: within its limits, its throttling and its refusals heeded."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Reply
from spec_notify.targets import discord

from .conformance import AT, order
from .peers import faults_of_discord


def said(text: str) -> dict[str, Any]:
    task = {"id": text, "title": text, "status": text, "document": text, "owners": [text] * 9}
    data = {"task": task, "spec": {"id": text}, "review": {"pending": [text], "checklist": text}}
    body = orjson.dumps({"timestamp": "2026-11-20T10:00:00.123Z", "data": data})
    message: dict[str, Any] = orjson.loads(discord.render(order(body=body)).body)
    return message


@given(st.text(st.sampled_from("a*_`é🚀.@\u0301"), max_size=5000))
def test_every_text_is_within_discords_limits(text: str) -> None:
    assert faults_of_discord(said(text)) == []


@pytest.mark.parametrize(
    ("status", "colour"),
    [("Done", 0x2DA44E), ("In Review", 0xBF8700), ("Blocked", 0xCF222E), ("Backlog", 0x57606A)],
)
def test_a_status_has_its_colour(status: str, colour: int) -> None:
    assert said(status)["embeds"][0]["color"] == colour


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://discord.com/api/webhooks/1/t", "https://discord.com/api/webhooks/1/t?wait=true"),
        ("https://d.example/1/t?", "https://d.example/1/t?wait=true"),
        ("https://d.example/1/t?thread_id=5", "https://d.example/1/t?thread_id=5&wait=true"),
        ("https://d.example/1/t?a=%2f+b&", "https://d.example/1/t?a=%2f+b&wait=true"),
        ("https://d.example/1/t#x?y", "https://d.example/1/t?wait=true#x?y"),
        ("https://d.example/1/t?wait=false&b", "https://d.example/1/t?wait=false&b"),
        ("https://d.example/1/t?b&wait", "https://d.example/1/t?b&wait"),
    ],
)
def test_it_asks_to_wait_and_leaves_the_rest_of_the_url_alone(url: str, asked: str) -> None:
    assert discord.render(order(url=url)).url.reveal() == asked


def judged(status: int, body: object, *headers: tuple[str, str], strict: bool = False) -> Any:
    reply = Reply(status=status, headers=headers, body=orjson.dumps(body))
    return discord.judge(reply, strict=strict, now=AT)


@pytest.mark.parametrize(
    ("body", "header", "wish"),
    [
        ({"retry_after": 0.65, "global": False}, None, 650),
        ({"retry_after": 1.0004}, None, 1001),
        ({"retry_after": 2}, "1", 2000),
        ({"retry_after": 0.2}, "1", 1000),
        ({"retry_after": True}, None, None),
        ({"retry_after": -3}, None, None),
        ({"retry_after": 1e300}, None, None),
        ({"retry_after": "5"}, "7", 7000),
        ([], "7", 7000),
        ("<html>", "garbage", None),
    ],
)
def test_the_later_of_the_two_waits_counts(body: object, header: str | None, wish: int) -> None:
    headers = (("Retry-After", header),) if header else ()
    outcome = judged(429, body, *headers)

    assert (outcome.verdict, outcome.retry_after) == (Verdict.RETRY, wish)


@given(st.floats(0.001, 3600))
def test_it_is_never_asked_again_earlier_than_it_said(seconds: float) -> None:
    wish = judged(429, {"retry_after": seconds}).retry_after

    assert seconds * 1000 <= wish <= math.ceil(seconds * 1000)


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("strict", [False, True])
def test_what_discord_refuses_is_not_asked_again(status: int, *, strict: bool) -> None:
    outcome = judged(status, {"code": 50027}, ("Retry-After", "7"), strict=strict)

    assert (outcome.verdict, outcome.retry_after) == (Verdict.REJECTED, None)
    assert "risks a ban" in outcome.detail


def test_a_deleted_webhook_is_gone() -> None:
    outcome = judged(404, {"message": "Unknown Webhook", "code": 10015})

    assert outcome.verdict is Verdict.GONE
    assert "the webhook was deleted" in outcome.detail
    assert judged(403, {"code": 10015}).verdict is Verdict.REJECTED


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (200, {"id": "1151234567890123456"}, "HTTP 200 OK: stored as message 1151234567890123456"),
        (200, {"id": 7}, "HTTP 200 OK"),
        (200, {"id": "7\n<script>"}, "HTTP 200 OK"),
        (204, None, "HTTP 204 No Content"),
    ],
)
def test_the_stored_message_is_the_receipt(status: int, body: object, detail: str) -> None:
    outcome = judged(status, body)

    assert (outcome.verdict, outcome.detail) == (Verdict.DELIVERED, detail)
