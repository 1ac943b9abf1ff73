"""What chat programs make of a message: which of its text is active, and what a person then sees.

Each follows its product's own published rules, and knows nothing of how our targets escape. A
reader errs on the side of finding too much: it makes links as the keenest of clients does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Message = dict[str, Any]
Seen = tuple[str, list[str]]
"""What a person sees of one text, and what in it was active."""

_SCHEMES = "mailto|tel|sms|javascript|data|callto|skype|magnet|geo|slack|discord|msteams"
_KEEN = {
    "link": r"[a-z][a-z0-9+.-]{1,20}:/{1,2}[\w\[]|//\w",
    "scheme": rf"\b(?:{_SCHEMES}):[\w+/?]",
    "host": r"(?<![\w-])[\w-]+\.[a-z]{2,}",
    "mail": r"[\w.+-]@[\w-]+\.",
    "mention": r"@\w",
    "channel": r"(?<!\S)#\w",
    "emoji": r":[a-z0-9_+-]+:",
}


def keen(shown: str) -> Iterator[str]:
    """Answer what a program that links whatever it can would link of a shown text."""
    for name, pattern in _KEEN.items():
        if re.search(pattern, shown, re.IGNORECASE):
            yield f"{name} in {shown!r}"


def _texts(found: object, keys: set[str]) -> Iterator[str]:
    if isinstance(found, dict):
        for key, value in found.items():
            if key in keys and isinstance(value, str):
                yield value
            else:
                yield from _texts(value, keys)
    elif isinstance(found, list):
        for each in found:
            yield from _texts(each, keys)


# --- Slack: docs.slack.dev/messaging/formatting-message-text --------------------------------------


def slack(message: Message) -> Iterator[Seen]:
    assert message["parse"] == "none"
    assert not any(message[key] for key in ("link_names", "mrkdwn", "unfurl_links", "unfurl_media"))
    for block in message["blocks"]:
        assert block["type"] in {"section", "context"}
        for text in [*block.get("elements", ()), *filter(None, [block.get("text")])]:
            assert text["type"] == "plain_text" or _SLACK_LINK.fullmatch(text["text"])
    for text in _texts(message, {"text"}):
        yield _slack(text)


_SLACK_LINK = re.compile(r"<(https?://[^|<>\s]+)\|[A-Z][a-z]+>")


def _slack(text: str) -> Seen:
    if link := _SLACK_LINK.fullmatch(text):
        return link[1], ["a link"]
    active = [f"control {found}" for found in re.findall(r"<[^>]*>?", text)]
    active += ["a bare &"] if re.search(r"&(?!amp;|lt;|gt;)", text) else []
    shown = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return shown, [*active, *keen(shown)]


# --- Discord: docs.discord.com/developers/reference#message-formatting ----------------------------

_MENTIONS = r"<@[!&]?\d+>|<#\d+>|</[^>]+:\d+>|<a?:\w+:\d+>|<t:-?\d+(?::\w)?>|<id:\w+>"
_DISCORD = (
    ("mention", rf"@everyone|@here|{_MENTIONS}"),
    ("code", r"```.*?```|``.+?``|`[^`]+`"),
    ("masked link", r"\[(?:\\.|[^\]\\])*\]\("),
    ("link", r"<[^: >]+:/[^ >]+>|https?://[^\s<]"),
    ("invite", r"discord(?:app)?\.(?:gg|com/invite)/\w"),
    ("spoiler", r"\|\|.+?\|\|"),
    ("strike", r"~~.+?~~"),
    ("underline", r"__.+?__"),
    ("bold", r"\*\*.+?\*\*"),
    ("italic", r"\*(?!\s).+?\*|_[^_]+_(?!\w)"),
)
_RULES = [(name, re.compile(pattern, re.DOTALL)) for name, pattern in _DISCORD]
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
_DISCORD_LINE = re.compile(r" {0,9}(?:#{1,3} |-# |>(?:>>)? |[-*+] |\d+\. )")


def discord(message: Message) -> Iterator[Seen]:
    assert message["allowed_mentions"] == {"parse": []}
    assert {*message} == {"content", "embeds", "allowed_mentions"}
    for embed in message["embeds"]:
        assert not {"url", "author", "image", "thumbnail", "video", "provider"} & {*embed}
        # A footer is shown as it is.
        footer = embed.get("footer", {}).get("text", "")
        yield footer, list(keen(footer))
    shown = {"content": message["content"], "embeds": message["embeds"]}
    for text in _texts(shown, {"content", "title", "description", "name", "value"}):
        yield _discord(text)


def _discord(text: str) -> Seen:
    active = [f"raw {found}" for found in re.findall(rf"{_MENTIONS}|@everyone|@here", text)]
    active += ["a line that formats"] if _DISCORD_LINE.match(text) else []
    shown, at = "", 0
    while at < len(text):
        if escaped := _ESCAPED.match(text, at):
            shown, at = shown + escaped[1], escaped.end()
            continue
        active += [f"{name} in {text!r}" for name, rule in _RULES if rule.match(text, at)]
        shown, at = shown + text[at], at + 1
    return shown, [*active, *keen(shown)]


# --- Teams: learn.microsoft.com/adaptive-cards/authoring-cards/text-features ----------------------

_COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
_PLAIN_TOKENS = {"paragraph_open", "inline", "paragraph_close"}


def teams(message: Message) -> Iterator[Seen]:
    assert message["type"] == "message"
    (attachment,) = message["attachments"]
    card = attachment["content"]
    assert "msteams" not in card, "a card with entities could mention"
    assert {each["type"] for each in card["body"]} <= {"TextBlock", "FactSet"}
    assert not {"selectAction", "fallback"} & {*card}
    for action in card.get("actions", ()):
        assert ({*action}, action["type"]) == ({"type", "title", "url"}, "Action.OpenUrl")
        yield action["url"], ["a link"]
    for text in _texts(card["body"], {"text", "title", "value"}):
        yield _teams(text)


def _teams(text: str) -> Seen:
    active = [f"function {each}" for each in re.findall(r"\{\{\s*\w+\(|\$\{|@\{|\{\{", text)]
    active += [f"tag {each}" for each in re.findall(r"</?[A-Za-z!?]", text)]
    # Some clients know no backslash.
    active += ["a link for those who know no escape"] if "](" in text else []
    shown = ""
    for token in _COMMONMARK.parse(text):
        active += [] if token.type in _PLAIN_TOKENS else [f"block {token.type} in {text!r}"]
        for child in token.children or ():
            active += [] if child.type == "text" else [f"inline {child.type} in {text!r}"]
            shown += child.content
    return shown, [*active, *keen(shown)]


READERS: dict[str, Callable[[Message], Iterator[Seen]]] = {
    "slack": slack,
    "discord": discord,
    "teams": teams,
}


def read(name: str, body: bytes) -> list[Seen]:
    """Answer every text of a message as its readers see it, in order."""
    return list(READERS[name](json.loads(body)))
