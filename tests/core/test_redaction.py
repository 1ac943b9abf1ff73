"""What is shown and kept holds no secret in any spelling, and nothing that steers a terminal."""

from __future__ import annotations

import base64
import json
import re
import time
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.message import Secret
from spec_notify.core.redaction import MASK, redact, safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = bytes(range(7, 39))
SIGNING = "whsec_" + base64.b64encode(KEY).decode()
URL = (
    "https://hooks.slack.com/services/T00000000/B00000000/XyZ1aBcD2eFgH3iJkL4mNoPq"
    "?token=q7W8e9R0t1Y2u3I4"
)
PASSWORD = 'pä55/"wörd"+für=alles'

SPELLINGS = {
    "raw": lambda raw: raw,
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base64url without padding": lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="),
    "base64 one byte in": lambda raw: base64.b64encode(b"x" + raw + b"y"),
    "base64 two bytes in": lambda raw: base64.b64encode(b"xx" + raw + b"yy"),
    "hex": lambda raw: raw.hex().encode(),
    "upper hex": lambda raw: raw.hex().upper().encode(),
    "url": lambda raw: quote(raw, safe="").encode(),
    "lower url": lambda raw: re.sub(
        "%..", lambda found: found[0].lower(), quote(raw, safe="")
    ).encode(),
    "json": lambda raw: json.dumps(raw.decode("utf-8", "replace")).encode(),
    "json with slashes": lambda raw: (
        json.dumps(raw.decode("utf-8", "replace")).replace("/", r"\/").encode()
    ),
}


def pieces(spelled: bytes, spelling: str) -> set[bytes]:
    """Every 8 bytes in a row, without the ends that base64 makes of a neighbour, too."""
    shared = 4 if spelling.endswith(" in") else 0
    return {spelled[at : at + 8] for at in range(shared, len(spelled) - 7 - shared)}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", [SIGNING, PASSWORD], ids=["signing secret", "password"])
def test_no_piece_of_a_secret_is_left_in_any_spelling(secret: str, spelling: str) -> None:
    echoed = SPELLINGS[spelling](secret.encode())

    shown = redact(b"you sent: " + echoed + b" today", [Secret(secret)])

    assert shown.startswith("you sent: ")
    assert shown.endswith(" today")
    assert MASK in shown
    assert [piece for piece in pieces(echoed, spelling) if piece in shown.encode()] == []


@pytest.mark.parametrize("spelling", [each for each in SPELLINGS if not each.startswith("json")])
def test_the_key_inside_a_signing_secret_is_masked_too(spelling: str) -> None:
    echoed = SPELLINGS[spelling](KEY)

    shown = redact(b"key=" + echoed + b";", [Secret(SIGNING)])

    assert MASK in shown
    assert [piece for piece in pieces(echoed, spelling) if piece in shown.encode()] == []


@pytest.mark.parametrize(
    "echoed",
    [
        URL,
        URL.partition("hooks.slack.com")[2],
        "XyZ1aBcD2eFgH3iJkL4mNoPq",
        "q7W8e9R0t1Y2u3I4",
        "T00000000",
        quote(URL, safe=""),
        json.dumps(URL).replace("/", r"\/"),
        base64.b64encode(URL.encode()).decode(),
        URL.encode().hex(),
    ],
)
def test_a_url_is_masked_with_its_path_and_their_long_parts(echoed: str) -> None:
    shown = redact(f"no route for {echoed}!", [Secret(URL)])

    assert shown.startswith("no route for ")
    for spelled in (b"XyZ1aBcD2eFgH3iJkL4mNoPq", b"q7W8e9R0t1Y2u3I4", b"T00000000"):
        for spelling in (spelled, spelled.hex().encode(), base64.b64encode(spelled)[4:-4]):
            assert spelling.decode() not in shown


def test_the_host_of_a_secret_url_may_be_told() -> None:
    assert (
        redact("connect to hooks.slack.com:443", [Secret(URL)]) == "connect to hooks.slack.com:443"
    )


def test_a_login_in_a_url_is_masked() -> None:
    shown = redact("bad login hookuser:s3cr3t", [Secret("https://hookuser:s3cr3t@example.test/x")])

    assert shown == f"bad login {MASK}:{MASK}"


def test_an_echo_cut_short_is_masked_as_far_as_it_goes() -> None:
    assert redact(f"expected {SIGNING[:20]}...", [Secret(SIGNING)]) == f"expected {MASK}..."
    assert redact("for XyZ1aBcD2eFg...", [Secret(URL)]) == f"for {MASK}..."


@pytest.mark.parametrize("spell", [bytes.hex, lambda key: base64.b64encode(key).decode()])
def test_a_key_cut_short_is_masked_as_far_as_it_goes(spell: Callable[[bytes], str]) -> None:
    assert redact(f"key {spell(KEY)[:20]}...", [Secret(SIGNING)]) == f"key {MASK}..."


