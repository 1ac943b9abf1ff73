"""`explain ID`: each decision of a delivery, from the evidence it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.transports.receiver import Answer, failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

KEYS = ["schema", "id", "event", "deliveries", "notSentTo"]
ENTRY = [
    "attempt", "evidence", "missing", "startedAt", "finishedAt", "verdict", "status", "reason",
    "retryAfter", "state", "why", "nextAttemptAt", "waitMs", "step", "replay", "acknowledged",
]  # fmt: skip


def told(open_shop: Callable[..., Shop], answers: Any, **config: str) -> Shop:
    """Answer a shop whose first Done was queued."""
    shop = open_shop(answers=answers, **config)
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", code=0)
    return shop


def only(shop: Shop) -> dict[str, Any]:
    """Answer the only delivery, as `--list` has it."""
    (found,) = shop.json("list", code=0)["deliveries"]
    return dict(found)


def test_every_decision_is_replayed_with_its_reason(open_shop: Callable[..., Shop]) -> None:
    shop = told(
        open_shop,
        failing(2, retry_after="1"),
        retry='schedule = ["10ms", "20ms"]\njitter = 0.0',
        more='statuses = ["Done"]',
    )
    shop.run("deliver", code=0)
    delivery = only(shop)

    answer = shop.json("explain", delivery["delivery"], code=0)

    assert list(answer) == KEYS
    assert (answer["schema"], answer["id"]) == ("spec-notify/explain/1", delivery["delivery"])
    assert (answer["event"]["id"], answer["event"]["task"]) == (delivery["event"], "T1")
    (shown,) = answer["deliveries"]
    assert {key: shown[key] for key in delivery} == delivery
    first, second, last = shown["history"]
    assert list(first) == ENTRY
    assert [each["attempt"] for each in shown["history"]] == [1, 2, 3]
    assert [each["verdict"] for each in shown["history"]] == ["retry", "retry", "delivered"]
    assert (first["status"], first["retryAfter"], first["waitMs"]) == (503, "1", 1_000)
    assert first["step"] == {"number": 1, "of": 2, "delay": "10ms"}
    assert second["step"] == {"number": 2, "of": 2, "delay": "20ms"}
    assert (last["nextAttemptAt"], last["step"]) == (None, None)
    assert [each["filter"] for each in shown["heard"]["filters"]] == ["events", "statuses"]
    assert all(each["passes"] for each in shown["heard"]["filters"])
    assert shown["schedule"]["delays"] == ["10ms", "20ms"]
    assert shown["next"].startswith("nothing: the receiver has it")


def test_a_person_reads_the_same(open_shop: Callable[..., Shop]) -> None:
    shop = told(open_shop, failing(9, retry_after="20"), retry='schedule = ["1s"]\njitter = 0.0')
    shop.run("deliver", "--drain", "1ms", code=75)

    said = shop.run("explain", only(shop)["delivery"], code=0).stdout

    for words in (
        "events = spec-kit.task.completed: spec-kit.task.completed: passes",
        "schedule: 1s, at most 2 attempts, each delay ±0%",
        "attempt 1: retry: HTTP 503",
        "20s later: step 1 of 1 is 1s; Retry-After said 20",
        "next: attempt 2 at ",
        "no watcher lives",
    ):
        assert words in said


def test_an_event_tells_of_all_its_deliveries_and_who_did_not_want_it(shop: Shop) -> None:
    shop.configure(
        more='[[subscriptions]]\nname = "quiet"\ntype = "file"\npath = "out"\n'
        'owners = ["Ann"]\nstatuses = ["Done"]'
    )
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)

    answer = shop.json("explain", only(shop)["event"], code=0)

    assert [each["subscription"] for each in answer["deliveries"]] == ["shop"]
    (quiet,) = answer["notSentTo"]
    assert (quiet["subscription"], quiet["wanted"]) == ("quiet", False)
    (failed,) = [each for each in quiet["filters"] if not each["passes"]]
    assert (failed["filter"], failed["wants"], failed["has"]) == ("owners", ["Ann"], ["Code"])
    said = shop.run("explain", answer["id"], code=0).stdout
    assert "owners = Ann: Code: DOES NOT PASS" in said


def test_a_dead_letter_says_how_to_free_it(open_shop: Callable[..., Shop]) -> None:
    shop = told(open_shop, failing(1), retry="max_attempts = 1")
    shop.run("deliver", code=1)
    delivery = only(shop)

    said = shop.run("explain", delivery["delivery"], code=0).stdout

    assert "exhausted after 1 attempt" in said
    assert (
        f"to free it: mend the endpoint, then `spec-notify --replay {delivery['delivery']}`" in said
    )
    assert "kept for 7d, then purged" in said


def test_what_is_parked_says_what_it_waits_for(open_shop: Callable[..., Shop]) -> None:
    shop = told(open_shop, lambda _: Answer(status=410))
    shop.run("deliver")

    (shown,) = shop.json("explain", only(shop)["delivery"], code=0)["deliveries"]

    assert (shown["state"], shown["history"][0]["verdict"]) == ("parked", "gone")
    assert "410" in shown["guidance"]
    assert "does not expire" in shown["next"]


def test_evidence_that_is_gone_is_said_to_be(open_shop: Callable[..., Shop]) -> None:
    shop = told(open_shop, failing(1), retry='schedule = ["1ms"]')
    shop.run("deliver", code=0)
    min(shop.root.rglob("*_a1.json")).unlink()
    min(shop.root.rglob("*_a2.json")).write_text("[]")

    first, second = shop.json("explain", only(shop)["delivery"])["deliveries"][0]["history"]

    assert (first["attempt"], first["verdict"]) == (1, None)
    assert "rotated away" in first["missing"]
    assert "not as it was written" in second["missing"]
    assert "attempt 1: its evidence was" in shop.run("explain", only(shop)["delivery"]).stdout


def test_evidence_that_is_no_file_yet_is_read_from_the_spool(shop: Shop) -> None:
    (shop.root / "evidence").write_text("in the way")
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)

    (shown,) = shop.json("explain", only(shop)["delivery"], code=0)["deliveries"]

    assert [each["verdict"] for each in shown["history"]] == ["delivered"]


@pytest.mark.parametrize("id", ["dlv_nobody", "evt_nobody"])
def test_an_id_nobody_knows_is_answered_with_a_hint(shop: Shop, id: str) -> None:
    done = shop.run("explain", id, code=1)

    assert done.stdout == ""
    assert "`spec-notify --list` shows those it does" in done.stderr


def test_what_is_no_id_is_refused(shop: Shop) -> None:
    assert "evt_ or dlv_" in shop.run("explain", "T1", code=2).stderr
    assert "evt_ or dlv_" in shop.run("explain", "dlv_x", "--at", "HEAD", code=2).stderr


def test_the_settings_show_each_schedule_in_full(shop: Shop) -> None:
    (subscription,) = shop.json("config", "show", code=0)["config"]["subscriptions"]

    assert subscription["retry"]["schedule"] == [
        "1s", "2s", "4s", "8s", "10s", "1m", "5m", "30m", "2h", "6h",
    ]  # fmt: skip


def stuck(open_shop: Callable[..., Shop], count: int, **config: str) -> Shop:
    """Answer a shop whose receiver failed so many deliveries in a row."""
    shop = open_shop(answers=failing(99), retry='schedule = ["5m"]\njitter = 0.0', **config)
    shop.board(**{f"T{number}": "Backlog" for number in range(count)})
    shop.trust()
    shop.board(**{f"T{number}": "Done" for number in range(count)})
    shop.run("scan", "--deliver", "--drain", "3s")
    return shop


def test_an_open_breaker_says_since_when_and_when_it_tries_again(
    open_shop: Callable[..., Shop],
) -> None:
    shop = stuck(open_shop, 12, more="concurrency = 3")
    listed = shop.json("list")
    (breaker,) = listed["breakers"]
    url = shop.receiver.url

    assert (breaker["endpoint"], breaker["subscriptions"]) == (url, ["shop"])
    assert (breaker["state"], breaker["offline"], breaker["trying"]) == ("open", False, False)
    assert breaker["failures"] >= 10
    assert breaker["since"] < breaker["nextTryAt"]
    waiting = next(each for each in listed["deliveries"] if each["state"] == "pending")
    (shown,) = shop.json("explain", waiting["delivery"])["deliveries"]
    assert shown["lane"]["breaker"] == breaker
    assert shown["lane"]["heldBackBy"] == ["breaker"]
    said = shop.run("explain", waiting["delivery"]).stdout
    assert f"breaker of {url} (shop): open since {breaker['since']}" in said
    assert f"next try at {breaker['nextTryAt']}" in said
    assert "HELD BACK by its breaker" in said
    assert "url-canary" not in said
    for command in ("list", "doctor"):
        assert f"{url} (shop): open since" in shop.run(command).stdout
    shop.run("replay", waiting["delivery"], "--drain", "0s")
    (asked,) = shop.json("explain", waiting["delivery"])["deliveries"]
    assert asked["attempts"] > waiting["attempts"] or asked["lane"]["heldBackBy"] == []


def test_rate_and_order_say_what_they_hold_back(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(
        answers=failing(99),
        retry='schedule = ["5m"]\njitter = 0.0',
        more='events = ["*"]\nrate = "1/h"\norder = "task"',
    )
    shop.board(T1="Backlog", T2="Backlog")
    shop.trust()
    for status in ("In Progress", "Done"):
        shop.board(T1=status, T2="Backlog")
        shop.run("scan", code=0)
    shop.board(T1="Done", T2="Done")
    shop.run("scan", "--deliver", "--drain", "1ms")

    deliveries = {(e["task"], e["type"]): e["delivery"] for e in shop.json("list")["deliveries"]}
    first = deliveries["T1", "spec-kit.task.transitioned"]
    (second,) = shop.json("explain", deliveries["T1", "spec-kit.task.completed"])["deliveries"]
    (other,) = shop.json("explain", deliveries["T2", "spec-kit.task.completed"])["deliveries"]

    assert second["lane"]["order"] == {"behind": [first]}
    assert second["lane"]["heldBackBy"] == ["rate", "order"]
    assert f"and not before {first} is finished" in second["next"]
    assert other["lane"]["heldBackBy"] == ["rate"]
    assert other["lane"]["rate"]["limit"] == "1/h"
    assert other["lane"]["rate"]["freeAt"] in other["next"]
    said = shop.run("explain", second["delivery"]).stdout
    assert "rate: 1/h; the next may leave at " in said
    assert f"order: by task; behind {first}" in said
