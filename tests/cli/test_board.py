"""`--list` on a terminal has headings; piped it is as plain as before."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop

ESCAPE = "\x1b["


def on_a_terminal(shop: Shop, *words: str, **env: str) -> str:
    """Run spec-notify with a terminal for its stdout, and answer what it shows."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", *words],
        cwd=shop.root,
        env=shop.env | {"TERM": "xterm", "COLUMNS": "160"} | env,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:
        # The other side of a terminal is closed: Linux says so in these words.
        pass
    finally:
        os.close(ours)
    assert child.wait(timeout=60) == 0
    return shown.decode()


def test_a_terminal_gets_headings_and_colour_unless_told_not_to(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    (delivery,) = shop.json("list", code=0)["deliveries"]

    shown = on_a_terminal(shop, "--list")
    plain = on_a_terminal(shop, "--list", NO_COLOR="1")

    assert delivery["delivery"] in shown
    assert "tried" in shown
    assert f"{ESCAPE}32mdelivered" in shown
    assert delivery["delivery"] in plain
    assert "tried" in plain
    assert f"{ESCAPE}32m" not in plain


def test_a_pipe_gets_plain_columns(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)

    said = shop.run("--list", code=0).stdout

    assert ESCAPE not in said
    assert "tried" not in said
    assert "delivered  shop  T1  1 attempt" in said


def test_an_empty_list_has_no_headings(shop: Shop) -> None:
    assert "tried" not in on_a_terminal(shop, "--list")


def test_a_notice_about_deliveries_is_not_taken_for_the_tasks_own(shop: Shop) -> None:
    once = "[subscriptions.retry]\nmax_attempts = 1\n"
    health = '[[subscriptions]]\nname = "health"\ntype = "file"\npath = "out"\n'
    shop.configure(more=once + health + 'events = ["delivery.dead_lettered"]\n')
    shop.trust()
    shop.receiver.stop()
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver")
    shop.run("deliver", "--drain", "1s")

    said = shop.run("--list", code=0).stdout

    assert "delivered  health  delivery.dead_lettered  1 attempt" in said
    assert "  dead       shop    T1  " in said
