"""Which new text is an old one, reworded."""

from __future__ import annotations

import time

import pytest

from spec_notify.core.similarity import ALIKE, reworded, similarity


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("draw the route", "draw the route", True),
        ("draw the route", "draw the whole route", True),
        ("draw the route", "redraw the route on paper", True),
        ("draw the route", "polish the desk", False),
        ("draw the route", "", False),
        ("a" * 300, "ab" * 150, False),
    ],
)
def test_texts_are_alike_by_their_letters(first: str, second: str, *, alike: bool) -> None:
    assert (similarity(first, second) >= ALIKE) is alike


def test_long_titles_are_compared_as_short_ones_are() -> None:
    title = (
        "carry every parcel that arrived before noon from the counter to the yellow van, weigh it "
        "on the new scales, write its number into the book under today's date, and tell the driver "
        "which of them must not be turned over, because the sender asked for it on the label"
    )
    assert len(title) > 250
    assert similarity(title, title.replace("yellow", "blue")) > 0.9
    assert similarity(title, title[::-1]) < ALIKE


def test_only_the_mutually_best_are_paired() -> None:
    gone = ["draw the route", "time the route"]
    came = ["draw the whole route", "time the route twice", "polish the desk"]
    assert reworded(gone, came) == [(0, 0), (1, 1)]


def test_a_text_with_two_equally_good_partners_is_paired_with_neither() -> None:
    assert reworded(["draw the route"], ["draw the route a", "draw the route b"]) == []
    assert reworded(["draw the route a", "draw the route b"], ["draw the route"]) == []


def test_order_decides_nothing() -> None:
    gone = ["draw the route", "time the route", "walk the dog"]
    came = ["walk the dogs", "time the routes", "draw a route"]
    pairs = {(gone[g], came[c]) for g, c in reworded(gone, came)}
    turned = reworded(gone[::-1], came[::-1])
    assert {(gone[::-1][g], came[::-1][c]) for g, c in turned} == pairs
    assert len(pairs) == 3


def test_a_few_hundred_reworded_texts_are_found_by_their_rarer_words() -> None:
    gone = [f"deliver letter number{n} to house h{n * 7}" for n in range(300)]
    came = [f"deliver the letter number{n} to house h{n * 7}" for n in range(300)]
    assert reworded(gone, came) == [(n, n) for n in range(300)]


@pytest.mark.parametrize(
    ("gone", "came"),
    [
        (["aab" * 60] * 30, ["abb" * 60] * 30),
        ([f"{'aab' * 31}{n}" for n in range(60)], [f"{'abb' * 31}{n}" for n in range(60)]),
        (
            [f"letter {n} of many" for n in range(5000)],
            [f"parcel {n} of many" for n in range(5000)],
        ),
    ],
)
def test_texts_made_to_be_slow_are_given_up_on(gone: list[str], came: list[str]) -> None:
    begun = time.perf_counter()
    reworded(gone, came)
    assert time.perf_counter() - begun < 8
