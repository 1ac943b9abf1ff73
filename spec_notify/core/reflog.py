"""What HEAD's reflog says about a look that comes late: what to compare, and on which branch.

Contract, section 4, "Git". Messages are read as git 2.39 and later write them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """Where a git checkout stands: branch (None when detached) and commit (None when unborn)."""

    branch: str | None
    head: str | None
    busy: str | None = None
    """`merge`, `rebase`, `am` or `index.lock` while git is in the middle of something."""
    mark: str | None = None
    """Where HEAD's reflog ended, opaque: only it tells a stash, which leaves HEAD in place."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One reflog entry of HEAD: from, to (hex; None when unborn), and git's own message."""

    old: str | None
    new: str | None
    message: str


class Compare(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of visible moves: compare its two ends. What differs is news of `branch`."""

    before: str | None
    """A commit; None is the stored snapshot."""
    after: str | None
    """A commit; None is the document as it stands."""
    branch: str | None
    base: str | None = None
    """The stored HEAD, where a stretch leads from the stored snapshot to a commit.

    A row that stands in `after` as it stood in `base` was not touched by this stretch: it differs
    from the stored snapshot only because that was taken with edits not committed.
    """


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """The document as it stands is a baseline: whatever led to it was silent."""

    why: str | None = None
    """What the user should hear about it; None after a silent move like any other."""


Piece = Compare | Rest

LOST = "the commit last looked at is gone from git's reflog: taken as it stands"
UNLOGGED = "HEAD moved without a reflog entry: taken as it stands"

_VISIBLE = re.compile(
    r"initial pull$"
    r"|commit(?: \((?:initial|amend|merge|cherry-pick)\))?:"
    r"|(?:merge|pull|cherry-pick|revert|am)(?: [^:]*)?(?<!\(abort\)):"
)
_REBASE = re.compile(r"(?:pull|rebase)[^()]*\((start|finish|abort)\): ")
_LEFT = re.compile(r"(?:checkout: moving from |Branch: renamed refs/heads/)(\S+) to ")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def visible(message: str) -> bool:
    """Say whether a reflog message is that of a move that counts; anything unknown is silent.

    What was aborted, and a rebase begun by a pull, only show next to others: `plan` sees to them.
    """
    return _VISIBLE.match(message) is not None


def plan(stored: Checkout, current: Checkout, moves: Sequence[Move] | None) -> tuple[Piece, ...]:
    """Answer what to compare, oldest first, to get from a stored look to the current checkout.

    `moves` is the reflog since then; None when the stored HEAD is not in it. It is cut at the
    silent moves; a `Rest` is only ever the last piece. Same branch and HEAD without a move: the
    stored snapshot against the document as it stands.
    """
    if moves is None:
        return (Rest(why=LOST),)
    moves = [move for move in moves if not _came_to_nothing(move)]
    moves = _up_to(current.head, moves, stored.head)
    stretches = _stretches(stored.head, moves)
    branches = _branches(current.branch, moves)
    if (moves[-1].new if moves else stored.head) != current.head:
        # An unborn branch is switched to without an entry; any other move leaves one.
        last: Piece = Rest(why=UNLOGGED if current.head else None)
    elif stretches and stretches[-1].end == len(moves) - 1:
        last = _to_the_end(stretches.pop(), current.branch)
    elif not moves and stored.branch == current.branch:
        last = Compare(before=None, after=None, branch=current.branch)
    else:
        last = Rest()
    return (*_closed(stored, stretches, moves, branches), last)


def _came_to_nothing(move: Move) -> bool:
    # A merge that git refuses after it began leaves such an entry: nothing moved, nothing counts.
    return move.old == move.new and visible(move.message) and not _REBASE.match(move.message)


class _Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Visible moves in a row: the commit they set out from, and the index of the last of them."""

    start: str | None
    end: int
    stored: bool
    """It sets out from the stored look."""


def _up_to(head: str | None, moves: Sequence[Move], start: str | None) -> Sequence[Move]:
    # git went on after HEAD was read: what is beyond that commit belongs to the next look.
    landings = [start, *(move.new for move in moves)]
    while len(landings) > 1 and landings[-1] != head and head in landings:
        landings.pop()
    return moves[: len(landings) - 1]


def _stretches(head: str | None, moves: Sequence[Move]) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    counted = _counted(moves)
    start, stored, running, here = head, True, False, head
    for index, move in enumerate(moves):
        if move.old != here:
            start, stored, running = move.old, False, False
        # A root has nothing to be compared with: what follows it has the root.
        if not counted[index] or (start is None and not stored):
            start, stored, running = move.new, False, False
        else:
            if running:
                stretches.pop()
            stretches.append(_Stretch(start=start, end=index, stored=stored))
            running = True
        here = move.new
    return stretches


def _counted(moves: Sequence[Move]) -> list[bool]:
    counted = [visible(move.message) for move in moves]
    begun: int | None = None
    for index, move in enumerate(moves):
        step = _REBASE.match(move.message)
        if move.message == "am --abort":
            _silence_am(moves, index, counted)
        elif step and step[1] == "start":
            begun = index
        elif step and begun is not None:
            _settle_rebase(moves[begun], slice(begun, index + 1), step[1], counted)
            begun = None
    return counted


def _settle_rebase(start: Move, steps: slice, end: str, counted: list[bool]) -> None:
    length = steps.stop - steps.start
    if end == "abort":
        counted[steps] = [False] * length
    elif start.message.startswith("pull"):
        # After a conflict the rest of a pull is written down as a rebase's.
        counted[steps] = [True] * length


def _silence_am(moves: Sequence[Move], abort: int, counted: list[bool]) -> None:
    for index in range(abort - 1, -1, -1):
        if moves[abort].new == moves[index].new or not moves[index].message.startswith("am: "):
            return
        counted[index] = False


def _branches(current: str | None, moves: Sequence[Move]) -> list[str | None]:
    """Answer the branch each move was made on: only what HEAD left is named for certain."""
    branch, branches = current, []
    for move in reversed(moves):
        branches.append(branch)
        if left := _LEFT.match(move.message):
            branch = None if _COMMIT.fullmatch(left[1]) else left[1]
    return branches[::-1]


def _to_the_end(stretch: _Stretch, branch: str | None) -> Compare:
    before = None if stretch.stored else stretch.start
    return Compare(before=before, after=None, branch=branch)


def _closed(
    stored: Checkout,
    stretches: Sequence[_Stretch],
    moves: Sequence[Move],
    branches: Sequence[str | None],
) -> list[Compare]:
    pieces = []
    for stretch in stretches:
        after = moves[stretch.end].new
        if after is None:
            continue
        # An unborn branch may be left without a trace; one with a commit may not.
        known = stretch.stored and stored.head is not None
        pieces.append(
            Compare(
                before=None if stretch.stored else stretch.start,
                after=after,
                branch=stored.branch if known else branches[stretch.end],
                base=stored.head if stretch.stored else None,
            )
        )
    return pieces
