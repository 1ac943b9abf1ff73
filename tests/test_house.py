"""The house: what the side door carries, and that nobody reads the wall clock."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import spec_notify

HEAVY = {"asyncio", "httpx", "httpcore", "watchdog", "typer", "rich", "msgspec", "orjson", "apsw"}
FOLDER = Path(spec_notify.__file__).parent


def loaded(code: str) -> set[str]:
    """Answer the modules a fresh interpreter has after running this."""
    words = (
        f"{code}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import spec_notify.__main__",
        "import spec_notify.hook",
        "from spec_notify.words import arrange; arrange(['hook', 'post-commit'])",
    ],
)
def test_the_side_door_travels_light(code: str) -> None:
    assert not loaded(code) & HEAVY


def test_a_command_line_without_a_known_command_opens_no_connection_library() -> None:
    code = "from spec_notify.cli.app import build\nfrom spec_notify.cli import COMMANDS\n"
    assert not loaded(f"{code}build(None, COMMANDS)") & {"httpx", "httpcore", "watchdog", "apsw"}


def test_only_the_clock_in_wiring_and_the_doors_read_the_time() -> None:
    """The core is handed the time; ruff bans the rest by name."""
    pattern = re.compile(r"\btime\.time(_ns)?\(|datetime\.now\(|utcnow\(")
    found = {
        str(path.relative_to(FOLDER))
        for path in FOLDER.rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    assert found <= {"wiring/clock.py", "cli/sign.py"}
