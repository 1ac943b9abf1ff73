"""A repository, a subscription or a folder gets another name while lanes hold state.

Each command here is a process of its own: what holds is what stands in the spool.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from spec_notify.transports.receiver import Answer

from .shop import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.transports.receiver import Request

    from .shop import Shop

EVENTS = 'events = ["spec-kit.task.completed", "spec-kit.task.in_review"]\n'
RETRY = 'schedule = ["10ms"]\njitter = 0.0\nmax_attempts = 50'


class Moody:
    """A receiver that refuses until it is told to take what comes."""

    def __init__(self) -> None:
        self.status = 503

    def __call__(self, request: Request) -> Answer:
        return Answer(status=self.status)


def opened(open_shop: Callable[..., Shop], answers: Moody, **config: str) -> Shop:
    shop = open_shop(answers=answers, retry=RETRY, **config)
    shop.board(T1="In Progress", T2="Backlog")
    shop.trust()
    return shop


def step(shop: Shop, **statuses: str) -> None:
    shop.board(**statuses)
    shop.run("scan", code=0)


def drained(shop: Shop) -> None:
    shop.run("deliver", "--drain", "1ms")


def rename(shop: Shop, old: str, new: str) -> None:
    """Write another word into the trusted config."""
    path = shop.root / ".spec-notify" / "config.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    shop.trust()


def waiting(shop: Shop) -> dict[tuple[str, str], dict[str, Any]]:
    """Answer the deliveries by subscription and type."""
    found = shop.json("list", code=0)["deliveries"]
    return {(each["subscription"], each["type"].rpartition(".")[2]): each for each in found}


def test_a_repository_that_is_called_otherwise_keeps_the_order_of_its_tasks(
    open_shop: Callable[..., Shop],
) -> None:
    moody = Moody()
    shop = opened(open_shop, moody, top='repository = "old/name"', more=f'{EVENTS}order = "task"')
    step(shop, T1="In Review", T2="Backlog")
    drained(shop)
    rename(shop, "old/name", "new/name")
    step(shop, T1="Done", T2="Backlog")
    drained(shop)
    before = [told(each) for each in shop.receiver.requests]
    moody.status = 204
    shop.run("deliver", code=0)

    assert {*before} == {("T1", "In Review")}, "Done waits while In Review has not arrived"
    assert [told(each) for each in shop.receiver.requests][len(before) :] == [
        ("T1", "In Review"),
        ("T1", "Done"),
    ]
    named = [each.body.count(b'"new/name"') for each in shop.receiver.requests]
    assert (named[0], named[-1]) == (0, 1), "what is queued is sent as it was built"


def test_a_repository_that_is_called_otherwise_keeps_its_rate(
    open_shop: Callable[..., Shop],
) -> None:
    moody = Moody()
    moody.status = 204
    shop = opened(open_shop, moody, top='repository = "old/name"', more='rate = "1/h"')
    step(shop, T1="Done", T2="Backlog")
    drained(shop)
    rename(shop, "old/name", "new/name")
    step(shop, T1="Done", T2="Done")
    drained(shop)

    assert len(shop.receiver.requests) == 1
    (second,) = [each for each in shop.json("list")["deliveries"] if each["state"] == "pending"]
    (shown,) = shop.json("explain", second["delivery"])["deliveries"]
    assert shown["lane"]["heldBackBy"] == ["rate"]


def test_a_subscription_that_is_called_otherwise_leaves_what_it_had_parked_and_said(
    open_shop: Callable[..., Shop],
) -> None:
    moody = Moody()
    shop = opened(open_shop, moody, more=f'{EVENTS}order = "task"')
    step(shop, T1="In Review", T2="Backlog")
    drained(shop)
    rename(shop, 'name = "shop"', 'name = "chat"')
    step(shop, T1="Done", T2="Backlog")
    moody.status = 204
    shop.run("deliver")

    found = waiting(shop)
    assert found["chat", "completed"]["state"] == "delivered", "a new name is a new lane"
    assert found["shop", "in_review"]["state"] == "parked"
    assert "put it back" in found["shop", "in_review"]["guidance"]
    assert shop.run("doctor", code=0).stdout.count("--list --failed") == 1
    (shown,) = shop.json("explain", found["shop", "in_review"]["delivery"])["deliveries"]
    assert shown["lane"] is None

    rename(shop, 'name = "chat"', 'name = "shop"')
    shop.run("deliver", code=0)
    assert {each["state"] for each in waiting(shop).values()} == {"delivered"}


def test_breakers_are_of_endpoints_and_survive_another_name(
    open_shop: Callable[..., Shop],
) -> None:
    moody = Moody()
    shop = open_shop(answers=moody, retry='schedule = ["5m"]', more="concurrency = 3")
    names = [f"T{number}" for number in range(12)]
    shop.board(**dict.fromkeys(names, "Backlog"))
    shop.trust()
    step(shop, **dict.fromkeys(names, "Done"))
    shop.run("deliver", "--drain", "3s")
    sent = len(shop.receiver.requests)
    rename(shop, 'name = "shop"', 'name = "chat"')
    step(shop, **dict.fromkeys(names, "Done"), T99="Done")
    drained(shop)

    (breaker,) = shop.json("list")["breakers"]
    assert (breaker["subscriptions"], breaker["state"]) == (["chat"], "open")
    assert len(shop.receiver.requests) == sent


def test_a_folder_that_was_moved_is_told_where_its_deliveries_wait(
    open_shop: Callable[..., Shop],
) -> None:
    moody = Moody()
    shop = opened(open_shop, moody, more=EVENTS)
    step(shop, T1="In Review", T2="Backlog")
    drained(shop)
    old = shop.root
    shop.root = shop.repository.root = old.with_name("moved")
    shutil.move(old, shop.root)
    shop.trust()

    found = shop.json("doctor", code=0)["findings"]
    (moved,) = [each for each in found if each["about"] == "moved"]
    level, said, fix = moved["level"], moved["found"], moved["fix"]
    assert level == "warn"
    assert said == f"1 delivery of {old}, which is not there any more, waits in its own spool"
    assert fix.startswith("if that is this one: ")
    command = fix.partition("`")[2].partition("`")[0]
    subprocess.run(command, shell=True, check=True)
    moody.status = 204
    shop.run("deliver", code=0)
    assert told(shop.receiver.requests[-1]) == ("T1", "In Review")
    assert [e for e in shop.json("doctor")["findings"] if e["about"] == "moved"] == []
