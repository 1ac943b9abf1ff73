"""Shapes of text that make careless readers slow, each of as many units as asked for."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from spec_notify.sources.document import read_document, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = "| ID | Title | Status |\n|----|-------|--------|\n"

SHAPES: dict[str, Callable[[int], str]] = {
    "rows": lambda size: HEAD + "| T1 | `a` *b* | Done |\n" * size,
    "rows with code that is open": lambda size: HEAD + "| T1 | `a | Done |\n" * size,
    "cells of marks": lambda size: (
        HEAD + "".join(f"| T{n} | {'*_`~[' * 2}{size}.{n} | x |\n" for n in range(size))
    ),
    "quotes in quotes": lambda size: ("> " * 30 + "x\n") * (size // 30),
    "lists in lists": lambda size: "".join("  " * (n % 30) + "- [ ] x\n" for n in range(size)),
    "backticks in a cell": lambda size: f"{HEAD}| T1 | {'`' * size} | Done |\n",
    "runs of backticks": lambda size: HEAD + "|".join("`" * (n % 99) for n in range(size)),
    "brackets in a line": lambda size: "- [ ] " + "[" * size + "\n",
    "brackets in prose": lambda size: "[\n" * size,
    "pipes in a line": lambda size: "|" * size + "\n" + "|-" * size + "|\n",
    "pipes in a row": lambda size: HEAD + "|" * size + "\n",
    "pipes in lines": lambda size: "a | b\n" * size,
    "link definitions": lambda size: "".join(f"[a{n}]: /u 't'\n" for n in range(size)),
    "definitions left open": lambda size: "[a]: /u '\n" * size,
    "long lines": lambda size: HEAD + f"| T1 | {'word ' * size} | Done |\n",
    "html left open": lambda size: "<!--\n" + "<div>\n" * size,
    "headings": lambda size: "# h\n" * size + HEAD,
    "underlined headings": lambda size: "h\n=\n" * size,
    "items": lambda size: "- [x] T1 done\n" * size,
    "items of digits": lambda size: "1. [x] 1.2.3.4.5.6.7.8.9 done\n" * size,
    "emphasis": lambda size: f"{HEAD}| T1 | {'*a **b ' * size} | Done |\n",
    "entities": lambda size: f"{HEAD}| T1 | {'&amp;' * size} | Done |\n",
    "escapes": lambda size: HEAD + "| T1 | " + "\\|" * size + " | Done |\n",
    "fences": lambda size: "```\nx\n" * size,
    "breaks": lambda size: "- - - x\n" * size,
    "stars": lambda size: "*" * size + "x\n",
    "one-cell rows": lambda size: HEAD + "x |\n" * size,
    "stray rows": lambda size: "text\n" + "| T1 | a | Done |\n" * size,
    "front matter": lambda size: "---\na: b\n" + "c: d\n" * size,
    "tables": lambda size: (HEAD + "| T1 | a | Done |\n\n") * size,
    "owners": lambda size: f"| ID | Status | Owner |\n|-|-|-|\n| T1 | Done | {'a,' * size} |\n",
    "statuses": lambda size: f"{HEAD}| T1 | x | Done {'(' * size} |\n",
    "spaces": lambda size: f"{HEAD}| T1 | a{' ' * size}b | Done |\n" + " " * size,
    "tabs": lambda size: "\t" * size + "x\n",
    "carriage returns": lambda size: "| T1 | a |\r" * size,
}


TRIES = 3


def growth(shape: str, *, least: float, most: int) -> float:
    """Answer how many times longer twice as much of a shape takes, in CPU time.

    Measured at the size that takes `least` seconds, or where the text has `most` characters; the
    best time of each size counts, as a busy machine only adds to it.
    """
    made, size = SHAPES[shape], 2000
    while _seconds(made(size)) < least and len(made(size)) < most:
        size *= 2
    tries = [(_seconds(made(size)), _seconds(made(2 * size))) for _ in range(TRIES)]
    once, twice = (min(times) for times in zip(*tries, strict=True))
    return twice / once


def _seconds(text: str) -> float:
    times = []
    gc.disable()
    try:
        for _ in range(3):
            start = time.process_time()
            unreadable("tasks.md", text)
            read_document("tasks.md", text)
            times.append(time.process_time() - start)
    finally:
        gc.enable()
    return max(min(times), 1e-6)
