"""A watcher over real files: every transition once, whatever way a file is saved."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from .shop import board, lives, told, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop


def test_ten_specs_and_fifty_tasks_at_once_arrive_once_each(shop: Shop) -> None:
    names = [f"docs/SPEC-SHOP-{number:03d}/tasks.md" for number in range(10)]
    fifty = [f"T{number}" for number in range(1, 51)]
    shop.repository.write("SPEC.md", board(**dict.fromkeys(fifty, "Backlog")))
    for name in names:
        shop.repository.write(name, board(A1="Backlog", A2="Backlog"))
    shop.watch()

    shop.repository.write("SPEC.md", board(**dict.fromkeys(fifty, "Done")))
    for name in names:
        shop.repository.write(name, board(A1="Done", A2="Done"))

    arrived = shop.arrivals(70)
    wait_until(lambda: shop.json("list")["counts"]["delivered"] == 70, "all delivered")
    told_once = Counter((json.loads(r.body)["data"]["task"]["document"], *told(r)) for r in arrived)
    expected = [("SPEC.md", task, "Done") for task in fifty]
    expected += [(name, task, "Done") for name in names for task in ("A1", "A2")]
    assert told_once == Counter(expected)


def in_place(shop: Shop, text: str) -> None:
    (shop.root / "SPEC.md").write_text(text, encoding="utf-8")


def renamed_over(shop: Shop, text: str) -> None:
    (shop.root / ".SPEC.md.tmp").write_text(text, encoding="utf-8")
    (shop.root / ".SPEC.md.tmp").replace(shop.root / "SPEC.md")


def as_vim_does(shop: Shop, text: str) -> None:
    (shop.root / "SPEC.md").rename(shop.root / "SPEC.md~")
    (shop.root / "SPEC.md").write_text(text, encoding="utf-8")
    (shop.root / "SPEC.md~").unlink()


def deleted_and_made_anew(shop: Shop, text: str) -> None:
    (shop.root / "SPEC.md").unlink()
    (shop.root / "SPEC.md").write_text(text, encoding="utf-8")


def by_sed(shop: Shop, text: str) -> None:
    assert text == board(T1="Done", T2="Backlog")
    words = ["sed", "-i", "s/| In Progress |/| Done |/", "SPEC.md"]
    subprocess.run(words, cwd=shop.root, check=True)


def by_git_checkout(shop: Shop, text: str) -> None:
    shop.repository.branch("other")
    shop.repository.commit({"SPEC.md": text}, "done over there")
    shop.repository.switch("main")
    shop.repository.git("checkout", "-q", "other", "--", "SPEC.md")


@pytest.mark.parametrize(
    "save",
    [in_place, renamed_over, as_vim_does, deleted_and_made_anew, by_sed, by_git_checkout],
)
def test_every_way_to_save_is_seen(shop: Shop, save: Callable[[Shop, str], None]) -> None:
    shop.watch()

    save(shop, board(T1="Done", T2="Backlog"))

    assert [told(each) for each in shop.arrivals(1)] == [("T1", "Done")]


def test_a_second_watcher_is_refused(shop: Shop) -> None:
    shop.watch()

    refused = shop.run("watch", code=2)

    assert "a watcher lives here already" in refused.stderr


def test_sigterm_drains_and_ends_well(shop: Shop) -> None:
    child = shop.watch()
    shop.board(T1="Done", T2="Backlog")
    shop.arrivals(1)

    child.send_signal(signal.SIGTERM)

    assert child.wait(timeout=20) == 0
    assert shop.json("list")["counts"]["delivered"] == 1


def test_in_the_background_it_can_be_asked_and_stopped(shop: Shop) -> None:
    started = shop.json("watch", "--background", code=0)
    try:
        assert shop.json("watch", "status", code=0) == {
            "schema": "spec-notify/watch-status/1",
            "watching": True,
            "pid": started["pid"],
        }
        shop.board(T1="Done", T2="Backlog")
        shop.arrivals(1)
    finally:
        shop.run("watch", "stop", code=0)
    wait_until(lambda: not lives(started["pid"]), "the watcher's process ended")
    shop.run("watch", "status", code=1)


def test_what_another_process_queued_leaves_at_once(shop: Shop) -> None:
    """A replay beside a living watcher is delivered by the watcher."""
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    (first,) = shop.arrivals(1)
    shop.watch()

    shop.run("--replay", str(first.header("webhook-id")))

    ids = {request.header("webhook-id") for request in shop.arrivals(2)}
    assert ids == {first.header("webhook-id")}


def test_an_edited_config_is_untrusted_until_the_user_looks(shop: Shop) -> None:
    """What changed meanwhile is announced by the next trust."""
    shop.watch()
    config = shop.root / ".spec-notify/config.toml"
    config.write_text(config.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    refused = shop.run("scan", code=78)
    assert "trust" in refused.stderr

    shop.board(T1="Done", T2="Backlog")
    shop.trust()

    assert [told(each) for each in shop.arrivals(1)] == [("T1", "Done")]


def test_the_word_of_a_killed_watcher_is_not_taken_for_this_ones(shop: Shop) -> None:
    (spool,) = shop.state.rglob("spool.db")
    spool.with_name("watch.ready").touch()
    for file in spool.parent.glob("spool.db*"):
        file.unlink()
    spool.mkdir()

    failed = shop.run("watch", "--background", code=1)

    assert "did not come up" in failed.stderr


def test_a_log_that_has_grown_too_long_is_cut_when_a_watcher_starts(shop: Shop) -> None:
    (spool,) = shop.state.rglob("spool.db")
    log = spool.with_name("watch.log")
    log.write_bytes(b"".join(b"line %07d\n" % number for number in range(100_000)))
    try:
        shop.run("watch", "--background", code=0)
        lines = log.read_text().splitlines()
    finally:
        shop.run("watch", "stop", code=0)

    assert log.stat().st_size < 600_000
    assert (lines[0][:5], "line 0099999" in lines) == ("line ", True)


def test_a_document_in_a_folder_made_since_is_seen(shop: Shop) -> None:
    """Its first sight is a baseline; what happens next is told."""
    shop.watch()
    for name in ("docs/SPEC-NEW-1/tasks.md", "docs/SPEC-NEW-2/tasks.md"):
        shop.repository.write(name, board(A1="Backlog"))
        wait_until(lambda name=name: known(shop, name), f"a baseline of {name}")

    shop.repository.write("docs/SPEC-NEW-2/tasks.md", board(A1="Done"))

    assert [told(each) for each in shop.arrivals(1)] == [("A1", "Done")]


def known(shop: Shop, name: str) -> bool:
    return any(each["path"] == name for each in shop.json("list")["documents"])


def test_interrupted_it_says_so_with_its_exit_code(shop: Shop) -> None:
    child = shop.watch()

    child.send_signal(signal.SIGINT)

    assert child.wait(timeout=20) == 130


@pytest.mark.parametrize("reader", ["pauses", "leaves"])
def test_whoever_does_not_read_what_it_says_keeps_nothing_back(shop: Shop, reader: str) -> None:
    sixty = [f"T{number}" for number in range(60)]
    shop.board(**dict.fromkeys(sixty, "Backlog"))
    watcher = shop.watch()
    assert watcher.stderr is not None
    if reader == "pauses":
        fcntl.fcntl(watcher.stderr, fcntl.F_SETPIPE_SZ, 4096)
    else:
        watcher.stderr.close()
        watcher.stderr = None

    shop.board(**dict.fromkeys(sixty, "Done"))

    shop.arrivals(60)
    wait_until(lambda: shop.json("list")["counts"]["delivered"] == 60, "all delivered")
    watcher.send_signal(signal.SIGTERM)
    assert watcher.wait(timeout=30) == 0
