"""Tasks of task-master's JSON: tags, numbered tasks, subtasks, and files that are half written."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.plain import hides
from spec_notify.core.snapshot import diff
from spec_notify.sources.document import read_document, unreadable
from spec_notify.wiring import Wiring
from tests.repository import Repository, environment

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot

FIXTURE = (Path(__file__).parents[2] / "fixtures" / "tasks" / "task-master.json").read_text("utf-8")
PATH = ".taskmaster/tasks/tasks.json"


def _read(known: object, path: str = PATH) -> Snapshot:
    return read_document(path, known if isinstance(known, str) else json.dumps(known, indent=2))


def _tasks(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"master": {"tasks": list(tasks)}}


def test_tags_tasks_and_subtasks_are_read_with_their_lines() -> None:
    snapshot = _read(FIXTURE)
    rows = [(t.key, t.id, t.line, t.status.canonical, t.section) for t in snapshot.tasks]
    assert (snapshot.format, snapshot.notices) == ("task-master", ())
    assert rows == [
        ("master/1", "1", 5, "Done", "master"),
        ("master/1.1", "1.1", 12, "Done", "master"),
        ("master/1.2", "1.2", 17, "In Review", "master"),
        ("master/2", "2", 27, "In Progress", "master"),
        ("master/3", "3", 30, "Backlog", "master"),
        ("night-shift/1", "night-shift.1", 41, "Blocked", "night-shift"),
        ("night-shift/1.1", "night-shift.1.1", 44, "Dropped", "night-shift"),
    ]
    assert [each.title for each in snapshot.tasks[:2]] == ['Paint the "id": sign', "Mix the paint"]


@pytest.mark.parametrize(
    ("status", "canonical"),
    [
        ("pending", "Backlog"),
        ("in-progress", "In Progress"),
        ("review", "In Review"),
        ("done", "Done"),
        ("completed", "Done"),
        ("deferred", "Dropped"),
        ("cancelled", "Dropped"),
        ("blocked", "Blocked"),
        ("frozen", "Unknown"),
        ("done (3/5)", "Unknown"),
    ],
)
def test_its_words_are_read_as_statuses(status: str, canonical: str) -> None:
    (task,) = _read(_tasks({"id": 1, "title": "a", "status": status})).tasks
    assert task.status.canonical == canonical


def test_words_of_the_users_own_are_read_in_json() -> None:
    text = json.dumps(_tasks({"id": 1, "title": "a", "status": "shipped"}))
    (task,) = read_document(PATH, text, aliases={"shipped": "Done"}).tasks
    assert task.status.canonical == "Done"


@pytest.mark.parametrize("status", [None, "", " ", 1, True, ["done"], {"done": True}])
def test_what_is_no_word_is_no_status_and_told(status: object) -> None:
    snapshot = _read(_tasks({"id": 1, "title": "a", "status": status}))
    assert snapshot.tasks[0].status.canonical == "Unknown"
    assert [(each.code, each.line) for each in snapshot.notices] == [("no_status", 5)]


def test_a_file_without_tags_is_the_tag_master() -> None:
    task = {"id": 1, "title": "a", "status": "done", "subtasks": [{"id": 2, "title": "b"}]}
    before, after = _read({"meta": {}, "tasks": [task]}), _read(_tasks(task))
    assert [each.key for each in before.tasks] == ["master/1", "master/1.2"]
    assert diff(before, after) == ()


@pytest.mark.parametrize(
    ("own", "sub", "ids"),
    [
        (1, 2, ["1", "1.2"]),
        ("1", "2", ["1", "1.2"]),
        (1, "1.2", ["1", "1.2"]),
        (1, 1.2, ["1", "1.2"]),
        ("HAM-7", "HAM-7.2", ["HAM-7", "HAM-7.2"]),
        (42, "42-7", ["42", "42.42-7"]),
        (0, 0, ["0", "0.0"]),
        (1, None, ["1", None]),
        (None, 2, [None, None]),
        (True, [], [None, None]),
        (-1, 2, [None, None]),
        ("../x", 2, [None, None]),
        ("x" * 400, 2, [None, None]),
    ],
)
def test_a_subtask_is_numbered_within_its_task(
    own: object, sub: object, ids: list[str | None]
) -> None:
    subtask = {"id": sub, "title": "b", "status": "done"}
    snapshot = _read(_tasks({"id": own, "title": "a", "status": "done", "subtasks": [subtask]}))
    assert [each.id for each in snapshot.tasks] == ids
    assert len({each.key for each in snapshot.tasks}) == 2


def test_subtasks_of_subtasks_are_read_too() -> None:
    deep: dict[str, Any] = {"id": 3, "title": "c", "status": "done"}
    for number in (2, 1):
        deep = {"id": number, "title": "a", "status": "done", "subtasks": [deep]}
    assert [each.id for each in _read(_tasks(deep)).tasks] == ["1", "1.2", "1.2.3"]


@pytest.mark.parametrize("tag", ["two words", "../up", "a..b", "é", "", "x" * 400])
def test_a_tag_that_fits_no_id_is_told_and_its_numbers_still_name_tasks(tag: str) -> None:
    task = {"id": 1, "title": "Weigh", "status": "pending"}
    before = _read({tag: {"tasks": [task]}})
    after = _read({tag: {"tasks": [task | {"title": "Something else", "status": "done"}]}})
    assert [each.code for each in before.notices] == ["unsafe_id"]
    (found,) = diff(before, after)
    assert (found.kind, found.task.id, len(found.task.key)) == ("completed", None, 12)


def test_one_number_in_two_tags_is_two_tasks() -> None:
    task = {"id": 1, "title": "a", "status": "pending"}
    known = {tag: {"tasks": [task]} for tag in ("master", "beta", "gamma")}
    after = known | {"beta": {"tasks": [task | {"status": "done"}]}}
    (found,) = diff(_read(known), _read(after))
    assert (found.kind, found.task.key, found.task.id) == ("completed", "beta/1", "beta.1")
    assert _read(known).notices == ()


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (_tasks({"status": "done"}), "nameless"),
        ({"master": {"tasks": ["a"]}}, "nameless"),
        ({"master": {"tasks": [None]}}, "nameless"),
        ({"master": {"tasks": {"1": {}}}}, "no_list"),
        ({"master": {"tasks": None}}, "no_list"),
        (_tasks({"id": 1, "title": "a\u202eb", "status": "done"}), "sanitized"),
        (_tasks({"id": 1, "title": "a", "status": "done: 80%"}), "doubtful_status"),
        (_tasks(*[{"id": 1, "title": each, "status": "done"} for each in "ab"]), "duplicate_id"),
        ({}, "no_tasks"),
        ({"a": 1, "b": []}, "no_tasks"),
    ],
)
def test_what_cannot_be_followed_is_told(known: object, code: str) -> None:
    assert code in {each.code for each in _read(known).notices}
    assert unreadable(PATH, json.dumps(known)) is None


LINED = _tasks(
    {
        "title": 'x "id": 1',
        "id": 1,
        "subtasks": [{"id": 1, "title": "\\"}, {"title": "b", "id": 2}],
    },
    {"metadata": {"id": {"id": [{"id": 0}]}}, "subtasks": [{"id": 1, "title": "id"}], "id": 2},
    {"title": "no id", "note": '"id":'},
    {"id": 3, "title": "\\\\", 'odd "id': 1},
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (json.dumps(LINED), [1, 1, 1, 1, 1, 1, 1]),
        (json.dumps(LINED, indent=2), [6, 9, 14, 30, 34, 34, 41]),
        (json.dumps(LINED, indent="\t").replace("\n", "\r\n"), [6, 9, 14, 30, 34, 34, 41]),
        ("\ufeff" + json.dumps(LINED, indent=4), [6, 9, 14, 30, 34, 34, 41]),
        ("\n\n" + json.dumps(LINED), [3, 3, 3, 3, 3, 3, 3]),
        (json.dumps(LINED, indent=2).replace('"id":', '"id"\n:'), [6, 10, 16, 36, 41, 41, 49]),
    ],
)
def test_a_task_stands_where_its_id_does(text: str, lines: list[int]) -> None:
    assert [each.line for each in _read(text).tasks] == lines


def test_a_key_that_stands_twice_makes_lines_unknown_and_nothing_else() -> None:
    text = '{"master":\n{"tasks":\n[{"id": 1,\n"id": 2, "title": "a", "status": "done"}]}}'
    (task,) = _read(text).tasks
    assert (task.id, task.line) == ("2", 1)


def test_order_and_format_are_no_news() -> None:
    known = json.loads(FIXTURE)
    known["master"]["tasks"].reverse()
    turned = {tag: known[tag] for tag in reversed(known)}
    assert diff(_read(FIXTURE), _read(turned)) == ()
    assert diff(_read(FIXTURE), _read(json.dumps(json.loads(FIXTURE)))) == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"review"', '"done"', [("completed", "1.2")]),
        ('"pending"', '"review"', [("in_review", "3")]),
        ('"done"', '"pending"', [("reopened", "1")]),
        ('"blocked"', '"in-progress"', [("changed", "night-shift.1")]),
        ('"completed"', '"done"', []),
        ("Hang it", "Nail it to the wall", []),
        ("The word", "No word", []),
    ],
)
def test_only_a_status_is_news(old: str, new: str, told: list[tuple[str, str]]) -> None:
    found = diff(_read(FIXTURE), _read(FIXTURE.replace(old, new)))
    assert [(each.kind, each.task.id) for each in found] == told


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FIXTURE, None),
        ("{}", None),
        ("\ufeff{}\n", None),
        ('{"master": {"tasks": [{"id": 1, "title": "cut \\ud83d", "status": "done"}]}}', None),
        ("", "empty"),
        (" \n", "empty"),
        ("[]", "no JSON object"),
        ('"a"', "no JSON object"),
        ("{", "no whole JSON"),
        (FIXTURE + "}", "no whole JSON"),
        (FIXTURE.replace(",", ",\n<<<<<<< ours\n", 1), "merge conflict"),
        ("# Tasks\n- [x] a\n", "no whole JSON"),
        ("{" * 100_000, "no whole JSON"),
        ("[" * 100_000, "nested"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "nested"),
        ("9" * 5_000, "no whole JSON"),
        (json.dumps(_tasks(*[{"id": 1}] * 10_000)), None),
        (json.dumps(_tasks(*[{"id": 1}] * 10_001)), "10,000 tasks"),
        (json.dumps(_tasks({"id": 1, "subtasks": [{"id": 1}] * 10_000})), "10,000 tasks"),
        (" " * (5 * 1024 * 1024) + "{}", "5 MiB"),
        ("\n" * 100_001 + "{}", "lines"),
    ],
)
def test_what_is_no_whole_file_is_refused_with_a_reason(text: str, reason: str | None) -> None:
    why = unreadable(PATH, text)
    assert (why is None) if reason is None else (why is not None and reason in why)
    if reason is not None and "," not in reason and len(text) < 1024 * 1024:
        assert _read(text).tasks == ()


def test_no_beginning_of_a_file_is_taken_for_one() -> None:
    whole = FIXTURE.rstrip()
    assert [cut for cut in range(len(whole)) if unreadable(PATH, whole[:cut]) is None] == []


@pytest.mark.parametrize("path", [PATH, "tasks/tasks.json", "tasks.json"])
def test_every_json_document_is_read_so(path: str) -> None:
    assert _read(FIXTURE, path).format == "task-master"


def test_json_is_read_anywhere_when_asked_for() -> None:
    assert len(read_document("tasks.bak", FIXTURE, format="task-master").tasks) == 7
    assert unreadable("tasks.bak", "{", format="task-master") is not None
    assert unreadable("tasks.bak", "{") is None


def test_half_a_file_leaves_what_is_remembered_as_it_is(tmp_path: Path) -> None:
    env = environment(tmp_path, SPEC_NOTIFY_STATE_DIR=str(tmp_path / "state"))
    repository = Repository(tmp_path / "shop", env=env)
    config = 'enabled = true\n[[subscriptions]]\nname = "any"\nevents = ["*"]\n'
    config += 'url = "https://example.org/"\nsecret_env = "SPEC_NOTIFY_S"\n'
    (tmp_path / "config.toml").write_text(config, "utf-8")
    repository.commit({PATH: FIXTURE}, "tasks")
    wiring = Wiring.open(repository.root, config_file=str(tmp_path / "config.toml"), env=env)
    wiring.intake().look()
    known = wiring.spool.documents()[PATH]
    after = FIXTURE.replace('"review"', '"done"')

    for text in (after[:700], "", after[:-3]):
        repository.write(PATH, text)
        looked = wiring.intake().look()
        assert (looked.events, list(looked.deferred)) == ((), [PATH])
        assert wiring.spool.documents()[PATH] == known
        assert wiring.snapshots() == []
    repository.write(PATH, after)
    told = [(each.task, each.status) for each in wiring.intake().look().events]

    assert told == [("1.2", "Done")]
    wiring.close()


BOMBS = {
    "many tasks": json.dumps(_tasks(*[{"id": n, "title": "é" * 200} for n in range(9_999)])),
    "a long tag": json.dumps({"é" * 1_000_000: {"tasks": [{"id": 1, "title": "a"}] * 9_999}}),
    "a long id": json.dumps(_tasks({"id": "é" * 1_000_000, "subtasks": [{"id": 1}] * 9_998})),
    "a long title": json.dumps(_tasks({"title": "\u202e" * 800_000, "status": "x" * 100_000})),
    "ids": json.dumps({"id": [{"id": 1}] * 400_000}),
    "spaces": '{"master": {"id"' + " " * 4_000_000 + ":1}}",
    "unclosed spaces": ('"id"' + " " * 1_000) * 4_000,
    "tasks in tasks": '{"tasks":[' + '{"id":1,"subtasks":[' * 300 + "]}" * 300 + "]}",
    "strings": json.dumps({"a": '"id":' * 500_000}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_in_seconds(name: str) -> None:
    begun = time.perf_counter()
    unreadable(PATH, BOMBS[name])
    _read(BOMBS[name])
    assert time.perf_counter() - begun < 10


LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 30) | st.floats() | st.text(max_size=6)
    | st.sampled_from(["done", "review", "1.2", "../x", "SPEC-A-1", "\ud800", "\u202e", "\x00"])
)  # fmt: skip
KEYS = st.sampled_from(["id", "title", "status", "subtasks", "tasks", "master", "beta", "é\u202e"])
SHAPES = st.recursive(
    LEAVES, lambda held: st.lists(held, max_size=4) | st.dictionaries(KEYS, held, max_size=5)
)
TASK = st.fixed_dictionaries(
    {}, optional={"id": LEAVES, "title": LEAVES, "status": LEAVES, "subtasks": SHAPES}
)
FILES = SHAPES | st.dictionaries(
    KEYS | st.text(max_size=3), st.fixed_dictionaries({"tasks": st.lists(TASK)}), max_size=3
)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60)
    | FILES.map(json.dumps)
    | FILES.map(lambda each: json.dumps(each, indent=1))
)
def test_any_text_is_read_into_tasks_that_can_be_stored(text: str) -> None:
    refused = unreadable(PATH, text)
    snapshot = _read(text)
    assert refused is None or snapshot.tasks == ()
    lines = [task.line for task in snapshot.tasks]
    assert lines == sorted(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)
    for task in snapshot.tasks:
        shown = (task.title, task.key, task.status.text, task.section or "")
        assert not any(hides(word) for word in shown)
        assert task.title
        assert "\n".join((*shown, task.status.raw, *task.mentions)).encode()
    assert _read(text) == snapshot
    assert diff(snapshot, snapshot) == ()
