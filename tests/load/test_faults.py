"""Some writes and syncs of a real process fail; `make proof` has every one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .faults import COMMANDS, FAULTS, LASTING, Ordeal, fail_each

if TYPE_CHECKING:
    from pathlib import Path


def test_a_write_that_fails_loses_nothing_and_no_hook_fails_for_it(tmp_path: Path) -> None:
    ordeal = Ordeal(tmp_path, 20)
    met = [
        fail_each(ordeal, command, fault, lasting, step=20)
        for command, fault, lasting in zip(COMMANDS, FAULTS, LASTING, strict=True)
    ]

    changes, sends = ordeal.end()
    assert min(met) > 0
    assert changes <= sends <= 2 * changes
