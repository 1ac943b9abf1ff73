"""Real hooks in a real repository: the commit goes on, the message leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer

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
    locks = ("look.lock", "patience.lock", "drain.lock")

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


@pytest.mark.parametrize("left", ["index.lock", "MERGE_HEAD"])
def test_a_hook_comes_back_when_git_was_busy(shop: Shop, left: str) -> None:
    lock = shop.repository.write(f".git/{left}", "")
    shop.board(T1="Done", T2="Backlog")
    shop.run("hook", "guardrail", "--sync", code=0)
    assert shop.json("list")["deliveries"] == [], "it looked in the middle of it"

    lock.unlink()

    assert [told(each) for each in shop.arrivals(1)] == [("T1", "Done")]


def test_a_hook_waits_until_it_believes_that_tasks_vanished(shop: Shop) -> None:
    shop.board(T9="Done")

    shop.run("hook", "guardrail", "--sync", code=0)

    assert shop.json("list")["deliveries"] == [], "it believed half a file"
    assert [told(each) for each in shop.arrivals(1)] == [("T9", "Done")]


def test_a_hook_delivers_what_was_parked_for_lack_of_a_secret(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", SPEC_NOTIFY_SHOP_SECRET="")
    assert shop.json("list")["counts"]["parked"] == 1

    shop.run("hook", "guardrail", code=0)

    shop.arrivals(1)


def test_a_hook_takes_over_what_a_killed_process_was_sending(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(
        answers=lambda request: Answer(delay=60_000 if request.number == 1 else 0),
        retry='schedule = ["1s"]',
    )
    shop.board(T1="In Progress")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", code=0)
    sending = shop.start("deliver")
    (first,) = shop.arrivals(1)
    sending.kill()
    sending.wait()

    shop.run("hook", "guardrail", code=0)

    ids = {each.header("webhook-id") for each in shop.arrivals(2)}
    assert ids == {first.header("webhook-id")}


def test_a_document_watched_since_the_last_trust_is_seen_by_the_next_commit(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop()
    shop.repository.write(".git/info/exclude", ".spec-notify\n")
    shop.board(T1="Backlog")
    shop.repository.write("plan/board.md", board(T9="Backlog"))
    shop.trust()
    shop.run("hooks", "install", code=0)
    shop.repository.commit(message="boards")
    settled(shop)
    wait_until(lambda: bool(list(shop.state.rglob("gate/*"))), "a gate stands")
    shop.configure(top='[sources.spec]\npaths = ["SPEC.md", "plan/*.md"]')
    shop.trust()

    shop.repository.commit({"plan/board.md": board(T9="Done")}, "done")

    assert [told(each) for each in shop.arrivals(1)] == [("T9", "Done")]


def test_a_mode_changed_since_the_installation_is_told(hooked: Shop) -> None:
    hooked.run("hooks", "status", code=0)
    config = hooked.root / ".spec-notify/config.toml"
    config.write_text(config.read_text("utf-8") + '\n[hooks]\nmode = "sync"\n', "utf-8")
    hooked.run("hooks", "status", code=0)
    hooked.trust()

    told_ = hooked.run("hooks", "status", code=1).stdout

    assert "post-commit: outdated" in told_
    assert "its mode is detached, not sync: run `spec-notify hooks install`" in told_
    hooked.run("hooks", "install", code=0)
    hooked.run("hooks", "status", code=0)


def test_hooks_say_in_one_line_that_the_config_was_edited_until_it_is_trusted(
    hooked: Shop,
) -> None:
    def commit() -> str:
        done = hooked.repository.run("commit", "-q", "--allow-empty", "-m", "x")
        assert (done.returncode, done.stdout) == (0, "")
        return done.stderr

    def noticed() -> bool:
        return bool(list(hooked.state.rglob("notice/.git")))

    config = hooked.root / ".spec-notify/config.toml"
    config.write_text(config.read_text("utf-8") + "# edited\n", "utf-8")
    hooked.repository.commit(message="edited")
    wait_until(noticed, "a notice was left")

    (line,) = commit().splitlines()

    assert line.startswith("spec-notify: .spec-notify/config.toml changed since you trusted it")
    assert "spec-notify trust" in line
    hooked.trust()
    assert not noticed()
    assert commit() == ""


def test_a_notice_cannot_steer_a_terminal(shop: Shop) -> None:
    state = shop.state.with_name("st\x1b[31mate")
    state.mkdir(mode=0o700)
    (state / "trust.json").write_text("damaged")

    said = shop.run("hook", "guardrail", "--sync", code=0, SPEC_NOTIFY_STATE_DIR=str(state))

    assert "trust.json: is damaged" in said.stderr
    assert "\x1b" not in said.stderr


def test_a_look_that_fails_leaves_word_for_doctor_until_one_succeeds(shop: Shop) -> None:
    (spool,) = shop.state.rglob("spool.db")
    spool.rename(spool.with_name("kept"))
    spool.mkdir()
    shop.run("hook", "guardrail", "--sync", code=0)
    settled(shop)
    assert "the last look failed" in shop.run("doctor").stdout

    spool.rmdir()
    spool.with_name("kept").rename(spool)
    shop.run("hook", "guardrail", "--sync", code=0)
    settled(shop)

    assert "the last look failed" not in shop.run("doctor").stdout


@pytest.mark.parametrize("more", [[], ["--sync"]])
def test_switched_off_a_hook_opens_nothing(shop: Shop, more: list[str]) -> None:
    shop.board(T1="Done", T2="Backlog")
    before = {path: path.stat().st_mtime_ns for path in shop.state.rglob("*")}

    done = shop.run("hook", "guardrail", *more, code=0, SPEC_NOTIFY_ENABLED="0")

    assert (done.stdout, done.stderr) == ("", "")
    assert {path: path.stat().st_mtime_ns for path in shop.state.rglob("*")} == before
