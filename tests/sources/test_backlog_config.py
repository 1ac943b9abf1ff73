"""A Backlog.md project's own statuses, from the settings its tool keeps."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.config import DEFAULT_PATHS
from spec_notify.core.globs import matches
from spec_notify.core.snapshot import diff
from spec_notify.sources.backlog_config import own_statuses, places
from spec_notify.sources.document import beside, read_document

PATH = "backlog/tasks/back-1 - Weigh.md"
SETTINGS = "backlog/config.yml"


def status(
    word: str, settings: str, aliases: dict[str, str] | None = None, path: str = PATH
) -> tuple[str, str, list[str]]:
    """Answer canonical status, text, and the codes of notices of a task with this status."""
    text = f"---\nid: BACK-1\ntitle: Weigh\nstatus: {word}\n---\n"
    snapshot = read_document(path, text, aliases=aliases or {}, beside={SETTINGS: settings})
    (task,) = snapshot.tasks
    return task.status.canonical, task.status.text, [each.code for each in snapshot.notices]


@pytest.mark.parametrize(
    ("word", "canonical"),
    [
        ("Ideas", "Unknown"),
        ("In Progress", "In Progress"),
        ("QA", "Unknown"),
        ("Shipped", "Done"),
        ("shipped", "Done"),
        ("Shipped (2026-01-02)", "Done"),
        ("Done", "Done"),
    ],
)
def test_the_last_of_its_own_statuses_is_done_and_known_words_keep_their_meaning(
    word: str, canonical: str
) -> None:
    found = status(word, "statuses: [Ideas, In Progress, QA, Shipped]\n")
    assert (found[0], found[2]) == (canonical, [])


def test_an_own_word_keeps_its_text() -> None:
    assert status("QA", "statuses: [Ideas, QA, Shipped]")[1] == "qa"


@pytest.mark.parametrize(
    "listed",
    [
        '["To Do", "In Progress", "Done", "Archived"]',
        "[To Do, Complete, Archived]",
        "[To Do, ✅ Done, Archived]",
    ],
)
def test_where_a_word_of_the_list_means_done_the_last_one_need_not(listed: str) -> None:
    assert status("Archived", f"statuses: {listed}\n")[0] == "Unknown"


@pytest.mark.parametrize(
    ("listed", "word", "canonical"),
    [
        ("[To Do, Doing, Review]", "Review", "In Review"),
        ("[To Do, Doing, Closed]", "Closed", "Dropped"),
        ("[Ideas]", "Ideas", "Unknown"),
    ],
)
def test_a_list_that_names_no_end_is_told_where_it_matters(
    listed: str, word: str, canonical: str
) -> None:
    found = status(word, f"statuses: {listed}\n")
    assert (found[0], found[2]) == (canonical, ["backlog_config"])
    assert status("To Do", f"statuses: {listed}\n")[2] == []


def test_where_tasks_start_is_not_where_they_end() -> None:
    text = "default_status: Ideas\nstatuses: [Now, Later, Ideas]\n"
    assert status("Ideas", text)[0] == "Unknown"


def test_our_own_config_has_the_last_word() -> None:
    text = "statuses: [Ideas, QA, Shipped]\n"
    assert status("Shipped", text, {"shipped": "In Review"})[0] == "In Review"
    # QA is a Done now, so the last word need not be one.
    assert status("QA", text, {"qa": "Done"})[0] == "Done"
    assert status("Shipped", text, {"qa": "Done"})[0] == "Unknown"


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ('statuses: ["To Do", "Shipped"]', ("To Do", "Shipped")),
        ("statuses: ['To Do', 'it''s, out'] # two", ("To Do", "it's, out")),
        ("statuses: [To Do,\n  Shipped,\n]", ("To Do", "Shipped")),
        ("statuses:\n  - To Do\n  - Shipped # at last", ("To Do", "Shipped")),
        ('statuses: # ours\n- "To Do"\n# none\n- Shipped', ("To Do", "Shipped")),
        ("\ufeffproject: x\r\nstatuses: [a, b]\r\nlabels: []\r\n", ("a", "b")),
        ("---\nstatuses: [a, b]\n", ("a", "b")),
        ("statuses: []", ()),
        ("statuses:", ()),
        ("project: x", ()),
        ("nested:\n  statuses: [a, b]", ()),
    ],
)
def test_a_list_is_read_as_yaml_writes_it(text: str, listed: tuple[str, ...]) -> None:
    found = own_statuses(PATH, {SETTINGS: text})
    assert (found.origin, found.listed) == (SETTINGS, listed)
    assert found.fault is None or "means Done" in found.fault


@pytest.mark.parametrize(
    "text",
    [
        "statuses: *ours",
        "statuses: &ours [a, b]",
        "statuses: {a: b}",
        "statuses: [a, b",
        "statuses: [a, [b]]",
        "statuses: [a, # b\n c]",
        "statuses: a, b",
        "statuses: |\n  a\n  b",
        "statuses:\n  - name: a\n  - name: b",
        "statuses:\n  - a\n    b",
        "statuses: [a, b]\nstatuses: [c, d]",
        f"statuses: [{', '.join('abcdefgh' for _ in range(150))}]",
    ],
)
def test_other_yaml_is_refused_with_a_notice_and_guessed_from_never(text: str) -> None:
    found = own_statuses(PATH, {SETTINGS: text})
    assert (found.words, found.listed) == ({}, ())
    assert SETTINGS in (found.fault or "")
    assert status("Odd", text)[2] == ["backlog_config"]
    assert status("Done", text)[2] == []


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (PATH, ("backlog.config.yml", "backlog/config.yml", "backlog/config.yaml")),
        (
            ".backlog/archive/tasks/back-1.md",
            ("backlog.config.yml", ".backlog/config.yml", ".backlog/config.yaml"),
        ),
        (
            "packages/web/backlog/completed/x.md",
            (
                "packages/web/backlog.config.yml",
                "backlog.config.yml",
                "packages/web/backlog/config.yml",
                "packages/web/backlog/config.yaml",
            ),
        ),
    ],
)
def test_the_settings_stand_in_the_projects_root_or_in_its_folder(
    path: str, wanted: tuple[str, ...]
) -> None:
    assert places(path) == beside(path) == wanted


@pytest.mark.parametrize(
    "path", ["SPEC.md", "specs/001-a/tasks.md", ".taskmaster/tasks/tasks.json"]
)
def test_no_other_document_has_settings_beside_it(path: str) -> None:
    assert beside(path) == ()


@pytest.mark.parametrize(
    ("root", "origin"),
    [
        ("statuses: [a, b]", "backlog.config.yml"),
        ("backlog_directory: backlog\nstatuses: [a, b]", "backlog.config.yml"),
        ('backlog_directory: "./backlog/"\nstatuses: [a, b]', "backlog.config.yml"),
        ("backlog_directory: elsewhere\nstatuses: [a, b]", SETTINGS),
        ("backlog_directory: /etc\nstatuses: [a, b]", "backlog.config.yml"),
    ],
)
def test_settings_at_the_root_go_first_for_the_folder_they_name(root: str, origin: str) -> None:
    found = own_statuses(PATH, {"backlog.config.yml": root, SETTINGS: "statuses: [c, d]"})
    assert found.origin == origin


def test_a_folder_of_another_name_is_found_by_the_settings_at_the_root() -> None:
    text = "backlog_directory: docs/board\nstatuses: [a, b]"
    path = "docs/board/tasks/x.md"
    assert own_statuses(path, {"backlog.config.yml": text}).words == {"b": "Done"}
    assert beside(path, format="front-matter") == places(path)


def test_the_tasks_of_the_tool_are_watched_by_default_and_what_it_finished_is_not() -> None:
    assert any(matches(PATH, glob) for glob in DEFAULT_PATHS)
    for path in ("backlog/drafts/draft-1.md", "backlog/docs/a.md", "backlog/completed/back-1.md"):
        assert not any(matches(path, glob) for glob in DEFAULT_PATHS)


def test_another_meaning_is_a_transition_only_under_equal_settings() -> None:
    text = "---\nid: BACK-1\nstatus: {}\n---\n"
    told = {SETTINGS: "statuses: [Ideas, QA, Shipped]"}
    before = read_document(PATH, text.format("QA"), beside=told)
    after = read_document(PATH, text.format("Shipped"), beside=told)
    assert [each.kind for each in diff(before, after)] == ["completed"]


BOMBS = {
    "flow": "statuses: [" + "a, " * 1_000_000 + "]",
    "open": "statuses: [" + "a " * 2_000_000,
    "quotes": "statuses: [" + "'" * 3_000_001 + "]",
    "block": "statuses:\n" + "- a\n" * 900_000,
    "dashes": "statuses:\n" + "-" * 3_000_000,
    "keys": "statuses: [a, b]\n" * 200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_in_seconds(name: str) -> None:
    begun = time.perf_counter()
    own_statuses(PATH, {SETTINGS: BOMBS[name]})
    assert time.perf_counter() - begun < 10


WORDS = [
    "statuses: ", "[", "]", ", ", "a", "To Do", "Done", "'", '"', "\n", "\n  - ", "\n- ", "#", ":",
    "{", "*", "&", "backlog_directory: ", "../x", "\r", "\ufeff", "\ud800", "\\x4",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS)).map("".join))
def test_any_text_is_read_and_makes_at_most_one_word_done(text: str) -> None:
    found = own_statuses(PATH, {SETTINGS: text})
    assert len(found.words) <= 1
    assert set(found.words.values()) <= {"Done"}
    assert not (found.words and found.fault)
