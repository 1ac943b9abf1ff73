"""The operator's side: cancelled, acknowledged, purged, and one set of words to choose by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.transports.receiver import Answer, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

RESULT = ["delivery", "event", "subscription", "state", "status", "attempts", "evidence"]


def queued(open_shop: Callable[..., Shop], count: int = 2, **facts: Any) -> Shop:
    """Answer a shop with so many deliveries queued."""
    shop = open_shop(**facts)
    tasks = [f"T{number}" for number in range(1, count + 1)]
    shop.board(**dict.fromkeys(tasks, "Backlog"))
    shop.trust()
    shop.board(**dict.fromkeys(tasks, "Done"))
    shop.run("scan", code=0)
    return shop


@pytest.fixture
def dead(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop with two dead letters."""
    shop = queued(open_shop, answers=failing(2), retry="max_attempts = 1")
    shop.run("deliver", code=1)
    return shop


def ids(shop: Shop, *words: str) -> list[str]:
    return [each["delivery"] for each in shop.json("list", *words, code=0)["deliveries"]]


def counts(shop: Shop) -> dict[str, int]:
    return dict(shop.json("list", code=0)["counts"])


def test_what_waits_is_cancelled_and_can_be_sent_after_all(open_shop: Callable[..., Shop]) -> None:
    shop = queued(open_shop)
    first, second = ids(shop)

    would = shop.json("cancel", first, "--dry-run", code=0)
    assert [each["state"] for each in would["results"]] == ["pending"]
    answer = shop.json("cancel", first, code=0)

    assert list(answer) == ["schema", "results"]
    assert answer["schema"] == "spec-notify/cancel/1"
    (result,) = answer["results"]
    assert list(result) == RESULT
    assert (result["delivery"], result["state"]) == (first, "cancelled")
    shop.run("deliver", code=0)
    assert len(shop.arrivals(1)) == 1
    refused = shop.run("cancel", first, second, code=2)
    assert f"{first} is cancelled" in refused.stderr
    assert f"{second} is delivered" in refused.stderr
    assert shop.json("--replay", first, code=0)["results"][0]["state"] == "delivered"


def test_what_is_described_leaves_out_what_cannot_be_cancelled(dead: Shop) -> None:
    done = dead.run("cancel", "--subscription", "shop", code=0)

    assert done.stdout == "0 deliveries cancelled\n"
    assert "2 deliveries left out: not pending or parked" in done.stderr


def test_an_acknowledged_dead_letter_counts_no_more_and_the_evidence_says_who(dead: Shop) -> None:
    first, second = ids(dead, "--failed")

    answer = dead.json("ack", first, code=0)

    assert answer["schema"] == "spec-notify/ack/1"
    (result,) = answer["results"]
    assert list(result) == RESULT
    assert (result["delivery"], result["state"]) == (first, "dead")
    record = json.loads((dead.root / result["evidence"]).read_bytes())
    assert record["attempt"] == 0
    assert record["acknowledged"]["by"]
    assert result["evidence"].endswith(f"_{first}_a0.json")
    assert ids(dead, "--failed") == [second]
    listed = dead.json("list", code=0)
    assert (listed["counts"]["dead"], listed["acknowledged"]) == (1, 1)
    (shown,) = [each for each in listed["deliveries"] if each["delivery"] == first]
    assert (shown["state"], shown["guidance"]) == ("dead", None)
    dead.run("evidence", "verify", code=0)
    assert "1 acknowledged" in dead.run("list", code=0).stdout
    assert "acknowledged by " in dead.run("explain", first, code=0).stdout
    assert "1 already acknowledged" in dead.run("ack", first, code=0).stderr


def test_the_failed_are_replayed_without_the_acknowledged_which_still_can_be(dead: Shop) -> None:
    first, second = ids(dead, "--failed")
    dead.run("ack", first, code=0)

    done = dead.run("--replay", "--failed", code=0)

    assert second in done.stdout
    assert first not in done.stdout
    assert "1 acknowledged dead letter left out" in done.stderr
    assert dead.json("--replay", first, code=0)["results"][0]["state"] == "delivered"
    assert dead.json("list")["acknowledged"] == 0


def test_only_dead_letters_are_acknowledged(open_shop: Callable[..., Shop]) -> None:
    shop = queued(open_shop, 1)

    assert "is pending" in shop.run("ack", *ids(shop), code=2).stderr
    assert (
        "0 deliveries acknowledged" in shop.run("ack", "--type", "spec-kit.task.completed").stdout
    )


def test_a_purge_asks_says_what_it_did_and_leaves_the_evidence(dead: Shop) -> None:
    first, second = ids(dead, "--failed")
    files = sorted(dead.root.rglob("*_a1.json"))

    assert "say --yes to purge" in dead.run("purge", first, code=2).stderr
    assert "1 delivery would be purged" in dead.run("purge", first, "--dry-run", code=0).stdout
    done = dead.run("purge", first, "--yes", code=0)

    assert "1 delivery purged" in done.stdout
    assert "purged 1 delivery, 1 dead letter among them" in done.stderr
    assert ids(dead) == [second]
    assert sorted(dead.root.rglob("*_a1.json")) == files
    dead.run("evidence", "verify", code=0)
    assert "no such delivery" in dead.run("--replay", first, code=2).stderr


def test_a_purge_by_age_spares_the_young_and_what_is_open(open_shop: Callable[..., Shop]) -> None:
    shop = queued(open_shop, 2, answers=lambda _: Answer(status=503), retry='schedule = ["1h"]')
    shop.run("deliver", "--drain", "1ms", code=75)
    first, second = ids(shop)
    shop.run("cancel", first, code=0)

    assert shop.json("purge", "--older-than", "1d", "--yes", code=0)["results"] == []
    answer = shop.json("purge", "--older-than", "0s", "--yes", code=0)

    assert [each["delivery"] for each in answer["results"]] == [first]
    assert ids(shop) == [second]
    assert "is pending" in shop.run("purge", second, "--yes", code=2).stderr


@pytest.mark.parametrize("command", ["--replay", "cancel", "ack", "purge"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "what? Give ids"),
        ("T1", "T1 is no id"),
        ("dlv_nobody", "no such delivery or event: dlv_nobody"),
        ("--state lost", "lost is no state"),
        ("--since yesterday", "yesterday is no instant"),
    ],
)
def test_wrong_words_change_nothing(shop: Shop, command: str, words: str, said: str) -> None:
    assert said in shop.run(command, *words.split(), code=2).stderr


def test_one_set_of_words_chooses_for_every_command(dead: Shop) -> None:
    for words, found in (
        ("--state dead", 2),
        ("--state dead --state parked --subscription shop", 2),
        ("--type spec-kit.task.completed --until 2100-01-01", 2),
        ("--since 2100-01-01", 0),
        ("--failed --spec SPEC-NOBODY", 0),
        ("--state delivered", 0),
    ):
        for command in ("--replay", "ack", "purge"):
            answer = dead.json(command, *words.split(), "--dry-run", code=0)
            assert len(answer["results"]) == found, (command, words)
