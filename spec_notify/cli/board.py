"""A table a person likes: on a terminal with headings and colour, elsewhere plain columns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from spec_notify.core.redaction import safe_text

from .output import colour, columns, flush

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES = {
    "delivered": "green",
    "pending": "cyan",
    "in_flight": "cyan",
    "parked": "yellow",
    "dead": "red",
    "cancelled": "dim",
    "pass": "green",
    "fail": "red",
    "no data": "dim",
}
"""The colour of a cell that says no more than a state or a judgement."""


def board(headings: Sequence[str], rows: Sequence[Sequence[str]], *, named: bool = False) -> None:
    """Print rows; their first column is never cut or broken, for it is what one copies.

    `named` says that rows mean nothing without their headings: then plain columns have them too.
    """
    if not rows or not sys.stdout.isatty():
        columns([headings, *rows] if named and rows else rows)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, no_wrap=number == 0, overflow="fold")
    for row in rows:
        # Text, never markup: a title may hold brackets.
        table.add_row(*(Text(safe_text(cell), style=_STYLES.get(cell, "")) for cell in row))
    flush()
    Console(no_color=not colour(), highlight=False).print(table)
