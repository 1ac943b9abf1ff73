"""Text that may be shown or kept: without secrets, and without characters that steer a terminal.

Contract, promise 7. What a receiver echoes is not only the secret but any spelling of it, and
often a shortened one, so pieces are masked too.
"""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

import msgspec

from .ed25519 import PRIVATE, decode_private
from .errors import SecretError
from .signature import PREFIX, decode_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .message import Secret

MASK = "[redacted]"
_PIECE = 8
_FEWEST_ENCODED = 4
_TOKEN = re.compile(r"(?=.*[0-9A-Z]).{12,}", re.DOTALL)

# Unicode's Cc, Cf and Cs, line and paragraph separators, and letters that draw nothing; not the
# few visible format characters, and not variation selectors, which choose an emoji's colour.
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def safe_text(text: str, *, keep: str = "") -> str:
    r"""Show control, bidirectional and invisible characters as `\u{…}`, save those in `keep`.

    What comes out cannot move a cursor, reorder a line or hide; nothing else is changed.
    """
    return _STEERING.sub(
        lambda found: found[0] if found[0] in keep else f"\\u{{{ord(found[0]):x}}}", text
    )


def redact(data: bytes | str, secrets: Sequence[Secret]) -> str:
    """Answer the text with every spelling of every secret, and pieces of them, as `[redacted]`.

    Spellings: raw, base64 (both alphabets, at any offset), hex, URL- and JSON-escaped; of a
    `whsec_` secret or `whsk_` key also its bytes; of a URL its path and query and their parts of
    8 characters or more. A piece is any 8 bytes in a row of a key or token. Bytes that are no
    UTF-8 become U+FFFD. Linear in the length of `data`.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    spans = _merged(_spans(raw, _marks(tuple(dict.fromkeys(secrets)))))
    if not spans:
        return data if isinstance(data, str) else raw.decode("utf-8", "replace")
    kept, end = [], 0
    for start, stop in spans:
        kept.append(raw[end:start].decode("utf-8", "replace"))
        end = stop
    return MASK.join([*kept, raw[end:].decode("utf-8", "replace")])


class _Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for: whole spellings, and every 8 bytes in a row of what is random."""

    whole: tuple[bytes, ...]
    pieces: frozenset[bytes]


def _spans(raw: bytes, marks: _Marks) -> Iterator[tuple[int, int]]:
    for spelling in marks.whole:
        start = raw.find(spelling)
        while start >= 0:
            yield start, start + len(spelling)
            start = raw.find(spelling, start + 1)
    pieces = marks.pieces
    for start in range(len(raw) - _PIECE + 1 if pieces else 0):
        if raw[start : start + _PIECE] in pieces:
            yield start, start + _PIECE


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return merged


# Spelling out a secret costs more than looking for it, and a worker has few of them.
@lru_cache(maxsize=64)
def _marks(secrets: tuple[Secret, ...]) -> _Marks:
    whole: set[bytes] = set()
    pieces: set[bytes] = set()
    for text in filter(None, (secret.reveal() for secret in secrets)):
        for part, random in _parts(text):
            for spelling in _spellings(part):
                windows = set(_windows(spelling)) if random else set()
                pieces |= windows
                if not windows:
                    whole.add(spelling)
    return _Marks(whole=tuple(whole), pieces=frozenset(pieces))


def _windows(spelling: bytes) -> Iterator[bytes]:
    return (spelling[at : at + _PIECE] for at in range(len(spelling) - _PIECE + 1))


def _parts(text: str) -> Iterator[tuple[bytes, bool]]:
    """Answer what of a secret must not show, and whether pieces of it give it away."""
    raw = text.encode("utf-8", "surrogatepass")
    if "://" in text:
        yield raw, False
        yield from _url_parts(text)
        return
    yield raw, True
    if text.startswith((PREFIX, PRIVATE)):
        decode = decode_private if text.startswith(PRIVATE) else decode_secret
        try:
            yield decode(text), True
        except SecretError:
            return


def _url_parts(url: str) -> Iterator[tuple[bytes, bool]]:
    try:
        split = urlsplit(url)
    except ValueError:
        return
    path = url.partition("://")[2].partition("/")[2]
    login = split.netloc.rpartition("@")[0].split(":")
    for part in {f"/{path}", *login}:
        if len(part) > _FEWEST_ENCODED:
            yield part.encode("utf-8", "surrogatepass"), False
    query = [each for pair in parse_qsl(split.query) for each in pair]
    parts = [*split.path.split("/"), *query, *login, split.fragment]
    for part in {*parts, *map(unquote, parts)}:
        if len(part) >= _PIECE:
            # Pieces of a path of plain words (`notifications`) would mask words of any answer.
            yield part.encode("utf-8", "surrogatepass"), bool(_TOKEN.fullmatch(part))


def _spellings(raw: bytes) -> Iterator[bytes]:
    yield raw
    if len(raw) < _FEWEST_ENCODED:
        return
    yield from _base64s(raw)
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for spelled in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield spelled.encode()
        yield re.sub("%..", lambda found: found[0].lower(), spelled).encode()
    text = raw.decode("utf-8", "replace")
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "replace")
        yield escaped
        yield escaped.replace(b"/", rb"\/")


def _base64s(raw: bytes) -> Iterator[bytes]:
    """Spell in base64, alone and as a part of something longer: at each of three offsets."""
    for offset in range(3):
        spelled = base64.b64encode(bytes(offset) + raw)
        # The first and last characters also carry bits of the neighbours.
        inner = spelled.rstrip(b"=")[(offset * 8 + 5) // 6 :]
        if (offset + len(raw)) % 3:
            inner = inner[:-1]
        for each in (inner, spelled.rstrip(b"=") if offset == 0 else inner):
            yield each
            yield each.translate(bytes.maketrans(b"+/", b"-_"))
