"""What a receiver can do to a sender, short of taking its message: one named misdeed per request.

Absurd waits (`Retry-After` of an hour and more) are `absurd` alone: whoever honours one waits.
"""

from __future__ import annotations

import gzip
import random  # noqa: TID251 - seeded: the same plan in every run
from collections import Counter
from itertools import cycle
from typing import TYPE_CHECKING

from spec_notify.transports.receiver import Answer

if TYPE_CHECKING:
    from spec_notify.transports.receiver import Request

FOR_EVER = 60_000
"""Milliseconds: far beyond any deadline a sender should have."""
BOMB = gzip.compress(b"\0" * 20_000_000)
GARBAGE = (
    "soon",
    "-1",
    "1e3",
    "0x10",
    "",
    "\xb2",
    "Thu, 99 Nov 2026 25:61:61 GMT",
    "1 ; 2",
)
METADATA = (
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://[fd00:ec2::254]/latest/api/token",
    "http://2852039166/latest/",
    "file:///etc/passwd",
)
STATUSES = (500, 501, 502, 503, 504, 507, 408, 425, 429, 520)
REFUSALS = (400, 401, 403, 404, 405, 413, 422, 451)
ACCEPTED = (200, 201, 202, 204)


def misdeeds(trap: str) -> dict[str, list[Answer]]:
    """Answer every misdeed under its name; redirects also lead to `trap`, where nobody may come."""
    wishes = ["0", "1", "Wed, 21 Oct 2015 07:28:00 GMT", *GARBAGE]
    return {
        "status": [Answer(status=each, body=b"no") for each in STATUSES],
        "refusal": [Answer(status=each) for each in REFUSALS],
        "retry-after": [
            Answer(status=(429, 503)[number % 2], headers=(("Retry-After", each),))
            for number, each in enumerate(wishes)
        ],
        "redirect": [
            Answer(status=status, headers=(("Location", each),))
            for status, each in zip((301, 302, 303, 307, 308, 302), (*METADATA, trap), strict=True)
        ],
        "late": [Answer(delay=FOR_EVER)],
        "drip": [Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", drip=1_000)],
        "reset": [
            Answer(raw=b"", reset=True),
            Answer(raw=b"HTTP/1.1 2", reset=True),
            Answer(raw=b"HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\n", reset=True),
        ],
        "hang up": [Answer(raw=b""), Answer(raw=b"HTTP/1.1 200 OK\r\nx: ")],
        "no http": [
            Answer(raw=b"\0\xff\r\n\r\n"),
            Answer(raw=b"HTTP/9.9 abc\r\n\r\n"),
            Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
            Answer(raw=b"HTTP/1.1 503 No\r\ncontent-length: -5\r\ncontent-length: 7\r\n\r\n"),
            Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n", repeat=2_000),
        ],
        "headers": [
            Answer(status=503, headers=(("X-Long", "x" * 2_000_000),)),
            Answer(status=503, headers=tuple((f"X-{n}", "y" * 50) for n in range(5_000))),
        ],
        "bomb": [
            Answer(status=500, headers=(("Content-Encoding", "gzip"),), body=BOMB),
            Answer(status=500, body=b"z" * 65_536, repeat=200),
            Answer(
                status=503, headers=(("Content-Encoding", "gzip, gzip"),), body=b"\x1f\x8b" * 99
            ),
        ],
    }


def absurd(number: int) -> Answer:
    """Refuse, and ask for a wait nobody should grant in full."""
    wish = ("9" * 400, "86400", "Fri, 31 Dec 9999 23:59:59 GMT")[number % 3]
    return Answer(status=503, headers=(("Retry-After", wish),))


def accepted(number: int) -> Answer:
    """Take a message, in the ways a receiver may: what follows the headers changes nothing."""
    ways = (
        Answer(status=ACCEPTED[number % len(ACCEPTED)]),
        Answer(body=b"thanks " * 300),
        Answer(headers=(("Content-Encoding", "gzip"),), body=BOMB),
        Answer(body=b"z" * 65_536, repeat=20),
        Answer(headers=(("Retry-After", "3600"), ("Location", METADATA[0])), body=b"ok"),
    )
    return ways[number % len(ways)] if number % 7 == 0 else ways[0]


class Chaos:
    """Misbehaves at a share of requests, going through every misdeed in turn; counts them all.

    What is called from the receiver's thread must not wait: slowness is in the answers.
    """

    def __init__(self, trap: str, *, share: float, seed: str) -> None:
        self.done: Counter[str] = Counter()
        self.share = share
        self._chance = random.Random(seed)
        known = misdeeds(trap)
        self._names = cycle(known)
        self._ways = {name: cycle(ways) for name, ways in known.items()}

    def answer(self, request: Request) -> Answer:
        """Answer a request, more or less well."""
        if self._chance.random() >= self.share:
            self.done["accepted"] += 1
            return accepted(request.number)
        return self.misdeed(next(self._names))

    def misdeed(self, name: str) -> Answer:
        """Do something bad of a kind."""
        self.done[name] += 1
        return next(self._ways[name])

    @property
    def misdeeds(self) -> int:
        """How many requests were answered badly."""
        return self.done.total() - self.done["accepted"]
