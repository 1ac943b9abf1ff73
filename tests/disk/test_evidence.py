"""Evidence files: whole, chained, under the cap at every instant, and nowhere else."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from spec_notify.core.evidence import parse_name, record_name
from spec_notify.disk.audit import Usage
from spec_notify.disk.evidence import EvidenceFolder, audit, default_root, verify
from tests.disk.sealed import START, Sealer, weight

SPAWN = multiprocessing.get_context("spawn")
CAP = 20_000


class Desk:
    """A repository, its state folder, and what was warned of."""

    def __init__(
        self, home: Path, *, root: str = "evidence", cap: int = CAP, state: str = "state"
    ) -> None:
        self.repo = home / "repo"
        self.repo.mkdir(parents=True, exist_ok=True)
        self.state = home / state
        self.warnings: list[str] = []
        self.root = self.repo / root
        self.folder = self.root / "commands" / "SPEC-A" / "webhooks"
        self.evidence = self.open(root, cap)

    def open(self, root: str = "evidence", cap: int = CAP) -> EvidenceFolder:
        return EvidenceFolder(self.repo, root, cap=cap, state=self.state, warn=self.warnings.append)

    def names(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir())

    def records(self) -> list[str]:
        return [each for each in self.names() if parse_name(each)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_record_becomes_a_file_with_its_exact_bytes(desk: Desk) -> None:
    record = Sealer().next()

    path = desk.evidence.write(record)

    assert path == f"evidence/commands/SPEC-A/webhooks/{record.name}"
    assert (desk.repo / path).read_bytes() == record.body
    assert desk.names() == [record.name]
    assert desk.evidence.sync()
    assert desk.warnings == []


def test_a_record_that_stands_already_is_left_alone(desk: Desk) -> None:
    record = Sealer().next()
    path = desk.evidence.write(record)
    before = (desk.folder / record.name).stat()

    assert desk.evidence.write(record) == path
    assert desk.open().write(record) == path
    assert (desk.folder / record.name).stat() == before


@pytest.mark.parametrize("length", [0, 1, 599, None])
def test_a_torn_file_is_written_again(desk: Desk, length: int | None) -> None:
    record = Sealer().next()
    desk.evidence.write(record)
    (desk.folder / record.name).write_bytes((b"\0" * len(record.body))[:length])

    desk.open().write(record)

    assert (desk.folder / record.name).read_bytes() == record.body


@pytest.mark.parametrize(
    ("spec", "folder"),
    [("", "_unassigned"), ("_unassigned", "_unassigned"), ("SPEC-KIT-1", "SPEC-KIT-1")],
)
def test_each_spec_has_its_own_directory(desk: Desk, spec: str, folder: str) -> None:
    record = Sealer(spec=spec).next()

    assert desk.evidence.write(record) == f"evidence/commands/{folder}/webhooks/{record.name}"


@pytest.mark.parametrize("spec", ["../../../x", "/etc/x", "a/b", "..", ".", "x" * 400, "a\0b"])
def test_no_spec_id_leads_out_of_the_evidence_root(desk: Desk, spec: str) -> None:
    path = desk.evidence.write(Sealer(spec=spec).next())

    assert path is not None
    assert (desk.repo / path).resolve().is_relative_to(desk.root.resolve())
    assert sorted(each.name for each in desk.repo.iterdir()) == ["evidence"]


@pytest.mark.parametrize("root", ["/tmp/elsewhere", "../outside", "a/../../b", "nul\0"])
def test_a_root_outside_the_repository_is_refused(tmp_path: Path, root: str) -> None:
    desk = Desk(tmp_path)
    evidence = desk.open(root)

    assert evidence.write(Sealer().next()) is None
    assert evidence.write(Sealer().next()) is None
    assert len(desk.warnings) == 1
    assert list(desk.repo.iterdir()) == []


def test_a_name_that_is_not_ours_is_refused(desk: Desk) -> None:
    record = msgspec.structs.replace(Sealer().next(), name="../../README.md")

    assert desk.evidence.write(record) is None
    assert list(desk.repo.iterdir()) == []


def test_the_tree_of_the_integrated_hooks_is_used_where_it_exists(tmp_path: Path) -> None:
    assert default_root(tmp_path) == "evidence"
    (tmp_path / "docs/SPEC-OPS-004-integrated-coder-hooks/evidence").mkdir(parents=True)
    assert default_root(tmp_path) == "docs/SPEC-OPS-004-integrated-coder-hooks/evidence"


def test_the_oldest_leave_and_an_anchor_explains_them(desk: Desk) -> None:
    sealer = Sealer()
    written = [sealer.next() for _ in range(60)]

    for record in written:
        assert desk.evidence.write(record)
        assert weight(desk.folder) <= CAP

    left = desk.records()
    assert left == [record.name for record in written[-len(left) :]]
    assert weight(desk.folder) > CAP * 0.9
    assert "anchor_w1.json" in desk.names()
    assert verify(desk.root).ok


def test_several_writers_rotate_by_age_and_keep_a_chain_each(desk: Desk) -> None:
    sealers = [Sealer(f"w{which}", step=which) for which in (1, 2, 3)]
    others = [desk.open() for _ in sealers]

    for _ in range(40):
        for sealer, evidence in zip(sealers, others, strict=True):
            assert evidence.write(sealer.next())
            assert weight(desk.folder) <= CAP

    (report,) = verify(desk.root).folders
    assert report.breaches == ()
    assert weight(desk.folder) > CAP * 0.85
    assert [chain.last for chain in report.chains if chain.writer == "w3"] == [40]
    assert desk.warnings == []


@pytest.mark.parametrize("shift", [3_600_000, -3_600_000])
def test_a_clock_that_ran_backwards_breaks_no_chain(desk: Desk, shift: int) -> None:
    sealer = Sealer()
    for count in range(75):
        wrong = shift if 10 <= count < 20 else 0
        assert desk.evidence.write(sealer.next(at=START + count + wrong))
        assert verify(desk.root).ok

    assert weight(desk.folder) <= CAP


def test_records_that_leave_together_leave_the_anchor_of_the_newest(desk: Desk) -> None:
    sealer = Sealer()
    for count in range(10):
        desk.evidence.write(sealer.next(at=START - count))

    desk.evidence.write(sealer.next(CAP - 1_000))

    anchor = orjson.loads((desk.folder / "anchor_w1.json").read_bytes())
    assert anchor["sequence"] == 10
    assert verify(desk.root).ok


def test_a_lowered_cap_holds_from_the_next_write(desk: Desk) -> None:
    sealer = Sealer()
    for _ in range(20):
        desk.evidence.write(sealer.next())

    assert desk.open(cap=5_000).write(sealer.next())

    assert weight(desk.folder) <= 5_000
    assert verify(desk.root).ok


def test_a_foreign_file_is_never_touched_and_pauses_the_directory(desk: Desk) -> None:
    sealer = Sealer()
    first, second = sealer.next(), sealer.next()
    desk.evidence.write(first)
    foreign = desk.folder / "video.mp4"
    with foreign.open("wb") as file:
        file.truncate(6_000_000)
    touched(desk.folder)

    assert desk.evidence.write(second) is None
    assert desk.evidence.write(second) is None

    assert len(desk.warnings) == 1
    assert "not ours hold 6000000" in desk.warnings[0]
    assert desk.names() == [first.name, "video.mp4"]
    foreign.unlink()
    touched(desk.folder)
    assert desk.evidence.write(second)
    assert verify(desk.root).ok


def test_a_pause_hurts_only_its_own_directory(desk: Desk) -> None:
    desk.folder.mkdir(parents=True)
    (desk.folder / "big").write_bytes(b"x" * CAP)

    assert desk.evidence.write(Sealer().next()) is None
    assert desk.evidence.write(Sealer(spec="SPEC-B").next())


def test_a_foreign_file_that_took_the_last_room_never_puts_us_over(desk: Desk) -> None:
    sealer = Sealer()
    while desk.evidence.write(sealer.next()) and "anchor_w1.json" not in desk.names():
        pass
    (desk.folder / "notes.txt").write_bytes(b"x" * (CAP - weight(desk.folder) - 10))
    touched(desk.folder)

    for _ in range(10):
        assert desk.evidence.write(sealer.next())
        assert weight(desk.folder) <= CAP

    assert verify(desk.root).ok


def test_a_foreign_file_that_grows_in_place_is_weighed_at_every_write(desk: Desk) -> None:
    sealer = Sealer()
    desk.folder.mkdir(parents=True)
    with (desk.folder / "notes.log").open("ab", buffering=0) as notes:
        for _ in range(40):
            assert desk.evidence.write(sealer.next())
            assert weight(desk.folder) <= CAP
            notes.write(b"x" * 300)

    assert verify(desk.root).ok


def test_a_record_larger_than_the_cap_is_refused_and_nothing_leaves(desk: Desk) -> None:
    sealer = Sealer()
    desk.evidence.write(sealer.next())

    assert desk.evidence.write(sealer.next(CAP + 1)) is None
    assert "larger than cap_bytes = 20000" in desk.warnings[0]
    assert len(desk.records()) == 1


@pytest.mark.parametrize("part", ["evidence", "commands", "SPEC-A", "webhooks"])
@pytest.mark.parametrize("thing", ["link", "dangling link", "file", "fifo"])
def test_what_stands_in_a_directorys_place_is_refused(
    tmp_path: Path, part: str, thing: str
) -> None:
    desk = Desk(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    whole = ["evidence", "commands", "SPEC-A", "webhooks"]
    place = desk.repo.joinpath(*whole[: whole.index(part) + 1])
    place.parent.mkdir(parents=True, exist_ok=True)
    put_in_the_way(place, thing, outside)

    assert desk.evidence.write(Sealer().next()) is None
    assert desk.evidence.write(Sealer().next()) is None

    assert len(desk.warnings) == 1
    assert "symbolic link or a file" in desk.warnings[0]
    assert list(outside.iterdir()) == []
    assert verify(desk.root).ok


def put_in_the_way(place: Path, thing: str, outside: Path) -> None:
    match thing:
        case "link":
            place.symlink_to(outside)
        case "dangling link":
            place.symlink_to(outside / "nowhere")
        case "file":
            place.write_text("mine")
        case "fifo":
            os.mkfifo(place)


@pytest.mark.parametrize("kind", ["record", "temporary", "anchor", "anchor temporary"])
@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_a_planted_link_changes_nothing_outside(tmp_path: Path, kind: str, link: str) -> None:
    desk = Desk(tmp_path)
    sealer = Sealer()
    records = [sealer.next() for _ in range(40)]
    outside = tmp_path / "precious"
    outside.write_text("untouched")
    name = {
        "record": records[0].name,
        "temporary": f".{records[0].name}.tmp",
        "anchor": "anchor_w1.json",
        "anchor temporary": ".anchor_w1.json.tmp",
    }[kind]
    desk.folder.mkdir(parents=True)
    planted = desk.folder / name
    planted.symlink_to(outside) if link == "symbolic" else planted.hardlink_to(outside)

    for record in records:
        assert desk.evidence.write(record)

    assert outside.read_text() == "untouched"
    assert weight(desk.folder) <= CAP
    assert verify(desk.root).ok


def test_a_link_that_bears_an_old_records_name_counts_and_stays(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    sealer = Sealer()
    old = sealer.next()
    desk.folder.mkdir(parents=True)
    (desk.folder / old.name).symlink_to("x" * 4_000)

    for _ in range(40):
        assert desk.evidence.write(sealer.next())
        assert weight(desk.folder) <= CAP

    assert (desk.folder / old.name).is_symlink()


def test_what_a_killed_writer_left_is_cleared_and_a_strangers_file_is_not(desk: Desk) -> None:
    sealer = Sealer()
    desk.folder.mkdir(parents=True)
    for name in (f".{sealer.next().name}.tmp", ".anchor_w1.json.tmp", ".notes.tmp", "x.tmp"):
        (desk.folder / name).write_text("half")
    record = sealer.next()

    desk.evidence.write(record)

    assert desk.names() == [".notes.tmp", record.name, "x.tmp"]


def test_a_temporary_name_that_is_taken_is_no_trouble(desk: Desk) -> None:
    sealer = Sealer()
    desk.evidence.write(sealer.next())
    record = sealer.next()
    before = desk.folder.stat()
    (desk.folder / f".{record.name}.tmp").write_text("half")
    os.utime(desk.folder, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert desk.evidence.write(record)


def test_a_foreign_file_one_process_saw_is_known_to_all(desk: Desk) -> None:
    one, other = desk.open(), desk.open()
    sealer = Sealer()
    for evidence in (one, other, one, other):
        evidence.write(sealer.next())
    (desk.folder / "notes.txt").write_bytes(b"x" * (CAP - 3_600))
    touched(desk.folder)

    for evidence in (one, other, other, other):
        assert evidence.write(sealer.next())
        assert weight(desk.folder) <= CAP


def test_a_directory_that_bears_a_records_name_is_refused_and_left(desk: Desk) -> None:
    sealer = Sealer()
    record = sealer.next()
    (desk.folder / record.name).mkdir(parents=True)

    assert desk.evidence.write(record) is None
    assert len(desk.warnings) == 1
    assert (desk.folder / record.name).is_dir()
    assert desk.names() == [record.name]


def test_a_state_folder_that_cannot_be_is_a_warning_not_an_error(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.state.write_text("a file")

    assert desk.evidence.write(Sealer().next()) is None
    assert len(desk.warnings) == 1


def test_a_directory_that_vanished_is_made_again(desk: Desk) -> None:
    sealer = Sealer()
    for _ in range(40):
        desk.evidence.write(sealer.next())
    for each in desk.folder.iterdir():
        each.unlink()
    desk.folder.rmdir()

    last = sealer.next()
    assert desk.evidence.write(last)
    assert desk.names() == [last.name]


def test_names_in_a_directory_that_vanished_are_not_said_to_last(desk: Desk) -> None:
    record = Sealer().next()
    desk.evidence.write(record)
    (desk.folder / record.name).unlink()
    desk.folder.rmdir()

    assert desk.evidence.sync() is False
    assert desk.evidence.sync() is True
    assert desk.evidence.write(record)


def test_a_writer_that_does_not_let_go_is_waited_for_once(desk: Desk) -> None:
    sealer = Sealer()
    desk.evidence.write(sealer.next())
    (lock,) = (desk.state / "evidence").iterdir()
    record = sealer.next()
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert desk.evidence.write(record) is None
        started = time.monotonic()
        assert [desk.evidence.write(record) for _ in range(50)] == [None] * 50

    assert time.monotonic() - started < 5
    assert len(desk.warnings) == 1
    assert desk.evidence.write(record)


def test_locks_that_were_cleared_away_are_made_again(desk: Desk) -> None:
    sealer = Sealer()
    desk.evidence.write(sealer.next())
    (lock,) = (desk.state / "evidence").iterdir()
    lock.unlink()

    assert desk.evidence.write(sealer.next())
    assert len(desk.records()) == 2


def test_a_long_log_is_started_over(desk: Desk) -> None:
    sealer = Sealer()
    desk.evidence.write(sealer.next())
    (lock,) = (desk.state / "evidence").iterdir()
    log = lock.read_bytes()
    lock.write_bytes(log + log.splitlines(keepends=True)[-1] * 10_000)

    for evidence in (desk.evidence, desk.open()):
        assert evidence.write(sealer.next())
        assert lock.stat().st_size < 2_000


def test_a_forged_record_leaves_like_any_other_and_names_no_anchor(desk: Desk) -> None:
    sealer, forged = Sealer(), Sealer("../../x").next()
    desk.folder.mkdir(parents=True)
    name = record_name(at=START, sequence=1, delivery="dlv_forged", attempt=1)
    (desk.folder / name).write_bytes(forged.body)
    (desk.folder / sealer.next(at=START).name).write_bytes(b"nonsense")

    for _ in range(40):
        assert desk.evidence.write(sealer.next())

    assert [name for name in desk.names() if not parse_name(name)] == ["anchor_w1.json"]
    assert sorted(each.name for each in desk.repo.iterdir()) == ["evidence"]


@pytest.mark.parametrize("nonsense", [b"", b"nonsense\n", b"+x y\n=\n", b"\xff" * 100])
def test_a_log_that_makes_no_sense_is_no_trouble(desk: Desk, nonsense: bytes) -> None:
    sealer = Sealer()
    desk.evidence.write(sealer.next())
    (lock,) = (desk.state / "evidence").iterdir()
    era = lock.read_bytes()[:32]
    for prefix in (era, b""):
        lock.write_bytes(prefix + lock.read_bytes()[32:] + nonsense)
        assert desk.evidence.write(sealer.next())

    assert len(desk.records()) == 3
    assert weight(desk.folder) <= CAP


def test_threads_may_write_at_once(desk: Desk) -> None:
    sealer = Sealer()
    records = [sealer.next() for _ in range(80)]
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(desk.evidence.write, records))

    assert weight(desk.folder) <= CAP
    assert set(desk.records()) <= {record.name for record in records}
    assert desk.warnings == []


def test_verify_names_what_is_broken_and_what_is_not_ours(desk: Desk) -> None:
    sealer = Sealer()
    records = [sealer.next() for _ in range(4)]
    for record in records:
        desk.evidence.write(record)
    second = desk.folder / records[1].name
    second.write_bytes(second.read_bytes().replace(b"xxx", b"xyx", 1))
    (desk.folder / "README.md").write_text("hello")
    (desk.root / "commands" / "SPEC-A" / "telemetry.json").write_text("{}")
    (desk.root / "commands" / "stray").write_text("no folder")

    report = verify(desk.root)

    assert not report.ok
    assert report.records == 4
    assert list(report.lines()) == [
        "commands/SPEC-A/webhooks: 4 records, 1 broken",
        f"  altered: {records[1].name}: {records[2].name} was sealed over other bytes",
        "  not ours: README.md",
    ]
    assert report.facts()["directories"][0]["unknown"] == ("README.md",)


def test_verify_follows_no_link(desk: Desk) -> None:
    record = Sealer().next()
    desk.evidence.write(record)
    elsewhere = desk.repo / "elsewhere.json"
    (desk.folder / record.name).rename(elsewhere)
    (desk.folder / record.name).symlink_to(elsewhere)

    (folder,) = verify(desk.root).folders

    assert [(each.kind, each.name) for each in folder.breaches] == [("unreadable", record.name)]


def test_verify_of_nothing_finds_nothing_wrong(tmp_path: Path) -> None:
    report = verify(tmp_path / "none")

    assert report.ok
    assert list(report.lines()) == ["no evidence stands here"]
    assert audit(tmp_path / "none") == []


def test_audit_weighs_every_file(desk: Desk) -> None:
    record = Sealer().next()
    desk.evidence.write(record)
    desk.evidence.write(Sealer(spec="SPEC-B").next())
    (desk.folder / "README.md").write_text("hello")

    assert audit(desk.root) == [
        Usage(directory="commands/SPEC-A/webhooks", bytes=len(record.body) + 5, files=2),
        Usage(directory="commands/SPEC-B/webhooks", bytes=len(record.body), files=1),
    ]


def touched(folder: Path) -> None:
    """Make sure that a change is seen even within one tick of the file system's clock."""
    status = folder.stat()
    os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))


