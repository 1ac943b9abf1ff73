"""`explain --file`: what it shows, where it works, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.shop import HEAD
from tests.repository import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.shop import Shop

NONE = type(None)
KEYS = [
    "schema", "document", "at", "format", "chosenBy", "why", "refused", "dialect", "marks",
    "statuses", "tasks", "tables", "boxesLeftOut", "notices",
]  # fmt: skip
TASK = [
    "line", "id", "key", "title", "status", "statusText", "readAs", "by", "how", "section",
    "owners", "spec",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in no repository."""
    place = tmp_path / "plain"
    place.mkdir()
    return place


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spec_notify", "explain", *words],
        cwd=folder,
        env=environment(folder, SPEC_NOTIFY_STATE_DIR=str(folder / "state")),
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


def answer(folder: Path, *words: str) -> Any:
    done = run(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_json_has_these_keys(folder: Path) -> None:
    (folder / "SPEC.md").write_text(f"{HEAD}| T1 | a | **Done** — x | Ann |\n\n- [ ] b\n")

    found = answer(folder, "--file", "SPEC.md")

    assert list(found) == KEYS
    assert found["schema"] == "spec-notify/explain/1"
    (task,) = found["tasks"]
    assert list(task) == TASK
    assert (task["line"], task["id"], task["status"], task["statusText"], task["by"]) == (
        5,
        "T1",
        "Done",
        "**Done** — x",
        "cell",
    )
    assert list(task["spec"]) == ["id", "matchedBy", "reason"]
    assert list(found["tables"][0]) == ["line", "section", "header", "rows", "why"]
    assert list(found["statuses"][0]) == ["word", "status", "origin"]
    assert found["boxesLeftOut"] == [7]


def test_it_works_outside_a_repository_and_leaves_nothing_behind(folder: Path) -> None:
    (folder / "SPEC.md").write_text(f"{HEAD}| T1 | a | Done: 3/5 | Ann |\n| Risk |\n")

    done = run(folder, "--file", "SPEC.md")

    assert (done.returncode, done.stderr) == (0, "")
    for said in ("format table", "line 5: T1  Unknown", "it says “3/5”", "owners: Ann", "no spec:"):
        assert said in done.stdout
    assert [each.name for each in folder.iterdir()] == ["SPEC.md"]


def test_a_file_anywhere_is_judged_by_its_own_path(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "else" / "backlog"
    (place / "tasks").mkdir(parents=True)
    (place / "config.yml").write_text("statuses: [Ideas, Shipped]\n")
    file = place / "tasks" / "back-1.md"
    file.write_text("---\nid: BACK-1\nstatus: Shipped\n---\n")

    found = answer(folder, "--file", str(file))

    assert (found["document"], found["format"]) == (str(file), "front-matter")
    assert found["tasks"][0]["status"] == "Done"
    (own,) = [each for each in found["statuses"] if each["origin"] != "built in"]
    assert (own["word"], own["status"]) == ("shipped", "Done")
    assert own["origin"].endswith("backlog/config.yml")


def test_a_trusted_config_and_the_folders_of_the_repository_have_their_say(shop: Shop) -> None:
    shop.configure(top='[sources.spec]\nspec_id = "SPEC-HOUSE"\n[statuses]\n"shipped" = "Done"\n')
    shop.repository.write("docs/SPEC-KIT-070-slug/PRD.md", "x")
    shop.board(T1="shipped", **{"SPEC-KIT-070": "Todo"})
    file = ("explain", "--file", str(shop.root / "SPEC.md"))
    assert shop.json(*file, code=0)["tasks"][0]["status"] == "Unknown"

    shop.trust()
    found = shop.json(*file, code=0)

    first, second = found["tasks"]
    assert (found["document"], first["status"]) == ("SPEC.md", "Done")
    assert first["spec"] == {"id": "SPEC-HOUSE", "matchedBy": "config", "reason": None}
    assert second["spec"]["id"] == "SPEC-KIT-070-slug"
    assert "“shipped” Done (config)" in shop.run(*file, code=0).stdout


def test_a_file_is_explained_as_of_a_commit(shop: Shop) -> None:
    shop.board(T1="Done")
    first = shop.repository.commit()
    shop.board(T1="Todo")
    shop.repository.commit()

    found = shop.json("explain", "--file", "SPEC.md", "--at", "HEAD~1", code=0)

    assert (found["at"], found["tasks"][0]["status"]) == (first, "Done")


def test_what_a_look_does_not_read_is_explained_all_the_same(folder: Path) -> None:
    file = folder / "backlog" / "tasks" / "a.md"
    file.parent.mkdir(parents=True)
    file.write_text("---\nid: A-1\nstatus: Done")

    found = answer(folder, "--file", "backlog/tasks/a.md")

    assert "nothing closes the front matter" in found["refused"]
    assert found["tasks"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "explain` shows how a file is read"),
        (("T1",), "explain` shows how a file is read"),
        (("--file", "SPEC.md", "T1"), "explain` shows how a file is read"),
        (("--file", "nowhere.md"), "nowhere.md: "),
        (("--file", "."), ".: "),
        (("--file", "SPEC.md", "--at", "HEAD"), "no such commit"),
        (("--file", "latin.md"), "UTF-8"),
    ],
)
def test_wrong_words_are_refused_in_so_many_words(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    (folder / "SPEC.md").write_text(f"{HEAD}| T1 | a | Done | Ann |\n")
    (folder / "latin.md").write_bytes(b"| \xe9 |\n")

    done = run(folder, *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_file_that_was_not_there_in_a_commit_is_refused(shop: Shop) -> None:
    shop.repository.write("TODO.md", "- [ ] a\n")

    done = shop.run("explain", "--file", "TODO.md", "--at", "HEAD", code=2)

    assert "there is none in HEAD" in done.stderr