def test_a_login_cut_short_is_masked_as_far_as_it_goes() -> None:
    url = Secret("https://x:9Kq2Lm4Np6Rs8Tv0@example.test/hook")

    assert redact("login 9Kq2Lm4Np6Rs... refused", [url]) == f"login {MASK}... refused"


def test_a_path_of_plain_words_masks_only_those_words_whole() -> None:
    url = Secret("https://example.test/hooks/notifications")

    assert redact("notification failed", [url]) == "notification failed"
    assert redact("no such hook: notifications", [url]) == f"no such hook: {MASK}"


@pytest.mark.parametrize("secret", ["a1", "abc", "s3cret", "1234567"])
def test_a_short_secret_is_masked_whole(secret: str) -> None:
    assert redact(f"<{secret}>", [Secret(secret)]) == f"<{MASK}>"


@pytest.mark.parametrize("echoed", ["a/b1", r"a\/b1", "a%2Fb1", "a%2fb1", "YS9iMQ", "612f6231"])
def test_a_short_secret_is_masked_in_its_spellings(echoed: str) -> None:
    assert redact(f"<{echoed}>", [Secret("a/b1")]) == f"<{MASK}>"


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    assert redact("xxabcdefyy", [Secret("abcd"), Secret("cdef")]) == f"xx{MASK}yy"


def test_an_empty_secret_and_no_secret_change_nothing() -> None:
    assert redact("all is well", [Secret("")]) == "all is well"
    assert redact("all is well", []) == "all is well"


def test_a_malformed_signing_secret_or_url_is_masked_all_the_same() -> None:
    assert redact("<whsec_!!not-base64!!>", [Secret("whsec_!!not-base64!!")]) == f"<{MASK}>"
    assert redact("<http://[broken/path>", [Secret("http://[broken/path")]) == f"<{MASK}>"


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert redact(text, [Secret(SIGNING), Secret(URL)]) == text


@given(st.binary(), st.binary())
def test_bytes_of_any_kind_around_a_secret_are_no_trouble(before: bytes, after: bytes) -> None:
    shown = redact(before + SIGNING.encode() + after, [Secret(SIGNING)])

    assert SIGNING[6:] not in shown
    assert MASK in shown


@given(st.text())
def test_a_lone_surrogate_is_no_trouble(text: str) -> None:
    assert SIGNING not in redact(f"{text}\ud800{SIGNING}", [Secret(SIGNING)])


def test_the_cost_grows_with_the_length_only() -> None:
    known = [Secret(SIGNING), Secret(URL), Secret("a" * 20), Secret("aaa")]

    def cost(size: int) -> float:
        started = time.process_time()
        redact("a" * size, known)
        return time.process_time() - started

    cost(1_000)
    assert min(cost(80_000) for _ in range(3)) < 4 * min(cost(40_000) for _ in range(3))


EVERYTHING = "".join(map(chr, range(0x110000)))
VISIBLE_FORMAT = frozenset(
    [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD]
)


def test_no_code_point_that_steers_or_hides_gets_through() -> None:
    shown = set(safe_text(EVERYTHING))

    steering = {
        char
        for char in EVERYTHING
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and ord(char) not in VISIBLE_FORMAT
    }
    assert len(steering) > 2_000
    assert shown & steering == set()


def test_every_other_code_point_gets_through_unchanged() -> None:
    changed = {char for char in EVERYTHING if safe_text(char) != char}

    assert all(
        unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
        or not unicodedata.name(char, "").strip()
        or "FILLER" in unicodedata.name(char)
        or "VOWEL INHERENT" in unicodedata.name(char)
        or "JOINER" in unicodedata.name(char)
        or "VARIATION SELECTOR" in unicodedata.name(char)
        for char in changed
    )
    assert not changed & set(" abc…äß漢字🎉✔️\u00a0\u3000")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]8;;http://evil\x07click", r"\u{1b}]8;;http://evil\u{7}click"),
        ("\x9b31m", r"\u{9b}31m"),
        ("over\rwritten", r"over\u{d}written"),
        ("two\nlines", r"two\u{a}lines"),
        ("abc\u202etxt.exe", r"abc\u{202e}txt.exe"),
        ("Do\u200bne", r"Do\u{200b}ne"),
        ("tag\U000e0041", r"tag\u{e0041}"),
        ("half\udc80", r"half\u{dc80}"),
        ("✔️ fertig", "✔️ fertig"),
    ],
)
def test_a_steering_character_is_shown_by_its_number(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_layout_may_be_kept_where_the_caller_says_so() -> None:
    assert safe_text("a\n\tb\x1b", keep="\n\t") == "a\n\tb\\u{1b}"


@settings(max_examples=50)
@given(st.text())
def test_safe_text_is_safe_to_say_twice(text: str) -> None:
    assert safe_text(safe_text(text)) == safe_text(text)
