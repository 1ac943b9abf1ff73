"""Real hooks in a real repository: the commit goes on, the message leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .shop import board, told, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop


@pytest.fixture
def hooked(shop: Shop) -> Shop:
    """Answer the shop with our hooks installed and everything committed."""
    shop.run("hooks", "install", code=0)
    shop.repository.commit(message="config")
    settled(shop)
    return shop


def settled(shop: Shop) -> None:
    """Wait until no look and no drain of a hook is under way."""
    locks = ("look.lock", "drain.lock")

    def quiet() -> bool:
        held = [path for name in locks for path in shop.state.rglob(name) if path.read_bytes()]
        return not held and not list(shop.state.rglob("*.again"))

    wait_until(quiet, "the hook's child has ended")


def test_a_commit_sends_without_a_watcher(hooked: Shop) -> None:
    hooked.repository.commit({"SPEC.md": board(T1="Done", T2="Backlog")}, "done")

    (request,) = hooked.arrivals(1)
    git = json.loads(request.body)["data"]["git"]
    assert told(request) == ("T1", "Done")
    assert git["commit"] == hooked.repository.head
    assert (git["branch"], git["author"], git["dirty"]) == ("main", "Ada Example", False)


def test_hook_and_scan_tell_one_change_once(hooked: Shop) -> None:
    hooked.repository.commit({"SPEC.md": board(T1="Done", T2="Backlog")}, "done")
    hooked.run("scan", "--deliver")
    hooked.arrivals(1)
    settled(hooked)

    assert len(hooked.receiver.requests) == 1


def test_a_merge_tells_what_it_brings(hooked: Shop) -> None:
    repository = hooked.repository
    repository.branch("feature")
    repository.git("config", "core.hooksPath", "/dev/null")
    repository.commit({"SPEC.md": board(T1="Done", T2="Backlog")}, "done over there")
    repository.switch("main")
    repository.git("config", "--unset", "core.hooksPath")

    repository.git("merge", "-q", "--no-ff", "-m", "merge", "feature")

    assert [told(each) for each in hooked.arrivals(1)] == [("T1", "Done")]


def test_switching_branches_tells_nothing_and_the_next_commit_only_its_own(hooked: Shop) -> None:
    repository = hooked.repository
    repository.branch("feature")
    settled(hooked)
    repository.commit({"SPEC.md": board(T1="Done", T2="Backlog")}, "done")
    hooked.arrivals(1)
    settled(hooked)

    for _ in range(5):
        repository.switch("main")
        repository.switch("feature")
    settled(hooked)
    repository.commit({"SPEC.md": board(T1="Done", T2="Done")}, "the other")

    assert [told(each) for each in hooked.arrivals(2)] == [("T1", "Done"), ("T2", "Done")]


def test_sync_mode_has_admitted_before_git_goes_on(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(top="", more="")
    config = shop.root / ".spec-notify/config.toml"
    config.write_text(config.read_text("utf-8") + '\n[hooks]\nmode = "sync"\n', "utf-8")
    shop.board(T1="Backlog")
    shop.trust()
    shop.run("hooks", "install", code=0)

    shop.repository.commit({"SPEC.md": board(T1="Done")}, "done")

    listed = shop.json("list")["deliveries"]
    assert [each["task"] for each in listed] == ["T1"]
    shop.arrivals(1)


def test_a_guardrail_script_may_call_it_under_set_e(hooked: Shop) -> None:
    hooked.board(T1="Done", T2="Backlog")
    script = f'set -euo pipefail; "{sys.executable}" -I -m spec_notify hook guardrail SPEC-A-1'

    done = subprocess.run(
        ["bash", "-c", f"{script}; echo went on"],
        cwd=hooked.root,
        env=hooked.env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")
    assert [told(each) for each in hooked.arrivals(1)] == [("T1", "Done")]


@pytest.mark.parametrize("more", [[], ["--sync"]])
def test_a_guardrail_delivers_where_no_hook_was_ever_installed(shop: Shop, more: list[str]) -> None:
    shop.board(T1="Done", T2="Backlog")

    shop.run("hook", "guardrail", "SPEC-A-1", *more, code=0)

    assert [told(each) for each in shop.arrivals(1)] == [("T1", "Done")]


@pytest.mark.parametrize("name", ["post-commit", "post-merge", "guardrail", "no-such-hook"])
def test_a_hook_answers_zero_whatever_is_broken(hooked: Shop, name: str) -> None:
    for spool in hooked.state.rglob("spool.db"):
        spool.unlink()
        spool.mkdir()

    assert hooked.run("hook", name, "--sync").returncode == 0


def test_off_means_no_file_and_no_message(open_shop: Callable[..., Shop]) -> None:
    """Nothing trusted enables it: a hook run by hand writes nothing at all."""
    shop = open_shop()
    shop.board(T1="Done")
    before = sorted(shop.root.rglob("*"))

    shop.run("hook", "post-commit", "--sync", code=0)
    for words in (["watch"], ["scan"], ["deliver"], ["--test"]):
        assert shop.run(*words).returncode == 78

    assert not shop.state.exists() or not list(shop.state.rglob("*"))
    assert [p for p in sorted(shop.root.rglob("*")) if ".git" not in p.parts] == [
        p for p in before if ".git" not in p.parts
    ]
    assert shop.receiver.connections == 0
