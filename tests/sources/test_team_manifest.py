"""AgentTeam manifests: every shape they come in, and what is wrong with one hurting only itself."""

from __future__ import annotations

import json
import random  # noqa: TID251 - a seed makes every run the same
from pathlib import Path

import pytest

from spec_notify.core.schema import validate
from spec_notify.core.team import ENDS, Artifact, Recipient, Team
from spec_notify.core.team_payload import build_team_event, contents
from spec_notify.sources.team_manifest import MOST_ARTIFACTS, Manifests, read_manifests

FIXTURES = Path(__file__).parents[2] / "fixtures" / "teams"
PLAIN = {
    "apiVersion": "teams.example.com/v1alpha1",
    "kind": "AgentTeam",
    "metadata": {"name": "crew"},
    "spec": {"lifecycle": {"onComplete": "deliver", "delivery": [{"type": "webhook"}]}},
    "status": {"phase": "Completed"},
}


def sample(name: str) -> Manifests:
    return read_manifests((FIXTURES / name).read_text("utf-8"))


def only(text: str) -> Team:
    found = read_manifests(text)
    assert found.faults == ()
    (team,) = found.teams
    return team


def changed(**parts: object) -> str:
    return json.dumps({**PLAIN, **parts})


def test_the_sample_parses() -> None:
    team = only((FIXTURES / "delivery-team.yaml").read_text("utf-8"))

    assert (team.name, team.namespace, team.phase) == ("release-notes", "docs", "Completed")
    assert team.uid == "6a1c9f7e-0b2d-4c39-9f57-2f7d0a6e1b34"
    assert team.on_complete == "deliver"
    assert team.recipients == (
        Recipient(
            type="webhook",
            url="https://hooks.example.com/teams/finished",
            message="The release notes are ready to be read.",
        ),
        Recipient(type="slack", channel="#releases", credentials_secret="team-credentials"),
    )
    assert team.artifacts[0] == Artifact(
        name="notes.md",
        path="out/notes.md",
        produced_by="writer",
        produced_at="2026-11-20T10:00:00Z",
    )


def test_every_key_of_a_delivery_is_read() -> None:
    (team,) = sample("every-target.yaml").teams
    mail, drive = team.recipients[2:4]

    assert mail.to == ("security@example.org", "lead@example.org")
    assert mail.subject == "The audit is over"
    assert mail.message == "Its findings are in the report.\nPlease read them before Friday.\n"
    assert mail.attachment_path == drive.artifact_path == "out/findings.pdf"
    assert drive.folder == "1AbCdEfGhIjKl"
    assert team.namespace == "default"


def test_documents_are_read_one_by_one_and_other_kinds_passed_over() -> None:
    found = sample("quiet.yaml")

    assert [each.name for each in found.teams] == [
        *("no-lifecycle", "empty-list", "pull-request", "at-work"),
    ]
    assert found.others == 1
    assert found.faults == ()
    assert found.teams[0].on_complete is None
    assert found.teams[0].recipients == found.teams[1].recipients == ()


def test_what_a_list_command_prints_is_read() -> None:
    first, second = sample("list.json").teams

    assert (first.title, first.phase, first.event_type) == (
        *("docs/translate", "BudgetExceeded", "team.failed"),
    )
    assert (second.title, second.event_type) == ("docs/proofread", None)


@pytest.mark.parametrize("kind", ["List", "AgentTeamList"])
def test_items_of_a_list_are_opened_whatever_the_spelling(kind: str) -> None:
    item = {key: each for key, each in PLAIN.items() if kind == "List" or key != "kind"}
    text = json.dumps({"kind": kind, "items": [item, item]})
    as_yaml = f"kind: {kind}\nitems:\n" + 2 * f"- {json.dumps(item)}\n"

    assert len(read_manifests(text).teams) == len(read_manifests(as_yaml).teams) == 2


def test_yaml_in_braces_is_yaml() -> None:
    text = "{kind: AgentTeam, metadata: {name: crew}, status: {phase: Failed}}"

    assert only(text).phase == "Failed"
    assert only("\ufeff" + changed()).name == "crew"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (changed(metadata={}), "document 1: metadata.name is missing"),
        (changed(metadata={"name": "../x"}), "metadata.name or namespace is no name of Kubernetes"),
        (changed(metadata=[]), "document 1: metadata is no mapping"),
        (changed(metadata={"name": 7}), "document 1: name is no text"),
        (changed(status={"phase": "Done"}), "document 1: status.phase is none of Pending,"),
        (changed(status={"artifacts": {}}), "document 1: artifacts is no list"),
        (changed(spec={"lifecycle": []}), "document 1: lifecycle is no mapping"),
        (changed(spec={"lifecycle": {"delivery": {}}}), "document 1: delivery is no list"),
        (
            changed(spec={"lifecycle": {"delivery": [{}] * 101}}),
            "document 1: delivery has more than 100 entries",
        ),
        ('{"kind": "AgentTeamList", "items": 3}', "document 1: it is no resource: kind is missing"),
        ("- 1\n", "document 1: it is no resource: kind is missing"),
        ('{"kind": "AgentTeam", "kind": "Pod"}', "the key 'kind' stands twice"),
        ("kind: AgentTeam\nkind: Pod\n", "document 1: line 2: the key 'kind' stands twice"),
        ('{"a": NaN}' + " " * 300_000, "NaN is no JSON"),
        ('{"a": ' + "[" * 200_000 + "}" + " " * 100_000, "it is nested too deep"),
        ('{"a": ' + "9" * 300_000 + "}", "it holds a number that cannot be read"),
        ("{" + " " * 4_200_000, "document 1: it is longer than 4,194,304 characters"),
    ],
)
def test_a_document_that_cannot_be_read_is_a_fault(text: str, fault: str) -> None:
    found = read_manifests(text)

    assert found.teams == ()
    assert len(found.faults) == 1
    assert fault in found.faults[0]


