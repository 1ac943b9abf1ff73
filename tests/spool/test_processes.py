"""Several processes at one spool: nothing twice, nothing lost, whoever dies."""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.errors import StaleBaselineError
from spec_notify.ports import Query
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.given import NOW, a_delivery, a_document, an_event, claim, queue, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

_SPAWN = get_context("spawn")
PATIENCE = 60.0


def opened(path: str) -> SqliteSpool:
    return SqliteSpool.open(path, now=NOW, fresh_id=lambda: os.urandom(8).hex())


def note(log: str, text: str) -> None:
    """Say something that outlives this process, in one write."""
    with open(log, "ab", buffering=0) as file:  # noqa: PTH123 - unbuffered, or a kill loses it
        file.write(f"{text}\n".encode())


def notes(log: Path) -> list[str]:
    # A line cut short by a kill was not said.
    return log.read_text().split("\n")[:-1] if log.exists() else []


def run(target: Callable[..., None], count: int, *args: object) -> None:
    barrier = _SPAWN.Barrier(count)
    processes = [_SPAWN.Process(target=target, args=(barrier, *args)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
        assert process.exitcode == 0


def begin(barrier: Barrier, path: str, log: str) -> None:
    barrier.wait(PATIENCE)
    spool = opened(path)
    note(log, f"{spool.writer} {spool.generation}")
    spool.close()


def drain(barrier: Barrier, path: str, log: str) -> None:
    spool = opened(path)
    barrier.wait(PATIENCE)
    while claims := claim(spool, 3, owner=str(os.getpid())):
        for each in claims:
            settled = settle(spool, each, Verdict.DELIVERED)
            note(log, f"{each.delivery.id} {each.delivery.attempts} {settled is not None}")
    spool.close()


def look(barrier: Barrier, path: str, log: str) -> None:
    """See five changes that everybody else sees too, each a look of its own."""
    spool = opened(path)
    barrier.wait(PATIENCE)
    for change in range(1, 6):
        event = an_event(change)
        read = spool.documents().get("SPEC.md")
        if read is not None and read.revision >= change:
            continue
        try:
            with spool.ledger() as ledger:
                ledger.save(a_document(revision=change))
                count = ledger.occurrence("SPEC.md", event.task or "", "Done")
                admitted = ledger.admit(event, [a_delivery(event)])
        except StaleBaselineError:
            continue
        note(log, f"{change} {count} {admitted}")
    spool.close()


def admit_for_ever(path: str, log: str, first: int) -> None:
    spool = opened(path)
    number = first
    while True:
        queue(spool, number)
        note(log, f"admitted {number}")
        for each in claim(spool, 2):
            note(log, f"claimed {each.delivery.id} {each.delivery.attempts}")
            settled = settle(spool, each, Verdict.DELIVERED)
            if settled is not None:
                note(log, f"settled {each.delivery.id} {settled.record.name}")
        number += 1


def test_eight_processes_that_start_together_begin_one_spool(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run(begin, 8, str(tmp_path / "state" / "spool.db"), str(log))
    said = notes(log)
    assert len(said) == 8
    assert len(set(said)) == 1
    assert said[0].split(" ")[1] == ""


def test_processes_that_find_damage_together_keep_it_once(tmp_path: Path) -> None:
    path, log = tmp_path / "state" / "spool.db", tmp_path / "log"
    opened(str(path)).close()
    path.write_bytes(b"damage" * 1_000)
    run(begin, 4, str(path), str(log))
    assert len(set(notes(log))) == 1
    assert [each.name for each in path.parent.glob("*corrupt*")] == ["spool.db.corrupt-1"]


def test_four_processes_claim_two_hundred_deliveries_each_exactly_once(tmp_path: Path) -> None:
    path, log = str(tmp_path / "state" / "spool.db"), tmp_path / "log"
    spool = opened(path)
    queued = [queue(spool, number).id for number in range(200)]
    run(drain, 4, path, str(log))
    assert Counter(notes(log)) == Counter(f"{each} 1 True" for each in queued)
    assert spool.counts()[State.DELIVERED] == 200
    assert chain_of(spool) == list(range(1, 201))
    spool.close()


def test_eight_processes_that_see_the_same_changes_admit_each_exactly_once(tmp_path: Path) -> None:
    path, log = str(tmp_path / "state" / "spool.db"), tmp_path / "log"
    opened(path).close()
    run(look, 8, path, str(log))
    assert notes(log) == [f"{change} 1 1" for change in range(1, 6)]
    spool = opened(path)
    assert len(spool.find(Query())) == 5
    spool.close()


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, log = tmp_path / "state" / "spool.db", tmp_path / "log"
    for round_ in range(6):
        known = len(notes(log))
        processes = [
            _SPAWN.Process(
                target=admit_for_ever, args=(str(path), str(log), (round_ * 2 + each) * 10_000)
            )
            for each in range(2)
        ]
        for process in processes:
            process.start()
        # Each round ends in the middle of another verb: the one that follows what was said last.
        last = ("admitted", "claimed", "settled")[round_ % 3]
        wait_for(partial(said_last, log, known + 20 + round_, last), processes)
        for process in processes:
            process.kill()
            process.join(PATIENCE)
    spool = opened(str(path))
    assert spool.recovered_from is None
    assert spool.check() is None
    assert_nothing_lost(spool, notes(log))
    spool.close()


def said_last(log: Path, count: int, word: str) -> bool:
    said = notes(log)
    return len(said) > count and said[-1].startswith(word)


def wait_for(seen: Callable[[], bool], processes: list[SpawnProcess]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline
        assert all(process.is_alive() for process in processes)
        time.sleep(0.002)


def assert_nothing_lost(spool: SqliteSpool, said: list[str]) -> None:
    found = {each.id: each for each in spool.find(Query())}
    evidence = {name for each in found for _, name in spool.evidence_names(each)}
    words = [line.split(" ") for line in said]
    assert {word[0] for word in words} == {"admitted", "claimed", "settled"}
    for kind, *facts in words:
        if kind == "admitted":
            assert a_delivery(an_event(int(facts[0]))).id in found
        elif kind == "claimed":
            assert found[facts[0]].attempts >= int(facts[1])
        else:
            assert found[facts[0]].state is State.DELIVERED
            assert facts[1] in evidence
    claims = Counter(tuple(facts) for kind, *facts in words if kind == "claimed")
    assert set(claims.values()) == {1}
    assert chain_of(spool) == list(range(1, len(evidence) + 1))


def chain_of(spool: SqliteSpool) -> list[int]:
    return [int(each.name.split("_")[1]) for each in spool.unprojected(limit=100_000)]
