"""TOML text into a table, or the one place where it stops being TOML, in words without its content.

The parser's own messages quote keys and characters of the file; a config may hold a secret where
none belongs, so its messages are translated, never repeated (contract, section 3, promise 7).
"""

from __future__ import annotations

import re
import tomllib

import msgspec


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """Why a text is not TOML, and how to mend it. `line` and `column` count from 1."""

    message: str
    fix: str
    line: int | None = None
    column: int | None = None


MOST_KEY_PARTS = 32
"""Dotted keys longer than this are refused: the parser's work grows with their square."""

_PART = r"""(?>[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP_KEY = re.compile(
    rf"(?<![\w\\-]){_PART}(?>[ \t]*+\.[ \t]*+{_PART}){{{MOST_KEY_PARTS}}}", re.ASCII
)
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)\Z")
_TOO_DEEP = Flaw(message="is nested too deeply to be a config", fix="Flatten it")
_WORDS = (
    ("Invalid value", "a value is missing or misspelled", "Text goes into double quotes"),
    ("Unterminated string", "a text has no closing quote", "Close it"),
    ("Expected '\"", "a text has no closing quote", "Close it"),
    ('Expected "', "a text has no closing quote", "Close it"),
    ("Illegal character", "a text holds a line break or a control character", "Close its quote"),
    ("Found invalid character", "there is a control character", "Remove it"),
    ("Unescaped '\\'", "a text holds a lone backslash", "Write it twice, or use single quotes"),
    ("Expected '='", "a key has no = and value", "Write key = value"),
    ("Expected newline", "something follows the value", "Put each key on its own line"),
    ("Expected ']", "a table header is not closed", "Write [name], or [[name]] for a list"),
    ("Unclosed", "a list or inline table is not closed", "Close it with ] or }"),
    ("Cannot declare", "a table stands there twice", "Keep one of the two"),
    ("Cannot overwrite", "a key stands there twice", "Keep one of the two"),
    ("Duplicate inline", "a key stands there twice", "Keep one of the two"),
    ("Cannot ", "a finished table is added to", "Keep each table in one place"),
    ("Invalid date", "a date or time does not exist", "Mend it, or put it into quotes"),
)


def read_toml(text: str) -> dict[str, object] | Flaw:
    """Answer the table a text spells, or its first flaw. Takes time linear in the text."""
    if _DEEP_KEY.search(text):
        return _TOO_DEEP
    try:
        return tomllib.loads(text)
    except RecursionError:
        return _TOO_DEEP
    except ValueError as error:
        # Also a number of thousands of digits, which is no TOMLDecodeError.
        return _flaw(str(error), last=text.rstrip().count("\n") + 1)


def _flaw(said: str, *, last: int) -> Flaw:
    place = _PLACE.search(said)
    message, fix = next(
        ((message, fix) for start, message, fix in _WORDS if said.startswith(start)),
        ("this is not TOML", "See https://toml.io for how it is written"),
    )
    return Flaw(
        message=message,
        fix=fix,
        line=int(place[1]) if place else last,
        column=int(place[2]) if place else None,
    )
