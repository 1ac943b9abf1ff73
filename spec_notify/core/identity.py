"""How a task is known again: by an id that is safe to use, else by its words and its heading."""

from __future__ import annotations

import hashlib
import re

import msgspec

from .plain import normalised, plain
from .spec_id import is_spec_id

_WORD = r"[A-Za-z][A-Za-z0-9]*(?:[-._][A-Za-z0-9]+)*"
_BOLD = re.compile(rf"(\*\*|__)(?P<id>(?=[^*_]*\d){_WORD})\1(?!\w)")
_COLON = re.compile(rf"(?P<id>(?=[^:]*\d)(?=[A-Z]){_WORD})\s?:(?=\s|$)")
_BARE = re.compile(
    # Words such as UTF-8 and HTTP2 open many a title: only these spellings are ids by themselves.
    r"(?P<id>(?:T|TASK-|(?:[A-Z][A-Z0-9]*-){2,})\d+(?:\.\d+)*[A-Za-z]?"
    r"|SPEC-(?=[A-Za-z-]*\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)(?=[.):]?(?:\s|$))"
)
_OUTLINE = re.compile(r"(?P<id>\d{1,9}(?:\.\d{1,9})+)[.:)]?(?=\s)")
_NUMBER = re.compile(r"(?P<id>\d{1,9})\.(?=\s)")
_GAP = re.compile(r"[.:)]?\s*(?:[-–—]+\s+)?")  # noqa: RUF001 - dashes people write


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """An id that a text opens with, and the raw or plain text after it."""

    id: str
    rest: str


def is_id(text: str) -> bool:
    """Say whether a text may be an id: 1 to 128 of `A-Za-z0-9._-`, no `..`."""
    return is_spec_id(text)


def opening_id(raw: str, *, words: str | None = None, numbered: bool = False) -> Opening | None:
    """Answer the id a task's text opens with; None where it opens with words.

    Bold ids, `ID: …`, `T001 …`, `TASK-1 …`, `SPEC-… …` and `1.2 …` are; with `numbered`, `2. …`
    too. `words` is the plain text where the caller has it.
    """
    text = raw.lstrip()
    bold = _BOLD.match(text)
    if bold and is_id(bold["id"]):
        return Opening(id=bold["id"], rest=_after(plain(text[bold.end() :])))
    text = (plain(text) if words is None else words).lstrip()
    for pattern in (_COLON, _BARE, _OUTLINE, *([_NUMBER] if numbered else ())):
        found = pattern.match(text)
        if found and is_id(found["id"]):
            return Opening(id=found["id"], rest=_after(text[found.end("id") :]))
    return None


def text_key(words: str, heading: str | None) -> str:
    """Answer 12 hex digits that name a task without id: its words under its heading."""
    named = f"{normalised(words)}\x00{normalised(heading or '')}"
    return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:12]


def _after(text: str) -> str:
    gap = _GAP.match(text.lstrip())
    return text.lstrip()[gap.end() if gap else 0 :]
