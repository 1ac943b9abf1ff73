"""Instants as people write them on a command line."""

from __future__ import annotations

import pytest

from spec_notify.core.errors import SpellingError
from spec_notify.core.instant import parse_moment, parse_rfc3339

NOW = parse_rfc3339("2026-11-20T10:00:00Z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-13T10:00:00Z", "2026-11-13T10:00:00Z"),
        ("2026-11-13T12:00:00+02:00", "2026-11-13T10:00:00Z"),
        ("2026-11-13T10:00", "2026-11-13T10:00:00Z"),
        ("2026-11-13", "2026-11-13T00:00:00Z"),
        ("7d", "2026-11-13T10:00:00Z"),
        ("90m", "2026-11-20T08:30:00Z"),
        ("0s", "2026-11-20T10:00:00Z"),
        # As far back as anything goes, however it is said.
        ("999999999999d", "1970-01-01T00:00:00Z"),
        ("0001-01-01", "1970-01-01T00:00:00Z"),
    ],
)
def test_a_moment_is_an_instant_a_date_or_how_long_ago(text: str, expected: str) -> None:
    assert parse_moment(text, now=NOW) == parse_rfc3339(expected)


@pytest.mark.parametrize("text", ["", "yesterday", "7", "-7d", "7 fortnights", "2026-13-01"])
def test_anything_else_is_refused_with_the_three_ways(text: str) -> None:
    with pytest.raises(SpellingError, match="is no instant: write 2026-11-20T10:00:00Z, 2026-"):
        parse_moment(text, now=NOW)
