"""Documents as listings show them (contract, section 8: `--list --json`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spec_notify.core.instant import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_notify.core.snapshot import Notice
    from spec_notify.ports import StoredDocument


def held(known: Mapping[str, StoredDocument]) -> list[dict[str, Any]]:
    """Answer the documents whose changes wait for a human."""
    return [
        {
            "document": path,
            "events": each.held,
            "since": rfc3339(each.held_since or each.seen_at),
            "reason": each.held_why,
        }
        for path, each in sorted(known.items())
        if each.held
    ]


def document(path: str, format: str, tasks: int, notices: Sequence[Notice]) -> dict[str, Any]:
    """Answer a document: how it is read, how many tasks it holds, and what is odd about it."""
    warnings = [{"code": n.code, "line": n.line, "message": n.message} for n in notices]
    return {"path": path, "format": format, "tasks": tasks, "warnings": warnings}
