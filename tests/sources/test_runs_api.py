"""What a runs server answers, read: whole, cut short, contradictory, or about something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.instant import parse_rfc3339
from spec_notify.core.run import PAGE, SUCCESS, Counts
from spec_notify.sources.runs_api import Rows, Summary, Unread, read_summary, read_tasks

RUN = "run-abc123"


def rows(*statuses: str) -> list[dict[str, Any]]:
    return [
        {"taskId": f"t{number}", "title": "x", "status": status, "updatedAt": None, "error": None}
        for number, status in enumerate(statuses)
    ]


def read(found: object) -> Rows | Unread:
    return read_tasks(json.dumps(found).encode(), RUN)


@pytest.mark.parametrize("source", ["registry", "arcadedb", None])
def test_a_list_is_read_with_its_envelope_and_without(source: str | None) -> None:
    items = rows("Done", "failed", "building")
    enveloped = read({"runId": RUN, "source": source, "items": items})

    assert enveloped == read(items)
    assert isinstance(enveloped, Rows)
    assert enveloped.counts == Counts(done=1, failed=1, blocked=0, total=3)
    assert enveloped.counts.open == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the answer is empty"),
        (b" \r\n", "the answer is empty"),
        (b"<html>Bad gateway</html>", "the answer is no JSON"),
        (b'{"items": [', "the answer is no JSON"),
        (b"\xff\xfe", "the answer is no JSON"),
        (b"[" * 100_000, "the answer is no JSON"),
        (b"null", "the answer holds no list of tasks"),
        (b"7", "the answer holds no list of tasks"),
        (b'{"runId": "run-abc123"}', "the answer holds no list of tasks"),
        (b'{"items": {"a": 1}}', "the answer holds no list of tasks"),
        (b'{"runId": "run-other", "items": []}', "the answer is about another run"),
    ],
)
def test_an_answer_that_says_nothing_says_why(body: bytes, why: str) -> None:
    assert read_tasks(body, RUN) == Unread(why=why)


@pytest.mark.parametrize("row", [None, 7, "done", [], {}, {"status": None}, {"status": 1}])
def test_a_row_that_tells_no_status_has_not_ended(row: object) -> None:
    found = read([*rows("done"), row])

    assert isinstance(found, Rows)
    assert (found.counts.total, found.counts.outcome) == (2, None)


def test_a_task_that_is_told_twice_is_one_task() -> None:
    found = read([*rows("done"), *rows("done")])

    assert isinstance(found, Rows)
    assert (found.counts.total, found.rows) == (1, 2)
    assert found.missing(2) == "1 of 2 tasks were answered"


def test_rows_that_contradict_each_other_are_no_answer() -> None:
    assert read([*rows("done"), *rows("failed")]) == Unread(why="its rows contradict each other")


@pytest.mark.parametrize(
    ("count", "said", "missing"),
    [
        (3, None, None),
        (3, 3, None),
        (3, 2, None),
        (3, 4, "3 of 4 tasks were answered"),
        (PAGE - 1, None, None),
        (PAGE, None, "500 rows, and a server gives no more than 500 at a time"),
        (PAGE, PAGE, "500 rows, and a server gives no more than 500 at a time"),
        (PAGE + 1, None, "501 rows, and a server gives no more than 500 at a time"),
    ],
)
def test_a_list_that_may_be_cut_short_is_known(
    count: int, said: int | None, missing: str | None
) -> None:
    found = read(rows(*["done"] * count))

    assert isinstance(found, Rows)
    assert found.counts.outcome == SUCCESS
    assert found.missing(said) == missing


def test_the_list_itself_may_say_how_many_there_are() -> None:
    found = read({"items": rows("done"), "taskCount": 9})

    assert isinstance(found, Rows)
    assert found.missing() == "1 of 9 tasks were answered"


@pytest.mark.parametrize(
    ("told", "summary"),
    [
        ({}, Summary()),
        ({"taskCount": 7}, Summary(tasks=7)),
        ({"taskCount": True}, Summary()),
        ({"taskCount": -1}, Summary()),
        ({"taskCount": "7"}, Summary()),
        ({"createdAt": "yesterday"}, Summary()),
        ({"createdAt": "0001-01-01T00:00:00+00:00"}, Summary()),
        ({"createdAt": "9" * 100}, Summary()),
        (
            {"createdAt": "2026-02-27T10:00:00.1234567+01:00"},
            Summary(created_at=parse_rfc3339("2026-02-27T09:00:00.123Z")),
        ),
    ],
)
def test_what_a_run_says_of_itself(told: dict[str, Any], summary: Summary) -> None:
    assert read_summary(json.dumps({"runId": RUN} | told).encode(), RUN) == summary


@pytest.mark.parametrize("body", [b"[]", b'{"runId": "run-other", "taskCount": 1}', b"", b"<"])
def test_a_run_that_says_something_else_says_nothing(body: bytes) -> None:
    assert isinstance(read_summary(body, RUN), Unread)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 900) | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=4)
        | st.dictionaries(
            st.sampled_from(["items", "taskId", "status", "runId", "taskCount"]), each
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_no_answer_makes_a_reader_fall_over(found: object) -> None:
    body = json.dumps(found).encode()
    tasks = read_tasks(body, RUN)

    assert isinstance(tasks, Unread) or tasks.counts.total <= tasks.rows
    assert isinstance(read_summary(body, RUN), Summary | Unread)
