"""No text of a document mentions, links or formats anything in a chat (threat T11).

A corpus of hostile texts, in every place a document has its say, in every type of event, for
every chat: read back by readers that follow the chats' own rules.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import orjson
import pytest

from .conformance import order, target
from .hostile import TEXTS, bodies_of
from .readers import READERS, read

if TYPE_CHECKING:
    from spec_notify.core.message import Order

JOINER = "\u2060"


def visible(text: str) -> str:
    """A text as one line, without what cannot be seen."""
    kept = (
        " " if char.isspace() else char
        for char in text
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    return " ".join("".join(kept).split())


def test_the_corpus_is_large_and_has_no_text_twice() -> None:
    assert len(TEXTS) == len({*TEXTS})
    assert len(TEXTS) >= 200


@pytest.mark.parametrize("type_", bodies_of(""))
@pytest.mark.parametrize("name", READERS)
def test_nothing_a_document_says_is_active(name: str, type_: str) -> None:
    found = {
        text: active
        for text in TEXTS
        for _, active in read(name, target(name).render(_order(type_, text)).body)
        if active
    }

    assert found == {}


@pytest.mark.parametrize("name", READERS)
def test_what_a_title_says_is_still_seen(name: str) -> None:
    """It is kept as text, not taken away; what is too long is cut at its end."""
    for text in TEXTS:
        data = {"task": {"title": text}, "transition": None}
        body = orjson.dumps({"type": "spec-kit.task.completed", "data": data})
        seen = [shown for shown, _ in read(name, target(name).render(order(body=body)).body)]
        lines = [shown.replace(JOINER, "") for shown in seen]
        wanted = visible(text)
        uncut = [line for line in lines if line and wanted.startswith(line.removesuffix("…"))]
        assert uncut or not wanted, (text, lines)


@pytest.mark.parametrize("name", READERS)
def test_wherever_a_text_is_cut_it_stays_inert(name: str) -> None:
    for number, text in enumerate(TEXTS):
        # The cut falls between other characters of each text.
        long = "x" * (number % 7) + text * (1 + 1100 // (len(text) or 1))
        data = {"task": {"title": long, "owners": [long]}}
        body = orjson.dumps({"type": "spec-kit.task.completed", "data": data})
        seen = read(name, target(name).render(order(body=body)).body)
        assert [active for _, active in seen if active] == [], text


@pytest.mark.parametrize("name", READERS)
def test_a_test_says_that_it_is_one(name: str) -> None:
    message = target(name).render(_order("spec-notify.test", "harmless"))

    assert any(shown.startswith("Test: ") for shown, _ in read(name, message.body))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("slack", "<!channel>"),
        ("slack", "see evil.example"),
        ("discord", "\\<@&1>"),
        ("discord", "[x](https://evil.example)"),
        ("discord", "-# small"),
        ("discord", "**bold**"),
        ("teams", "[x](https://evil.example)"),
        ("teams", "{{DATE(2017-02-14T06:00:00Z)}}"),
        ("teams", "<at>Ada</at>"),
        ("teams", "1. one"),
    ],
)
def test_the_readers_do_find_what_is_active(name: str, text: str) -> None:
    """A reader that finds nothing proves nothing."""
    card = {"type": "TextBlock", "text": text}
    posted = {
        "slack": {
            "text": text,
            "blocks": [],
            "parse": "none",
            **dict.fromkeys(("link_names", "mrkdwn", "unfurl_links", "unfurl_media"), False),
        },
        "discord": {"content": text, "embeds": [], "allowed_mentions": {"parse": []}},
        "teams": {"type": "message", "attachments": [{"content": {"body": [card]}}]},
    }[name]

    assert [active for _, active in read(name, orjson.dumps(posted)) if active]


def _order(type_: str, text: str) -> Order:
    return order(type=type_, body=bodies_of(text)[type_])
