"""HEAD and its reflog asked of git itself, for repositories whose refs are not plain files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.errors import UnansweredError
from spec_notify.core.reflog import Move

from .git_files import spell
from .git_process import GitError, GitRefusalError

if TYPE_CHECKING:
    from .git_process import Program

_HEADS = "refs/heads/"
_MOST = 100_000
"""Entries of the reflog that are read."""


class GitRefs:
    """Answers as `GitFiles` does, with a process for each question.

    Raises UnansweredError when git cannot be asked.
    """

    def __init__(self, program: Program) -> None:
        self._program = program

    def head(self) -> tuple[str | None, str | None]:
        """Answer the branch (None when detached) and the commit (None when unborn)."""
        ref = self._ask("symbolic-ref", "--quiet", "HEAD")
        branch = ref.removeprefix(_HEADS) if ref and ref.startswith(_HEADS) else None
        return branch, self._ask("rev-parse", "--verify", "--quiet", "HEAD")

    def mark(self, head: str | None) -> str | None:
        """Answer where the reflog ends that leads to `head`; None when there is no reflog."""
        moves = self._moves()
        while moves and moves[-1].new != head:
            moves.pop()
        return str(len(moves)) if moves else None

    def moves(
        self, since: str | None, *, after: str | None, until: str | None
    ) -> tuple[Move, ...] | None:
        """Answer the entries after a mark that leads to `since`, else after the newest that does.

        None when none does.
        """
        moves = self._moves()
        if until is not None and until.isdigit():
            moves = moves[: int(until)]
        landings = [None, *(move.new for move in moves)]
        place = int(after) if after is not None and after.isdigit() else len(landings)
        if place < len(landings) and landings[place] == since:
            return tuple(moves[place:])
        if since not in landings:
            return None
        return tuple(moves[len(landings) - 1 - landings[::-1].index(since) :])

    def _moves(self) -> list[Move]:
        # Of a HEAD without a commit git shows no reflog: it fails.
        if self.head()[1] is None:
            return []
        # git shows where an entry led; it set out from where the one before it led.
        shown = self._ask("reflog", "show", f"-n{_MOST}", "-z", "--format=%H %gs", "HEAD")
        entries = [line.partition(" ") for line in reversed((shown or "").split("\0")) if line]
        olds = [None, *(new for new, _, _ in entries)]
        return [
            Move(old=old, new=new, message=message)
            for old, (new, _, message) in zip(olds, entries, strict=False)
        ]

    def _ask(self, *words: str) -> str | None:
        try:
            return spell(self._program.ask(*words)).rstrip("\n")
        except GitRefusalError:
            return None
        except GitError as error:
            raise UnansweredError(str(error)) from error
