"""`spec-notify history` as people call it: any repository, no config, and nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.repository import Repository, environment

from .shop import board

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [
    "task",
    "key",
    "title",
    "from",
    "to",
    "fromText",
    "toText",
    "kind",
    "appeared",
    "line",
    "document",
    "commit",
    "parent",
    "author",
    "committedAt",
]


class Teller:
    """A repository, and the command in a home that must stay empty."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        env = environment(self.home, SPEC_NOTIFY_STATE_DIR=str(folder / "state"))
        self.state = folder / "state"
        self.repository = Repository(folder / "repo", env=env)

    def run(
        self, *words: str, code: int = 0, cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "spec_notify", "history", *words],
            cwd=cwd or self.repository.root,
            env=self.repository.env | env,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def lines(self, *words: str, **more: Any) -> list[dict[str, Any]]:
        stdout = self.run("--jsonl", *words, **more).stdout
        return [json.loads(line) for line in stdout.splitlines()]


@pytest.fixture
def teller(tmp_path: Path) -> Teller:
    """Answer a history of three commits: a baseline, T1 is done, T2 is done."""
    teller = Teller(tmp_path)
    teller.repository.commit({"SPEC.md": board(T1="Backlog", T2="Backlog")})
    teller.repository.commit({"SPEC.md": board(T1="**Done** - shipped", T2="Backlog")})
    teller.repository.commit({"SPEC.md": board(T1="Done", T2="Done", T3="Backlog")})
    return teller


def test_each_line_is_a_transition_of_diff_and_the_commit_that_made_it(teller: Teller) -> None:
    first, second = teller.lines()

    head = teller.repository.head
    assert list(first) == list(second) == KEYS
    assert second == {
        "task": "T2",
        "key": "T2",
        "title": "Task T2",
        "from": "Backlog",
        "to": "Done",
        "fromText": "backlog",
        "toText": "done",
        "kind": "completed",
        "appeared": False,
        "line": 6,
        "document": "SPEC.md",
        "commit": head,
        "parent": first["commit"],
        "author": "Ada Example",
        "committedAt": "2023-11-14T22:16:20.000Z",
    }
    assert [each["kind"] for each in teller.lines("--all", "HEAD~1..")] == ["completed", "appeared"]


def test_one_document_holds_the_same_transitions_and_the_warnings(teller: Teller) -> None:
    teller.repository.commit({"SPEC.md": "<<<<<<< ours\n"})

    answer = json.loads(teller.run("--json").stdout)

    assert list(answer) == ["schema", "transitions", "warnings"]
    assert answer["schema"] == "spec-notify/history/1"
    assert answer["transitions"] == teller.lines()
    (warning,) = answer["warnings"]
    assert (warning["code"], warning["line"]) == ("not_compared", None)
    assert (warning["document"], warning["commit"]) == ("SPEC.md", teller.repository.head)


def test_people_read_commits_and_what_each_changed(teller: Teller) -> None:
    teller.repository.commit({"SPEC.md": "<<<<<<< ours\n"})

    done = teller.run()

    second = teller.lines()[1]
    assert done.stdout.splitlines()[2:] == [
        f"{second['commit'][:12]}  2023-11-14T22:16:20.000Z  Ada Example",
        "  T2  Backlog -> Done  completed  SPEC.md:6  Task T2",
    ]
    assert "SPEC.md:1: it holds merge conflict markers" in done.stderr
    assert teller.run("-q", "HEAD~1..").stderr == ""
    assert teller.run("HEAD..").stdout == "no transitions\n"


