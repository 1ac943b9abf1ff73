"""Documents whose manner of reading is said elsewhere: in a project's settings, or by headings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.pipeline.desk import ANY, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TASK = "backlog/tasks/back-1 - Weigh.md"
OTHER = "backlog/tasks/back-2 - Count.md"
SETTINGS = "backlog/config.yml"
BY_SECTION = '[sources.spec]\npaths = ["SPEC.md", "rs/SPEC.md"]\n'
ASKED = '[sources.spec]\npaths = ["SPEC.md"]\nstatus_by_section = ["rs/*.md"]\n'
HEAD = "\n\n| Spec | Notes |\n|---|---|\n{}\n"
TRACKER = f"# T\n\n## In Progress{HEAD}## Completed{HEAD}"
T1, T2 = "| T1 | a |\n", "| T2 | b |\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def task(status: str, name: str = "BACK-1", title: str = "Weigh") -> str:
    return f"---\nid: {name}\ntitle: {title}\nstatus: {status}\n---\n"


def settings(*statuses: str) -> str:
    return f"statuses: [{', '.join(statuses)}]\n"


def test_a_projects_last_status_is_told_as_done(desk: Desk) -> None:
    desk.repository.commit({TASK: task("QA"), SETTINGS: settings("Ideas", "QA", "Shipped")})
    desk.look()

    desk.repository.commit({TASK: task("Shipped")})

    (event,) = desk.look().events
    data = json.loads(event.body)["data"]
    assert (event.task, event.status) == ("BACK-1", "Done")
    assert (data["task"]["statusText"], data["transition"]["to"]) == ("Shipped", "Done")


def test_settings_that_change_with_a_task_announce_that_task_alone(desk: Desk) -> None:
    both = {TASK: task("QA"), OTHER: task("QA", "BACK-2", "Count")}
    desk.repository.commit({**both, SETTINGS: settings("Ideas", "QA", "Shipped")})
    desk.look()

    # QA is the last one from here on: no task that stands in it has moved.
    text = settings("Ideas", "Shipped", "QA")
    desk.repository.commit(
        {TASK: task("Shipped"), OTHER: task("QA", "BACK-2", "Count it"), SETTINGS: text}
    )

    assert [event.task for event in desk.look().events if event.status == "Done"] == []
    desk.repository.commit({TASK: task("QA")})
    assert desk.told() == [("BACK-1", "Done")]


def test_a_task_that_is_done_under_settings_of_the_same_commit_is_told(desk: Desk) -> None:
    desk.repository.commit({TASK: task("QA"), SETTINGS: settings("Ideas", "QA")})
    desk.look()

    text = settings("Ideas", "QA", "Shipped")
    desk.repository.commit({TASK: task("Shipped"), SETTINGS: text})

    assert desk.told() == [("BACK-1", "Done")]


@pytest.mark.parametrize(
    "text", [settings("Ideas", "QA"), settings("QA", "Shipped"), "labels: []\n", ""]
)
def test_other_settings_alone_are_no_news(desk: Desk, text: str) -> None:
    desk.repository.commit({TASK: task("QA"), SETTINGS: settings("Ideas", "QA", "Shipped")})
    desk.look()

    desk.repository.commit({SETTINGS: text})

    assert desk.told() == []


def test_a_switch_to_a_branch_with_other_settings_is_no_news(desk: Desk) -> None:
    desk.repository.commit({TASK: task("QA"), SETTINGS: settings("Ideas", "QA", "Shipped")})
    desk.look()
    desk.repository.branch("ahead")
    desk.repository.commit({SETTINGS: settings("Ideas", "QA")})
    desk.repository.switch("main")
    desk.look()

    desk.repository.switch("ahead")
    desk.repository.commit({TASK: task("QA", title="Weigh it")})

    assert desk.told() == []


def test_a_late_look_reads_the_way_there_in_one_manner(desk: Desk) -> None:
    desk.repository.commit({TASK: task("Ideas"), SETTINGS: settings("Ideas", "QA", "Shipped")})
    desk.look()

    desk.repository.commit({TASK: task("QA")})
    desk.repository.commit({SETTINGS: settings("Ideas", "QA")})
    desk.repository.branch("aside")
    desk.repository.switch("main")
    desk.repository.commit({TASK: task("QA", title="Weigh it")})

    assert desk.told() == [("BACK-1", "Done")]


@pytest.fixture
def sections(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, top=ASKED)
    desk.repository.commit({"rs/SPEC.md": TRACKER.format(T1 + T2, "")})
    desk.look()
    yield desk
    desk.wiring.close()


def test_a_row_that_moves_to_the_completed_is_told(sections: Desk) -> None:
    sections.repository.commit({"rs/SPEC.md": TRACKER.format(T2, T1)})

    (event,) = sections.look().events

    data = json.loads(event.body)["data"]
    assert (event.task, event.status) == ("T1", "Done")
    assert (data["task"]["section"], data["task"]["statusText"]) == ("Completed", "Completed")
    assert data["transition"]["from"] == "In Progress"


def test_asking_for_sections_later_announces_no_old_work(tmp_path: Path) -> None:
    desk = Desk(tmp_path, top=BY_SECTION)
    desk.repository.commit({"rs/SPEC.md": TRACKER.format(T2, T1)})
    assert desk.told() == []

    desk.configure(ANY, top=ASKED)
    desk.wiring.reload()

    assert desk.told() == []
    desk.repository.commit({"rs/SPEC.md": TRACKER.format("", T1 + T2)})
    assert desk.told() == [("T2", "Done")]
    desk.wiring.close()
