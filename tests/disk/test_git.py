"""Real git repositories read as ports.History; the product's git calls run nothing of theirs."""

from __future__ import annotations

import gc
import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.errors import UnansweredError
from spec_notify.disk.git import Git, at, find, host_path
from spec_notify.disk.git_files import GitFiles
from spec_notify.disk.git_process import GitError, Program
from spec_notify.disk.git_refs import GitRefs
from spec_notify.ports import Text, Unreadable
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repo")


@pytest.fixture
def git(repo: Repository) -> Iterator[Git]:
    with opened(repo) as git:
        yield git


def opened(repo: Repository, start: Path | None = None, **facts: float) -> Git:
    git = find(start or repo.root, environ=repo.env, **facts)
    assert git is not None
    return git


def stand(git: Git) -> tuple[str | None, str | None]:
    checkout = git.checkout()
    return checkout.branch, checkout.head


def text(git: Git, commit: str, path: str) -> str:
    read = git.read(commit, path)
    assert isinstance(read, Text), read
    return read.text


def why(git: Git, commit: str, path: str) -> str:
    read = git.read(commit, path)
    assert isinstance(read, Unreadable), read
    return read.why


class TestFinding:
    def test_no_repository_is_none(self, tmp_path: Path) -> None:
        assert find(tmp_path) is None

    def test_from_a_folder_inside(self, repo: Repository) -> None:
        below = repo.write("docs/deep/x.md", "").parent
        git = opened(repo, below)
        assert (git.root, git.git_dir, git.is_bare) == (repo.root, repo.root / ".git", False)

    def test_from_inside_the_git_directory(self, repo: Repository) -> None:
        git = opened(repo, repo.root / ".git" / "refs")
        assert (git.root, git.is_bare) == (repo.root, False)

    def test_through_a_link_is_the_same_checkout(self, repo: Repository, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(repo.root)
        assert opened(repo, tmp_path / "link").state_key() == opened(repo).state_key()

    def test_git_variables_of_the_caller_mean_nothing(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        other = Repository(tmp_path / "other")
        other.commit({"SPEC.md": "other"})
        commit = repo.commit({"SPEC.md": "here"})
        variables = {"GIT_DIR": f"{other.root}/.git", "GIT_WORK_TREE": str(other.root)}
        repo.env |= variables
        with opened(repo) as git:
            assert stand(git) == ("main", commit)
            assert text(git, commit, "SPEC.md") == "here"
            assert git.resolve("HEAD") == commit

    def test_a_git_directory_asked_for_by_name(self, repo: Repository) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        git = at(repo.root / ".git", environ=repo.env)
        assert git is not None
        with git:
            assert (git.root, stand(git)) == (repo.root, ("main", commit))
        assert at(repo.root / "docs") is None

    def test_a_bare_repository(self, repo: Repository, tmp_path: Path) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        bare = repo.clone(tmp_path / "bare.git", "--bare")
        with opened(bare) as git:
            assert (git.is_bare, git.root) == (True, bare.root)
            assert (stand(git), text(git, commit, "SPEC.md")) == (("main", commit), "x")

    def test_a_bare_repository_with_worktrees(self, repo: Repository, tmp_path: Path) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        bare = repo.clone(tmp_path / "project" / ".git", "--bare")
        bare.git("worktree", "add", "-q", "../tree", "main")
        assert opened(bare, tmp_path / "project").is_bare
        with opened(bare, tmp_path / "project" / "tree") as git:
            assert (git.is_bare, git.root) == (False, tmp_path / "project" / "tree")
            assert (stand(git), text(git, commit, "SPEC.md")) == (("main", commit), "x")

    def test_a_worktree_shares_the_repository_and_keeps_a_state_of_its_own(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        first = repo.commit({"SPEC.md": "x"})
        repo.git("worktree", "add", "-q", "-b", "side", "../tree")
        side = Repository(tmp_path / "tree", env=repo.env)
        second = side.commit({"SPEC.md": "y"})
        with opened(repo) as here, opened(side) as there:
            assert (stand(here), stand(there)) == (("main", first), ("side", second))
            assert here.shared_key() == there.shared_key()
            assert here.state_key() != there.state_key()
            assert (here.gate_name, there.gate_name) == (".git", "tree")

    def test_a_submodule_is_a_repository_of_its_own(self, repo: Repository, tmp_path: Path) -> None:
        inner = Repository(tmp_path / "inner")
        commit = inner.commit({"SPEC.md": "inner"})
        allow = ("-c", "protocol.file.allow=always")
        repo.git(*allow, "submodule", "add", "-q", str(inner.root), "libs/inner")
        outer = repo.commit()
        with opened(repo, repo.root / "libs" / "inner") as git:
            assert git.root == repo.root / "libs" / "inner"
            assert (stand(git), git.gate_name) == (("main", commit), "inner")
            assert text(git, commit, "SPEC.md") == "inner"
        with opened(repo) as git:
            assert git.read(outer, "libs/inner/SPEC.md") is None
            assert git.read(outer, "libs/inner") is None

    def test_a_gitfile_that_leads_nowhere_is_no_repository(self, tmp_path: Path) -> None:
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / ".git").write_text("gitdir: ../gone\n")
        assert find(tmp_path / "x") is None


class TestWhereItStands:
    def test_without_a_commit(self, git: Git) -> None:
        assert stand(git) == ("main", None)

    def test_on_a_branch_on_none_and_on_one_with_slashes(self, repo: Repository, git: Git) -> None:
        commit = repo.commit()
        assert stand(git) == ("main", commit)
        repo.git("switch", "-q", "--detach")
        assert stand(git) == (None, commit)
        repo.branch("feature/deep/name")
        assert stand(git) == ("feature/deep/name", commit)

    def test_with_packed_refs(self, repo: Repository, git: Git) -> None:
        repo.commit()
        repo.branch("main2")
        commit = repo.commit()
        repo.branch("zz")
        repo.commit()
        repo.git("pack-refs", "--all")
        repo.switch("main2")
        assert stand(git) == ("main2", commit)
        assert not (repo.root / ".git/refs/heads/main2").exists()

    def test_a_branch_that_stands_for_another(self, repo: Repository, git: Git) -> None:
        commit = repo.commit()
        repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
        repo.git("symbolic-ref", "HEAD", "refs/heads/alias")
        assert stand(git) == ("main", commit)

    def test_a_head_that_is_a_link(self, repo: Repository, git: Git) -> None:
        commit = repo.commit()
        (repo.root / ".git/HEAD").unlink()
        (repo.root / ".git/HEAD").symlink_to("refs/heads/main")
        assert stand(git) == ("main", commit)

    def test_a_branch_whose_name_is_not_utf8_is_spelled(self, repo: Repository, git: Git) -> None:
        commit = repo.commit()
        repo.branch(os.fsdecode(b"caf\xe9"))
        assert stand(git) == ("caf\\xe9", commit)

    def test_a_head_that_leads_out_of_the_repository_is_not_followed(
        self, repo: Repository, git: Git
    ) -> None:
        commit = repo.commit()
        (repo.root / "fake").write_text(commit)
        (repo.root / ".git/HEAD").write_text("ref: refs/heads/../../../fake\n")
        assert stand(git)[1] is None

    def test_with_names_of_64_digits(self, tmp_path: Path) -> None:
        repo = Repository(tmp_path / "repo", "--object-format=sha256")
        first = repo.commit({"docs/tasks.md": "one"})
        commit = repo.commit({"docs/tasks.md": "two"})
        with opened(repo) as git:
            assert (len(commit), stand(git)) == (64, ("main", commit))
            assert (text(git, first, "docs/tasks.md"), git.first_parent(commit)) == ("one", first)
            moves = git.moves(first)
            assert moves is not None
            assert [(move.old, move.new) for move in moves] == [(first, commit)]

    def test_at_rest(self, repo: Repository, git: Git) -> None:
        repo.commit()
        assert git.checkout().busy is None
        assert git.locked_since() is None

    def test_a_lock_is_told_with_its_age(self, repo: Repository, git: Git) -> None:
        repo.commit()
        lock = repo.root / ".git/index.lock"
        lock.touch()
        os.utime(lock, (1_000, 1_000))
        assert git.checkout().busy == "index.lock"
        assert git.checkout(stale_before=1_000_000).busy == "index.lock"
        assert git.checkout(stale_before=1_000_001).busy is None
        assert git.locked_since() == 1_000_000

    def test_in_the_middle_of_a_merge_or_a_rebase(self, repo: Repository, git: Git) -> None:
        conflict(repo)
        assert repo.run("merge", "side").returncode
        assert git.checkout().busy == "merge"
        repo.git("merge", "--abort")
        assert repo.run("rebase", "side").returncode
        assert git.checkout().busy == "rebase"
        repo.git("rebase", "--abort")
        assert repo.run("rebase", "--apply", "side").returncode
        assert git.checkout().busy == "rebase"

    def test_in_the_middle_of_mailed_patches(self, repo: Repository, git: Git) -> None:
        conflict(repo)
        patch = repo.git("format-patch", "-1", "--stdout", "side") + "\n"
        assert repo.run("am", input=patch).returncode
        assert git.checkout().busy == "am"

    def test_a_cherry_pick_or_bisection_is_nothing_to_wait_for(
        self, repo: Repository, git: Git
    ) -> None:
        conflict(repo)
        assert repo.run("cherry-pick", "side").returncode
        assert git.checkout().busy is None
        repo.git("cherry-pick", "--abort")
        repo.git("bisect", "start", "HEAD", "HEAD~1")
        assert git.checkout().busy is None


def conflict(repo: Repository) -> None:
    """Make `main` and `side` disagree about one line."""
    repo.commit({"a.md": "a\n"})
    repo.branch("side")
    repo.commit({"a.md": "side\n"})
    repo.switch("main")
    repo.commit({"a.md": "main\n"})


class TestMoves:
    def test_each_entry_since_a_commit_oldest_first(self, repo: Repository, git: Git) -> None:
        a, b, c = repo.commit(), repo.commit(message="two: b"), repo.commit(message="three")
        moves = git.moves(a)
        assert moves is not None
        assert [(move.old, move.new, move.message) for move in moves] == [
            (a, b, "commit: two: b"),
            (b, c, "commit: three"),
        ]
        assert git.moves(c) == ()

    def test_the_newest_landing_counts(self, repo: Repository, git: Git) -> None:
        a = repo.commit()
        repo.commit()
        repo.git("reset", "-q", "--hard", a)
        c = repo.commit()
        moves = git.moves(a)
        assert moves is not None
        assert [move.new for move in moves] == [c]

    def test_since_before_the_first_commit(self, repo: Repository, git: Git) -> None:
        a = repo.commit()
        moves = git.moves(None)
        assert moves is not None
        assert [(move.old, move.new) for move in moves] == [(None, a)]

    def test_a_commit_head_was_never_at_is_none(self, repo: Repository, git: Git) -> None:
        repo.commit()
        assert git.moves("e" * 40) is None

    def test_a_mark_tells_a_stash_from_nothing(self, repo: Repository, git: Git) -> None:
        a = repo.commit({"SPEC.md": "x"})
        mark = git.checkout().mark
        repo.write("SPEC.md", "y")
        repo.git("stash")
        moves = git.moves(a, after=mark)
        assert moves is not None
        assert [move.message for move in moves] == ["reset: moving to HEAD"]
        assert git.moves(a, after=git.checkout().mark) == ()

    def test_nothing_past_the_mark_until_is_answered(self, repo: Repository, git: Git) -> None:
        a, b = repo.commit(), repo.commit()
        until = git.checkout().mark
        repo.commit()
        moves = git.moves(a, until=until)
        assert moves is not None
        assert [move.new for move in moves] == [b]

    def test_a_mark_from_before_the_reflog_was_rewritten_is_not_believed(
        self, repo: Repository, git: Git
    ) -> None:
        a = repo.commit()
        mark = git.checkout().mark
        b = repo.commit(message="a message as long as the line the reflog loses in this test")
        repo.git("reflog", "delete", "HEAD@{1}")
        moves = git.moves(a, after=mark)
        assert moves is not None
        assert [move.new for move in moves] == [b]

    @pytest.mark.parametrize("mark", ["", "x", "99999999.00000000", "-1.0", "0x1.1", "1.00000000"])
    def test_a_mark_that_makes_no_sense_is_not_believed(
        self, repo: Repository, git: Git, mark: str
    ) -> None:
        a, b = repo.commit(), repo.commit()
        moves = git.moves(a, after=mark, until=mark)
        assert moves is not None
        assert [move.new for move in moves] == [b]

    def test_a_lost_reflog_is_none_unless_head_did_not_move(
        self, repo: Repository, git: Git
    ) -> None:
        a = repo.commit()
        shutil.rmtree(repo.root / ".git/logs")
        assert (git.moves(a), git.checkout().mark) == ((), None)
        repo.git("-c", "core.logAllRefUpdates=false", "commit", "--allow-empty", "-q", "-m", "x")
        assert git.moves(a) is None

    def test_an_entry_git_is_still_writing_is_left_alone(self, repo: Repository, git: Git) -> None:
        a, b = repo.commit(), repo.commit()
        with (repo.root / ".git/logs/HEAD").open("a") as log:
            log.write(f"{b} {a} Ada <a@x> 1 +0000\tcomm")
        moves = git.moves(a)
        assert moves is not None
        assert [move.new for move in moves] == [b]

    def test_an_entry_written_ahead_of_head_is_for_the_next_look(
        self, repo: Repository, git: Git
    ) -> None:
        a = repo.commit()
        mark = git.checkout().mark
        with (repo.root / ".git/logs/HEAD").open("a") as log:
            log.write(f"{a} {'b' * 40} Ada <a@x> 1 +0000\tcommit: coming\n")
        assert git.checkout().mark == mark
        moves = git.moves(a, after=mark)
        assert moves is not None
        assert [move.message for move in moves] == ["commit: coming"]

    def test_a_message_that_is_not_utf8_and_lines_that_are_no_entries(
        self, repo: Repository, git: Git
    ) -> None:
        a = repo.commit()
        with (repo.root / ".git/logs/HEAD").open("ab") as log:
            log.write(b"nonsense\n\n")
            log.write(f"{a} {'b' * 40} Ada <a@x> 1 +0000\tcommit: ".encode() + b"caf\xe9\n")
        moves = git.moves(a)
        assert moves is not None
        assert [move.message for move in moves] == ["commit: caf\\xe9"]

    def test_a_gigantic_reflog_is_read_from_its_end(self, repo: Repository, git: Git) -> None:
        a = repo.commit()
        log = repo.root / ".git/logs/HEAD"
        real = log.read_bytes()
        line = f"{'c' * 40} {'c' * 40} Ada <a@x> 1 +0000\tcheckout: moving from x to x\n".encode()
        with log.open("wb") as file:
            file.write(line * 400_000)
            file.write(real)
        start = time.perf_counter()
        b = repo.commit()
        moves = git.moves(a)
        assert moves is not None
        assert [move.new for move in moves] == [b]
        assert git.moves("d" * 40) is None
        assert time.perf_counter() - start < 5


PLACES = ("commit", "detach", "branch", "orphan", "reset", "option-like")


@pytest.mark.parametrize("last", PLACES)
def test_files_and_git_itself_say_the_same(repo: Repository, last: str) -> None:
    """GitRefs serves refs kept in other formats; on plain files both can be asked."""
    first = repo.commit()
    repo.branch("side")
    repo.commit(message="two: with a colon")
    match last:
        case "detach":
            repo.git("switch", "-q", "--detach")
        case "branch":
            repo.switch("main")
        case "orphan":
            repo.git("switch", "-q", "--orphan", "bare")
        case "reset":
            repo.git("reset", "-q", "--hard", first)
        case "option-like":
            repo.git("update-ref", "refs/heads/--upload-pack=x", "HEAD")
            repo.git("symbolic-ref", "HEAD", "refs/heads/--upload-pack=x")
        case _:
            repo.commit(message="three")
    files = GitFiles(repo.root / ".git", repo.root / ".git")
    asked = GitRefs(Program(repo.root, environ=repo.env, timeout=5))
    assert asked.head() == files.head()
    if last != "orphan":  # git shows no reflog of HEAD before there is a commit
        moves = files.moves(first, after=None, until=None)
        assert asked.moves(first, after=None, until=None) == moves


@pytest.mark.parametrize("question", ["head", "mark", "moves"])
def test_a_git_that_fails_is_not_taken_for_an_empty_repository(
    repo: Repository, tmp_path: Path, question: str
) -> None:
    repo.commit()
    repo.env["PATH"] = str(tmp_path)
    asked = GitRefs(Program(repo.root, environ=repo.env, timeout=5))
    ask = {
        "head": asked.head,
        "mark": lambda: asked.mark(None),
        "moves": lambda: asked.moves(None, after=None, until=None),
    }
    with pytest.raises(UnansweredError, match="git is not on PATH"):
        ask[question]()


def test_git_itself_tells_a_stash_by_its_mark_too(repo: Repository) -> None:
    a = repo.commit({"SPEC.md": "x"})
    asked = GitRefs(Program(repo.root, environ=repo.env, timeout=5))
    mark = asked.mark(a)
    repo.write("SPEC.md", "y")
    repo.git("stash")
    moves = asked.moves(a, after=mark, until=asked.mark(a))
    assert moves is not None
    assert [move.message for move in moves] == ["reset: moving to HEAD"]
    assert asked.moves(a, after=mark, until=mark) == ()


class TestReading:
    def test_a_document_as_of_each_commit(self, repo: Repository, git: Git) -> None:
        one = repo.commit({"SPEC.md": "one", "docs/SPEC-1/tasks.md": "deep"})
        two = repo.commit({"SPEC.md": "two"})
        assert [text(git, each, "SPEC.md") for each in (one, two, one)] == ["one", "two", "one"]
        assert text(git, two, "docs/SPEC-1/tasks.md") == "deep"

    @pytest.mark.parametrize("path", ["gone.md", "docs", "docs/gone/x.md", "SPEC.md/x", "a/b", ""])
    def test_what_was_not_there_is_none(self, repo: Repository, git: Git, path: str) -> None:
        commit = repo.commit({"SPEC.md": "x", "docs/a/tasks.md": "y"})
        assert git.read(commit, path) is None

    @pytest.mark.parametrize(
        "path",
        [
            "a b/new\nline.md",
            "✅/📋.md",
            "-rf/--output=x.md",
            os.fsdecode(b"caf\xe9/t\xff.md"),
            "quote\"'$(x).md",
            "HEAD:SPEC.md",
        ],
    )
    def test_any_path_will_do(self, repo: Repository, git: Git, path: str) -> None:
        commit = repo.commit({path: "found"})
        assert text(git, commit, path) == "found"

    def test_a_name_that_begins_like_another_is_another(self, repo: Repository, git: Git) -> None:
        commit = repo.commit({"SPEC.md.bak": "bak", "aSPEC.md": "a", "SPEC.md": "x"})
        assert text(git, commit, "SPEC.md") == "x"

    def test_the_bytes_are_those_of_the_commit(self, repo: Repository, git: Git) -> None:
        commit = repo.commit({"SPEC.md": b"\xef\xbb\xbf# \xe2\x9c\x85\r\nx\r\n"})
        assert text(git, commit, "SPEC.md") == "# ✅\r\nx\r\n"

    def test_what_is_not_utf8_is_unreadable(self, repo: Repository, git: Git) -> None:
        commit = repo.commit({"SPEC.md": b"ab\xffcd"})
        assert "byte 2" in why(git, commit, "SPEC.md")

    def test_a_link_is_unreadable(self, repo: Repository, git: Git) -> None:
        (repo.root / "SPEC.md").symlink_to("/etc/passwd")
        assert "link" in why(git, repo.commit(), "SPEC.md")

    def test_a_document_beyond_the_cap_is_unreadable_and_the_next_one_is_not(
        self, repo: Repository, git: Git
    ) -> None:
        commit = repo.commit({"big.md": "x" * (5 * 1024 * 1024 + 1), "SPEC.md": "x"})
        assert "5,242,880 bytes" in why(git, commit, "big.md")
        assert text(git, commit, "SPEC.md") == "x"

    @pytest.mark.parametrize("commit", ["e" * 40, "e" * 64, "HEAD", "main\nHEAD", "--all", ""])
    def test_a_commit_that_is_not_here_is_unreadable(
        self, repo: Repository, git: Git, commit: str
    ) -> None:
        repo.commit({"SPEC.md": "x"})
        assert "cannot be read as of" in why(git, commit, "SPEC.md")

    def test_one_process_serves_every_reading(self, repo: Repository, tmp_path: Path) -> None:
        commit = repo.commit({f"docs/SPEC-{n}/tasks.md": str(n) for n in range(50)})
        calls = watched_git(repo, tmp_path)
        with opened(repo) as git:
            assert [text(git, commit, f"docs/SPEC-{n}/tasks.md") for n in range(50)] == [
                str(n) for n in range(50)
            ]
            assert git.author(commit) == "Ada Example"
        assert len(calls.read_text().splitlines()) == 1

    def test_head_and_reflog_take_no_process(self, repo: Repository, tmp_path: Path) -> None:
        commit = repo.commit()
        calls = watched_git(repo, tmp_path)
        with opened(repo) as git:
            assert stand(git) == ("main", commit)
            assert git.moves(commit) == ()
        assert not calls.exists()

    def test_a_closed_one_opens_again(self, repo: Repository, git: Git) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        assert text(git, commit, "SPEC.md") == "x"
        git.close()
        assert text(git, commit, "SPEC.md") == "x"

    def test_what_was_committed_after_it_was_opened_is_found(
        self, repo: Repository, git: Git
    ) -> None:
        text(git, repo.commit({"SPEC.md": "x"}), "SPEC.md")
        later = repo.commit({"SPEC.md": "y"})
        repo.git("gc", "-q", "--prune=now")
        assert text(git, later, "SPEC.md") == "y"

    def test_without_git_it_says_so(self, repo: Repository, tmp_path: Path) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        repo.env["PATH"] = str(tmp_path)
        with opened(repo) as git:
            assert stand(git) == ("main", commit)
            with pytest.raises(UnansweredError, match="git is not on PATH"):
                git.read(commit, "SPEC.md")
            with pytest.raises(UnansweredError, match="git is not on PATH"):
                git.first_parent(commit)
            assert git.author(commit) is None
            with pytest.raises(UnansweredError, match="git is not on PATH"):
                git.resolve("HEAD")
            with pytest.raises(UnansweredError, match="git is not on PATH"):
                git.identity()

    def test_a_git_that_hangs_is_given_up(self, repo: Repository, tmp_path: Path) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        program(tmp_path / "bin" / "git", "sleep 60")
        repo.env["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        start = time.perf_counter()
        with opened(repo, timeout=0.2) as git:
            with pytest.raises(UnansweredError, match=r"within 0\.2 s"):
                git.read(commit, "SPEC.md")
            with pytest.raises(UnansweredError, match=r"within 0\.2 s"):
                git.resolve("HEAD")
        assert time.perf_counter() - start < 3

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    def test_a_repository_of_somebody_elses_is_read_no_further_than_git_allows(
        self, repo: Repository
    ) -> None:
        commit = repo.commit({"SPEC.md": "x"})
        for place in (repo.root, repo.root / ".git"):
            os.chown(place, 12345, 12345)
        with opened(repo) as git, pytest.raises(UnansweredError, match="dubious ownership"):
            git.read(commit, "SPEC.md")


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def watched_git(repo: Repository, folder: Path) -> Path:
    """Put a git in front of git that writes a line per call; answer where it writes."""
    calls, real = folder / "calls", shutil.which("git")
    program(folder / "bin" / "git", f'echo "$*" >>"{calls}"; exec "{real}" "$@"')
    repo.env["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    return calls


class TestCommits:
    def test_a_first_parent(self, repo: Repository, git: Git) -> None:
        root = repo.commit()
        repo.branch("side")
        repo.commit({"side.md": "x"})
        repo.switch("main")
        second = repo.commit({"main.md": "x"})
        repo.git("merge", "-q", "--no-ff", "side", "-m", "merge")
        assert git.first_parent(repo.head) == second
        assert git.first_parent(second) == root
        assert git.first_parent(root) is None
        assert git.first_parent("e" * 40) is None

    def test_a_shallow_clone_ends_where_it_ends(self, repo: Repository, tmp_path: Path) -> None:
        for _ in range(3):
            repo.commit()
        shallow = Repository.clone(repo, tmp_path / "shallow", "--no-local", "--depth=2")
        with opened(shallow) as git:
            head = git.checkout().head
            assert head is not None
            oldest = git.first_parent(head)
            assert oldest is not None
            assert git.first_parent(oldest) is None

    def test_an_author_is_a_name_without_an_address(self, repo: Repository, git: Git) -> None:
        repo.env["GIT_AUTHOR_NAME"] = "Zoë <zoe> Ünal"
        assert git.author(repo.commit()) == "Zoë zoe Ünal"
        assert git.author("e" * 40) is None

    def test_an_author_written_in_another_encoding(self, repo: Repository, git: Git) -> None:
        repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
        repo.env["GIT_AUTHOR_NAME"] = os.fsdecode(b"Zo\xeb")
        assert git.author(repo.commit(message="x")) == "Zoë"
        repo.git("config", "i18n.commitEncoding", "no-such-encoding")
        assert git.author(repo.commit(message="x")) == "Zo\\xeb"

    @pytest.mark.parametrize(
        "revision", ["--upload-pack=touch x", "--all", "-h", "gone", "", "HEAD~99", "a\nb"]
    )
    def test_a_revision_that_means_nothing_is_none(
        self, repo: Repository, git: Git, revision: str
    ) -> None:
        repo.commit()
        assert git.resolve(revision) is None

    def test_a_revision_is_resolved_to_a_commit(self, repo: Repository, git: Git) -> None:
        a, b = repo.commit(), repo.commit()
        repo.git("tag", "-a", "v1", "-m", "one", a)
        assert [git.resolve(each) for each in ("HEAD", "HEAD~1", "v1", b[:10])] == [b, a, a, b]


class TestIdentity:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://git.example.org/team/plan.git", "git.example.org/team/plan"),
            ("https://git.example.org/team/plan/", "git.example.org/team/plan"),
            ("https://user:pa%40ss@Git.Example.org:8443/team/plan", "git.example.org/team/plan"),
            ("https://user:p@ss@git.example.org/team/plan", "git.example.org/team/plan"),
            ("https://token@git.example.org/team/plan?x=secret#y", "git.example.org/team/plan"),
            ("ssh://git@git.example.org:2222/team/plan.git", "git.example.org/team/plan"),
            ("git@git.example.org:team/plan.git", "git.example.org/team/plan"),
            ("git.example.org:/srv/team/plan", "git.example.org/srv/team/plan"),
            ("git://[2001:db8::1]:9418/plan.git", "[2001:db8::1]/plan"),
            ("/srv/git/plan.git", None),
            ("../plan", None),
            ("file:///srv/git/plan.git", None),
            ("file://localhost/srv/git/plan.git", None),
            ("C:/git/plan", None),
            ("ext::sh -c 'touch x'", None),
            ("https://", None),
            ("https://git.example.org/", None),
            ("https://git.example.org/a\tb", None),
            ("https://git ex/plan", None),
            ("", None),
        ],
    )
    def test_an_origin_is_spelled_as_host_and_path(self, url: str, expected: str | None) -> None:
        assert host_path(url) == expected

    def test_the_origin_else_the_root_commit(self, repo: Repository) -> None:
        root = repo.commit()
        repo.branch("side")
        repo.commit()
        assert opened(repo).identity() == root
        repo.git("remote", "add", "origin", "git@git.example.org:team/plan.git")
        assert opened(repo).identity() == "git.example.org/team/plan"
        repo.git("remote", "set-url", "origin", "../elsewhere")
        assert opened(repo).identity() == root

    def test_there_is_none_without_a_commit_or_where_history_is_cut(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        assert opened(repo).identity() is None
        repo.commit()
        repo.commit()
        shallow = repo.clone(tmp_path / "shallow", "--no-local", "--depth=1")
        assert opened(shallow).identity() is None

    def test_a_first_commit_gives_an_identity_to_an_open_repository(
        self, repo: Repository, git: Git
    ) -> None:
        assert git.identity() is None
        commit = repo.commit()
        assert git.identity() == commit


BOMBS = {
    "fsmonitor": ("core.fsmonitor", "{bomb}"),
    "pager": ("core.pager", "{bomb}"),
    "ssh": ("core.sshCommand", "{bomb}"),
    "askpass": ("core.askPass", "{bomb}"),
    "external diff": ("diff.external", "{bomb}"),
    "textconv": ("diff.bomb.textconv", "{bomb}"),
    "diff driver": ("diff.bomb.command", "{bomb}"),
    "filter": ("filter.bomb.smudge", "{bomb}"),
    "filter process": ("filter.bomb.process", "{bomb}"),
    "gpg": ("gpg.program", "{bomb}"),
    "signature": ("log.showSignature", "true"),
    "credential": ("credential.helper", "!{bomb}"),
    "alternate refs": ("core.alternateRefsCommand", "{bomb}"),
    "upload pack": ("remote.origin.uploadpack", "{bomb}"),
    "transport": ("remote.origin.vcs", "ext"),
    "allowed transport": ("protocol.ext.allow", "always"),
    "alias": ("alias.cat-file", "!{bomb}"),
}


def mined(repo: Repository, folder: Path) -> Path:
    """Set every setting that makes git run something; answer the file that would appear."""
    mark = folder / "exploded"
    bomb = program(folder / "bomb", f'echo "$0 $*" >>"{mark}"; exit 1')
    for key, value in BOMBS.values():
        repo.git("config", key, value.format(bomb=bomb))
    hooks = folder / "hooks"
    for name in ("post-checkout", "post-index-change", "reference-transaction", "fsmonitor"):
        shutil.copy(program(folder / "bomb", f'echo hook >>"{mark}"'), program(hooks / name, ""))
    repo.git("config", "core.hooksPath", str(hooks))
    return mark


def everything(git: Git, commit: str) -> list[object]:
    return [
        git.checkout(),
        git.moves(commit),
        git.read(commit, "SPEC.md"),
        git.first_parent(commit),
        git.author(commit),
        git.identity(),
        git.resolve("HEAD"),
        git.hooks_folder(),
    ]


def test_nothing_a_repository_is_set_to_run_is_run(repo: Repository, tmp_path: Path) -> None:
    repo.commit({"SPEC.md": "one", ".gitattributes": "*.md diff=bomb filter=bomb\n"})
    commit = repo.commit({"SPEC.md": "two"})
    mark = mined(repo, tmp_path)
    with opened(repo) as git:
        everything(git, commit)
        assert text(git, commit, "SPEC.md") == "two"
    assert not mark.exists()
    repo.run("status")
    assert mark.exists(), "the bombs are duds: this test would prove nothing"


@pytest.mark.parametrize("words", ["ls-files --modified", "diff --quiet", "update-index --refresh"])
def test_even_questions_that_read_the_index_run_nothing(
    repo: Repository, tmp_path: Path, words: str
) -> None:
    repo.commit({"SPEC.md": "one"})
    mark = tmp_path / "exploded"
    bomb = program(tmp_path / "bomb", f'echo >>"{mark}"')
    repo.git("config", "core.fsmonitor", str(bomb))
    repo.git("config", "core.hooksPath", str(tmp_path))
    program(tmp_path / "post-index-change", f'echo >>"{mark}"')
    with opened(repo) as git, suppress(GitError):
        git.program.ask(*words.split())
    assert not mark.exists()
    repo.run(*words.split())
    assert mark.exists(), "the bombs are duds: this test would prove nothing"


def test_what_a_partial_clone_lacks_is_not_fetched(repo: Repository, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit({"SPEC.md": "one"})
    first = repo.head
    repo.commit({"SPEC.md": "two"})
    url = f"file://{repo.root}"
    repo.git("clone", "-q", "--filter=blob:none", url, str(tmp_path / "partial"))
    partial = Repository(tmp_path / "partial", env=repo.env)
    mark = tmp_path / "exploded"
    bomb = program(tmp_path / "bomb", f'echo >>"{mark}"; exec git-upload-pack "$@"')
    partial.git("config", "remote.origin.uploadpack", str(bomb))
    partial.git("config", "protocol.file.allow", "always")
    with opened(partial) as git:
        assert "cannot be read as of" in why(git, first, "SPEC.md")
    assert not mark.exists()
    assert partial.git("show", f"{first}:SPEC.md") == "one"
    assert mark.exists(), "the bomb is a dud: this test would prove nothing"


def test_a_git_nobody_closed_ends_with_its_owner(repo: Repository, tmp_path: Path) -> None:
    commit = repo.commit({"SPEC.md": "x"})
    pid, real = tmp_path / "pid", shutil.which("git")
    program(tmp_path / "bin" / "git", f'echo $$ >"{pid}"; exec "{real}" "$@"')
    repo.env["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    git = opened(repo)
    assert text(git, commit, "SPEC.md") == "x"
    os.kill(int(pid.read_text()), 0)
    del git
    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
