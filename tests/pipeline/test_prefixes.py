"""No look at half a file tells what the whole file does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .prefixes import SHAPES, Slow, grown, overwritten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEFORE = [("Draw the route", "Backlog"), ("Fold it", "Done"), ("Fold it again", "Backlog")]
AFTER = [("Draw the route", "Done"), ("Fold it", "Done"), ("Fold it again", "Done")]


def as_it_is(text: str) -> bytes:
    return text.encode()


def with_carriage_returns(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def without_the_last_newline(text: str) -> bytes:
    return text.rstrip("\n").encode()


ENDINGS = [as_it_is, with_carriage_returns, without_the_last_newline]


@pytest.mark.parametrize("settled", [False, True], ids=["doubted", "believed"])
@pytest.mark.parametrize("ending", ENDINGS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("kind", SHAPES)
def test_a_writer_that_stops_anywhere_tells_what_the_whole_file_tells(
    tmp_path: Path, kind: str, ending: Callable[[str], bytes], *, settled: bool
) -> None:
    path, shape = SHAPES[kind]
    before, after = ending(shape(BEFORE)), ending(shape(AFTER))
    for name in ("whole", "slow"):
        (tmp_path / name).mkdir()
    whole = Slow(tmp_path / "whole", path, before).told([after], settled=False)
    assert whole

    told = Slow(tmp_path / "slow", path, before).told(grown(after), settled=settled)

    assert told == whole


OVER = [
    (
        "SPEC.md",
        "| ID | Status |\n|-|-|\n| T1 | Backlog |\n| T2 | Done    |\n",
        "Backlog",
        "Done   ",
    ),
    ("specs/a/tasks.md", "- [ ] Draw it\n- [x] Fold it\n- [ ] Send it", "[ ]", "[x]"),
    ("backlog/tasks/task-7 - a.md", "---\nid: task-7\nstatus: To Do\n---\n", "To Do", "Done "),
    (
        ".taskmaster/tasks/tasks.json",
        '{"master": {"tasks": [{"id": 1, "title": "Draw", "status": "review" }]}}',
        '"review" ',
        '"done"   ',
    ),
]


@pytest.mark.parametrize(("path", "text", "old", "new"), OVER, ids=[each[0] for each in OVER])
def test_a_file_written_over_in_place_completes_nothing_but_what_it_says_in_the_end(
    tmp_path: Path, path: str, text: str, old: str, new: str
) -> None:
    before, after = text.encode(), text.replace(old, new).encode()
    assert len(before) == len(after)
    for name in ("whole", "slow"):
        (tmp_path / name).mkdir()
    whole = Slow(tmp_path / "whole", path, before).told([after], settled=False)

    told = Slow(tmp_path / "slow", path, before).told(overwritten(before, after), settled=False)

    arrivals = [each for each in told if each[1] in {"Done", "In Review"}]
    assert arrivals == [each for each in whole if each[1] in {"Done", "In Review"}] != []
