"""A thousand switches under a live watcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.conftest import open_shop, shop
from tests.acceptance.switching import switch_and_commit

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop

__all__ = ["open_shop", "shop"]


def test_a_thousand_switches_tell_nothing_and_the_commit_after_them_its_own(
    shop: Shop,
) -> None:
    rate = switch_and_commit(shop, 1_000)

    print(f"1,000 switches at {rate:.0f} a second: one event, that of the commit after them")
