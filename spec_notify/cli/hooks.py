"""`spec-notify hooks install|uninstall|status`: our part in the repository's git hooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from spec_notify.core.errors import NotARepositoryError

from .output import say
from .session import Session, session
from .trust import baseline

if TYPE_CHECKING:
    from spec_notify.disk.git import Git
    from spec_notify.disk.hooks import Report
    from spec_notify.wiring import Wiring


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    group = typer.Typer(help="Our part in the repository's git hooks.", no_args_is_help=True)
    group.command("install")(install)
    group.command("uninstall")(uninstall)
    group.command("status")(status)
    app.add_typer(group, name="hooks")


def install(context: typer.Context) -> int:
    """Install the hooks; a hook that is already there keeps running, first."""
    from spec_notify.disk import hooks
    from spec_notify.disk.state import ensure

    here = session(context)
    wiring = here.wiring()
    git = _git(here)
    ensure(wiring.shared_state)
    report = hooks.install(
        git,
        python=sys.executable,
        state=wiring.shared_state,
        paths=(*wiring.config.paths, *wiring.trees.globs),
        mode=wiring.config.hook_mode,
    )
    taken = baseline(wiring)
    code = _show(here, "hooks-install", report)
    if not here.json:
        for path in taken:
            say(f"{path}: taken as the baseline; changes from here on are announced")
    if not wiring.config.enabled:
        here.talk(f"the hooks will do nothing yet: {wiring.loaded.off_because}")
    return code


def uninstall(context: typer.Context) -> int:
    """Take our part out again; what was there before is restored byte for byte."""
    from spec_notify.disk import hooks

    here = session(context)
    return _show(here, "hooks-uninstall", hooks.uninstall(_git(here)))


def status(context: typer.Context) -> int:
    """Say which hooks are installed, where, and whether they are as they would be written now."""
    here = session(context)
    return _show(here, "hooks-status", standing(here.wiring(), _git(here)))


def standing(wiring: Wiring, git: Git) -> Report:
    """Answer how the hooks stand, against what `hooks install` would write now."""
    from spec_notify.disk import hooks
    from spec_notify.disk.hook_shim import Shim

    # While nothing trusted enables us the config says nothing about the mode.
    mode = wiring.config.hook_mode if wiring.config.enabled else ""
    state = str(wiring.shared_state)
    wanted = Shim(hook="", python=sys.executable, state=state, mode=mode)
    return hooks.status(git, wanted)


def _git(here: Session) -> Git:
    git = here.wiring().git
    if git is None:
        raise NotARepositoryError(f"{here.wiring().root} is no git repository: hooks need one")
    return git


def _show(here: Session, command: str, report: Report) -> int:
    if not here.answer(command, **report.facts()):
        for line in report.lines():
            say(line)
    return 0 if report.ok else 1
