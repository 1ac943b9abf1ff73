"""The database's shape, the road to it, and how it is synced."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest

import spec_notify.spool
from spec_notify.core.delivery import Delivery, Signal, State, sources_of
from spec_notify.spool import schema, statements
from spec_notify.spool.connection import (
    ROLLBACK,
    WRITE_AHEAD,
    Journal,
    journal_for,
    library_version,
)
from spec_notify.spool.sqlite import SqliteSpool
from tests.spool.given import NOW

SQL = Path(spec_notify.spool.__file__).parent / "sql"


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 7, 0), ROLLBACK),
        ((3, 40, 1), ROLLBACK),
        ((3, 51, 2), ROLLBACK),
        ((3, 51, 3), WRITE_AHEAD),
        ((3, 52, 0), WRITE_AHEAD),
        ((3, 54, 1), WRITE_AHEAD),
        ((4, 0, 0), WRITE_AHEAD),
    ],
)
def test_the_write_ahead_log_is_used_where_it_is_safe(
    version: tuple[int, ...], expected: Journal
) -> None:
    assert journal_for(version) == expected


def test_the_library_we_bring_is_safe() -> None:
    assert journal_for(library_version()) == WRITE_AHEAD


@pytest.mark.parametrize(
    ("journal", "mode", "synchronous"), [(WRITE_AHEAD, "wal", 2), (ROLLBACK, "delete", 3)]
)
def test_the_database_is_synced_as_its_journal_says(
    tmp_path: Path, journal: Journal, mode: str, synchronous: int
) -> None:
    for _ in ("begun", "reopened"):
        spool = SqliteSpool.open(
            tmp_path / "state" / "spool.db", now=NOW, fresh_id=lambda: "x", journal=journal
        )
        database = spool._database._connection
        assert database.pragma("journal_mode") == mode
        assert database.pragma("synchronous") == synchronous
        assert database.pragma("foreign_keys") == 1
        assert database.pragma("trusted_schema") == 0
        spool.close()


def test_a_spool_changes_its_journal_with_the_library(tmp_path: Path) -> None:
    modes = []
    for journal in (WRITE_AHEAD, ROLLBACK, WRITE_AHEAD):
        spool = SqliteSpool.open(
            tmp_path / "state" / "spool.db", now=NOW, fresh_id=lambda: "x", journal=journal
        )
        modes.append(spool._database._connection.pragma("journal_mode"))
        spool.close()
    assert modes == ["wal", "delete", "wal"]


def built() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    schema.build(connection, {"writer": "x"})
    return connection


def test_the_migrations_lead_to_the_shape_that_is_checked_for() -> None:
    schema.verify(built(), "spool.db")


def test_every_migration_file_is_on_the_road() -> None:
    files = sorted(each.name for each in SQL.glob("[0-9]*.sql"))
    assert len(files) == statements.LATEST
    for number, name in enumerate(files, start=1):
        assert int(name[:3]) == number
        assert statements.migration(number) == (SQL / name).read_text(encoding="utf-8")


def named() -> list[str]:
    return re.findall(r"^-- name: (\w+)$", (SQL / "queries.sql").read_text("utf-8"), re.MULTILINE)


def test_every_statement_has_one_name_and_a_line_of_intent() -> None:
    names = named()
    assert len(names) == len(set(names))
    for name in names:
        assert re.match(r"-- \S.*\.\n", statements.query(name)), name


def test_every_statement_is_used_and_none_is_missing() -> None:
    folder = SQL.parent
    code = "".join(each.read_text("utf-8") for each in folder.glob("*.py"))
    assert [name for name in named() if f'"{name}"' not in code] == []


def test_every_statement_fits_the_schema() -> None:
    connection = built()
    for name in named():
        explain(connection, name)


def explain(connection: apsw.Connection, name: str) -> str:
    sql = re.sub("^(--.*\n)+", "", statements.query(name))
    facts = dict.fromkeys(re.findall(r":(\w+)", sql)) or (None,) * sql.count("?")
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", facts))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("due", "COVERING INDEX delivery_due"),
        ("next_due", "COVERING INDEX delivery_due"),
        ("open_count", "COVERING INDEX delivery_due"),
        ("counts", "COVERING INDEX delivery_due"),
        ("expire", "INDEX delivery_expiring"),
        ("mend_clock", "INDEX delivery_queued"),
        ("find", "INDEX delivery_newest"),
        ("finished", "INDEX delivery_finished"),
        ("unprojected", "INDEX attempt_unprojected"),
        ("purge_alone", "INDEX event_alone"),
        ("due_in_turn", "INDEX delivery_due"),
        ("due_in_turn", "before USING INDEX delivery_turn"),
        ("next_due_in_turn", "before USING INDEX delivery_turn"),
        ("due_replays", "INDEX delivery_replayed"),
        ("next_replay", "INDEX delivery_replayed"),
        ("early", "INDEX delivery_due"),
        ("postpone", "INDEX delivery_due"),
        ("hasten", "INDEX delivery_due"),
        ("unheard", "INDEX delivery_unheard"),
    ],
)
def test_what_is_asked_often_costs_the_same_whatever_is_queued(name: str, index: str) -> None:
    said = explain(built(), name)
    assert index in said
    if name in {"due", "due_in_turn", "due_replays", "next_due", "unheard", "unprojected"}:
        assert "TEMP B-TREE" not in said


def test_states_spelled_out_in_sql_are_those_of_the_table() -> None:
    text = (SQL / "queries.sql").read_text("utf-8") + statements.migration(1)
    spelled = set(re.findall(r"'([a-z_]+)'", text))
    assert spelled == {state.value for state in State}
    # The indexes made for one state serve the one state things expire from.
    assert sources_of(Signal.EXPIRED) == (State.PENDING,)


def test_a_delivery_is_read_in_the_order_of_its_fields() -> None:
    columns = re.findall(r"(?:delivery|event)\.(\w+)(?=,|\nFROM)", statements.query("delivery"))
    fields = ["id" if each == "event" else each for each in Delivery.__struct_fields__]
    assert columns == fields


def steps(number: int) -> str:
    return {
        1: "CREATE TABLE a (x); CREATE TABLE b (x);",
        2: "ALTER TABLE a ADD COLUMN y; INSERT INTO b VALUES (1);",
        3: "CREATE TABLE c (x); CREATE TABLE a (x);",
    }[number]


def test_a_database_is_led_from_any_shape_to_the_latest() -> None:
    connection = apsw.Connection(":memory:")
    schema.migrate(connection, since=0, until=1, steps=steps)
    schema.migrate(connection, since=1, until=2, steps=steps)
    assert connection.pragma("user_version") == 2
    assert connection.execute("SELECT x FROM b").fetchall() == [(1,)]


def test_a_migration_that_fails_leaves_the_shape_before_it() -> None:
    connection = apsw.Connection(":memory:")
    schema.migrate(connection, since=0, until=2, steps=steps)
    with pytest.raises(apsw.SQLError), connection:
        schema.migrate(connection, since=2, until=3, steps=steps)
    assert connection.pragma("user_version") == 2
    assert not connection.table_exists("main", "c")
