"""Watched manifests of teams, written as people and clusters write them, told by real looks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from spec_notify.core.snapshot import Task, Transition
from spec_notify.core.status import Status
from spec_notify.disk.team_files import YOUNG, TeamFiles, split
from spec_notify.ports import Telling
from spec_notify.wiring import Wiring, now
from tests.pipeline.desk import ANY
from tests.repository import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.pipeline.intake import Looked


def manifest(name: str, phase: str | None, uid: str | None = None, more: str = "") -> str:
    status = f"status:\n  phase: {phase}\n{more}" if phase else ""
    known = f"  uid: {uid}\n" if uid else ""
    return (
        f"kind: AgentTeam\nmetadata:\n  name: {name}\n{known}spec:\n  lifecycle:\n"
        f"    onComplete: deliver\n    delivery: [{{type: webhook, url: http://127.0.0.1:9}}]\n{status}"
    )


class Yard:
    """A repository whose config watches manifests, looked at by hand."""

    def __init__(self, folder: Path, paths: str = '["teams/*.yaml"]') -> None:
        self.root = folder / "shop"
        self.teams = self.root / "teams"
        self.teams.mkdir(parents=True)
        config = folder / "config.toml"
        config.write_text(f"enabled = true\n{ANY}[sources.teams]\npaths = {paths}\n", "utf-8")
        env = environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        self.wiring = Wiring.open(self.root, config_file=str(config), env=env)

    def write(self, text: str, name: str = "crew.yaml", *, age: int = 10_000) -> None:
        """Save a manifest as it was saved so many milliseconds ago."""
        path = self.teams / name
        path.write_text(text, "utf-8")
        stamp = (now() - age) * 1_000_000
        os.utime(path, ns=(stamp, stamp))

    def look(self) -> Looked:
        return self.wiring.looks().look()

    def told(self) -> list[tuple[str, str, str]]:
        """Look, and answer type, team and phase of what was told."""
        bodies = [orjson.loads(each.body) for each in self.look().events]
        return [(b["type"], b["data"]["team"]["name"], b["data"]["team"]["phase"]) for b in bodies]


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    yard = Yard(tmp_path)
    yard.look()
    yield yard
    yard.wiring.close()


@pytest.mark.parametrize(
    ("phase", "type_"),
    [
        ("Completed", "team.completed"),
        ("Failed", "team.failed"),
        ("TimedOut", "team.timedout"),
        ("BudgetExceeded", "team.failed"),
    ],
)
def test_a_team_that_ends_is_told_once(yard: Yard, phase: str, type_: str) -> None:
    for each in (None, "Pending", "Initializing", "Running"):
        yard.write(manifest("crew", each))
        assert yard.told() == []
    yard.write(manifest("crew", phase))

    assert yard.told() == [(type_, "crew", phase)]
    assert yard.told() == []
    yard.write("# touched\n" + manifest("crew", phase))
    assert yard.told() == []


def test_an_event_says_what_the_manifest_says_and_where_it_stands(yard: Yard) -> None:
    artifacts = "  artifacts:\n  - {name: notes.md, path: out/notes.md, producedBy: writer}\n"
    yard.write(manifest("crew", "Completed", "u-1", artifacts))

    (event,) = yard.look().events
    data: dict[str, Any] = orjson.loads(event.body)["data"]

    assert (event.task, event.status) == ("default/crew", "Completed")
    assert event.document == yard.wiring.feeds[0].name
    assert data["team"] == {
        "name": "crew",
        "namespace": "default",
        "phase": "Completed",
        "uid": "u-1",
        "document": "teams/crew.yaml",
    }
    assert [each["name"] for each in data["artifacts"]] == ["notes.md"]
    assert b"127.0.0.1:9" not in event.body


def test_teams_that_were_over_at_the_first_look_are_no_news(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.write(manifest("crew", "Completed"))

    assert (yard.told(), yard.told()) == ([], [])
    yard.wiring.close()


def test_a_team_that_ends_otherwise_or_is_made_anew_is_told_anew(yard: Yard) -> None:
    yard.write(manifest("crew", "Failed", "u-1"))
    first = yard.look().events
    yard.write(manifest("crew", "Completed", "u-1"))
    second = yard.look().events
    yard.write(manifest("crew", "Completed", "u-2"))
    third = yard.look().events
    yard.write(manifest("crew", "Running", "u-2"))
    assert yard.told() == []
    yard.write(manifest("crew", "Completed", "u-2"))
    fourth = yard.look().events

    assert len({each.id for each in (*first, *second, *third, *fourth)}) == 4


def test_several_teams_of_a_file_are_followed_each_by_itself(yard: Yard) -> None:
    yard.write(manifest("one", "Running") + "---\n" + manifest("two", "Running"))
    yard.look()
    yard.write(manifest("one", "Completed") + "---\n" + manifest("two", "Running"))
    assert yard.told() == [("team.completed", "one", "Completed")]
    yard.write(manifest("one", "Completed") + "---\n" + manifest("two", "TimedOut"))
    assert yard.told() == [("team.timedout", "two", "TimedOut")]


def test_a_file_that_cannot_be_believed_changes_nothing(yard: Yard) -> None:
    yard.write(manifest("one", "Completed") + "---\n" + manifest("two", "Running"))
    yard.look()
    bad = ["a: b: c\n", "\xff", manifest("one", "Completed") + "---\nkind: AgentTeam\n"]
    for text in bad:
        yard.write(text)
        looked = yard.look()
        assert looked.events == ()
        assert [name.rpartition("/")[2] for name in looked.unreadable] == ["crew.yaml"]
    yard.write(manifest("one", "Completed") + "---\n" + manifest("two", "Failed"))

    assert yard.told() == [("team.failed", "two", "Failed")]


@pytest.mark.parametrize("cut", [60, 150, 215])
def test_a_file_that_is_being_written_tells_nothing_and_is_read_again(yard: Yard, cut: int) -> None:
    whole = manifest("crew", "Completed", "u-1")
    yard.write(whole)
    assert len(yard.told()) == 1
    (feed,) = yard.wiring.feeds
    yard.write(whole[:cut] if cut < 215 else whole[: whole.index("status:")], age=0)

    looked = yard.look()
    assert looked.events == ()
    assert "may still be being written" in "".join(looked.unreadable.values()) or not whole[:cut]
    feed.stirred(now())
    assert feed.stirred(now() + YOUNG)
    yard.write(whole)
    assert yard.told() == []


def test_a_status_taken_away_for_good_is_a_team_that_begins_anew(yard: Yard) -> None:
    yard.write(manifest("crew", "Completed"))
    yard.look()
    yard.write(manifest("crew", None))
    assert yard.told() == []
    yard.write(manifest("crew", "Completed"))

    assert yard.told() == [("team.completed", "crew", "Completed")]


def test_a_file_or_folder_that_goes_and_comes_back_is_no_news(yard: Yard) -> None:
    yard.write(manifest("crew", "Completed"))
    yard.look()
    (yard.teams / "crew.yaml").unlink()
    assert yard.told() == []
    yard.write(manifest("crew", "Completed"))
    assert yard.told() == []


def test_a_root_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "manifests"
    root.mkdir()
    yard = Yard(tmp_path, f'["{root}/*.yaml"]')
    yard.look()
    (root / "crew.yaml").write_text(manifest("crew", "Failed"))
    (event,) = yard.look().events
    (root / "crew.yaml").unlink()
    root.rmdir()
    (feed,) = yard.wiring.feeds

    assert str(tmp_path) not in event.body.decode()
    assert orjson.loads(event.body)["data"]["team"]["document"] == "crew.yaml"
    assert yard.look().unreadable == {feed.name: "its folder is gone"}
    assert list(feed.folders()) == [tmp_path]
    yard.wiring.close()


def test_a_team_in_two_files_is_followed_in_the_first(yard: Yard) -> None:
    yard.write(manifest("crew", "Completed"), "a.yaml")
    yard.write(manifest("crew", "Failed"), "b.yaml")

    looked = yard.look()

    assert len(looked.events) == 1
    assert "default/crew stands in teams/b.yaml too: only the first is followed" in [
        notice.message for _, notice in looked.notices
    ]


def test_links_pipes_and_large_files_are_not_read(yard: Yard, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.yaml"
    secret.write_text(manifest("crew", "Failed"))
    (yard.teams / "link.yaml").symlink_to(secret)
    os.mkfifo(yard.teams / "pipe.yaml")
    (yard.teams / "large.yaml").write_bytes(b"# " + b"x" * 4_194_304)

    looked = yard.look()

    assert looked.events == ()
    assert len(looked.unreadable) == 3


def test_it_stirs_when_a_manifest_does_and_minds_no_other_file(yard: Yard) -> None:
    (feed,) = yard.wiring.feeds
    feed.stirred(now())
    assert not feed.stirred(now())
    yard.write(manifest("crew", "Running"))
    assert feed.stirred(now())
    assert not feed.stirred(now())

    assert set(feed.folders()) == {yard.root, yard.teams}
    assert feed.minds(f"{yard.root}/teams/crew.yaml")
    assert feed.minds(f"{yard.root}/teams")
    assert feed.minds("/elsewhere/x.txt")
    assert not feed.minds(f"{yard.root}/src/main.py")
    assert not feed.remote


def test_a_team_of_which_only_its_phase_is_known_is_no_event() -> None:
    done = Status(canonical="Failed", text="Failed", raw="Failed")
    task = Task(key="docs:crew", id="docs:crew", title="docs/crew", status=done, line=1)
    telling = Telling(
        transition=Transition(task=task, kind="appeared", before=None, after=done),
        document="teams://x",
        repository="r",
        generation="",
        evidence_root="evidence",
        occurrence=1,
        now=0,
    )

    with pytest.raises(ValueError, match="its manifest was not read"):
        TeamFiles(Path(), "*.yaml", clock=now).tell(telling)


@pytest.mark.parametrize(
    ("pattern", "root", "glob"),
    [
        ("/a/b/*.yaml", "/a/b", "*.yaml"),
        ("/a/b/c.yaml", "/a/b", "c.yaml"),
        ("/a/**/team?.json", "/a", "**/team?.json"),
        ("/*.yaml", "/", "*.yaml"),
    ],
)
def test_a_pattern_starts_at_its_last_plain_folder(pattern: str, root: str, glob: str) -> None:
    assert split(Path(pattern)) == (Path(root), glob)
