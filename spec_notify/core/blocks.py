"""The blocks of CommonMark, each rule asked only where a line's first character lets it match.

The rules are markdown-it's own, but for tables and prose. CommonMark 0.31; GFM tables.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import (
    StateBlock,
    blockquote,
    code,
    fence,
    heading,
    hr,
    html_block,
    list_block,
    reference,
)
from markdown_it.token import Token

from .rows import PROSE, read_table, white

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Rule = Callable[[StateBlock, int, int, bool], bool]
    Rules = Mapping[str, tuple[Rule, ...]]

_CODE = 4
"""So many spaces more than the text around it make code of a line."""

_BREAK = re.compile(r"([-*_])[ \t]*(?:\1[ \t]*){2,}")


def read_blocks(source: str, deepest: int) -> tuple[Sequence[Token], Mapping[str, object]]:
    """Answer the blocks of a text, and its link definitions by their labels.

    Lines end at LF alone. Blocks nested more than `deepest` levels are left out.
    """
    state = _State(source, _parser(deepest), {}, [])
    state.md.block.tokenize(state, 0, state.lineMax)
    found = state.env.get("references", {})
    # Without the lines they stand on: those may move, and no link goes elsewhere for it.
    links = {label: {"href": to["href"], "title": to["title"]} for label, to in found.items()}
    return state.tokens, links


class _Token(Token):
    """A token of which only that is set which is asked for here: setting all costs most."""

    __slots__ = ()

    def __init__(self, type: str, tag: str, level: int) -> None:
        self.type, self.tag, self.level = type, tag, level
        self.content = self.markup = ""
        self.map = None


class _State(StateBlock):
    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        if nesting < 0:
            self.level -= 1
        token = _Token(ttype, tag, self.level)
        if nesting > 0:
            self.level += 1
        self.tokens.append(token)
        return token


class _Blocks(ParserBlock):
    """Asks the rules of a line's first character, then reads the line as prose."""

    def __init__(self, deepest: int) -> None:
        super().__init__()
        self._deepest = deepest

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803 - markdown-it's names
        line = startLine
        # Whether a list is tight is not asked here; to find out would take a look at all tokens.
        state.tight = False
        while line < endLine:
            state.line = line = state.skipEmptyLines(line)
            if line >= endLine or state.sCount[line] < state.blkIndent:
                return
            if state.level >= self._deepest:
                state.line = endLine
                return
            _read_block(state, line, endLine)
            line = state.line
            if line < endLine and state.isEmpty(line):
                line += 1
                state.line = line


@cache
def _parser(deepest: int) -> MarkdownIt:
    # Without `html` an HTML block would be read as text, and rows in a comment as rows.
    parser = MarkdownIt("zero", {"html": True, "maxNesting": deepest})
    parser.block = _Blocks(deepest)
    ruler = parser.block.ruler
    # By the name of this rule markdown-it knows that indented lines are code.
    ruler.enableOnly("code")
    ruler.push("ends_prose", _ends_prose, {"alt": ["paragraph", "reference"]})
    ruler.push("ends_quote", _ends_quote, {"alt": ["blockquote"]})
    ruler.push("ends_list", _ends_list, {"alt": ["list"]})
    return parser


def _read_block(state: StateBlock, line: int, end: int) -> None:
    if state.sCount[line] - state.blkIndent >= _CODE:
        code(state, line, end, _ALOUD)
        return
    begin = state.bMarks[line] + state.tShift[line]
    if state.src.find("|", begin, state.eMarks[line]) >= 0 and read_table(state, line, end, _ALOUD):
        return
    for rule in _RULES.get(state.src[begin], ()):
        if rule(state, line, end, _ALOUD):
            return
    _read_prose(state, line, end)


def _read_prose(state: StateBlock, start: int, end: int) -> None:
    """Read a paragraph, or the heading that a line of `-` or `=` makes of it."""
    around, state.parentType = state.parentType, "paragraph"
    line, last, tag = start + 1, state.lineMax, ""
    while line < last and not state.isEmpty(line):
        indent = state.sCount[line]
        if indent - state.blkIndent < _CODE:
            tag = _underline(state, line) if indent >= state.blkIndent and line < end else ""
            # Below zero stands a line that its block quote has claimed already.
            if tag or (indent >= 0 and _ends_prose(state, line, last, _SILENT)):
                break
        line += 1
    state.parentType = around
    state.line = line + 1 if tag else line
    if tag:
        state.push("heading_open", tag, 0).map = [start, line + 1]
    token = state.push("inline" if tag else PROSE, "", 0)
    token.map = [start, line]
    if tag or _may_matter(state, start, line):
        token.content = state.getLines(start, line, state.blkIndent, keepLastLF=False).strip(
            white()
        )


def _underline(state: StateBlock, line: int) -> str:
    """Answer which heading a line makes of the prose above it, if any."""
    begin = state.bMarks[line] + state.tShift[line]
    mark = state.src[begin]
    if mark not in _HEADINGS or state.src[begin : state.eMarks[line]].lstrip(mark).strip(" \t"):
        return ""
    return _HEADINGS[mark]


def _may_matter(state: StateBlock, start: int, end: int) -> bool:
    first = state.src[state.bMarks[start] + state.tShift[start]]
    if first == "[" or first in white():
        return True
    return state.src.find("|", state.bMarks[start], state.eMarks[end - 1]) >= 0


def _ends_prose(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    if _ends_quote(state, line, end, silent):
        return True
    begin, over = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    return state.src.find("|", begin, over) >= 0 and read_table(state, line, end, silent)


def _ends_quote(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    begin = state.bMarks[line] + state.tShift[line]
    first = state.src[begin : begin + 1]
    # Nothing ends at a link definition.
    for rule in _RULES.get(first, ()) if first != "[" else ():
        if rule(state, line, end, silent):
            return True
    return False


def _ends_list(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    begin = state.bMarks[line] + state.tShift[line]
    for rule in _ENDS_OF_LISTS.get(state.src[begin : begin + 1], ()):
        if rule(state, line, end, silent):
            return True
    return False


def _break(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    begin, over = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    return _BREAK.fullmatch(state.src, begin, over) is not None and hr(state, line, end, silent)


_ALOUD, _SILENT = False, True
_HEADINGS = {"=": "h1", "-": "h2"}
_RULES: Rules = {
    "`": (fence,), "~": (fence,), ">": (blockquote,), "<": (html_block,), "#": (heading,),
    "*": (_break, list_block), "-": (_break, list_block), "_": (_break,), "[": (reference,),
    **dict.fromkeys("+0123456789", (list_block,)),
}  # fmt: skip
_ENDS_OF_LISTS: Rules = {
    "`": (fence,),
    "~": (fence,),
    ">": (blockquote,),
    "*": (_break,),
    "-": (_break,),
    "_": (_break,),
}
