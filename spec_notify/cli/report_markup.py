"""The few elements a report's page is made of; no text comes into it but through `escaped`."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from spec_notify.core.redaction import safe_text

from .report_words import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def escaped(text: object) -> str:
    """Answer any text as a page may hold it: inert for the markup and for the reader."""
    return html.escape(safe_text(str(text)))


def head(text: object) -> str:
    """Answer the cell that names its row."""
    return f'<th scope="row">{escaped(text)}</th>'


def cell(text: object, style: str = "") -> str:
    """Answer a cell of words."""
    return f'<td class="{style}">{escaped(text)}</td>' if style else f"<td>{escaped(text)}</td>"


def number(text: str) -> str:
    """Answer a cell of digits; one without any is pale."""
    return cell(text, "n none" if text == NOTHING else "n")


def nothing(why: str) -> str:
    """Say that there is nothing to show, and why."""
    return f'<p class="nothing">No data. {escaped(why)}</p>'


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Iterable[str]], *, words: int = 1
) -> str:
    """Answer a table whose rows are cells; columns after the first `words` hold digits."""
    named = "".join(
        f'<th scope="col"{_RIGHT if at >= words else ""}>{escaped(each)}</th>'
        for at, each in enumerate(heads)
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{escaped(caption)}</caption>'
        f"<thead><tr>{named}</tr></thead><tbody>{body}</tbody></table></div>"
    )


_RIGHT = ' class="n"'
