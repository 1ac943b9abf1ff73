"""Whatever a config file holds: an answer, never an exception, and never one of its values."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.config import Kind, Reading, spell
from spec_notify.core.config.reading import parse
from spec_notify.core.config.tables import BODIES, KINDS, RETRY, ROOT, SECTIONS, SUBSCRIPTION
from spec_notify.core.config.toml_lines import key_lines
from spec_notify.core.event import TYPES
from spec_notify.core.instant import spell_duration
from spec_notify.core.kinds import SPELLS
from spec_notify.core.signature import PROFILES
from spec_notify.core.status import CANONICAL
from tests.targets.kinds import stated

EXAMPLE = (Path(__file__).parents[2] / "docs" / "example-config.toml").read_text(encoding="utf-8")
CANARY = "canary7Kd93hs8"
KEYS = sorted(
    {*ROOT, *SUBSCRIPTION, *RETRY, *(key for keys in SECTIONS.values() for key in keys)}
    | {"subscriptions", "statuses", "retry", "secret", "sources", "delivery", "unknown"}
)
kinds = st.sampled_from(Kind)
bare = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
secret_texts = st.builds(lambda a, b: f"{a}{CANARY}{b}", st.text(max_size=4), st.text(max_size=4))
values = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(10**6), 10**9),
        st.floats(),
        secret_texts,
        st.sampled_from(["10s", "default", "webhook", "Done", "https://a.example/", "*"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


def read(text: str, kind: Kind, *, allow_private: bool = False) -> Reading:
    return parse(text, origin="config.toml", kind=kind, allow_private=allow_private)


def toml(value: object) -> str:
    """Spell a value as TOML writes it on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            escaped = (f"\\U{ord(each):08x}" for each in value)
            return '"' + "".join(escaped) + '"'
        case dict():
            return "{" + ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return repr(value)


@settings(max_examples=300, deadline=None)
@given(st.text(), kinds)
def test_any_text_is_answered(text: str, kind: Kind) -> None:
    reading = read(text, kind)
    assert (reading.config is None) == any(not each.warning for each in reading.problems)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6), kinds)
def test_no_value_ever_shows_in_a_problem(table: dict[str, object], kind: Kind) -> None:
    prefix = "tool.spec-notify." if kind is Kind.PYPROJECT else ""
    reading = read("\n".join(f"{prefix}{key} = {toml(table[key])}" for key in table), kind)
    for problem in reading.problems:
        assert CANARY not in f"{problem}{problem!r}"
        assert problem.line is not None


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, len(EXAMPLE)),
    st.integers(0, 12),
    st.text(alphabet=" \n\"[]{}=.#,'\\ab0", max_size=4),
)
def test_the_example_damaged_anywhere_is_read_or_explained(at: int, cut: int, put: str) -> None:
    reading = read(EXAMPLE[:at] + put + EXAMPLE[at + cut :], Kind.REPOSITORY)
    last = EXAMPLE.count("\n") + 5
    for problem in reading.problems:
        assert problem.fix
        assert problem.line is None or 1 <= problem.line <= last


