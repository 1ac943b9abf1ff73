"""A damaged, foreign or lost database: kept, said, replaced, and never the end of the story."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import apsw
import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.errors import IllegalMoveError, SpoolError
from spec_notify.ports import Query, Told
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.given import NOW, SECOND, a_document, claim, queue, settle

if TYPE_CHECKING:
    from pathlib import Path

_fresh = count(1)


def fresh_id() -> str:
    return f"id-{next(_fresh)}"


def opened(path: Path) -> SqliteSpool:
    return SqliteSpool.open(path, now=NOW, fresh_id=fresh_id)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a spool stands that was used and closed: all of it is in the one file."""
    path = tmp_path / "state" / "spool.db"
    spool = opened(path)
    with spool.ledger() as ledger:
        for number in range(20):
            ledger.save(a_document(f"docs/{number}/tasks.md"))
            ledger.tell("SPEC.md", [Told(branch="main", key=f"T{number}", status="Done")])
            ledger.occurrence("SPEC.md", f"T{number}", "Done")
    for number in range(60):
        queue(spool, number)
    for each in claim(spool, 30):
        settle(spool, each, Verdict.DELIVERED)
    spool.close()
    return path


def use(spool: SqliteSpool) -> None:
    """Touch everything a spool remembers, and make it remember more."""
    dict(spool.documents())
    found = spool.find(Query())
    for each in found:
        spool.event(each.event)
        spool.evidence_names(each.id)
    spool.counts()
    with spool.ledger() as ledger:
        ledger.told("SPEC.md")
        ledger.occurrence("SPEC.md", "T1", "Done")
        ledger.tell("SPEC.md", [Told(branch="main", key="new", status="Done")])
    spool.projected([record.row for record in spool.unprojected()])
    queue(spool, 1_000)
    for each in claim(spool, now=NOW + 100 * SECOND):
        settle(spool, each, Verdict.RETRY, now=NOW + 100 * SECOND)
    # A flipped byte may read as another state or id: damage that nobody could see.
    with suppress(IllegalMoveError):
        spool.replay([each.id for each in found], by="ada", now=NOW)
    spool.expire(now=NOW)
    spool.purge(now=NOW, retention=0)


def survives(path: Path) -> str | None:
    """Use the spool at a path as a user would, starting again once if it says so."""
    spool = opened(path)
    try:
        use(spool)
    except SpoolError:
        spool.close()
        spool = opened(path)
        use(spool)
    spool.close()
    return spool.recovered_from


def test_a_flipped_byte_never_ends_the_story(path: Path) -> None:
    whole = path.read_bytes()
    # Knuth's multiplier spreads the places over the file, the same ones in every run.
    places = [100 + number * 2_654_435_761 % (len(whole) - 100) for number in range(80)]
    recovered = 0
    for place in [0, 18, 30, 40, 60, 68, *places]:
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        kept = survives(path)
        recovered += kept is not None
        for each in path.parent.iterdir():
            each.unlink()
    assert recovered > 10


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.3, 0.5, 0.99])
def test_a_truncated_spool_is_kept_and_a_new_generation_begins(path: Path, share: float) -> None:
    whole = path.read_bytes()
    cut = whole[: int(len(whole) * share)]
    path.write_bytes(cut)
    spool = opened(path)
    assert spool.recovered_from == f"{path}.corrupt-1"
    assert (path.parent / "spool.db.corrupt-1").read_bytes() == cut
    assert spool.generation
    assert dict(spool.documents()) == {}
    use(spool)
    spool.close()


def test_a_new_generation_stays_and_is_told_of_once(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)
    first = opened(path)
    first.close()
    again = opened(path)
    assert (again.generation, again.writer) == (first.generation, first.writer)
    assert again.recovered_from is None
    again.close()


def test_every_loss_begins_another_generation_and_keeps_what_was(path: Path) -> None:
    generations = set()
    for number in (1, 2, 3):
        path.write_bytes(b"%d" % number)
        spool = opened(path)
        assert spool.recovered_from == f"{path}.corrupt-{number}"
        generations.add(spool.generation)
        spool.close()
    assert len(generations) == 3
    assert (path.parent / "spool.db.corrupt-2").read_bytes() == b"2"


