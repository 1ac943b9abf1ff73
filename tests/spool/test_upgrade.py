"""Spools of earlier versions, with rows in every table: all is kept, all can be delivered.

`spools/schema-N.sql` is what the code of that schema wrote, as SQL.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest

from spec_notify.core.delivery import State
from spec_notify.core.event import delivery_id
from spec_notify.ports import Query
from spec_notify.spool import schema, statements
from spec_notify.spool.sqlite import SqliteSpool
from tests.pipeline.bench import Bench, replies
from tests.repository import environment

from .given import LEASE, NOW, an_event

if TYPE_CHECKING:
    from spec_notify.core.delivery import Delivery

FOLDER = Path(__file__).parent / "spools"
VERSIONS = range(1, statements.LATEST + 1)
NEW = {2: {"breaker", "pace", "alarm"}}
"""Tables that a schema brought."""


def tables(connection: apsw.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [name for (name,) in rows]


def content(path: Path) -> dict[str, list[dict[str, object]]]:
    """Answer every row of every table, by the names of its columns."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    found = {}
    for table in tables(connection):
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        cursor = connection.execute(f"SELECT * FROM {table}")
        found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    connection.close()
    return found


def restored(folder: Path, version: int) -> Path:
    """Put the spool of a version into a folder of ours, and answer its path."""
    path = folder / "state" / "spool.db"
    path.parent.mkdir(mode=0o700, parents=True)
    path.touch(mode=0o600)
    connection = apsw.Connection(str(path))
    connection.execute((FOLDER / f"schema-{version}.sql").read_text("utf-8"))
    connection.close()
    return path


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def old(tmp_path: Path, version: int) -> Path:
    return restored(tmp_path, version)


def opened(path: Path) -> SqliteSpool:
    spool = SqliteSpool.open(path, now=NOW, fresh_id=lambda: "a fresh one")
    assert spool.recovered_from is None, "an old spool is not a damaged one"
    return spool


def assert_kept(before: dict[str, list[dict[str, object]]], path: Path) -> None:
    """All that was there is there; what is new of a row has its default."""
    after = content(path)
    for table, rows in before.items():
        known = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert known == rows, table


def test_each_schema_has_a_spool_with_a_row_in_every_table(version: int, old: Path) -> None:
    before = content(old)

    assert all(before.values()), [table for table, rows in before.items() if not rows]
    later = {table for number, made in NEW.items() if number > version for table in made}
    connection = apsw.Connection(":memory:")
    schema.build(connection, {})
    assert {*before} == {*tables(connection)} - later


def test_opening_keeps_every_row(version: int, old: Path) -> None:
    before = content(old)
    spool = opened(old)
    assert (spool.writer, spool.generation) == ("writerofold", "")
    spool.close()

    assert_kept(before, old)
    connection = apsw.Connection(str(old))
    assert connection.pragma("user_version") == statements.LATEST
    connection.close()


def test_what_was_remembered_is_read_and_told_from(old: Path) -> None:
    spool = opened(old)
    documents = spool.documents()

    assert sorted(documents) == ["SPEC.md", "docs/SPEC-A/tasks.md"]
    assert documents["SPEC.md"].snapshot.tasks[0].status.canonical == "Done"
    assert documents["SPEC.md"].vanished["T9"].text == "done"
    assert documents["docs/SPEC-A/tasks.md"].held == 501
    with spool.ledger() as ledger:
        assert ledger.told("SPEC.md") == {("main", "T1"): "Done", ("*Done", "T1"): "Done"}
        assert ledger.occurrence("SPEC.md", "T1", "Done") == 3
    assert spool.gone() == {"endpoint mark"}
    spool.close()


def states(spool: SqliteSpool) -> dict[int, Delivery]:
    """Answer the deliveries by the number of their event."""
    found = {each.event: each for each in spool.find(Query())}
    return {n: found[an_event(n).id] for n in range(1, 10)}


def test_what_was_queued_parked_flying_or_dead_is_delivered(old: Path) -> None:
    spool = opened(old)
    bench = Bench(spool)
    bench.subscribe("chatops", replies(204))
    bench.subscribe("nightly", replies(204))
    before = states(spool)
    assert {n: each.state for n, each in before.items()} == {
        1: State.DELIVERED,
        2: State.DEAD,
        3: State.PARKED,
        4: State.CANCELLED,
        5: State.IN_FLIGHT,
        6: State.PENDING,
        7: State.PENDING,
        8: State.PARKED,
        9: State.PENDING,
    }
    spool.replay([before[n].id for n in (2, 3, 4)], by="me", now=NOW)
    for bench.step in (0, LEASE + 1, 3 * LEASE):
        bench.drain()

    after = states(spool)
    assert {each.state for each in after.values()} == {State.DELIVERED}
    assert after[1].attempts == before[1].attempts, "what was delivered is not sent again"
    sent = [dict(message.headers)["webhook-id"] for _, message in bench.sent]
    assert sorted(sent) == sorted(an_event(n).id for n in range(2, 10))
    assert after[6].attempts == before[6].attempts + 1
    assert delivery_id(an_event(7).id, "chatops") == after[7].id
    # The evidence goes on where it ended: nothing twice, one chain.
    records = [each for each in bench.files.records if each.get("sequence")]
    numbers = [each["sequence"] for each in records]
    assert len({*numbers}) == len(numbers)
    spool.close()


KILLED = """
import os, signal, sys
import apsw
from pathlib import Path

seen = 0

def trace(cursor, sql, bindings):
    global seen
    seen += seen > 0 or sql.startswith("BEGIN IMMEDIATE")
    if seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return True

def watched(connection):
    connection.exec_trace = trace

apsw.connection_hooks.append(watched)
from spec_notify.spool.sqlite import SqliteSpool
SqliteSpool.open(Path(sys.argv[1]), now=1, fresh_id=lambda: "x").close()
print("opened after", seen)
"""


def opening(path: Path, step: int) -> subprocess.CompletedProcess[str]:
    """Open a spool in a process of its own that is killed before a step of the upgrade."""
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(step)],
        env=environment(path.parent),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_upgrade_that_is_killed_anywhere_leaves_a_spool_that_can_be_used(
    tmp_path: Path,
) -> None:
    steps = 0
    for step in range(1, 40):
        path = restored(tmp_path / str(step), 1)
        before = content(path)
        ended = opening(path, step)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        steps += 1
        opened(path).close()
        assert_kept(before, path)

    assert steps >= 9, "each statement of the upgrade, and its beginning and end"


def test_processes_that_open_an_old_spool_at_once_upgrade_it_once(tmp_path: Path) -> None:
    path = restored(tmp_path, 1)
    before = content(path)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), "-1"],
            env=environment(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = [child.communicate(timeout=60)[1] for child in children]

    assert [child.returncode for child in children] == [0] * 4, said
    assert_kept(before, path)
    opened(path).close()
