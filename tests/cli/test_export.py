"""`export ID`: what it writes is really sent, with curl, to a receiver that verifies."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import failing
from tests.acceptance.shop import SECRET, verified

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.shop import Shop

TITLE = 'It\'s 50% \\n `done` "ünï" $HOME \u202e 🎉'
KEYS = [
    "schema", "delivery", "event", "subscription", "method", "url", "headers", "body", "signed",
    "signedUntil",
]  # fmt: skip


@pytest.fixture
def dead(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop with one dead letter, whose title holds whatever a shell could trip over."""
    shop = open_shop(answers=failing(1), retry="max_attempts = 1")
    row = "# Shop\n\n| Task ID | Title | Status |\n| --- | --- | --- |\n| T1 | {} | {} |\n"
    shop.repository.write("SPEC.md", row.format(TITLE, "Todo"))
    shop.trust()
    shop.repository.write("SPEC.md", row.format(TITLE, "Done"))
    shop.run("scan", "--deliver", code=0)
    return shop


def only(shop: Shop) -> str:
    (found,) = shop.json("list", code=0)["deliveries"]
    return str(found["delivery"])


def send(shop: Shop, script: Path, url: str | None) -> subprocess.CompletedProcess[str]:
    env = {"PATH": shop.env["PATH"], **({"URL": url} if url else {})}
    return subprocess.run(
        ["sh", str(script)], env=env, text=True, capture_output=True, timeout=60, check=False
    )


def test_a_signed_one_passes_the_official_verifier_byte_for_byte(dead: Shop) -> None:
    script = dead.root / "send.sh"

    dead.run("export", only(dead), "--sign", "--output", str(script), code=0)
    done = send(dead, script, f"{dead.receiver.url}/by-hand?a=1&b=2")

    assert (done.returncode, done.stdout) == (0, "ok\nHTTP 200\n"), done.stderr
    first, by_hand = dead.arrivals(2)
    assert by_hand.path == "/by-hand?a=1&b=2"
    assert by_hand.body == first.body
    assert by_hand.header("webhook-id") == first.header("webhook-id")
    assert by_hand.header("content-type") == "application/json"
    assert by_hand.header("x-spec-notify-attempt") == "2"
    assert json.loads(by_hand.body)["data"]["task"]["id"] == "T1"


def test_it_holds_no_secret_and_only_plain_ascii(dead: Shop) -> None:
    script = dead.root / "send.sh"

    dead.run("export", only(dead), "--sign", "--output", str(script), code=0)

    text = script.read_bytes()
    assert script.stat().st_mode & 0o777 == 0o600
    assert text.isascii()
    assert SECRET.encode() not in text
    assert SECRET.removeprefix("whsec_").encode() not in text
    assert b"url-canary" not in text
    assert dead.receiver.url.encode() not in text


def test_without_a_url_it_sends_nothing(dead: Shop) -> None:
    script = dead.root / "send.sh"
    dead.run("export", only(dead), "--output", str(script), code=0)

    done = send(dead, script, None)

    assert done.returncode != 0
    assert "set URL to where it goes" in done.stderr
    assert len(dead.receiver.requests) == 1


def test_unsigned_is_said_and_is_unsigned(dead: Shop) -> None:
    done = dead.run("export", only(dead), code=0)

    assert "it is not signed" in done.stderr
    assert "webhook-signature" not in done.stdout
    assert done.stdout.startswith("#!/bin/sh\n")
    assert "webhook-id: evt_" in done.stdout


def test_the_json_has_these_keys(dead: Shop) -> None:
    answer = dead.json("export", only(dead), "--sign", code=0)

    assert list(answer) == KEYS
    assert (answer["schema"], answer["signed"], answer["url"]) == (
        "spec-notify/export/1",
        True,
        None,
    )
    assert answer["headers"]["webhook-signature"].startswith("v1,")
    request = verified(dead.arrivals(1)[0])
    assert answer["body"].encode() == request.body


def test_a_url_that_the_config_states_is_in_it(dead: Shop) -> None:
    config = dead.root / ".spec-notify/config.toml"
    text = config.read_text("utf-8")
    stated = f'url = "{dead.receiver.url}/open"'
    config.write_text(text.replace('url_env = "SPEC_NOTIFY_SHOP_URL"', stated))
    dead.trust()
    script = dead.root / "send.sh"
    dead.run("export", only(dead), "--sign", "-o", str(script), code=0)

    assert send(dead, script, None).returncode == 0
    assert dead.arrivals(2)[1].path == "/open"


def test_what_is_refused(dead: Shop) -> None:
    delivery = only(dead)
    there = dead.root / "SPEC.md"

    assert "no such delivery" in dead.run("export", "dlv_nobody", code=2).stderr
    assert "is no id" in dead.run("export", "T1", code=2).stderr
    assert "exists" in dead.run("export", delivery, "-o", str(there), code=2).stderr
    assert "Shop" in there.read_text("utf-8")
    dead.env.pop("SPEC_NOTIFY_SHOP_SECRET")
    refused = dead.run("export", delivery, "--sign", code=78)
    assert "SPEC_NOTIFY_SHOP_SECRET" in refused.stderr
    dead.run("export", delivery, code=0)


def test_a_kind_that_curl_cannot_send_is_refused(shop: Shop) -> None:
    shop.configure(more='[[subscriptions]]\nname = "air"\ntype = "file"\npath = "out"')
    shop.trust()
    shop.board(T1="Done", T2="Backlog")
    shop.run("scan", code=0)
    found = {each["subscription"]: each for each in shop.json("list")["deliveries"]}

    refused = shop.run("export", found["air"]["delivery"], code=2)
    several = shop.run("export", found["air"]["event"], code=2)

    assert "a delivery to file cannot be exported" in refused.stderr
    assert found["shop"]["delivery"] in several.stderr
