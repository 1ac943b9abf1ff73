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
