"""Run folders of conductor-loop, written as conductor-loop writes them, told through real looks."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from spec_notify.core.bus_record import BUS
from spec_notify.core.run_stop import ENDED
from spec_notify.disk.run_folders import RunFolders
from spec_notify.ports import Reason, Unreadable
from spec_notify.wiring import Wiring, now
from tests.disk.conductor_loop import Run
from tests.pipeline.desk import ANY
from tests.repository import environment
from tests.watchers.looker import Notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.core.event import Event
    from spec_notify.pipeline.intake import Looked

TASK = "task-20261120-095700-prune"


class Loop:
    """A root of run folders that a config names, looked at by hand."""

    def __init__(self, folder: Path, top: str = "") -> None:
        self.root = folder / "runs"
        self.root.mkdir(exist_ok=True)
        config = folder / "config.toml"
        source = f'[sources.conductor]\nroots = ["{self.root}"]\n{top}'
        config.write_text(f"enabled = true\n{ANY}{source}", "utf-8")
        env = environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        (folder / "shop").mkdir(exist_ok=True)
        self.wiring = Wiring.open(folder / "shop", config_file=str(config), env=env)

    def look(self) -> Looked:
        return self.wiring.looks().look()

    def told(self) -> list[dict[str, Any]]:
        """Look, and answer the data of what was told."""
        return [data(each) for each in self.look().events]

    def ends(self) -> list[tuple[str, int, bool]]:
        """Look, and answer status, exit code and whether it is a correction, of each."""
        return [
            (each["run"]["status"], each["run"]["exitCode"], each["correction"])
            for each in self.told()
        ]


def data(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(event.body)["data"]
    return found


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    loop = Loop(tmp_path)
    loop.look()
    yield loop
    loop.wiring.close()


def test_runs_that_were_over_at_the_first_look_are_no_news(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    Run(loop.root, "r1").start().stop()
    Run(loop.root, "r2").start().stop("failed", 1)

    assert (loop.told(), loop.told()) == ([], [])
    loop.wiring.close()


@pytest.mark.parametrize("status", ENDED)
def test_a_run_that_ends_is_told_once(loop: Loop, status: str) -> None:
    run = Run(loop.root).start()
    assert loop.told() == []
    run.stop(status, 0)

    (told,) = loop.told()

    assert told["run"]["status"] == status
    assert (told["correction"], told["previous"], told["appeared"]) == (False, None, False)
    assert loop.told() == []


def test_an_event_says_what_the_file_says_to_the_nanosecond(loop: Loop) -> None:
    Run(loop.root, previous="r0").start().stop("failed", 143, "agent terminated (SIGTERM)")

    (event,) = loop.look().events

    assert (event.type, event.task, event.status) == ("run_stop", TASK, "failed")
    assert data(event)["run"] == {
        "project": "orchard",
        "task": TASK,
        "run": "20261120-0958000000-4711-1",
        "agent": "claude",
        "status": "failed",
        "exitCode": 143,
        "startedAt": "2026-11-20T09:58:00.123456789Z",
        "stoppedAt": "2026-11-20T10:03:00.123456789Z",
        "durationSeconds": 300,
        "errorSummary": "agent terminated (SIGTERM)",
        "parentRun": None,
        "previousRun": "r0",
        "path": f"orchard/{TASK}/runs/20261120-0958000000-4711-1/run-info.yaml",
    }
    assert str(loop.root) not in event.body.decode()


def test_an_error_of_several_lines_is_told_as_one(loop: Loop) -> None:
    Run(loop.root).start().stop("failed", 1, "agent failed\nsee its output")

    (told,) = loop.told()

    assert told["run"]["errorSummary"] == "agent failed see its output"


def test_a_run_that_lived_between_two_looks_is_told_as_one_never_seen_running(loop: Loop) -> None:
    Run(loop.root).start().stop()

    (told,) = loop.told()

    assert (told["appeared"], told["run"]["status"]) == (True, "completed")


def test_a_run_that_is_found_dead_and_healed_is_told_and_corrected(loop: Loop) -> None:
    run = Run(loop.root).start()
    loop.look()

    assert [loop.ends(), loop.ends()] == [[], []]
    run.reconcile()
    assert loop.ends() == [("failed", -1, False)]
    run.heal()
    (healed,) = loop.told()
    assert (healed["correction"], healed["previous"]) == (
        True,
        {"status": "failed", "exitCode": -1},
    )
    assert (healed["run"]["status"], healed["run"]["exitCode"]) == ("completed", 0)
    assert loop.told() == []


def test_another_exit_code_is_a_correction_too(loop: Loop) -> None:
    run = Run(loop.root, ownership="external").start().stop("completed", -1)
    loop.look()
    run.stop("completed", 0)

    assert loop.ends() == [("completed", 0, True)]


def test_other_words_about_an_end_are_no_news(loop: Loop) -> None:
    run = Run(loop.root).start().stop("failed", 1, "agent reported failure")
    loop.look()
    run.stop("failed", 1, "agent reported failure, and more is known now")

    assert loop.told() == []


def test_every_run_of_a_task_that_is_restarted_is_told_by_itself(loop: Loop) -> None:
    first = Run(loop.root, "r1").start()
    loop.look()
    first.stop("failed", 1)
    second = Run(loop.root, "r2", previous="r1").start()
    assert loop.ends() == [("failed", 1, False)]
    second.stop()
    Run(loop.root, "r3", previous="r2").start()

    assert loop.ends() == [("completed", 0, False)]


def test_an_adopted_run_and_one_of_equal_name_elsewhere_are_told(loop: Loop) -> None:
    Run(loop.root, "r1", ownership="external").start().stop("completed", -1)
    Run(loop.root, "r1", task="another").start().stop("completed", -1)

    assert loop.ends() == [("completed", -1, False)] * 2


def test_ids_of_an_end_and_its_correction_are_their_own(loop: Loop) -> None:
    run = Run(loop.root).start()
    ids = []
    for end in (run.reconcile, run.heal, run.reconcile):
        end()
        ids += [each.id for each in loop.look().events]

    assert len(set(ids)) == 3


def test_temporary_and_lock_files_are_nothing_to_speak_of(loop: Loop) -> None:
    run = Run(loop.root).start()
    loop.look()
    text = run.file.read_text().replace("status: running", "status: completed")
    for name in (
        "run-info.1234.yaml.tmp",
        "run-info.yaml.lock",
        "run-info.yaml~",
        "x-run-info.yaml",
    ):
        (run.folder / name).write_text(text)

    looked = loop.look()

    assert (looked.events, looked.unreadable) == ((), {})


def test_a_file_half_written_in_place_is_left_alone_until_it_is_whole(loop: Loop) -> None:
    run = Run(loop.root).start()
    loop.look()
    running = run.file.read_text()
    whole = running.replace("status: running", "status: failed").replace("code: -1", "code: 2")
    for end in range(len(whole)):
        run.file.write_text(whole[:end])
        # Only where the status stands, whole, and everything before it, is there an end to tell.
        if loop.look().events:
            assert whole[:end].endswith(("failed\n", "failed\nc", "failed\ncwd: /srv/orchard"))
            break
    else:
        run.file.write_text(whole)
        assert loop.ends() == [("failed", 2, False)]


def test_links_pipes_and_giants_are_refused_and_hurt_no_other(loop: Loop, tmp_path: Path) -> None:
    runs = [Run(loop.root, f"r{number}").start() for number in range(4)]
    loop.look()
    linked, pipe, giant, good = runs
    for each in (linked, pipe, giant):
        each.file.unlink()
    elsewhere = Run(tmp_path / "elsewhere").start().stop()
    linked.file.symlink_to(elsewhere.file)
    os.mkfifo(pipe.file)
    with giant.file.open("wb") as file:
        file.truncate(1 << 40)
    good.stop()

    looked = loop.look()

    assert [data(each)["run"]["run"] for each in looked.events] == ["r3"]
    assert sorted(looked.unreadable.values()) == [
        "is a named pipe: only regular files are read",
        "is a symbolic link: put the file itself there, or name the one it leads to",
        "is larger than 262,144 bytes: move what is finished to another file",
    ]


def test_folders_that_are_links_are_not_followed(loop: Loop, tmp_path: Path) -> None:
    elsewhere = Run(tmp_path / "elsewhere").start()
    (loop.root / "linked").symlink_to(tmp_path / "elsewhere" / "orchard")
    (loop.root / "own" / "task").mkdir(parents=True)
    (loop.root / "own" / "task" / "runs").symlink_to(elsewhere.folder.parent)
    (loop.root / "own" / "linked").symlink_to(elsewhere.task_folder)
    (loop.root / "own" / "itself").symlink_to(loop.root / "own" / "itself")
    (loop.root / "own" / "HOME.md").symlink_to(elsewhere.file)
    elsewhere.stop()

    looked = loop.look()

    assert looked.events == ()
    (feed,) = loop.wiring.feeds
    links = (f"{feed.name}/{each}" for each in ("linked", "own/linked", "own/task/runs"))
    assert looked.unreadable == dict.fromkeys(links, "is a symbolic link")


def test_a_root_that_is_away_for_a_while_changes_nothing(loop: Loop, tmp_path: Path) -> None:
    run = Run(loop.root).start().stop()
    other = Run(loop.root, "r2").start()
    loop.look()
    loop.root.rename(tmp_path / "away")
    assert [*loop.look().unreadable.values()] == ["its root is gone"]
    (tmp_path / "away").rename(loop.root)
    assert run.file.exists()
    other.stop()

    assert loop.ends() == [("completed", 0, False)]


def test_a_root_that_does_not_stand_yet_is_an_empty_baseline(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    loop.root.rmdir()
    assert loop.look().unreadable == {}
    Run(loop.root).start().stop()

    assert loop.ends() == [("completed", 0, False)]
    loop.wiring.close()


def test_a_run_whose_folder_is_removed_is_no_news_and_none_when_it_returns(
    loop: Loop, tmp_path: Path
) -> None:
    run = Run(loop.root).start().stop()
    loop.look()
    shutil.move(run.folder, tmp_path / "away")
    assert loop.told() == []
    shutil.move(tmp_path / "away", run.folder)

    assert loop.told() == []


def test_a_source_that_is_switched_off_is_left_alone(tmp_path: Path) -> None:
    loop = Loop(tmp_path, "enabled = false\n")
    Run(loop.root).start()

    assert (loop.wiring.feeds, loop.look().baselines) == ((), ())
    loop.wiring.close()


def test_while_everything_is_off_no_root_is_looked_at(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace("enabled = true", "enabled = false", 1))
    loop.wiring.reload()

    assert loop.wiring.feeds == ()
    loop.wiring.close()


def test_a_folder_that_may_not_be_listed_keeps_what_stood_in_it(loop: Loop) -> None:
    run = Run(loop.root).start()
    loop.look()
    feed = RunFolders(loop.root, clock=now)
    before = loop.wiring.spool.documents()[feed.name].snapshot
    run.folder.parent.rename(run.task_folder / "aside")
    run.folder.parent.symlink_to(run.task_folder / "aside")

    fed = feed.read(before)

    assert not isinstance(fed, Unreadable)
    (closed,) = fed.unread
    assert closed.keys == {task.key for task in before.tasks}


def test_what_the_first_look_could_not_read_is_a_baseline_once_it_can(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    Run(tmp_path / "aside").start().stop()
    (loop.root / "orchard").symlink_to(tmp_path / "aside" / "orchard")
    broken = Run(loop.root, "r2", project="garden").start().stop()
    whole = broken.file.read_text("utf-8")
    broken.file.write_text(f"{whole}status: failed\n", "utf-8")
    assert len(loop.look().unreadable) == 2
    (loop.root / "orchard").unlink()
    (tmp_path / "aside" / "orchard").rename(loop.root / "orchard")
    broken.file.write_text(whole, "utf-8")

    assert loop.told() == []
    Run(loop.root, "r3").start().stop()
    assert loop.ends() == [("completed", 0, False)]
    loop.wiring.close()


def test_what_agents_write_beside_the_file_wakes_nobody(tmp_path: Path) -> None:
    feed = RunFolders(tmp_path, clock=now)
    run = tmp_path / "orchard" / TASK / "runs" / "r1"
    quiet = [run / "agent-stdout.txt", run / "run-info.1.yaml.tmp", run / "run-info.yaml.lock"]
    quiet += [run.parents[1] / "TASK-MESSAGE-BUS.md"]
    loud = [run / "run-info.yaml", run, run.parent, run.parents[1], run.parents[2]]
    loud += [tmp_path, tmp_path.parent / "SPEC.md"]

    assert [path for path in quiet if feed.minds(str(path))] == []
    assert [path for path in loud if not feed.minds(str(path))] == []


def test_the_end_of_a_run_wakes_the_watcher_and_its_output_does_not(loop: Loop) -> None:
    run = Run(loop.root).start()
    loop.look()
    hints = Notes()
    watching = loop.wiring.watching
    watcher = watching.watcher(hints, Notes())
    watcher.rewatch(watching.folders())
    try:
        assert run.folder in watcher.watched
        for line in range(20):
            (run.folder / "agent-stdout.txt").write_text(f"pruning {line}\n")
            (run.task_folder / BUS).write_text(f"[2026-01-01 10:00:00] INFO: {line}\n")
        run.reconcile()

        assert hints.wait(lambda came: len(came) > 1)
        # One rename, and nothing before it.
        assert hints.all()[:2] == [Reason.REARMED, Reason.CHANGED]
        assert Reason.WRITTEN not in hints.all()
    finally:
        watcher.stop()


def test_a_stat_pass_finds_what_no_event_told(tmp_path: Path) -> None:
    clock = [now()]
    feed = RunFolders(tmp_path, clock=lambda: clock[0])
    run = Run(tmp_path).start()

    assert [feed.stirred(clock[0]) for _ in range(2)] == [True, False]
    run.stop()
    assert [feed.stirred(clock[0]) for _ in range(2)] == [True, False]


def test_a_stat_pass_that_takes_long_rests_longer(tmp_path: Path) -> None:
    feed = RunFolders(tmp_path, clock=lambda: 1_500)
    Run(tmp_path).start()

    assert feed.stirred(1_000)
    Run(tmp_path, "r2").start()
    assert [feed.stirred(at) for at in (10_999, 11_000)] == [False, True]


def test_the_folders_of_open_runs_are_watched_first_and_not_too_many(tmp_path: Path) -> None:
    open_ = Run(tmp_path, "r0").start()
    for number in range(1, 100):
        Run(tmp_path, f"r{number}", task=f"task-{number}").start().stop()
    feed = RunFolders(tmp_path, clock=now)
    feed.read(None)

    folders = feed.folders()

    assert folders[:2] == [tmp_path, open_.folder]
    assert open_.folder.parents[2] in folders
    assert len(folders) == 64
