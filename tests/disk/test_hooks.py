"""Our part in git's hooks: installed, chained, taken out, and what the shim does when git runs it.

Contract, section 3 (promise 4) and section 8; reliability, T3, T4 and F34.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.instant import parse_rfc3339
from spec_notify.disk import hooks
from spec_notify.disk.git import Git, find
from spec_notify.disk.hook_shim import CHAINED, NAMES, Shim
from spec_notify.disk.hooks import Report, leave_notice, write_gate
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.disk.hook_report import Hook

PATHS = ("SPEC.md", "docs/SPEC-*/tasks.md")


class Checkout:
    """A repository, a stand-in for the interpreter that writes down its calls, and a state."""

    def __init__(self, folder: Path, *, name: str = "repo") -> None:
        self.folder = folder
        self.repo = Repository(folder / name)
        self.repo.commit({"SPEC.md": "one", "other.md": "one"})
        self.state = folder / "state"
        self.state.mkdir()
        self.calls = folder / "calls"
        self.python = script(folder / "bin" / "python", f'echo "$*" >>{quote(str(self.calls))}')

    @property
    def git(self) -> Git:
        git = find(self.repo.root, environ=self.repo.env)
        assert git is not None
        return git

    @property
    def hooks(self) -> Path:
        return self.repo.root / ".git" / "hooks"

    def install(self, *, mode: str = "sync", python: Path | None = None) -> Report:
        return hooks.install(
            self.git,
            python=str(python or self.python),
            state=self.state,
            paths=PATHS,
            mode=mode,
        )

    def gate(self, commit: str | None = None, *, name: str = ".git") -> None:
        write_gate(self.state, name, commit or self.repo.head, PATHS)

    def said(self) -> list[str]:
        """The calls since the last time this was asked, without what is always the same."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        same = "-I -m spec_notify hook "
        assert all(line.startswith(same) for line in lines), lines
        return [line.removeprefix(same) for line in lines]


