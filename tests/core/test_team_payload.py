"""The event of a team's end: its body, its id, and what it refuses."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from spec_notify.core.errors import PayloadError
from spec_notify.core.instant import parse_rfc3339
from spec_notify.core.schema import validate
from spec_notify.core.team import Artifact, Team
from spec_notify.core.team_payload import build_team_event, contents

NOW = parse_rfc3339("2026-11-20T10:05:00.250Z")
DONE = Team(
    name="release-notes",
    namespace="docs",
    uid="6a1c9f7e-0b2d-4c39-9f57-2f7d0a6e1b34",
    phase="Completed",
    artifacts=(
        Artifact(
            name="notes.md",
            path="out/notes.md",
            produced_by="writer",
            produced_at="2026-11-20T10:00:00Z",
        ),
        Artifact(name="review.md"),
    ),
)
EVENTS = {
    "team_completed": build_team_event(DONE, "orchard", now=NOW, document="teams/notes.yaml"),
    "team_failed": build_team_event(
        msgspec.structs.replace(DONE, phase="BudgetExceeded"), "orchard", now=NOW
    ),
    "team_timedout_bare": build_team_event(
        Team(name="audit", phase="TimedOut"), "orchard", now=NOW
    ),
}


def ended(**changed: object) -> Team:
    return msgspec.structs.replace(DONE, **changed)


def data(team: Team) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(build_team_event(team, now=NOW).body)
    return dict(told["data"])


@pytest.mark.parametrize(
    ("phase", "type_"),
    [
        ("Completed", "team.completed"),
        ("Failed", "team.failed"),
        ("BudgetExceeded", "team.failed"),
        ("TimedOut", "team.timedout"),
    ],
)
def test_the_phase_decides_the_type_and_is_told_itself(phase: str, type_: str) -> None:
    event = build_team_event(ended(phase=phase), now=NOW)

    assert (event.type, event.status, event.task) == (type_, phase, "docs/release-notes")
    assert orjson.loads(event.body)["data"]["team"]["phase"] == phase


@pytest.mark.parametrize("phase", [None, "Pending", "Initializing", "Running"])
def test_a_team_that_has_not_ended_has_no_event(phase: str | None) -> None:
    with pytest.raises(ValueError, match="has not ended"):
        build_team_event(ended(phase=phase), now=NOW)


def test_the_id_is_made_of_the_team_its_end_and_what_it_is_given() -> None:
    one = build_team_event(DONE, "orchard", now=NOW)
    others = [
        build_team_event(DONE, "vineyard", now=NOW),
        build_team_event(ended(name="notes"), "orchard", now=NOW),
        build_team_event(ended(namespace="other"), "orchard", now=NOW),
        build_team_event(ended(uid=None), "orchard", now=NOW),
        build_team_event(ended(phase="Failed"), "orchard", now=NOW),
    ]

    assert build_team_event(ended(artifacts=()), "orchard", now=NOW + 9).id == one.id
    assert len({one.id, *(each.id for each in others)}) == 6
    assert contents(DONE) != contents(ended(artifacts=()))


def test_words_of_people_lose_addresses_and_control_characters() -> None:
    artifact = Artifact(name="a\x1bb", path="out/\x00", produced_by="ada@example.org")

    assert data(ended(artifacts=(artifact,)))["artifacts"] == [
        {"name": "a\ufffdb", "path": "out/\ufffd", "producedBy": "ada", "producedAt": None}
    ]


def test_a_body_with_another_phase_is_refused() -> None:
    body = orjson.loads(EVENTS["team_completed"].body)
    body["data"]["team"]["phase"] = "Running"

    with pytest.raises(PayloadError, match="phase"):
        validate(body)
