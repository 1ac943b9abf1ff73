"""A cloned repository that means harm: it runs nothing, sends nothing and is not believed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from spec_notify.transports.receiver import Answer
from tests.acceptance.shop import board, told, wait_until

from .canaries import Canary, files, found, random
from .hostile import MODULES, every

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_notify.transports.receiver import Request
    from tests.acceptance.shop import Shop

COMMANDS = [
    "config check",
    "config show",
    "scan",
    "scan --deliver",
    "deliver",
    "test",
    "list",
    "replay --failed --yes",
    "explain --file SPEC.md",
    "history",
    "doctor",
    "accept",
    "evidence verify",
    "evidence audit",
    "metrics",
    "hooks install",
    "hook post-commit",
    "hook post-merge",
]
DOOR = str(Path(sys.executable).parent / "spec-notify")


def by_name(shop: Shop, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program, as users do."""
    return subprocess.run(
        [DOOR, *words],
        cwd=shop.root,
        env=shop.env,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_no_command_imports_a_module_of_the_repository(shop: Shop, tmp_path: Path) -> None:
    mark = tmp_path / "exploded"
    bomb = f"open({str(mark)!r}, 'a').write(__file__)\n"
    shop.repository.commit(dict.fromkeys(MODULES, bomb))
    shop.run("list")
    assert mark.exists(), "the bombs are duds: this test would prove nothing"
    mark.unlink()

    known = {command.split()[0] for command in COMMANDS}
    others = {line.split()[0]: line for line in every(shop) if line.split()[0] not in known}
    for command in (*COMMANDS, *others.values()):
        done = by_name(shop, *command.split())
        assert done.returncode in {0, 1, 2, 3, 4, 69, 75, 78}, (command, done.stderr)
        assert not mark.exists(), (command, mark.read_text())
    assert by_name(shop, "watch", "--background").returncode == 0
    assert by_name(shop, "watch", "stop").returncode == 0
    assert not mark.exists(), mark.read_text()


def hostile_config(url: str, variable: str) -> str:
    return (
        'enabled = true\n[[subscriptions]]\nname = "theirs"\nevents = ["*"]\n'
        f'allow_private = true\nurl = "{url}"\nsecret_env = "{variable}"\n'
    )


@pytest.mark.parametrize(
    ("variable", "asked"),
    [
        ("SPEC_NOTIFY_SHOP_SECRET", False),
        ("AWS_SECRET_ACCESS_KEY", False),
        ("AWS_SECRET_ACCESS_KEY", True),
    ],
)
def test_a_config_nobody_trusts_sends_nothing_and_gets_no_credential(
    shop: Shop, tmp_path: Path, variable: str, *, asked: bool
) -> None:
    secret = random("cloud account").hex()
    shop.env |= {"AWS_SECRET_ACCESS_KEY": secret, "SPEC_NOTIFY_ENABLED": "1"}
    config = hostile_config(shop.receiver.url, variable)
    shop.repository.commit({".spec-notify/config.toml": config})
    if asked:
        shop.run("trust", "--allow-private", code=78)
    shop.run("hooks", "install")
    said = []
    for number, command in enumerate(COMMANDS):
        shop.repository.commit({"SPEC.md": board(T1=("Done", "Backlog")[number % 2])})
        done = shop.run(*command.split())
        said.append((command, (done.stdout + done.stderr).encode()))

    assert shop.receiver.connections == 0
    assert shop.json("list")["deliveries"] == []
    canary = Canary("cloud account", secret.encode())
    assert found([canary], [*files(tmp_path), *said]) == []


class Openings(FileSystemEventHandler):
    """Which files somebody opened."""

    def __init__(self) -> None:
        self.seen: list[Path] = []

    def on_opened(self, event: FileSystemEvent) -> None:
        self.seen.append(Path(str(event.src_path)))


@contextmanager
def opened_in(*folders: Path) -> Iterator[Openings]:
    """Note each file that is opened in some folders meanwhile; the kernel says which."""
    noted, observer = Openings(), Observer()
    for folder in folders:
        observer.schedule(noted, str(folder), event_filter=[FileOpenedEvent])
    observer.start()
    try:
        yield noted
        # Each folder is told of in order: after its fence nothing earlier is still to come.
        fences = {folder / "fence" for folder in folders}
        for fence in fences:
            fence.touch()
        wait_until(lambda: fences <= {*noted.seen}, "the kernel tells of every fence")
    finally:
        observer.stop()
        observer.join()


def test_a_spool_that_came_with_the_repository_is_never_opened(
    open_shop: Callable[..., Shop],
) -> None:
    thief = open_shop()
    thief.board(T1="Backlog")
    thief.trust()
    thief.board(T1="Done")
    thief.run("scan", code=0)
    assert [each["state"] for each in thief.json("list")["deliveries"]] == ["pending"]
    shop = open_shop()
    shop.board(T1="Backlog")
    planted = [shop.root / each for each in (".spec-notify", "state", ".state")]
    for folder in planted:
        shutil.copytree(thief.state, folder, dirs_exist_ok=True)
    for database in thief.state.rglob("spool.db*"):
        for folder in planted:
            shutil.copy(database, folder)
    shop.repository.commit()
    shop.trust()
    names = {each.name for folder in planted for each in folder.glob("spool.db*")}
    before = dict(files(*planted))
    assert "spool.db" in names

    places = {each.parent for folder in planted for each in folder.rglob("spool.db*")}
    with opened_in(*sorted(places)) as noted:
        for command in COMMANDS:
            shop.run(*command.split())
        (shop.root / "state/spool.db").read_bytes()

    opened = [each for each in noted.seen if each.name.startswith("spool.db")]
    assert opened == [shop.root / "state/spool.db"], "this test's own reading, and no other"
    after = {path: each for path, each in files(*planted) if not path.endswith("/fence")}
    assert after == before
    types = {json.loads(each.body)["type"] for each in shop.receiver.requests}
    assert types == {"spec-notify.test"}, "what we were asked to send, and nothing that was planted"
    assert thief.receiver.requests == []


def test_evidence_that_came_with_the_repository_proves_nothing_to_us(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.arrivals(1)
    records = sorted((shop.root / "evidence").rglob("webhooks/*.json"))
    assert len(records) == 1
    forged = records[0].read_bytes()
    shop.repository.commit()
    (delivered,) = shop.json("list")["deliveries"]

    # Whoever clones it starts afresh: a record that says "delivered" keeps nothing from leaving.
    shutil.rmtree(shop.state)
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    shop.run("scan", "--baseline", code=0)
    assert shop.json("list")["deliveries"] == []
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)

    assert told(shop.arrivals(2)[1]) == ("T1", "Done")
    (again,) = shop.json("list")["deliveries"]
    assert again["state"] == delivered["state"] == "delivered"
    assert records[0].read_bytes() == forged


def test_our_own_evidence_is_no_news(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(more='events = ["*"]')
    shop.board(T1="Backlog", T2="Backlog")
    shop.repository.commit()
    shop.trust()
    shop.watch()
    shop.board(T1="Done", T2="Backlog")
    shop.arrivals(1)
    for round_ in range(3):
        shop.repository.commit(message=f"evidence {round_}")
        shop.run("scan", "--deliver", code=0)
    shop.board(T1="Done", T2="Done")

    events = [json.loads(each.body) for each in shop.arrivals(2)]
    assert [each["data"]["task"]["id"] for each in events] == ["T1", "T2"]
    assert len(shop.json("list")["deliveries"]) == 2


def test_a_loop_between_events_and_documents_ends(open_shop: Callable[..., Shop]) -> None:
    flips = 0

    def reopen_and_finish(request: Request) -> Answer:
        nonlocal flips
        flips += 1
        # What a script does that takes a Done for a reason to work on it again.
        for status in ("Backlog", "Done"):
            shop.board(T1=status, T2="Backlog")
            shop.run("scan")
        return Answer(status=204)

    shop = open_shop(answers=reopen_and_finish, top="[sources.spec]\nhold_repeats_above = 5")
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", "--drain", "20s")

    assert flips == 5
    (held,) = shop.json("list")["held"]
    assert (held["document"], held["events"]) == ("SPEC.md", 1)
    assert held["reason"] == "T1 changed more than 5 times in an hour"
    assert held["reason"] in shop.run("list").stdout
    assert held["reason"] in shop.run("doctor").stdout
    shop.run("accept", code=0)
    assert shop.json("list")["held"] == []
    assert len(shop.json("list")["deliveries"]) == 6


def test_ten_thousand_tasks_flipped_at_once_wait_for_a_word(shop: Shop) -> None:
    tasks = [f"T{number}" for number in range(1, 10_000)]
    shop.board(**dict.fromkeys(tasks, "Backlog"))
    shop.run("scan", "--baseline", code=0)
    shop.board(**dict.fromkeys(tasks, "Done"))
    for _ in range(2):
        done = shop.run("scan", "--deliver", code=0)

    assert "accept" in done.stdout + done.stderr
    assert "9999" in (done.stdout + done.stderr).replace(",", "").replace("_", "")
    assert shop.receiver.connections == 0
    assert shop.json("list")["deliveries"] == []
