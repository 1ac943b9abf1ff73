"""What arrives satisfies verifiers that are none of ours, in another language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .node import need_node, types_by_node

if TYPE_CHECKING:
    from .shop import Shop


def test_nodes_standardwebhooks_accepts_what_arrives(shop: Shop) -> None:
    need_node()
    shop.board(T1="Done ✓ — «geprüft»", T2="Backlog")
    shop.run("scan", "--deliver", code=0)

    assert types_by_node(shop.arrivals(1)) == ["spec-kit.task.completed"]
