"""The outbox: whole files, and only where they may stand."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.disk.outbox import Outbox

if TYPE_CHECKING:
    from pathlib import Path

NAME = "dlv_a.json"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    for folder in (".git", "evidence", "src"):
        (root / folder).mkdir(parents=True)
    return root


@pytest.fixture
def outbox(repo: Path, tmp_path: Path) -> Outbox:
    return Outbox(repo, keep_out=lambda: (repo / "evidence", tmp_path / "state"))


def test_a_file_stands_whole_in_a_folder_made_for_it(outbox: Outbox, repo: Path) -> None:
    assert outbox.put("out/box", NAME, b"one") is None

    assert [*(repo / "out/box").iterdir()] == [repo / "out/box" / NAME]
    assert (repo / "out/box" / NAME).read_bytes() == b"one"


def test_a_replay_replaces_the_file(outbox: Outbox, repo: Path) -> None:
    outbox.put("outbox", NAME, b"one")
    before = (repo / "outbox" / NAME).stat().st_ino
    assert outbox.put("outbox", NAME, b"two") is None

    assert (repo / "outbox" / NAME).read_bytes() == b"two"
    assert (repo / "outbox" / NAME).stat().st_ino != before
    assert [each.name for each in (repo / "outbox").iterdir()] == [NAME]


@pytest.mark.parametrize(
    "folder",
    [
        ".git",
        ".git/hooks",
        ".GIT/hooks",
        "sub/.git/hooks",
        "evidence",
        "evidence/commands/x",
        "src/../evidence",
        "../elsewhere",
        "",
        "a\0b",
    ],
)
def test_some_folders_are_nobodys_outbox(outbox: Outbox, repo: Path, folder: str) -> None:
    before = sorted(repo.rglob("*"))
    assert outbox.put(folder, NAME, b"x") is not None
    assert sorted(repo.rglob("*")) == before


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b.json", "../x.json"])
def test_some_names_are_no_files(outbox: Outbox, name: str) -> None:
    assert outbox.put("outbox", name, b"x") is not None


@pytest.mark.parametrize("link", ["outbox", "outbox/deep"])
def test_no_link_leads_out_of_the_repository(
    outbox: Outbox, repo: Path, tmp_path: Path, link: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (repo / link).parent.mkdir(exist_ok=True)
    (repo / link).symlink_to(elsewhere)

    with pytest.raises(OSError, match=r"directory|symbolic"):
        outbox.put("outbox/deep", NAME, b"x")
    assert [*elsewhere.iterdir()] == []


def test_a_link_of_that_name_is_replaced_and_not_followed(
    outbox: Outbox, repo: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (repo / "outbox").mkdir()
    (repo / "outbox" / NAME).symlink_to(precious)
    (repo / "outbox" / f".{NAME}.tmp").symlink_to(precious)
    assert outbox.put("outbox", NAME, b"x") is None

    assert precious.read_text() == "keep"
    assert not (repo / "outbox" / NAME).is_symlink()


def test_a_link_into_evidence_is_evidence(outbox: Outbox, repo: Path) -> None:
    (repo / "outbox").symlink_to(repo / "evidence")
    assert outbox.put("outbox", NAME, b"x") is not None
    assert [*(repo / "evidence").iterdir()] == []


def test_an_absolute_folder_is_used_and_never_made(outbox: Outbox, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    with pytest.raises(FileNotFoundError):
        outbox.put(str(stick), NAME, b"x")
    assert not stick.exists()

    stick.mkdir()
    assert outbox.put(str(stick), NAME, b"x") is None
    assert (stick / NAME).read_bytes() == b"x"


def test_an_absolute_folder_is_not_our_state(outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "state" / "a").mkdir(parents=True)
    assert outbox.put(str(tmp_path / "state/a"), NAME, b"x") is not None


def test_two_writers_do_not_mix(outbox: Outbox, repo: Path) -> None:
    (repo / "outbox").mkdir()
    other = os.open(repo / "outbox", os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            outbox.put("outbox", NAME, b"x")
    finally:
        os.close(other)
    assert outbox.put("outbox", NAME, b"x") is None
