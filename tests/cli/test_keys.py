"""A subscription that signs with an ed25519 key: rotation, migration, and a missing library."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.ed25519 import spell_pair
from spec_notify.core.signature import verify_entry
from tests.acceptance.shop import SECRET, Shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.transports.receiver import Request

PRIVATE, PUBLIC = spell_pair(b"a seed for the tests of one shop")
PREVIOUS = 'previous_secret_env = "SPEC_NOTIFY_SHOP_SECRET_OLD"'


def fits(verifier: str, request: Request) -> bool:
    headers = {name.lower(): value for name, value in request.headers}
    return verify_entry(
        verifier,
        headers["webhook-signature"],
        id=headers["webhook-id"],
        timestamp=int(headers["webhook-timestamp"]),
        body=request.body,
    )


def migrating(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop that signs with a key, and still with the secret that receivers know."""
    shop = open_shop(more=PREVIOUS)
    shop.env |= {"SPEC_NOTIFY_SHOP_SECRET": PRIVATE, "SPEC_NOTIFY_SHOP_SECRET_OLD": SECRET}
    shop.board(T1="Backlog")
    shop.trust()
    return shop


def test_while_receivers_move_over_both_signatures_stand_in_one_header(
    open_shop: Callable[..., Shop],
) -> None:
    shop = migrating(open_shop)
    shop.board(T1="Done")
    shop.run("scan", "--deliver", code=0)
    (request,) = shop.arrivals(1)

    assert fits(PUBLIC, request)
    assert fits(SECRET, request)
    (delivery,) = shop.json("list")["deliveries"]
    said = "".join(
        shop.run(*words.split()).stdout
        for words in (f"explain {delivery['delivery']}", "config show", "doctor", "test", "list")
    )
    assert PRIVATE[5:20] not in said


def without_the_library(shop: Shop, folder: Path) -> None:
    (folder / "sitecustomize.py").write_text("import sys\nsys.modules['cryptography'] = None\n")
    known = os.environ.get("PYTHONPATH")
    shop.env["PYTHONPATH"] = os.pathsep.join([str(folder), *([known] if known else [])])


def test_without_the_library_each_command_names_the_extra_and_the_delivery_waits(
    open_shop: Callable[..., Shop], tmp_path: Path
) -> None:
    shop = migrating(open_shop)
    folder = tmp_path / "without"
    folder.mkdir()
    before = shop.env.get("PYTHONPATH")
    without_the_library(shop, folder)
    fix = "SPEC_NOTIFY_SHOP_SECRET: an ed25519 key needs cryptography: "
    fix += "pip install 'spec-notify[ed25519]'"
    for command in ("config check", "doctor", "test"):
        done = shop.run(*command.split(), code=78)
        assert fix in done.stdout + done.stderr, command
    shop.board(T1="Done")
    shop.run("scan", "--deliver")

    (waiting,) = shop.json("list")["deliveries"]
    assert (waiting["state"], waiting["reason"]) == ("parked", "unsupported")
    shop.env["PYTHONPATH"] = before or ""
    shop.run("deliver", code=0)
    assert fits(PUBLIC, shop.arrivals(1)[0])


def test_a_key_of_no_use_parks_and_is_not_repeated(open_shop: Callable[..., Shop]) -> None:
    shop = migrating(open_shop)
    shop.env["SPEC_NOTIFY_SHOP_SECRET"] = PRIVATE[:-8]

    done = shop.run("config", "check", code=78)

    assert "SPEC_NOTIFY_SHOP_SECRET: such a key is whsk_" in done.stdout
    assert PRIVATE[5:20] not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("until", "signatures", "level", "said"),
    [
        ('"2999-12-31"', 2, "ok", "signs too until 2999-12-31T00:00:00.000Z"),
        ("2999-12-31T00:00:00Z", 2, "ok", "signs too until 2999-12-31T00:00:00.000Z"),
        ('"2020-01-01"', 1, "warn", "ended at 2020-01-01T00:00:00.000Z"),
        ("2020-01-01", 1, "warn", "ended at 2020-01-01T00:00:00.000Z"),
    ],
)
def test_a_rotation_has_an_end(
    open_shop: Callable[..., Shop], until: str, signatures: int, level: str, said: str
) -> None:
    shop = open_shop(more=f"{PREVIOUS}\nprevious_secret_until = {until}")
    shop.env["SPEC_NOTIFY_SHOP_SECRET_OLD"] = PRIVATE
    shop.trust()
    shop.run("test", code=0)
    (request,) = shop.arrivals(1)

    header = {name.lower(): value for name, value in request.headers}["webhook-signature"]
    assert len(header.split(" ")) == signatures
    found = [each for each in shop.json("doctor")["findings"] if said in each["found"]]
    assert [each["level"] for each in found] == [level]
    assert bool(found[0]["fix"]) == (level == "warn")


@pytest.mark.parametrize("until", ['"soon"', "true", "7", '"2027-13-01"'])
def test_an_end_that_is_no_date_is_a_mistake(open_shop: Callable[..., Shop], until: str) -> None:
    shop = open_shop(more=f"{PREVIOUS}\nprevious_secret_until = {until}")

    assert "previous_secret_until" in shop.run("config", "check", code=78).stdout
