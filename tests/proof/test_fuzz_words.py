"""What strangers write, twenty thousand times each: configs, answers, wishes and signatures.

Nothing raises, and twice as much takes about twice as long. A failure names its seed and its text.
"""

from __future__ import annotations

import gc
import random  # noqa: TID251 - seeded: the same texts in every run
import time
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.config import Kind
from spec_notify.core.config.reading import parse
from spec_notify.core.message import Reply
from spec_notify.core.retry import parse_retry_after
from spec_notify.core.signature import sign_standard, verify_standard
from spec_notify.transports.http import BODY_LIMIT
from tests.properties.test_config import EXAMPLE, KEYS
from tests.properties.test_retry import NOW
from tests.transports.test_answers import heard

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = 20_000
KEY = b"k" * 32
SIGNED = sign_standard(KEY, id="evt_a", timestamp=1, body=b"")
CONFIGS = (EXAMPLE, "\n".join(f"{key} = 1" for key in KEYS), "[[subscriptions]]\nname = 'a'\n" * 9)
WISHES = (
    *("120", "0", "-1", "1e3", "9" * 60, "Fri, 31 Dec 9999 23:59:59 GMT", "Sunday, 06-Nov-94"),
    *(
        "Sun Nov  6 08:49:37 1994",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Sun, 06 Nov 1994 08:49:37 GMT",
    ),
)
SIGNATURES = (SIGNED, f"v1a,abc {SIGNED} v2,x", "v1,", "v1,===", " ", SIGNED * 3)
ANSWERS = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    b"HTTP/1.1 503 No\r\nretry-after: 1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nframes",
    b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 302 Found\r\nlocation: http://[\r\nset-cookie: a=\xff\r\n folded\r\n\r\n",
)
PIECES = (
    "",
    "\0",
    "\n",
    "\r\n",
    '"',
    "'",
    "[",
    "[[",
    "]",
    "{",
    "=",
    "#",
    ",",
    ":",
    " ",
    "\\",
    "\x1b",
    "\ud800",
    "\U0010ffff",
    "é",
    "-",
    "+",
    ".",
    "9" * 30,
    "\u0661",
    "true",
    "1e999",
    "x" * 300,
)


def damaged(text: str, chance: random.Random) -> str:
    """Answer a text cut, doubled, and with things put into it that do not belong there."""
    for _ in range(chance.randint(1, 5)):
        at, length = chance.randrange(len(text) + 1), chance.choice((0, 1, 3, 12, 80))
        put = chance.choice(PIECES) if chance.random() < 0.7 else chr(chance.randrange(0x110000))
        kept = text[at : at + length] if chance.random() < 0.3 else ""
        text = text[:at] + put + kept + kept + text[at + length :]
    return text


def config(chance: random.Random) -> None:
    kind = chance.choice([*Kind])
    reading = parse(
        damaged(chance.choice(CONFIGS), chance), origin="c.toml", kind=kind, allow_private=False
    )
    assert (reading.config is None) == any(not each.warning for each in reading.problems)
    assert all(each.fix for each in reading.problems)


def wish(chance: random.Random) -> None:
    asked = parse_retry_after(damaged(chance.choice(WISHES), chance), now=NOW)
    assert asked is None or asked >= 0


def signature(chance: random.Random) -> None:
    text = damaged(chance.choice(SIGNATURES), chance)
    good = verify_standard(KEY, text, id="evt_a", timestamp=1, body=b"")
    assert good == (SIGNED in text.split(" "))
    assert not verify_standard(KEY, text, id="evt_b", timestamp=1, body=b"")


def response(chance: random.Random) -> None:
    whole = damaged(chance.choice(ANSWERS).decode("latin-1"), chance)
    said, at = whole.encode("utf-8", "surrogatepass"), chance.randrange(80)
    came = heard([said[:at], said[at:]])
    if isinstance(came, Reply):
        assert 101 <= came.status <= 999
        assert len(came.body) <= BODY_LIMIT


@pytest.mark.parametrize("read", [config, wish, signature, response])
def test_nothing_a_stranger_writes_raises(read: Callable[[random.Random], None]) -> None:
    for number in range(TEXTS):
        seed = f"{read.__name__} {number}"
        try:
            read(random.Random(seed))
        except Exception as error:
            raise AssertionError(f"seed {seed!r}: {error!r}") from error


def read_config(text: str) -> None:
    parse(text, origin="config.toml", kind=Kind.REPOSITORY, allow_private=False)


def read_wish(text: str) -> None:
    parse_retry_after(text, now=NOW)


def read_signature(text: str) -> None:
    verify_standard(KEY, text, id="evt_a", timestamp=1, body=b"")


SHAPES: dict[str, tuple[Callable[[str], None], Callable[[int], str]]] = {
    "keys nobody knows": (read_config, lambda n: "".join(f"key{i} = 1\n" for i in range(n))),
    "subscriptions without anything": (read_config, lambda n: "[[subscriptions]]\n" * n),
    "one long string": (read_config, lambda n: f'repository = "{"x" * n * 20}"'),
    "comments": (read_config, lambda n: "# [table]\n" * n),
    "statuses": (
        read_config,
        lambda n: "[statuses]\n" + "".join(f'"s{i}" = "Done"\n' for i in range(n)),
    ),
    "digits": (read_wish, lambda n: "9" * n * 100),
    "a date that never ends": (
        read_wish,
        lambda n: "Fri, 31 Dec 9999 23:59:59 GMT" + " (" * n * 50,
    ),
    "commas": (read_wish, lambda n: "Fri, " * n * 20),
    "many entries": (read_signature, lambda n: "v1,abc= " * n * 10),
    "one long entry": (read_signature, lambda n: "v1," + "A" * n * 100),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_much_takes_about_twice_as_long(shape: str) -> None:
    read, made = SHAPES[shape]
    size = 100
    while seconds(read, made(size)) < 0.02 and len(made(size)) < 2**19:
        size *= 2
    pairs = [(seconds(read, made(size)), seconds(read, made(2 * size))) for _ in range(7)]
    once, twice = (min(times) for times in zip(*pairs, strict=True))

    assert twice / once <= 2.6 or twice < 0.005, f"{size} takes {once:.4f} s, twice {twice:.4f} s"


def seconds(read: Callable[[str], None], text: str) -> float:
    """Answer the CPU time of one reading."""
    gc.disable()
    try:
        began = time.process_time()
        read(text)
        return max(time.process_time() - began, 1e-6)
    finally:
        gc.enable()
