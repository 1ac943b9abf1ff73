"""The PagerDuty target: news pages nobody, a dead letter does, and its recovery resolves it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import Verdict
from spec_notify.core.event import TYPES
from spec_notify.core.exchange import describe_request
from spec_notify.core.message import HttpMessage, Reply, Secret
from spec_notify.targets import pagerduty

from .conformance import AT, BODY, order
from .hostile import TEXTS, bodies_of
from .peers import faults_of_pagerduty

KEY = "0123456789abcdef0123456789abcdef"
BASE = "https://events.pagerduty.com"
DEAD, WORKS = "delivery.dead_lettered", "delivery.recovered"


def sent(type_: str, body: bytes = BODY) -> HttpMessage:
    return pagerduty.render(order(type=type_, body=body, url=BASE, secrets=(KEY,)))


def asked(type_: str, body: bytes = BODY) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(sent(type_, body).body)
    return found


def health(subscription: object) -> bytes:
    return orjson.dumps({"data": {"subscription": subscription, "delivery": "dlv_x"}})


@pytest.mark.parametrize("type_", [each for each in TYPES if each not in {DEAD, WORKS}])
def test_news_is_a_change_and_pages_nobody(type_: str) -> None:
    assert sent(type_).url.reveal() == f"{BASE}/v2/change/enqueue"
    assert not {"event_action", "dedup_key"} & {*asked(type_)}


def test_a_dead_letter_opens_an_alert_that_its_recovery_resolves() -> None:
    opened, resolved = asked(DEAD, health("chatops")), asked(WORKS, health("chatops"))

    assert sent(DEAD).url.reveal() == sent(WORKS).url.reveal() == f"{BASE}/v2/enqueue"
    assert (opened["event_action"], resolved["event_action"]) == ("trigger", "resolve")
    assert opened["payload"]["severity"] == "error"
    assert opened["dedup_key"] == resolved["dedup_key"] == "spec-notify delivery to chatops"
    assert asked(DEAD, health("other"))["dedup_key"] != opened["dedup_key"]


@given(st.text(max_size=400))
def test_a_dedup_key_is_short_and_one_per_subscription(name: str) -> None:
    key = asked(DEAD, health(name))["dedup_key"]

    assert 1 <= len(key) <= 255
    assert key.isascii()
    assert key.isprintable()
    assert key == asked(WORKS, health(name))["dedup_key"]
    assert key != asked(DEAD, health(name + "x"))["dedup_key"]


@pytest.mark.parametrize("type_", bodies_of(""))
def test_every_request_has_pagerdutys_shape_and_fits(type_: str) -> None:
    for text in TEXTS[::5]:
        message = sent(type_, bodies_of(text * 40)[type_])
        assert faults_of_pagerduty(message.url.reveal(), message.body) == [], text


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"data":{"subscription":7}}'])
@pytest.mark.parametrize("type_", ["spec-kit.task.completed", DEAD, WORKS])
def test_a_body_it_cannot_read_names_the_event(type_: str, body: bytes) -> None:
    message = sent(type_, body)

    assert faults_of_pagerduty(message.url.reveal(), message.body) == []


@pytest.mark.parametrize(
    ("repository", "href"),
    [
        ("github.com/acme/rockets", "https://github.com/acme/rockets/commit/"),
        ("gitlab.com/acme/sub/rockets", "https://gitlab.com/acme/sub/rockets/-/commit/"),
        ("git.example/acme/rockets", None),
        ("github.com/acme/rockets?x", None),
        ("github.com@evil.example/a/b", None),
        ("github.com", None),
        (None, None),
    ],
)
def test_a_commit_is_linked_where_its_page_is_known(
    repository: str | None, href: str | None
) -> None:
    commit = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
    body = orjson.dumps({"data": {"git": {"repository": repository, "commit": commit}}})
    links = [each["href"] for each in asked("spec-kit.task.completed", body)["links"]]

    assert links == ([href + commit] if href else [])


def test_the_routing_key_is_in_the_body_and_in_no_record_of_it() -> None:
    message = sent("spec-kit.task.completed")
    record = describe_request(message, [Secret(KEY)], payload=True)

    assert orjson.loads(message.body)["routing_key"] == KEY
    assert KEY[:12] not in repr(record)
    with pytest.raises(ValueError, match="routing key"):
        pagerduty.render(order(secrets=()))


@pytest.mark.parametrize("strict", [False, True])
def test_what_is_invalid_is_given_up_with_pagerdutys_reason(*, strict: bool) -> None:
    body = b'{"status":"invalid event","message":"Event object is invalid","errors":["x"]}'
    outcome = pagerduty.judge(Reply(status=400, body=body), strict=strict, now=AT)

    assert outcome.verdict is Verdict.REJECTED
    assert outcome.detail == "HTTP 400 Bad Request: Event object is invalid"
    assert pagerduty.judge(Reply(status=202), strict=strict, now=AT).verdict is Verdict.DELIVERED
    assert pagerduty.judge(Reply(status=429), strict=strict, now=AT).verdict is Verdict.RETRY
