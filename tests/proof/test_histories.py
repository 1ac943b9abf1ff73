"""Two hundred made-up histories of each tool: precision and recall are 1.00, with no exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.histories.judge import Score, by_diff, by_history, by_looks
from tests.histories.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = 200
LOOKED_AT = 20
COMMITS = 35


@pytest.mark.parametrize("name", KINDS)
def test_two_hundred_histories_hold_no_wrong_and_no_missing_completion(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = {way: Score() for way in ("diff", "history", "looks")}
    for seed in range(1_000, 1_000 + SEEDS):
        history = list(KINDS[name](seed).history(COMMITS))
        by_diff(history, scores["diff"], seed)
        by_history(history, scores["history"], seed, tmp_path / f"{seed}.git")
        if seed % (SEEDS // LOOKED_AT) == 0:
            by_looks(history, scores["looks"], seed, tmp_path / f"{seed}")
    with capsys.disabled():
        for way, score in scores.items():
            print(f"\n{name}, {way}: {score}", end="")
    for way, score in scores.items():
        assert score.right > 0, way
        assert (score.invented, score.missed) == ([], []), way
