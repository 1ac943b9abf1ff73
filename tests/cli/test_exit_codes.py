"""Every exit code of the table, from a run that earns it (contract, section 8)."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop


@pytest.mark.parametrize(
    "words",
    ["--list", "--list --failed", "scan", "deliver", "diff SPEC.md SPEC.md", "evidence verify"],
)
def test_zero_is_yes(shop: Shop, words: str) -> None:
    shop.run(*words.split(), code=0)


def test_a_scan_is_zero_with_events_queued_and_a_diff_with_differences(shop: Shop) -> None:
    shop.repository.write("old.md", (shop.root / "SPEC.md").read_bytes())
    shop.board(T1="Done", T2="Backlog")

    assert "T1" in shop.run("diff", "old.md", "SPEC.md", code=0).stdout
    assert "1 delivery queued" in shop.run("scan", code=0).stdout


def refusing(open_shop: Callable[..., Shop], retry: str) -> Shop:
    shop = open_shop(answers=lambda _: Answer(status=500), retry=retry)
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", code=0)
    return shop


def test_one_is_no(open_shop: Callable[..., Shop]) -> None:
    shop = refusing(open_shop, "max_attempts = 1")

    shop.run("deliver", code=1)
    shop.run("--replay", "--failed", code=1)
    shop.run("--test", code=1)
    shop.run("watch", "status", code=1)
    record = min(shop.root.rglob("*_a1.json"))
    record.write_bytes(record.read_bytes().replace(b"500", b"204"))
    shop.run("evidence", "verify", code=1)


def test_sixty_nine_is_out_of_reach_in_a_test(shop: Shop) -> None:
    shop.receiver.stop()

    shop.run("--test", code=69)


def test_seventy_is_a_spool_that_cannot_be_used(shop: Shop) -> None:
    (spool,) = shop.state.rglob("spool.db")
    for each in spool.parent.glob("spool.db*"):
        each.unlink()
    spool.mkdir()

    assert "spool.db" in shop.run("scan", code=70).stderr


def test_seventy_five_is_still_queued(open_shop: Callable[..., Shop]) -> None:
    shop = refusing(open_shop, 'schedule = ["1h"]')

    shop.run("deliver", "--drain", "1ms", code=75)
    (waiting,) = shop.json("list")["deliveries"]
    shop.run("--replay", waiting["delivery"], "--drain", "1ms", code=75)


@pytest.mark.parametrize(
    "words", ["--test", "scan", "deliver", "watch", "accept", "--replay --failed"]
)
def test_seventy_eight_is_off(shop: Shop, words: str) -> None:
    assert (
        "SPEC_NOTIFY_ENABLED" in shop.run(*words.split(), code=78, SPEC_NOTIFY_ENABLED="0").stderr
    )


@pytest.mark.parametrize("words", ["--test", "scan", "deliver", "watch"])
def test_seventy_eight_is_untrusted_and_names_the_fix(shop: Shop, words: str) -> None:
    shop.configure(more="# edited since")

    assert "spec-notify trust" in shop.run(words, code=78).stderr


@pytest.mark.parametrize("words", ["--test", "doctor", "config check"])
def test_seventy_eight_is_a_missing_secret(shop: Shop, words: str) -> None:
    shop.env.pop("SPEC_NOTIFY_SHOP_SECRET")

    done = shop.run(*words.split(), code=78)

    assert "SPEC_NOTIFY_SHOP_SECRET" in done.stdout + done.stderr


@pytest.mark.parametrize("words", ["--list", "--test", "scan", "doctor", "config check"])
def test_seventy_eight_is_a_config_with_mistakes(shop: Shop, words: str) -> None:
    shop.repository.write("mistaken.toml", "enabled = 7\n")

    done = shop.run(*words.split(), "--config", "mistaken.toml", code=78)

    assert "mistaken.toml:1: enabled" in done.stdout + done.stderr


def test_a_hundred_and_thirty_is_interrupted(shop: Shop) -> None:
    # A test run in the background of a shell ignores interrupts, and its children would too.
    heard = ["env", "--default-signal=INT"]
    child = subprocess.Popen(
        [*heard, sys.executable, "-m", "spec_notify", "listen", "--port", "0"],
        cwd=shop.root,
        env=shop.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr is not None
    assert "listening" in child.stderr.readline()
    child.send_signal(signal.SIGINT)

    assert (child.communicate(timeout=30)[1], child.returncode) == ("", 130)
