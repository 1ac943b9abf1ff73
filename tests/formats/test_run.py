"""The run format: flat, and only for the end of a run."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from spec_notify.core.errors import FormatError
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


def test_a_test_can_be_spelled_so_that_a_subscription_can_be_tried() -> None:
    told = orjson.loads(run.spell(BODIES["test"]))

    assert (told["event"], told["status"]) == ("spec-notify.test", "success")
    assert list(told) == list(orjson.loads(run.spell(BODIES["run_finished"])))


@pytest.mark.parametrize("name", [n for n in BODIES if not n.startswith(("run_finished", "test"))])
def test_what_is_about_no_run_at_a_server_is_refused_by_name(name: str) -> None:
    with pytest.raises(FormatError, match=orjson.loads(BODIES[name])["type"]):
        run.spell(BODIES[name])
