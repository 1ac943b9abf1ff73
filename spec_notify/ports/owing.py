"""The seam to what is owed after a dead letter: word of it where its event came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spec_notify.core.delivery import Delivery


class Debts(Protocol):
    """Remembers what is owed until it is paid, over kills and restarts."""

    def owe(self, dead: Sequence[Delivery]) -> None:
        """Remember, durably, those of these dead letters whose source is to hear of them."""

    def due(self, now: int) -> bool:
        """Say whether there is something to pay now; milliseconds UTC."""

    def pay(self, now: int, stopped: Callable[[], bool]) -> None:
        """Pay what can be paid, waiting for others where that must be; what cannot stays owed.

        Raises nothing. It may take seconds, and returns soon once `stopped` says so.
        """
