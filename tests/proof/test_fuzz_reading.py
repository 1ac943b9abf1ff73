"""Reading, over tens of thousands of texts: `make proof`. A failure names its seed and its text."""

from __future__ import annotations

import os
import random  # noqa: TID251 - seeded: the same texts in every run
from pathlib import Path

import pytest

from tests.properties.reading import check_edits, check_plain
from tests.properties.shapes import SHAPES, growth
from tests.properties.texts import document, mutated

TEXTS = 20_000
BATCHES = 40
FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("**/*.md"))
SAMPLES = os.environ.get("SPEC_NOTIFY_SAMPLES")


@pytest.fixture(scope="module")
def samples() -> list[bytes]:
    if SAMPLES is None and os.environ.get("CI") == "true":
        pytest.fail("SPEC_NOTIFY_SAMPLES names no folder of samples, and this is CI")
    files = FIXTURES + (sorted(Path(SAMPLES).glob("**/*.md")) if SAMPLES else [])
    return [file.read_bytes() for file in files]


def _hold(seed: str, text: str, chance: random.Random) -> None:
    try:
        check_plain(text)
        check_edits(text, chance)
    except Exception as error:
        raise AssertionError(f"seed {seed!r}: {error!r}\n{text!r}") from error


@pytest.mark.parametrize("batch", range(BATCHES))
def test_generated_texts(batch: int) -> None:
    for number in range(TEXTS // BATCHES):
        seed = f"generated {batch}.{number}"
        chance = random.Random(seed)
        _hold(seed, document(chance), chance)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_samples(batch: int, samples: list[bytes]) -> None:
    for number in range(TEXTS // BATCHES):
        seed = f"damaged {batch}.{number}"
        chance = random.Random(seed)
        _hold(seed, mutated(chance.choice(samples), chance), chance)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_text_takes_about_twice_the_time(shape: str) -> None:
    assert growth(shape, least=0.05, most=2**21) <= 2.6
