"""`scan --since`: two commits told without a memory, and told again without harm."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.repository import Repository

from .shop import board, told, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .shop import Shop

ZERO = "0" * 40


class Till:
    """A shop whose commits are told from clones that remember nothing."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self.repository = shop.repository
        self.folder = folder
        self._clones = 0
        self.config = folder / "till.toml"
        text = (shop.root / ".spec-notify/config.toml").read_text("utf-8")
        self.config.write_text(f'repository = "example.org/shop"\n{text}', "utf-8")

    def clone(self, *words: str) -> Path:
        """Answer a fresh clone."""
        self._clones += 1
        root = self.folder / f"clone{self._clones}"
        self.repository.git("clone", "-q", *words, self.shop.root.as_uri(), str(root))
        return root

    def scan(
        self, root: Path, since: str, *words: str, code: int = 0, state: str = "", **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Scan a clone; a `state` of its own is one that nobody used before."""
        command = ["scan", "--since", since, "--config", str(self.config), *words]
        if state:
            env["SPEC_NOTIFY_STATE_DIR"] = str(self.folder / f"state-{state}")
        done = subprocess.run(
            [sys.executable, "-m", "spec_notify", *command],
            cwd=root,
            env=self.shop.env | env,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def events(self, root: Path, since: str, *words: str, **more: Any) -> list[tuple[str, str]]:
        """Answer (task, id) of the events of a scan."""
        answer = json.loads(self.scan(root, since, "--json", *words, **more).stdout)
        return [(each["task"], each["id"]) for each in answer["events"]]


@pytest.fixture
def till(open_shop: Callable[..., Shop], tmp_path: Path) -> Till:
    """Answer a shop of four commits: T1 done, T1 reopened and T2 done, T1 done again."""
    till = Till(open_shop(), tmp_path)
    for t1, t2 in (("Open", "Open"), ("Done", "Open"), ("Open", "Done"), ("Done", "Done")):
        till.repository.commit({"SPEC.md": board(T1=t1, T2=t2)})
    return till


def bodies(shop: Shop, count: int) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in shop.arrivals(count)]


def test_every_commit_of_a_range_is_told_under_its_own_commit(till: Till) -> None:
    root = till.clone()

    done = till.scan(root, "HEAD~3", "--deliver")

    assert "3 events, 3 deliveries queued" in done.stdout
    arrived = {
        (body["data"]["task"]["id"], body["data"]["git"]["commit"]): body["data"]
        for body in bodies(till.shop, 3)
    }
    commits = till.repository.git("rev-list", "--reverse", "HEAD~3..HEAD").split()
    assert {*arrived} == {("T1", commits[0]), ("T2", commits[1]), ("T1", commits[2])}
    again = arrived["T1", commits[2]]
    assert (again["transition"]["from"], again["transition"]["occurrence"]) == ("Backlog", 2)
    assert again["git"] == {
        "repository": "example.org/shop",
        "branch": "main",
        "commit": commits[2],
        "author": "Ada Example",
        "dirty": False,
    }


def test_a_second_run_of_the_same_state_sends_nothing(till: Till) -> None:
    root = till.clone()
    till.scan(root, "HEAD~3", "--deliver")
    till.shop.arrivals(3)

    assert till.events(root, "HEAD~3", "--deliver") == []
    assert till.events(root, "HEAD~1", "--deliver") == []

    assert len(till.shop.receiver.requests) == 3


def test_fresh_clones_with_fresh_states_give_the_same_ids(till: Till) -> None:
    first = till.events(till.clone(), "HEAD~3", state="one")
    second = till.events(till.clone("--bare"), "HEAD~3", "--branch", "main", state="two")
    alone = till.events(till.clone(), "HEAD~1", state="three")
    piecewise = [
        each
        for span in ("HEAD~3..HEAD~2", "HEAD~2..HEAD~1", "HEAD~1..HEAD")
        for each in till.events(till.clone(), span, state=span)
    ]

    assert first == second == piecewise
    assert [task for task, _ in first] == ["T1", "T2", "T1"]
    assert len({event for _, event in first}) == 3
    assert alone == first[2:]


def test_equal_rows_done_in_one_commit_are_as_many_events(till: Till) -> None:
    def twins(status: str) -> str:
        return board(T1="Done") + f"| T9 | Twin | {status} | Code |\n" * 2

    till.repository.commit({"SPEC.md": twins("Backlog")})
    till.repository.commit({"SPEC.md": twins("Done")})

    first = till.events(till.clone(), "HEAD~1", state="one")
    second = till.events(till.clone(), "HEAD~1", state="two")

    assert first == second
    assert len({*first}) == 2


def test_the_memory_of_documents_is_left_alone_and_what_was_told_is_not_told_twice(
    open_shop: Callable[..., Shop],
) -> None:
    shop = open_shop()
    shop.board(T1="Backlog", T2="Backlog")
    shop.repository.commit()
    shop.trust()
    before = shop.json("--list")["documents"]
    shop.repository.commit({"SPEC.md": board(T1="Done", T2="Backlog")})

    assert "1 event," in shop.run("scan", "--since", "HEAD~1", code=0).stdout

    assert shop.json("--list")["documents"] == before
    assert "0 events" in shop.run("scan", code=0).stdout
    shop.repository.commit({"SPEC.md": board(T1="Done", T2="Done")})
    assert "1 event," in shop.run("scan", code=0).stdout
    assert "0 events" in shop.run("scan", "--since", "HEAD~2", code=0).stdout


def test_rows_and_documents_that_come_back_as_they_were_are_no_news(till: Till) -> None:
    since = till.repository.head
    till.repository.commit({"SPEC.md": board(T1="Done")})
    till.repository.commit({"SPEC.md": board(T1="Done", T2="Done")})
    (till.repository.root / "SPEC.md").unlink()
    till.repository.commit()
    till.repository.commit({"SPEC.md": board(T1="Done", T2="Done", T3="Done")})

    assert [task for task, _ in till.events(till.clone(), since)] == ["T3"]


def test_a_merge_the_other_way_round_tells_only_what_is_new_to_the_branch(till: Till) -> None:
    """The branch's old tip is the second parent: `git pull` and a push make such merges."""
    pushed = till.repository.head
    till.repository.git("switch", "-qc", "mine", "HEAD~2")
    till.repository.commit({"docs/SPEC-A/tasks.md": "- [ ] T7 Sell\n"})
    till.repository.commit({"docs/SPEC-A/tasks.md": "- [x] T7 Sell\n"})
    till.repository.git("merge", "-q", "--no-edit", "main")

    assert [task for task, _ in till.events(till.clone(), pushed)] == ["T7"]


def test_a_branch_that_was_rewritten_does_not_tell_again_what_it_had(till: Till) -> None:
    pushed = till.repository.head
    till.repository.git("switch", "-qc", "mine", "HEAD~3")
    till.repository.commit({"SPEC.md": board(T1="Done", T2="Done", T3="Done")})
    root = till.clone("--no-single-branch")

    assert [task for task, _ in till.events(root, f"{pushed}..HEAD")] == ["T3"]


def test_surroundings_are_read_from_the_tree_of_the_commit(till: Till) -> None:
    spec = "SPEC-KIT-7-wrap"
    folder = f"evidence/commands/{spec}"
    telemetry = {
        "command": "spec-validate",
        "specId": spec,
        "sessionId": "s",
        "timestamp": "2026-11-20T10:00:00Z",
        "schemaVersion": 1,
        "artifacts": [{"path": "report.txt"}],
        "scenarios": [{"name": "all", "status": "passed"}],
    }
    name = f"{folder}/spec-validate_2026-11-20T10:00:00Z-1.json"
    row = board(T1="Done") + "| {} | Wrap | {} | Ada |\n"
    since = till.repository.commit({"SPEC.md": row.format("SPEC-KIT-7", "Open")})
    files = {
        "SPEC.md": row.format("SPEC-KIT-7", "Done"),
        name: json.dumps(telemetry),
        f"docs/{spec}/spec.md": "x",
    }
    till.repository.commit(files)
    till.repository.git("rm", "-qr", "evidence", "docs")
    till.repository.commit()
    bare = till.clone("--bare")

    till.scan(bare, since, "--deliver")

    (body,) = bodies(till.shop, 1)
    data = body["data"]
    assert data["spec"] == {"id": spec, "matchedBy": "id"}
    assert data["telemetry"]["path"] == name, data["telemetryReason"]
    assert data["git"]["branch"] == "main"


def test_evidence_of_a_bare_repository_lies_in_its_state(till: Till) -> None:
    bare = till.clone("--bare")
    before = sorted(bare.iterdir())

    till.scan(bare, "HEAD~1", "--deliver", state="bare")

    till.shop.arrivals(1)
    (file,) = (till.folder / "state-bare").rglob("*_a1.json")
    assert "repository/evidence/commands/_unassigned/webhooks" in str(file)
    assert sorted(bare.iterdir()) == before


NOTHING = [
    pytest.param(ZERO, "the branch is new", id="a new branch"),
    pytest.param(f"{ZERO}..HEAD", "the branch is new", id="a new branch as a range"),
    pytest.param(f"HEAD~1..{ZERO}", "the branch is gone", id="a deleted branch"),
    pytest.param("HEAD", "", id="no commit"),
]


@pytest.mark.parametrize(("since", "said"), NOTHING)
def test_where_there_is_nothing_to_compare_nothing_is_told(
    till: Till, since: str, said: str
) -> None:
    done = till.scan(till.clone(), since, "--deliver")

    assert said in done.stderr
    assert "0 events" in done.stdout
    assert till.shop.receiver.requests == []


def test_a_commit_that_is_not_there_is_named_with_the_way_out(till: Till) -> None:
    old = till.repository.git("rev-parse", "HEAD~3")

    done = till.scan(till.clone("--depth", "2"), old, code=2)

    assert f"{old} is no commit here" in done.stderr
    assert "fetch-depth: 0" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["scan", "--since", "HEAD", "--baseline"],
        ["scan", "--branch", "x"],
        ["scan", "--accept"],
        ["scan", "--since", ""],
        ["scan", "--since", "HEAD...main"],
    ],
)
def test_options_that_mean_nothing_together_are_refused(till: Till, words: list[str]) -> None:
    till.shop.run(*words, "--config", str(till.config), code=2)


