"""The conductor format: eleven members in order, byte for byte."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from spec_notify.core.errors import FormatError
from spec_notify.formats import conductor

FIXTURES = Path(__file__).parents[2] / "fixtures"
MESSAGES = FIXTURES / "messages" / "conductor"
BODIES = {path.stem: path.read_bytes() for path in sorted((FIXTURES / "payloads").glob("*.json"))}
RUNS = [name for name in BODIES if name.startswith("run_stop")]
KEYS = [
    *("event", "project_id", "task_id", "run_id", "agent_type", "status", "exit_code"),
    *("started_at", "stopped_at", "duration_seconds", "error_summary"),
]


@pytest.mark.parametrize("name", RUNS)
def test_the_end_of_a_run_is_spelled_as_the_golden_bytes(name: str) -> None:
    golden = MESSAGES / f"{name}.json"
    spelled = conductor.spell(BODIES[name])
    if os.environ.get("SPEC_NOTIFY_REGENERATE") == "1":
        golden.write_bytes(spelled)

    assert spelled == golden.read_bytes()
    assert list(orjson.loads(spelled)) == KEYS


def test_a_duration_is_a_number_and_a_whole_one_stays_whole() -> None:
    assert b'"duration_seconds":300,' in conductor.spell(BODIES["run_stop"])
    assert b'"duration_seconds":1.5,' in conductor.spell(BODIES["run_stop_failed"])


def test_an_error_that_is_none_is_an_empty_text() -> None:
    assert conductor.spell(BODIES["run_stop"]).endswith(b'"error_summary":""}')


def test_a_run_without_end_time_has_none_and_lasted_no_time() -> None:
    told = orjson.loads(conductor.spell(BODIES["run_stop_corrected"]))

    assert (told["stopped_at"], told["duration_seconds"]) == (None, 0)


def test_a_test_can_be_spelled_so_that_a_subscription_can_be_tried() -> None:
    told = orjson.loads(conductor.spell(BODIES["test"]))

    assert list(told) == KEYS
    assert (told["event"], told["status"]) == ("spec-notify.test", "completed")


@pytest.mark.parametrize(
    "name", [name for name in BODIES if name not in RUNS and not name.startswith("test")]
)
def test_what_is_about_no_run_is_refused_by_name(name: str) -> None:
    type_ = orjson.loads(BODIES[name])["type"]

    with pytest.raises(FormatError, match=f"format conductor cannot spell {type_}"):
        conductor.spell(BODIES[name])
