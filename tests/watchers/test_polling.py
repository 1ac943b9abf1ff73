from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.watchers.polling import YOUNG, Stamps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCUMENT = "docs/tasks.md"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / DOCUMENT
    path.parent.mkdir()
    path.write_text("| T1 | open |")
    return path


def aged(path: Path) -> int:
    """Answer a moment at which nothing about a file is young any more."""
    found = path.stat()
    return max(found.st_mtime_ns, found.st_ctime_ns) // 1_000_000 + YOUNG


def longer(path: Path) -> None:
    path.write_text("| T1 | done, at last |")


def same_size(path: Path) -> None:
    path.write_text("| T1 | done |")


def same_size_and_time(path: Path) -> None:
    before = path.stat()
    path.write_text("| T1 | done |")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def another_file(path: Path) -> None:
    before = path.stat()
    path.with_name("new").write_text("| T1 | done |")
    os.utime(path.with_name("new"), ns=(before.st_atime_ns, before.st_mtime_ns))
    path.with_name("new").replace(path)


def gone(path: Path) -> None:
    path.unlink()


def folder_gone(path: Path) -> None:
    path.parent.rename(path.parent.with_name("away"))


@pytest.mark.parametrize(
    "save", [longer, same_size, same_size_and_time, another_file, gone, folder_gone]
)
def test_a_save_without_any_event_is_found_once(
    tmp_path: Path, path: Path, save: Callable[[Path], None]
) -> None:
    stamps, now = Stamps(tmp_path), aged(path)
    assert stamps.changed([DOCUMENT], now) == [DOCUMENT]
    assert stamps.changed([DOCUMENT], now) == []
    # The kernel's clock ticks every few milliseconds: a save within one tick needs the young rule.
    tick = path.stat().st_ctime_ns
    probe = tmp_path / "probe"
    while probe.exists() is False or probe.stat().st_ctime_ns == tick:
        probe.write_text("")
    save(path)
    later = now + 60_000
    assert stamps.changed([DOCUMENT], later) == [DOCUMENT]
    assert stamps.changed([DOCUMENT], later) == []


def test_a_document_that_comes_back_is_named_again(tmp_path: Path, path: Path) -> None:
    stamps, later = Stamps(tmp_path), aged(path) + 60_000
    stamps.changed([DOCUMENT], later)
    path.unlink()
    assert stamps.changed([DOCUMENT], later) == [DOCUMENT]
    path.write_text("back")
    assert stamps.changed([DOCUMENT], later) == [DOCUMENT]


def test_a_file_just_touched_is_not_trusted_until_it_has_aged(tmp_path: Path, path: Path) -> None:
    stamps, now = Stamps(tmp_path), aged(path)
    assert stamps.changed([DOCUMENT], now - YOUNG) == [DOCUMENT]
    assert stamps.changed([DOCUMENT], now - 1) == [DOCUMENT]
    assert stamps.changed([DOCUMENT], now) == []


def test_a_file_whose_time_was_set_back_is_young_all_the_same(tmp_path: Path, path: Path) -> None:
    os.utime(path, (0, 0))
    stamps, now = Stamps(tmp_path), aged(path)
    assert stamps.changed([DOCUMENT], now - 1) == [DOCUMENT]
    assert stamps.changed([DOCUMENT], now - 1) == [DOCUMENT]
    assert stamps.changed([DOCUMENT], now) == []


def test_a_document_touched_within_the_last_moments_may_still_be_written(
    tmp_path: Path, path: Path
) -> None:
    stamps, now = Stamps(tmp_path), aged(path) - YOUNG
    assert not stamps.touched([DOCUMENT], now, within=200), "it was never asked for"
    stamps.changed([DOCUMENT, "missing.md"], now)
    assert stamps.touched(["missing.md", DOCUMENT], now + 199, within=200)
    assert not stamps.touched([DOCUMENT], now + 200, within=200)
    assert not stamps.touched(["missing.md"], now, within=200)


def test_a_stamp_far_in_the_future_is_not_young_for_ever(tmp_path: Path, path: Path) -> None:
    year = 365 * 86_400 * 10**9
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + year))
    stamps, now = Stamps(tmp_path), found.st_ctime_ns // 1_000_000
    stamps.changed([DOCUMENT], now)
    assert stamps.changed([DOCUMENT], now) == []


def test_only_what_changed_is_named_in_the_order_asked(tmp_path: Path) -> None:
    names = [f"{number}.md" for number in range(20)]
    for name in names:
        (tmp_path / name).write_text("open")
    stamps, now = Stamps(tmp_path), aged(tmp_path / names[-1])
    assert stamps.changed(names, now) == names
    (tmp_path / "7.md").write_text("now done")
    (tmp_path / "3.md").write_text("now done")
    assert stamps.changed(names, now + 60_000) == ["3.md", "7.md"]
    assert stamps.changed([*names, "missing.md"], now + 60_000) == ["missing.md"]