def test_while_it_is_off_nothing_is_told_or_written(till: Till) -> None:
    root = till.clone()

    till.scan(root, "HEAD~1", code=78, state="off", SPEC_NOTIFY_ENABLED="0")

    assert not (till.folder / "state-off").exists()


def test_too_much_of_one_document_waits_for_a_word(
    open_shop: Callable[..., Shop], tmp_path: Path
) -> None:
    till = Till(open_shop(top="[sources.spec]\nhold_above = 2"), tmp_path)
    tasks = [f"T{n}" for n in range(3)]
    other = "docs/SPEC-A/tasks.md"
    files = {"SPEC.md": board(**dict.fromkeys(tasks, "Open")), other: "- [ ] T9 Sell\n"}
    till.repository.commit(files)
    files = {"SPEC.md": board(**dict.fromkeys(tasks, "Done")), other: "- [x] T9 Sell\n"}
    till.repository.commit(files)
    root = till.clone()

    held = till.scan(root, "HEAD~1", "--json", code=1)

    answer = json.loads(held.stdout)
    assert [each["task"] for each in answer["events"]] == ["T9"]
    assert answer["held"] == {"SPEC.md": 3}
    said = till.scan(root, "HEAD~1", code=1).stderr
    assert "SPEC.md: 3 events held; `spec-notify scan --since HEAD~1 --accept`" in said
    assert [task for task, _ in till.events(root, "HEAD~1", "--accept")] == tasks
    assert till.events(root, "HEAD~1", "--accept") == []


