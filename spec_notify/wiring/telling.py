"""Telling a range of commits: the live objects for it, in a checkout or a bare repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import now

if TYPE_CHECKING:
    from spec_notify.disk.git import Git
    from spec_notify.pipeline.context import Context
    from spec_notify.pipeline.intake import Looked
    from spec_notify.pipeline.range import Span
    from spec_notify.wiring import Wiring

NO_NAME = (
    "nothing names this repository the same way in every clone: write `repository` into the "
    "config, or the ids of a second run differ"
)
NO_BRANCH = "no branch is known: say --branch NAME, or subscriptions with `branches` hear nothing"


def tell(wiring: Wiring, git: Git, span: Span, *, accept: bool) -> Looked:
    """Tell a range of commits (`pipeline.since`); what may surprise is kept as a warning."""
    from spec_notify.disk.git_log import GitLog
    from spec_notify.pipeline.since import Since

    if not (wiring.config.repository or git.identity()):
        wiring.warn(NO_NAME)
    if span.branch is None and any(each.branches for each in wiring.config.subscriptions):
        wiring.warn(NO_BRANCH)
    since = Since(
        spool=wiring.spool,
        log=GitLog(git),
        config=wiring.config,
        context=lambda commit: _context(wiring, git, commit),
        clock=now,
    )
    return since.tell(span, accept=accept)


def _context(wiring: Wiring, git: Git, commit: str) -> Context:
    from spec_notify.disk.git_tree import Tree
    from spec_notify.pipeline.context import Context

    return Context(
        workspace=Tree(git, commit),
        history=git,
        config=wiring.config,
        repository=wiring.identity,
        # A commit is its own generation: a lost spool must not make its ids new.
        generation="",
        evidence_root=wiring.evidence_root,
    )
