"""A runs server that pages, fails, truncates, lies and hangs: what a check makes of each."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.instant import parse_rfc3339
from spec_notify.core.message import HttpMessage, Secret
from spec_notify.core.run import ATTENTION, SUCCESS, Counts, RunPlace
from spec_notify.pipeline.run_check import ANSWER_LIMIT, Found, RunCheck
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.receiver import Answer
from spec_notify.transports.wires import Wires
from tests.transports.runs_server import RUN, RunsServer, said

if TYPE_CHECKING:
    from spec_notify.core.run import Finish

AT = 1_795_168_800_456
DEADLINE = 5_000


def checks(
    served: RunsServer, count: int, *, deadline: int = DEADLINE, key: str | None = None
) -> list[Found]:
    """Check so many times, over the real wire."""

    async def run() -> list[Found]:
        wire = Wires({HttpMessage: lambda: HttpTransport(limit=ANSWER_LIMIT + 1)})
        check = RunCheck(
            RunPlace(base=served.url, run=RUN),
            wire,
            clock=lambda: AT,
            user_agent="spec-notify/test",
            api_key=Secret(key) if key else None,
        )
        try:
            return [await check.check(deadline) for _ in range(count)]
        finally:
            await wire.aclose()

    with served:
        return asyncio.run(run())


def ended(found: Found) -> Finish:
    assert found.finish is not None, found
    return found.finish


def test_a_run_under_way_is_counted_and_its_end_is_known() -> None:
    served = RunsServer(
        "done building queued",
        "done failed blocked",
        summary={"runId": RUN, "taskCount": 3, "createdAt": "2026-11-20T08:00:00+00:00"},
    )
    under_way, end = checks(served, 2)

    assert under_way == Found(counts=Counts(done=1, failed=0, blocked=0, total=3))
    assert ended(end).outcome == ATTENTION
    assert ended(end).counts == Counts(done=1, failed=1, blocked=1, total=3)
    assert ended(end).created_at == parse_rfc3339("2026-11-20T08:00:00Z")
    assert ended(end).checked_at == AT


def test_it_asks_for_the_largest_page_and_for_the_run_only_at_its_end() -> None:
    served = RunsServer("building", "done", summary={"taskCount": 1})
    checks(served, 2, key="k3y")
    asked = served.receiver.requests

    assert [each.path for each in asked] == [
        f"/runs/{RUN}/tasks?limit=500",
        f"/runs/{RUN}/tasks?limit=500",
        f"/runs/{RUN}",
    ]
    assert {each.method for each in asked} == {"GET"}
    assert {each.header("x-api-key") for each in asked} == {"k3y"}
    assert {each.body for each in asked} == {b""}


def test_no_key_is_sent_where_none_is_given() -> None:
    served = RunsServer("building")
    checks(served, 1)

    assert served.receiver.requests[0].header("x-api-key") is None


@pytest.mark.parametrize("bare", [False, True])
def test_a_list_counts_with_its_envelope_and_without(*, bare: bool) -> None:
    (found,) = checks(RunsServer("Done DONE", bare=bare), 1)

    assert ended(found).outcome == SUCCESS
    assert ended(found).created_at is None


def test_an_empty_run_is_not_over() -> None:
    (found,) = checks(RunsServer(""), 1)

    assert found == Found(counts=Counts(done=0, failed=0, blocked=0, total=0))


@pytest.mark.parametrize("count", [500, 501, 1_200])
def test_a_full_page_is_no_verdict(count: int) -> None:
    (found,) = checks(RunsServer("done " * count, summary={"taskCount": 500}), 1)

    assert found.finish is None
    assert found.trouble == (
        "no verdict over a part: 500 rows, and a server gives no more than 500 at a time"
    )


def test_499_tasks_that_ended_are_a_run_that_ended() -> None:
    (found,) = checks(RunsServer("done " * 499, summary={"taskCount": 499}), 1)

    assert ended(found).counts.total == 499


def test_fewer_rows_than_the_run_has_tasks_are_no_verdict() -> None:
    (found,) = checks(RunsServer("done " * 50, summary={"taskCount": 120}), 1)

    assert found.trouble == "no verdict over a part: 50 of 120 tasks were answered"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_without_a_page_for_the_run_is_believed_on_its_tasks(status: int) -> None:
    (found,) = checks(RunsServer("done", summary=Answer(status=status)), 1)

    assert ended(found).outcome == SUCCESS


@pytest.mark.parametrize(
    "summary",
    [Answer(status=503), Answer(body=b"<html>"), Answer(raw=b"", reset=True), {"runId": "other"}],
)
def test_a_run_that_cannot_be_asked_right_now_is_asked_again_but_not_for_ever(
    summary: Answer | dict[str, Any],
) -> None:
    first, second, third = checks(RunsServer("done", summary=summary), 3)

    for found in (first, second):
        assert found.finish is None
        assert (found.trouble or "").startswith("no verdict yet, the run itself was not answered")
    assert ended(third).outcome == SUCCESS


TROUBLES = [
    (Answer(status=500), "HTTP 500 Internal Server Error"),
    (Answer(status=503, headers=(("Retry-After", "7"),)), "HTTP 503 Service Unavailable"),
    (Answer(status=429), "HTTP 429 Too Many Requests"),
    (Answer(status=401), "HTTP 401 Unauthorized: does it want another API_KEY?"),
    (
        Answer(status=302, headers=(("Location", "http://169.254.169.254/"),)),
        "HTTP 302 Found: redirects are not followed, mend BASE_URL",
    ),
    (Answer(status=204), "the answer is empty"),
    (Answer(body=b" \n"), "the answer is empty"),
    (Answer(body=b"<html>\x1b]0;owned\x07"), "the answer is no JSON"),
    (Answer(body=gzip.compress(b"[]")), "the answer is no JSON"),
    (Answer(body=b'{"items":' * 5_000), "the answer is no JSON"),
    (Answer(body=b"[1," * 1_024, repeat=3 * 1_024), "the answer is over 8 MiB"),
    (Answer(body=b'{"items": 7}'), "the answer holds no list of tasks"),
    (
        said({"runId": "run-other", "items": [{"status": "done"}]}),
        "the answer is about another run",
    ),
    (
        said([{"taskId": "a", "status": "done"}, {"taskId": "a", "status": "failed"}]),
        "its rows contradict each other",
    ),
    (Answer(raw=b"", reset=True), "the connection closed before an answer"),
    (Answer(raw=b"SSH-2.0-x\r\n\r\n"), "the receiver's answer is not HTTP"),
    (Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n[{"), "the answer is no JSON"),
    (Answer(body=b"[]", delay=20_000), "not done within 300ms: still waiting for an answer"),
    (Answer(body=b"[1]", drip=20_000), "the answer is no JSON"),
]


@pytest.mark.parametrize(("answer", "why"), TROUBLES, ids=[why[:40] for _, why in TROUBLES])
def test_a_bad_answer_is_survived_and_the_next_one_counts(answer: Answer, why: str) -> None:
    bad, good = checks(RunsServer(answer, "done"), 2, deadline=300)

    assert (bad.finish, bad.counts) == (None, None)
    assert bad.trouble == why
    assert ended(good).outcome == SUCCESS


def test_how_long_the_server_asks_to_be_left_alone_is_heard() -> None:
    (found,) = checks(RunsServer(Answer(status=503, headers=(("Retry-After", "7"),))), 1)

    assert found.wish == 7_000


def test_an_unknown_run_may_come_and_go() -> None:
    served = RunsServer(Answer(status=404), "building", Answer(status=404), "done")
    before, under_way, gone, end = checks(served, 4)

    assert before.trouble == "HTTP 404 Not Found: the run is not known yet"
    assert under_way.trouble is None
    assert gone.trouble == "HTTP 404 Not Found: the run is not known any more"
    assert ended(end).outcome == SUCCESS


def test_a_server_that_is_not_there_yet_is_waited_for() -> None:
    with RunsServer("done") as gone:
        place = RunPlace(base=gone.url, run=RUN)

    async def run() -> Found:
        wire = Wires({HttpMessage: HttpTransport})
        check = RunCheck(place, wire, clock=lambda: AT, user_agent="spec-notify/test")
        return await check.check(DEADLINE)

    assert "connection refused" in (asyncio.run(run()).trouble or "")


def test_nothing_the_server_says_is_repeated() -> None:
    words = "c4n4ry\x1b[31m"
    row = {"taskId": words, "title": words, "status": words, "error": words}
    found = checks(RunsServer([row], Answer(status=500, body=words.encode())), 2)

    assert "c4n4ry" not in json.dumps([each.trouble for each in found])
    assert found[0].counts == Counts(done=0, failed=0, blocked=0, total=1)
