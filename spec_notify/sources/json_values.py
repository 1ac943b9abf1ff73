"""JSON as plain values, strict about keys that stand twice, in bounded memory."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

LONGEST = 4_194_304
"""Characters of a text that is read at all."""


class JsonError(ValueError):
    """A text is no JSON we read; the message says where and why."""


def value(text: str) -> Any:
    """Answer the one value of a text. Raises JsonError."""
    if len(text) > LONGEST:
        raise JsonError(f"it is longer than {LONGEST:,} characters")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise JsonError(f"line {error.lineno}: it is no JSON: {error.msg}") from None
    except RecursionError:
        raise JsonError("it is nested too deep") from None
    except JsonError:
        raise
    except ValueError:
        # A number of thousands of digits.
        raise JsonError("it holds a number that cannot be read") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    known = dict(pairs)
    if len(known) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise JsonError(f"the key {twice[:60]!r} stands twice in one object")
    return known


def _refuse(word: str) -> Any:
    raise JsonError(f"{word} is no JSON")
