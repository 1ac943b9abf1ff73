"""The shop, set up and torn down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .shop import Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def open_shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Answer what opens shops; they are closed at the end, and their requests verified."""
    opened: list[Shop] = []

    def open_(**facts: object) -> Shop:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        opened.append(Shop(folder, **facts))  # type: ignore[arg-type] - passed through as given
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    """Answer a shop whose board has two open tasks, trusted and committed, baseline taken."""
    shop = open_shop()
    shop.board(T1="In Progress", T2="Backlog")
    shop.repository.git("add", "-A")
    shop.repository.git("commit", "-qm", "board")
    shop.trust()
    return shop
