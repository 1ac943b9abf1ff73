"""What each target says of each type of event: golden messages, to be read in review."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from .conformance import MESSAGES, order, target

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
EVENTS = sorted(path.stem for path in PAYLOADS.glob("*.json"))
TELLERS = ("slack", "discord", "teams", "github", "pagerduty")
REGENERATE = os.environ.get("SPEC_NOTIFY_REGENERATE") == "1"


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("name", TELLERS)
def test_an_event_is_told_in_the_golden_words(name: str, event: str) -> None:
    golden = MESSAGES / name / f"{event}.json"
    body = orjson.loads((PAYLOADS / f"{event}.json").read_bytes())
    asked = order(body=orjson.dumps(body), type=body["type"], event=body["id"])
    sent = orjson.loads(target(name).render(asked).body)
    shown = orjson.dumps(sent, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if REGENERATE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(shown)

    assert shown.decode() == golden.read_text("utf-8")
