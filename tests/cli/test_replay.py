"""A replay whose subscription is no longer in the config is refused, and `--list` says why."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.transports.receiver import Request
    from tests.acceptance.shop import Shop


@pytest.fixture
def renamed(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop with one dead letter, whose subscription has another name since."""
    shop = open_shop(answers=failing(1), retry="max_attempts = 1")
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)
    config = shop.root / ".spec-notify/config.toml"
    config.write_text(config.read_text("utf-8").replace('name = "shop"', 'name = "store"'))
    shop.trust()
    return shop


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_by_id_it_is_refused(renamed: Shop, dry_run: list[str]) -> None:
    (dead,) = renamed.json("list", "--failed")["deliveries"]

    done = renamed.run("--replay", dead["delivery"], *dry_run, code=2)

    assert "no subscription of this name is in the config: shop" in done.stderr
    assert renamed.json("list")["counts"]["dead"] == 1


def test_among_all_that_failed_it_is_left_out(renamed: Shop) -> None:
    done = renamed.run("--replay", "--failed", code=0)

    assert done.stdout == "0 deliveries replayed\n"
    assert "shop: what was meant for it is left out" in done.stderr
    assert renamed.json("list")["counts"]["dead"] == 1
    assert len(renamed.arrivals(1)) == 1


def test_put_back_it_is_replayed(renamed: Shop) -> None:
    renamed.configure()
    renamed.trust()

    (result,) = renamed.json("--replay", "--failed", code=0)["results"]

    assert result["state"] == "delivered"


def test_what_waits_for_a_lost_subscription_says_so_and_resumes_when_it_is_back(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(answers=failing(1), retry='schedule = ["1ms"]')
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", code=0)
    config = shop.root / ".spec-notify/config.toml"
    kept = config.read_text("utf-8")
    config.write_text(kept.replace('name = "shop"', 'name = "store"'))
    shop.trust()
    shop.run("deliver", "--drain", "1ms")

    (parked,) = shop.json("list", "--failed")["deliveries"]
    assert (parked["state"], parked["reason"]) == ("parked", "no_subscription")
    assert "put it back" in parked["guidance"]

    config.write_text(kept)
    shop.trust()
    shop.run("deliver", code=0)
    assert shop.json("list")["counts"]["delivered"] == 1


def test_a_test_is_not_replayed(shop: Shop) -> None:
    (result,) = shop.json("--test", code=0)["results"]

    refused = shop.run("--replay", result["delivery"], code=2)

    assert "run `spec-notify --test` again" in refused.stderr
    assert shop.json("--replay", "--since", "2020-01-01T00:00:00Z")["results"] == []
    shop.run("deliver", code=0)
    assert len(shop.arrivals(1)) == 1


def test_above_twenty_it_asks_and_nobody_there_means_no(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    tasks = [f"T{number}" for number in range(21)]
    shop.board(**dict.fromkeys(tasks, "Backlog"))
    shop.trust()
    shop.board(**dict.fromkeys(tasks, "Done"))
    shop.run("scan", "--deliver", code=0)

    assert "say --yes to replay" in shop.run("--replay", "--state", "delivered", code=2).stderr
    assert len(shop.receiver.requests) == 21
    assert len(shop.json("--replay", "--state", "delivered", "--yes", code=0)["results"]) == 21
    assert len(shop.arrivals(42)) == 42


def test_an_interrupted_replay_goes_on_and_sends_nothing_twice(
    open_shop: Callable[..., Shop],
) -> None:
    slow_after = {"second": False}

    def answers(request: Request) -> Answer:
        if request.number == 4 and not slow_after["second"]:
            slow_after["second"] = True
            return Answer(delay=60_000)
        return Answer(status=503) if request.number <= 2 else Answer()

    shop = open_shop(answers=answers, retry="max_attempts = 1", more="concurrency = 1")
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Done")
    shop.run("scan", "--deliver", code=0)
    words = ("--replay", "--subscription", "shop", "--until", "2100-01-01T00:00:00Z")
    child = subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "-m", "spec_notify", *words],
        cwd=shop.root,
        env=shop.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    shop.arrivals(4)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 130

    done = shop.run(*words, code=0)

    assert "1 delivered by it already" in done.stderr
    assert shop.json("list")["counts"]["delivered"] == 2
    ids = [request.header("webhook-id") for request in shop.arrivals(5)]
    assert ids[4] == ids[3] != ids[2]
    assert len(ids) == 5
    # Said again after its end, it means a new replay.
    shop.run(*words, code=0)
    assert len(shop.arrivals(7)) == 7


def test_a_replay_that_others_finished_can_be_asked_for_again(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(answers=lambda request: Answer(status=503 if request.number == 2 else 200))
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)
    (delivery,) = shop.json("list")["deliveries"]
    words = ("--replay", delivery["delivery"])

    shop.run(*words, "--drain", "0s", code=75)
    shop.run("deliver", "--drain", "10s", code=0)
    assert len(shop.arrivals(3)) == 3
    again = shop.run(*words, code=0)

    assert "going on" not in again.stderr
    assert len(shop.arrivals(4)) == 4


def test_what_dies_again_is_offered_as_an_export(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(answers=failing(2), retry="max_attempts = 1")
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)

    done = shop.run("--replay", "--failed", code=1)

    (dead,) = shop.json("list", "--failed")["deliveries"]
    assert f"`spec-notify export {dead['delivery']}`" in done.stderr


def test_a_terminal_sees_how_far_it_is(shop: Shop) -> None:
    shop.board(T1="Done", T2="Done")
    shop.run("scan", "--deliver", code=0)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", "--replay", "--state", "delivered"],
        cwd=shop.root,
        env=shop.env | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:
        # Linux says so when the other side of a terminal is closed.
        pass
    finally:
        os.close(ours)

    assert child.wait(timeout=60) == 0
    assert b"replaying" in shown
    assert b"100%" in shown
    assert len(shop.arrivals(4)) == 4
