"""A board of five tasks in a real repository, looked at after every command or only at the end."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from spec_notify.pipeline.intake import Wish
from spec_notify.ports import Query
from tests.pipeline.desk import ANY, Desk

from .shop import PATIENCE, board

if TYPE_CHECKING:
    from pathlib import Path

    from spec_notify.core.event import Event

TASKS = ("T1", "T2", "T3", "T4", "T5")
DONE, REVIEWED, CHANGED = "completed", "in_review", "transitioned"
SYNC = '[hooks]\nmode = "sync"\n'
"""The look is over before git goes on: a test need not wait for what is not to come."""

Tale = tuple[str | None, str, str | None]
"""An event as (task, last word of its type, branch)."""


def tale(event: Event) -> Tale:
    """Answer what an event tells."""
    return event.task, event.type.rpartition(".")[2], event.branch


def edited(text: str, **statuses: str) -> str:
    """Give rows of a board another status, as somebody would who edits it."""
    for task, status in statuses.items():
        row = re.compile(rf"^\| {task} \|([^|]*)\|[^|]*\|", re.MULTILINE)
        text, count = row.subn(rf"| {task} |\1| {status} |", text)
        assert count == 1, task
    return text


class Scene:
    """Git commands are given here; `events` are what was told meanwhile, in order."""

    def __init__(self, folder: Path, *, late: bool = False, hooks: bool = False) -> None:
        self.folder = folder
        self.late = late
        self.desk = Desk(folder, ANY, SYNC)
        self.repository = self.desk.repository
        self.events: list[Tale] = []
        self.repository.commit({"SPEC.md": board(**dict.fromkeys(TASKS, "Backlog"))}, "board")
        self.desk.look(Wish(baseline=True))
        self._looks = not (late or hooks)
        if hooks:
            self.repository.env["SPEC_NOTIFY_CONFIG"] = str(self.desk.file)
            words = [sys.executable, "-m", "spec_notify", "hooks", "install"]
            subprocess.run(
                words, cwd=self.repository.root, env=self.repository.env, check=True, timeout=60
            )

    def git(self, *words: str, fails: bool = False, input: str | None = None, **env: str) -> str:
        """Give a command; what it leaves behind is looked at unless this is a late look."""
        done = self.repository.run(*words, input=input, **env)
        assert bool(done.returncode) == fails, f"git {' '.join(words)}: {done.stdout}{done.stderr}"
        self._look()
        return done.stdout.strip()

    def edit(self, **statuses: str) -> None:
        """Save the board with rows in another status."""
        self.write(edited(self.text, **statuses))

    def write(self, text: str) -> None:
        """Save the board."""
        self.repository.write("SPEC.md", text)
        self._look()

    def commit(self, *more: str, **statuses: str) -> str:
        """Save the board with rows in another status, commit it, and answer the commit."""
        self.repository.write("SPEC.md", edited(self.text, **statuses))
        self.git("commit", "-q", "-a", "--allow-empty", "-m", f"{more}{statuses}", *more)
        return self.repository.head

    def beside(self, branch: str, start: str = "HEAD", **statuses: str) -> str:
        """Commit on a branch as if it had been fetched: without this checkout moving."""
        repository = self.repository
        tree = self.folder / f"beside-{branch}"
        quiet = ("-c", "core.hooksPath=/dev/null")
        have = repository.run("rev-parse", "-q", "--verify", f"refs/heads/{branch}").returncode == 0
        named = [branch] if have else ["-b", branch]
        at = [str(tree), branch] if have else [*named, str(tree), start]
        repository.git(*quiet, "worktree", "add", "-q", *at)
        (tree / "SPEC.md").write_text(edited((tree / "SPEC.md").read_text("utf-8"), **statuses))
        repository.git(*quiet, "-C", str(tree), "commit", "-qam", f"{branch} {statuses}")
        commit = repository.git("-C", str(tree), "rev-parse", "HEAD")
        repository.git("worktree", "remove", "--force", str(tree))
        return commit

    @property
    def text(self) -> str:
        """The board as it stands."""
        return (self.repository.root / "SPEC.md").read_text("utf-8")

    def end(self) -> list[Tale]:
        """Look for the last time, and answer all that was told."""
        self.events += map(tale, self.desk.look().events)
        return self.events

    def end_by_hooks(self, count: int) -> tuple[list[Tale], list[Tale]]:
        """Answer what hooks told once it is so many, and what they left for a look to find."""
        deadline = time.monotonic() + PATIENCE
        while len(self.spooled()) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        left = [tale(each) for each in self.desk.look().events]
        told = self.spooled()
        return told, left

    def spooled(self) -> list[Tale]:
        spool = self.desk.wiring.spool
        found = (spool.event(each.event) for each in reversed(spool.find(Query())))
        return [tale(each) for each in found if each is not None]

    def _look(self) -> None:
        if self._looks:
            self.events += map(tale, self.desk.look().events)

    def close(self) -> None:
        """Let go of the spool."""
        self.desk.wiring.close()
