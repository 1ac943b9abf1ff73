"""`spec-notify diff OLD NEW`: the transitions between two files; no config, state or git."""

from __future__ import annotations

from typing import Annotated

import typer

from spec_notify.core.config.tables import DOCUMENT_FORMATS
from spec_notify.core.errors import UsageError
from spec_notify.core.snapshot import PRINTED, Transition, diff, transition_facts
from spec_notify.ports import Text
from spec_notify.sources.document import read_document, unreadable

from .output import columns, say
from .session import session


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("diff")(compare)


def compare(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier file.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later file.")],
    all_: Annotated[
        bool, typer.Option("--all", help="Also rows that appeared open, or vanished.")
    ] = False,
    format: Annotated[
        str | None, typer.Option("--format", help="Read both as this format.")
    ] = None,
) -> int:
    """Show which tasks changed their status between two files."""
    if format is not None and format not in DOCUMENT_FORMATS:
        raise UsageError(f"{format} is no format: one of {', '.join(DOCUMENT_FORMATS)}")
    before = read_document(old, _text(old, format), format=format)
    after = read_document(new, _text(new, format), format=format)
    shown = [each for each in diff(before, after) if all_ or each.kind in PRINTED]
    warnings = [
        {"code": each.code, "line": each.line, "message": each.message} for each in after.notices
    ]
    facts = [transition_facts(each, new) for each in shown]
    if not session(context).answer("diff", transitions=facts, warnings=warnings):
        show(shown)
        for notice in after.notices:
            session(context).talk(f"{new}:{notice.line or 1}: {notice.message}")
    return 0


def show(transitions: list[Transition]) -> None:
    """Print transitions for people, one a line."""
    if not transitions:
        say("no transitions")
    columns(
        (
            each.task.id or each.task.key,
            f"{_text_of(each.before)} -> {_text_of(each.after)}",
            each.kind,
            f"line {each.task.line}",
            each.task.title,
        )
        for each in transitions
    )


def _text_of(status: object) -> str:
    return "(none)" if status is None else str(getattr(status, "canonical", status))


def _text(path: str, format: str | None) -> str:
    from spec_notify.disk.workspace import read_file

    text = read_file(path)
    if not isinstance(text, Text):
        raise UsageError(f"{path}: {text.why}")
    why = unreadable(path, text.text, format=format)
    if why:
        raise UsageError(f"{path}: {why}")
    return text.text
