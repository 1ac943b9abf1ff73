"""What people and programs read: data on stdout, talk on stderr, and nothing that can hurt.

No control, bidirectional or zero-width character of a document ever reaches a terminal
(contract, section 8; `safe_text` decides).
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from spec_notify.core.errors import UsageError
from spec_notify.core.redaction import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BEYOND_ASCII = re.compile("[^\x00-\x7e]")


def json_bytes(value: object) -> bytes:
    """Answer one line of JSON in pure ASCII."""
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return _BEYOND_ASCII.sub(_escape, text).encode("ascii")


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def print_json(value: object) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json_bytes(value).decode("ascii") + "\n")
    sys.stdout.flush()


def document(command: str, **facts: Any) -> dict[str, Any]:
    """Answer a `--json` document with its schema named first."""
    return {"schema": f"spec-notify/{command}/1", **facts}


def say(text: str = "") -> None:
    """Print a line of data on stdout."""
    sys.stdout.write(safe_text(text, keep="\n") + "\n")


def put(file: str, body: bytes) -> None:
    """Put a file where the user says, whole: nobody ever reads half of it. Raises UsageError."""
    beside = Path(f"{file}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(body)
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise UsageError(f"{file}: {error.strerror}") from error


def flush() -> None:
    """Write out what is said. Raises BrokenPipeError when nobody reads it any more."""
    sys.stdout.flush()


def let_go() -> None:
    """Throw away what stdout still holds: its reader left, and Python's own end would say so."""
    # The descriptor stays open for whatever still writes to it.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def colour() -> bool:
    """Say whether stdout wants colour: a terminal, and nobody said NO_COLOR."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def columns(rows: Iterable[Sequence[str]], *, indent: str = "") -> None:
    """Print rows in aligned columns, as plain as `git` prints them."""
    table = [[safe_text(cell) for cell in row] for row in rows]
    if not table:
        return
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write(indent + "  ".join(cells).rstrip() + "\n")


def plural(count: int, noun: str) -> str:
    """Count a noun: `1 event`, `2 events`, `2 deliveries`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"
