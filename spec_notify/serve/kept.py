"""An answer that is dear to make, kept for a moment for all who ask the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Kept:
    """Answers by what they answer, each for `age` milliseconds of `clock`."""

    def __init__(self, clock: Callable[[], int], *, age: int) -> None:
        self._clock = clock
        self._age = age
        self._known: dict[str, tuple[int, dict[str, Any]]] = {}

    def answer(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Answer what is kept under a key, made anew when it is too old or from the future."""
        now = self._clock()
        made_at, known = self._known.get(key, (0, {}))
        if not 0 <= now - made_at < self._age:
            known = make()
            self._known[key] = (now, known)
        return known
