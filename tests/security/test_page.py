"""The page on security says of each attack what stops it, and names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
ROW = re.compile(
    r"^\| T(?P<number>\d+) \| (?P<attack>[^|]+) \| (?P<guard>[^|]+) \| (?P<tests>.+) \|$"
)
TESTS = re.compile(r"\]\(\.\./(tests/[\w/.]+)\): ((?:`\w+`(?:, )?)+)")
PAGE = (TOP / "docs/security.md").read_text("utf-8")
ROWS = [found for found in map(ROW.match, PAGE.splitlines()) if found]


def test_every_attack_has_its_row() -> None:
    assert [int(each["number"]) for each in ROWS] == list(range(1, 35))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"T{row['number']}")
def test_every_attack_names_tests_that_are_there(row: re.Match[str]) -> None:
    named = TESTS.findall(row["tests"])

    assert named, row[0]
    for file, names in named:
        known = (TOP / file).read_text("utf-8")
        for name in re.findall(r"\w+", names):
            assert f"def {name}(" in known, f"{file} holds no {name}"
