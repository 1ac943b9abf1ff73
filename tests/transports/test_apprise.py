"""The Apprise wire, with its own json:// plug-in and a real receiver on the loopback."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import orjson
import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Fault
from spec_notify.targets import apprise
from spec_notify.transports.apprise import AppriseTransport
from spec_notify.transports.receiver import Answer, Receiver
from tests.targets.conformance import AT, order

from .conftest import failure, free_port, reply

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Reply

# Apprise loads all its plug-ins for the first URL, and some import what others deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def notified(
    url: str, *, deadline: int = 10_000, allow_private: bool = True, attempt: int = 1
) -> Reply | Failure:
    async def run() -> Reply | Failure:
        wire = AppriseTransport()
        try:
            message = apprise.render(order(url=url, attempt=attempt))
            return await wire.send(message, deadline=deadline, allow_private=allow_private)
        finally:
            await wire.aclose()

    return asyncio.run(run())


def place(there: Receiver, path: str = "/c4n4ry-path") -> str:
    return f"json://user:c4n4ry-pass@127.0.0.1:{there.port}{path}"


def test_a_notification_arrives_as_plain_text() -> None:
    with Receiver() as there:
        came = reply(notified(place(there)))
        [arrived] = there.requests

    judged = apprise.judge(came, strict=True, now=AT)
    assert (judged.verdict, judged.status) == (Verdict.DELIVERED, None)
    said = orjson.loads(arrived.body)
    title = "T49 Say <\u2060when> a task & its review are done ✅ → Done"
    assert said["title"] == title
    assert said["message"].startswith(title)


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_a_refusal_is_asked_once_and_tried_again_by_our_schedule(status: int) -> None:
    with Receiver(lambda _: Answer(status=status, body=b"c4n4ry-body")) as there:
        came = failure(notified(f"{place(there)}?retry=5&wait=1"))
        assert len(there.requests) == 1

    judged = apprise.judge(came, strict=True, now=AT)
    assert (judged.verdict, judged.detail) == (Verdict.RETRY, "apprise reports failure")


def test_nobody_there_is_tried_again() -> None:
    came = failure(notified(f"json://127.0.0.1:{free_port()}/c4n4ry"))
    assert apprise.judge(came, strict=True, now=AT).verdict is Verdict.RETRY


def test_a_slow_service_ends_at_the_deadline_with_an_unknown_outcome() -> None:
    with Receiver(lambda _: Answer(delay=3_000)) as there:
        came = failure(notified(place(there), deadline=1_000))

    assert came.fault is Fault.TIMEOUT
    assert came.detail == "not done within 1s: outcome unknown, apprise may still send it"
    assert came.timing.total < 2_500


@pytest.mark.parametrize(
    "url",
    ["nothing", "nosuch://c4n4ry", "json://", "json://127.0.0.1/c4n4ry, json://127.0.0.2/c4n4ry"],
)
def test_a_url_that_names_no_single_service_is_a_dead_letter(url: str) -> None:
    came = failure(notified(url))

    assert came.fault is Fault.INVALID
    assert apprise.judge(came, strict=False, now=AT).verdict is Verdict.REJECTED


def test_without_the_users_word_nothing_is_dialled() -> None:
    with Receiver() as there:
        came = failure(notified(place(there), allow_private=False))
        assert there.requests == []

    assert came.fault is Fault.REFUSED_ADDRESS


def test_nothing_is_logged_even_at_the_loudest(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Receiver(lambda _: Answer(status=500, body=b"c4n4ry")) as there:
        notified(place(there))

    assert "c4n4ry" not in caplog.text
    assert "json://" not in caplog.text


def test_evidence_says_what_such_a_message_lacks_and_not_where_it_went() -> None:
    facts = apprise.render(order(url="tgram://c4n4ry-bot/c4n4ry-chat")).facts()
    assert facts == {"host": "tgram:", "signed": False, "receipt": "none"}
