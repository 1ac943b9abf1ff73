"""Whether the agents of a synthesis disagree, in the many ways its writers say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORDS = frozenset({"conflict", "conflicts", "conflicted"})
_NONE = frozenset({"", "-", "none", "n/a", "no", "no conflicts", "nothing"})
_FLAGS = ("disagreement_detected", "disagreementDetected")


def disagrees(known: Mapping[str, object], status: str) -> bool:
    """Say whether a synthesis says conflict, counts open ones, or flags a disagreement."""
    return status.strip().lower() in _WORDS or bool(open_conflicts(known)) or _flagged(known)


def open_conflicts(known: Mapping[str, object]) -> int | None:
    """Answer how many conflicts are told that were not resolved; None where none are counted."""
    counted = [_count(each["conflicts"]) for each in _rooms(known) if "conflicts" in each]
    return max((each for each in counted if each is not None), default=None)


def _count(told: object) -> int | None:
    if isinstance(told, list):
        return sum(not _says_none(each) for each in told)
    if isinstance(told, dict):
        return len(told)
    if isinstance(told, str):
        return int(not _says_none(told))
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else None


def _says_none(told: object) -> bool:
    return isinstance(told, str) and told.strip(" .\n\t").lower() in _NONE


def _flagged(known: Mapping[str, object]) -> bool:
    return any(each.get(flag) is True for each in _rooms(known) for flag in _FLAGS)


def _rooms(known: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    yield known
    inner = known.get("consensus")
    if isinstance(inner, dict):
        yield inner
