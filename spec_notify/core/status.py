"""What a Status cell says: the canonical status, the text it was read from, and doubts.

Contract, section 4, "Status".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from .plain import LONGEST_CELL, LONGEST_TITLE, SPACE, normalised, plain, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BACKLOG, IN_PROGRESS, IN_REVIEW = "Backlog", "In Progress", "In Review"
DONE, BLOCKED, DROPPED, UNKNOWN = "Done", "Blocked", "Dropped", "Unknown"
CANONICAL = (BACKLOG, IN_PROGRESS, IN_REVIEW, DONE, BLOCKED, DROPPED, UNKNOWN)
OUTCOMES = (
    "success",
    "failure",
    "halt",
    "conflict",
    "attention-required",
    "completed",
    "crashed",
    "failed",
)
"""The statuses of events that are about no task: what a stage, a run or its agents came to."""

_VOCABULARY = {
    DONE: "done, complete, completed, ✅, ✔, ✓, ☑, [x]",
    IN_REVIEW: "in review, review, needs review, ready for review, reviewing",
    IN_PROGRESS: "in progress, in-progress, wip, doing, started, active",
    BACKLOG: "backlog, todo, to do, pending, planned, not started, open, [ ]",
    BLOCKED: "blocked, on hold, stalled",
    DROPPED: "removed, rejected, obsolete, cancelled, canceled, won't do, deferred, closed, n/a, "
    "superseded",
}
WORDS = {word: status for status, words in _VOCABULARY.items() for word in words.split(", ")}

_PICTURE = (
    "[\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    "\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c"
    "\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_STYLE = "[\ufe0e\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
_EMOJI = re.compile(f"[0-9#*]\ufe0f?\u20e3|{_PICTURE}{_STYLE}*")
_LONE_PICTURE = re.compile(f"({_PICTURE})[\ufe0e\ufe0f]?")

_DATE = (
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:\s?(?:Z|UTC|[+-]\d{2}:?\d{2}))?"
)
# A date is taken whole, so that the colon of its time separates nothing.
_CUT = re.compile(rf"{_DATE}|[()]|(?P<cut>\s[-‒–—―−]+(?=\s|$)|[:;,\n])", re.ASCII)  # noqa: RUF001 - dashes people write
_TRAILING_DATE = re.compile(rf"\s+{_DATE}$", re.ASCII)

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_FRACTION = re.compile(
    rf"(?<![\w/.]){_NUMBER}\s*(?:/|\b(?:out\s)?of\b)\s*{_NUMBER}(?![\w/])", re.ASCII
)
_PERCENT = re.compile(r"(?<![\w.,])(\d{1,9}(?:[.,]\d{1,9})?)\s*%", re.ASCII)
_VULGAR = re.compile("(?<![0-9])[\u00bc-\u00be\u2150-\u215e\u2189]")

# The letters most often put in place of those the vocabulary is written in.
_LOOKALIKES = str.maketrans("асеорхуіѕԁоԛԝһјкмтпгνοαρικτ", "aceopxyisdoqwhjkmtnrvoapikt")


class Status(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A status as read: `canonical`, the normalised `text` without remark, and the `raw` cell."""

    canonical: str
    text: str
    raw: str
    doubt: str | None = None
    """Why a cell that looks Done is Unknown all the same."""


def read_status(cell: str, aliases: Mapping[str, str] = {}, *, words: str | None = None) -> Status:
    """Read a Status cell; words compare whole and letter by letter, so a guess is Unknown.

    `aliases` (word → canonical status) go before the vocabulary. `words` is the cell's plain
    text where the caller knows the document's link definitions. Contract, section 4, "Status".
    """
    raw = cell[:LONGEST_CELL]
    if words is None and not aliases:
        return _remembered(raw)
    return _read(raw, plain(raw) if words is None else words, vocabulary(aliases))


# A few words make up nearly all the cells there are.
@lru_cache(maxsize=512)
def _remembered(raw: str) -> Status:
    return _read(raw, plain(raw), WORDS)


