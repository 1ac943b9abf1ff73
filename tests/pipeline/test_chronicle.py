"""What is compared with what in a history (contract, section 8, `history`), over real git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spec_notify.core.config import DEFAULT_PATHS, Config
from spec_notify.core.snapshot import PRINTED, diff
from spec_notify.disk.git import find
from spec_notify.disk.git_log import GitLog
from spec_notify.pipeline.chronicle import Chronicle
from spec_notify.pipeline.rules import Rules
from tests.acceptance.shop import board
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spec_notify.core.snapshot import Notice
    from spec_notify.ports import Commit

CONFLICT = "<<<<<<< ours\n| T1 |\n=======\n>>>>>>> theirs\n"


class Tale:
    """A history and what is told of it; commits are called by the order they were made in."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repo")
        self.names: dict[str, int] = {}
        self.remarks: list[tuple[int, str, str]] = []

    def commit(self, files: dict[str, str | bytes | None] | None = None) -> str:
        """Commit files; None deletes one."""
        written = {path: text for path, text in (files or {}).items() if text is not None}
        for path in {*(files or {})} - {*written}:
            (self.repository.root / path).unlink()
        name = self.repository.commit(written)
        self.names[name] = len(self.names) + 1
        return name

    def told(
        self,
        tip: str = "HEAD",
        since: str | None = None,
        globs: Iterable[str] = DEFAULT_PATHS,
        root: Path | None = None,
    ) -> list[tuple[int, str | None, str, str]]:
        """Answer (commit, task, kind, document) of all that is told."""
        self.remarks.clear()
        git = find(root or self.repository.root, environ=self.repository.env)
        assert git is not None
        with git:
            full, start = git.resolve(tip), since and git.resolve(since)
            assert full is not None
            chronicle = Chronicle(GitLog(git), Rules(Config()), tuple(globs), remark=self._remark)
            return [
                (self.names[step.commit.name], each.task.id, each.kind, step.after.path)
                for step in chronicle.steps(full, since=start)
                if step.before is not None
                for each in diff(step.before.snapshot, step.after.snapshot)
                if each.kind in PRINTED
            ]

    def _remark(self, commit: Commit, document: str, notice: Notice) -> None:
        self.remarks.append((self.names[commit.name], document, notice.code))


@pytest.fixture
def tale(tmp_path: Path) -> Tale:
    return Tale(tmp_path)


def done(commit: int, task: str = "T1", document: str = "SPEC.md") -> tuple[int, str, str, str]:
    return commit, task, "completed", document


def test_a_root_is_a_baseline_and_each_commit_tells_its_own(tale: Tale) -> None:
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})
    tale.commit({"README.md": "x"})
    tale.commit({"SPEC.md": board(T2="Done", T1="Backlog", T3="Done")})

    assert tale.told() == [done(2, "T2"), (4, "T1", "reopened", "SPEC.md"), done(4, "T3")]


def test_a_merge_tells_what_it_brought_its_first_parent_and_a_revert_undoes(tale: Tale) -> None:
    tale.commit({"SPEC.md": board(T1="Backlog", T2="Backlog")})
    tale.repository.branch("side")
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})
    tale.repository.switch("main")
    tale.commit({"x": "x"})
    tale.repository.git("merge", "-q", "--no-ff", "-m", "m", "side")
    tale.names[tale.repository.head] = 5
    tale.repository.git("revert", "--no-edit", "-m", "1", "HEAD")
    tale.names[tale.repository.head] = 6

    assert tale.told() == [
        done(5, "T1"),
        done(5, "T2"),
        (6, "T1", "reopened", "SPEC.md"),
        (6, "T2", "reopened", "SPEC.md"),
    ]
    assert tale.told("side") == [done(2, "T1"), done(3, "T2")]


def test_an_octopus_is_compared_with_its_first_parent(tale: Tale) -> None:
    base = tale.commit({f"docs/SPEC-{n}/tasks.md": "- [ ] T1 Sell\n" for n in "AB"})
    for name in "AB":
        tale.repository.git("switch", "-qc", name, base)
        tale.commit({f"docs/SPEC-{name}/tasks.md": "- [x] T1 Sell\n"})
    tale.repository.git("switch", "-q", "main")
    tale.repository.git("merge", "-q", "--no-ff", "-m", "m", "A", "B")
    tale.names[tale.repository.head] = 4

    assert tale.told() == [done(4, document=f"docs/SPEC-{name}/tasks.md") for name in "AB"]


