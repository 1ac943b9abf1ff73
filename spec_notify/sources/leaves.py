"""The text of an evidence tree: one line for each file in it, as it was read.

Who gathers a tree reads its files once and writes down what counts; who reads the text needs no
file. Equal lines are equal facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from spec_notify.core.snapshot import Notice

from .artefact import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_LONGEST_REASON = 200


def written(read: object) -> str:
    """Answer the line of a file: of an artefact, a synthesis, or one that was skipped."""
    return msgspec.json.encode(read).decode()


def leaves(text: str, kind: type[T]) -> tuple[list[T], list[Notice]]:
    """Answer what the lines of a tree's text tell, and a notice for each that tells nothing."""
    decoder = msgspec.json.Decoder(kind | Skipped)
    found: list[T] = []
    notices = []
    # JSON leaves the line separators of Unicode as they are.
    for number, line in enumerate(filter(None, text.split("\n")), 1):
        read = _read(decoder, line)
        if isinstance(read, kind):
            found.append(read)
        elif isinstance(read, Skipped):
            notices.append(_skipped(read, number))
    return found, notices


def spec_of(path: str) -> str:
    """Answer the SPEC of a file in a tree: its folder."""
    return path.split("/")[-2]


def name_of(path: str) -> str:
    """Answer what a file is called below its tree: its SPEC and its name."""
    return "/".join(path.split("/")[-2:])


def title_of(stage: str | None, spec: str) -> str:
    """Answer what to call a stage for people."""
    return f"{spec} {stage}" if stage else spec


def in_order(reads: Iterable[tuple[int, str, T]]) -> list[T]:
    """Answer what was read in the order of time, then of path."""
    return [read for _, _, read in sorted(reads, key=lambda each: each[:2])]


def _read(decoder: msgspec.json.Decoder[object], line: str) -> object:
    try:
        return decoder.decode(line)
    except (ValueError, RecursionError):
        return Skipped(path="", reason="no line of an evidence tree")


def _skipped(read: Skipped, line: int) -> Notice:
    name = name_of(read.path) if "/" in read.path else read.path
    words = f"{name}: {read.reason}" if name else read.reason
    return Notice(code="skipped_file", message=words[:_LONGEST_REASON], line=line)
