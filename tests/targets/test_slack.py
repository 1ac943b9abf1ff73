"""The Slack target: what it says of a task, and that no document can make it say more."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Reply
from spec_notify.targets import slack

from .conformance import AT, BODY, order

COMMANDS = (
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<@U012AB3CD>",
    "<#C012AB3CD>",
    "<!subteam^S012AB3CD>",
    "<!date^1392734382^{date}^https://evil.example|x>",
    "<https://evil.example|harmless>",
    "&lt;!channel&gt;",
)


def said(**data: object) -> dict[str, Any]:
    body = orjson.dumps({"type": "spec-kit.task.completed", "data": data})
    message: dict[str, Any] = orjson.loads(slack.render(order(body=body)).body)
    return message


def texts(message: dict[str, Any]) -> list[str]:
    section, *rest = message["blocks"]
    elements = [element for block in rest for element in block["elements"]]
    return [message["text"], *(each["text"] for each in (section["text"], *elements))]


def plain(text: str) -> str:
    """A text without what keeps chat programs from making links of it."""
    return text.replace("\u2060", "")


def test_it_says_which_task_is_done_and_where() -> None:
    message = orjson.loads(slack.render(order()).body)
    headline = "T49 Say &lt;when&gt; a task &amp; its review are done ✅ → Done"
    place = "SPEC-KIT-075-task-webhooks · SPEC.md:27 · main · 1a2b3c4d"

    assert [plain(text) for text in texts(message)] == [
        f"{headline} ({place})",
        headline,
        place,
        "Change: In Progress → Done",
        "Owners: Code",
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"task": {"id": None, "title": "Write", "status": "In Review"}}, "Write → In Review"),
        ({"task": {"id": "T1", "title": "Write"}, "test": True}, "Test: T1 Write"),
        ({"task": None}, "spec-kit.task.completed"),
        ({}, "spec-kit.task.completed"),
        ({"task": {"title": {"a": 1}, "id": ["x"]}, "git": 7}, "spec-kit.task.completed"),
        ({"task": {"title": "two\nlines\t and \u202ebidi\u200b"}}, "two lines and bidi"),
    ],
)
def test_it_says_as_much_as_the_body_knows(data: dict[str, object], text: str) -> None:
    assert plain(texts(said(**data))[0]) == text


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b'{"data":[]}', b"[" * 100_000])
def test_a_body_it_cannot_read_names_the_event(body: bytes) -> None:
    message = orjson.loads(slack.render(order(body=body)).body)

    assert [plain(text) for text in texts(message)] == ["spec-kit.task.completed"] * 2


@pytest.mark.parametrize("command", COMMANDS)
def test_no_title_mentions_or_links(command: str) -> None:
    message = said(
        task={"id": command, "title": command, "status": command, "document": command},
        spec={"id": command},
        git={"branch": command},
    )

    assert not [text for text in texts(message) if "<" in text or ">" in text]
    assert message["parse"] == "none"
    assert not any(message[key] for key in ("link_names", "mrkdwn", "unfurl_links", "unfurl_media"))
    assert {block["text"]["type"] for block in message["blocks"] if "text" in block} == {
        "plain_text"
    }


@given(st.text(st.sampled_from("a&<>é🚀\u0301"), max_size=4000))
def test_a_long_title_is_cut_between_characters_within_slacks_limits(title: str) -> None:
    message = said(task={"title": title}, spec={"id": title})

    for text in texts(message):
        assert 1 <= len(text) <= 3000
        kept = text.removesuffix("…")
        for entity in ("&amp;", "&lt;", "&gt;"):
            kept = kept.replace(entity, "")
        assert not set("&<>") & set(kept)
    assert len(texts(message)[-1]) <= 2000 or not title.strip()


def test_a_title_of_a_thousand_characters_is_not_cut() -> None:
    assert texts(said(task={"title": "x" * 1000}))[1] == "x" * 1000
    assert texts(said(task={"title": "x" * 1001}))[1] == "x" * 999 + "…"


def test_it_is_not_signed_and_tells_nothing_of_the_delivery() -> None:
    assert [name for name, _ in slack.render(order(signature="standard")).headers] == [
        "content-type",
        "user-agent",
    ]
    assert slack.render(order(signature="none", secrets=())).body == slack.render(order()).body
    assert slack.render(order()).body != BODY


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"ok", Verdict.DELIVERED),
        (b" ok\n", Verdict.DELIVERED),
        (b'{"ok":true}', Verdict.DELIVERED),
        (b'{"ok": true}', Verdict.DELIVERED),
        (b"", Verdict.RETRY),
        (b"<html>please log in</html>", Verdict.RETRY),
        (b'{"ok":false}', Verdict.RETRY),
    ],
)
def test_a_2xx_counts_only_when_slack_says_ok(body: bytes, verdict: Verdict) -> None:
    assert slack.judge(Reply(status=200, body=body), strict=False, now=AT).verdict is verdict


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (400, b"invalid_blocks", "HTTP 400 Bad Request: invalid_blocks"),
        (404, b"no_service\n", "HTTP 404 Not Found: no_service"),
        (403, b"<script>", "HTTP 403 Forbidden"),
        (500, b"a" * 65, "HTTP 500 Internal Server Error"),
        (200, b"no", "HTTP 200 OK, but Slack did not say ok"),
    ],
)
def test_slacks_own_error_code_is_quoted_and_nothing_else_is(
    status: int, body: bytes, detail: str
) -> None:
    assert slack.judge(Reply(status=status, body=body), strict=False, now=AT).detail == detail
