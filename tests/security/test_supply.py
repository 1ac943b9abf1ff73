"""What we stand on is pinned by its bytes, and nothing is installed that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_is_pinned_by_hash(lock: str) -> None:
    text = (TOP / lock).read_text("utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if re.match(r"[a-zA-Z0-9]", line)]

    assert len(pinned) > 10
    for line in pinned:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", line), line


def test_nothing_is_installed_past_the_lock() -> None:
    lines = (TOP / "Makefile").read_text("utf-8").splitlines()
    from_locks = [line for line in lines if "pip install" in line and "-r requirements" in line]

    assert len(from_locks) == 2
    assert all("--require-hashes" in line for line in from_locks)
