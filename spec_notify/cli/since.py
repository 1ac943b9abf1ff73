"""`spec-notify scan --since REV`: a range of commits told; no memory of documents is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_notify.core.errors import UsageError

from .ranges import commit, ends, is_zero, repository

if TYPE_CHECKING:
    from spec_notify.disk.git import Git
    from spec_notify.pipeline.intake import Looked
    from spec_notify.wiring import Wiring

    from .session import Session


def open_range(here: Session) -> tuple[Wiring, Git]:
    """Open the repository that `--repo` or GIT_DIR names, bare ones too."""
    git = repository(here.repo, os.environ)
    return here.wiring(git=git), git


def told(
    here: Session, wiring: Wiring, git: Git, since: str, *, branch: str | None, accept: bool
) -> Looked:
    """Tell REV..HEAD, or OLD..NEW; a REV of zeros, as of a new branch, is nothing to compare."""
    from spec_notify.pipeline.intake import Looked
    from spec_notify.pipeline.range import Span
    from spec_notify.wiring.telling import tell

    start, tip = ends(since)
    old, new = (tip, "HEAD") if start is None else (start, tip)
    for name, why in ((old, "the branch is new"), (new, "the branch is gone")):
        if is_zero(name):
            here.talk(f"{name[:12]}: {why}, so there is nothing to compare: nothing is announced")
            return Looked()
    if wiring.trees.paths:
        here.talk("stages, pipelines and conflicts of agents are told by hooks and watchers only")
    found = commit(git, new)
    span = Span(tip=found, since=commit(git, old), branch=branch or _branch(git, found))
    return tell(wiring, git, span, accept=accept)


def _branch(git: Git, tip: str) -> str | None:
    """Answer the branch that is checked out, if it is its tip that is told."""
    stand = git.checkout()
    return stand.branch if stand.head == tip else None


def refuse_without(since: str | None, *, branch: str | None, accept: bool, baseline: bool) -> None:
    """Raise UsageError for options that mean nothing together."""
    if since is None and (branch is not None or accept):
        raise UsageError("--branch and --accept belong to --since")
    if since is not None and baseline:
        raise UsageError("--baseline takes what stands here: it cannot be said with --since")
    if since == "":
        raise UsageError("--since needs a revision")