@pytest.mark.parametrize(
    ("words", "tasks"),
    [
        (["HEAD"], ["T1", "T2"]),
        (["HEAD~1"], ["T1"]),
        (["main~2..main~1"], ["T1"]),
        (["HEAD~1.."], ["T2"]),
        (["..HEAD"], []),
        (["v1"], ["T1", "T2"]),
        (["HEAD", "--path", "*.md", "--path", "docs/**"], ["T1", "T2"]),
        (["--path", "docs/**"], []),
        (["--path", "../SPEC.md"], []),
        (["--", "HEAD~1..HEAD"], ["T2"]),
    ],
)
def test_a_range_is_spelt_as_for_git(teller: Teller, words: list[str], tasks: list[str]) -> None:
    teller.repository.git("tag", "-am", "a tag", "v1")

    assert [each["task"] for each in teller.lines(*words)] == tasks


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone..HEAD"], "gone is no commit here"),
        (["HEAD..gone"], "fetch the branch"),
        (["main...HEAD"], "main..HEAD"),
        (["HEAD:SPEC.md"], "no commit"),
        (["^HEAD"], "no commit"),
        (["--", "--output=here"], "no commit"),
        (["--", "-p..HEAD"], "no commit"),
        (["f" * 40], "no commit"),
    ],
)
def test_what_is_no_range_is_refused_by_name(teller: Teller, words: list[str], said: str) -> None:
    assert said in teller.run(*words, code=2).stderr
    assert not (teller.repository.root / "here").exists()


def test_nothing_is_needed_and_nothing_is_left_behind(teller: Teller) -> None:
    before = sorted(teller.repository.root.rglob("*"))

    assert len(teller.lines()) == 2

    assert sorted(teller.repository.root.rglob("*")) == before
    assert list(teller.home.iterdir()) == []
    assert not teller.state.exists()


def test_a_config_of_the_repository_has_no_say(teller: Teller) -> None:
    wrong = 'enabled = maybe\n[sources.spec]\npaths = ["x"]'
    teller.repository.write(".spec-notify/config.toml", wrong)

    assert len(teller.lines()) == 2


def test_a_bare_repository_and_git_dir_will_do(teller: Teller, tmp_path: Path) -> None:
    bare = teller.repository.clone(tmp_path / "bare.git", "--bare")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    below = teller.repository.write("docs/x/y.md", "").parent
    expected = teller.lines()

    assert teller.lines(cwd=bare.root) == expected
    assert teller.lines(cwd=bare.root, GIT_DIR=".") == expected
    assert teller.lines(cwd=elsewhere, GIT_DIR=str(bare.root)) == expected
    assert teller.lines(cwd=elsewhere, GIT_DIR=str(teller.repository.root / ".git")) == expected
    assert teller.lines("--repo", str(bare.root), cwd=elsewhere) == expected
    assert teller.lines("--repo", str(bare.root), GIT_DIR=str(elsewhere)) == expected
    assert teller.lines(cwd=below) == expected
    assert "no git repository" in teller.run(cwd=elsewhere, code=2).stderr
    assert "no git repository" in teller.run(code=2, GIT_DIR=str(elsewhere)).stderr


def test_a_repository_without_a_commit_has_no_transitions(tmp_path: Path) -> None:
    teller = Teller(tmp_path)

    assert teller.lines() == []
    assert teller.run().stdout == "no transitions\n"
    assert "no commit here" in teller.run("HEAD", code=2).stderr


def test_a_reader_that_leaves_ends_it_quietly(tmp_path: Path) -> None:
    teller = Teller(tmp_path)
    many = [f"T{n}" for n in range(3_000)]
    teller.repository.commit({"SPEC.md": board(**dict.fromkeys(many, "Backlog"))})
    teller.repository.commit({"SPEC.md": board(**dict.fromkeys(many, "Done"))})
    read, write = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", "history", "--jsonl"],
        cwd=teller.repository.root,
        env=teller.repository.env,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    assert os.read(read, 10) == b'{"task":"T'
    os.close(read)

    _, said = child.communicate(timeout=60)

    assert (child.returncode, said) == (0, "")


def test_hostile_words_of_a_commit_stay_harmless(tmp_path: Path) -> None:
    teller = Teller(tmp_path)
    teller.repository.commit({"SPEC.md": board(T1="Backlog")})
    teller.repository.env |= {"GIT_AUTHOR_NAME": "\x1b[31mEve eve@example.org \u202e"}
    teller.repository.commit({"SPEC.md": board(T1="Done")})

    shown, (line,) = teller.run().stdout, teller.lines()

    assert not {"\x1b", "\u202e"} & {*shown}
    assert "@" not in shown + line["author"]
