"""A line of the log: one object, in ASCII, and inert whoever decodes it."""

from __future__ import annotations

import json
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.instant import parse_rfc3339
from spec_notify.core.log_line import Level, log_line

NOW = parse_rfc3339("2026-11-20T10:00:00.123Z")


def test_a_line_says_when_how_much_what_and_the_facts() -> None:
    line = log_line("chatops: T1: délivré", at=NOW, level=Level.INFO, event="attempted", attempt=2)

    assert line == (
        '{"at":"2026-11-20T10:00:00.123Z","level":"info","event":"attempted",'
        '"message":"chatops: T1: d\\u00e9livr\\u00e9","attempt":2}'
    )


def test_lines_of_a_message_stay_one_object() -> None:
    line = log_line("one\ntwo", at=NOW, level=Level.ERROR, event="error")

    assert "\n" not in line
    assert json.loads(line)["message"] == "one\ntwo"


@given(st.text(st.characters(max_codepoint=sys.maxunicode, exclude_categories=())), st.text())
def test_no_text_breaks_a_line_or_steers_a_reader(message: str, fact: str) -> None:
    line = log_line(message, at=NOW, level=Level.WARNING, event="warning", task=fact)

    assert line.isascii()
    assert line.isprintable()
    said = json.loads(line)
    assert list(said) == ["at", "level", "event", "message", "task"]
    assert said["task"] == fact
    categories = {unicodedata.category(char) for char in said["message"] if char != "\n"}
    assert not categories & {"Cc", "Cs"}
