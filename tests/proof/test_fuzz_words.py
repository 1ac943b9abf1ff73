"""What strangers write, twenty thousand times each: configs, answers, wishes and signatures.

Nothing raises, and twice as much takes about twice as long.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec_notify.core.config import Kind
from spec_notify.core.config.reading import parse
from spec_notify.core.retry import parse_retry_after
from spec_notify.core.signature import verify_standard
from tests.core.test_signature import test_no_signature_and_no_id_makes_the_verifier_fall_over
from tests.properties.test_config import (
    EXAMPLE,
    KEYS,
    kinds,
    values,
)
from tests.properties.test_config import (
    test_any_text_is_answered as any_config,
)
from tests.properties.test_config import (
    test_no_value_ever_shows_in_a_problem as any_table,
)
from tests.properties.test_config import (
    test_the_example_damaged_anywhere_is_read_or_explained as damaged_example,
)
from tests.properties.test_retry import NOW
from tests.properties.test_retry import test_no_header_makes_the_parser_fall_over as any_wish
from tests.transports.test_answers import answers
from tests.transports.test_answers import test_any_bytes_become_a_reply_or_a_failure as any_answer

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = settings(
    max_examples=20_000, deadline=None, database=None, suppress_health_check=[*HealthCheck]
)
any_signature = test_no_signature_and_no_id_makes_the_verifier_fall_over
texts = st.text(st.characters())
# Almost an entry: what a verifier might be tempted to read.
entries = st.lists(st.from_regex(r"v1a?,[A-Za-z0-9+/]{0,44}={0,2}") | texts, max_size=6).map(
    " ".join
)


def again(
    test: Callable[..., None], often: settings = MANY, **strategies: st.SearchStrategy[object]
) -> Callable[[], None]:
    """Answer a property that stands elsewhere, to be tried twenty thousand times."""
    many: Callable[[], None] = often(given(**strategies)(test.hypothesis.inner_test))  # type: ignore[attr-defined]
    return many


test_config_text = again(any_config, text=texts, kind=kinds)
test_config_tables = again(
    any_table,
    # A table costs ten times what a text does.
    settings(MANY, max_examples=2_000),
    table=st.dictionaries(st.sampled_from(KEYS), values, max_size=6),
    kind=kinds,
)
test_config_damaged = again(
    damaged_example,
    at=st.integers(0, len(EXAMPLE)),
    cut=st.integers(0, 12),
    put=st.text(alphabet=" \n\"[]{}=.#,'\\ab0", max_size=4),
)
test_response = again(any_answer, chunks=st.lists(answers | st.binary(max_size=60), max_size=4))
test_retry_after = again(
    any_wish, value=texts | st.text('0123456789 ,:-+GMTsunNovJan()\\"', max_size=40)
)
test_signature = again(any_signature, signature=entries, id=texts, timestamp=st.integers())


def read_config(text: str) -> None:
    parse(text, origin="config.toml", kind=Kind.REPOSITORY, allow_private=False)


def read_wish(text: str) -> None:
    parse_retry_after(text, now=NOW)


def read_signature(text: str) -> None:
    verify_standard(b"k" * 32, text, id="evt_a", timestamp=1, body=b"")


SHAPES: dict[str, tuple[Callable[[str], None], Callable[[int], str]]] = {
    "keys nobody knows": (read_config, lambda n: "".join(f"key{i} = 1\n" for i in range(n))),
    "subscriptions without anything": (read_config, lambda n: "[[subscriptions]]\n" * n),
    "one long string": (read_config, lambda n: f'repository = "{"x" * n * 20}"'),
    "comments": (read_config, lambda n: "# [table]\n" * n),
    "statuses": (
        read_config,
        lambda n: "[statuses]\n" + "".join(f'"s{i}" = "Done"\n' for i in range(n)),
    ),
    "digits": (read_wish, lambda n: "9" * n * 100),
    "a date that never ends": (
        read_wish,
        lambda n: "Fri, 31 Dec 9999 23:59:59 GMT" + " (" * n * 50,
    ),
    "commas": (read_wish, lambda n: "Fri, " * n * 20),
    "many entries": (read_signature, lambda n: "v1,abc= " * n * 10),
    "one long entry": (read_signature, lambda n: "v1," + "A" * n * 100),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_much_takes_about_twice_as_long(shape: str) -> None:
    read, made = SHAPES[shape]
    size = 100
    while seconds(read, made(size)) < 0.02 and len(made(size)) < 2**19:
        size *= 2
    pairs = [(seconds(read, made(size)), seconds(read, made(2 * size))) for _ in range(7)]
    once, twice = (min(times) for times in zip(*pairs, strict=True))

    assert twice / once <= 2.6 or twice < 0.005, f"{size} takes {once:.4f} s, twice {twice:.4f} s"


def seconds(read: Callable[[str], None], text: str) -> float:
    """Answer the CPU time of one reading."""
    gc.disable()
    try:
        began = time.process_time()
        read(text)
        return max(time.process_time() - began, 1e-6)
    finally:
        gc.enable()