@pytest.fixture
def here(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def script(path: Path, text: str, *, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def states(report: Report) -> dict[str, str]:
    return {each.name: each.state for each in report.hooks}


def every(state: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, state)


def only(report: Report, name: str) -> Hook:
    return next(each for each in report.hooks if each.name == name)


def listing(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Everything there is to know about the files of a folder."""
    return {
        path.name: (
            path.lstat().st_mode,
            str(path.readlink()) if path.is_symlink() else path.read_bytes(),
        )
        for path in folder.iterdir()
    }


def wait_for(condition: Callable[[], object], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class TestInstalling:
    def test_all_four_are_put_in_and_taken_out_without_a_trace(self, here: Checkout) -> None:
        before = listing(here.hooks)
        assert states(hooks.status(here.git)) == every("absent")
        report = here.install()
        assert (report.ok, states(report)) == (True, every("installed"))
        assert (hooks.status(here.git).ok, states(hooks.status(here.git))) == (
            True,
            every("installed"),
        )
        assert hooks.uninstall(here.git).ok
        assert listing(here.hooks) == before

    def test_installing_again_changes_nothing(self, here: Checkout) -> None:
        script(here.hooks / "post-commit", "true")
        here.install()
        before = listing(here.hooks)
        stamps = [path.stat().st_mtime_ns for path in here.hooks.iterdir()]
        assert here.install().ok
        assert listing(here.hooks) == before
        assert [path.stat().st_mtime_ns for path in here.hooks.iterdir()] == stamps

    def test_another_interpreter_or_mode_is_written_over_ours(self, here: Checkout) -> None:
        here.install(mode="detached")
        other = script(here.folder / "other python" / "it's", f'echo "$*" >>"{here.calls}"')
        assert here.install(python=other).ok
        here.repo.commit()
        assert here.said() == ["post-commit --sync"]
        assert hooks.uninstall(here.git).ok

    def test_a_missing_hooks_folder_is_made(self, here: Checkout) -> None:
        shutil.rmtree(here.hooks)
        assert here.install().ok
        here.repo.commit()
        assert here.said() == ["post-commit --sync"]

    def test_a_hooks_folder_that_is_a_file_is_a_problem_told(self, here: Checkout) -> None:
        shutil.rmtree(here.hooks)
        here.hooks.write_text("")
        report = here.install()
        assert not report.ok
        assert "hooks" in (report.problem or "")

    def test_a_lost_interpreter_shows_in_the_status(self, here: Checkout) -> None:
        here.install()
        here.python.unlink()
        report = hooks.status(here.git)
        assert (report.ok, states(report)) == (False, every("outdated"))
        assert "is gone" in (report.hooks[0].note or "")

    def test_a_part_of_another_version_is_outdated_and_renewed(self, here: Checkout) -> None:
        here.install()
        hook = here.hooks / "post-commit"
        hook.write_text(hook.read_text().replace("unchanged() {", "unchanged() { # older"))
        assert states(hooks.status(here.git))["post-commit"] == "outdated"
        assert here.install().ok
        assert hooks.status(here.git).ok

    def test_one_that_is_not_executable_is_outdated_and_mended(self, here: Checkout) -> None:
        here.install()
        (here.hooks / "post-merge").chmod(0o644)
        assert states(hooks.status(here.git))["post-merge"] == "outdated"
        assert here.install().ok
        assert hooks.status(here.git).ok

    @pytest.mark.parametrize(
        ("fact", "now", "note"),
        [
            ("mode", "detached", "its mode is sync, not detached"),
            ("python", "/usr/bin/other", "not /usr/bin/other"),
            ("state", "/home/ada/elsewhere", "not /home/ada/elsewhere"),
        ],
    )
    def test_what_would_be_written_otherwise_now_is_outdated(
        self, here: Checkout, fact: str, now: str, note: str
    ) -> None:
        here.install(mode="sync")
        facts = {"python": str(here.python), "state": str(here.state), "mode": "sync"}
        assert hooks.status(here.git, Shim(hook="", **facts)).ok
        assert hooks.status(here.git, Shim(hook="", **facts | {"mode": ""})).ok
        report = hooks.status(here.git, Shim(hook="", **facts | {fact: now}))
        assert (report.ok, states(report)) == (False, every("outdated"))
        assert note in (report.hooks[0].note or "")
        assert "hooks install" in (report.hooks[0].note or "")

    def test_a_report_is_words_for_people_and_plain_values_for_programs(
        self, here: Checkout
    ) -> None:
        script(here.hooks / "post-commit", "true")
        report = here.install()
        assert report.lines() == [
            "post-commit: installed, after the hook that was there before",
            "post-merge: installed",
            "post-rewrite: installed",
            "post-checkout: installed",
        ]
        facts = report.facts()
        assert facts["ok"] is True
        assert facts["folder"] == str(here.hooks)

    @pytest.mark.parametrize(
        "python",
        [
            "/home/ada/.cache/uv/archive-v0/Xy/bin/python",
            "/cache/environments-v2/spec-notify-1/bin/python",
            "/home/ada/.local/share/pipx/.cache/1a/bin/python",
            "python3",
            "",
            "/no/such/python",
        ],
    )
    def test_an_interpreter_that_will_not_stay_is_refused_with_the_fix(
        self, here: Checkout, python: str
    ) -> None:
        before = listing(here.hooks)
        report = hooks.install(
            here.git, python=python, state=here.state, paths=PATHS, mode="detached"
        )
        assert not report.ok
        assert "uv tool install spec-notify" in (report.fix or "")
        assert listing(here.hooks) == before

    def test_one_in_a_temporary_folder_is_refused_unless_the_repository_is_there_too(
        self, here: Checkout
    ) -> None:
        def install(temporary: Path) -> bool:
            return hooks.install(
                here.git,
                python=str(here.python),
                state=here.state,
                paths=PATHS,
                mode="detached",
                temporary=[temporary],
            ).ok

        assert not install(here.python.parent)
        assert install(here.folder)

    def test_gates_that_do_not_cover_the_paths_are_taken_away(self, here: Checkout) -> None:
        here.gate()
        write_gate(here.state, "narrow", here.repo.head, PATHS[:1])
        write_gate(here.state, "wide", here.repo.head, (*PATHS, "more.md"))
        here.install()
        assert sorted(each.name for each in (here.state / "gate").iterdir()) == [".git", "wide"]


class TestHooksOfOthers:
    def test_one_that_was_there_runs_first_and_its_exit_code_stands(self, here: Checkout) -> None:
        hook = script(here.hooks / "post-checkout", f'echo "theirs $*" >>"{here.calls}"; exit 7')
        # git answers 1 for whatever this hook answers.
        assert here.repo.run("switch", "-q", "-c", "a").returncode == 1
        here.calls.unlink()
        assert only(here.install(), hook.name).chained
        head = here.repo.head
        assert here.repo.run("switch", "-q", "-c", "b").returncode == 1
        assert here.calls.read_text().splitlines() == [
            f"theirs {head} {head} 1",
            f"-I -m spec_notify hook post-checkout --sync {head} {head} 1",
        ]
        env = here.repo.env
        assert subprocess.run([hook], cwd=here.repo.root, env=env, check=False).returncode == 7

    def test_one_that_succeeds_leaves_success(self, here: Checkout) -> None:
        script(here.hooks / "post-checkout", "exit 0")
        here.install()
        assert here.repo.run("switch", "-q", "-c", "b").returncode == 0

    @pytest.mark.parametrize("mode", [0o755, 0o700, 0o644, 0o555])
    @pytest.mark.parametrize("body", [b"#!/bin/sh\n:\r\n\xff\xfe no newline", b"", b"\x7fELF\0\1"])
    def test_uninstalling_restores_it_byte_for_byte(
        self, here: Checkout, body: bytes, mode: int
    ) -> None:
        hook = here.hooks / "post-merge"
        hook.write_bytes(body)
        hook.chmod(mode)
        before = listing(here.hooks)
        assert here.install().ok
        assert hooks.uninstall(here.git).ok
        assert listing(here.hooks) == before

    def test_one_that_is_a_link_is_restored_as_a_link(self, here: Checkout) -> None:
        script(here.folder / "shared" / "hook", f'echo linked >>"{here.calls}"')
        (here.hooks / "post-commit").symlink_to("../../../shared/hook")
        (here.hooks / "post-merge").symlink_to("nowhere")
        before = listing(here.hooks)
        assert here.install().ok
        here.repo.commit()
        assert here.calls.read_text().splitlines()[0] == "linked"
        assert hooks.uninstall(here.git).ok
        assert listing(here.hooks) == before

    def test_one_git_would_not_run_is_not_run(self, here: Checkout) -> None:
        script(here.hooks / "post-commit", f'echo theirs >>"{here.calls}"', mode=0o644)
        here.install()
        here.repo.commit()
        assert here.said() == ["post-commit --sync"]

    def test_one_that_reads_its_input_still_gets_it(self, here: Checkout) -> None:
        seen = here.folder / "seen"
        script(here.hooks / "post-rewrite", f'cat >"{seen}"')
        here.install()
        old = here.repo.head
        here.repo.git("commit", "-q", "--amend", "-m", "better")
        assert seen.read_text().split() == [old, here.repo.head]
        assert here.said() == ["post-commit --sync", "post-rewrite --sync amend"]

    def test_one_written_over_ours_is_chained_in_its_turn(self, here: Checkout) -> None:
        here.install()
        script(here.hooks / "post-commit", f'echo theirs >>"{here.calls}"')
        assert states(hooks.status(here.git))["post-commit"] == "foreign"
        assert only(here.install(), "post-commit").chained
        here.repo.commit()
        assert here.calls.read_text().splitlines()[0] == "theirs"

    def test_two_that_are_not_ours_are_left_alone(self, here: Checkout) -> None:
        script(here.hooks / "post-commit", "echo first")
        here.install()
        script(here.hooks / "post-commit", "echo second")
        before = (here.hooks / "post-commit").read_bytes()
        report = here.install()
        assert (report.ok, states(report)["post-commit"]) == (False, "blocked")
        assert (here.hooks / "post-commit").read_bytes() == before
        assert (here.hooks / f"post-commit{CHAINED}").exists()

    def test_lines_added_to_ours_run_and_stay(self, here: Checkout) -> None:
        here.install()
        hook = here.hooks / "post-commit"
        hook.write_text(hook.read_text() + f'echo added >>"{here.calls}"\n')
        assert here.install().ok
        here.repo.commit()
        assert here.calls.read_text().splitlines()[-1] == "added"
        assert hooks.uninstall(here.git).ok
        assert hook.read_text() == f'#!/bin/sh\necho added >>"{here.calls}"\n'

    def test_lines_added_to_ours_over_a_chained_one_wait_for_the_user(self, here: Checkout) -> None:
        hook = script(here.hooks / "post-commit", "echo theirs")
        here.install()
        hook.write_text(hook.read_text() + "echo added\n")
        before = listing(here.hooks)
        report = hooks.uninstall(here.git)
        assert (report.ok, only(report, hook.name).state) == (False, "blocked")
        after = listing(here.hooks)
        assert {name: after[name] for name in after if name.startswith(hook.name)} == {
            name: before[name] for name in before if name.startswith(hook.name)
        }

    def test_pre_commit_moving_ours_aside_is_seen_through(self, here: Checkout) -> None:
        script(here.hooks / "post-commit", f'echo theirs >>"{here.calls}"')
        here.install()
        ours, legacy = here.hooks / "post-commit", here.hooks / "post-commit.legacy"
        ours.rename(legacy)
        outer = script(ours, 'echo outer; exec "$0.legacy" "$@"').read_bytes()
        assert states(hooks.status(here.git))["post-commit"] == "nested"
        assert states(here.install())["post-commit"] == "nested"
        here.repo.commit()
        assert here.calls.read_text().splitlines() == [
            "theirs",
            "-I -m spec_notify hook post-commit --sync",
        ]
        assert hooks.uninstall(here.git).ok
        assert (ours.read_bytes(), "theirs" in legacy.read_text()) == (outer, True)


class TestHooksElsewhere:
    @pytest.mark.parametrize("named", ["tools/git hooks", "{root}/tools/git hooks"])
    def test_a_hooks_path_in_the_repository_is_used_and_warned_about(
        self, here: Checkout, named: str
    ) -> None:
        folder = here.repo.root / "tools" / "git hooks"
        here.repo.git("config", "core.hooksPath", named.format(root=here.repo.root))
        report = here.install()
        assert (report.ok, report.folder) == (True, str(folder))
        assert "do not commit" in (report.note or "")
        assert not (here.hooks / "post-commit").exists()
        here.repo.commit()
        assert here.said() == ["post-commit --sync"]
        assert hooks.uninstall(here.git).ok
        assert list(folder.iterdir()) == []

    def test_a_folder_other_repositories_share_is_not_touched(self, here: Checkout) -> None:
        shared = here.folder / "shared"
        script(shared / "post-commit", "true")
        here.repo.git("config", "core.hooksPath", str(shared))
        before = listing(shared)
        report = here.install()
        assert not report.ok
        assert "outside the repository" in (report.problem or "")
        assert f"{here.python} -I -m spec_notify hook" in (report.fix or "")
        assert listing(shared) == before

    def test_a_hooks_folder_that_is_a_link_to_a_shared_one_is_not_touched(
        self, here: Checkout
    ) -> None:
        shared = here.folder / "shared"
        here.hooks.rename(shared)
        here.hooks.symlink_to(shared)
        before = listing(shared)
        assert not here.install().ok
        assert listing(shared) == before

    def test_husky_is_told_the_line_and_not_touched(self, here: Checkout) -> None:
        folder = here.repo.root / ".husky" / "_"
        script(folder / "post-commit", "true")
        here.repo.git("config", "core.hooksPath", ".husky/_")
        before = listing(folder)
        report = here.install()
        assert not report.ok
        assert "husky" in (report.problem or "")
        assert listing(folder) == before

    def test_the_line_for_others_does_the_same(self, here: Checkout) -> None:
        line = Shim(hook="", python=str(here.python), state="", mode="sync").line()
        script(here.hooks / "post-commit", f"set -e\n{line}\necho after >>'{here.calls}'")
        here.repo.commit()
        assert here.calls.read_text().splitlines() == [
            "-I -m spec_notify hook post-commit --sync",
            "after",
        ]

    def test_worktrees_share_the_hooks_and_have_gates_of_their_own(self, here: Checkout) -> None:
        here.repo.git("worktree", "add", "-q", "-b", "side", "../tree")
        side = Repository(here.folder / "tree", env=here.repo.env)
        git = find(side.root, environ=side.env)
        assert git is not None
        report = hooks.install(
            git, python=str(here.python), state=here.state, paths=PATHS, mode="sync"
        )
        assert (report.ok, report.folder) == (True, str(here.hooks))
        here.gate(name=git.gate_name)
        side.commit({"other.md": "two"})
        assert here.said() == []
        here.repo.commit({"other.md": "two"})
        assert here.said() == ["post-commit --sync"]
        side.commit({"SPEC.md": "two"})
        assert here.said() == ["post-commit --sync"]

    def test_a_submodule_has_hooks_of_its_own(self, here: Checkout) -> None:
        inner = Repository(here.folder / "inner")
        inner.commit({"SPEC.md": "one"})
        allow = ("-c", "protocol.file.allow=always")
        here.repo.git(*allow, "submodule", "add", "-q", str(inner.root), "sub")
        sub = Repository(here.repo.root / "sub", env=here.repo.env)
        git = find(sub.root, environ=sub.env)
        assert git is not None
        assert hooks.install(
            git, python=str(here.python), state=here.state, paths=PATHS, mode="sync"
        ).ok
        here.gate(sub.head, name=git.gate_name)
        sub.commit({"other.md": "two"})
        assert here.said() == []
        sub.commit({"SPEC.md": "two"})
        assert here.said() == ["post-commit --sync"]
        assert not (here.hooks / "post-commit").exists()


class TestWhatGitRuns:
    def test_each_hook_hands_on_what_git_says(self, here: Checkout) -> None:
        here.install()
        first = here.repo.head
        second = here.repo.commit()
        assert here.said() == ["post-commit --sync"]
        here.repo.git("switch", "-q", "-c", "side", first)
        assert here.said() == [f"post-checkout --sync {second} {first} 1"]
        here.repo.git("merge", "-q", "main")
        assert here.said() == ["post-merge --sync 0"]
        here.repo.git("commit", "-q", "--amend", "--allow-empty", "-m", "better")
        assert here.said() == ["post-commit --sync", "post-rewrite --sync amend"]

    def test_a_long_rebase_is_not_held_up_by_input_nobody_reads(self, here: Checkout) -> None:
        for _ in range(30):
            here.repo.commit()
        here.install()
        here.repo.git("rebase", "-q", "--force-rebase", "HEAD~25")
        assert here.said()[-1] == "post-rewrite --sync rebase"

    def test_nothing_is_started_while_nothing_watched_changed(self, here: Checkout) -> None:
        here.install()
        here.gate()
        here.repo.commit({"other.md": "two"})
        here.repo.branch("side")
        here.repo.commit({"docs/SPEC-1/deep/tasks.md": "two", "docs/tasks.md": "two"})
        assert here.said() == []

    @pytest.mark.parametrize("path", ["SPEC.md", "docs/SPEC-1/tasks.md"])
    def test_a_change_under_a_watched_pattern_starts_it(self, here: Checkout, path: str) -> None:
        here.install()
        here.gate()
        here.repo.commit({path: "two"})
        assert here.said() == ["post-commit --sync"]
        here.gate()
        here.repo.commit({"other.md": "two"})
        assert here.said() == []
        here.repo.git("reset", "-q", "--hard", "HEAD~2")
        here.repo.branch("side")
        assert here.said()[0].startswith("post-checkout")

    @pytest.mark.parametrize(
        "gate",
        [
            "",
            "\n",
            "e" * 40 + "\n:(top)SPEC.md\n",
            "HEAD\n:(top)SPEC.md\n",
            "{head}\n",
            "--help\nx",
        ],
    )
    def test_a_gate_that_makes_no_sense_starts_it(self, here: Checkout, gate: str) -> None:
        here.install()
        here.gate()
        (here.state / "gate" / ".git").write_text(gate.format(head=here.repo.head))
        done = here.repo.run("commit", "-q", "--allow-empty", "-m", "x")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert here.said() == ["post-commit --sync"]

    def test_a_checkout_of_single_files_starts_it_whatever_the_gate_says(
        self, here: Checkout
    ) -> None:
        here.install()
        here.gate()
        here.repo.write("SPEC.md", "edited")
        here.repo.git("checkout", "--", "SPEC.md")
        assert here.said() == [f"post-checkout --sync {here.repo.head} {here.repo.head} 0"]

    def test_off_is_off_and_others_still_run(self, here: Checkout) -> None:
        script(here.hooks / "post-checkout", f'echo theirs >>"{here.calls}"; exit 3')
        here.install()
        here.repo.env["SPEC_NOTIFY_ENABLED"] = "0"
        assert here.repo.run("switch", "-q", "-c", "side").returncode == 1
        assert here.calls.read_text() == "theirs\n"

    def test_a_lost_interpreter_is_replaced_by_the_one_on_the_path(self, here: Checkout) -> None:
        here.install()
        here.python.unlink()
        script(here.folder / "path" / "spec-notify", f'echo "found $*" >>"{here.calls}"')
        here.repo.env["PATH"] = f"{here.folder / 'path'}:{os.environ['PATH']}"
        here.repo.commit()
        assert here.calls.read_text() == "found hook post-commit --sync\n"

    @pytest.mark.parametrize("mode", ["sync", "detached"])
    def test_without_any_git_hears_nothing(self, here: Checkout, mode: str) -> None:
        here.install(mode=mode)
        here.python.unlink()
        here.repo.env["PATH"] = without("spec-notify", here.folder)
        done = here.repo.run("commit", "-q", "--allow-empty", "-m", "x")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_a_failing_look_does_not_fail_git(self, here: Checkout) -> None:
        here.install(python=script(here.folder / "bin" / "broken", "exit 70"))
        assert here.repo.run("switch", "-q", "-c", "side").returncode == 0

    def test_a_path_with_anything_in_it_will_do(self, tmp_path: Path) -> None:
        folder = tmp_path / "a b\n'c' \"d\" $(e) ✅"
        folder.mkdir()
        here = Checkout(folder, name="re\npo '✅'")
        assert here.install().ok
        assert hooks.status(here.git).ok
        here.gate()
        here.repo.commit({"other.md": "two"})
        assert not here.calls.exists()
        here.repo.commit({"SPEC.md": "two"})
        assert here.said() == ["post-commit --sync"]
        assert hooks.uninstall(here.git).ok

    @pytest.mark.parametrize(
        "shell", ["dash", "bash --posix", "busybox sh", "ksh", "zsh --emulate sh"]
    )
    def test_the_shim_is_plain_sh(self, here: Checkout, shell: str) -> None:
        words = shell.split()
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not installed here")
        here.install()
        here.gate()
        hook = str(here.hooks / "post-commit")
        env = here.repo.env | {"GIT_DIR": ".git"}
        subprocess.run([*words, hook], cwd=here.repo.root, env=env, check=True, timeout=10)
        assert here.said() == []
        (here.state / "gate" / ".git").unlink()
        subprocess.run([*words, hook, "a b"], cwd=here.repo.root, env=env, check=True, timeout=10)
        assert here.said() == ["post-commit --sync a b"]


def without(program: str, folder: Path) -> str:
    """Answer a PATH on which a program is not, whatever is installed here."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("git", "sh", "cat"):
        (tools / name).symlink_to(shutil.which(name) or name)
    assert shutil.which(program, path=str(tools)) is None
    return str(tools)


class TestDetached:
    def test_git_and_whoever_reads_it_go_on_while_the_look_lives(self, here: Checkout) -> None:
        """Descriptor 9 stands for a lock that git's caller wants back."""
        pid, end = here.folder / "pid", here.folder / "end"
        told = f'echo $$ >"{pid}.new"; mv "{pid}.new" "{pid}"'
        slow = f'{told}; while [ ! -e "{end}" ]; do sleep 0.05; done'
        here.install(mode="detached", python=script(here.folder / "bin" / "slow", slow))
        out, into = os.pipe()
        words = "exec 9>&1; git commit -q --allow-empty -m x"
        try:
            done = subprocess.run(
                ["bash", "-c", words],
                check=False,
                cwd=here.repo.root,
                env=here.repo.env,
                stdout=into,
                stderr=into,
            )
            os.close(into)
            assert done.returncode == 0
            assert select.select([out], [], [], 5)[0], "the pipe is still held"
            assert os.read(out, 1) == b""
            wait_for(pid.exists)
            os.kill(int(pid.read_text()), 0)
        finally:
            end.touch()
            os.close(out)
        wait_for(lambda: not alive(int(pid.read_text())))

    def test_the_look_starts_with_nothing_to_read_and_nowhere_to_write(
        self, here: Checkout
    ) -> None:
        where = f'ls -l /proc/self/fd >"{here.calls}.new"; mv "{here.calls}.new" "{here.calls}"'
        here.install(mode="detached", python=script(here.folder / "bin" / "fds", where))
        here.repo.git("commit", "-q", "--allow-empty", "-m", "x", input="something to read")
        wait_for(here.calls.exists)
        opened = [line.split()[-3:] for line in here.calls.read_text().splitlines() if "->" in line]
        assert {number: target for number, _, target in opened if number in "02"} == {
            "0": "/dev/null",
            "2": "/dev/null",
        }

    def test_hanging_up_does_not_end_the_look(self, here: Checkout) -> None:
        told = f'kill -HUP $$; echo survived >"{here.calls}"'
        here.install(mode="detached", python=script(here.folder / "bin" / "hup", told))
        here.repo.commit()
        wait_for(here.calls.exists)

    def test_in_sync_mode_git_waits(self, here: Checkout) -> None:
        slow = script(here.folder / "bin" / "slow", f'sleep 0.2; echo done >"{here.calls}"')
        here.install(mode="sync", python=slow)
        here.repo.commit()
        assert here.calls.read_text() == "done\n"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


BOMBS = (
    "spec_notify/__init__.py",
    "spec_notify/__main__.py",
    "sitecustomize.py",
    "usercustomize.py",
    "msgspec.py",
    "orjson.py",
    "apsw.py",
    "httpx.py",
    "json.py",
    "re.py",
    "os.py",
    "pathlib.py",
)


def test_modules_at_the_root_of_a_repository_are_never_imported(here: Checkout) -> None:
    mark = here.folder / "exploded"
    bomb = f"open({str(mark)!r}, 'a').write(__file__)\n"
    here.repo.commit(dict.fromkeys(BOMBS, bomb))
    here.repo.env |= {"PYTHONPATH": ".", "PYTHONSTARTUP": "json.py"}
    careless = [sys.executable, "-m", "spec_notify", "hook", "post-commit"]
    subprocess.run(careless, cwd=here.repo.root, env=here.repo.env, timeout=30, check=False)
    assert mark.exists(), "the bombs are duds: this test would prove nothing"
    mark.unlink()
    here.install(mode="sync", python=Path(sys.executable))
    here.repo.commit({"SPEC.md": "two"})
    assert not mark.exists()


class TestNotices:
    def test_the_next_hooks_say_what_was_left_until_it_is_taken_back(self, here: Checkout) -> None:
        here.install(mode="detached")
        leave_notice(here.state, ".git", "a line\x1b[31m\nand another")
        here.gate()
        for _ in range(2):
            done = here.repo.run("commit", "-q", "--allow-empty", "-m", "x")
            assert (done.returncode, done.stdout) == (0, "")
            assert done.stderr == "spec-notify: a line\\u{1b}[31m\\u{a}and another\n"
        leave_notice(here.state, ".git", None)
        leave_notice(here.state, ".git", None)
        done = here.repo.run("commit", "-q", "--allow-empty", "-m", "x")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_one_for_another_worktree_is_not_said_here(self, here: Checkout) -> None:
        here.install(mode="detached")
        leave_notice(here.state, "side", "elsewhere")
        here.gate()
        assert here.repo.run("commit", "-q", "--allow-empty", "-m", "x").stderr == ""

    def test_in_sync_mode_the_look_speaks_for_itself(self, here: Checkout) -> None:
        here.install(mode="sync")
        leave_notice(here.state, ".git", "a line")
        assert here.repo.run("commit", "-q", "--allow-empty", "-m", "x").stderr == ""

    def test_off_is_silent(self, here: Checkout) -> None:
        here.install(mode="detached")
        leave_notice(here.state, ".git", "a line")
        here.repo.env["SPEC_NOTIFY_ENABLED"] = "0"
        assert here.repo.run("commit", "-q", "--allow-empty", "-m", "x").stderr == ""

    @pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh", "bash -e"])
    def test_it_is_said_by_plain_sh(self, here: Checkout, shell: str) -> None:
        words = shell.split()
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not installed here")
        here.install(mode="detached")
        text = 'a $(line) "of" `of` \\n %s \\" \u00e9 &'
        leave_notice(here.state, ".git", text)
        here.gate()

        def said(**env: str) -> str:
            done = subprocess.run(
                [*words, str(here.hooks / "post-commit")],
                cwd=here.repo.root,
                env=here.repo.env | {"GIT_DIR": ".git"} | env,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=10,
                check=True,
            )
            return done.stderr

        assert said() == f"spec-notify: {text}\n"
        logged = json.loads(said(SPEC_NOTIFY_LOG_FORMAT="json"))
        assert parse_rfc3339(logged.pop("at")) > 0
        assert logged == {"level": "warning", "event": "hook", "message": text}


class TestGates:
    def test_a_gate_is_private_and_whole(self, here: Checkout) -> None:
        here.gate()
        gate = here.state / "gate" / ".git"
        assert gate.read_text().splitlines() == [
            here.repo.head,
            ":(top,glob)SPEC.md",
            ":(top,glob)docs/SPEC-*/tasks.md",
        ]
        assert gate.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in gate.parent.iterdir()] == [".git"]

    def test_paths_that_cannot_be_written_down_leave_no_gate(self, here: Checkout) -> None:
        here.gate()
        write_gate(here.state, ".git", here.repo.head, ["a\nb"])
        assert list((here.state / "gate").iterdir()) == []

    def test_a_state_that_is_gone_is_an_error_told(self, here: Checkout) -> None:
        with pytest.raises(OSError, match="No such file"):
            write_gate(here.state / "gone", ".git", here.repo.head, PATHS)
