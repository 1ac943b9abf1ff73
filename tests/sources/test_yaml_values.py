"""YAML in bounds: what is read, what is refused, and what would take a machine down."""

from __future__ import annotations

import pytest

from spec_notify.sources.yaml_values import DEEPEST, LONGEST, MOST_NODES, YamlError, documents


def read(text: str) -> list[object]:
    return list(documents(text))


def refusal(text: str) -> str:
    with pytest.raises(YamlError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("---\na: 1\n---\n---\nb: 2\n...", [{"a": "1"}, None, {"b": "2"}]),
        ("a: yes\nb: 1e3\nc: 2026-11-20T10:00:00Z\nd: 0o7", None),
        ("a: ~\nb: null\nc:\nd: Null\ne: 'null'", [dict.fromkeys("abcd") | {"e": "null"}]),
        ("a: &x [1, 2]\nb: *x", [{"a": ["1", "2"], "b": ["1", "2"]}]),
        ("{a: {b: c}}", [{"a": {"b": "c"}}]),
        ("a: |\n  one\n  two\n", [{"a": "one\ntwo\n"}]),
        ("a: !!str 1\nb: <<", [{"a": "1", "b": "<<"}]),
    ],
)
def test_a_plain_scalar_is_the_words_it_is(text: str, expected: list[object] | None) -> None:
    if expected is None:
        words = dict(line.split(": ") for line in text.splitlines())
        expected = [words]
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' stands twice in one mapping"),
        ("a: &x [*x]", "line 1: an alias names nothing that stands whole before it"),
        ("a: &x 1\n---\nb: *x", "line 3: an alias names nothing that stands whole before it"),
        ("a: {<<: {b: c}}", "line 1: merge keys (<<) are not read: write the keys out"),
        ("? [a]\n: b", "line 1: a key is no text"),
        ("a: b: c", "line 1: mapping values are not allowed here"),
        ("a: [1", "line 1: expected ',' or ']', but got '<stream end>'"),
        ("!!map [x]", "line 1: a mapping is expected here"),
        ("a: \x00", "it holds a character that YAML forbids"),
        ("a" * (LONGEST + 1), f"it is longer than {LONGEST:,} characters"),
        ("[" * (DEEPEST + 1), f"line 1: it is nested more than {DEEPEST} levels deep"),
    ],
)
def test_what_is_not_read_says_where_and_why(text: str, why: str) -> None:
    assert refusal(text) == why


@pytest.mark.parametrize(
    "tag", ["!!python/object:os.system", "!!int", "!!binary", "!!timestamp", "!!set", "!own"]
)
def test_a_tag_makes_nothing_but_text_lists_and_mappings(tag: str) -> None:
    assert "could not determine a constructor" in refusal(f"a: {tag} x")


def test_aliases_are_counted_for_what_they_stand_for() -> None:
    levels = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]

    assert refusal("\n".join(levels)).endswith(f"it holds more than {MOST_NODES:,} values")
