"""The words a reader of rendered Markdown sees in one cell or line, and nothing invisible."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST_CELL = 4096
LONGEST_TITLE = 300
SPACE = " \t\n\r\f\v"

_MARK = r"&\[<\\*_`~"
_MARKED = re.compile(f"[{_MARK}]")
# Flanked by the cell's own ends, these marks are emphasis whatever stands inside.
_WHOLLY_BOLD = re.compile(rf"\*\*([^\s{_MARK}](?:[^{_MARK}]*[^\s{_MARK}])?)\*\*")
# Marks that mean themselves where they stand, and code that is read by leaving its marks out.
_CALM = re.compile(
    rf"(?:[^{_MARK}\n]++|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])|(?<= )\*(?= )|&(?![#A-Za-z])"
    r"|<(?![A-Za-z/!?])|(?<!~)~(?!~)|`[^`\s](?:[^`\n]*[^`\s])?`(?!`))*+"
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Variation selectors beyond emoji style can smuggle a whole text past a reader's eye.
_SELECTORS = ("\U000e0100", "\U000e01ef")
_SPACES = re.compile(f"[{SPACE}\u2028\u2029\x85]+")


def plain(cell: str, references: Mapping[str, object] | None = None) -> str:
    r"""Answer what stays of a cell without emphasis, links, code marks and tags.

    A line break stays as `\n`. `references` are the document's link definitions; cells beyond
    4 KiB are read that far. CommonMark 0.31 and GFM strikethrough.
    """
    cell = cell[:LONGEST_CELL]
    if not _MARKED.search(cell):
        return cell
    if _CALM.fullmatch(cell):
        return cell.replace("`", "")
    bold = _WHOLLY_BOLD.fullmatch(cell)
    if bold:
        return bold[1]
    return _decoded(cell, references) if references and "[" in cell else _remembered(cell)


def visible(text: str) -> str:
    """Answer a text in NFC without control, bidi, zero-width and lone surrogate characters."""
    if text.isascii() and text.isprintable():
        return text
    spaced = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    if _spotless(spaced):
        return spaced
    return "".join(char for char in spaced if not _hidden(char))


def shown(text: str) -> str:
    """Answer a text as titles and names are shown: visible, squeezed, at most 300 characters."""
    return squeeze(visible(text))[:LONGEST_TITLE]


def hides(text: str) -> bool:
    """Say whether a text holds characters that `visible` leaves out."""
    return not _spotless(text) and any(_hidden(char) for char in _SPACES.sub(" ", text))


def squeeze(text: str) -> str:
    """Answer a text with each run of white space as one space, and none at its ends."""
    if text.isprintable() and "  " not in text:
        return text.strip(" ")
    return _SPACES.sub(" ", text).strip(" ")


def normalised(text: str) -> str:
    """Answer the form under which two texts count as the same words."""
    return squeeze(text).casefold()


def _spotless(text: str) -> bool:
    """Say, at the cost of a glance, that no character of a text is hidden."""
    return text.isprintable() and max(text, default="") < _SELECTORS[0]


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"} or (
        _SELECTORS[0] <= char <= _SELECTORS[1]
    )


@lru_cache(maxsize=1024)
def _remembered(cell: str) -> str:
    return _decoded(cell, None)


def _decoded(cell: str, references: Mapping[str, object] | None) -> str:
    (inline,) = _parser().parseInline(cell, {"references": references or {}})
    return "".join(_words(inline.children or ()))


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                yield token.content
            case "softbreak" | "hardbreak":
                yield "\n"
            case "html_inline" if _BREAK.fullmatch(token.content):
                yield "\n"
            case "image":
                yield from _words(token.children or ())


@cache
def _parser() -> MarkdownIt:
    # Half a look's start-up time: a look that parses nothing does not pay for it.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("strikethrough")
