"""`doctor` looks at each thing that can keep a message from leaving, and names the fix of each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from spec_notify.cli import machine, queue_findings
from spec_notify.transports.receiver import failing
from spec_notify.watchers import inotify
from spec_notify.wiring import now
from tests.pipeline.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.acceptance.shop import Shop

MORE = """
[[subscriptions]]
name = "mute"
url_env = "SPEC_NOTIFY_SHOP_URL"
secret_env = "SPEC_NOTIFY_NOWHERE"
allow_private = true
[[subscriptions]]
name = "off"
enabled = false
url = "https://example.org/"
secret_env = "SPEC_NOTIFY_SHOP_SECRET"
[[subscriptions]]
name = "inside"
url_env = "SPEC_NOTIFY_INSIDE_URL"
secret_env = "SPEC_NOTIFY_SHOP_SECRET"
"""


def findings(shop: Shop, *words: str) -> list[dict[str, Any]]:
    return list(shop.json("doctor", *words)["findings"])


def test_each_thing_has_its_line(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)
    shop.arrivals(1)

    about = {each["about"] for each in findings(shop, "--reach")}
    # What was asked without a signature is no delivery.
    shop.receiver.stop()
    shop.receiver._kept.clear()

    assert about >= {
        *("config", "subscription", "git", "hooks", "watcher", "inotify", "clock"),
        *("document", "spool", "reach"),
    }


def test_whatever_is_wrong_has_a_fix(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(
        answers=failing(9),
        top='[sources.spec]\nhold_above = 1\npaths = ["SPEC.md", "docs/*.md"]',
        retry="max_attempts = 1",
        more=MORE,
    )
    shop.env["SPEC_NOTIFY_INSIDE_URL"] = "https://user:c4n4ry@example.org/"
    shop.board(T1="Backlog", T2="Backlog")
    shop.repository.write("docs/none.md", "no task in it\n")
    shop.trust()
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver")
    shop.board(T1="Done", T2="Done", T3="Done")
    shop.run("scan")
    (shop.repository.root / "docs" / "link.md").symlink_to("/etc/passwd")
    (shop.repository.root / ".git" / "MERGE_HEAD").write_text("0" * 40)

    found = [each for each in findings(shop) if each["level"] != "ok"]

    named = {each["about"] for each in found}
    assert named >= {"subscription", "hooks", "document", "spool", "held", "git"}
    # Of several lines about the hooks the first has the fix of all.
    first = [each for each in found if each["about"] != "hooks"]
    first += [each for each in found if each["about"] == "hooks"][:1]
    assert [each for each in first if not each["fix"]] == []
    assert "c4n4ry" not in str(found)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.wiring.close()


def test_a_clock_that_went_back_is_told(desk: Desk) -> None:
    assert machine.clock(desk.wiring).level == "ok"
    with desk.wiring.spool.ledger() as ledger:
        known = ledger.document("SPEC.md")
        assert known is not None
        later = now() + 3 * 3_600_000
        ledger.save(replace(known, seen_at=later, revision=known.revision + 1))

    found = machine.clock(desk.wiring)

    assert (found.level, "NTP" in found.fix) == ("warn", True)


@pytest.mark.parametrize("limit", ["max_user_watches", "max_user_instances"])
def test_a_limit_that_is_used_up_is_told_with_what_to_set(
    desk: Desk, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inotify, "shortage", lambda _: limit)

    found = machine.events(desk.wiring)

    assert found.level == "warn"
    assert f"sysctl fs.inotify.{limit}=" in found.fix
    assert "polls" in found.fix


def test_file_events_are_tried_and_not_believed(tmp_path: Path) -> None:
    assert inotify.shortage(tmp_path) is None
    assert inotify.shortage(tmp_path / "nowhere") == os.strerror(2)
    assert inotify.limits().keys() == {"max_user_instances", "max_user_watches"}


def test_a_spool_with_a_broken_page_is_told(desk: Desk) -> None:
    desk.save(T1="Done", T2="Backlog")
    desk.look()
    desk.wiring.spool.close()
    desk.wiring.__dict__.pop("spool")
    path = desk.wiring.state / "spool.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        # A page in the middle: whoever opens the database does not come by.
        for page in range(3, size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 64)

    found = [*queue_findings._whole(desk.wiring)]

    assert [each.level for each in found] == ["fault"]
    assert "keeps it aside" in found[0].fix


def test_a_full_disk_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [*machine.room(desk.wiring)] == []
    monkeypatch.setattr(machine, "ROOM", 1 << 62)

    assert [each.about for each in machine.room(desk.wiring)] == ["disk", "disk"]
