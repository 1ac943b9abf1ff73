"""The run format: flat, and only for the end of a run."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from spec_notify.formats import run

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
BODIES = {path.stem: path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))}


@pytest.mark.parametrize("name", ["run_finished", "run_finished_bare"])
def test_the_end_of_a_run_is_spelled_flat(name: str) -> None:
    native = orjson.loads(BODIES[name])
    spelled = orjson.loads(run.spell(BODIES[name]))
    keys = ("runId", "status", "counts", "createdAt", "completedAt", "links")

    assert spelled == {
        "event": "run.finished",
        "id": native["id"],
        "title": "Run finished: run-abc123",
        **{key: native["data"][key] for key in keys},
    }


@pytest.mark.parametrize("name", [name for name in BODIES if not name.startswith("run_")])
def test_what_is_no_run_keeps_its_native_body(name: str) -> None:
    assert run.spell(BODIES[name]) == BODIES[name]
