"""The product put beside the truth: what it tells of a history, and how much of that is right."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spec_notify.core.event import TASK_COMPLETED
from spec_notify.core.snapshot import COMPLETED, diff
from spec_notify.pipeline.intake import Wish
from spec_notify.sources.document import read_document, unreadable
from tests.pipeline.desk import Desk
from tests.repository import FIRST, Repository

from .truth import Revision, Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from spec_notify.core.snapshot import Snapshot


@dataclass(slots=True)
class Score:
    """Right, invented and missed completions."""

    right: int = 0
    invented: list[tuple[object, ...]] = field(default_factory=list)
    missed: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, expected: Counter[Told], told: Counter[Told], *where: object) -> None:
        """Count one commit."""
        self.right += (expected & told).total()
        self.invented += [(*where, each) for each in (told - expected).elements()]
        self.missed += [(*where, each) for each in (expected - told).elements()]

    @property
    def precision(self) -> float:
        told = self.right + len(self.invented)
        return self.right / told if told else 1.0

    @property
    def recall(self) -> float:
        true = self.right + len(self.missed)
        return self.right / true if true else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.4f}, recall {self.recall:.4f} "
            f"({self.right} right, {len(self.invented)} invented, {len(self.missed)} missed)"
        )


def by_diff(history: Iterable[Revision], score: Score, seed: int) -> None:
    """Compare each revision with the one before it, document by document."""
    before: dict[str, Snapshot] = {}
    for number, revision in enumerate(history):
        now = {}
        told: Counter[Told] = Counter()
        for path in revision.documents:
            text = revision.files[path]
            assert unreadable(path, text) is None, (seed, number, path)
            now[path] = read_document(path, text)
            place = revision.moved.get(path)
            if place is not None:
                told.update(completions(before[place], now[path]))
        score.add(revision.pairwise, told, seed, number)
        before = now


def completions(before: Snapshot, after: Snapshot) -> Counter[Told]:
    """Answer what `diff` says was finished between two snapshots."""
    return Counter(
        Told(after.document, change.task.id or change.task.title)
        for change in diff(before, after)
        if change.kind == COMPLETED
    )


def by_looks(history: Iterable[Revision], score: Score, seed: int, folder: Path) -> None:
    """Commit each revision and look: what a hook would have announced."""
    folder.mkdir()
    desk = Desk(folder)
    desk.repository.git("rm", "-q", "SPEC.md")
    tree: set[str] = set()
    for number, revision in enumerate(history):
        _check_out(desk.repository, tree, revision)
        tree = {*revision.files}
        desk.repository.commit(message=f"revision {number}")
        looked = desk.look(None if number else Wish(baseline=True))
        assert not looked.deferred, (seed, number, looked.deferred)
        assert not looked.unreadable, (seed, number, looked.unreadable)
        assert not looked.held, (seed, number, looked.held)
        told = Counter(_told(each.body) for each in looked.events if each.type == TASK_COMPLETED)
        score.add(revision.remembered, told, seed, number)


def _told(body: bytes) -> Told:
    task = json.loads(body)["data"]["task"]
    return Told(task["document"], task["id"] or task["title"])


def _check_out(repository: Repository, tree: Iterable[str], revision: Revision) -> None:
    for path in set(tree) - {*revision.files}:
        (repository.root / path).unlink()
    for path, text in revision.files.items():
        repository.write(path, text)


def by_history(history: Sequence[Revision], score: Score, seed: int, folder: Path) -> None:
    """Put all revisions into a bare repository and ask `spec-notify history` of it."""
    bare = Repository(folder, "--bare")
    _import(bare, history)
    names = bare.git("rev-list", "--reverse", "main").split()
    assert len(names) == len(history)
    command = [sys.executable, "-m", "spec_notify", "history", "--jsonl", "--repo", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, env=bare.env, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Counter[Told]] = defaultdict(Counter)
    for facts in map(json.loads, done.stdout.splitlines()):
        if facts["kind"] == COMPLETED:
            told[facts["commit"]][Told(facts["document"], facts["task"] or facts["title"])] += 1
    for number, (name, revision) in enumerate(zip(names, history, strict=True)):
        score.add(revision.pairwise, told[name], seed, number)


def _import(repository: Repository, history: Iterable[Revision]) -> None:
    """Commit every revision by one stream: a git process each would be most of the test."""
    stream: list[str] = []
    for number, revision in enumerate(history):
        when = FIRST + number * 60
        stream.append(f"commit refs/heads/main\ncommitter Ada <ada@example.org> {when} +0000")
        stream.append("data 8\nrevision\ndeleteall")
        for path, text in revision.files.items():
            stream.append(f"M 100644 inline {json.dumps(path, ensure_ascii=False)}")
            stream.append(f"data {len(text.encode())}\n{text}")
    repository.git("fast-import", "--quiet", input="\n".join(stream) + "\n")
