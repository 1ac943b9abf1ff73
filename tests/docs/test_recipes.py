"""The recipes in the pages do what the pages say: their own words, real git, a real receiver."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.shop import PATIENCE, Shop, board, told, wait_until
from tests.repository import Repository

from .pages import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = "/etc/spec-notify/shop.toml"
ZERO = "0" * 40


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Answer a shop of three commits, the config in it, and the command on the path."""
    shop = Shop(tmp_path)
    shop.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{shop.env['PATH']}"
    shop.repository.env = shop.env
    for statuses in ({"T1": "Open"}, {"T1": "Done"}, {"T1": "Done", "T2": "Done"}):
        shop.repository.commit({"SPEC.md": board(**statuses)})
    yield shop
    shop.close()


def step() -> str:
    """Answer the commands of the workflow's last step."""
    (workflow,) = blocks("docs/how-to/github-actions.md", "yaml")
    return dedent(re.split(r"^ +run: \|\n", workflow, flags=re.MULTILINE)[-1])


def run_step(shop: Shop, root: Path, before: str, *, run: int) -> subprocess.CompletedProcess[str]:
    env = {"BEFORE": before, "BRANCH": "main", "SPEC_NOTIFY_STATE_DIR": f"{root}-state-{run}"}
    return subprocess.run(
        ["bash", "-e", "-c", step().replace("120s", "1s")],
        cwd=root,
        env=shop.env | env,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 3,
        check=False,
    )


def clone(shop: Shop, root: Path, *words: str) -> Path:
    shop.repository.git("clone", "-q", *words, shop.root.as_uri(), str(root))
    return root


def ids(shop: Shop) -> list[str]:
    return [dict(each.headers)["webhook-id"] for each in shop.receiver.requests]


def test_the_workflow_tells_a_push_and_again_under_the_same_ids(shop: Shop, tmp_path: Path) -> None:
    before = shop.repository.git("rev-parse", "HEAD~2")

    runs = [run_step(shop, clone(shop, tmp_path / f"run{n}"), before, run=n) for n in range(2)]

    assert [each.returncode for each in runs] == [0, 0], runs[0].stderr
    assert [told(each) for each in shop.arrivals(4)] == [("T1", "Done"), ("T2", "Done")] * 2
    assert ids(shop)[:2] == ids(shop)[2:]


def test_the_workflow_passes_for_a_new_branch_and_fetches_what_a_forced_push_left_out(
    shop: Shop, tmp_path: Path
) -> None:
    new = run_step(shop, clone(shop, tmp_path / "new"), ZERO, run=0)
    assert (new.returncode, shop.receiver.requests) == (0, [])
    before = shop.repository.head
    shop.repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    shop.repository.git("reset", "-q", "--hard", "HEAD~2")
    shop.repository.commit({"SPEC.md": board(T1="Done", T3="Done")})

    forced = run_step(shop, clone(shop, tmp_path / "forced"), before, run=0)

    assert forced.returncode == 0, forced.stderr
    assert [told(each) for each in shop.arrivals(1)] == [("T3", "Done")]


def test_the_workflow_fails_where_nobody_can_hear_it(shop: Shop, tmp_path: Path) -> None:
    shop.receiver.stop()

    done = run_step(shop, clone(shop, tmp_path / "run"), "HEAD~1", run=0)

    assert done.returncode == 75


def test_the_hook_tells_what_is_pushed_once(shop: Shop, tmp_path: Path) -> None:
    hook, timer = blocks("docs/how-to/post-receive.md", "sh")
    config = tmp_path / "shop.toml"
    config.write_text((shop.root / ".spec-notify/config.toml").read_text("utf-8"), "utf-8")
    server = Repository(tmp_path / "shop.git", "--bare", env=shop.env)
    server.write("hooks/post-receive", hook.replace(CONFIG, str(config))).chmod(0o755)
    push = ("push", "-q", "--force", str(server.root))

    first = shop.repository.run(*push, "main~2:refs/heads/main")
    second = shop.repository.run(*push, "main")

    assert "the branch is new" in first.stderr
    assert "2 events, 2 deliveries queued" in second.stderr
    wait_until(lambda: len(shop.receiver.requests) == 2, "both arrive")
    shop.repository.git("commit", "-q", "--amend", "-m", "other words")
    amended = shop.repository.run(*push, "main")
    assert "0 events" in amended.stderr, amended.stderr
    done = subprocess.run(
        ["sh", "-c", timer.replace(CONFIG, str(config))],
        cwd=tmp_path,
        env=shop.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "0 delivered, 0 dead letters, 0 still queued\n")
    arrived = {
        (*told(each), json.loads(each.body)["data"]["git"]["branch"]) for each in shop.arrivals(2)
    }
    assert arrived == {("T1", "Done", "main"), ("T2", "Done", "main")}
