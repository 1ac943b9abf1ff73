"""Tasks that are a file each: id, title, status and owners in a head of front matter."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.plain import hides
from spec_notify.core.snapshot import diff
from spec_notify.sources.document import read_document, unreadable

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot, Task

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "tasks" / "front-matter.md").read_text("utf-8")
PATH = "backlog/tasks/post-12.1 - Weigh-every-parcel.md"


def _read(text: str, path: str = PATH) -> Snapshot:
    return read_document(path, text)


def _task(*lines: str) -> Task:
    head = "".join(f"{line}\n" for line in lines)
    (task,) = _read(f"---\n{head}---\n").tasks
    return task


def test_a_head_is_one_task_and_its_body_none() -> None:
    snapshot = _read(FIXTURE)
    (task,) = snapshot.tasks
    assert (snapshot.format, snapshot.notices) == ("front-matter", ())
    assert (task.key, task.id, task.line, task.section) == ("POST-12.1", "POST-12.1", 7, None)
    assert task.title == "Weigh every parcel: once at the desk, once at the door"
    assert (task.status.canonical, task.status.text) == ("In Review", "in review")
    assert task.owners == ("ada", "grace")


@pytest.mark.parametrize(
    ("path", "format_"),
    [
        (PATH, "front-matter"),
        ("backlog/completed/post-1 - a.md", "front-matter"),
        ("backlog/archive/tasks/post-1 - a.md", "front-matter"),
        ("sub/backlog/tasks/post-1.md", "front-matter"),
        (".backlog/tasks/post-1.md", "front-matter"),
        ("backlog/tasks/post-1.md.bak", "checkbox"),
        ("backlog/docs/doc-1.md", "checkbox"),
        ("my-backlog/tasks/post-1.md", "checkbox"),
        ("SPEC.md", "checkbox"),
    ],
)
def test_the_path_decides_that_a_head_is_read(path: str, format_: str) -> None:
    assert _read(FIXTURE, path).format == format_


def test_a_head_is_read_anywhere_when_asked_for() -> None:
    snapshot = read_document("notes/a.md", FIXTURE, format="front-matter")
    assert [task.id for task in snapshot.tasks] == ["POST-12.1"]


def test_to_ask_for_auto_is_to_leave_it_to_the_path() -> None:
    assert read_document(PATH, FIXTURE, format="auto") == _read(FIXTURE)


@pytest.mark.parametrize(
    ("line", "canonical", "text"),
    [
        ("status: Done", "Done", "done"),
        ("status:   done  ", "Done", "done"),
        ("status : Done", "Done", "done"),
        ("status: Done # at last", "Done", "done"),
        ("status: 'Done' # at last", "Done", "done"),
        ('status: "Done"', "Done", "done"),
        (r'status: "\u0044one"', "Done", "done"),
        (r'status: "\x44one"', "Done", "done"),
        (r'status: "In\tReview"', "In Review", "in review"),
        ("status: In\n  Progress", "In Progress", "in progress"),
        ("status: >-\n  In\n  Progress", "In Progress", "in progress"),
        ("status: |\n  Done", "Done", "done"),
        ("status:\n  Done", "Done", "done"),
        ("status: To Do", "Backlog", "to do"),
        ("status: Blocked", "Blocked", "blocked"),
        ("status: Draft", "Unknown", "draft"),
        ("status: ○ To Do", "Unknown", "○ to do"),
        ("status: Done (3/5)", "Unknown", "done"),
        ("status: [Done]", "Unknown", "[done]"),
        ("status:\n  - Done", "Unknown", "- done"),
        ("status: 'Done", "Unknown", "'done"),
        ("status: &a Done", "Unknown", "&a done"),
        ("status: Done\nstatus: Done", "Done", "done"),
        ("status: Done\nstatus: To Do", "Unknown", "done"),
        ("status: 'D''one'", "Unknown", "d'one"),
    ],
)
def test_a_status_is_read_as_yaml_writes_it(line: str, canonical: str, text: str) -> None:
    status = _task("id: A-1", line).status
    assert (status.canonical, status.text) == (canonical, text)


def test_words_of_the_users_own_are_read_in_a_head() -> None:
    (task,) = read_document(PATH, "---\nstatus: Shipped\n---\n", aliases={"shipped": "Done"}).tasks
    assert task.status.canonical == "Done"


@pytest.mark.parametrize(
    ("line", "owners"),
    [
        ("assignee: ada", ("ada",)),
        ("assignee: '@ada'", ("ada",)),
        ("assignee: []", ()),
        ("assignee:", ()),
        ("assignee: ~", ()),
        ("assignee: [ada, '@grace', \"@ada\"]  # both", ("ada", "grace")),
        ("assignee: [\n  '@ada',\n  'b, c'\n]", ("ada", "b, c")),
        ("assignee:\n  - '@ada'\n  # nobody\n  - grace # too", ("ada", "grace")),
        ("assignee:\n- '@ada'\n- ''\n- @grace", ("ada", "grace")),
        ("assignee: [ada", ()),
    ],
)
def test_assignees_are_owners(line: str, owners: tuple[str, ...]) -> None:
    assert _task("status: Done", line).owners == owners


@pytest.mark.parametrize(
    ("lines", "key", "title"),
    [
        (("id: T-1", "title: 'It''s: here'"), "T-1", "It's: here"),
        (("id: 7", r'title: "a \"b\" \\ \/ \U0001F600"'), "7", 'a "b" \\ / \U0001f600'),
        (("id: T-1",), "T-1", "T-1"),
        (("id: T-1", "title: a # b"), "T-1", "a"),
        (("id: T-1", "title: a#b"), "T-1", "a#b"),
        (("id: T-1", "title: >\n  # a\n\n  b"), "T-1", "# a b"),
        (("id: T-1", "title: a\n\n  # no\n  b"), "T-1", "a b"),
        (("id: T-1", "other:\n  title: no", "title: a"), "T-1", "a"),
        (("id: T-1", "? odd", "  title: no", "title: a"), "T-1", "a"),
        (("id: T-1", r'title: "\ud800a\xzz"'), "T-1", "?a\\xzz"),
    ],
)
def test_ids_and_titles_are_read_as_yaml_writes_them(
    lines: tuple[str, ...], key: str, title: str
) -> None:
    task = _task(*lines, "status: Done")
    assert (task.key, task.id, task.title) == (key, key, title)


@pytest.mark.parametrize("name", ["'../a'", "a b", "a/b", "-1", "ü", "x" * 129, "a..b"])
def test_an_unsafe_id_is_told_and_the_words_stand_for_it(name: str) -> None:
    snapshot = _read(f"---\ntitle: Weigh\nid: {name}\nstatus: Done\n---\n")
    (task,) = snapshot.tasks
    assert (task.id, len(task.key), task.title) == (None, 12, "Weigh")
    assert [(notice.code, notice.line) for notice in snapshot.notices] == [("unsafe_id", 3)]


def test_a_head_without_id_and_title_is_called_by_its_file() -> None:
    task = _task("status: Done")
    assert (task.id, task.title) == (None, "post-12.1 - Weigh-every-parcel")


@pytest.mark.parametrize(
    ("text", "format_", "code", "line"),
    [
        ("", "none", "no_front_matter", 1),
        ("# Notes\n- [x] a\n", "none", "no_front_matter", 1),
        ("\n---\nstatus: Done\n---\n", "none", "no_front_matter", 1),
        ("---\n\nprose\n", "none", "no_front_matter", 1),
        ("---\n---\n", "none", "no_front_matter", 1),
        ("---\nid: A-1\n---\nstatus: Done\n", "front-matter", "no_status", 1),
        ("---\nid: A-1\nstatus:\n---\n", "front-matter", "no_status", 3),
        ("---\nid: A-1\nstatus: null # yet\n---\n", "front-matter", "no_status", 3),
        ("---\nid: A-1\n  status: Done\n---\n", "front-matter", "no_status", 1),
    ],
)
def test_without_a_status_there_is_no_task_and_the_line_is_named(
    text: str, format_: str, code: str, line: int
) -> None:
    snapshot = _read(text)
    assert (snapshot.format, snapshot.tasks) == (format_, ())
    assert (code, line) in [(notice.code, notice.line) for notice in snapshot.notices]


def test_a_doubtful_status_is_told_with_its_line() -> None:
    (notice,) = _read("---\nid: A-1\nstatus: Done\nstatus: To Do\n---\n").notices
    assert (notice.code, notice.line) == ("doubtful_status", 3)
    assert "To Do" in notice.message


@pytest.mark.parametrize("end", ["---", "...", "---  "])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_line_ends_and_marks_of_order_change_nothing(end: str, break_: str) -> None:
    text = f"\ufeff---\nid: A-1\nstatus: Done\n{end}\nprose".replace("\n", break_)
    (task,) = _read(text).tasks
    assert (task.id, task.status.canonical, task.line) == ("A-1", "Done", 3)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("---", True),
        ("---\n", True),
        ("---\nid", True),
        ("---\nid: A-1", True),
        ("---\nid: A-1\nstatus: Do", True),
        ("---\nid: A-1\nstatus: Done\n---", False),
        ("---\n\nprose\n", False),
        ("# prose\n", False),
        ("", False),
    ],
)
def test_half_a_head_is_not_believed(text: str, refused: bool) -> None:  # noqa: FBT001 - a case of the table
    assert (unreadable(PATH, text) is not None) is refused


def test_half_a_head_has_no_task() -> None:
    assert _read("---\nid: A-1\nstatus: Done").tasks == ()


QUIET = [
    pytest.param("- [ ] #2 The door", "- [x] #2 The door", id="a ticked criterion"),
    pytest.param("- [x] #1", "- [ ] #1", id="an unticked criterion"),
    pytest.param("| Done ", "| Todo ", id="a row in the body"),
    pytest.param("@grace", "@edsger", id="another owner"),
    pytest.param("priority: high", "priority: low", id="another key"),
    pytest.param("In Review   # since noon", "'in review'", id="another spelling"),
    pytest.param("door\nstatus", "door, twice\nstatus", id="another title"),
]


@pytest.mark.parametrize(("old", "new"), QUIET)
def test_what_is_no_status_is_no_news(old: str, new: str) -> None:
    assert old in FIXTURE
    assert diff(_read(FIXTURE), _read(FIXTURE.replace(old, new))) == ()


def test_another_status_is_news_with_its_line() -> None:
    after = FIXTURE.replace("In Review", "Done").replace(
        "# Written by hand, as the tool would.\n", ""
    )
    (found,) = diff(_read(FIXTURE), _read(after))
    assert (found.kind, found.task.id, found.task.line) == ("completed", "POST-12.1", 6)


def test_the_keys_may_stand_in_any_order() -> None:
    before = _read("---\nid: A-1\ntitle: a\nstatus: To Do\n---\n")
    after = _read("---\nstatus: To Do\ntitle: a\nid: A-1\n---\n")
    assert diff(before, after) == ()


def test_a_task_without_id_may_be_reworded() -> None:
    before = _read("---\ntitle: Weigh every parcel\nstatus: To Do\n---\n")
    (found,) = diff(before, _read("---\ntitle: Weigh each parcel\nstatus: Done\n---\n"))
    assert (found.kind, found.before and found.before.canonical) == ("completed", "Backlog")


BOMBS = {
    "keys": "---\n" + "status: Done\n" * 99_000 + "---\n",
    "continued": "---\nstatus: a\n" + " b\n" * 99_000 + "---\n",
    "spaces": "---\nstatus: Done\nassignee: [" + " " * 4_000_000 + "\n---\n",
    "commas": "---\nstatus: Done\nassignee: [" + "," * 4_000_000 + "]\n---\n",
    "quotes": "---\nstatus: Done\nassignee: [" + "'" * 4_000_001 + "\n---\n",
    "backslashes": '---\nstatus: "' + "\\" * 4_000_001 + "\n---\n",
    "title": "---\nstatus: Done\ntitle: " + "\u202e" * 1_000_000 + "\n---\n",
    "names": "---\nstatus: Done\nassignee:\n" + "- abc\n" * 99_000 + "---\n",
    "open": "---\nid: a\n" + "a: b\n" * 99_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_in_seconds(name: str) -> None:
    begun = time.perf_counter()
    unreadable(PATH, BOMBS[name])
    _read(BOMBS[name])
    assert time.perf_counter() - begun < 10


WORDS = [
    "---\n", "...\n", "id: ", "title: ", "status: ", "assignee: ", "Done", "T-1", "\n", "\n  ",
    "- ", "[", "]", ",", "'", '"', "''", "\\", "\\u", "d800", "\\x4", "#", " #", ": ", ">-\n", "|",
    "~", "@", "\r", "\ufeff", "\x00", "\ud800", "\u2028", "\u202e", "../", "é",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS)).map("".join), st.booleans())
def test_any_text_is_read_into_at_most_one_task_that_can_be_stored(
    text: str,
    headed: bool,  # noqa: FBT001 - a case of the table
) -> None:
    text = f"---\nstatus: Done\n{text}\n---\n" if headed else text
    unreadable(PATH, text)
    snapshot = _read(text)
    assert len(snapshot.tasks) <= 1
    for task in snapshot.tasks:
        shown = (task.title, task.key, task.status.text, *task.owners)
        assert not any(hides(word) for word in shown)
        assert task.title
        assert "\n".join((*shown, task.status.raw, *task.mentions)).encode()
    assert _read(text) == snapshot