def test_a_branch_is_the_one_checked_out_or_the_one_that_is_named(
    open_shop: Callable[..., Shop], tmp_path: Path
) -> None:
    till = Till(open_shop(more='branches = ["main"]'), tmp_path)
    for status in ("Open", "Done"):
        till.repository.commit({"SPEC.md": board(T1=status)})
    root = till.clone()
    subprocess.run(["git", "switch", "-q", "--detach"], cwd=root, check=True)

    detached = till.scan(root, "HEAD~1", state="one")

    assert "--branch NAME" in detached.stderr
    assert "0 deliveries" in detached.stdout
    assert till.events(root, "HEAD~1", "--branch", "other", state="two") == []
    assert len(till.events(root, "HEAD~1", "--branch", "main", state="three")) == 1


def test_a_repository_that_nothing_names_is_warned_about(
    open_shop: Callable[..., Shop], tmp_path: Path
) -> None:
    till = Till(open_shop(), tmp_path)
    for status in ("Open", "Done", "Done"):
        till.repository.commit({"SPEC.md": board(T1=status), "x": status})
    text = till.config.read_text("utf-8").replace('repository = "example.org/shop"\n', "")
    till.config.write_text(text, "utf-8")

    assert "`repository`" in till.scan(till.clone("--depth", "2"), "HEAD~1").stderr
    assert "`repository`" not in till.scan(till.clone(), "HEAD~1").stderr


def test_what_an_action_does_with_a_checkout_of_two_commits(till: Till) -> None:
    root = till.clone("--depth", "2")

    first = till.scan(root, "HEAD~1", "--deliver", "--branch", "main", state="run-1")
    till.scan(till.clone("--depth", "2"), "HEAD~1", "--deliver", state="run-2")

    assert "shallow" not in first.stderr
    one, two = till.shop.arrivals(2)
    assert told(one) == ("T1", "Done")
    ids = [dict(each.headers)["webhook-id"] for each in (one, two)]
    assert ids[0] == ids[1]


POST_RECEIVE = """#!/bin/sh
while read -r old new ref
do
  case $ref in
    refs/heads/*) {command} scan --since "$old..$new" --branch "${{ref#refs/heads/}}" --deliver ;;
  esac
done
"""


def test_a_hook_of_a_bare_repository_tells_what_was_pushed(till: Till) -> None:
    server = Repository(till.folder / "server.git", "--bare", env=till.shop.env)
    command = shlex.join([sys.executable, "-m", "spec_notify", "--config", str(till.config)])
    hook = server.write("hooks/post-receive", POST_RECEIVE.format(command=command))
    hook.chmod(0o755)
    push = ("push", "-q", str(server.root))

    new = till.repository.run(*push, "main~2:refs/heads/main")
    pushed = till.repository.run(*push, "main")

    assert "the branch is new" in new.stderr
    assert "2 events, 2 deliveries queued" in pushed.stderr, pushed.stderr
    wait_until(lambda: len(till.shop.receiver.requests) == 2, "both arrive")
    found = {
        (*told(each), json.loads(each.body)["data"]["git"]["branch"])
        for each in till.shop.arrivals(2)
    }
    assert found == {("T2", "Done", "main"), ("T1", "Done", "main")}
    side = till.repository.run(*push, "main:refs/heads/side")
    gone = till.repository.run(*push, ":refs/heads/side")
    assert (side.returncode, gone.returncode) == (0, 0)
    assert "the branch is gone" in gone.stderr