# From here on: what only a process of its own can show.


def watch_every_change(folder: Path, seen: list[int]) -> None:
    """Weigh the directory just before each change this process makes there, under its lock."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        name = str(arguments[0]) if arguments else ""
        ours = name.endswith(".tmp") or parse_name(name) or name.startswith("anchor_")
        if event in {"open", "os.rename", "os.remove"} and ours and "/" not in name:
            seen.append(weight(folder))

    sys.addaudithook(hook)


def write_forty(home: Path, which: int, state: str = "state") -> tuple[int, int, int, list[str]]:
    desk = Desk(home, cap=10_000, state=state.format(which))
    desk.folder.mkdir(parents=True, exist_ok=True)
    seen: list[int] = []
    watch_every_change(desk.folder, seen)
    sealer = Sealer(f"w{which}")
    written = 0
    for _ in range(40):
        record = sealer.next()
        while desk.evidence.write(record) is None:
            pass
        written += 1
    return written, len(seen), max(seen), desk.warnings


@pytest.mark.parametrize("state", ["state", "state of {}"])
def test_eight_processes_never_exceed_the_cap(tmp_path: Path, state: str) -> None:
    """Also when each has a state folder of its own, as containers around one checkout have."""
    with ProcessPoolExecutor(8, mp_context=SPAWN) as processes:
        each = list(processes.map(write_forty, [tmp_path] * 8, range(8), [state] * 8))

    desk = Desk(tmp_path, cap=10_000)
    assert [written for written, _, _, _ in each] == [40] * 8
    assert all(moments >= 80 for _, moments, _, _ in each)
    assert max(heaviest for _, _, heaviest, _ in each) <= 10_000
    assert weight(desk.folder) <= 10_000
    assert weight(desk.folder) > 8_000
    assert not [name for name in desk.names() if name.endswith(".tmp")]
    assert verify(desk.root).ok


def die_at(home: Path, event: str, ending: str) -> None:
    desk = Desk(home)
    sealer = Sealer()
    records = [sealer.next() for _ in range(60)]

    def hook(happened: str, arguments: tuple[Any, ...]) -> None:
        if happened == event and str(arguments[0]).endswith(ending):
            os.kill(os.getpid(), signal.SIGKILL)

    for record in records[:20]:
        desk.evidence.write(record)
    sys.addaudithook(hook)
    for record in records[20:]:
        desk.evidence.write(record)


@pytest.mark.parametrize(
    ("event", "ending"),
    [
        ("open", "_a1.json.tmp"),
        ("os.rename", "_a1.json.tmp"),
        ("open", "anchor_w1.json.tmp"),
        ("os.rename", "anchor_w1.json.tmp"),
        ("os.remove", "_a1.json"),
    ],
)
def test_a_kill_at_any_step_leaves_what_the_next_write_mends(
    tmp_path: Path, event: str, ending: str
) -> None:
    desk = Desk(tmp_path)
    sealer = Sealer()
    records = [sealer.next() for _ in range(60)]
    alive = desk.open()
    for record in records[:10]:
        alive.write(record)

    process = SPAWN.Process(target=die_at, args=(tmp_path, event, ending))
    process.start()
    process.join()

    assert process.exitcode == -signal.SIGKILL
    as_if_within_one_tick(desk)
    assert weight(desk.folder) <= CAP
    assert verify(desk.root).ok
    standing = desk.records()
    assert alive.write(Sealer("w2").next())
    assert not [name for name in desk.names() if name.endswith(".tmp")]
    for record in records[10:]:
        if record.name > standing[-1]:
            assert alive.write(record)
            assert weight(desk.folder) <= CAP
    assert desk.records()[-1] == records[-1].name
    assert verify(desk.root).ok


def as_if_within_one_tick(desk: Desk) -> None:
    """Give the directory the time that the log last noted: a coarse clock would not have moved."""
    (lock,) = (desk.state / "evidence").iterdir()
    noted = [line for line in lock.read_bytes().splitlines() if line.startswith(b"=")]
    os.utime(desk.folder, ns=(0, int(noted[-1].split()[1])))


def anchors_at_each_deletion(home: Path) -> list[tuple[int, int]]:
    desk = Desk(home)
    sealer = Sealer()
    seen: list[tuple[int, int]] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        facts = parse_name(str(arguments[0])) if event == "os.remove" else None
        if facts:
            anchor = orjson.loads((desk.folder / "anchor_w1.json").read_bytes())
            seen.append((facts.sequence, anchor["sequence"]))

    sys.addaudithook(hook)
    for _ in range(60):
        desk.evidence.write(sealer.next())
    return seen


def test_an_anchor_stands_before_what_it_explains_is_deleted(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=SPAWN) as process:
        seen = process.submit(anchors_at_each_deletion, tmp_path).result()

    assert len(seen) > 20
    assert all(anchored >= deleted for deleted, anchored in seen)


def lose_the_lock_while_taking_it(home: Path) -> tuple[str | None, int]:
    desk = Desk(home)
    desk.evidence.write(Sealer().next())
    (lock,) = (desk.state / "evidence").iterdir()
    cleared: list[str] = []

    def hook(event: str, _: tuple[Any, ...]) -> None:
        if event == "fcntl.flock" and not cleared:
            cleared.append(event)
            lock.unlink()

    sys.addaudithook(hook)
    return desk.evidence.write(Sealer("w2").next()), len(list(lock.parent.iterdir()))


def test_a_lock_cleared_away_while_it_is_taken_is_not_trusted(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=SPAWN) as process:
        path, locks = process.submit(lose_the_lock_while_taking_it, tmp_path).result()

    assert path is not None
    assert locks == 1


def write_into_a_full_disk(
    home: Path,
) -> tuple[list[str | None], list[str], list[str], bool]:
    desk = Desk(home)
    sealer = Sealer()
    small, large = sealer.next(400), sealer.next(3_000)
    written = [desk.evidence.write(small)]
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    listings = count_listings_from_here()
    written += [desk.evidence.write(large), desk.evidence.write(large)]
    left, warned = desk.names(), list(desk.warnings)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    written.append(desk.evidence.write(large))
    ok = listings == [] and verify(desk.root).ok
    return written, left, warned, ok


def test_a_full_disk_costs_one_warning_and_is_caught_up_with(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=SPAWN) as process:
        written, left, warned, ok = process.submit(write_into_a_full_disk, tmp_path).result()

    assert [path is not None for path in written] == [True, False, False, True]
    assert len(left) == 1
    assert len(warned) == 1
    assert os.strerror(errno.EFBIG) in warned[0]
    assert ok


def write_two(home: Path) -> None:
    desk = Desk(home)
    sealer = Sealer()
    assert desk.evidence.write(sealer.next())
    assert desk.evidence.write(sealer.next())
    assert desk.evidence.sync()


def test_bytes_are_synced_before_the_name_and_the_name_before_sync_returns(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        assert os.environ.get("CI") != "true", "strace is needed to see the order of syncs"
        pytest.skip("strace is not installed: the order of syncs is not seen")
    log = tmp_path / "strace.log"
    code = "import sys, pathlib; from tests.disk.test_evidence import write_two; "
    code += "write_two(pathlib.Path(sys.argv[1]))"
    calls = "trace=fsync,rename,renameat,renameat2"
    command = [strace, "-f", "-y", "-o", str(log), "-e", calls, sys.executable, "-c", code]
    subprocess.run([*command, str(tmp_path)], check=True, cwd=Path(__file__).parents[2])

    shown = log.read_text()
    told = re.findall(r"(fsync|rename)\w*\(.*?(json\.tmp|/\w[\w-]*>\))", shown)

    made = ["/repo>)", "/evidence>)", "/commands>)", "/SPEC-A>)"]
    assert told == [
        # A folder's name, before anything is put into it.
        *(("fsync", each) for each in made),
        ("fsync", "json.tmp"),
        ("rename", "json.tmp"),
        ("fsync", "json.tmp"),
        ("rename", "json.tmp"),
        # Once more: another process may have made them and died before it synced their names.
        *(("fsync", each) for each in made),
        ("fsync", "/webhooks>)"),
    ]


def count_listings_from_here() -> list[str]:
    """Answer a list that grows with every directory this process lists from now on."""
    listings: list[str] = []
    sys.addaudithook(lambda event, _: listings.append(event) if event == "os.scandir" else None)
    return listings


def count_listings(home: Path) -> int:
    desk = Desk(home)
    one, other = desk.open(), desk.open()
    first, second = Sealer("w1"), Sealer("w2")
    listings = count_listings_from_here()
    for _ in range(60):
        one.write(first.next())
        other.write(second.next())
    return len(listings)


def test_no_write_lists_the_directory_though_two_take_turns(tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=SPAWN) as process:
        assert process.submit(count_listings, tmp_path).result() == 2
