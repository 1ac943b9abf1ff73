"""When a run is over and what it came to; where it is told of, and what is no such place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.errors import SpellingError
from spec_notify.core.run import (
    ATTENTION,
    SUCCESS,
    Counts,
    RunPlace,
    counted,
    read_base,
    read_place,
    read_run_id,
)
from spec_notify.core.run_payload import finish_id


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ("", None),
        ("done", SUCCESS),
        ("Done DONE done", SUCCESS),
        ("failed", ATTENTION),
        ("blocked", ATTENTION),
        ("done failed", ATTENTION),
        ("done BLOCKED", ATTENTION),
        ("done failed blocked", ATTENTION),
        ("queued", None),
        ("done building", None),
        ("failed planning", None),
        ("done reviewing blocked", None),
        ("done completed", None),
        ("done ?", None),
        ("undone", None),
    ],
)
def test_a_run_is_over_when_every_task_of_it_has_ended(statuses: str, outcome: str | None) -> None:
    assert counted(statuses.split()).outcome == outcome


def test_blanks_around_a_status_are_none_of_it() -> None:
    assert counted([" done ", "FAILED\n"]) == Counts(done=1, failed=1, blocked=0, total=2)


@given(st.lists(st.sampled_from(["done", "failed", "blocked", "building", "queued"])))
def test_the_counts_add_up_and_decide_alone(statuses: list[str]) -> None:
    counts = counted(statuses)

    assert counts.done + counts.failed + counts.blocked + counts.open == len(statuses)
    assert (counts.outcome is None) == (not statuses or counts.open > 0)
    assert (counts.outcome == SUCCESS) == bool(statuses and counts.done == counts.total)


def test_counts_read_as_the_plan_writes_them() -> None:
    counts = Counts(done=12, failed=2, blocked=1, total=15)

    assert str(counts) == "done=12 failed=2 blocked=1 total=15"


@pytest.mark.parametrize(
    ("base", "run", "url"),
    [
        ("http://127.0.0.1:5080", "run-abc123", "http://127.0.0.1:5080/runs/run-abc123/tasks"),
        ("http://127.0.0.1:5080/", "r", "http://127.0.0.1:5080/runs/r/tasks"),
        ("https://swarm.example/api//", "r", "https://swarm.example/api/runs/r/tasks"),
        ("http://[::1]:5080", "r", "http://[::1]:5080/runs/r/tasks"),
        (" http://host ", " run@1 ", "http://host/runs/run%401/tasks"),
        ("http://host", "läuft:7", "http://host/runs/l%C3%A4uft%3A7/tasks"),
    ],
)
def test_a_run_has_one_url(base: str, run: str, url: str) -> None:
    assert read_place(base, run).url("/tasks") == url


@pytest.mark.parametrize(
    "base",
    [
        "",
        "127.0.0.1:5080",
        "ftp://host",
        "http://",
        "http://user:pass@host",
        "http://host/?a=b",
        "http://host/#top",
        "http://host/a b",
        "http://host/<@1>",
        "http://host/[x](y)",
        "http://127.1",
        "http://169.254.169.254",
        "http://169.254.1.1:5080",
        "http://[fe80::1]",
        "http://100.100.100.200/latest",
        "http://[::ffff:127.0.0.1]",
    ],
)
def test_what_is_no_base_url_or_leads_where_nobody_may_go_is_refused(base: str) -> None:
    with pytest.raises(SpellingError):
        read_base(base)


@pytest.mark.parametrize(
    "run", ["", " ", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a b", "a\nb", "\x1b[2J", "x" * 129]
)
def test_what_is_no_run_id_is_refused(run: str) -> None:
    with pytest.raises(SpellingError):
        read_run_id(run)


def test_one_run_has_one_event_however_its_server_is_spelled() -> None:
    spellings = ("http://Swarm.example", "http://swarm.example:80", "http://swarm.example/")
    ids = {finish_id(read_place(each, "r1")) for each in spellings}

    assert len(ids) == 1
    assert finish_id(RunPlace(base="http://swarm.example:81", run="r1")) not in ids
    assert finish_id(RunPlace(base="http://swarm.example", run="r2")) not in ids
