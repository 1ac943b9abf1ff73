"""Every target, one suite: pure rendering, clean headers, total judgement, one golden message."""

from __future__ import annotations

import os

import orjson
import pytest
from hypothesis import given

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import Failure, Fault, Message, Order, Reply

from .conformance import (
    AT,
    MESSAGES,
    NEVER_AGAIN,
    OF_HTTP,
    REACHED,
    TARGETS,
    URL,
    failures,
    hostile_orders,
    order,
    replies,
    target,
)

REGENERATE = os.environ.get("SPEC_NOTIFY_REGENERATE") == "1"


def as_text(message: Message) -> bytes:
    """A message as its golden file holds it: readable, headers in order, the body as sent."""
    shown = {
        "method": message.method,
        "url": message.url.reveal(),
        "headers": [f"{name}: {value}" for name, value in message.headers],
        "body": message.body.decode(),
    }
    return orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@pytest.mark.parametrize("name", TARGETS)
def test_a_task_completed_is_the_golden_message(name: str) -> None:
    golden = MESSAGES / f"{name}.json"
    rendered = as_text(target(name).render(order()))
    if REGENERATE:
        golden.write_bytes(rendered)

    assert rendered.decode() == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TARGETS)
@given(asked=hostile_orders)
def test_the_same_order_renders_the_same_message(name: str, asked: Order) -> None:
    assert target(name).render(asked) == target(name).render(asked)


@pytest.mark.parametrize("name", TARGETS)
@given(asked=hostile_orders)
def test_no_input_gets_a_control_character_into_a_header(name: str, asked: Order) -> None:
    message = target(name).render(asked)

    for key, value in message.headers:
        assert key.isascii()
        assert key.replace("-", "").isalnum()
        assert all(" " <= character <= "~" for character in value)
        assert value == value.strip()
    assert len({key.lower() for key, _ in message.headers}) == len(message.headers)


@pytest.mark.parametrize("name", TARGETS)
def test_the_url_is_passed_on_and_shown_nowhere(name: str) -> None:
    message = target(name).render(order())

    assert message.url.reveal() == REACHED.get(name, URL)
    assert "token" not in repr(message)
    assert b"token" not in message.body


@pytest.mark.parametrize("name", OF_HTTP)
@pytest.mark.parametrize("strict", [False, True])
def test_every_status_is_judged_as_the_contract_says(name: str, *, strict: bool) -> None:
    for status in (*range(100, 600), 0, 600, 999):
        judged = target(name).judge(Reply(status=status, body=b"ok"), strict=strict, now=AT)

        assert judged.verdict is expected(name, status, strict=strict), status
        assert judged.status == status
        assert str(status) in judged.detail


def expected(name: str, status: int, *, strict: bool) -> Verdict:
    if status in range(200, 300):
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.GONE
    if status in NEVER_AGAIN.get(name, ()):
        return Verdict.REJECTED
    if strict and status in range(400, 500) and status not in {408, 425, 429}:
        return Verdict.REJECTED
    return Verdict.RETRY


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_tried_again_but_a_request_that_cannot_be_made(
    name: str, *, strict: bool, fault: Fault
) -> None:
    failure = Failure(fault=fault, detail="what happened; the fix")
    judged = target(name).judge(failure, strict=strict, now=AT)

    final = fault is Fault.INVALID
    assert judged == Outcome(
        verdict=Verdict.REJECTED if final else Verdict.RETRY, detail="what happened; the fix"
    )


@pytest.mark.parametrize("name", TARGETS)
@given(answer=replies | failures)
def test_no_answer_makes_the_judge_fall_over(name: str, answer: Reply | Failure) -> None:
    judged = target(name).judge(answer, strict=False, now=AT)

    assert judged.retry_after is None or judged.verdict is Verdict.RETRY
    assert judged.retry_after is None or judged.retry_after >= 0


@pytest.mark.parametrize("name", OF_HTTP)
@pytest.mark.parametrize(
    ("status", "asked", "wish"),
    [
        (429, "7", 7_000),
        (503, "120", 120_000),
        (503, "Fri, 20 Nov 2026 10:00:30 GMT", 29_544),
        (302, "7", 7_000),
        (404, "7", 7_000),
        (500, "1e9", None),
        (200, "7", None),
        (410, "7", None),
    ],
)
def test_a_retry_after_is_honoured_wherever_there_is_a_retry(
    name: str, status: int, asked: str, wish: int | None
) -> None:
    reply = Reply(status=status, headers=(("Retry-After", asked),), body=b"ok")
    if status in NEVER_AGAIN.get(name, ()):
        wish = None

    assert target(name).judge(reply, strict=False, now=AT).retry_after == wish
