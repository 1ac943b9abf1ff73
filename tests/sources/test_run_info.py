"""conductor-loop's run-info.yaml, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.errors import SpellingError
from spec_notify.core.run_stop import Moment, read_moment
from spec_notify.sources.run_info import Place, read_run_info, task_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "conductor"
PLACE = Place(project="p", task="t", run="r")
BASE = "run_id: r\nproject_id: p\ntask_id: t\nagent: a\nexit_code: 0\nstatus: completed\n"


def fixture(name: str) -> str:
    return (FIXTURES / f"{name}.yaml").read_text("utf-8")


def test_a_run_that_is_over_says_all_it_knows() -> None:
    run = read_run_info(fixture("completed"), PLACE)

    assert (run.project, run.task) == ("orchard", "task-20261120-095700-prune-trees")
    assert (run.agent, run.status, run.exit_code) == ("claude", "completed", 0)
    assert run.started == Moment(
        text="2026-11-20T09:58:00.123456789Z", nanos=1_795_168_680_123_456_789
    )
    assert (run.seconds, run.error, run.previous) == (300, "", None)


def test_the_zero_end_time_of_a_run_that_runs_is_none() -> None:
    run = read_run_info(fixture("running"), PLACE)

    assert (run.stopped, run.seconds, run.status, run.exit_code) == (None, 0, "running", -1)


def test_a_restart_names_the_run_before_it() -> None:
    run = read_run_info(fixture("failed"), PLACE)

    assert (run.previous, run.parent) == (
        "20261120-0958000000-4711-1",
        "20261120-0900000000-4600-1",
    )
    assert (run.exit_code, run.error, run.seconds) == (137, "agent killed (OOM or signal)", 1.5)


def test_an_older_spelling_is_read_too() -> None:
    run = read_run_info(fixture("older"), PLACE)

    assert (run.agent, run.run, run.exit_code) == ("gemini", "run_20260101", 1)
    assert run.error == "agent exited with code 1\nsee agent-stderr.txt"
    assert run.started is not None
    assert run.started.text == "2026-01-01T00:00:00Z"


def test_names_that_the_file_leaves_out_are_those_of_its_folders() -> None:
    run = read_run_info("status: failed\n", PLACE)

    assert (run.project, run.task, run.run, run.agent, run.exit_code) == ("p", "t", "r", "", 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no status yet"),
        ("run_id: r\nexit_code: 0\n", "has no status yet"),
        ("status:\n", "has no status yet"),
        ("status: [completed]\n", "status is no scalar"),
        ("status:\n  inner: completed\n", "status is no scalar"),
        ("status: !x completed\n", "status is no scalar"),
        ("status: *s\n", "status is no scalar"),
        ("status: completed now\n", "status is no word"),
        ("status: completed\nstatus: failed\n", "status stands in it twice"),
        ("status: failed\nexit_code: one\n", "exit_code is no whole number"),
        ("status: failed\nexit_code: 1e3\n", "exit_code is no whole number"),
        ("status: failed\nend_time: yesterday\n", "end_time is no RFC 3339 instant"),
        ("status: failed\nend_time: 2026-13-01T00:00:00Z\n", "end_time is no RFC 3339 instant"),
        ("{status: completed}\n", "has no status yet"),
        ('{"status": "completed"}\n', "has no status yet"),
    ],
)
def test_what_is_no_whole_run_is_refused_and_named(text: str, why: str) -> None:
    with pytest.raises(SpellingError, match=f"^{why}"):
        read_run_info(text, PLACE)


def test_no_prefix_of_a_file_ends_a_run_that_the_whole_file_does_not() -> None:
    text = fixture("running")
    for end in range(len(text) + 1):
        try:
            run = read_run_info(text[:end], PLACE)
        except SpellingError:
            continue
        assert run.status in {"running"[:length] for length in range(1, 8)}


def test_the_exit_code_is_part_of_where_an_ended_run_stands() -> None:
    def stands(status: str, code: int) -> str:
        text = f"status: {status}\nexit_code: {code}\n"
        return task_of(read_run_info(text, PLACE), PLACE).status.text

    assert stands("failed", 1) != stands("failed", 137)
    assert stands("running", -1) == stands("running", 0)


@pytest.mark.parametrize("zone", ["Z", "+00:00"])
def test_nanoseconds_are_kept_as_they_are_written(zone: str) -> None:
    moment = read_moment(f"2026-11-20T10:00:00.000000001{zone}")

    assert moment is not None
    assert (moment.text, moment.nanos % 10) == ("2026-11-20T10:00:00.000000001Z", 1)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "0001-01-01T01:00:00+01:00"]
)
def test_year_one_is_no_instant(text: str) -> None:
    assert read_moment(text) is None


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["agent", "error_summary", "cwd", "commandline", "previous_run_id"]),
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40),
    )
)
def test_what_a_yaml_writer_writes_on_one_line_is_read_as_it_was_meant(
    written: dict[str, str],
) -> None:
    text = yaml.safe_dump(
        {**written, "exit_code": -1, "status": "failed"}, width=10**9, allow_unicode=True
    )

    run = read_run_info(text, PLACE)

    assert (run.status, run.exit_code) == ("failed", -1)
    assert run.agent == written.get("agent", "")
    assert run.error == written.get("error_summary", "")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        read_run_info(BASE + text, PLACE)
    except SpellingError:
        return
