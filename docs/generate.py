"""Writes the parts of docs/ that the code knows better: `generate.py`, or `generate.py --check`.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; everything else in a page is
written by hand and left alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from generator import commands, life, payload, python, rules, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
PARTS: dict[str, Callable[[], str]] = {
    "config keys": settings.keys,
    "schedules": life.schedules,
    "commands": commands.commands,
    "event types": payload.types,
    "payload fields": payload.fields,
    "payload example": payload.example,
    "state diagram": life.diagram,
    "state table": life.states,
    "verdicts": life.verdicts,
    "status words": rules.statuses,
    "marks": rules.marks,
    "addresses": rules.addresses,
    "python names": python.names,
    "evidence example": rules.evidence,
    "targets": rules.targets,
}
_PART = re.compile(r"(<!-- generated: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """Answer a page with its generated parts as the code has them now."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]().strip()}\n\n{found[3]}", text)


def stale() -> Iterator[tuple[Path, str]]:
    """Answer the pages that would change, each with its new text."""
    for page in sorted(HERE.rglob("*.md")):
        text = page.read_text("utf-8")
        wanted = renewed(text)
        if wanted != text:
            yield page, wanted


def main(words: list[str]) -> int:
    """Write the pages, or with --check only name those that are out of date and answer 1."""
    check = words == ["--check"]
    found = list(stale())
    for page, wanted in found:
        sys.stdout.write(f"{page.relative_to(HERE.parent)}\n")
        if not check:
            page.write_text(wanted, "utf-8")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
