"""What Slack says of stages, runs and conflicts, from the golden bodies."""

from __future__ import annotations

from pathlib import Path

import msgspec
import orjson
import pytest

from spec_notify.targets import slack

from .conformance import order

GOLDEN = Path(__file__).parents[2] / "fixtures" / "payloads"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("stage_completed", "SPEC-ORB-001-harvest: validate → success"),
        ("stage_completed_bare", "SPEC-ORB-001-harvest: validate → halt"),
        ("pipeline_completed", "SPEC-ORB-001-harvest: run → halt at validate"),
        ("consensus_conflict", "SPEC-ORB-001-harvest: agents disagree at validate"),
    ],
)
def test_what_a_run_came_to_is_one_sentence(name: str, sentence: str) -> None:
    body = (GOLDEN / f"{name}.json").read_bytes()
    said = msgspec.structs.replace(order(body=body), type=orjson.loads(body)["type"])

    message = orjson.loads(slack.render(said).body)

    assert message["text"].startswith(f"{sentence} (")
