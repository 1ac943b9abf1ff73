"""Rules that are tables in the code: words of statuses, addresses; and one real evidence file."""

from __future__ import annotations

from pathlib import Path

from spec_notify.core.addresses import RANGES
from spec_notify.core.kinds import TARGET_KINDS
from spec_notify.core.status import CANONICAL, WORDS
from spec_notify.sources.checkbox import KIRO, PLAIN, dialect
from spec_notify.sources.checkbox import marks as box_marks

from .tables import code, table

DEMO = Path(__file__).resolve().parents[2] / "evidence" / "demo"


def statuses() -> str:
    """Answer which words mean which status."""
    rows = (
        (name, ", ".join(code(word) for word, status in WORDS.items() if status == name))
        for name in CANONICAL
    )
    return table(("status", "words"), ((name, words or "anything else") for name, words in rows))


def marks() -> str:
    """Answer what each mark of a box means, by the place of its document."""
    places = {dialect(place): place for place in ("tasks.md", ".kiro/specs/a/tasks.md")}
    known = {name: box_marks(place) for name, place in places.items()}
    plain = known[PLAIN]
    every = {mark: None for each in known.values() for mark in each}
    rows = (
        (code(mark), plain.get(mark, "Unknown"), known[KIRO].get(mark, "Unknown")) for mark in every
    )
    return table(("mark", "anywhere", "below `.kiro/`"), rows)


def addresses() -> str:
    """Answer the ranges nothing is sent to, and what opens them."""
    rows = (
        (code(each.network), each.name, "`allow_private`" if each.private else "nothing")
        for each in RANGES
    )
    return table(("range", "what it is", "opened by"), rows)


def evidence() -> str:
    """Answer the newest record of the demo's run, under its name."""
    newest = max(DEMO.rglob("2*.json"))
    return f"`{newest.name}`\n\n```json\n{newest.read_text('utf-8').strip()}\n```"


def targets() -> str:
    """Answer the kinds of subscription that are built in."""
    return ", ".join(code(each.name) for each in TARGET_KINDS.values() if each.module) + "."
