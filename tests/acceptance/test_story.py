"""The main job, end to end, as a user runs it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

from spec_notify.transports.receiver import Answer, failing

from .shop import SECRET, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop


def test_a_task_that_turns_done_arrives_signed_and_leaves_evidence(shop: Shop) -> None:
    shop.board(T1="**Done** (2026-11-20)", T2="Backlog")

    shop.run("scan", "--deliver", code=0)

    (request,) = shop.arrivals(1)
    body = json.loads(request.body)
    assert told(request) == ("T1", "Done")
    assert body["type"] == "spec-kit.task.completed"
    assert request.header("webhook-id") == body["id"] == body["data"]["idempotencyKey"]
    assert body["data"]["git"]["dirty"] is True
    assert body["data"]["task"]["line"] == 5
    (record,) = (shop.root / "evidence/commands/_unassigned/webhooks").glob("2*.json")
    assert json.loads(record.read_bytes())["verdict"] == "delivered"
    shop.run("evidence", "verify", code=0)


def test_a_second_look_tells_nothing_twice(shop: Shop) -> None:
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", "--deliver", code=0)

    shop.run("scan", "--deliver", code=0)

    assert len(shop.arrivals(1)) == 1
    assert shop.json("list")["counts"]["delivered"] == 1


def test_a_first_look_announces_nothing(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop()
    shop.board(T1="Done", T2="Done")
    shop.trust()

    assert shop.json("scan", "--deliver")["events"] == []
    assert shop.receiver.requests == []


def test_an_outage_ends_in_a_dead_letter_that_can_be_replayed(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(
        answers=failing(2),
        retry='schedule = ["10ms"]\n',
    )
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)

    (dead,) = shop.json("list", "--failed")["deliveries"]
    assert (dead["state"], dead["attempts"], dead["lastStatus"]) == ("dead", 2, 503)
    assert dead["delivery"] in dead["guidance"]

    (result,) = shop.json("replay", dead["delivery"], code=0)["results"]
    assert (result["state"], result["attempts"]) == ("delivered", 3)
    record = json.loads((shop.root / result["evidence"]).read_bytes())
    assert record["replay"]["by"]
    ids = {request.header("webhook-id") for request in shop.arrivals(3)}
    assert ids == {dead["event"]}


def test_a_dead_endpoint_hurts_no_other(open_shop: Callable[..., Shop]) -> None:
    """Beside one that is refused and one that never answers, the third arrives at once."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        shop = open_shop(more="".join(map(another, ("dead", "deaf"))))
        shop.env["SPEC_NOTIFY_DEAD_URL"] = "http://127.0.0.1:1/hook"
        shop.env["SPEC_NOTIFY_DEAF_URL"] = f"http://127.0.0.1:{deaf.getsockname()[1]}/hook"
        shop.board(**dict.fromkeys(("T1", "T2", "T3"), "Backlog"))
        shop.trust()
        shop.board(**dict.fromkeys(("T1", "T2", "T3"), "Done"))
        shop.run("scan", "--deliver", "--drain", "100ms", code=0)

    assert {told(each)[0] for each in shop.arrivals(3)} == {"T1", "T2", "T3"}
    found = shop.json("list")["deliveries"]
    states = {(each["subscription"], each["state"]) for each in found}
    assert states == {("shop", "delivered"), ("dead", "pending"), ("deaf", "pending")}


def another(name: str) -> str:
    return (
        f'[[subscriptions]]\nname = "{name}"\nurl_env = "SPEC_NOTIFY_{name.upper()}_URL"\n'
        'secret_env = "SPEC_NOTIFY_SHOP_SECRET"\nallow_private = true\ntimeout = "1s"\n'
    )


def test_the_root_options_are_the_subcommands(shop: Shop) -> None:
    assert shop.json("--list") == shop.json("list")
    assert shop.json("--list", "--failed")["deliveries"] == []
    shop.run("--replay", "--failed", code=0)
    assert shop.json("--test")["results"][0]["state"] == "delivered"
    shop.arrivals(1)


def test_a_test_shows_what_it_sent_and_leaves_no_dead_letter(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(answers=lambda _: Answer(status=500))
    shop.board(T1="Backlog")
    shop.trust()

    shown = shop.run("--test", "SPEC-DEMO-1", "--subscription", "shop", code=1)

    assert "webhook-signature: v1," in shown.stdout
    assert "spec-notify.test" in shown.stdout
    (request,) = shop.arrivals(1)
    assert json.loads(request.body)["data"]["test"] is True
    assert shop.json("list")["counts"]["dead"] == 0


def test_a_dry_run_sends_nothing_and_keeps_the_payload(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(more="dry_run = true")
    shop.board(T1="Backlog")
    shop.trust()

    (result,) = shop.json("--test", code=0)["results"]

    record = json.loads((shop.root / result["evidence"]).read_bytes())
    assert record["verdict"] == "dry_run"
    assert json.loads(record["request"]["body"])["type"] == "spec-notify.test"
    assert shop.receiver.connections == 0


def test_no_secret_and_no_url_token_is_left_anywhere(shop: Shop) -> None:
    shop.board(T1="Done", T2="Done")
    done = shop.run("scan", "--deliver", code=0)
    listed = shop.run("--list", code=0)
    shop.arrivals(2)

    texts = [done.stdout + done.stderr + listed.stdout + listed.stderr]
    files = [p for top in (shop.state, shop.root) for p in top.rglob("*") if p.is_file()]
    texts += [path.read_bytes().decode("latin-1") for path in files]
    for canary in (SECRET, SECRET[6:], "url-canary-93417"):
        assert not [text for text in texts if canary in text]
