from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from spec_notify.watchers.files import FileWatcher
from spec_notify.watchers.poke import FOLDER, NAME, poke
from spec_notify.watchers.polling import Stamps

from .looker import Notes

if TYPE_CHECKING:
    from pathlib import Path


def test_a_poke_hints_a_watcher_and_so_does_the_next(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    hints = Notes()
    watcher = FileWatcher(hints, Notes())
    watcher.rewatch([tmp_path / FOLDER])
    for _ in range(20):
        hints.clear()
        poke(tmp_path)
        assert hints.wait(bool, 1.0)
    watcher.stop()


def test_a_poke_is_seen_by_a_stat_pass(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    poke(tmp_path)
    assert (tmp_path / FOLDER / NAME).stat().st_mode & 0o777 == 0o600
    assert Stamps(tmp_path).changed([f"{FOLDER}/{NAME}"], 0) == [f"{FOLDER}/{NAME}"]


def test_where_no_watcher_ever_was_nothing_is_written(tmp_path: Path) -> None:
    poke(tmp_path)
    poke(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("obstacle", ["file", "directory", "link"])
def test_a_poke_never_raises(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / FOLDER).mkdir()
    match obstacle:
        case "file":
            (tmp_path / FOLDER).rmdir()
            (tmp_path / FOLDER).write_text("")
        case "directory":
            (tmp_path / FOLDER / NAME).mkdir()
        case "link":
            (tmp_path / "victim").write_text("precious")
            (tmp_path / FOLDER / NAME).symlink_to(tmp_path / "victim")
    poke(os.fspath(tmp_path))
    if obstacle == "link":
        assert (tmp_path / "victim").read_text() == "precious"


def test_a_hook_that_pokes_imports_nothing_for_it() -> None:
    script = (
        "import sys; before = set(sys.modules); import spec_notify.watchers.poke; "
        "print(*sorted(set(sys.modules) - before))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    ours = {"__future__", "spec_notify", "spec_notify.watchers", "spec_notify.watchers.poke"}
    assert set(told.stdout.split()) <= ours
