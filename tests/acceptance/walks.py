"""Random walks of git commands, and a model that says what is to be told of them.

The model knows which commands count and which are silent, what the board said before and after
each, and nothing of the reflog. Contract, section 4, "Git".
"""

from __future__ import annotations

import re
from random import Random  # noqa: TID251 - a seed chooses a walk
from typing import TYPE_CHECKING

from spec_notify.pipeline.intake import Wish
from spec_notify.wiring import Wiring
from tests.repository import Repository, environment

from .scene import TASKS, edited
from .shop import board

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.core.event import Event

    Board = dict[str, str]

STATUSES = ("Backlog", "In Progress", "Blocked", "In Review", "Done")
BRANCHES = ("main", "one", "two")
CONFIG = 'enabled = true\n[[subscriptions]]\nname = "any"\nevents = ["*"]\n'
CONFIG += 'url = "https://example.org/"\nsecret_env = "SPEC_NOTIFY_S"\n'
Told = tuple[str, str, str | None]
"""(task, status, branch)"""


def rows(text: str) -> Board:
    """Read a board as simply as can be."""
    return dict(re.findall(r"^\| (T\d) \|[^|]*\| ([^|]*) \|", text, re.MULTILINE))


class Model:
    """What one who looks now and then is to be told."""

    def __init__(self, seen: Board) -> None:
        self._seen = self._base = seen
        self._stretches: list[tuple[Board, Board, str | None, bool]] = []
        self._open = False
        self._moved = False
        self._told: dict[tuple[str | None, str], str] = {}
        self._heard: set[tuple[str, str]] = set()

    def counted(self, before: Board, after: Board, branch: str | None) -> None:
        """HEAD moved, and that counts: its board was, and is now."""
        if self._open:
            before, _, branch, first = self._stretches.pop()
        else:
            first = not self._moved
            before = self._seen if first else before
        self._stretches.append((before, after, branch, first))
        self._open = self._moved = True

    def silent(self) -> None:
        """HEAD moved, and that does not count."""
        self._open, self._moved = False, True

    def look(self, stands: Board, head: Board, branch: str | None) -> list[Told]:
        """Answer what a look tells that finds this board here, and this one in HEAD."""
        if self._open:
            before, _, _, _ = self._stretches.pop()
            self._stretches.append((before, stands, branch, False))
        elif not self._moved:
            self._stretches.append((self._seen, stands, branch, False))
        told = [
            (task, after[task], there)
            for before, after, there, first in self._stretches
            for task in TASKS
            # A row that is in this commit as it was in the last one was only ever edited.
            if not (first and after[task] == self._base[task])
            and self._is_news(task, before[task], after[task], there)
        ]
        self._seen, self._base = stands, head
        self._stretches, self._open, self._moved = [], False, False
        return told

    def _is_news(self, task: str, before: str, after: str, branch: str | None) -> bool:
        if before == after:
            return False
        told = self._told.get((branch, task)) == after
        if before == "Done":
            self._heard.discard((task, before))
        if before == "In Review" and after != "Done":
            self._heard.discard((task, before))
        heard = (task, after) in self._heard
        self._told[branch, task] = after
        if after in {"Done", "In Review"}:
            self._heard.add((task, after))
        return not told and not heard


class Arrivals:
    """What HEAD's rows arrived in by counted moves, first seen there on any branch.

    It knows nothing of looks, of stretches, nor of what is news: only that such an arrival must
    have been told, on whatever branch, to one who looks after every command.
    """

    def __init__(self, committed: Board) -> None:
        self._shown = {*committed.items()}
        self.found: set[tuple[str, str]] = set()

    def counted(self, before: Board, after: Board, _branch: str | None) -> None:
        """HEAD moved, and that counts."""
        self.found |= {
            (task, status)
            for task, status in after.items()
            if status in {"Done", "In Review"}
            and before.get(task) != status
            and (task, status) not in self._shown
        }
        self._shown |= {*before.items(), *after.items()}

    def silent(self) -> None:
        """HEAD moved, and that does not count."""


class Looker:
    """A desk over the walk's repository with a state of its own, and the model of it."""

    def __init__(self, folder: Path, name: str, repository: Repository) -> None:
        env = repository.env | {"SPEC_NOTIFY_STATE_DIR": str(folder / name)}
        config = str(folder / "config.toml")
        self.wiring = Wiring.open(repository.root, config_file=config, env=env)
        self.wiring.intake().look(Wish(baseline=True))
        self.told: list[Told] = []
        self.events: list[Event] = []

    def look(self) -> list[Told]:
        """Look, and answer what was told."""
        looked = self.wiring.intake().look()
        assert not looked.deferred, looked.deferred
        found = [(str(e.task), str(e.status), e.branch) for e in looked.events]
        self.told += found
        self.events += looked.events
        return found