def test_a_log_without_its_database_is_not_replayed_into_a_new_one(path: Path) -> None:
    spool = opened(path)
    queue(spool, 2_000)
    log = (path.parent / "spool.db-wal").read_bytes()
    spool.close()
    path.unlink()
    (path.parent / "spool.db-wal").write_bytes(log)
    spool = opened(path)
    assert spool.recovered_from == f"{path}.corrupt-1-wal"
    assert (path.parent / "spool.db.corrupt-1-wal").read_bytes() == log
    assert spool.generation
    assert spool.check() is None
    spool.close()


def test_a_loss_is_not_forgotten_when_its_recovery_was_cut_short(path: Path) -> None:
    path.rename(path.parent / "spool.db.corrupt-4")
    for name in ("corrupt-3", "corrupt-x", "corrupt-7x"):
        (path.parent / f"spool.db.{name}").touch()
    spool = opened(path)
    assert spool.recovered_from == f"{path}.corrupt-4"
    assert spool.generation
    spool.close()


def test_some_other_programs_database_is_left_as_it_was(path: Path) -> None:
    path.unlink()
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE recipe (name)")
    foreign.execute("INSERT INTO recipe VALUES ('bread')")
    foreign.commit()
    foreign.close()
    before = path.read_bytes()
    spool = opened(path)
    assert spool.recovered_from is not None
    assert (path.parent / "spool.db.corrupt-1").read_bytes() == before
    spool.close()


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM delivery; END",
        "CREATE VIEW v AS SELECT * FROM event",
        "CREATE TABLE more (name)",
        "CREATE INDEX i ON event (type)",
        "ALTER TABLE event ADD COLUMN url TEXT",
        "DROP TABLE gone",
    ],
)
def test_a_spool_somebody_else_has_reshaped_is_not_trusted(path: Path, foreign: str) -> None:
    tampered = apsw.Connection(str(path))
    tampered.execute(foreign)
    tampered.close()
    spool = opened(path)
    assert spool.recovered_from == f"{path}.corrupt-1"
    spool.close()


def test_a_spool_without_its_name_is_not_trusted(path: Path) -> None:
    tampered = apsw.Connection(str(path))
    tampered.execute("DELETE FROM meta")
    tampered.close()
    spool = opened(path)
    assert spool.recovered_from is not None
    spool.close()


def test_damage_met_in_use_is_said_and_mended_at_the_next_start(path: Path) -> None:
    tampered = apsw.Connection(str(path))
    tampered.execute("UPDATE document SET body = x'7b'")
    tampered.close()
    spool = opened(path)
    assert spool.recovered_from is None
    with pytest.raises(SpoolError, match="the next start looks at all of it"):
        dict(spool.documents())
    assert "document" in str(spool.check())
    spool.close()
    again = opened(path)
    assert again.recovered_from == f"{path}.corrupt-1"
    again.close()


def test_a_suspicion_that_comes_to_nothing_costs_nothing(path: Path) -> None:
    (path.parent / "spool.db.suspect").touch()
    spool = opened(path)
    assert spool.recovered_from is None
    assert spool.generation == ""
    assert not (path.parent / "spool.db.suspect").exists()
    assert len(spool.find(Query())) == 60
    spool.close()


def test_a_sound_spool_has_no_fault(path: Path) -> None:
    spool = opened(path)
    assert spool.check() is None
    spool.close()


def test_a_spool_from_a_later_version_is_refused_and_left_alone(path: Path) -> None:
    later = apsw.Connection(str(path))
    later.pragma("user_version", 999)
    later.close()
    with pytest.raises(SpoolError, match="newer spec-notify"):
        opened(path)
    assert [each.name for each in path.parent.glob("*corrupt*")] == []
    left = apsw.Connection(str(path))
    assert left.pragma("user_version") == 999
    left.close()