def durations(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(spell_duration)


def known_of(kind: str, variable: str) -> dict[str, object]:
    """Answer a kind and what it must say, its URL by way of a variable."""
    keys = stated(kind, "https://a.example")
    return {
        "url_env" if key == "url" else key: variable if key == "url" else value
        for key, value in keys.items()
    }


names = st.from_regex(r"[a-z]{1,12}", fullmatch=True)
variables = st.from_regex(r"SPEC_NOTIFY_[A-Z0-9_]{1,12}", fullmatch=True)
words = st.lists(names, max_size=3)
good_retry = st.fixed_dictionaries(
    {
        "schedule": st.lists(durations(1, 86_400_000), min_size=1, max_size=5),
        "max_attempts": st.integers(1, 1_000),
        "jitter": st.floats(0, 1),
    }
)
good_subscription = st.fixed_dictionaries(
    {"name": names, "secret_env": variables},
    optional={
        "previous_secret_env": variables,
        "events": st.lists(st.sampled_from([*TYPES, "*"]), min_size=1, max_size=3),
        "statuses": st.lists(st.sampled_from(CANONICAL), max_size=3),
        "spec_ids": words,
        "task_ids": words,
        "task_prefixes": words,
        "owners": words,
        "branches": words,
        "enabled": st.booleans(),
        "dry_run": st.booleans(),
        # One that spells some events alone warns of others.
        "format": st.sampled_from([each for each in BODIES if each not in SPELLS]),
        "signature": st.sampled_from(PROFILES),
        "timeout": durations(100, 300_000),
        "strict": st.booleans(),
        "expire_after": durations(1, 10**10),
        "concurrency": st.integers(1, 64),
        "retry": good_retry,
    },
)
good_subscriptions = st.builds(
    lambda kind, rest, variable: {**rest, **known_of(kind, variable)},
    st.sampled_from(KINDS),
    good_subscription,
    variables,
)
good_config = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "repository": names,
        "subscriptions": st.lists(
            good_subscriptions, max_size=3, unique_by=lambda each: str(each["name"])
        ),
        "statuses": st.dictionaries(names, st.sampled_from(CANONICAL), max_size=3),
        "delivery": st.fixed_dictionaries(
            {}, optional={"concurrency": st.integers(1, 256), "max_pending": st.integers(1, 10**7)}
        ),
        "hooks": st.fixed_dictionaries({"mode": st.sampled_from(["detached", "sync"])}),
        "evidence": st.fixed_dictionaries({"cap_bytes": st.integers(10_000, 5_000_000)}),
    },
)


@settings(max_examples=150, deadline=None)
@given(good_config, st.sampled_from([Kind.REPOSITORY, Kind.USER, Kind.NAMED]))
def test_what_is_spelled_is_what_was_written(written: dict[str, object], kind: Kind) -> None:
    reading = read(
        "\n".join(f"{key} = {toml(value)}" for key, value in written.items()),
        kind,
        allow_private=True,
    )
    assert reading.problems == ()
    assert reading.stated == {*written}
    assert reading.config is not None
    spelled = json.loads(json.dumps(spell(reading.config)))
    assert holds(spelled, written)
    again = read(
        "\n".join(f"{key} = {toml(value)}" for key, value in known(spelled)),
        kind,
        allow_private=True,
    )
    assert again.config is not None
    assert spell(again.config) == spelled


def holds(spelled: object, written: object) -> bool:
    """Say whether everything written is spelled, and nothing of it otherwise."""
    if isinstance(written, dict) and isinstance(spelled, dict):
        return all(holds(spelled[key], value) for key, value in written.items())
    if isinstance(written, list) and isinstance(spelled, list):
        pairs = zip(spelled, written, strict=True)
        return len(spelled) == len(written) and all(holds(*each) for each in pairs)
    return spelled == written


def known(value: dict[str, object]) -> list[tuple[str, object]]:
    """Leave out nulls, which TOML cannot write."""
    return [(key, without_nulls(each)) for key, each in value.items() if each is not None]


def without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return dict(known(value))
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


fillers = st.sampled_from(
    ["", "# x = 1", "#[a]", 'text = """\n[no.table]\nx = 1\n"""', "list = [\n 1, # ]\n [2],\n]"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(bare, st.booleans(), bare, fillers), max_size=8))
def test_every_key_is_found_on_the_line_it_was_written(
    tables: list[tuple[str, bool, str, str]],
) -> None:
    text, line = "", 1
    expected: dict[tuple[str | int, ...], int] = {}
    for number, (name, quoted, key, filler) in enumerate(tables):
        # Names of their own keep the text valid TOML; each fourth opens a list of tables twice.
        table = f"{name}-{number}"
        shown = f'"{table}"' if quoted else table
        headers = [f"[[{shown}]]"] * 2 if number % 4 == 3 else [f"[{shown}]"]
        for index, header in enumerate(headers):
            path = (table, index) if len(headers) == 2 else (table,)
            expected[path] = line
            expected[*path, f"k{key}"] = line + 1
            block = f"{header}\nk{key} = 1\n{filler}\n"
            text += block
            line += block.count("\n")
    lines = key_lines(text)
    assert {path: lines.get(path) for path in expected} == expected
