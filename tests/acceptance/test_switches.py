"""Switching branches under a live watcher announces nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .switching import switch_and_commit

if TYPE_CHECKING:
    from .shop import Shop


def test_twenty_five_switches_tell_nothing_and_the_commit_after_them_its_own(shop: Shop) -> None:
    switch_and_commit(shop, 25)
