"""Every write and every sync of a look, of a hook and of a delivery fails, once and for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.load.faults import COMMANDS, FAULTS, LASTING, Ordeal, fail_each

if TYPE_CHECKING:
    from pathlib import Path

TASKS = 120
"""More than there are writes: each run of the command has a change of its own to tell."""


@pytest.mark.parametrize("lasting", LASTING, ids=("once", "for good"))
@pytest.mark.parametrize("fault", FAULTS, ids=[error for _, error in FAULTS])
@pytest.mark.parametrize("command", COMMANDS, ids=[words[0] for words in COMMANDS])
def test_no_failed_write_loses_anything(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    fault: tuple[str, str],
    lasting: str,
) -> None:
    ordeal = Ordeal(tmp_path, TASKS)
    met = fail_each(ordeal, command, fault, lasting)
    changes, sends = ordeal.end()

    with capsys.disabled():
        how = "from then on" if lasting.endswith("+") else "once"
        print(
            f"\n{command[0]}: {met} times {fault[1]} in {fault[0]}, {how}: {changes} changes, "
            f"0 lost, {sends - changes} sent again",
            end="",
        )
    assert met > 3