def test_the_first_commit_of_a_range_is_compared_with_its_first_parent(tale: Tale) -> None:
    first = tale.commit({"SPEC.md": board(T1="Backlog", T2="Backlog")})
    tale.repository.branch("side")
    side = tale.commit({"SPEC.md": board(T1="Backlog", T2="Done")})
    tale.repository.switch("main")
    second = tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})

    assert tale.told(since=first) == [done(3), done(4, "T2")]
    assert tale.told(since=second) == [done(4, "T2")]
    # What is no ancestor takes away only what it has in common.
    assert tale.told(since=side) == [done(3), done(4, "T2")]
    assert tale.told(since="HEAD") == []


def test_a_second_root_is_a_baseline_too(tale: Tale) -> None:
    tale.commit({"SPEC.md": board(T1="Backlog")})
    tale.repository.git("switch", "-q", "--orphan", "other")
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})

    assert tale.told() == [done(3, "T2")]
    assert tale.told(since="main") == [done(3, "T2")]


def test_a_document_deleted_and_back_is_a_baseline(tale: Tale) -> None:
    tale.commit({"SPEC.md": board(T1="Backlog")})
    tale.commit({"SPEC.md": None})
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})

    assert tale.told() == [done(4, "T2")]


def test_where_a_shallow_clone_ends_is_a_baseline_with_a_warning(
    tale: Tale, tmp_path: Path
) -> None:
    tale.commit({"SPEC.md": board(T1="Backlog", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})
    clone = tmp_path / "clone"
    tale.repository.git("clone", "-q", "--depth", "2", tale.repository.root.as_uri(), str(clone))

    assert tale.told(root=clone) == [done(3, "T2")]
    assert tale.remarks == [(2, "", "shallow")]
    assert tale.told(root=clone, since="HEAD~1") == [done(3, "T2")]
    assert tale.remarks == []


BROKEN = [
    pytest.param(CONFLICT, id="conflict markers"),
    pytest.param(b"| ID | Status |\n|-|-|\n| T1 | D\xf6ne |\n", id="not UTF-8"),
    pytest.param(b"x" * (5 * 1024 * 1024 + 1), id="too large"),
    pytest.param("| T | Status |\n|-|-|\n" + "| x | Done |\n" * 10_001, id="too many rows"),
    pytest.param(None, id="a symbolic link"),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_read_is_skipped_and_the_next_compared_with_the_last(
    tale: Tale, broken: str | bytes | None
) -> None:
    file = tale.repository.root / "SPEC.md"
    before = tale.commit({"SPEC.md": board(T1="Backlog", T2="Backlog")})
    if broken is None:
        file.unlink()
        file.symlink_to("README.md")
    broke = tale.commit({"SPEC.md": broken} if broken is not None else {})
    tale.commit({"x": "x"})
    if broken is None:
        file.unlink()
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})

    assert tale.told() == [done(4), done(5, "T2")]
    assert tale.remarks == [(2, "SPEC.md", "not_compared")]
    # A range that begins where nothing could be read finds what was readable before it.
    assert tale.told(since=broke) == [done(4), done(5, "T2")]
    assert tale.told(since=before) == [done(4), done(5, "T2")]


def test_what_could_never_be_read_begins_with_a_baseline(tale: Tale) -> None:
    first = tale.commit({"SPEC.md": CONFLICT})
    tale.commit({"SPEC.md": board(T1="Done", T2="Backlog")})
    tale.commit({"SPEC.md": board(T1="Done", T2="Done")})

    assert tale.told() == [done(3, "T2")]
    assert tale.told(since=first) == [done(3, "T2")]


def test_a_broken_document_deleted_leaves_nothing_to_compare_with(tale: Tale) -> None:
    tale.commit({"SPEC.md": board(T1="Backlog")})
    tale.commit({"SPEC.md": CONFLICT})
    tale.commit({"SPEC.md": None})
    tale.commit({"SPEC.md": board(T1="Done")})

    assert tale.told() == []


OPEN, TICKED = "- [ ] 1.1 Sell\n- [ ] 1.2 Wrap\n", "- [x] 1.1 Sell\n- [ ] 1.2 Wrap\n"
MOVES = [
    pytest.param(
        "openspec/changes/add-shop/tasks.md",
        "openspec/changes/archive/2026-01-02-add-shop/tasks.md",
        "1.1",
        (OPEN, TICKED),
        id="OpenSpec's archive",
    ),
    pytest.param(
        "backlog/tasks/task-7 - Sell.md",
        "backlog/completed/task-7 - Sell.md",
        "TASK-7",
        tuple(
            f"---\nid: TASK-7\ntitle: Sell\nstatus: {status}\n---\n\n## Description\n\nSell.\n"
            for status in ("In Progress", "Done")
        ),
        id="Backlog.md's completed",
    ),
    pytest.param(
        "docs/SPEC-A/tasks.md",
        "docs/SPEC-B/tasks.md",
        "1.1",
        (OPEN, TICKED),
        id="a rename",
    ),
]


