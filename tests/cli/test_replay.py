"""A replay whose subscription is no longer in the config is refused, and `--list` says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import failing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop


@pytest.fixture
def renamed(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop with one dead letter, whose subscription has another name since."""
    shop = open_shop(answers=failing(1), retry="max_attempts = 1")
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)
    config = shop.root / ".spec-notify/config.toml"
    config.write_text(config.read_text("utf-8").replace('name = "shop"', 'name = "store"'))
    shop.trust()
    return shop


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_by_id_it_is_refused(renamed: Shop, dry_run: list[str]) -> None:
    (dead,) = renamed.json("list", "--failed")["deliveries"]

    done = renamed.run("--replay", dead["delivery"], *dry_run, code=2)

    assert "no subscription of this name is in the config: shop" in done.stderr
    assert renamed.json("list")["counts"]["dead"] == 1


def test_among_all_that_failed_it_is_left_out(renamed: Shop) -> None:
    done = renamed.run("--replay", "--failed", code=0)

    assert done.stdout == "0 deliveries replayed\n"
    assert "shop: what was meant for it is left out" in done.stderr
    assert renamed.json("list")["counts"]["dead"] == 1
    assert len(renamed.arrivals(1)) == 1


def test_put_back_it_is_replayed(renamed: Shop) -> None:
    renamed.configure()
    renamed.trust()

    (result,) = renamed.json("--replay", "--failed", code=0)["results"]

    assert result["state"] == "delivered"


def test_what_waits_for_a_lost_subscription_says_so_and_resumes_when_it_is_back(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop(answers=failing(1), retry='schedule = ["1ms"]')
    shop.board(T1="Backlog")
    shop.trust()
    shop.board(T1="Done")
    shop.run("scan", code=0)
    config = shop.root / ".spec-notify/config.toml"
    kept = config.read_text("utf-8")
    config.write_text(kept.replace('name = "shop"', 'name = "store"'))
    shop.trust()
    shop.run("deliver", "--drain", "1ms")

    (parked,) = shop.json("list", "--failed")["deliveries"]
    assert (parked["state"], parked["reason"]) == ("parked", "no_subscription")
    assert "put it back" in parked["guidance"]

    config.write_text(kept)
    shop.trust()
    shop.run("deliver", code=0)
    assert shop.json("list")["counts"]["delivered"] == 1


def test_a_test_is_not_replayed(shop: Shop) -> None:
    (result,) = shop.json("--test", code=0)["results"]

    refused = shop.run("--replay", result["delivery"], code=2)

    assert "run `spec-notify --test` again" in refused.stderr
    assert shop.json("--replay", "--since", "2020-01-01T00:00:00Z")["results"] == []
    shop.run("deliver", code=0)
    assert len(shop.arrivals(1)) == 1
