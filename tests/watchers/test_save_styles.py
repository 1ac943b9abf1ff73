"""Every way to save a document, twenty times: a hint within a second, and a look that reads it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from .looker import Looker, clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCUMENT = "docs/SPEC-1/tasks.md"
TIMES = 20


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def in_place_bit_by_bit(path: Path, text: str) -> None:
    with path.open("w") as file:
        for character in text:
            file.write(character)
            file.flush()


def atomic_rename(path: Path, text: str) -> None:
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def rename_from_an_unwatched_folder(path: Path, text: str) -> None:
    spare = path.parents[2].with_name("elsewhere")
    spare.mkdir(exist_ok=True)
    (spare / "new").write_text(text)
    (spare / "new").replace(path)


def backup_beside(path: Path, text: str) -> None:
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


def backup_in_another_folder(path: Path, text: str) -> None:
    spare = path.parents[2].with_name("elsewhere")
    spare.mkdir(exist_ok=True)
    path.rename(spare / "old")
    path.write_text(text)


def delete_and_recreate(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def sed_in_place(path: Path, text: str) -> None:
    subprocess.run(["sed", "-i", f"s/.*/{text}/", path], check=True)


def vim(path: Path, text: str) -> None:
    change = f"call setline(1, '{text}')"
    subprocess.run(
        ["vim", "-N", "-u", "NONE", "-i", "NONE", "-es", "-c", change, "-c", "wq", path],
        check=True,
        stdin=subprocess.DEVNULL,
    )


STYLES: list[Callable[[Path, str], None]] = [
    in_place,
    in_place_bit_by_bit,
    atomic_rename,
    rename_from_an_unwatched_folder,
    backup_beside,
    backup_in_another_folder,
    delete_and_recreate,
    sed_in_place,
    vim,
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / DOCUMENT).parent.mkdir(parents=True)
    (root / DOCUMENT).write_text("before\n")
    return root


def seen(looker: Looker, save: Callable[[], None], text: str) -> None:
    looker.hints.clear()
    save()
    saved = clock()
    assert looker.hints.wait(bool, 1.0), f"no hint of {text} within a second"
    assert looker.seen.wait(lambda looks: looks[-1].strip() == text), looker.seen.all()[-1]
    assert clock() - saved < 5_000


@pytest.mark.parametrize("save", STYLES, ids=lambda save: save.__name__)
def test_a_save_is_hinted_and_read(root: Path, save: Callable[[Path, str], None]) -> None:
    if save is vim and shutil.which("vim") is None:
        pytest.skip("vim is not installed; backup_beside makes the same moves")
    with Looker(root, DOCUMENT).looking() as looker:
        for turn in range(TIMES):
            seen(looker, lambda turn=turn: save(root / DOCUMENT, f"turn {turn}"), f"turn {turn}")


def test_a_backup_moved_elsewhere_holds_up_no_hint(root: Path) -> None:
    """watchdog would hold it, and all that follows, for half a second."""
    took = []
    with Looker(root, DOCUMENT).looking() as looker:
        for turn in range(10):
            looker.hints.clear()
            began = clock()
            backup_in_another_folder(root / DOCUMENT, f"turn {turn}")
            assert looker.hints.wait(bool)
            took.append(clock() - began)
            assert looker.seen.wait(lambda seen, turn=turn: seen[-1] == f"turn {turn}")
    assert min(took) < 250


def git(root: Path, *words: str) -> str:
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    told = subprocess.run(
        ["git", *who, *words],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | quiet,
    )
    return told.stdout.strip()


def test_a_git_checkout_of_the_file_is_hinted_and_read(root: Path) -> None:
    git(root, "init", "-q")
    commits = []
    for turn in range(TIMES):
        (root / DOCUMENT).write_text(f"turn {turn}\n")
        git(root, "add", DOCUMENT)
        git(root, "commit", "-q", "-m", f"turn {turn}")
        commits.append(git(root, "rev-parse", "HEAD"))
    with Looker(root, DOCUMENT).looking() as looker:
        for turn, commit in enumerate(commits):
            checkout = ("checkout", "-q", commit, "--", DOCUMENT)
            seen(looker, lambda words=checkout: git(root, *words), f"turn {turn}")
