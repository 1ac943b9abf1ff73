"""A live watcher waits until what it sees is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .shop import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from .shop import Shop


def test_done_and_back_within_the_settle_window_is_nothing(shop: Shop) -> None:
    shop.watch()

    for _ in range(20):
        shop.board(T1="Done", T2="Backlog")
        shop.board(T1="In Progress", T2="Backlog")
    shop.board(T1="In Progress", T2="Done")

    assert [told(each) for each in shop.arrivals(1)] == [("T2", "Done")]
    assert [each["task"] for each in shop.json("list")["deliveries"]] == ["T2"]


def test_what_is_held_is_named_with_the_way_out(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(top="[sources.spec]\nhold_above = 1")
    shop.board(T1="Backlog", T2="Backlog", T3="Backlog")
    shop.repository.commit()
    shop.trust()
    shop.board(T1="Done", T2="Done", T3="Backlog")
    shop.run("scan", code=0)

    listed, looked_over = shop.run("list", code=0).stdout, shop.run("doctor").stdout

    assert "held: SPEC.md: 2 events since" in listed
    assert "SPEC.md: 2 events wait for a human" in looked_over
    for said in (listed, looked_over):
        assert "spec-notify accept SPEC.md" in said
