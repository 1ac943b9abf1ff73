"""The end of a run in Discord: the plan's four lines, its embed, and no link but the run's own."""

from __future__ import annotations

import re
from email import message_from_bytes
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.run import Counts, Finish, RunPlace
from spec_notify.core.run_payload import build_finish_event
from spec_notify.targets import discord

from .conformance import AT, order, target
from .hostile import TEXTS
from .peers import faults_of_discord
from .readers import READERS, read

FINISH = Finish(
    place=RunPlace(base="http://127.0.0.1:5080", run="run-abc123"),
    counts=Counts(done=12, failed=2, blocked=1, total=15),
    outcome="attention-required",
    checked_at=AT,
    created_at=AT - 60_000,
)
FOUR_LINES = """\
Swarm run finished: run-abc123
Status: attention-required
Counts: done=12 failed=2 blocked=1 total=15
Inspect: http://127.0.0.1:5080/runs/run-abc123/tasks"""


def told(**facts: Any) -> dict[str, Any]:
    event = build_finish_event(msgspec.structs.replace(FINISH, **facts))
    asked = order(body=event.body, type=event.type, event=event.id)
    message: dict[str, Any] = orjson.loads(discord.render(asked).body)
    return message


def test_the_four_lines_are_the_plans_byte_for_byte() -> None:
    assert told()["content"] == FOUR_LINES


def test_the_embed_says_status_counts_instants_and_links() -> None:
    (embed,) = told()["embeds"]
    fields = {field["name"]: field["value"] for field in embed["fields"]}

    assert embed["title"] == "Run finished: run-abc123"
    assert fields["Status"] == "attention-required"
    assert fields["Counts"] == "done=12 failed=2 blocked=1 total=15"
    assert fields["Run"] == "http://127.0.0.1:5080/runs/run-abc123"
    assert fields["Tasks"] == "http://127.0.0.1:5080/runs/run-abc123/tasks"
    assert fields["Events"] == "http://127.0.0.1:5080/runs/run-abc123/events"
    assert [name for name in fields if name in {"Created", "Completed"}] == ["Created", "Completed"]
    assert embed["color"] == 0xCF222E


def test_a_run_without_failures_is_a_success() -> None:
    message = told(outcome="success", counts=Counts(done=2, failed=0, blocked=0, total=2))

    assert message["content"].splitlines()[1:3] == [
        "Status: success",
        "Counts: done=2 failed=0 blocked=0 total=2",
    ]
    assert message["embeds"][0]["color"] == 0x2DA44E


def test_a_server_that_does_not_say_when_the_run_was_made_is_quoted_so() -> None:
    fields = {f["name"]: f["value"] for f in told(created_at=None)["embeds"][0]["fields"]}

    assert fields["Created"] == "not known"


@pytest.mark.parametrize("run", ["run-1", "run_1", "RUN.20260227.1", "4f1c-9b", "0a"])
def test_an_id_that_cannot_do_anything_stands_as_it_is(run: str) -> None:
    message = told(place=RunPlace(base="https://swarm.example", run=run))

    assert message["content"].splitlines()[0] == f"Swarm run finished: {run}"
    assert message["embeds"][0]["title"] == f"Run finished: {run}"


@pytest.mark.parametrize("name", ["slack", "discord", "teams"])
def test_every_chat_links_to_the_run_its_tasks_and_its_events(name: str) -> None:
    event = build_finish_event(FINISH)
    message = target(name).render(order(body=event.body, type=event.type))
    place = FINISH.place
    links = {place.url(), place.url("/tasks"), place.url("/events")}

    assert links <= {shown for shown, active in read(name, message.body) if active}


def test_a_mail_and_what_apprise_carries_link_too() -> None:
    event = build_finish_event(FINISH)
    asked = order(body=event.body, type=event.type)
    mail = message_from_bytes(target("email").render(asked).body)
    parts = [str(part.get_payload(decode=True)) for part in mail.walk() if not part.is_multipart()]
    tasks = FINISH.place.url("/tasks")

    assert f"Tasks: {tasks}" in parts[0]
    assert f'<a href="{tasks}">Tasks</a>' in parts[1]
    assert f"Tasks: {tasks}" in target("apprise").render(asked).body.decode()


def test_an_alarm_room_gets_the_links_as_links() -> None:
    event = build_finish_event(FINISH)
    asked = orjson.loads(target("pagerduty").render(order(body=event.body, type=event.type)).body)

    assert [each["text"] for each in asked["links"]] == ["run", "tasks", "events"]
    assert asked["links"][0]["href"] == FINISH.place.url()


_LINKS = re.compile(r"https?://[^\s<]+")


@pytest.mark.parametrize("name", READERS)
def test_no_run_id_brings_a_link_or_a_mention_of_its_own(name: str) -> None:
    """The corpus as run ids: what is active is the run's three links, and nothing else."""
    for text in TEXTS:
        place = RunPlace(base="http://swarm.example:5080", run=text)
        event = build_finish_event(msgspec.structs.replace(FINISH, place=place))
        asked = order(body=event.body, type=event.type, event=event.id)
        ours = {place.url(), place.url("/tasks"), place.url("/events")}
        for shown, active in read(name, target(name).render(asked).body):
            lines = [line for line in shown.splitlines() if not _ends_with(line, ours)]
            if len(lines) == len(shown.splitlines()):
                assert active == [], (text, active)
            assert {*_LINKS.findall(shown)} <= ours, text


def _ends_with(line: str, links: set[str]) -> bool:
    return line.removeprefix("Inspect: ") in links


@given(
    st.text(st.sampled_from("a*_`é🚀.@/:<[\u0301"), min_size=1, max_size=128), st.text(max_size=9)
)
def test_every_run_is_within_discords_limits(run: str, path: str) -> None:
    message = told(place=RunPlace(base=f"http://swarm.example/{'x' * 900}", run=run))

    assert faults_of_discord(message) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/",
        "https://evil.example/runs/run-other",
        "http://127.0.0.1:5080/runs/run-abc123?x",
        "http://a@evil.example/runs/run-abc123",
        "javascript:alert(1)//runs/run-abc123",
        "http://evil.example/)[x](http://y/runs/run-abc123",
        "http://evil.example/ @everyone /runs/run-abc123",
        7,
        None,
    ],
)
def test_a_link_that_is_not_what_we_make_of_the_id_is_not_shown(link: object) -> None:
    body = orjson.loads(build_finish_event(FINISH).body)
    body["data"]["links"] = {"run": link, "tasks": link, "events": link}
    message = discord.render(order(body=orjson.dumps(body), type="run.finished"))

    assert [active for _, active in read("discord", message.body) if active] == []
