"""Steps added up under the keys other pipelines' reports have."""

from __future__ import annotations

import pytest

from spec_notify.core.delivery import DRY_RUN, State
from spec_notify.core.steps import Step, added_up, as_steps
from tests.core.test_passage import NOW, a_passage, delivered


def test_results_are_counted_and_their_durations_added() -> None:
    steps = [
        Step(step_type="test", service="unit", success=True, duration_ms=10.5),
        Step(step_type="test", service="api", success=False, duration_ms=2, error="timed out"),
        Step(step_type="lint", service="all", success=False, skipped=True),
    ]

    assert added_up(steps) == {
        "summary": {"total": 3, "passed": 1, "failed": 1, "skipped": 1},
        "total_duration_ms": 12.5,
        "steps": [
            {
                "step_type": "test",
                "service": "unit",
                "success": True,
                "skipped": False,
                "duration_ms": 10.5,
                "error": None,
            },
            {
                "step_type": "test",
                "service": "api",
                "success": False,
                "skipped": False,
                "duration_ms": 2,
                "error": "timed out",
            },
            {
                "step_type": "lint",
                "service": "all",
                "success": False,
                "skipped": True,
                "duration_ms": None,
                "error": None,
            },
        ],
    }


def test_of_no_steps_nothing_passed_or_failed() -> None:
    assert added_up([]) == {
        "summary": {"total": 0, "passed": 0, "failed": 0, "skipped": 0},
        "total_duration_ms": 0,
        "steps": [],
    }


@pytest.mark.parametrize(
    ("shown", "services"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (9, [*"abc"])]
)
def test_only_the_last_are_shown_but_all_are_counted(shown: int, services: list[str]) -> None:
    steps = [Step(step_type="t", service=name, success=True, duration_ms=1) for name in "abc"]
    found = added_up(steps, shown=shown)

    assert [each["service"] for each in found["steps"]] == services
    assert (found["summary"]["total"], found["total_duration_ms"]) == (3, 3)


def test_deliveries_are_steps() -> None:
    passages = [
        delivered(9),
        delivered(90, replayed_at=NOW + 60),
        a_passage(state=State.DEAD, finished_at=NOW + 5, reason="HTTP 500"),
        a_passage(state=State.PARKED),
        a_passage(state=State.CANCELLED, finished_at=NOW + 7),
        delivered(4, reason=DRY_RUN),
    ]

    found = as_steps(passages)

    assert {(each.step_type, each.service) for each in found} == {
        ("spec-kit.task.completed", "chatops")
    }
    assert [(each.success, each.skipped, each.duration_ms, each.error) for each in found] == [
        (True, False, 9, None),
        (True, False, 30, None),
        (False, False, 5, "HTTP 500"),
        (False, True, None, None),
        (False, True, 7, None),
        (False, True, 4, None),
    ]
    assert added_up(found)["summary"] == {"total": 6, "passed": 2, "failed": 1, "skipped": 3}
