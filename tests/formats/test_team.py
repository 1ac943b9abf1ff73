"""The team format: the operator's own keys, in its order, and nothing else."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from spec_notify.core.errors import FormatError
from spec_notify.formats import team

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"


def native(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def test_a_team_that_made_something_is_told_in_these_bytes() -> None:
    spelled = team.Spelling(message="Ready.").spell(native("team_completed"))

    assert spelled.decode() == (
        '{"event":"team.completed","team":"release-notes","namespace":"docs","phase":"Completed",'
        '"message":"Ready.","artifacts":[{"name":"notes.md","path":"out/notes.md",'
        '"producedBy":"writer","producedAt":"2026-11-20T10:00:00Z"},{"name":"review.md"}]}'
    )


def test_message_and_artifacts_are_left_out_where_there_are_none() -> None:
    assert team.spell(native("team_timedout_bare")).decode() == (
        '{"event":"team.timedout","team":"audit","namespace":"default","phase":"TimedOut"}'
    )


def test_a_budget_that_was_used_up_is_a_failure_that_says_so() -> None:
    told = orjson.loads(team.spell(native("team_failed")))

    assert (told["event"], told["phase"]) == ("team.failed", "BudgetExceeded")


@pytest.mark.parametrize("name", ["task_completed", "run_finished", "workflow_started"])
def test_what_is_about_no_team_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="it is about no team"):
        team.spell(native(name))


def test_a_test_is_told_as_a_team_of_ours() -> None:
    assert team.spell(native("test")).decode() == (
        '{"event":"spec-notify.test","team":"spec-notify-test","namespace":"default",'
        '"phase":"Completed"}'
    )


def test_the_same_body_gives_the_same_bytes() -> None:
    assert team.spell(native("team_failed")) == team.Spelling().spell(native("team_failed"))
    assert team.Spelling().content_type == team.content_type == "application/json"
