"""What the pages show on a screen is what the commands print, chance aside."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from .pages import ROOT, blocks, without_chance, without_measures
from .transcripts import played

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/how-to/report.md"])
def test_every_command_of_a_page_prints_what_the_page_shows(page: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()

    steps = played(page, folder)

    assert len(steps) == sum(text.count("\n$ ") + 1 for text in blocks(page, "console"))
    for command, shown, given in steps:
        assert steady(given) == steady(shown), f"$ {command}"


def steady(text: str) -> str:
    return without_measures(without_chance(text))


@pytest.fixture(scope="module")
def demo() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "spec_notify", "demo"],
        cwd=ROOT,
        env=os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return without_chance(done.stdout.strip("\n"))


def test_the_readme_shows_what_the_demo_prints(demo: str) -> None:
    (shown,) = blocks("README.md", "text")

    assert without_chance(shown.strip("\n")) == demo


def test_the_picture_shows_what_the_demo_prints(demo: str) -> None:
    picture = (ROOT / "docs/demo.svg").read_text("utf-8")

    assert without_chance("\n".join(_drawn(picture))) == "\n".join(_words(demo.split("\n")))


def _drawn(picture: str) -> list[str]:
    """Answer the words of a terminal drawn by rich, line by line."""
    lines: dict[float, str] = defaultdict(str)
    matrix = re.split(r'<g class="terminal-\d+-matrix">', picture)[1]
    for y, text in re.findall(r'<text [^>]*? y="([\d.]+)"[^>]*>(.*?)</text>', matrix):
        lines[float(y)] += html.unescape(text)
    return _words(lines[y] for y in sorted(lines))


def _words(lines: Iterable[str]) -> list[str]:
    """Answer lines as their words: what is empty is not drawn, and a space is a place."""
    return [" ".join(line.split()) for line in lines if line.strip()]


def test_transcript_picture_and_evidence_are_of_one_run() -> None:
    kept = {file.name for file in (ROOT / "evidence/demo").rglob("2*.json")}

    for page in ("README.md", "docs/demo.svg"):
        named = re.findall(r"\d{8}T\d{6}\.\d{3}Z_\w+\.json", (ROOT / page).read_text("utf-8"))
        assert len(named) == 2
        assert {*named} <= kept


def test_the_evidence_of_the_demo_is_whole_and_small() -> None:
    shown = blocks("evidence/README.md", "console")[0]
    command, _, output = shown.removeprefix("$ ").partition("\n")

    done = subprocess.run(
        [sys.executable, "-m", "spec_notify", *command.split()[1:]],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, output)
    assert sum(file.stat().st_size for file in (ROOT / "evidence").rglob("*")) < 100_000