class Walk:
    """One walk: a command after another, by a seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = Random(seed)
        self.steps: list[str] = []
        self.repository = Repository(folder / "shop", env=environment(folder))
        (folder / "config.toml").write_text(CONFIG)
        first = board(**dict.fromkeys(TASKS, "Backlog"))
        self.repository.commit({"SPEC.md": first}, "board")
        for branch in BRANCHES[1:]:
            self.repository.git("branch", branch)
        self._folder = folder

    def go(self, length: int) -> None:
        """Walk; who looks after every command and who looks seldom is told what the model says."""
        often, seldom = (
            (Looker(self._folder, name, self.repository), Model(self.stands))
            for name in ("often", "seldom")
        )
        pace = self.chance.uniform(0, 0.4)
        arrivals = Arrivals(self.in_head)
        for number in range(length):
            self._step((often[1], seldom[1], arrivals))
            self._check(*often)
            missed = arrivals.found - {each[:2] for each in often[0].told}
            assert not missed, (missed, self.steps)
            if self.chance.random() < pace or number == length - 1:
                self._check(*seldom)
        invented = {told[:2] for told in seldom[0].told} - {told[:2] for told in often[0].told}
        assert not invented, (invented, self.steps)
        for looker, _ in (often, seldom):
            looker.wiring.close()

    def _check(self, looker: Looker, model: Model) -> None:
        expected = model.look(self.stands, self.in_head, self.branch)
        found = looker.look()
        assert found == expected, "\n".join([*self.steps, f"{found} != {expected}"])

    @property
    def stands(self) -> Board:
        """The board as it stands."""
        return rows((self.repository.root / "SPEC.md").read_text("utf-8"))

    @property
    def in_head(self) -> Board:
        """The board in HEAD's commit."""
        return rows(self.repository.git("show", "HEAD:SPEC.md"))

    @property
    def branch(self) -> str | None:
        """The branch HEAD is on."""
        return self.repository.git("branch", "--show-current") or None

    def _step(self, models: tuple[Model | Arrivals, ...]) -> None:
        counts, commands = self.chance.choice(COMMANDS)(self)
        branch, before, length = self.branch, self.in_head, self._moves()
        for words in commands:
            done = self.repository.run(*words)
            self.steps.append(f"[{branch}] git {' '.join(words)} -> {done.returncode}")
            counts = counts and not done.returncode
        self._give_up()
        for model in models if self._moves() > length else ():
            if counts:
                model.counted(before, self.in_head, branch)
            else:
                model.silent()
        if self.repository.git("diff", "--name-only", "--diff-filter=U"):
            # A stash that did not fit: git is in the middle of nothing, the board is in conflict.
            length = self._moves()
            self.repository.git("reset", "-q", "--hard")
            for model in models if self._moves() > length else ():
                model.silent()

    def _give_up(self) -> None:
        for file, word in (
            ("MERGE_HEAD", "merge"),
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
        ):
            if (self.repository.root / ".git" / file).exists():
                self.repository.git(word, "--abort")

    def _moves(self) -> int:
        return (self.repository.root / ".git/logs/HEAD").read_bytes().count(b"\n")

    def edit(self) -> None:
        """Give one or two rows another status."""
        file = self.repository.root / "SPEC.md"
        chosen = self.chance.sample(TASKS, self.chance.choice((1, 1, 2)))
        statuses = {task: self.chance.choice(STATUSES) for task in chosen}
        self.steps.append(f"[{self.branch}] edit {statuses}")
        file.write_text(edited(file.read_text("utf-8"), **statuses))

    @property
    def other(self) -> str:
        """Another branch than HEAD's."""
        return self.chance.choice([each for each in BRANCHES if each != self.branch])


Command = tuple[bool, list[list[str]]]


def _edit(walk: Walk) -> Command:
    walk.edit()
    return True, []


def _commit(walk: Walk) -> Command:
    walk.edit()
    return True, [["commit", "-qam", "work", "--allow-empty"]]


def _amend(walk: Walk) -> Command:
    if walk.chance.random() < 0.5:
        walk.edit()
    return True, [["commit", "-qa", "--amend", "--allow-empty", "-m", f"{walk.chance.random()}"]]


def _revert(walk: Walk) -> Command:
    first = walk.repository.run("cat-file", "-e", "HEAD~1:SPEC.md").returncode
    return True, [] if first else [["revert", "--no-edit", "HEAD"]]


def _counts(*words: str) -> Callable[[Walk], Command]:
    return lambda walk: (True, [[word.replace("OTHER", walk.other) for word in words]])


def _silent(*words: str) -> Callable[[Walk], Command]:
    return lambda walk: (False, [[word.replace("OTHER", walk.other) for word in words]])


COMMANDS: tuple[Callable[[Walk], Command], ...] = (
    _edit,
    _edit,
    _edit,
    _commit,
    _commit,
    _commit,
    _commit,
    _amend,
    _counts("merge", "-q", "--no-ff", "--no-edit", "OTHER"),
    _counts("merge", "-q", "--no-edit", "OTHER"),
    _counts("merge", "-q", "--squash", "OTHER"),
    _counts("pull", "-q", "--no-rebase", "--no-edit", ".", "OTHER"),
    _counts("pull", "-q", "--rebase", ".", "OTHER"),
    _counts("pull", "-q", "--rebase", "--autostash", ".", "OTHER"),
    _counts("cherry-pick", "OTHER"),
    _revert,
    _counts("checkout", "-q", "--", "SPEC.md"),
    _counts("stash", "pop", "-q"),
    _counts("stash", "apply", "-q"),
    _silent("stash", "-q"),
    _silent("stash", "-q"),
    _silent("switch", "-q", "OTHER"),
    _silent("switch", "-q", "OTHER"),
    _silent("switch", "-q", "OTHER"),
    _silent("switch", "-q", "--detach"),
    _silent("rebase", "-q", "OTHER"),
    _silent("rebase", "-q", "--autostash", "OTHER"),
    _silent("rebase", "-q", "--apply", "OTHER"),
    _silent("reset", "-q", "--hard", "HEAD~1"),
    _silent("reset", "-q", "--hard", "HEAD@{1}"),
    _silent("reset", "-q", "--soft", "HEAD~1"),
    _silent("reset", "-q", "HEAD~1"),
)
