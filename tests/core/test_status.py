"""What a Status cell means, cell by cell (contract, section 4, "Status")."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.status import CANONICAL, WORDS, Status, differs, read_status

DONE, REVIEW, PROGRESS = "Done", "In Review", "In Progress"
BACKLOG, BLOCKED, DROPPED, UNKNOWN = "Backlog", "Blocked", "Dropped", "Unknown"


@pytest.mark.parametrize("canonical", CANONICAL)
def test_every_canonical_status_but_unknown_reads_as_itself(canonical: str) -> None:
    expected = UNKNOWN if canonical in {UNKNOWN, DROPPED} else canonical
    assert read_status(canonical).canonical == expected


@pytest.mark.parametrize(
    ("canonical", "words"),
    [
        (DONE, ["done", "complete", "completed", "✅", "✔", "✓", "☑", "[x]"]),
        (REVIEW, ["in review", "review", "needs review", "ready for review", "reviewing"]),
        (PROGRESS, ["in progress", "in-progress", "wip", "doing", "started", "active"]),
        (BACKLOG, ["backlog", "todo", "to do", "pending", "planned", "not started", "open", "[ ]"]),
        (BLOCKED, ["blocked", "on hold", "stalled"]),
        (DROPPED, ["removed", "rejected", "obsolete", "cancelled", "canceled", "won't do"]),
        (DROPPED, ["deferred", "closed", "n/a", "superseded"]),
    ],
)
def test_the_vocabulary_is_read_in_any_case_and_dress(canonical: str, words: list[str]) -> None:
    for word in words:
        dresses = (word, word.upper(), word.title(), f"**{word}**", f" {word}\t", f"*{word}*")
        for dress in (*dresses, f"~~{word}~~", f"`{word}`", f"[{word}](docs/x.md)"):
            assert read_status(dress).canonical == canonical, dress
            assert read_status(dress).text == word


@pytest.mark.parametrize(
    ("cell", "canonical", "text"),
    [
        # Marks, links, code and tags are dress.
        ("**DONE**", DONE, "done"),
        ("__Done__", DONE, "done"),
        ("***Done***", DONE, "done"),
        ("**`done`**", DONE, "done"),
        ("[**Done**](https://example.org/pull/1)", DONE, "done"),
        ("<b>Done</b>", DONE, "done"),
        ("Done&nbsp;", UNKNOWN, "done\u00a0"),
        ("&#68;one", DONE, "done"),
        ("In  Progress", PROGRESS, "in progress"),
        # Emoji are dress too, unless they are all there is.
        ("✅ Done", DONE, "done"),
        ("Done ✅", DONE, "done"),
        ("✅**Done**", DONE, "done"),
        ("✔️", DONE, "✔"),
        ("**✅**", DONE, "✅"),
        ("🚧 In Progress", PROGRESS, "in progress"),
        ("👩‍💻 In Progress 🇨🇭", PROGRESS, "in progress"),
        ("🚧", UNKNOWN, "🚧"),
        ("❌", UNKNOWN, "❌"),
        ("✅✅", UNKNOWN, "✅✅"),
        ("✅ lm search returns memory", UNKNOWN, "lm search returns memory"),
        ("✅ FIXED", UNKNOWN, "fixed"),
        ("Do✅ne", UNKNOWN, "do ne"),
        ("✅ (2026-01-01)", UNKNOWN, "✅ (2026-01-01)"),
        # Boxes.
        ("[X]", DONE, "[x]"),
        (r"\[x\]", DONE, "[x]"),
        ("[-]", UNKNOWN, "[-]"),
        ("[x] shipped", UNKNOWN, "[x] shipped"),
        # A remark ends the status.
        ("**Done** — shipped in #12", DONE, "done"),
        ("Done \u2013 shipped", DONE, "done"),
        ("Done - shipped", DONE, "done"),
        ("Done -- shipped", DONE, "done"),
        ("Done —", DONE, "done"),
        ("Done: shipped", DONE, "done"),
        ("Done; see notes", DONE, "done"),
        ("Done, see notes", DONE, "done"),
        ("Done<br>shipped in #12", DONE, "done"),
        ("Done<BR />shipped", DONE, "done"),
        ("Done\nshipped", DONE, "done"),
        ("Done-ish", UNKNOWN, "done-ish"),
        ("Done—shipped", UNKNOWN, "done—shipped"),
        ("In Progress - half of it done", PROGRESS, "in progress"),
        ("**CLOSED - Won't Do**", DROPPED, "closed"),
        ("— done", UNKNOWN, "— done"),
        ("not: done", UNKNOWN, "not"),
        # A trailing ISO date is a remark, with or without its time.
        ("Done 2026-01-31", DONE, "done"),
        ("Done 2026-01-31T10:00:00Z", DONE, "done"),
        ("Done 2026-01-31 10:00", DONE, "done"),
        ("Done 2026-01-31 10:00 UTC", DONE, "done"),
        ("Done 2026-01-31 - by Ann", DONE, "done"),
        ("Done (2026-01-31)", DONE, "done"),
        ("Done (by Ann) 2026-01-31", DONE, "done"),
        ("Done 2026-01-31 (by Ann)", DONE, "done"),
        ("Done - 2026-01-31", DONE, "done"),
        ("Done on 2026-01-31", UNKNOWN, "done on"),
        ("Done2026-01-31", UNKNOWN, "done2026-01-31"),
        ("2026-01-31", UNKNOWN, "2026-01-31"),
        # One trailing parenthesis goes, whatever it holds.
        ("Done (merged, released; see #3)", DONE, "done"),
        ("Done (see (a))", DONE, "done"),
        ("Done (a) (b)", UNKNOWN, "done (a)"),
        ("(a) Done", UNKNOWN, "(a) done"),
        ("Done (see: a", UNKNOWN, "done (see: a"),
        ("in progress (S1.0 done)", PROGRESS, "in progress"),
        ("Blocked (requires T20 Step 1 complete)", BLOCKED, "blocked"),
        ("**Degraded** (gemini inaccessible, 2/3)", UNKNOWN, "degraded"),
        ("Scheduled (Sep 30)", UNKNOWN, "scheduled"),
        # What is left compares whole.
        ("RESEARCH COMPLETE", UNKNOWN, "research complete"),
        ("Implementation-Ready", UNKNOWN, "implementation-ready"),
        ("E2E Pending", UNKNOWN, "e2e pending"),
        ("almost done", UNKNOWN, "almost done"),
        ("not done", UNKNOWN, "not done"),
        ("undone", UNKNOWN, "undone"),
        ("Done.", UNKNOWN, "done."),
        ("HIGH PRIORITY", UNKNOWN, "high priority"),
        ("95%", UNKNOWN, "95%"),
        ("80% done", UNKNOWN, "80% done"),
        ("Done 3/5", UNKNOWN, "done 3/5"),
        ("in-review", UNKNOWN, "in-review"),
        ("N/A", DROPPED, "n/a"),
        ("Won\u2019t do", DROPPED, "won't do"),
        ("", UNKNOWN, ""),
        ("-", UNKNOWN, "-"),
        ("`a", UNKNOWN, "`a"),
    ],
)
def test_a_cell_is_read_whole(cell: str, canonical: str, text: str) -> None:
    status = read_status(cell)
    assert (status.canonical, status.text, status.raw) == (canonical, text, cell)


@pytest.mark.parametrize(
    "cell",
    [
        "Done: 3/5",
        "Done (3 / 5)",
        "Done (3 of 5)",
        "Done - 3 out of 5 tests",
        "Done (2.5/3)",
        "Done: 5/5 unit tests, 3/4 of the others",
        "Completed (80%)",
        "Done (99.9 %)",
        "Done - coverage at 85%",
        "Done (½)",
        "Done - needs review",
        "Done (needs review)",
        "Done — 🚧 blocked",
        "Done: in progress",
        "Done, **On Hold**",
        "Done (In Review) - since yesterday",
        "Done - needs review (Bob)",
        "Done - by Bob (blocked)",
        "Done (80%) - shipped",
        "complete; todo",
        "Done - won\u2019t do",
    ],
)
def test_a_done_that_takes_itself_back_is_unknown_and_says_why(cell: str) -> None:
    status = read_status(cell)
    assert status.canonical == UNKNOWN
    assert status.text in {"done", "completed", "complete"}
    assert status.doubt is not None


@pytest.mark.parametrize(
    "cell",
    [
        "Done (5/5)",
        "Done: 12/12 tests",
        "Done (7/5)",
        "Done (100%)",
        "Done - 100.0% covered",
        "Done (120%)",
        "Done (complete)",
        "Done - completed",
        "Done: 2026/01/31",
        "Done - see docs/1/2",
        "Done — in review by Bob",
        "Done (was blocked)",
        "Done (v0.8)",
        "Done (T1-T3)",
    ],
)
def test_a_remark_that_takes_nothing_back_leaves_done_alone(cell: str) -> None:
    assert read_status(cell) == Status(canonical=DONE, text="done", raw=cell)


@pytest.mark.parametrize("cell", ["In Progress: 3/5", "Blocked (80%)", "Backlog - in review"])
def test_only_done_is_doubted(cell: str) -> None:
    status = read_status(cell)
    assert status.canonical != UNKNOWN
    assert status.doubt is None


@pytest.mark.parametrize(
    "cell",
    [
        "D\u043ene",  # a Cyrillic letter
        "\uff24one",  # full-width D
        "Done\u200b",
        "\u200bDone",
        "Do\u00adne",
        "\u202eenoD",
        "Done\ufe0f",
        "\U0001d403one",  # mathematical bold D
        "Bac\u212alog",  # the Kelvin sign, which folds to k
        "\u017ftarted",  # the long s, which folds to s
        "In\u00a0Progress",
        "Done\u2028",
    ],
)
def test_letters_that_only_look_alike_mean_nothing(cell: str) -> None:
    status = read_status(cell)
    assert status.canonical == UNKNOWN
    assert "\u200b" not in status.text


@pytest.mark.parametrize("cell", ["D\u043ene", "\uff24one", "Done\u200b", "\u017ftarted"])
def test_a_disguise_is_pointed_out(cell: str) -> None:
    doubt = read_status(cell).doubt
    assert doubt is not None
    assert "spelled otherwise" in doubt


ALIASES = {
    "Shipped": "Done",
    "fertig": "done",
    "完了": "Done",
    "closed": "Done",
    "closed - won't do": "Dropped",
    "🚀": "Done",
    "[/]": "In Progress",
    "odd": "Nonsense",
}


@pytest.mark.parametrize(
    ("cell", "canonical"),
    [
        ("**SHIPPED** in v2", UNKNOWN),
        ("**SHIPPED** - in v2", DONE),
        ("Fertig", DONE),
        ("完了", DONE),
        ("closed", DONE),
        ("CLOSED - Won't Do", DROPPED),
        ("🚀", DONE),
        ("[/]", PROGRESS),
        ("odd", UNKNOWN),
        ("done", DONE),
        ("\u017fhipped", UNKNOWN),
        ("shipped: 3/5", UNKNOWN),
        ("done - odd", DONE),
    ],
)
def test_aliases_extend_the_vocabulary(cell: str, canonical: str) -> None:
    assert read_status(cell, ALIASES).canonical == canonical


def test_link_definitions_of_the_document_are_the_callers_to_resolve() -> None:
    assert read_status("[Done][1]").canonical == UNKNOWN
    assert read_status("[Done][1]", words="Done") == Status(
        canonical=DONE, text="done", raw="[Done][1]"
    )


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("Done", "**DONE**", False),
        ("Done", "Completed ✅", False),
        ("In Review", "needs review", False),
        ("HIGH PRIORITY", "**High priority**", False),
        ("Backlog", "TODO", True),
        ("HIGH PRIORITY", "low priority", True),
        ("In Progress", "In Progress - half of it", False),
        ("In Progress", "Done", True),
        ("Done", "Done: 3/5", True),
        ("Done: 3/5", "Done: 4/5", False),
        ("Done", "Removed", True),
    ],
)
def test_a_change_of_words_is_a_transition_only_before_review(
    before: str, after: str, *, changes: bool
) -> None:
    assert differs(read_status(before), read_status(after)) is changes


@settings(max_examples=300)
@given(
    st.text(max_size=60) | st.text(st.sampled_from("Done ()-:,✅*`[]x/5%<br>\u200b"), max_size=40)
)
def test_any_cell_reads_as_some_status_and_only_ascii_words_mean_any(cell: str) -> None:
    status = read_status(cell)
    assert status.canonical in CANONICAL
    assert (status.canonical == UNKNOWN) or WORDS[status.text] == status.canonical
    assert len(status.text) <= 300
    assert "\u200b" not in status.text
    assert read_status(cell) == status
