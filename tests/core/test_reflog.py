"""Contract, section 4, "Git": the reflog is cut at the silent moves, the pieces are compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec_notify.core.reflog import (
    LOST,
    UNLOGGED,
    Checkout,
    Compare,
    Move,
    Rest,
    plan,
    visible,
)

SHA = "3ef68f6" + "0" * 33
STILL = Compare(before=None, after=None, branch="main")


def log(*lines: str) -> tuple[Move, ...]:
    """Read moves written as `A>B message`; `-` is no commit."""
    moves = []
    for line in lines:
        ends, _, message = line.partition(" ")
        old, new = (None if end == "-" else end for end in ends.split(">"))
        moves.append(Move(old=old, new=new, message=message))
    return tuple(moves)


def compare(before: str | None, after: str | None, branch: str | None = "main") -> Compare:
    return Compare(before=before, after=after, branch=branch)


def first(after: str, branch: str | None = "main", base: str | None = "A") -> Compare:
    """The piece from the stored snapshot to a commit."""
    return Compare(before=None, after=after, branch=branch, base=base)


def planned(
    moves: tuple[Move, ...] | None,
    *,
    branch: str | None = "main",
    head: str | None = "",
    stored: Checkout | None = None,
) -> tuple[Compare | Rest, ...]:
    if head == "":
        head = moves[-1].new if moves else "A"
    stored = stored or Checkout(branch="main", head="A")
    return plan(stored, Checkout(branch=branch, head=head), moves)


@pytest.mark.parametrize(
    "message",
    [
        "commit: tick T1",
        "commit (initial): start",
        "commit (amend): tick T1, better",
        "commit (merge): Merge branch 'feature'",
        "commit (cherry-pick): tick T1",
        "merge feature: Fast-forward",
        "merge feature: Merge made by the 'ort' strategy.",
        "pull: Fast-forward",
        "pull --ff-only: Fast-forward",
        "pull origin main: Merge made by the 'ort' strategy.",
        "pull https://git.example.org/team/plan main: Fast-forward",
        "pull --rebase (start): checkout " + SHA,
        "pull --rebase (pick): tick T1",
        "pull --rebase (finish): returning to refs/heads/main",
        "pull origin main (start): checkout " + SHA,
        "initial pull",
        "cherry-pick: tick T1",
        'revert: Revert "tick T1"',
        "am: tick T1",
    ],
)
def test_a_commit_merge_pull_cherry_pick_revert_or_mailed_patch_is_visible(message: str) -> None:
    assert visible(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "checkout: moving from main to feature",
        "reset: moving to HEAD",
        "reset: moving to HEAD~1",
        "rebase (start): checkout main",
        "rebase (pick): tick T1",
        "rebase (reword): tick T1",
        "rebase (continue): tick T1",
        "rebase (finish): returning to refs/heads/main",
        "rebase (abort): returning to refs/heads/main",
        "rebase -i (pick): tick T1",
        "rebase: fast-forward",
        "commit (rebase): tick T1",
        "pull --rebase (abort): returning to refs/heads/main",
        "am --abort",
        "clone: from git.example.org:team/plan",
        "Branch: renamed refs/heads/master to refs/heads/main",
        "push",
        "committed by something else",
        "merged",
        "export from elsewhere",
    ],
)
def test_anything_else_is_silent(message: str) -> None:
    assert not visible(message)


CASES = {
    "nothing happened": ((), (STILL,)),
    "one commit": (("A>B commit: one",), (STILL,)),
    "ten commits": (
        tuple(f"{a}>{b} commit: more" for a, b in zip("ABCDEFGHIJ", "BCDEFGHIJK", strict=True)),
        (STILL,),
    ),
    "an amended commit": (("A>B commit: one", "B>C commit (amend): one"), (STILL,)),
    "a fast-forward merge": (("A>B merge feature: Fast-forward",), (STILL,)),
    "a cherry-pick and a revert": (
        ("A>B cherry-pick: one", 'B>C revert: Revert "one"'),
        (STILL,),
    ),
    "a mailed patch": (("A>B am: one",), (STILL,)),
    "a pull that rebases": (
        (
            "A>U pull --rebase (start): checkout U",
            "U>B pull --rebase (pick): mine",
            "B>B pull --rebase (finish): returning to refs/heads/main",
        ),
        (STILL,),
    ),
    "a pull that rebases, with a conflict": (
        (
            "A>U pull --rebase (start): checkout U",
            "U>B pull --rebase (pick): mine",
            "B>C rebase (continue): mine too",
            "C>C rebase (finish): returning to refs/heads/main",
        ),
        (STILL,),
    ),
    "a pull that rebases, given up": (
        (
            "A>U pull --rebase (start): checkout U",
            "U>B pull --rebase (pick): mine",
            "B>A rebase (abort): returning to refs/heads/main",
        ),
        (Rest(),),
    ),
    "mailed patches, given up": (("A>B am: one", "B>A am --abort"), (Rest(),)),
    "mailed patches given up after others went through": (
        ("A>B am: one", "B>C am: two", "C>B am --abort"),
        (first("B"), Rest()),
    ),
    "a stash": (("A>A reset: moving to HEAD",), (Rest(),)),
    "a commit, then a stash": (
        ("A>B commit: one", "B>B reset: moving to HEAD"),
        (first("B"), Rest()),
    ),
    "a stash, then a commit": (
        ("A>A reset: moving to HEAD", "A>B commit: one"),
        (compare("A", None),),
    ),
    "a hard reset": (("A>Z reset: moving to HEAD~1",), (Rest(),)),
    "a commit taken back": (
        ("A>B commit: one", "B>A reset: moving to HEAD~1"),
        (first("B"), Rest()),
    ),
    "a switch, a commit there, and back": (
        (
            "A>F checkout: moving from main to feature",
            "F>G commit: one",
            "G>A checkout: moving from feature to main",
        ),
        (compare("F", "G", "feature"), Rest()),
    ),
    "a commit, a switch, a commit there, back, and another commit": (
        (
            "A>B commit: one",
            "B>F checkout: moving from main to feature",
            "F>G commit: two",
            "G>B checkout: moving from feature to main",
            "B>C commit: three",
        ),
        (first("B"), compare("F", "G", "feature"), compare("B", None)),
    ),
    "a switch there and back": (
        ("A>F checkout: moving from main to feature", "F>A checkout: moving from feature to main"),
        (Rest(),),
    ),
    "a branch made here, committed to, merged": (
        (
            "A>A checkout: moving from main to feature",
            "A>B commit: one",
            "B>A checkout: moving from feature to main",
            "A>B merge feature: Fast-forward",
        ),
        (compare("A", "B", "feature"), compare("A", None)),
    ),
    "a commit on no branch": (
        (
            "A>A checkout: moving from main to HEAD",
            "A>D commit: one",
            f"D>A checkout: moving from {SHA} to main",
        ),
        (compare("A", "D", None), Rest()),
    ),
    "a bisection": (
        (f"A>M checkout: moving from main to {SHA}", f"M>A checkout: moving from {SHA} to main"),
        (Rest(),),
    ),
    "an interactive rebase, then a commit": (
        (
            "A>M rebase (start): checkout HEAD~2",
            "M>N rebase (pick): one",
            "N>N rebase (finish): returning to refs/heads/main",
            "N>O commit: two",
        ),
        (compare("N", None),),
    ),
    "a commit amended in the middle of a rebase": (
        (
            "A>M rebase (start): checkout HEAD~2",
            "M>N rebase: fast-forward",
            "N>P commit (amend): one",
            "P>Q rebase (pick): two",
            "Q>Q rebase (finish): returning to refs/heads/main",
        ),
        (compare("N", "P"), Rest()),
    ),
    "a commit amended in the middle of a rebase, given up": (
        (
            "A>M rebase (start): checkout HEAD~2",
            "M>P commit (amend): one",
            "P>A rebase (abort): returning to refs/heads/main",
        ),
        (Rest(),),
    ),
    "a renamed branch": (
        (
            "A>- Branch: renamed refs/heads/master to refs/heads/main",
            "->A Branch: renamed refs/heads/master to refs/heads/main",
        ),
        (Rest(),),
    ),
    "a commit, the branch renamed, another commit": (
        (
            "A>B commit: one",
            "B>- Branch: renamed refs/heads/master to refs/heads/main",
            "->B Branch: renamed refs/heads/master to refs/heads/main",
            "B>C commit: two",
        ),
        (first("B"), compare("B", None)),
    ),
    "HEAD moved by something that says nothing": (("A>B ",), (Rest(),)),
    "a move the reflog missed, then a commit": (("X>B commit: one",), (compare("X", None),)),
    "ten commits and two switches": (
        (
            *(f"{a}>{b} commit: m" for a, b in zip("ABC", "BCD", strict=True)),
            "D>F checkout: moving from main to feature",
            *(f"{a}>{b} commit: f" for a, b in zip("FGH", "GHI", strict=True)),
            "I>D checkout: moving from feature to main",
            *(f"{a}>{b} commit: m" for a, b in zip("DJKL", "JKLM", strict=True)),
        ),
        (first("D"), compare("F", "I", "feature"), compare("D", None)),
    ),
}


@pytest.mark.parametrize(("moves", "expected"), CASES.values(), ids=CASES.keys())
def test_what_happened_since_the_last_look(
    moves: tuple[str, ...], expected: tuple[Compare | Rest, ...]
) -> None:
    assert planned(log(*moves)) == expected


def test_a_head_that_is_gone_from_the_reflog_is_a_baseline_with_a_warning() -> None:
    assert planned(None, head="B") == (Rest(why=LOST),)


def test_a_move_at_the_end_that_the_reflog_missed_is_a_baseline_with_a_warning() -> None:
    assert planned(log("A>B commit: one"), head="X") == (first("B"), Rest(why=UNLOGGED))
    assert planned((), head="X") == (Rest(why=UNLOGGED),)


def test_another_branch_at_the_same_commit_is_a_baseline() -> None:
    assert planned((), branch="feature") == (Rest(),)


def test_moves_beyond_the_head_that_was_read_are_left_to_the_next_look() -> None:
    moves = log("A>B commit: one", "B>C commit: two")
    assert planned(moves, head="B") == (STILL,)
    assert planned(moves, head="A") == (STILL,)


def test_the_first_commit_is_compared_with_what_stood_there_before_it() -> None:
    unborn = Checkout(branch="main", head=None)
    assert planned(log("->A commit (initial): one"), stored=unborn) == (STILL,)


def test_the_first_commit_and_a_switch_name_the_branch_that_was_left() -> None:
    unborn = Checkout(branch="master", head=None)
    moves = log("->A commit (initial): one", "A>A checkout: moving from trunk to main")
    assert planned(moves, stored=unborn) == (first("A", "trunk", base=None), Rest())


def test_a_branch_without_parents_starts_with_a_baseline() -> None:
    moves = log("->B commit (initial): one", "B>A checkout: moving from orphan to main")
    assert planned(moves) == (Rest(),)
    assert planned(moves[:1], branch="orphan") == (Rest(),)


def test_leaving_for_a_branch_that_has_no_commit_is_a_baseline() -> None:
    assert planned((), branch="orphan", head=None) == (Rest(),)


def test_an_unborn_branch_that_still_is_compares_what_stands_there() -> None:
    unborn = Checkout(branch="main", head=None)
    assert planned((), head=None, stored=unborn) == (STILL,)


def test_the_first_piece_belongs_to_the_branch_that_was_looked_at() -> None:
    moves = log("A>B commit: one", "B>C rebase (start): checkout feature")
    assert planned(moves, branch="feature", head="C")[0] == first("B", "main")


MESSAGES = (
    "commit: one",
    "merge feature: Fast-forward",
    "reset: moving to HEAD",
    "checkout: moving from main to feature",
    "checkout: moving from feature to main",
    "rebase (start): checkout main",
    "rebase (finish): returning to refs/heads/main",
    "rebase (abort): returning to refs/heads/main",
    "pull --rebase (start): checkout U",
    "am: one",
    "am --abort",
    "",
)
commits = st.sampled_from(["A", "B", "C", None])
histories = st.lists(st.tuples(commits, st.sampled_from(MESSAGES)), max_size=8)


def chained(steps: list[tuple[str | None, str]]) -> tuple[Move, ...]:
    here: str | None = "A"
    moves = []
    for new, message in steps:
        moves.append(Move(old=here, new=new, message=message))
        here = new
    return tuple(moves)


@settings(max_examples=200)
@given(histories)
def test_a_plan_starts_at_the_stored_snapshot_and_ends_at_what_stands_there(
    steps: list[tuple[str | None, str]],
) -> None:
    pieces = planned(chained(steps))
    *inner, last = pieces
    assert isinstance(last, Rest) or last.after is None
    assert all(isinstance(piece, Compare) and piece.after is not None for piece in inner)
    starts = [piece.before for piece in pieces if isinstance(piece, Compare)]
    assert all(start is not None for start in starts[1:])


@settings(max_examples=200)
@given(histories.filter(bool))
def test_a_silent_newest_move_is_a_baseline(steps: list[tuple[str | None, str]]) -> None:
    silent = [*steps, (steps[-1][0], "reset: moving to HEAD")]
    assert planned(chained(silent))[-1] == Rest()


@settings(max_examples=100)
@given(st.lists(st.sampled_from("BCD"), min_size=1, max_size=8))
def test_visible_moves_alone_are_one_comparison(ends: list[str]) -> None:
    assert planned(chained([(end, "commit: more") for end in ends])) == (STILL,)
