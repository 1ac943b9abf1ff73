"""All 1,114,112 code points, as a title and as a name, through every command that prints them."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import spec_notify.cli
from spec_notify.cli import output, talk

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop

EVERYTHING = [chr(point) for point in range(0x110000)]
SURROGATES = range(0xD800, 0xE000)
CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Format characters that are drawn as signs of their scripts: they steer nothing.
DRAWN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
PER_TITLE = 290


def steers(char: str) -> bool:
    return unicodedata.category(char) in CATEGORIES and ord(char) not in DRAWN


STEERING = frozenset(filter(steers, EVERYTHING))


@pytest.mark.parametrize("print_", [output.say, talk.tell, lambda t: output.columns([[t, t]])])
def test_what_is_printed_steers_nothing(print_: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(print_)
    for start in range(0, len(EVERYTHING), 4096):
        print_("".join(EVERYTHING[start : start + 4096]))
    said = capsys.readouterr()

    assert len(STEERING) > 2_000
    assert set(said.out + said.err) & STEERING <= {"\n"}
    assert "\U0001f600" in said.out + said.err


def test_json_is_plain_ascii_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    sound = "".join(char for char in EVERYTHING if ord(char) not in SURROGATES)
    output.print_json({"title": sound})
    said = capsys.readouterr().out

    assert said.isascii()
    assert set(said) & STEERING == {"\n", "\x7f"} & set(said)
    assert "\x7f" not in said


def test_nothing_prints_but_through_the_one_door() -> None:
    folder = Path(spec_notify.cli.__file__).parent
    writing = re.compile(r"\bprint\(|typer\.echo\(|sys\.std(out|err)\.(write|buffer)")
    doors = {
        path.name
        for path in folder.rglob("*.py")
        if writing.search(path.read_text("utf-8")) and path.name not in {"output.py", "talk.py"}
    }

    # Escaped JSON, an ASCII script, the version, a safe line that renews itself, and rich's own
    # console over safe texts.
    known = {"watch_voice.py", "export.py", "app.py", "run_voice.py", "board.py", "demo.py"}
    assert doors <= known


def board(points: list[str], status: str) -> str:
    head = "# B\n\n| Task ID | Title | Status | Owners |\n| --- | --- | --- | --- |\n"
    rows = []
    for number, start in enumerate(range(0, len(points), PER_TITLE), 1):
        title = "".join(points[start : start + PER_TITLE])
        rows.append(f"| T{number} | x{title}x | {status} | Code |\n")
    return head + "".join(rows)


def sendable() -> list[str]:
    """Answer every code point that can stand in a cell of a file."""
    return [c for c in EVERYTHING if ord(c) not in SURROGATES and c not in "\r\n|\\"]


COMMANDS = (
    "diff old.md SPEC.md --all",
    "diff SPEC.md old.md",
    "explain --file SPEC.md",
    "history",
    "scan --deliver",
    "accept",
    "list --limit 10000",
    "doctor",
)


def test_every_code_point_in_a_title_goes_through_every_command(shop: Shop) -> None:
    points = sendable()
    shop.repository.commit({"SPEC.md": board(points, "Backlog")}, "before")
    shop.run("scan", "--baseline", code=0)
    shop.repository.write("old.md", board(points, "Backlog"))
    shop.repository.commit({"SPEC.md": board(points, "Done")}, "after")

    seen = set[str]()
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "spec_notify", *command.split()],
            cwd=shop.root,
            env=shop.env | {"PYTHONIOENCODING": "utf-8:surrogateescape"},
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in {0, 1, 75}, (command, done.stderr[:2000])
        said = (done.stdout + done.stderr).decode("utf-8")
        assert set(said) & STEERING <= {"\n"}, command
        seen |= set(said)
    assert len(seen) > 100_000, "the titles were shown: this test would prove little else"
