"""Eight writers of runs beside a watcher that is killed in between: every end arrives."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from spec_notify.transports.receiver import Receiver
from tests.repository import environment

TOP = Path(__file__).parents[2]
WRITERS, COUNT, KILLS = 8, 45, 4
ENDS = {"stops": ("completed", 0), "fails": ("failed", 1), "heals": ("completed", 0)}
PATIENCE = 120.0
CONFIG = """
enabled = true
[sources.conductor]
roots = ["{root}"]
[[subscriptions]]
name = "runs"
url = "{url}/hook"
events = ["run_stop"]
signature = "none"
allow_private = true
[evidence]
cap_bytes = 500_000
"""


def watching(place: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", "watch", "--jsonl"],
        cwd=place,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    assert any(json.loads(line)["event"] == "ready" for line in child.stderr)
    return child


def ends(receiver: Receiver) -> dict[str, list[dict[str, Any]]]:
    """Answer what was told of each run, each event once, in order of arrival."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for request in receiver.requests:
        body = json.loads(request.body)
        found[body["data"]["run"]["run"]].setdefault(body["id"], body["data"])
    return {run: [*told.values()] for run, told in found.items()}


def is_told(run: str, told: list[dict[str, Any]]) -> bool:
    standing = {(each["run"]["status"], each["run"]["exitCode"]) for each in told}
    return ENDS[run.rpartition("-")[2]] in standing


def test_every_end_of_eight_writers_runs_arrives_over_kills_of_the_watcher(
    tmp_path: Path,
) -> None:
    root, place = tmp_path / "runs", tmp_path / "work"
    root.mkdir()
    place.mkdir()
    with Receiver() as receiver:
        config = tmp_path / "config.toml"
        config.write_text(CONFIG.format(root=root, url=receiver.url), "utf-8")
        env = environment(
            tmp_path,
            SPEC_NOTIFY_STATE_DIR=str(tmp_path / "state"),
            SPEC_NOTIFY_CONFIG=str(config),
            PYTHONPATH=str(TOP),
        )
        watcher = watching(place, env)
        words = [sys.executable, "-m", "tests.disk.loop_writer", str(root)]
        writers = [
            subprocess.Popen([*words, str(writer), str(COUNT)], cwd=TOP)
            for writer in range(WRITERS)
        ]
        for kill in range(1, KILLS + 1):
            receiver.wait_for(kill * 20, timeout=PATIENCE)
            watcher.kill()
            watcher.communicate()
            watcher = watching(place, env)
        assert [each.wait() for each in writers] == [0] * WRITERS
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = ends(receiver)
            if len(told) == WRITERS * COUNT and all(is_told(*each) for each in told.items()):
                break
            receiver.wait_for(len(receiver.requests) + 1, timeout=5)
        watcher.kill()
        watcher.communicate()

        told = ends(receiver)
        sent = len(receiver.requests)

    assert [run for run, each in told.items() if not is_told(run, each)] == []
    assert len(told) == WRITERS * COUNT
    # A healed run may be told twice, all others once; a kill costs one extra send at most each.
    events = sum(map(len, told.values()))
    assert all(len(each) <= (2 if run.endswith("heals") else 1) for run, each in told.items())
    assert all(each[-1]["correction"] for each in told.values() if len(each) == 2)
    assert sent <= events + KILLS * 16
