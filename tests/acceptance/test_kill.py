"""SIGKILL at every named step of a look and of a delivery: nothing is lost, no id changes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import spec_notify
from spec_notify.core.delivery import State
from spec_notify.disk.evidence import verify
from spec_notify.wiring import Wiring
from spec_notify.wiring.delivering import drained

from .shop import told

if TYPE_CHECKING:
    from .shop import Shop

LOOK = ("look.read", "look.begun", "look.saved", "look.admitted", "look.committed")
DELIVER = (
    "claimed",
    "rendered",
    "sent",
    "judged",
    "settled",
    "evidence.written",
    "projected",
)
OWING = ("owed", "paid")
"""Killed where a source is owed a word: in test_conductor.py."""
TASKS = {"T1": "Done", "T2": "Done", "T3": "Done"}


def test_every_step_in_the_source_is_killed_here() -> None:
    """A new step without a kill test fails the suite."""
    folder = Path(spec_notify.__file__).parent
    source = "".join(path.read_text() for path in folder.rglob("*.py"))
    assert sorted(set(re.findall(r"mark\(\"([a-z.]+)\"\)", source))) == sorted(
        LOOK + DELIVER + OWING
    )


@pytest.mark.parametrize("ordinal", [1, 2])
@pytest.mark.parametrize("step", LOOK + DELIVER)
def test_a_kill_loses_nothing_and_costs_at_most_one_extra_send(
    shop: Shop, step: str, ordinal: int
) -> None:
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    look_and_deliver(shop)
    before = len(shop.receiver.requests)
    shop.board(**TASKS)

    died = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.crash", step, str(ordinal)],
        cwd=shop.root,
        env=shop.env | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Only steps that come once per look, or per batch, may not be reached a second time.
    once = step.startswith("look.") or step == "claimed"
    if not (once and ordinal == 2):
        assert died.returncode == -signal.SIGKILL, died.stderr
    counts = look_and_deliver(shop)

    arrived = shop.receiver.requests[before:]
    sends = Counter(request.header("webhook-id") for request in arrived)
    ids = {told(request)[0]: request.header("webhook-id") for request in arrived}
    assert sorted(ids) == sorted(TASKS)
    assert len(sends) == len(TASKS)
    assert all(count <= 2 for count in sends.values())
    assert counts[State.DELIVERED] == len(TASKS)
    assert counts[State.IN_FLIGHT] == counts[State.PENDING] == 0
    assert verify(shop.root / "evidence").ok


def look_and_deliver(shop: Shop) -> dict[State, int]:
    """Do in this process what a clean start does: it stays alive, the killed one is the other."""
    wiring = Wiring.open(shop.root, config_file=None, env=shop.env)
    try:
        wiring.intake().look()
        drained(wiring, 2_000)
        return wiring.spool.counts()
    finally:
        wiring.close()
