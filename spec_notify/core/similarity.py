"""Which new text is which old text, reworded; in bounded time, and never by position."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ALIKE = 0.6
# Comparing two texts costs about the places where their letters agree: what all of it may cost,
# a second or two; what one pair may, which only texts of one repeated letter exceed; and up to
# how many pairs none is left out.
_BUDGET, _PAIR_BUDGET, _FULL = 600_000, 12_000, 4_096
_CANDIDATES = 3
_COMMON = 20


def similarity(first: str, second: str) -> float:
    """Answer how alike two texts are, from 0 to 1, by the ratio of difflib.

    Texts that difflib would take long to compare are alike only if they are the same.
    """
    if first == second:
        return 1.0
    agreeing, bound = _estimate(Counter(first), Counter(second))
    return _ratio(first, second) if bound and agreeing <= _PAIR_BUDGET else 0.0


def reworded(gone: Sequence[str], came: Sequence[str]) -> list[tuple[int, int]]:
    """Pair positions in `gone` and `came` that are mutually best, alike, and without a rival.

    Texts are compared as given. Where comparing all of them would take long, only those that
    share their rarer words are; where even that would, nothing is paired.
    """
    every = [(g, c) for g in range(len(gone)) for c in range(len(came))] if _few(gone, came) else []
    worth = _worth(gone, came, every) if every else None
    if worth is None:
        worth = _worth(gone, came, _likely(gone, came)) or []
    scores = [(g, c, _ratio(gone[g], came[c])) for g, c in worth]
    alike = [(g, c, score) for g, c, score in scores if score >= ALIKE]
    best_for_gone = _best(alike)
    best_for_came = _best((c, g, score) for g, c, score in alike)
    return [(g, c) for g, c in best_for_gone.items() if best_for_came.get(c) == g]


def _few(gone: Sequence[str], came: Sequence[str]) -> bool:
    return len(gone) * len(came) <= _FULL


def _worth(
    gone: Sequence[str], came: Sequence[str], pairs: Iterable[tuple[int, int]]
) -> list[tuple[int, int]] | None:
    """Answer the pairs that may be alike, or None where comparing them would take long."""
    old, new = [Counter(text) for text in gone], [Counter(text) for text in came]
    total, worth = 0, []
    for g, c in pairs:
        agreeing, bound = _estimate(old[g], new[c])
        if bound >= ALIKE and agreeing <= _PAIR_BUDGET:
            total += agreeing
            worth.append((g, c))
    return worth if total <= _BUDGET else None


def _estimate(first: Counter[str], second: Counter[str]) -> tuple[int, float]:
    """Answer how many places of two texts agree, and a bound of how alike they can be."""
    agreeing = common = 0
    for letter, count in first.items():
        agreeing += count * second[letter]
        common += min(count, second[letter])
    whole = first.total() + second.total()
    return agreeing, 2 * common / whole if whole else 0.0


def _ratio(first: str, second: str) -> float:
    # Most looks reword nothing: they do not pay for the import.
    from difflib import SequenceMatcher

    # To difflib each letter of a long title is too popular to count; a bound on time is kept here.
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _best(scored: Iterable[tuple[int, int, float]]) -> dict[int, int]:
    """Answer each one's best partner; one with two equally good partners has none."""
    best: dict[int, tuple[float, int | None]] = {}
    for one, other, score in scored:
        top = best.get(one, (0.0, None))[0]
        if score > top:
            best[one] = (score, other)
        elif score == top:
            best[one] = (score, None)
    return {one: other for one, (_, other) in best.items() if other is not None}


def _likely(gone: Sequence[str], came: Sequence[str]) -> Iterator[tuple[int, int]]:
    holders = defaultdict(list)
    for g, text in enumerate(gone):
        for word in set(text.split()):
            holders[word].append(g)
    for c, text in enumerate(came):
        shared: Counter[int] = Counter()
        for word in set(text.split()):
            # A word that half the document shares tells nobody apart.
            if len(holders.get(word, ())) <= _COMMON:
                shared.update(holders.get(word, ()))
        yield from ((g, c) for g, _ in shared.most_common(_CANDIDATES))
