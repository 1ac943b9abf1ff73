"""The Teams target: a card a flow can post, small enough, and the signed URL as it was given."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Reply
from spec_notify.targets import teams

from .conformance import AT, order
from .hostile import bodies_of
from .peers import faults_of_teams

SIGNED = (
    "https://x.api.powerplatform.com/workflows/1/run?api-version=1&sp=%2Ftriggers&sig=a-_%2B%3d"
)


@given(
    st.sampled_from([*bodies_of("")]),
    st.text(st.sampled_from("a*_[`é🚀.@\u0301"), max_size=4000),
)
def test_every_card_has_its_shape_and_fits(type_: str, text: str) -> None:
    body = bodies_of(text)[type_]

    assert faults_of_teams(teams.render(order(type=type_, body=body)).body) == []


def test_the_url_is_sent_as_it_was_given() -> None:
    assert teams.render(order(url=SIGNED)).url.reveal() == SIGNED


def test_an_accepted_card_is_said_to_be_no_more_than_that() -> None:
    outcome = teams.judge(Reply(status=202), strict=False, now=AT)

    assert outcome.verdict is Verdict.DELIVERED
    assert outcome.detail == "HTTP 202 Accepted: the flow took it"


@pytest.mark.parametrize(
    ("status", "colour"), [("Done", "good"), ("In Review", "warning"), ("Backlog", "default")]
)
def test_a_status_has_its_colour(status: str, colour: str) -> None:
    body = orjson.dumps({"data": {"task": {"title": "x", "status": status}}})
    message = orjson.loads(teams.render(order(body=body)).body)

    assert message["attachments"][0]["content"]["body"][1]["color"] == colour
