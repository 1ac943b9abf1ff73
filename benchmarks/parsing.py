"""Reading: our reader against markdown-it-py's own table rule, interleaved in one run.

In CPU time, so that what else runs on the machine counts little. The peer only finds (id, status)
pairs; ours makes whole snapshots.

usage: python benchmarks/parsing.py [ROUNDS [ROWS]]
"""

from __future__ import annotations

import gc
import os
import re
import statistics
import sys
import time
from itertools import cycle
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: the same rows in every run
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from spec_notify.sources.document import read_document, unreadable
from spec_notify.sources.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[1]
COLUMNS = (
    "Order | Task ID | Title | Status | Owners | PRD | Branch | PR | Last Validation | Evidence"
    " | Notes"
)
WORDS = [
    "add", "validate", "refresh", "agent", "guardrail", "telemetry", "schema", "roster",
    "evidence", "pending", "captured", "plan", "stage", "baseline", "wrapper", "diagnostics",
    "orchestrator", "drift", "rebase", "nightly", "documentation", "config", "spec_auto.sh",
    "(SPEC_OPS_HAL_SKIP=1).", "&", "synthesis", "artifacts;", "consensus", "16:19", "JSON",
]  # fmt: skip
CODE = ["`/spec-plan`", "`lint_tasks.py`", "`cargo test`"]
STATUSES = ["Backlog", "In Progress", "**DONE** (2025-10-08)", "In Review", "Done", "**BLOCKED**"]
_PLAIN = MarkdownIt("commonmark").enable("table")
_MARKS = re.compile(r"[*_`~]")


def board(rows: int, seed: int = 1) -> str:
    """A tracker of as many rows as asked for, each made like those of a real one: ~430 bytes."""
    chance = Random(seed)
    lines = (_row(number, chance) for number in range(1, rows + 1))
    ruler = "|" + "---|" * (COLUMNS.count("|") + 1)
    return "\n".join(["# Tracker", "", "## Active", "", f"| {COLUMNS} |", ruler, *lines, ""])


def _row(number: int, chance: Random) -> str:
    def words(count: int) -> str:
        return " ".join(chance.choices(WORDS, k=count))

    slug = f"SPEC-KIT-{number:05}-{words(3).replace(' ', '-').replace('`', '')}"
    cells = (
        str(number),
        f"T{number}",
        # As often as real titles hold code.
        " ".join([words(5), chance.choice(CODE) if chance.random() < 0.28 else words(1)]),
        chance.choice(STATUSES),
        "Code",
        f"docs/{slug}/PRD.md",
        "feat/spec-auto-telemetry",
        "",
        f"2025-10-{chance.randint(1, 28):02}",
        f"evidence/commands/{slug}/" if chance.random() < 0.5 else "",
        words(22),
    )
    return f"| {' | '.join(cells)} |"


def by_markdown_it(text: str) -> list[tuple[str, str]]:
    """Answer the (id, status) pairs of a text out of markdown-it's ordinary tokens."""
    pairs: list[tuple[str, str]] = []
    header: list[str] = []
    cells: list[str] = []
    for token in _PLAIN.parse(text):
        if token.type == "inline":
            cells.append(_MARKS.sub("", token.content))
        elif token.type == "tr_open":
            cells = []
        elif token.type == "thead_close":
            header = [cell.casefold() for cell in cells]
        elif token.type == "tr_close" and {"task id", "status"} <= set(header):
            pairs.append((cells[header.index("task id")], cells[header.index("status")]))
    return pairs


def compare(name: str, texts: Sequence[str], rounds: int) -> None:
    sides: dict[str, Callable[[], object]] = {
        "markdown-it-py": lambda: [by_markdown_it(text) for text in texts],
        "spec-notify": lambda: [read_document("SPEC.md", text) for text in texts],
    }
    size = sum(len(text.encode()) for text in texts)
    told(name, size, interleaved(sides, rounds), base="markdown-it-py", faster=True)


def compare_edits(rows: int, rounds: int) -> None:
    """Read a document again after each of many edits of one row, here and there."""
    texts = cycle([board(rows), *(edited(board(rows), rows, line) for line in (3, 7, 9))])
    inserted = cycle([board(rows), with_a_row_more(board(rows), rows // 2)])
    memory, other, whole = Memory(), Memory(), Memory()
    for each in (memory, other, whole):
        read_document("SPEC.md", board(rows), memory=each)
    sides: dict[str, Callable[[], object]] = {
        "in full": lambda: read_document("SPEC.md", next(texts)),
        "one row edited": lambda: read_document("SPEC.md", next(texts), memory=memory),
        "one row more, in the middle": lambda: read_document(
            "SPEC.md", next(inserted), memory=other
        ),
        "in full, as a look does": lambda: look(next(texts), None),
        "one row edited, as a look does": lambda: look(next(texts), whole),
    }
    times = interleaved(sides, rounds * 3)
    told(f"{rows:,} rows read again", len(board(rows)), times, base="in full")


def look(text: str, memory: Memory | None) -> None:
    if unreadable("SPEC.md", text) is None:
        read_document("SPEC.md", text, memory=memory)


def edited(text: str, rows: int, tenth: int) -> str:
    lines = text.split("\n")
    place = rows * tenth // 10
    lines[place] = lines[place].replace("| T", "| Q", 1)
    return "\n".join(lines)


def with_a_row_more(text: str, place: int) -> str:
    lines = text.split("\n")
    return "\n".join([*lines[:place], lines[place].replace("| T", "| N", 1), *lines[place:]])


def interleaved(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, act in sides.items():
            gc.collect()
            start = time.process_time()
            act()
            times[side].append(time.process_time() - start)
    return times


def told(
    name: str, size: int, times: dict[str, list[float]], base: str, *, faster: bool = False
) -> None:
    """Print each side's median, and the median, least and greatest of its ratios by round."""
    print(f"{name} ({size / 1e6:.2f} MB)")
    for side, each in times.items():
        pairs = zip(times[base], each, strict=True)
        ratios = [other / own if faster else own / other for other, own in pairs]
        middle = statistics.median(each)
        print(
            f"  {side:32}{middle * 1000:9.1f} ms{size / middle / 1e6:8.1f} MB/s"
            f"{statistics.median(ratios):8.3g} x  ({min(ratios):.3g} to {max(ratios):.3g})"
        )


def main(rounds: int, rows: int) -> None:
    compare(f"{rows:,} generated rows", [board(rows)], rounds)
    samples = os.environ.get("SPEC_NOTIFY_SAMPLES")
    folder = Path(samples) / "spec-history" if samples else ROOT / "fixtures"
    files = sorted(folder.glob("**/*.md"))
    name = "revisions of a real tracker" if samples else "fixtures, for want of real documents"
    compare(f"{len(files)} {name}", [file.read_text("utf-8") for file in files], rounds * 5)
    compare_edits(rows, rounds)


if __name__ == "__main__":
    main(
        rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 5,
        rows=int(sys.argv[2]) if len(sys.argv) > 2 else 10_000,
    )