@pytest.mark.parametrize(("old", "new", "task", "texts"), MOVES)
def test_a_tick_in_the_commit_that_moves_is_told_and_the_move_is_not(
    tale: Tale, old: str, new: str, task: str, texts: tuple[str, str]
) -> None:
    tale.commit({old: texts[0]})
    tale.commit({old: None, new: texts[1]})

    assert tale.told() == [done(2, task, new)]


@pytest.mark.parametrize(("old", "new", "task", "texts"), MOVES)
def test_a_document_is_followed_to_where_it_moved(
    tale: Tale, old: str, new: str, task: str, texts: tuple[str, str]
) -> None:
    tale.commit({old: texts[0]})
    moved = tale.commit({old: None, new: texts[0]})
    tale.commit({new: texts[1]})

    assert tale.told() == [done(3, task, new)]
    assert tale.told(since=moved) == [done(3, task, new)]
    assert tale.told(globs=["SPEC.md"]) == []


def test_an_archive_copy_that_never_was_a_document_is_none(tale: Tale) -> None:
    place = "docs/SPEC-A/archive/tasks.md"
    tale.commit({place: OPEN, "fixtures/SPEC.md": OPEN})
    tale.commit({place: TICKED, "fixtures/SPEC.md": TICKED})

    assert tale.told(globs=["docs/**/tasks.md", "**/SPEC.md"]) == []


def test_two_that_could_be_meant_are_two_baselines(tale: Tale) -> None:
    tale.commit({"docs/SPEC-A/tasks.md": OPEN})
    tale.commit(
        {
            "docs/SPEC-A/tasks.md": None,
            "docs/SPEC-B/tasks.md": TICKED,
            "docs/SPEC-C/tasks.md": TICKED,
        }
    )

    assert tale.told() == []


def test_a_document_moved_while_it_was_broken_is_compared_with_its_last_readable_self(
    tale: Tale,
) -> None:
    tale.commit({"docs/SPEC-A/tasks.md": OPEN})
    tale.commit({"docs/SPEC-A/tasks.md": CONFLICT})
    tale.commit({"docs/SPEC-A/tasks.md": None, "docs/SPEC-B/tasks.md": TICKED})

    assert tale.told() == [done(3, "1.1", "docs/SPEC-B/tasks.md")]


def test_only_what_a_pattern_matches_is_told(tale: Tale) -> None:
    paths = ("SPEC.md", "lib/SPEC.md", "lib/deep/SPEC.md", "notes.md")
    tale.commit(dict.fromkeys(paths, board(T1="Backlog")))
    tale.commit(dict.fromkeys(paths, board(T1="Done")))

    assert tale.told() == [done(2)]
    assert tale.told(globs=["lib/**/SPEC.md"]) == [
        done(2, document="lib/SPEC.md"),
        done(2, document="lib/deep/SPEC.md"),
    ]
    assert tale.told(globs=["*.md"]) == [done(2), done(2, document="notes.md")]


def test_a_document_in_a_submodule_is_not_of_this_history(tale: Tale, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner")
    inner.commit({"tasks.md": OPEN})
    allow = ("-c", "protocol.file.allow=always")
    tale.commit({"SPEC.md": board(T1="Backlog")})
    tale.repository.git(*allow, "submodule", "add", "-q", str(inner.root), "docs/SPEC-A")
    tale.commit({"SPEC.md": board(T1="Done")})

    assert tale.told() == [done(2)]


def test_a_neighbour_that_changes_how_a_document_is_read_is_no_news(tale: Tale) -> None:
    task = "---\nid: TASK-7\ntitle: Sell\nstatus: {}\n---\n"
    words = 'statuses: ["Open", "Packed", "Done"]\n'
    path = "backlog/tasks/task-7 - Sell.md"
    tale.commit({path: task.format("Packed")})
    tale.commit({"backlog/config.yml": words})
    tale.commit({path: task.format("Packed") + "\nmore\n"})
    tale.commit({path: task.format("Done")})

    assert tale.told() == [done(4, "TASK-7", path)]
