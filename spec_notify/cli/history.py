"""`spec-notify history`: transitions commit by commit, out of git; no config, trust or state."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spec_notify.core.config import DEFAULT_PATHS, Config
from spec_notify.core.globs import parts
from spec_notify.core.instant import rfc3339
from spec_notify.core.snapshot import PRINTED, diff, transition_facts

from .output import print_json, say
from .ranges import commit, ends, repository
from .session import session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_notify.core.snapshot import Notice, Transition
    from spec_notify.disk.git import Git
    from spec_notify.pipeline.chronicle import Chronicle, Step
    from spec_notify.ports import Commit

    from .session import Session


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("history")(history)


def history(
    context: typer.Context,
    range_: Annotated[
        str | None,
        typer.Argument(metavar="[RANGE]", help="A..B, or a commit and all before; default: HEAD."),
    ] = None,
    paths: Annotated[
        list[str] | None,
        typer.Option("--path", metavar="GLOB", help="Which documents; may be repeated."),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also rows that appeared open, or vanished.")
    ] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One transition a line.")] = False,
) -> int:
    """Show which tasks changed their status in which commit, oldest first along first parents.

    Read from git alone, so a bare repository will do; `--repo` or GIT_DIR says which.
    """
    here = session(context)
    globs = paths or DEFAULT_PATHS
    for glob in globs:
        if not parts(glob):
            here.talk(f"{glob!r} matches nothing: name files, inside the repository")
    with closing(repository(here.repo, os.environ)) as git:
        telling = _Telling(here, jsonl=jsonl)
        tip, since = _bounds(git, range_)
        if tip is not None:
            _tell(telling, _chronicle(git, globs, telling), tip, since, all_=all_)
        telling.end()
    return 0


def _bounds(git: Git, text: str | None) -> tuple[str | None, str | None]:
    """Answer tip and beginning; no tip where no range was named and nothing is committed yet."""
    if text is None:
        return git.resolve("HEAD"), None
    since, tip = ends(text)
    return commit(git, tip), commit(git, since) if since else None


def _chronicle(git: Git, globs: Sequence[str], telling: _Telling) -> Chronicle:
    from spec_notify.disk.git_log import GitLog
    from spec_notify.pipeline.chronicle import Chronicle
    from spec_notify.pipeline.rules import Rules

    return Chronicle(GitLog(git), Rules(Config()), globs, remark=telling.remark)


def _tell(
    telling: _Telling, chronicle: Chronicle, tip: str, since: str | None, *, all_: bool
) -> None:
    for step in chronicle.steps(tip, since=since):
        for notice in _new_notices(step):
            telling.remark(step.commit, step.after.path, notice)
        if step.before is not None:
            for each in diff(step.before.snapshot, step.after.snapshot):
                if all_ or each.kind in PRINTED:
                    telling.tell(step, each)


def _new_notices(step: Step) -> Iterator[Notice]:
    """Answer what the commit gave reason to warn of; what was there before was said before."""
    known = {
        (each.code, each.message) for each in (step.before.snapshot.notices if step.before else ())
    }
    yield from (n for n in step.after.snapshot.notices if (n.code, n.message) not in known)


class _Telling:
    """Tells transitions as they are found, in the form that was asked for."""

    def __init__(self, here: Session, *, jsonl: bool) -> None:
        self._here = here
        self._jsonl = jsonl
        self._transitions: list[dict[str, Any]] = []
        self._warnings: list[dict[str, Any]] = []
        self._shown: str | None = None

    def tell(self, step: Step, transition: Transition) -> None:
        """Tell one transition."""
        facts = transition_facts(transition, step.after.path) | _facts(step.commit)
        if self._jsonl:
            print_json(facts)
        elif self._here.json:
            self._transitions.append(facts)
        else:
            self._say(step.commit, facts)

    def remark(self, commit: Commit, document: str, notice: Notice) -> None:
        """Say what was left out, or looks doubtful."""
        warning = {"code": notice.code, "line": notice.line, "message": notice.message}
        if self._here.json and not self._jsonl:
            self._warnings.append(warning | {"document": document or None, "commit": commit.name})
        else:
            place = f"{document}:{notice.line or 1}: " if document else ""
            self._here.talk(f"{commit.name[:12]} {place}{notice.message}")

    def end(self) -> None:
        """Finish what was told."""
        if self._jsonl:
            return
        facts = {"transitions": self._transitions, "warnings": self._warnings}
        if not self._here.answer("history", **facts) and self._shown is None:
            say("no transitions")

    def _say(self, commit: Commit, facts: dict[str, Any]) -> None:
        if commit.name != self._shown:
            self._shown = commit.name
            words = (commit.name[:12], facts["committedAt"] or "", commit.author or "")
            say("  ".join(filter(None, words)))
        change = f"{facts['from'] or '(none)'} -> {facts['to'] or '(none)'}"
        place = f"{facts['document']}:{facts['line']}"
        say(f"  {facts['key']}  {change}  {facts['kind']}  {place}  {facts['title']}")


def _facts(commit: Commit) -> dict[str, str | None]:
    return {
        "commit": commit.name,
        "parent": commit.parent,
        "author": commit.author,
        "committedAt": None if commit.at is None else rfc3339(commit.at),
    }
