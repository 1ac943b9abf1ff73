"""Feeds: what is outside the repository is remembered, compared and told as documents are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from spec_notify.core.delivery import State
from spec_notify.core.errors import StaleBaselineError
from spec_notify.core.feed import feed_name, is_feed
from spec_notify.pipeline.feeding import Feeding, Origin
from spec_notify.pipeline.intake import Wish
from spec_notify.pipeline.looks import Looks
from spec_notify.ports import Query
from spec_notify.wiring import Wiring, now
from tests.pipeline.desk import ANY, Desk
from tests.pipeline.faucet import Faucet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_notify.pipeline.intake import Looked


class Basin:
    """A desk with a faucet over it."""

    def __init__(self, folder: Path, *faucets: Faucet, top: str = "") -> None:
        self.faucets = faucets or (Faucet(folder / "tap.json"),)
        self.desk = Desk(folder, ANY, top)
        self.wiring = self.desk.wiring

    @property
    def faucet(self) -> Faucet:
        return self.faucets[0]

    def pour(self, **statuses: str | None) -> None:
        self.faucet.pour(**statuses)

    def look(
        self, wish: Wish | None = None, mark: Callable[[str], None] = lambda _: None
    ) -> Looked:
        return feeding(self.wiring, *self.faucets, mark=mark).look(wish)

    def told(self, wish: Wish | None = None) -> list[str | None]:
        return [each.task for each in self.look(wish).events]


def feeding(
    wiring: Wiring, *faucets: Faucet, mark: Callable[[str], None] = lambda _: None
) -> Feeding:
    return Feeding(
        spool=wiring.spool,
        feeds=faucets,
        origin=Origin(repository="shop", generation="", evidence_root="evidence"),
        config=wiring.config,
        clock=now,
        mark=mark,
    )


@pytest.fixture
def basin(tmp_path: Path) -> Iterator[Basin]:
    basin = Basin(tmp_path)
    yield basin
    basin.wiring.close()


def test_the_first_look_is_a_baseline(basin: Basin) -> None:
    basin.pour(a="over", b="flowing")

    looked = basin.look()

    assert (looked.baselines, looked.events) == ((basin.faucet.name,), ())


def test_what_ends_is_told_once(basin: Basin) -> None:
    basin.pour(a="flowing", b="flowing")
    basin.look()
    basin.pour(a="over", b="flowing")

    assert basin.told() == ["a"]
    assert basin.told() == []


def test_what_lived_and_ended_between_two_looks_is_told(basin: Basin) -> None:
    basin.pour()
    basin.look()
    basin.pour(a="over")

    assert basin.told() == ["a"]


def test_another_end_is_a_new_event_and_so_is_the_first_one_again(basin: Basin) -> None:
    basin.pour(a="flowing")
    basin.look()
    ids = []
    for status in ("broken 1", "over", "broken 1", "broken 2"):
        basin.pour(a=status)
        ids += [each.id for each in basin.look().events]

    assert len(set(ids)) == 4


def test_what_cannot_be_read_stays_as_it_was_and_is_found_later(basin: Basin) -> None:
    basin.pour(a="flowing", b="flowing")
    basin.look()
    basin.pour(a=None, b="over")

    looked = basin.look()
    assert [each.task for each in looked.events] == ["b"]
    assert looked.unreadable == {f"{basin.faucet.name}/a": "is damaged"}
    stored = basin.wiring.spool.documents()[basin.faucet.name]
    assert sorted(str(task.id) for task in stored.snapshot.tasks) == ["a", "b"]

    basin.pour(a="over", b="over")
    assert basin.told() == ["a"]


def test_what_is_damaged_for_a_while_is_no_news_when_it_is_back_as_it_was(basin: Basin) -> None:
    for status in ("over", None, "over"):
        basin.pour(a=status)
        assert basin.told() == []


def test_what_the_first_look_could_not_read_is_a_baseline_once_it_can(basin: Basin) -> None:
    basin.pour(a=None, b=None, c="flowing")
    basin.look()
    basin.pour(a="over", b=None, c="over")
    assert basin.told() == ["c"]

    basin.pour(a="broken", b="flowing", c="over")
    assert basin.told() == ["a"]
    basin.pour(a="broken", b="over", c="over", d="over")
    assert basin.told() == ["b", "d"]


def test_what_comes_damaged_after_the_first_look_is_news_once_it_is_whole(basin: Basin) -> None:
    basin.pour(a="flowing")
    basin.look()
    basin.pour(a="flowing", b=None)
    assert basin.told() == []
    basin.pour(a="flowing", b="over")

    assert basin.told() == ["b"]


def test_of_many_damaged_parts_some_are_named_and_the_others_counted(basin: Basin) -> None:
    basin.pour(**{f"e{number:02}": None for number in range(50)})

    unreadable = basin.look().unreadable

    assert len(unreadable) == 21
    assert unreadable[basin.faucet.name] == "30 more of its parts cannot be read"


def test_what_goes_away_and_comes_back_ended_as_it_was_is_no_news(basin: Basin) -> None:
    basin.pour(a="over", b="flowing")
    basin.look()
    basin.pour()
    basin.look()
    basin.pour(a="over", b="over")

    assert basin.told() == ["b"]


def test_a_dry_feed_changes_nothing_and_hurts_no_other(tmp_path: Path) -> None:
    basin = Basin(tmp_path, Faucet(tmp_path / "one.json"), Faucet(tmp_path / "two.json"))
    one, two = basin.faucets
    one.pour(a="flowing")
    two.pour(a="flowing")
    basin.look()
    one.file.write_text("{")
    two.pour(a="over")

    looked = basin.look()

    assert [*looked.unreadable] == [one.name]
    assert [each.document or each.type for each in looked.events] == ["run.finished"]
    one.pour(a="over")
    assert basin.told() == ["a"]
    basin.wiring.close()


def test_a_poison_entry_keeps_no_other_back(basin: Basin) -> None:
    basin.pour()
    basin.look()
    basin.pour(poison="over", a="over")

    looked = basin.look()

    assert [each.task for each in looked.events] == ["a"]
    assert [(path, each.code) for path, each in looked.notices] == [
        (basin.faucet.name, "untellable")
    ]


def test_more_news_than_hold_above_waits_for_a_human(tmp_path: Path) -> None:
    basin = Basin(tmp_path, top="[sources.spec]\nhold_above = 2\n")
    name = basin.faucet.name
    basin.pour()
    basin.look()
    basin.pour(a="over", b="over", c="over")
    assert basin.look().held == {name: 3}
    basin.pour(a="over", b="over", c="over", d="over")
    assert basin.look().held == {name: 4}

    assert basin.told(Wish(accept=(name,))) == ["a", "b", "c", "d"]
    assert basin.told() == []
    basin.wiring.close()


def test_an_entry_that_goes_in_circles_waits_for_a_human(tmp_path: Path) -> None:
    basin = Basin(tmp_path, top="[sources.spec]\nhold_repeats_above = 3\n")
    basin.pour(a="flowing")
    basin.look()
    told = []
    for turn in range(6):
        basin.pour(a="over" if turn % 2 else "broken")
        told += basin.told()

    assert told == ["a"] * 3
    assert basin.wiring.spool.documents()[basin.faucet.name].held
    basin.wiring.close()


def test_what_is_held_can_be_let_go(tmp_path: Path) -> None:
    basin = Basin(tmp_path, top="[sources.spec]\nhold_above = 1\n")
    basin.pour()
    basin.look()
    basin.pour(a="over", b="over")
    basin.look()

    assert basin.told(Wish(discard=(basin.faucet.name,))) == []
    assert (basin.look().held, basin.told()) == ({}, [])
    basin.wiring.close()


def test_a_full_backlog_makes_dead_letters(tmp_path: Path) -> None:
    basin = Basin(tmp_path, top="[delivery]\nmax_pending = 1\n")
    basin.pour()
    basin.look()
    basin.pour(a="over", b="over")
    basin.look()

    (dead,) = basin.wiring.spool.find(Query(states=(State.DEAD,)))
    assert dead.reason == "backlog_full"
    basin.wiring.close()


def test_another_looker_who_told_first_makes_this_one_look_again(basin: Basin) -> None:
    basin.pour(a="flowing")
    basin.look()
    basin.pour(a="over")
    rival: list[str | None] = []

    def overtaken(step: str) -> None:
        if step == "look.read" and not rival:
            rival.extend(basin.told())

    late = basin.look(mark=overtaken)

    assert (rival, late.events) == (["a"], ())


def test_one_who_is_always_overtaken_says_so(basin: Basin) -> None:
    basin.pour(a="flowing")
    basin.look()
    turns = iter(range(1_000))

    def overtaken(step: str) -> None:
        if step == "look.read":
            basin.pour(a=f"flowing {next(turns)}")
            basin.look()
            basin.pour(a="over")

    basin.pour(a="over")
    with pytest.raises(StaleBaselineError):
        basin.look(mark=overtaken)


@pytest.mark.parametrize(
    "step", ["look.read", "look.begun", "look.saved", "look.admitted", "look.committed"]
)
def test_a_kill_at_any_step_of_a_look_loses_nothing_and_tells_nothing_twice(
    basin: Basin, step: str
) -> None:
    basin.pour(a="flowing", b="flowing")
    basin.look()
    basin.pour(a="over", b="over")

    died = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.feed_crash", step],
        input=msgspec.json.encode(
            [str(basin.desk.repository.root), str(basin.desk.file), str(basin.faucet.file)]
        ).decode(),
        env=basin.desk.env | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == -9, died.stderr
    basin.look()

    queued = basin.wiring.spool.find(Query())
    assert sorted(str(each.task) for each in queued) == ["a", "b"]


def test_documents_and_feeds_are_one_look_and_neither_takes_the_other_for_its_own(
    basin: Basin,
) -> None:
    basin.pour(a="flowing")
    looks = Looks(basin.wiring.intake(), feeding(basin.wiring, basin.faucet))
    assert looks.look().baselines == (basin.faucet.name,)
    basin.desk.save(T1="Done", T2="Backlog")
    basin.pour(a="over")
    # A document that moves is looked for among the new ones: no feed is a document that moved.
    basin.desk.repository.write("docs/SPEC-1/tasks.md", "| ID | Status |\n|-|-|\n| a | over |\n")

    looked = looks.look()

    assert [each.task for each in looked.events] == ["T1", "a"]
    assert basin.faucet.name in basin.wiring.spool.documents()


def test_a_baseline_alone_reads_nothing_over_the_network(basin: Basin) -> None:
    basin.pour(a="over")
    basin.faucet.remote = True

    assert basin.look(Wish(baseline=True, unseen_only=True, local=True)).baselines == ()
    assert basin.look().baselines == (basin.faucet.name,)


def test_a_feed_that_is_known_has_no_second_first_look(basin: Basin) -> None:
    basin.pour(a="flowing")
    basin.look()
    basin.pour(a="over")

    assert basin.told(Wish(baseline=True, unseen_only=True, local=True)) == []
    assert basin.told() == ["a"]


def test_a_name_shows_no_path_and_is_none() -> None:
    name = feed_name("conductor", "../my runs/\x1b[2J", "/home/somebody/runs")

    assert name.startswith("conductor://my-runs-2J~")
    assert "somebody" not in name
    assert is_feed(name)
    assert name != feed_name("conductor", "my runs", "/home/another/runs")


@pytest.mark.parametrize("path", ["SPEC.md", "conductor:/SPEC.md", "evidence/commands/", "a:b/c"])
def test_no_path_in_a_repository_is_a_feed(path: str) -> None:
    assert not is_feed(path)
