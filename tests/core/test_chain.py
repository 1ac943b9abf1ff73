"""A chain of records: whatever is edited, taken out, put in or moved is found and named."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.chain import (
    Anchor,
    anchor_body,
    anchor_name,
    is_anchor_name,
    read_anchor,
    verify_chain,
)
from spec_notify.core.evidence import SCHEMA, digest, record_name, seal

Files = list[tuple[str, bytes]]


def sealed(count: int, writer: str = "w1") -> Files:
    """A chain of `count` records, sequences from 1."""
    files: Files = []
    for sequence in range(1, count + 1):
        delivery = f"dlv_{writer}{sequence}"
        body = seal(
            {"schema": SCHEMA, "delivery": delivery, "attempt": 1, "verdict": "delivered"},
            sequence=sequence,
            previous=digest(files[-1][1]) if files else None,
            writer=writer,
        )
        at = 1_795_168_800_000 + sequence
        files.append((record_name(at=at, sequence=sequence, delivery=delivery, attempt=1), body))
    return files


def anchor(files: Files, sequence: int, writer: str = "w1") -> Files:
    """The anchor that rotation leaves after deleting everything up to `sequence`."""
    left = Anchor(writer=writer, sequence=sequence, digest=digest(files[sequence - 1][1]))
    return [(f"anchor_{writer}.json", anchor_body(left))]


def kinds(files: Files, anchors: Files = []) -> list[tuple[str, str]]:  # noqa: B006 - never changed
    return [(breach.kind, breach.name) for breach in verify_chain(files, anchors)]


def edited(file: tuple[str, bytes], old: bytes, new: bytes) -> tuple[str, bytes]:
    assert old in file[1]
    return file[0], file[1].replace(old, new)


CHAIN = sealed(6)
NAMES = [name for name, _ in CHAIN]


def test_a_whole_chain_has_no_breach() -> None:
    assert kinds(CHAIN) == []
    assert kinds(CHAIN[::-1]) == []
    assert kinds([]) == []


def test_several_writers_in_one_directory_are_chains_of_their_own() -> None:
    other = sealed(4, "w2")

    assert kinds(CHAIN + other) == []
    assert kinds(CHAIN + other[:1] + other[2:]) == [("missing", other[2][0])]


@pytest.mark.parametrize("at", range(5))
def test_an_edited_record_is_named(at: int) -> None:
    files = list(CHAIN)
    files[at] = edited(files[at], b"delivered", b"rejected!")

    assert kinds(files) == [("altered", NAMES[at])]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\n}", b"}"), (b'"writer"', b' "writer"'), (b'"attempt": 1', b'"attempt":1')],
)
def test_a_record_laid_out_anew_is_named_even_when_it_is_the_newest(old: bytes, new: bytes) -> None:
    files = [*CHAIN[:-1], edited(CHAIN[-1], old, new)]

    assert kinds(files) == [("altered", NAMES[-1])]


@pytest.mark.parametrize("at", range(1, 5))
def test_a_record_taken_out_leaves_a_gap(at: int) -> None:
    assert kinds(CHAIN[:at] + CHAIN[at + 1 :]) == [("missing", NAMES[at + 1])]


def test_a_gap_says_which_records_it_lacks() -> None:
    (breach,) = verify_chain(CHAIN[:2] + CHAIN[4:], [])

    assert breach.detail == "records 3 to 4 are gone, or not written yet"
    assert breach.writer == "w1"


def test_a_cut_off_start_needs_an_anchor() -> None:
    assert kinds(CHAIN[2:]) == [("truncated", NAMES[2])]
    assert kinds(CHAIN[2:], anchor(CHAIN, 2)) == []


@pytest.mark.parametrize("last", [1, 3])
def test_an_anchor_of_another_record_explains_nothing_beyond_it(last: int) -> None:
    found = kinds(CHAIN[3:], anchor(CHAIN, last))

    assert found == ([] if last == 3 else [("truncated", NAMES[3])])


def test_an_anchor_of_another_writer_explains_nothing() -> None:
    assert kinds(CHAIN[2:], anchor(sealed(4, "w2"), 2, "w2")) == [("truncated", NAMES[2])]


def test_an_anchor_over_altered_bytes_explains_nothing() -> None:
    altered = [edited(CHAIN[0], b"delivered", b"rejected!"), *CHAIN[1:]]

    assert kinds(CHAIN[1:], anchor(altered, 1)) == [("truncated", NAMES[1])]


def test_a_chain_that_starts_anew_after_its_anchor_is_cut() -> None:
    anew = seal(
        {"schema": SCHEMA, "delivery": "dlv_x", "attempt": 1},
        sequence=3,
        previous=None,
        writer="w1",
    )
    name = record_name(at=1_795_168_800_003, sequence=3, delivery="dlv_x", attempt=1)

    assert kinds([(name, anew)], anchor(CHAIN, 2)) == [("truncated", name)]


def test_a_record_rotated_out_of_the_chains_order_is_no_breach() -> None:
    # A clock that ran backwards: 3 bore the oldest name and left first.
    assert kinds(CHAIN[:2] + CHAIN[3:], anchor(CHAIN, 3)) == []
    assert kinds(CHAIN[:1] + CHAIN[4:], anchor(CHAIN, 4)) == []
    assert kinds(CHAIN[:3], anchor(CHAIN, 4)) == []


def test_files_that_swapped_names_are_named() -> None:
    swapped = [(NAMES[1], CHAIN[2][1]), (NAMES[2], CHAIN[1][1])]

    assert kinds([CHAIN[0], *swapped, *CHAIN[3:]]) == [
        ("misnamed", NAMES[1]),
        ("misnamed", NAMES[2]),
    ]


def test_a_second_record_with_a_taken_sequence_is_named() -> None:
    copy = (record_name(at=1, sequence=2, delivery="dlv_w12", attempt=1), CHAIN[1][1])

    assert [kind for kind, _ in kinds([*CHAIN, copy])] == ["doubled"]


def test_a_record_given_to_another_writer_breaks_both_chains() -> None:
    files = [*CHAIN[:2], edited(CHAIN[2], b'"w1"', b'"w9"'), *CHAIN[3:]]

    assert kinds(files) == [("missing", NAMES[3]), ("truncated", NAMES[2])]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        orjson.dumps({"schema": "other/1", "delivery": "d", "attempt": 1, "sequence": 1}),
        CHAIN[2][1].replace(b"evidence/1", b"evidence/9"),
        CHAIN[2][1].replace(b'"sequence": 3', b'"sequence": "3"'),
    ],
)
def test_what_is_no_record_is_named_and_the_gap_it_leaves(body: bytes) -> None:
    files = [*CHAIN[:2], (NAMES[2], body), *CHAIN[3:]]

    assert kinds(files) == [("unreadable", NAMES[2]), ("missing", NAMES[3])]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[" * 100_000, anchor(sealed(3, "w2"), 2, "w2")[0][1], CHAIN[0][1]],
)
def test_what_is_no_anchor_is_named_and_explains_nothing(body: bytes) -> None:
    assert kinds(CHAIN[2:], [("anchor_w1.json", body)]) == [
        ("unreadable", "anchor_w1.json"),
        ("truncated", NAMES[2]),
    ]


def test_an_anchor_reads_back_and_stays_small() -> None:
    left = Anchor(writer="0123456789abcdef", sequence=10**12, digest="f" * 64)
    name = anchor_name(left.writer)

    assert name == "anchor_0123456789abcdef.json"
    assert is_anchor_name(name)
    assert read_anchor(name, anchor_body(left)) == left
    assert len(anchor_body(left)) < 300


@pytest.mark.parametrize("writer", ["", "../x", "a/b", "a b", "x" * 65, ".", "-x", "a\n"])
def test_a_writer_that_is_no_plain_word_has_no_anchor(writer: str) -> None:
    assert anchor_name(writer) is None


@given(st.integers(1, 12), st.data())
def test_any_single_tampering_inside_a_chain_is_found(count: int, data: st.DataObject) -> None:
    files = sealed(count + 1)
    at = data.draw(st.integers(0, count - 1))
    name, body = files[at]
    place = data.draw(st.integers(0, len(body) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != body[place]))
    tampered = body[:place] + bytes([byte]) + body[place + 1 :]

    assert verify_chain([*files[:at], (name, tampered), *files[at + 1 :]], []) != []
    assert verify_chain(files[:at] + files[at + 1 :], []) != []
