"""Files that stand whole or not at all, whatever is planted in the way meanwhile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.disk import atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "ours").mkdir()
    opened = os.open(tmp_path / "ours", os.O_RDONLY | os.O_DIRECTORY)
    yield opened
    os.close(opened)


@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_a_link_planted_while_it_is_written_is_not_followed(
    folder: int, tmp_path: Path, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("untouched")
    temporary = tmp_path / "ours" / atomic.temporary_name("record")

    class Racing:
        """`os`, and somebody who plants a link at the moment the way was cleared."""

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def unlink(self, name: str, *, dir_fd: int) -> None:
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(precious) if link == "symbolic" else temporary.hardlink_to(
                precious
            )

    monkeypatch.setattr(atomic, "os", Racing())

    with pytest.raises(OSError, match="exists"):
        atomic.replace_atomically(folder, "record", b"evidence")

    assert precious.read_text() == "untouched"
    assert not (tmp_path / "ours" / "record").exists()
