"""Two hundred random walks of git commands, each looked at often and seldom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.walks import Walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(1_000, 1_200))
def test_whoever_looks_is_told_what_the_model_says(tmp_path: Path, seed: int) -> None:
    Walk(tmp_path, seed).go(40)