def test_more_than_a_thousand_teams_are_not_read() -> None:
    found = read_manifests(json.dumps({"kind": "List", "items": [PLAIN] * 1_001}))

    assert len(found.teams) == 1_000
    assert found.faults == ("document 1, item 1001: more than 1,000 teams are not read",)


def test_of_very_many_faults_some_are_named_and_the_others_counted() -> None:
    found = read_manifests(json.dumps({"kind": "List", "items": [1] * 5_000 + [PLAIN]}))

    assert len(found.teams) == 1
    assert found.faults[99:] == (
        "document 1, item 100: it is no resource: kind is missing",
        "4,900 more of it cannot be read",
    )


def test_a_key_that_stands_twice_among_very_many_is_found_at_once() -> None:
    pairs = ",".join(f'"{number}":1' for number in range(200_000))

    found = read_manifests(f'{{"kind":"AgentTeam",{pairs},"199999":2}}')

    assert found.faults == ("document 1: the key '199999' stands twice in one object",)


def test_a_fault_leaves_the_other_documents_alone() -> None:
    found = read_manifests(f"{changed()}\n---\nkind: AgentTeam\n---\n{changed()}\n---\na: b: c\n")

    assert len(found.teams) == 2
    assert [each.partition(":")[0] for each in found.faults] == ["document 2", "document 4"]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (3, "type is missing"),
        ({}, "type is missing"),
        ({"type": 3}, "type is no text"),
        ({"type": "webhook", "url": 3}, "url is no text"),
        ({"type": "webhook", "message": "x" * 10_001}, "message is longer than 10,000 characters"),
        ({"type": "email", "to": "a@example.org"}, "to is no list"),
        ({"type": "email", "to": [1]}, "to is no text"),
    ],
)
def test_a_wrong_entry_is_one_that_cannot_be_served(entry: object, fault: str) -> None:
    good = {"type": "webhook", "url": "https://hooks.example.com/x"}
    team = only(changed(spec={"lifecycle": {"delivery": [entry, good]}}))

    assert [each.fault for each in team.recipients] == [fault, None]


def test_artifacts_that_cannot_be_told_are_noted() -> None:
    status = {"phase": "Completed", "artifacts": [{"path": "out/a"}, {}, 3, {"name": 4}]}
    team = only(changed(status=status))

    assert [each.name for each in team.artifacts] == ["out/a"]
    assert team.notes == (
        "artifact 2 is left out: it has no name",
        "artifact 3 is left out: it has no name",
        "artifact 4 is left out: name is no text",
    )
    many = {"phase": "Completed", "artifacts": [{"name": str(n)} for n in range(501)]}
    assert len(only(changed(status=many)).artifacts) == MOST_ARTIFACTS
    assert "of 501 artifacts the first 500" in only(changed(status=many)).notes[0]


def test_half_a_character_becomes_one_that_can_be_sent() -> None:
    assert only(changed(status={"artifacts": [{"name": "a\ud83cb"}]})).artifacts[0].name == "a?b"


def test_no_damage_makes_the_reader_fall() -> None:
    chance = random.Random(20261129)
    whole = "\n---\n".join(each.read_text("utf-8") for each in sorted(FIXTURES.glob("*.yaml")))
    texts = [_bare(each) for each in whole.split("---\n")] + [changed()]
    damaged = [_damaged(chance, chance.choice(texts)) for _ in range(2_000)]

    read = [read_manifests(each) for each in damaged]

    ended = [team for each in read for team in each.teams if team.event_type]
    events = [build_team_event(team, contents(team), now=0) for team in ended]
    for event in events:
        validate(event.body)
    assert any(each.faults for each in read)
    assert {event.type for event in events} == {*ENDS.values()}


def _bare(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def _damaged(chance: random.Random, text: str) -> str:
    """A text cut, doubled, or with characters of it changed for others that mean something."""
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(text)), chance.randint(0, 40)
        piece = text[at : at + length]
        marks = "&*!|>'\"%@`{}[],#?:-<~\n\t \x00\ud800\u2028é0"
        new = chance.choice(("", piece * 2, "".join(chance.choices(marks, k=3)), piece[::-1]))
        text = text[:at] + new + text[at + length :] or " "
    return text
