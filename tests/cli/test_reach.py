"""`doctor --reach` asks each receiver over the real wire, and says what to mend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from spec_notify.transports.receiver import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop


def findings(shop: Shop, about: str, *words: str, code: int) -> list[tuple[str, str, str]]:
    found = shop.json("doctor", *words, code=code)["findings"]
    return [(e["level"], e["found"], e["fix"]) for e in found if e["about"] == about]


@pytest.mark.parametrize(
    ("minutes", "level", "code"), [(0, "ok", 0), (2, "warn", 0), (-2, "warn", 0), (6, "fault", 1)]
)
def test_the_receivers_clock_is_compared(
    open_shop: Callable[..., Shop], minutes: int, level: str, code: int
) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)  # noqa: TID251 - a receiver has a clock
    date = format_datetime(at, usegmt=True)
    shop = open_shop(answers=lambda _: Answer(status=405, headers=(("Date", date),)))
    shop.board(T1="Done")
    shop.trust()

    _own, (found_level, found, fix) = findings(shop, "clock", "--reach", code=code)

    assert found_level == level
    assert ("NTP" in fix) == (level != "ok"), found
    shop.receiver.stop()
    assert shop.receiver.requests[0].method == "HEAD"
    shop.receiver._kept.clear()


def test_a_date_that_names_no_zone_is_in_utc(open_shop: Callable[..., Shop]) -> None:
    """HTTP's oldest form of a date (RFC 9110, section 5.6.7), read far from Greenwich."""
    date = datetime.now(UTC).strftime("%a %b %e %H:%M:%S %Y")  # noqa: TID251 - a receiver has a clock
    shop = open_shop(answers=lambda _: Answer(status=405, headers=(("Date", date),)))
    shop.env["TZ"] = "Asia/Tokyo"
    shop.board(T1="Done")
    shop.trust()

    _own, (level, found, _) = findings(shop, "clock", "--reach", code=0)

    assert (level, "apart" in found) == ("ok", True), found
    shop.receiver.stop()
    shop.receiver._kept.clear()


def test_without_being_asked_it_asks_nobody(shop: Shop) -> None:
    assert findings(shop, "reach", code=0) == []
    assert shop.receiver.connections == 0


def test_a_receiver_that_is_down_and_a_name_nobody_knows_are_faults(shop: Shop) -> None:
    shop.receiver.stop()

    ((level, found, fix),) = findings(shop, "reach", "--reach", code=1)
    assert (level, found.partition(": ")[0]) == ("fault", "shop")
    assert "is it up" in fix

    shop.env["SPEC_NOTIFY_SHOP_URL"] = "https://receiver.invalid/x"
    ((level, found, fix),) = findings(shop, "reach", "--reach", code=1)
    assert "dns" in found
    assert "resolver" in fix


def test_off_means_that_nobody_is_asked(shop: Shop) -> None:
    shop.env["SPEC_NOTIFY_ENABLED"] = "0"

    assert findings(shop, "reach", "--reach", code=78) == []
    assert shop.receiver.connections == 0
