"""`trust` shows where messages go and which variables of the user's it hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop

TWO = """\
enabled = true
[[subscriptions]]
name = "chat"
url_env = "SPEC_NOTIFY_SHOP_URL"
secret_env = "SPEC_NOTIFY_SHOP_SECRET"
previous_secret_env = "SPEC_NOTIFY_SHOP_OLD"
[[subscriptions]]
name = "board"
url = "https://example.org/hooks/url-canary-93417"
signature = "none"
"""


def test_every_destination_and_every_variable_is_named(shop: Shop) -> None:
    shop.repository.write(".spec-notify/config.toml", TWO)

    shown = shop.run("trust", code=0).stdout

    assert "chat: the URL in SPEC_NOTIFY_SHOP_URL, signed with SPEC_NOTIFY_SHOP_SECRET" in shown
    assert "SPEC_NOTIFY_SHOP_OLD" in shown
    assert "board: https://example.org, unsigned" in shown
    assert "url-canary" not in shown


def test_a_root_of_runs_outside_the_repository_is_named(shop: Shop) -> None:
    roots = '[sources.conductor]\nroots = ["~/runs"]\n'
    shop.repository.write(".spec-notify/config.toml", TWO + roots)
    assert "reads the runs below ~/runs, and notes failures" in shop.run("trust", code=0).stdout

    shop.repository.write(".spec-notify/config.toml", f"{TWO}{roots}warn_on_failure = false\n")
    assert shop.json("trust", code=0)["roots"] == ["~/runs"]
    teams = '[sources.teams]\npaths = ["~/teams/*.yaml"]\n'
    shop.repository.write(".spec-notify/config.toml", TWO + teams)
    assert "reads manifests of teams: ~/teams/*.yaml" in shop.run("trust", code=0).stdout
    assert shop.json("trust", code=0)["manifests"] == ["~/teams/*.yaml"]
    assert "notes failures" not in shop.run("trust", code=0).stdout


def test_programs_are_told_the_same(shop: Shop) -> None:
    shop.repository.write(".spec-notify/config.toml", TWO)

    chat, board = shop.json("trust", code=0)["destinations"]

    assert chat == {
        "subscription": "chat",
        "type": "webhook",
        "url": None,
        "urlEnv": "SPEC_NOTIFY_SHOP_URL",
        "secretEnv": "SPEC_NOTIFY_SHOP_SECRET",
        "previousSecretEnv": "SPEC_NOTIFY_SHOP_OLD",
        "to": [],
    }
    assert (board["url"], board["secretEnv"]) == ("https://example.org", None)
