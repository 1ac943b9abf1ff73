"""SQL as the files beside this module state it: queries by name, migrations by number."""

from __future__ import annotations

from functools import cache

from .files import read_beside


@cache
def query(name: str) -> str:
    """Answer a named statement. Raises KeyError for a name `sql/queries.sql` does not hold."""
    return _queries()[name]


def migration(number: int) -> str:
    """Answer the statements that lead from the shape before to shape `number`, from 1."""
    return read_beside(f"sql/{_MIGRATIONS[number]}.sql")


@cache
def _queries() -> dict[str, str]:
    blocks = read_beside("sql/queries.sql").split("-- name: ")[1:]
    return {name: sql.strip() for name, _, sql in (block.partition("\n") for block in blocks)}


# Spelled out, because listing the folder would cost every start a look at the disk.
_MIGRATIONS = {1: "001_initial", 2: "002_lanes"}
LATEST = max(_MIGRATIONS)
