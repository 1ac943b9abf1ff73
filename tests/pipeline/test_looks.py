"""What a look tells, and what it keeps quiet about, over real git histories."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import State
from spec_notify.pipeline.intake import Wish
from spec_notify.ports import UNFINISHED, Query
from spec_notify.wiring import Wiring, now
from tests.acceptance.shop import board
from tests.pipeline.desk import ANY, MAIN, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


QUIET = [
    pytest.param({"T1": "**done**", "T2": "**BACKLOG**"}, id="cosmetic"),
    pytest.param({"T2": "Backlog", "T1": "Done"}, id="moved rows"),
    pytest.param({"T1": "✅ complete — in #12", "T2": "Backlog (soon)"}, id="other words for it"),
    pytest.param({"T1": "Done"}, id="a vanished open row"),
    pytest.param({"T2": "Backlog"}, id="a vanished done row"),
]


@pytest.mark.parametrize("statuses", QUIET)
def test_what_is_no_transition_is_not_told(desk: Desk, statuses: dict[str, str]) -> None:
    desk.save(T1="Done", T2="Backlog")
    assert desk.told() == [("T1", "Done")]

    desk.save(**statuses)

    assert desk.told(Wish(settled=("SPEC.md",))) == []


def test_a_new_open_row_is_no_arrival(desk: Desk) -> None:
    desk.save(T1="Backlog", T2="Backlog", T3="Backlog")

    assert [each.type for each in desk.look().events] == ["spec-kit.task.transitioned"]


def test_a_new_row_already_done_is_told_as_appeared(desk: Desk) -> None:
    desk.save(T1="Backlog", T2="Backlog", T3="Done")

    (event,) = desk.look().events

    transition = json.loads(event.body)["data"]["transition"]
    assert (event.task, transition["from"], transition["appeared"]) == ("T3", None, True)


def test_done_again_after_reopening_is_a_new_occurrence_with_a_new_id(desk: Desk) -> None:
    ids = []
    for status in ("Done", "In Progress", "Done"):
        desk.save(T1=status, T2="Backlog")
        ids += [each.id for each in desk.look().events if each.status == "Done"]

    assert len(set(ids)) == 2


def test_a_row_that_vanished_open_and_returns_done_is_told(desk: Desk) -> None:
    desk.save(T1="Backlog")
    desk.look(Wish(settled=("SPEC.md",)))
    desk.save(T1="Backlog", T2="Done")

    (event,) = desk.look().events

    assert json.loads(event.body)["data"]["transition"]["from"] == "Backlog"


def test_a_row_that_vanished_done_and_returns_done_is_not(desk: Desk) -> None:
    for statuses in ({"T1": "Backlog", "T2": "Done"}, {"T1": "Backlog"}):
        desk.save(**statuses)
        desk.look(Wish(settled=("SPEC.md",)))
    desk.save(T1="Backlog", T2="Done")

    assert desk.told() == []


def test_a_commit_after_a_look_at_the_dirty_row_is_no_second_event(desk: Desk) -> None:
    desk.save(T1="Done", T2="Backlog")
    assert desk.told() == [("T1", "Done")]

    desk.repository.commit(message="as seen")

    assert desk.told() == []


def test_switch_reset_and_stash_are_silent_and_a_popped_stash_too(desk: Desk) -> None:
    repository = desk.repository
    repository.branch("feature")
    desk.commit(T1="Done", T2="Backlog")
    assert desk.told() == [("T1", "Done")]
    for words in (["switch", "-q", "main"], ["switch", "-q", "feature"]):
        repository.git(*words)
        assert desk.told() == []
    repository.git("reset", "-q", "--hard", "HEAD~1")
    assert desk.told() == []
    repository.git("reset", "-q", "--hard", "HEAD@{1}")
    assert desk.told() == []
    desk.save(T1="Done", T2="Done")
    assert desk.told() == [("T2", "Done")]
    repository.git("stash", "-q")
    assert desk.told() == []
    repository.git("stash", "pop", "-q")
    assert desk.told() == []


def test_a_late_look_tells_each_branchs_own_commits(desk: Desk) -> None:
    repository = desk.repository
    for number in range(5):
        repository.commit({"other.txt": str(number)}, "elsewhere")
    desk.commit(T1="Done", T2="Backlog")
    repository.branch("feature")
    desk.commit(T1="Done", T2="Done")
    repository.switch("main")
    repository.commit({"other.txt": "later"}, "elsewhere")

    looked = desk.look()

    told = [(each.task, each.status, each.branch) for each in looked.events]
    assert told == [("T1", "Done", "main"), ("T2", "Done", "feature")]


def test_an_arrival_is_heard_once_and_by_branches_where_it_reaches(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ANY + MAIN)
    desk.repository.branch("feature")
    desk.commit(T1="Done", T2="Backlog")
    desk.look()
    assert (desk.sent_to("any"), desk.sent_to("main")) == (["T1"], [])

    desk.repository.switch("main")
    desk.look()
    desk.repository.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    desk.look()

    assert (desk.sent_to("any"), desk.sent_to("main")) == (["T1"], ["T1"])
    desk.wiring.close()


def test_a_row_born_and_done_on_a_branch_is_told_where_it_is_merged(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ANY + MAIN)
    desk.repository.branch("feature")
    desk.commit(T1="Backlog", T2="Backlog", T3="Done")
    desk.look()
    desk.repository.switch("main")
    desk.look()

    desk.repository.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    desk.look()

    assert (desk.sent_to("any"), desk.sent_to("main")) == (["T3"], ["T3"])
    desk.wiring.close()


def test_a_new_row_that_is_stashed_and_popped_is_told_once(desk: Desk) -> None:
    desk.save(T1="Backlog", T2="Backlog", T3="Done")
    assert desk.told() == [("T3", "Done")]
    for words in (["stash", "-q"], ["stash", "pop", "-q"]):
        desk.repository.git(*words)
        assert desk.told() == []


def test_in_the_middle_of_a_merge_nothing_is_told(desk: Desk) -> None:
    repository = desk.repository
    repository.branch("feature")
    desk.commit(T1="Blocked", T2="Backlog")
    repository.switch("main")
    desk.commit(T1="In Progress", T2="Backlog")
    desk.look()
    assert repository.run("merge", "feature").returncode != 0

    assert desk.told() == []

    desk.save(T1="Done", T2="Backlog")
    repository.git("add", "-A")
    assert desk.told() == []
    repository.git("commit", "-qm", "merged")
    assert desk.told() == [("T1", "Done")]


def test_no_prefix_of_a_document_is_taken_for_done_twice(desk: Desk) -> None:
    whole = board(T1="Done", T2="Backlog")
    done = []
    for end in range(0, len(whole) + 1, 3):
        desk.repository.write("SPEC.md", whole[:end])
        done += [each for each in desk.told() if each[1] == "Done"]

    assert done == [("T1", "Done")]


def test_a_burst_is_held_until_it_is_accepted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, top="[sources.spec]\nhold_above = 2\n")
    many = dict.fromkeys(("T1", "T2", "T3"), "Done")
    desk.save(**many)

    looked = desk.look()

    assert (looked.events, looked.held) == ((), {"SPEC.md": 3})
    assert desk.look().held == {"SPEC.md": 3}
    assert len(desk.told(Wish(accept=("SPEC.md",)))) == 3
    assert desk.told() == []
    desk.wiring.close()


def test_a_held_burst_that_is_discarded_is_never_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, top="[sources.spec]\nhold_above = 1\n")
    desk.save(T1="Done", T2="Done")
    desk.look()

    assert desk.told(Wish(discard=("SPEC.md",))) == []

    assert desk.told() == []
    assert desk.wiring.spool.documents()["SPEC.md"].held == 0
    desk.wiring.close()


def test_a_full_backlog_makes_dead_letters_that_say_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path, top="[delivery]\nmax_pending = 1\n")
    desk.save(T1="Done", T2="Done")
    desk.look()

    states = {each.state: each.reason for each in desk.wiring.spool.find(Query())}
    assert states == {State.PENDING: None, State.DEAD: "backlog_full"}
    desk.wiring.close()


def test_a_hooks_first_look_compares_with_the_parent(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.repository.commit({"tasks/SPEC.md": "x"}, "unrelated")
    fresh = desk.env | {"SPEC_NOTIFY_STATE_DIR": str(tmp_path / "other")}
    desk.commit(T1="Done", T2="Backlog")
    wiring = Wiring.open(desk.repository.root, config_file=str(desk.file), env=fresh)

    events = wiring.intake().look(Wish(from_parent=True)).events

    assert [(each.task, each.status) for each in events] == [("T1", "Done")]
    wiring.close()
    desk.wiring.close()


@pytest.mark.parametrize("way", ["committed here", "pulled in"])
def test_a_hooks_first_look_that_is_held_can_be_accepted(tmp_path: Path, way: str) -> None:
    desk = Desk(tmp_path, top="[sources.spec]\nhold_above = 1\n")
    desk.commit(T1="In Progress", T2="Backlog")
    if way == "pulled in":
        clone = desk.repository.clone(tmp_path / "clone", "-q")
    desk.commit(T1="Blocked", T2="Backlog")
    desk.commit(T1="Done", T2="Done")
    if way == "pulled in":
        clone.git("-c", "protocol.file.allow=always", "pull", "-q", "--ff-only")
    root = clone.root if way == "pulled in" else desk.repository.root
    fresh = desk.env | {"SPEC_NOTIFY_STATE_DIR": str(tmp_path / "other")}
    wiring = Wiring.open(root, config_file=str(desk.file), env=fresh)

    assert wiring.intake().look(Wish(from_parent=True)).held == {"SPEC.md": 2}

    assert wiring.intake().look().held == {"SPEC.md": 2}
    accepted = wiring.intake().look(Wish(accept=("SPEC.md",)))
    assert [(each.task, each.status) for each in accepted.events] == [
        ("T1", "Done"),
        ("T2", "Done"),
    ]
    assert wiring.intake().look().events == ()
    wiring.close()
    desk.wiring.close()


def test_a_rebuilt_spool_gives_other_ids(desk: Desk) -> None:
    desk.save(T1="Done", T2="Backlog")
    (before,) = desk.look().events
    desk.wiring.close()
    (spool,) = (desk.file.parent / "state").rglob("spool.db")
    spool.write_bytes(b"gone")
    desk.wiring = desk._open()
    desk.look()
    desk.save(T1="Backlog", T2="Backlog")
    desk.look()
    desk.save(T1="Done", T2="Backlog")

    (after,) = [each for each in desk.look().events if each.status == "Done"]

    assert after.id != before.id


def test_two_desks_of_one_history_agree_on_the_id(tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        desk = Desk(tmp_path / name)
        desk.save(T1="Done", T2="Backlog")
        ids += [each.id for each in desk.look().events]
        desk.wiring.close()

    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_table_cut_anywhere_in_its_last_row_neither_completes_nor_reopens(desk: Desk) -> None:
    before = board(T1="Backlog", T2="Done")
    desk.repository.write("SPEC.md", before)
    desk.look()
    after = board(T1="Backlog", T2="Done - needs review")
    row = after.rindex("| T2")
    for text in (before, after):
        for end in range(row, len(text) - 1):
            desk.repository.write("SPEC.md", text[:end])
            assert desk.told(Wish(settled=("SPEC.md",))) == []
            desk.repository.write("SPEC.md", before)
            assert desk.told() == []


def test_a_growing_list_item_is_waited_for(desk: Desk) -> None:
    desk.repository.write("SPEC.md", "- [ ] T1 one\n- [ ] T12 twelve\n")
    desk.look()
    desk.repository.write("SPEC.md", "- [ ] T12 twelve\n- [x] T1")

    looked = desk.look()

    assert (looked.events, looked.deferred) == ((), {"SPEC.md": UNFINISHED})


@pytest.mark.parametrize("row", ["T9 | b | Done", "| T9 | b | Done", "| T9 | b | Done |"])
def test_a_committed_last_row_is_whole_whatever_it_lacks(desk: Desk, row: str) -> None:
    head = "| ID | Task | Status | Notes |\n| --- | --- | --- | --- |\n| T1 | a | Done | |\n"
    desk.repository.commit({"SPEC.md": head + row.replace("Done", "Backlog")}, "as it was")
    aged(desk)
    desk.look(Wish(baseline=True))

    desk.repository.commit({"SPEC.md": head + row}, "done")
    aged(desk)
    assert desk.told() == [("T9", "Done")]

    desk.repository.commit({"SPEC.md": f"{head}{row}\n"}, "a newline")
    assert desk.told() == []


def aged(desk: Desk) -> None:
    """Let the document have rested for longer than a writer pauses."""
    long_ago = now() / 1000 - 2
    os.utime(desk.repository.root / "SPEC.md", (long_ago, long_ago))


def test_a_last_row_without_pipe_and_newline_is_waited_for(desk: Desk) -> None:
    table = "ID | Task | Status\n--- | --- | ---\nT1 | Fold it | Backlog\n"
    desk.repository.write("SPEC.md", table)
    desk.look(Wish(baseline=True))
    torn = table.replace("Backlog\n", "Done")
    desk.repository.write("SPEC.md", torn)
    aged(desk)

    assert desk.look().deferred == {"SPEC.md": UNFINISHED}

    desk.repository.write("SPEC.md", torn + " - needs review\n")
    assert desk.told() == [("T1", "Unknown")]


def test_what_is_held_waits_for_a_human_even_when_it_shrinks(tmp_path: Path) -> None:
    desk = Desk(tmp_path, top="[sources.spec]\nhold_above = 1\n")
    desk.save(T1="Done", T2="Done")
    assert desk.look().held == {"SPEC.md": 2}
    desk.save(T1="Done", T2="Backlog")

    assert desk.look().held == {"SPEC.md": 1}

    desk.save(T1="Backlog", T2="Backlog")
    assert desk.look().held == {}
    desk.wiring.close()
