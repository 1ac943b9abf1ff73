"""A shop whose config is the user's own word, so that nothing need be trusted first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.wiring import Wiring
from tests.acceptance.conftest import open_shop, shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.core.delivery import State
    from tests.acceptance.shop import Shop

__all__ = ["open_shop", "shop"]

ALL = 'events = ["*"]'


@pytest.fixture
def open_trusted(open_shop: Callable[..., Shop]) -> Callable[..., Shop]:
    """Answer what opens shops that hear of everything, unless they are told otherwise."""

    def open_(*, more: str = ALL, **facts: object) -> Shop:
        shop = open_shop(more=more, **facts)
        shop.env["SPEC_NOTIFY_CONFIG"] = str(shop.root / ".spec-notify/config.toml")
        return shop

    return open_


def counts(shop: Shop) -> dict[State, int]:
    """Answer how many deliveries a shop has in each state."""
    wiring = Wiring.open(shop.root, config_file=None, env=shop.env)
    try:
        return wiring.spool.counts()
    finally:
        wiring.close()