def _read(raw: str, words: str, known: Mapping[str, str]) -> Status:
    seen = words.strip(SPACE)
    lone = _LONE_PICTURE.fullmatch(seen)
    seen = lone[1] if lone else seen
    whole = _meaning(seen, known) != UNKNOWN
    head, asides = (seen, ()) if whole else _split(_without_emoji(seen))
    canonical, doubt = _meaning(head, known), None
    if canonical == DONE:
        doubt = next(_doubts(asides, known), None)
    elif canonical == UNKNOWN:
        doubt = _disguise(head, known)
    return Status(
        canonical=UNKNOWN if doubt else canonical,
        text=_fold(visible(head or seen))[:LONGEST_TITLE],
        raw=raw,
        doubt=doubt,
    )


def vocabulary(aliases: Mapping[str, str]) -> Mapping[str, str]:
    """Answer what each folded word means; `aliases` that name no canonical status mean nothing."""
    if not aliases:
        return WORDS
    canonical = {each.casefold(): each for each in CANONICAL}
    own = {_fold(word): canonical.get(status.casefold()) for word, status in aliases.items()}
    return WORDS | {word: status for word, status in own.items() if status is not None}


def differs(before: Status, after: Status) -> bool:
    """Say whether two statuses of one task make a transition (contract, section 4)."""
    if before.canonical != after.canonical:
        return True
    return before.canonical not in (DONE, IN_REVIEW) and before.text != after.text


def _fold(text: str) -> str:
    return normalised(text.replace("\u2019", "'"))


def _meaning(text: str, known: Mapping[str, str]) -> str:
    folded = _fold(text)
    # Folding makes "k" of the Kelvin sign: only letters that were ASCII before may be after.
    if folded.isascii() and not text.replace("\u2019", "'").isascii():
        return UNKNOWN
    return known.get(folded, UNKNOWN)


def _without_emoji(text: str) -> str:
    bare = _EMOJI.sub(" ", text).strip(SPACE)
    return bare or text


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """Answer the status proper, and everything beside it: the remark and parentheses."""
    head, remark = _cut(text)
    head, first = _close(_TRAILING_DATE.sub("", head))
    head = _TRAILING_DATE.sub("", head)
    rest, second = _close(remark)
    return head.strip(SPACE), tuple(each for each in (remark, rest, first, second) if each)


def _cut(text: str) -> tuple[str, str]:
    depth = 0
    for found in _CUT.finditer(text):
        match found[0]:
            case "(":
                depth += 1
            case ")":
                depth = max(depth - 1, 0)
            case _ if found["cut"] and not depth:
                return text[: found.start()].strip(SPACE), text[found.end() :].strip(SPACE)
    return text, ""


def _close(text: str) -> tuple[str, str]:
    """Take one trailing parenthesis off, and answer what it holds."""
    depth = 0
    for place in range(len(text) - 1, -1, -1) if text.endswith(")") else ():
        depth += {")": 1, "(": -1}.get(text[place], 0)
        if not depth:
            return text[:place].strip(SPACE), text[place + 1 : -1].strip(SPACE)
    return text, ""


def _doubts(asides: tuple[str, ...], known: Mapping[str, str]) -> Iterator[str]:
    for aside in asides:
        if _meaning(aside, known) not in (DONE, UNKNOWN):
            yield f"it says {_quoted(aside)} too"
        short = next(_short_of_whole(aside), None)
        if short:
            yield f"it says {_quoted(short)}"


def _short_of_whole(aside: str) -> Iterator[str]:
    for found in _FRACTION.finditer(aside):
        if float(found[1]) < float(found[2]):
            yield found[0]
    for found in _PERCENT.finditer(aside):
        if float(found[1].replace(",", ".")) < 100:  # noqa: PLR2004 - a percentage
            yield found[0]
    yield from _VULGAR.findall(aside)


def _disguise(text: str, known: Mapping[str, str]) -> str | None:
    if text.isascii():
        return None
    bare = _fold(visible(unicodedata.normalize("NFKC", text))).translate(_LOOKALIKES)
    return f"it looks like {_quoted(bare)} but is spelled otherwise" if bare in known else None


def _quoted(text: str) -> str:
    return f"“{visible(text)[:60]}”"
