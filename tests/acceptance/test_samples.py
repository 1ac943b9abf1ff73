"""A real tracker's history against the transitions an independent reader found in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.snapshot import PRINTED, Snapshot, diff, transition_facts
from spec_notify.sources.document import read_document, unreadable
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLES = "SPEC_NOTIFY_SAMPLES"


@pytest.fixture(scope="module")
def samples() -> Path:
    folder = os.environ.get(SAMPLES)
    if folder is None and os.environ.get("CI") == "true":
        pytest.fail(f"{SAMPLES} names no folder of samples, and this is CI")
    if folder is None:
        pytest.skip(f"{SAMPLES} names no folder of samples: real histories were NOT tried")
    return Path(folder)


def _revisions(samples: Path) -> list[tuple[int, Snapshot]]:
    files = sorted((samples / "spec-history").glob("[0-9]*.md"))
    return [(int(each.stem), read_document("SPEC.md", each.read_text("utf-8"))) for each in files]


def test_consecutive_revisions_give_the_expected_transitions_and_no_other(samples: Path) -> None:
    expected = [
        json.loads(line)
        for line in (samples / "spec-history" / "expected.jsonl").read_text("utf-8").splitlines()
    ]
    found = []
    for (_, before), (revision, after) in pairwise(_revisions(samples)):
        told = [each for each in diff(before, after) if each.kind in PRINTED]
        for facts in (transition_facts(each, "SPEC.md") for each in told):
            said = {"from": facts["fromText"], "to": facts["toText"]}
            kept = {name: facts[name] for name in ("task", "kind", "appeared")}
            found.append({"revision": revision, **kept, **said})

    def order(each: dict[str, object]) -> tuple[object, ...]:
        return each["revision"], each["task"], each["kind"]

    assert len(expected) > 0
    assert sorted(found, key=order) == sorted(expected, key=order)


def test_every_real_document_can_be_read_and_none_warns_of_what_it_does_not_hold(
    samples: Path,
) -> None:
    files = [*(samples / "spec-history").glob("*.md"), *(samples / "tasks").glob("*.md")]
    assert files
    for file in files:
        text = file.read_text("utf-8")
        snapshot = read_document(file.name, text)
        codes = {notice.code for notice in snapshot.notices}
        assert unreadable(file.name, text) is None
        assert ("no_tasks" in codes) == (not snapshot.tasks)
        assert codes <= {"no_tasks", "duplicate_id", "wide_row", "unsafe_id", "doubtful_status"}


def test_history_out_of_a_bare_clone_gives_the_same(samples: Path, tmp_path: Path) -> None:
    commits = {}
    repository = Repository(tmp_path / "repo")
    for file in sorted((samples / "spec-history").glob("[0-9]*.md")):
        commits[repository.commit({"SPEC.md": file.read_bytes()})] = int(file.stem)
    bare = repository.clone(tmp_path / "bare.git", "--bare")
    done = subprocess.run(
        [sys.executable, "-m", "spec_notify", "history", "--jsonl"],
        cwd=bare.root,
        env=bare.env,
        capture_output=True,
        text=True,
        check=True,
    )

    found = []
    for facts in map(json.loads, done.stdout.splitlines()):
        said = {"from": facts["fromText"], "to": facts["toText"]}
        kept = {name: facts[name] for name in ("task", "kind", "appeared")}
        found.append({"revision": commits[facts["commit"]], **kept, **said})

    lines = (samples / "spec-history" / "expected.jsonl").read_text("utf-8").splitlines()
    expected = [_ordered(line, found[0]) for line in lines]
    assert sorted(found, key=str) == sorted(expected, key=str)


def _ordered(line: str, like: Mapping[str, object]) -> dict[str, object]:
    """Answer an expected transition with its facts in the order of another."""
    facts = json.loads(line)
    assert {*facts} == {*like}
    return {name: facts[name] for name in like}


@pytest.mark.parametrize(
    ("name", "done", "open_"),
    [
        ("SPEC-KIT-018-hal-http-mcp.md", 5, 0),
        ("SPEC-KIT-045-mini.md", 8, 0),
    ],
)
def test_real_task_lists_without_ids_are_read_whole(
    samples: Path, name: str, done: int, open_: int
) -> None:
    snapshot = read_document(name, (samples / "tasks" / name).read_text("utf-8"))
    statuses = [task.status.canonical for task in snapshot.tasks]
    assert statuses.count("Done") == done
    assert len(statuses) == done + open_
    assert all(task.id is None for task in snapshot.tasks)
