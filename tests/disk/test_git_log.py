"""Real histories read as ports.Log: along first parents, streamed, whatever git's settings say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.errors import UnansweredError
from spec_notify.disk.git import Git, at, find
from spec_notify.disk.git_log import GitLog
from spec_notify.disk.git_process import GitError
from spec_notify.disk.git_stream import Stream
from spec_notify.disk.git_tree import Tree
from spec_notify.ports import Blob, Text, Unreadable
from tests.repository import FIRST, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.ports import Commit

GLOBS = ["SPEC.md", "docs/SPEC-*/tasks.md"]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


@pytest.fixture
def git(repo: Repository) -> Iterator[Git]:
    found = find(repo.root, environ=repo.env)
    assert found is not None
    with found:
        yield found


def commits(git: Git, tip: str = "HEAD", since: str | None = None) -> list[Commit]:
    full = git.resolve(tip)
    assert full is not None
    return list(GitLog(git).commits(full, since=since, globs=GLOBS))


def touched(found: list[Commit]) -> list[tuple[str, dict[str, str]]]:
    """Answer commit → what became of each path: added, edited or deleted."""
    names = {(False, True): "added", (True, True): "edited", (True, False): "deleted"}
    return [
        (
            each.name,
            {t.path: names[t.before is not None, t.after is not None] for t in each.touches},
        )
        for each in found
    ]


def test_a_straight_history_is_oldest_first_and_only_of_what_was_asked(
    repo: Repository, git: Git
) -> None:
    first = repo.commit({"SPEC.md": "1", "src/x.c": "1"})
    repo.commit({"src/x.c": "2"})
    third = repo.commit({"SPEC.md": "2", "docs/SPEC-A/tasks.md": "1"})
    (repo.root / "SPEC.md").unlink()
    fourth = repo.commit()

    found = commits(git)

    assert touched(found) == [
        (first, {"SPEC.md": "added"}),
        (third, {"SPEC.md": "edited", "docs/SPEC-A/tasks.md": "added"}),
        (fourth, {"SPEC.md": "deleted"}),
    ]
    assert found[0].parent is None
    assert found[2].parent == third
    assert [each.cut for each in found] == [False] * 3


def test_a_commit_says_who_and_when_and_never_an_address(repo: Repository, git: Git) -> None:
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    repo.write("SPEC.md", "1")
    repo.git("add", "-A")
    repo.run(
        "commit",
        "-qm",
        "x",
        GIT_AUTHOR_NAME="J\udcf6rg ada@example.org",
        GIT_COMMITTER_DATE=f"{FIRST} +0930",
    )

    (found,) = commits(git)

    assert found.author == "J\u00f6rg ada"
    assert found.at == FIRST * 1000


def test_a_merge_is_what_it_changed_for_its_first_parent(repo: Repository, git: Git) -> None:
    base = repo.commit({"SPEC.md": "base", "docs/SPEC-A/tasks.md": "base"})
    for name in ("one", "two"):
        repo.git("switch", "-qc", name, base)
        repo.commit({f"docs/SPEC-{name}/tasks.md": name})
    repo.switch("main")
    mine = repo.commit({"SPEC.md": "mine"})
    repo.git("merge", "-q", "--no-ff", "-m", "octopus", "one", "two")

    found = commits(git)

    assert touched(found) == [
        (base, {"SPEC.md": "added", "docs/SPEC-A/tasks.md": "added"}),
        (mine, {"SPEC.md": "edited"}),
        (repo.head, {"docs/SPEC-one/tasks.md": "added", "docs/SPEC-two/tasks.md": "added"}),
    ]
    assert found[-1].parent == mine


def test_a_range_leaves_out_all_that_its_beginning_reaches(repo: Repository, git: Git) -> None:
    first = repo.commit({"SPEC.md": "1"})
    repo.branch("side")
    side = repo.commit({"docs/SPEC-A/tasks.md": "1"})
    repo.switch("main")
    second = repo.commit({"SPEC.md": "2"})

    assert [each.name for each in commits(git, since=first)] == [second]
    assert [each.name for each in commits(git, since=side)] == [second]
    assert [each.name for each in commits(git, side, since=second)] == [side]
    assert commits(git, since=second) == []
    log = GitLog(git)
    assert log.leads(first, second)
    assert log.leads(second, second)
    assert not log.leads(side, second)


def test_where_a_shallow_clone_ends_is_no_root(repo: Repository, tmp_path: Path) -> None:
    repo.commit({"SPEC.md": "1"})
    second = repo.commit({"SPEC.md": "2"})
    third = repo.commit({"SPEC.md": "3"})
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--depth", "2", repo.root.as_uri(), str(clone))
    with opened(clone, repo) as git:
        found = commits(git)

    assert [(each.name, each.cut, each.parent) for each in found] == [
        (second, True, None),
        (third, False, second),
    ]


def test_links_are_told_from_files_and_a_submodule_is_neither(
    repo: Repository, git: Git, tmp_path: Path
) -> None:
    repo.commit({"docs/SPEC-A/tasks.md": "file", "docs/SPEC-B/tasks.md": "file"})
    (repo.root / "docs/SPEC-A/tasks.md").unlink()
    (repo.root / "docs/SPEC-A/tasks.md").symlink_to("../../README.md")
    repo.git("rm", "-q", "docs/SPEC-B/tasks.md")
    inner = Repository(tmp_path / "inner")
    inner.commit({"x": "x"})
    allow = ("-c", "protocol.file.allow=always")
    repo.git(*allow, "submodule", "add", "-q", str(inner.root), "docs/SPEC-B/tasks.md")
    repo.commit()

    link, submodule = commits(git)[-1].touches

    assert link.after is not None
    assert link.after.mode == "120000"
    content = GitLog(git).content(link.after, link.path)
    assert isinstance(content, Unreadable)
    assert "symbolic link" in content.why
    assert (submodule.before is None, submodule.after) == (False, None)


@pytest.mark.parametrize(
    "setting",
    [
        ("log.follow", "true"),
        ("log.showRoot", "false"),
        ("log.diffMerges", "separate"),
        ("diff.relative", "true"),
        ("diff.renames", "copies"),
        ("diff.orderFile", "no/such/file"),
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("log.date", "relative"),
        ("i18n.logOutputEncoding", "UTF-16"),
        ("core.abbrev", "4"),
        ("core.quotePath", "true"),
    ],
    ids=lambda pair: pair[0],
)
def test_no_setting_of_the_repository_changes_what_is_read(
    repo: Repository, git: Git, setting: tuple[str, str]
) -> None:
    repo.commit({"SPEC.md": "same words in it\n" * 9})
    (repo.root / "SPEC.md").rename(repo.write("docs/SPEC-\u00e4 b/tasks.md", ""))
    repo.commit()
    before = commits(git)

    repo.git("config", *setting)

    assert commits(git) == before
    assert touched(before)[1][1] == {"SPEC.md": "deleted", "docs/SPEC-\u00e4 b/tasks.md": "added"}


def test_names_that_look_like_something_else(repo: Repository, git: Git) -> None:
    paths = {f"docs/SPEC-{odd}/tasks.md" for odd in ("-x", ":(top)", "a\nb", "a*", "\x01", " ")}
    repo.commit(dict.fromkeys(paths, "1"))
    repo.commit({"docs/SPEC-a*/tasks.md": "2", "docs/SPEC-ab/tasks.md": "2"})

    first, second = commits(git)

    assert {each.path for each in first.touches} == paths
    assert first.name != second.name
    touches = list(GitLog(git).earlier(second.name, "docs/SPEC-a*/tasks.md"))
    assert [each.before is None for each in touches] == [False, True]


def test_a_path_that_is_not_utf_8_is_no_document(repo: Repository, git: Git) -> None:
    name = os.fsdecode(b"docs/SPEC-\xff/tasks.md")
    repo.commit({name: "1", "SPEC.md": "1"})

    assert [touch.path for touch in commits(git)[0].touches] == ["SPEC.md"]


def test_without_a_pattern_there_is_nothing(repo: Repository, git: Git) -> None:
    repo.commit({"SPEC.md": "1"})

    assert list(GitLog(git).commits(repo.head, since=None, globs=["../x", "/y"])) == []


def test_content_is_read_by_its_own_name(repo: Repository, git: Git) -> None:
    repo.commit({"SPEC.md": "\ufeffwords"})
    repo.commit({"SPEC.md": b"\xff"})
    first, second = (each.touches[0].after for each in commits(git))
    assert first is not None
    assert second is not None
    log = GitLog(git)

    words, broken = log.content(first, "SPEC.md"), log.content(second, "SPEC.md")
    lost = log.content(Blob(name="1" * 40, mode="100644"), "SPEC.md")

    assert isinstance(words, Text)
    assert words.text == "words"
    assert isinstance(broken, Unreadable)
    assert "UTF-8" in broken.why
    assert isinstance(lost, Unreadable)
    assert "not in this clone" in lost.why


def test_a_bare_repository_and_one_named_by_its_git_directory(
    repo: Repository, tmp_path: Path
) -> None:
    commit = repo.commit({"SPEC.md": "1"})
    bare = repo.clone(tmp_path / "bare.git", "--bare")
    with opened(bare.root, repo) as git:
        assert [each.name for each in commits(git)] == [commit]
    named = at(repo.root / ".git", environ=repo.env)
    assert named is not None
    with named:
        assert [each.name for each in commits(named)] == [commit]


def test_a_git_that_fails_or_is_silent_is_told_and_ended(
    repo: Repository, git: Git, tmp_path: Path
) -> None:
    repo.commit({"SPEC.md": "1"})
    with pytest.raises(UnansweredError, match="cannot be read"):
        list(GitLog(git).commits("1" * 40, since=None, globs=GLOBS))
    stub = tmp_path / "bin" / "git"
    stub.parent.mkdir()
    stub.write_text(
        "#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' x >&2\nprintf 'a\\0'\nexec cat\n"
    )
    stub.chmod(0o755)
    silent = find(repo.root, environ=repo.env | {"PATH": f"{stub.parent}:{os.environ['PATH']}"})
    assert silent is not None

    stream = Stream(silent.program, "log", patience=0.2)

    said = iter(stream)
    assert next(said) == b"a"
    with pytest.raises(GitError, match="did not answer"):
        next(said)
    assert not stream.close.alive


def test_the_tree_of_a_commit_is_a_workspace(repo: Repository, git: Git) -> None:
    repo.write("docs/SPEC-A/tasks.md", "1")
    (repo.root / "docs/link").symlink_to("SPEC-A")
    (repo.root / "docs/file-link.md").symlink_to("x")
    then = repo.commit({"SPEC.md": "then", "docs/notes.md": "n", "docs/fixtures/tasks.md": "x"})
    repo.commit({"SPEC.md": "now", "docs/SPEC-B/tasks.md": "1"})
    tree = Tree(git, then)

    assert tree.folders("docs") == ["SPEC-A", "fixtures"]
    assert tree.names("docs") == ["notes.md"]
    assert tree.names("") == ["SPEC.md"]
    assert tree.names("nowhere") == tree.folders("SPEC.md") == []
    assert tree.documents(["SPEC.md", "docs/*/tasks.md"]) == ["SPEC.md", "docs/SPEC-A/tasks.md"]
    text = tree.read("SPEC.md")
    assert isinstance(text, Text)
    assert text.text == "then"
    assert tree.read("docs/link/tasks.md") is None


def opened(root: Path, repo: Repository) -> Git:
    git = find(root, environ=repo.env)
    assert git is not None
    return git
