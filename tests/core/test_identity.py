"""What counts as an id, and by what else a task is known again."""

from __future__ import annotations

import pytest

from spec_notify.core.identity import Opening, is_id, opening_id, text_key


@pytest.mark.parametrize(
    ("text", "id_", "rest"),
    [
        ("T001 [P] [US1] Make it", "T001", "[P] [US1] Make it"),
        ("**T001** Make it", "T001", "Make it"),
        ("**T001**: Make *it*", "T001", "Make it"),
        ("**T001:** Make it", "T001", "Make it"),
        ("**MAINT-3.3** Make it", "MAINT-3.3", "Make it"),
        ("[T001](docs/x.md) Make it", "T001", "Make it"),
        ("~~T001~~ Make it", "T001", "Make it"),
        ("T001", "T001", ""),
        ("T001: Make it", "T001", "Make it"),
        ("T001. Make it", "T001", "Make it"),
        ("T012a Make it", "T012a", "Make it"),
        ("T025B [P] Make it", "T025B", "[P] Make it"),
        ("T001 - Make it", "T001", "Make it"),
        ("T26-DEMO-1: Sync docs/x", "T26-DEMO-1", "Sync docs/x"),
        ("AR-5: Send it", "AR-5", "Send it"),
        ("TASK-12 Make it", "TASK-12", "Make it"),
        ("SPEC-KIT-045-mini Make it", "SPEC-KIT-045-mini", "Make it"),
        ("POST-DEMO-1 Make it", "POST-DEMO-1", "Make it"),
        ("1.1 Make it", "1.1", "Make it"),
        ("1.2.3. Make it", "1.2.3", "Make it"),
        ("1.2: Make it", "1.2", "Make it"),
        ("1.2) Make it", "1.2", "Make it"),
    ],
)
def test_a_text_may_open_with_its_id(text: str, id_: str, rest: str) -> None:
    assert opening_id(text) == Opening(id=id_, rest=rest)


@pytest.mark.parametrize(
    "text",
    [
        "Make it", "UTF-8 everywhere", "GPT-5 arbiter", "HTTP2 client", "S3 upload", "SHA256 of it",
        "Note: make it", "Step 1: make it", "**Make** it", "2 things", "2. Make it", "3.5", "T1xy",
        "the T1 task", "http://x1: y", "T1..2: x", "a1: lower case", "",
    ],
)  # fmt: skip
def test_words_are_not_taken_for_ids(text: str) -> None:
    assert opening_id(text) is None


def test_a_bare_number_is_an_id_only_where_lists_are_numbered() -> None:
    assert opening_id("2. Make it", numbered=True) == Opening(id="2", rest="Make it")
    assert opening_id("2.1 Make it", numbered=True) == Opening(id="2.1", rest="Make it")


@pytest.mark.parametrize(
    "text", ["T1", "SPEC-KIT-075", "T40-T42", "MAINT-3.3", "a_b", "1", "x" * 128]
)
def test_plain_ids_are_safe(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize(
    "text",
    ["", "..", "../../x", "/etc/x", "a/b", "a..b", "-rf", ".x", "~root", "a b", "x" * 129, "T1\n",
     "T\u0661", "\uff341", "T1\x00", "SPEC-KIT-977 (core)"],
)  # fmt: skip
def test_whatever_could_be_a_path_or_hide_something_is_no_id(text: str) -> None:
    assert not is_id(text)


def test_a_text_key_is_its_words_under_its_heading() -> None:
    key = text_key("Make it", "Phase 1")
    assert len(key) == 12
    assert int(key, 16) >= 0
    assert key == text_key(" make\tIT ", "phase  1")
    assert (
        len(
            {
                key,
                text_key("Make it", "Phase 2"),
                text_key("Make it", None),
                text_key("Makeit", "Phase 1"),
            }
        )
        == 4
    )
    assert text_key("\ud800", None)
