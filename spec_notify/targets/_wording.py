"""What a message for people says of an event, in plain lines that can neither mention nor link.

Beside them stand links of ours, where an event has some.
"""

from __future__ import annotations

import re

import msgspec

from spec_notify.targets import _sentences as sentences
from spec_notify.targets._run import links_of

_JOINER = "\u2060"
# After what begins a link, a mention, a tag or a command, where no blank follows anyway; but an
# id of ours is there to be copied.
_TRIGGER = re.compile(r"(?<!\bdlv_)(?<!\bevt_)(?<=[.:/@#<>\[\]()!&])(?=\S)")
_LINE_LIMIT = 1_000


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """Lines without control or invisible characters, as far as the body knows; maybe no more."""

    headline: str
    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()
    """Labels and URLs of ours, to be shown as they are."""


def wording(type_: str, body: bytes) -> Wording:
    """Answer what a native body says; one that cannot be read says only the event's type."""
    told = sentences.table(sentences.read(body), "data")
    links = links_of(type_, told)
    labelled = (f"{label}: {said}" for label, said in sentences.facts(told) if said)
    return Wording(
        headline=one_line(sentences.headline(type_, told)) or one_line(type_),
        lines=tuple(filter(None, map(one_line, (sentences.place(told), *labelled)))),
        links=links,
    )


def one_line(text: str, limit: int = _LINE_LIMIT) -> str:
    """Answer one line of visible characters, at most `limit` code points long."""
    visible = "".join(char for char in text if char.isprintable() or char.isspace())
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def disarmed(text: str) -> str:
    """Answer a text in which no program finds a link, a mention or a tag; it reads the same.

    An invisible word joiner (U+2060) stands after every character that could begin one: mail and
    chat programs make links even of plain text.
    """
    return _TRIGGER.sub(_JOINER, text)
