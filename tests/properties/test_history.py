"""Any history told commit by commit says what `diff` says of each consecutive pair."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec_notify.core.config import DEFAULT_PATHS, Config
from spec_notify.core.snapshot import diff, transition_facts
from spec_notify.disk.git import Git, find
from spec_notify.disk.git_log import GitLog
from spec_notify.pipeline.chronicle import Chronicle
from spec_notify.pipeline.rules import Rules
from spec_notify.sources.document import read_document
from tests.repository import FIRST, Repository

Files = dict[str, str]
Told = list[tuple[int, dict[str, object]]]

NAMES = ("A", "B")
STATUSES = ("Backlog", "In Progress", "Done", "In Review", "packed")
BROKEN = "<<<<<<< ours\n"
HEAD = "| Task ID | Title | Status |\n| --- | --- | --- |\n"


def live(name: str) -> str:
    return f"openspec/changes/{name}/tasks.md"


def archived(name: str) -> str:
    return f"openspec/changes/archive/2026-01-02-{name}/tasks.md"


def rows(name: str, statuses: tuple[str, ...]) -> str:
    return HEAD + "".join(
        f"| {name}{number} | {name} wraps {number} | {status} |\n"
        for number, status in enumerate(statuses)
    )


edits = st.one_of(
    st.tuples(st.just("write"), st.lists(st.sampled_from(STATUSES), min_size=2, max_size=3)),
    st.tuples(st.just("move"), st.lists(st.sampled_from(STATUSES), min_size=2, max_size=3)),
    st.tuples(st.sampled_from(["break", "delete", "leave"]), st.just([])),
)
histories = st.lists(st.tuples(edits, edits), min_size=1, max_size=8)


class Model:
    """The same history kept by hand: what stands, and what was last readable of it."""

    def __init__(self) -> None:
        self.files: Files = {}
        self.last: Files = {}
        self.told: Told = []

    def edit(self, at: int, name: str, what: str, statuses: list[str]) -> None:
        path = next((p for p in (live(name), archived(name)) if p in self.files), None)
        if what == "delete" and path:
            del self.files[path]
            self.last.pop(path, None)
        elif what == "break" and path:
            self.files[path] = BROKEN
        elif what == "move" and path == live(name):
            del self.files[path]
            self._write(at, archived(name), rows(name, tuple(statuses)), self.last.pop(path, None))
        elif what == "write":
            path = path or live(name)
            self._write(at, path, rows(name, tuple(statuses)), self.last.get(path))

    def _write(self, at: int, path: str, text: str, before: str | None) -> None:
        if before is not None:
            found = diff(read_document("SPEC.md", before), read_document("SPEC.md", text))
            self.told += [(at, transition_facts(each, path)) for each in found]
        self.files[path] = self.last[path] = text


def imported(states: list[Files]) -> str:
    """Answer a history as `git fast-import` reads it."""
    out = []
    for at, files in enumerate(states):
        when = f"Ada <ada@example.org> {FIRST + at} +0000"
        out.append(f"commit refs/heads/main\ncommitter {when}\ndata 1\nx\ndeleteall\n")
        for path, text in files.items():
            out.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")
    return "".join(out) + "done\n"


def told(git: Git, tip: str, since: str | None) -> Told:
    chronicle = Chronicle(GitLog(git), Rules(Config()), DEFAULT_PATHS, remark=lambda *_: None)
    full, start = git.resolve(tip), since and git.resolve(since)
    assert full is not None
    return [
        ((step.commit.at or 0) // 1000 - FIRST, transition_facts(each, step.after.path))
        for step in chronicle.steps(full, since=start)
        if step.before is not None
        for each in diff(step.before.snapshot, step.after.snapshot)
    ]


def in_order(found: Told) -> list[tuple[object, ...]]:
    return sorted((at, *map(str, facts.values())) for at, facts in found)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=histories, cut=st.integers(min_value=0, max_value=7))
def test_history_says_what_diff_says_of_each_pair_wherever_it_is_cut(
    history: list[tuple[tuple[str, list[str]], ...]], cut: int
) -> None:
    model, states = Model(), []
    for at, made in enumerate(history):
        for name, (what, statuses) in zip(NAMES, made, strict=True):
            model.edit(at, name, what, statuses)
        states.append(dict(model.files))
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder) / "bare.git", "--bare")
        repository.git("fast-import", "--quiet", "--done", input=imported(states))
        git = find(repository.root, environ=repository.env)
        assert git is not None
        with git:
            whole = told(git, "main", None)
            middle = f"main~{min(cut, len(history) - 1)}"
            parts = told(git, middle, None) + told(git, "main", middle)

    assert in_order(whole) == in_order(model.told)
    assert parts == whole
