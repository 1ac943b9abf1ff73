"""A real tracker's history against the transitions an independent reader found in it."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from spec_notify.core.snapshot import PRINTED, Snapshot, diff, transition_facts
from spec_notify.sources.document import read_document, unreadable

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
