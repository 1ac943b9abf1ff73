"""Events of a workflow: literal keys, what is refused before spooling, and their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.errors import PayloadError
from spec_notify.core.instant import rounded_duration
from spec_notify.core.subscription import Subscription, wants
from spec_notify.core.workflow import WORKFLOW_TYPES, keys
from spec_notify.core.workflow_payload import DEEPEST, MOST_BYTES, build_workflow_event

if TYPE_CHECKING:
    from spec_notify.core.event import Event

GOOD: dict[str, dict[str, Any]] = {
    "workflow.started": {"step_count": 3},
    "step.completed": {"step_type": "lint", "service": "api", "success": True, "duration_ms": 1.5},
    "workflow.completed": {
        "success": True,
        "total_duration_ms": 10,
        "steps_passed": 1,
        "steps_failed": 0,
    },
    "failure.detected": {"step_type": "lint", "service": "api", "error": "no"},
}


def build(type_: str = "workflow.started", **changes: Any) -> Event:
    facts: dict[str, Any] = {
        "data": GOOD.get(type_, {}),
        "workflow": "nightly",
        "repository": "r",
        "nonce": "1",
        "at": 0,
        **changes,
    }
    return build_workflow_event(type_, facts.pop("data"), **facts)


def test_the_literal_keys_are_those_of_the_requirement() -> None:
    assert {type_: set(keys(type_)) for type_ in WORKFLOW_TYPES} == {
        type_: set(data) for type_, data in GOOD.items()
    }


@pytest.mark.parametrize("type_", WORKFLOW_TYPES)
def test_further_keys_travel_along_as_they_came(type_: str) -> None:
    more = {"exit_code": 0, "matrix": [{"python": "3.11"}], "note": "a\x00b\u202e"}
    body = orjson.loads(build(type_, data=GOOD[type_] | more).body)

    ours = {"idempotencyKey": body["id"], "workflow": {"name": "nightly"}}
    assert body["data"] == ours | GOOD[type_] | more


@pytest.mark.parametrize("type_", WORKFLOW_TYPES)
def test_each_literal_key_is_asked_for_by_name(type_: str) -> None:
    for key in GOOD[type_]:
        with pytest.raises(PayloadError, match=f"lack {key}$"):
            build(type_, data={k: v for k, v in GOOD[type_].items() if k != key})
    with pytest.raises(PayloadError, match=f"lack {', '.join(keys(type_))}$"):
        build(type_, data={})


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"data": {"step_count": "3"}}, "Expected `int`, got `str`"),
        ({"data": {"step_count": True}}, "Expected `int`, got `bool`"),
        ({"data": {"step_count": -1}}, ">= 0"),
        ({"data": {"step_count": float("nan")}}, "got `null`"),
        ({"data": {"step_count": 2**70}}, "no JSON"),
        ({"data": {"step_count": 1, "x": "\ud800"}}, "no JSON"),
        ({"data": {"step_count": 1, "x": {1: 2}}}, "no JSON"),
        ({"data": {"step_count": 1, "x": object()}}, "no JSON"),
        ({"data": {"step_count": 1, "workflow": "x"}}, "may not hold workflow"),
        ({"data": {"step_count": 1, "idempotencyKey": "x"}}, "may not hold idempotencyKey"),
        ({"data": {"step_count": 1, "x": "y" * MOST_BYTES}}, "larger than 262,144 bytes"),
        ({"data": {"step_count": 1, "x": nested(DEEPEST)}}, "more than 32 levels"),
        ({"data": {"step_count": 1, "x": nested(300)}}, "no JSON"),
        ({"workflow": ""}, "length"),
        ({"workflow": "w" * 301}, "length"),
        ({"type_": "spec-kit.task.completed"}, "no event of a workflow"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(PayloadError, match=why):
        build(**changes)


def test_what_just_fits_is_taken() -> None:
    assert build(data={"step_count": 0, "x": nested(DEEPEST - 2)}).body
    assert build(data={"step_count": 0, "x": "y" * (MOST_BYTES - 1_000)}).body


def test_a_loop_in_the_data_ends() -> None:
    loop: list[object] = []
    loop += [loop, loop]

    with pytest.raises(PayloadError, match="no JSON"):
        build(data={"step_count": 1, "x": loop})


def test_the_nonce_the_workflow_and_the_repository_make_the_id() -> None:
    ids = [build(**change).id for change in ({}, {"at": 9}, {"data": {"step_count": 8}})]
    others = [build(**{key: "other"}).id for key in ("nonce", "workflow", "repository")]

    assert len({*ids}) == 1
    assert len({*ids, *others, build("failure.detected").id}) == 5


def test_control_characters_of_a_name_are_replaced() -> None:
    event = build(workflow="night\x1b[31mly\n")

    assert event.task == "night\ufffd[31mly\ufffd"
    assert orjson.loads(event.body)["data"]["workflow"]["name"] == event.task


@pytest.mark.parametrize(
    ("type_", "data", "status"),
    [
        ("workflow.started", {}, None),
        ("workflow.completed", {}, "success"),
        ("workflow.completed", {"success": False}, "failure"),
        ("step.completed", {"success": False}, "failure"),
        ("step.completed", {"error": "none"}, "success"),
        ("failure.detected", {}, "failure"),
    ],
)
def test_a_subscription_may_ask_for_failures_alone(
    type_: str, data: dict[str, Any], status: str | None
) -> None:
    event = build(type_, data=GOOD[type_] | data)
    picky = Subscription(name="s", events=("*",), statuses=("failure",), task_ids=("nightly",))

    assert event.status == status
    assert wants(picky, event) == (status == "failure")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_whatever_json_holds_comes_out_as_it_went_in(value: object) -> None:
    event = build(data={"step_count": 1, "x": value})

    assert orjson.loads(event.body)["data"]["x"] == value


@pytest.mark.parametrize(
    ("millis", "spoken"),
    [
        (0, "0ms"),
        (840.4, "840ms"),
        (12_345, "12.3s"),
        (151_000, "2m 31s"),
        (3_900_000, "1h 5m"),
        (90_000_000, "25h 0m"),
    ],
)
def test_durations_are_spoken_in_two_units_at_most(millis: float, spoken: str) -> None:
    assert rounded_duration(millis) == spoken
