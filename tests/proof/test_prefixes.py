"""Two hundred generated documents, each written so slowly that every prefix is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pipeline.prefixes import Slow, document, grown

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(200))
def test_no_prefix_tells_what_the_whole_file_does_not_say(tmp_path: Path, seed: int) -> None:
    path, before, after = document(seed)
    for name in ("whole", "slow"):
        (tmp_path / name).mkdir()
    whole = Slow(tmp_path / "whole", path, before).told([after], settled=False)

    told = Slow(tmp_path / "slow", path, before).told(grown(after), settled=seed % 2 == 0)

    assert told == whole, (before.decode(), after.decode())
