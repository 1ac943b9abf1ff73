"""What must hold of every reading of every text, whoever made it: a suite, a proof, a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.markdown import read_page
from spec_notify.core.patch import patched
from spec_notify.sources.document import read_document, unreadable
from spec_notify.sources.memory import Memory

from .plain_reader import Facts, plain_tasks
from .texts import edited

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 - a seeded one comes in as an argument

    from spec_notify.core.snapshot import Snapshot

PATHS = ("SPEC.md", "docs/SPEC-A-1/tasks.md")


def facts(snapshot: Snapshot) -> list[Facts]:
    return [
        Facts(each.line, each.key, each.id, each.title, each.status, each.section)
        for each in snapshot.tasks
    ]


def check_plain(text: str) -> None:
    """The fast reader finds what the plain one does, and says nothing else."""
    # A last row without its newline is left out by design; that is tested elsewhere.
    text += "\n"
    for path in PATHS:
        assert facts(read_document(path, text)) == plain_tasks(path, text)
        unreadable(path, text)


def check_edits(text: str, chance: Random, *, times: int = 4) -> int:
    """A document read again after each edit is what a first reading of it is.

    Answers how often the page was patched.
    """
    memory, page, patches = Memory(), read_page(text), 0
    for _ in range(times):
        assert read_document("x/tasks.md", text, memory=memory) == read_document("x/tasks.md", text)
        text = edited(text, chance)
        again, anew = read_page(text, page), read_page(text)
        assert again == anew, text
        patches += again.source != page.source and patched(page, again.source) is not None
        page = anew
    return patches
