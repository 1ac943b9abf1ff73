"""An answer that is dear to make, kept for a moment for all who ask the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DEAR = 10


class Kept:
    """Answers by what they answer, each for `age` milliseconds of `clock`, or longer if it is dear.

    What took long to make is kept ten times as long, so that it never takes all there is.
    """

    def __init__(self, clock: Callable[[], int], *, age: int) -> None:
        self._clock = clock
        self._age = age
        self._known: dict[str, tuple[int, int, dict[str, Any]]] = {}

    def answer(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Answer what is kept under a key, made anew when it is too old or from the future."""
        now = self._clock()
        made_at, until, known = self._known.get(key, (0, 0, {}))
        if not made_at <= now < until:
            known = make()
            done = self._clock()
            self._known[key] = (done, done + max(self._age, _DEAR * (done - now)), known)
        return known
